"""The report: it holds what it must, is whole by itself, and shows names as text."""

from __future__ import annotations

import base64
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pandas as pd
import pytest
import yaml
from docutils.utils import SystemMessage
from runs_by_hand import Made

from layertopo.analysis.verdicts import COLUMNS, study_of
from layertopo.data.dataset import FirstRows
from layertopo.experiment.cells import Experiment
from layertopo.experiment.parse import parse_config
from layertopo.figures.catalogue import KINDS
from layertopo.report import overview, page
from layertopo.report.page import Picture, number, percent
from layertopo.report.viewer import FIELDS, Viewer

CAPTIONS = Path(__file__).parents[2] / "workflow" / "report"
EVIL = "<script>alert(1)</script>"
VOID = {"meta", "img", "br", "link", "input"}


class Page(HTMLParser):
    """A page's tags, checked to be closed in order, and its words."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open[-1:] not in (["style"], ["script"]):
            self.words += data

    def links(self) -> list[str]:
        return [value for _, attrs in self.tags for name in ("href", "src") if (value := attrs.get(name))]


MADE = Made(
    datasets=("circles",), seeds=(0, 1), layers=(1,), dead=(("circles", "bad", 0), ("circles", "bad", 1))
)
#: Two draws of one distribution, two seeds, and two clouds.
DRAWS = Made(
    datasets=("one", "two"), seeds=(0, 1), layers=(1,), clouds=("all", "few"), dead=(("one", "bad", 0),)
)


def experiment(made: Made = MADE, **changes: Any) -> Experiment:
    sphere = {"kind": "nested_spheres", "dimension": 2, "points_per_class": 50}
    raw = {
        "datasets": {name: sphere | {"seed": k} for k, name in enumerate(made.datasets)},
        "models": {"good": {"hidden": [4, 2]}, "bad": {"hidden": [1, 1]}},
        "training": {"epochs": 5, "seeds": list(made.seeds)},
        "analysis": {"epochs": list(made.epochs), "layers": [1], "splits": list(made.splits)},
        "clouds": {name: {"sample": {"points": 10 + k}} for k, name in enumerate(made.clouds)},
        "study": "course_report",
    }
    return parse_config(raw | changes)


def config(made: Made = MADE, **changes: Any) -> dict[str, Any]:
    return experiment(made, **changes).config.model_dump()


def tables(reason: str = "because", made: Made = MADE) -> dict[str, pd.DataFrame]:
    verdicts = ["holds", "fails", "depends on the seed", "only in absolute scale", "not applicable"]
    claims = [
        {
            "dataset": made.datasets[0],
            "id": f"C{k}",
            "claim": f"claim number {k}",
            "quantity": f"quantity {k}",
        }
        | {"claimed": "93 %", "measured": 0.912345, "low": 0.9, "high": 0.95, "n_seeds": 2, "n_dead": 2}
        | {"test": "a test", "p": 0.03, "verdict": verdict, "reason": reason}
        for k, verdict in enumerate(verdicts, 1)
    ]
    datasets = {"n_rows": 100, "n_train": 67, "n_test": 33, "n_features": 2}
    best = {"best_radius_accuracy": 0.97, "best_radius": 4.5}
    return {
        "accuracy": made.accuracy(),
        "confusion": confusion(made),
        "summaries": made.summaries(),
        "claims": pd.DataFrame(claims),
        "networks": networks(made),
        "datasets": pd.DataFrame([{"dataset": name} | datasets | best for name in made.datasets]),
    }


def confusion(made: Made = MADE, classes: tuple[str, ...] = ("0", "1")) -> pd.DataFrame:
    """Of each class but the first every tenth row is taken for the class before."""
    return pd.DataFrame(
        [
            {**run, "epoch": max(made.epochs), "split": split, "class": own, "predicted": other}
            | {"rows": {0: 9 if i else 10, 1: 1}.get(i - j, 0)}
            for run in made.runs
            for split in ("train", "test")
            for i, own in enumerate(classes)
            for j, other in enumerate(classes)
        ]
    )


def networks(made: Made = MADE, **changes: Any) -> pd.DataFrame:
    """Layers of every network, as the configuration describes them."""
    of = experiment(made, **changes)
    return pd.DataFrame(
        [
            {"dataset": dataset, "model": model, "layer": k, **layer._asdict()}
            for dataset in made.datasets
            for model in of.models_of(dataset)
            for k, layer in enumerate(of.network(dataset, model))
        ]
    )


def first_rows(made: Made = MADE) -> dict[str, FirstRows]:
    points = np.array([[0.12345, -3], [1.5, 0.25]], np.float32)
    return {name: FirstRows(points + k, ["1", "0"], ()) for k, name in enumerate(made.datasets)}


def pictures(folder: Path, made: Made = MADE) -> list[Picture]:
    """Those that the workflow draws, each a few bytes that name it."""
    of_runs = [
        {"dataset": made.datasets[0], "split": s, "cloud": c} for c in made.clouds for s in made.splits
    ]
    of_diagrams = [
        key | {"dataset": dataset, "seed": seed, "layer": 1}
        for dataset in made.datasets
        for seed in made.seeds
        for key in of_runs
    ]
    keys = {
        "data": [{"dataset": name} for name in made.datasets],
        "training": [{"dataset": name} for name in made.datasets],
        "trajectories": [key | {"along": "epoch"} for key in of_runs],
        "betti": [key | {"dimension": 1} for key in of_runs],
        "networks": [key | {"distance": "sliced_wasserstein"} for key in of_runs],
        "moved": of_runs,
        "mean_betti": of_runs,
    }
    made_pictures = []
    for kind in KINDS:
        for key in keys.get(kind, of_diagrams):
            address = "figures/" + "_".join([kind, *map(str, key.values())]) + ".png"
            path = folder / Path(address).name
            path.write_bytes(b"\x89PNG" + address.encode())
            made_pictures.append(Picture(KINDS[kind], key, path, address))
    return made_pictures


def captions() -> dict[str, str]:
    return {kind: (CAPTIONS / f"{kind}.rst").read_text(encoding="utf-8") for kind in KINDS}


def viewer(model: str = "good") -> Viewer:
    """An empty diagram to choose."""
    key = ["circles", model, "0", "0", "1", "train", "all"]
    facts = {"about": "all 60 points", "metric": "Euclidean", "scale": 1.0, "barcodes": []}
    data = {"fields": list(FIELDS), "colours": {}, "level": 0.05, "diagrams": [{"key": key, **facts}]}
    choices = {field: {value: value} for field, value in zip(FIELDS, key, strict=True)}
    return Viewer(choices, data, total=10, shown=10, networks=1, shown_networks=1)


def render(folder: Path, made: Made = MADE, **changes: Any) -> str:
    given = {
        "pictures": pictures(folder, made),
        "captions": captions(),
        "tables": tables(made=made),
        "first_rows": first_rows(made),
        "versions": {"numpy": ["1.26.4"]},
        "config": config(made),
        "last_epochs": made.last_epochs,
        "hidden": {"good": "10, 8, 5 units (relu)", "bad": "2, 3, 2 units (relu)"},
        "populations": {made.datasets[0]: list(made.datasets)},
        "viewer": viewer(),
    }
    return page.render(**(given | changes))


def test_it_parses_and_holds_every_claim(tmp_path: Path) -> None:
    shown = Page(render(tmp_path))
    for row in tables()["claims"].itertuples():
        assert row.id in shown.words
        assert row.claim in shown.words
    badges = [attrs["class"] for tag, attrs in shown.tags if (attrs.get("class") or "").startswith("verdict")]
    # Each once in the count of verdicts and once in its row; the word stands in the badge.
    assert len(badges) == 2 * 5
    assert "verdict only-in-absolute-scale" in badges
    assert "0.912" in shown.words
    assert "[0.9, 0.95]" in shown.words


def held(text: str) -> list[str]:
    """Names of the pictures in a page."""
    found = re.findall('src="data:image/png;base64,([^"]*)"', text)
    return [base64.b64decode(each)[4:].decode() for each in found]


def test_it_needs_no_other_file(tmp_path: Path) -> None:
    text = render(tmp_path)
    links = Page(text).links()
    elsewhere = {link for link in links if not link.startswith(("data:", "#"))}
    assert {link for link in elsewhere if link.startswith("tables/")} == {
        f"tables/{name}.csv" for name in ("accuracy", "claims", "confusion", "distances", "summaries")
    }
    others = {link for link in elsewhere if not link.startswith("tables/")}
    of_seeds = ("figures/diagrams", "figures/loops", "figures/followed")
    assert all(link.startswith(of_seeds) and "_1_1_" not in link for link in others - set(held(text)))
    assert not re.search(r"@import|url\(|https?://", text)
    assert str(tmp_path) not in text


def test_every_picture_is_in_the_page_or_linked_from_it(tmp_path: Path) -> None:
    text = render(tmp_path, DRAWS)
    made = pictures(tmp_path, DRAWS)
    first = [
        each.address
        for each in made
        if each.key["dataset"] == "one"
        and each.key.get("seed", 0) == 0
        and each.key.get("cloud", "all") == "all"
    ]
    assert sorted(held(text)) == sorted(first)
    linked = [link for link in Page(text).links() if link.startswith("figures/")]
    assert sorted(linked + first) == sorted(each.address for each in made)


def of_classes(pictures: list[Picture], cloud: str, names: list[str]) -> list[Picture]:
    """Pictures of a cloud, once for each class."""
    return [
        replace(
            each,
            key=each.key | {"cloud": f"{cloud}.class{k}", "class": name},
            address=f"{each.address.removesuffix('.png')}_{cloud}{k}.png",
        )
        for k, name in enumerate(names)
        for each in pictures
    ]


@pytest.mark.parametrize(
    ("names", "drawn"), [(["<b>", "b"], 2), (["a", "b", "c"], 3), (list("abcdefghij"), 1)]
)
def test_figures_of_classes_apart_are_shown_and_those_of_many_linked(
    tmp_path: Path, names: list[str], drawn: int
) -> None:
    made = pictures(tmp_path)
    of_clouds = [each for each in made if "cloud" in each.key]
    # At one scale there are no diagrams: of these, the first cloud that has some is shown.
    numbers = [each for each in of_clouds if each.kind.name == "trajectories"]
    given = [
        *(each for each in made if "cloud" not in each.key),
        *of_classes(numbers, "hops", names),
        *of_classes(of_clouds, "paths", names),
    ]
    text = render(tmp_path, pictures=given)
    shown = Page(text)
    linked = {link for link in shown.links() if link.startswith("figures/")}
    assert {each.address for each in given if each.key.get("class") in names[drawn:]} <= linked
    figures = section(text, "layers") + section(text, "diagrams") + section(text, "change")
    for name in names[:drawn]:
        assert figures.count(f"<strong>Class {name}.</strong>".replace("<b>", "&lt;b&gt;")) >= 8
    assert "<b>" not in figures
    assert section(text, "layers").count("hops.class0") > 0
    summaries = re.findall("<summary>(.*?)</summary>", section(text, "diagrams"))
    assert sum("class" in each for each in summaries) == drawn * 2  # of each split


def test_the_first_drawn_seed_is_shown(tmp_path: Path) -> None:
    given = config(figures={"seeds": [1]})
    drawn = [each for each in pictures(tmp_path) if each.key.get("seed", 1) == 1]
    text = render(tmp_path, config=given, pictures=drawn)
    assert sorted(held(text)) == sorted(each.address for each in drawn)
    assert "figures/diagrams" not in " ".join(Page(text).links())


def test_claims_come_first(tmp_path: Path) -> None:
    sections = re.findall('<section id="([a-z]+)">', render(tmp_path))
    assert sections == [
        *("claims", "summary", "data", "training", "layers", "diagrams", "significance", "change"),
        *("summaries", "methods", "versions", "configuration"),
    ]


def test_anchors_lead_somewhere(tmp_path: Path) -> None:
    shown = Page(render(tmp_path))
    ids = {attrs["id"] for _, attrs in shown.tags if "id" in attrs}
    assert {link[1:] for link in shown.links() if link.startswith("#")} <= ids


def test_dead_networks_are_counted_and_said_to_be_dead(tmp_path: Path) -> None:
    words = " ".join(Page(render(tmp_path)).words.split())
    assert words.count("dead since epoch 1") == 2
    assert words.count("good 2 live, bad 0 live and 2 dead") == 2


def test_networks_short_of_their_goal_are_counted_and_said_to_be_so(tmp_path: Path) -> None:
    made = replace(MADE, dead=(), short=(("circles", "bad", 1),))
    training = {"epochs": 5, "seeds": [0, 1], "until": {"train_accuracy": 0.9, "required": True}}
    analysis = {"epochs": [0, "last"], "layers": [1], "splits": list(made.splits)}
    page = Page(render(tmp_path, made, config=config(made, training=training, analysis=analysis)))
    words = " ".join(page.words.split())
    assert words.count("good 2 live, bad 1 live and 1 short of the goal") == 2
    assert "Nor does one whose training ended with less than 90.0% of the training rows right" in words


def test_names_and_reasons_are_text(tmp_path: Path) -> None:
    given = tables(reason=EVIL)
    for name in ("networks", "accuracy", "confusion", "summaries"):
        given[name] = given[name].replace({"model": {"good": EVIL}})
    last_epochs = MADE.last_epochs | {EVIL: 5}
    text = render(
        tmp_path, tables=given, last_epochs=last_epochs, versions={EVIL: [EVIL]}, viewer=viewer(EVIL)
    )
    assert EVIL not in text
    assert Page(text).words.count(EVIL) > 3


def section(text: str, name: str) -> str:
    (found,) = re.findall(f'<section id="{name}">.*?</section>', text, re.DOTALL)
    return found


def rows(text: str) -> list[list[str]]:
    """Cells of the bodies of a section's tables."""
    bodies = re.findall("<tbody>(.*?)</tbody>", text, re.DOTALL)
    return [
        re.findall("<t[dh][^>]*>(.*?)</t[dh]>", row, re.DOTALL)
        for body in bodies
        for row in re.findall("<tr.*?</tr>", body, re.DOTALL)
    ]


def test_significant_loops_are_counted(tmp_path: Path) -> None:
    text = section(render(tmp_path, DRAWS), "significance")
    table = overview.significance(
        overview.with_state(DRAWS.summaries(), DRAWS.accuracy(), DRAWS.last_epochs),
        dict.fromkeys(DRAWS.datasets, "one"),
    )
    shown = rows(text)
    assert len(shown) == len(table) == 3 * 2 * 2 * 2
    for cells, row in zip(shown, table.itertuples(), strict=True):
        assert cells[:2] == [row.model, row.state]
        counts = [row.significant_bars, row.significant_bars_run_bonferroni, row.significant_bars_run_fdr]
        expected = [row.diagrams, row.tested, *(counts if row.tested else ["–"] * 3)]
        assert cells[7:] == [str(each) for each in expected]
    live = table[table["state"] == "live"]
    words = " ".join(Page(text).words.split())
    assert (
        f"Of the {live['diagrams'].sum()} diagrams of live networks {live['tested'].sum()} could be" in words
    )
    assert f"{live['significant_bars_run_fdr'].sum()} one at a false discovery rate" in words


def captions_of(text: str) -> list[str]:
    """Captions of a section's tables."""
    return [
        " ".join(Page(each).words.split()) for each in re.findall("<caption>.*?</caption>", text, re.DOTALL)
    ]


def test_the_layers_of_each_network_are_shown_with_their_parameters(tmp_path: Path) -> None:
    spheres = {"circles": {"kind": "nested_spheres", "dimension": 10}}
    models = {"good": {"hidden": [10, 8, 5]}, "bad": {"hidden": [2, 3, 2]}}
    layers = networks(datasets=spheres, models=models)
    text = section(render(tmp_path, tables=tables() | {"networks": layers}), "training")
    assert captions_of(text)[:2] == [
        "Network good: 270 parameters, of which 249 are trained and 21 are not.",
        "Network bad: 63 parameters, of which 42 are trained and 21 are not.",
    ]
    assert rows(text)[:10] == [
        ["0", "layer0_normalization", "10", "21"],
        ["1", "layer1_dense", "10", "110"],
        ["2", "layer2_dense", "8", "88"],
        ["3", "layer3_dense", "5", "45"],
        ["4", "layer4_logit", "1", "6"],
        ["0", "layer0_normalization", "10", "21"],
        ["1", "layer1_dense", "2", "22"],
        ["2", "layer2_dense", "3", "9"],
        ["3", "layer3_dense", "2", "8"],
        ["4", "layer4_logit", "1", "3"],
    ]


def confusion_in(folder: Path, made: Made = MADE, classes: tuple[str, ...] = ("0", "1")) -> str:
    text = section(
        render(folder, made, tables=tables(made=made) | {"confusion": confusion(made, classes)}), "training"
    )
    found = re.search(r"<summary>Which classes are taken for which.*?</details>", text, re.DOTALL)
    return found[0] if found else ""


def test_which_classes_are_taken_for_which_is_shown_for_live_networks(tmp_path: Path) -> None:
    text = confusion_in(tmp_path)
    assert captions_of(text) == [
        "good, 2 live networks together: share of the test rows of each class (down) that is taken for each class (across)."
    ]
    assert rows(text) == [["0", "20", "100.0%", "·"], ["1", "20", "10.0%", "90.0%"]]
    assert len(captions_of(confusion_in(tmp_path, DRAWS))) == 2  # one of the bad networks lives


@pytest.mark.parametrize("count", [3, 10, 30])
def test_any_number_and_names_of_classes_are_shown(tmp_path: Path, count: int) -> None:
    names = ("<b>no</b>", "$x_1$", "größe & so", *map(str, range(count - 3)))
    text = confusion_in(tmp_path, classes=names)
    assert len(rows(text)) == count
    assert "<b>" not in text
    assert rows(text)[0][0] == "&lt;b&gt;no&lt;/b&gt;"
    assert rows(text)[2][0] == "größe &amp; so"  # in the order of their numbers


def test_of_many_classes_the_most_frequent_mistakes_are_listed(tmp_path: Path) -> None:
    text = confusion_in(tmp_path, classes=tuple(f"c{k}" for k in range(100)))
    assert "the most frequent mistakes among the 100 classes" in captions_of(text)[0]
    assert len(rows(text)) == page.MOST_MISTAKES
    assert rows(text)[0] == ["c1", "c0", "2", "10.0%"]


def test_without_known_classes_there_is_nothing_to_take_for_another(tmp_path: Path) -> None:
    none = confusion().iloc[:0]
    assert "taken for which" not in render(tmp_path, tables=tables() | {"confusion": none})


def test_networks_of_several_draws_are_shown_once(tmp_path: Path) -> None:
    found = captions_of(section(render(tmp_path, DRAWS), "training"))
    assert [each.split(":")[0] for each in found if each.startswith("Network ")] == [
        "Network good",
        "Network bad",
    ]


def test_the_first_rows_of_the_data_are_shown(tmp_path: Path) -> None:
    text = section(render(tmp_path, DRAWS), "data")
    assert "The first rows of one, rounded." in captions_of(text)
    shown = rows(text)
    assert ["0.123", "-3", "1"] in shown
    assert ["1.5", "0.25", "0"] in shown
    assert ["1.12", "-2", "1"] not in shown  # those of the other draw


def test_names_of_coordinates_and_classes_are_shown_as_text(tmp_path: Path) -> None:
    wide = np.arange(40, dtype=np.float32).reshape(2, 20)
    named = FirstRows(wide, ["<b>ä</b>", "$x$"], tuple(f"<i>{k}</i>" for k in range(20)))
    text = section(render(tmp_path, first_rows=dict.fromkeys(MADE.datasets, named)), "data")
    assert "12 of 20 coordinates" in " ".join(text.split())
    assert "<b>" not in text
    assert "<i>" not in text
    assert [*map(str, range(12)), "&lt;b&gt;ä&lt;/b&gt;"] in rows(text)


@pytest.mark.parametrize("field", [2, 5])
def test_the_field_is_that_of_the_configuration(tmp_path: Path, field: int) -> None:
    words = Page(render(tmp_path, config=config(homology={"coefficient_field": field}))).words
    assert f"homology with coefficients in Z/{field}\n" in words


def test_the_study_is_named(tmp_path: Path) -> None:
    words = " ".join(Page(section(render(tmp_path), "claims")).words.split())
    assert study_of("course_report").ABOUT in words


def test_without_a_study_nothing_is_said_of_claims(tmp_path: Path) -> None:
    given = tables() | {"claims": pd.DataFrame(columns=list(COLUMNS))}
    text = render(tmp_path, config=config(study="none"), tables=given)
    shown = Page(text)
    assert "claim" not in shown.words.lower()
    assert "verdict" not in shown.words.lower()
    assert not any("claims" in link for link in shown.links())
    assert re.findall('<section id="([a-z]+)">', text)[0] == "summary"


def test_what_varies_is_shown_for_several_runs_only(tmp_path: Path) -> None:
    shown = rows(section(render(tmp_path, DRAWS), "layers"))
    table = overview.variation(
        overview.main_quantities(DRAWS.accuracy(), DRAWS.summaries(), DRAWS.last_epochs, "train", "all")
    )
    assert len(shown) == len(table)
    for cells, row in zip(shown, table.itertuples(), strict=True):
        assert cells[0] == row.quantity
        assert cells[5] == number(row.median)
        assert cells[9] == percent(row.draw_share)
    one = Made(datasets=("circles",), layers=(1,))
    assert rows(section(render(tmp_path, one), "layers")) == []


def test_many_rows_give_way_to_medians(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    each = rows(section(render(tmp_path, DRAWS), "summaries"))
    assert len(each) == len(DRAWS.summaries())
    monkeypatch.setattr(page, "MOST_ROWS", 20)
    text = section(render(tmp_path, DRAWS), "summaries")
    assert f"Medians over networks of {len(DRAWS.summaries())} rows" in text
    table = overview.typical(
        overview.with_state(DRAWS.summaries(), DRAWS.accuracy(), DRAWS.last_epochs),
        dict.fromkeys(DRAWS.datasets, "one"),
        ["bars"],
    )
    shown = rows(text)
    assert [cells[2] for cells in shown] == [str(runs) for runs in table["runs"]]
    assert [cells[10] for cells in shown] == [number(bars) for bars in table["bars"]]


def test_a_long_table_of_networks_is_folded_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "<details open>\n<summary>Every network after epoch 5 (4)" in render(tmp_path)
    monkeypatch.setattr(page, "MOST_NETWORKS", 3)
    assert "<details>\n<summary>Every network after epoch 5 (4)" in render(tmp_path)


def test_where_no_accuracy_is_known_there_is_no_table_of_networks(tmp_path: Path) -> None:
    held = tables()
    held["accuracy"] = held["accuracy"].assign(test_accuracy=np.nan)
    page_without = render(tmp_path, tables=held)
    assert "Every network after epoch" not in page_without
    assert "After epoch 5:" not in page_without
    assert "After epoch 5:" in render(tmp_path)


def test_what_epoch_0_is_is_said_where_it_is_looked_at(tmp_path: Path) -> None:
    start, only = "epoch 0 is before the first training step", "the only epoch is called 0"
    shown = render(tmp_path)
    assert start in shown
    assert only not in shown
    late = Made(datasets=("circles",), seeds=(0, 1), layers=(1,), epochs=(3, 5))
    assert start not in render(tmp_path, late)
    held, of = tables(), config()
    held["summaries"] = held["summaries"].query("model == 'bad' or epoch == 0")
    for single in ("net.keras", {"file": "net.keras", "train": False}):
        of["models"] = {"good": {"keras": single}, "bad": {"keras": "net-{epoch}.keras"}}
        both = render(tmp_path, tables=held, config=of)
        assert start in both
        assert only in both
        assert "<code>good</code> is a saved Keras model, taken as it is." in both
        assert "<code>bad</code> is a saved Keras model, at checkpoints of its training." in both


def test_the_page_says_which_networks_can_be_chosen(tmp_path: Path) -> None:
    """Of 4 networks: all, those of the drawn seed, and of these as many as fit."""

    def words(**changes: int) -> str:
        text = render(tmp_path, viewer=replace(viewer(), **changes))
        return " ".join(Page(text).words.split())

    assert "All 4 networks are here." in words(networks=4, shown_networks=4)
    drawn = "The page holds 2 of the 4 networks, those of seed 0"
    assert f"{drawn}; all are in" in words(networks=2, shown_networks=2)
    assert f"{drawn}, as far as there is room; all are in" in words(networks=3, shown_networks=2)
    assert "Of 99 bars in these diagrams the page holds 70" in words(total=99, shown=70)


def test_completeness_is_counted(tmp_path: Path) -> None:
    words = " ".join(Page(render(tmp_path)).words.split())
    assert "8 of 16 diagrams here are complete" in words
    given = tables()
    given["summaries"] = given["summaries"].assign(complete=True)
    words = " ".join(Page(render(tmp_path, tables=given)).words.split())
    assert "All 16 diagrams here are complete" in words


def test_the_configuration_stands_in_full(tmp_path: Path) -> None:
    text = render(tmp_path)
    (shown,) = re.findall("<pre>(.*?)</pre>", text, re.DOTALL)
    assert yaml.safe_load(shown.replace("&#39;", "'")) == config()


def test_sections_of_several_populations(tmp_path: Path) -> None:
    given = tables(made=DRAWS)
    given["claims"] = pd.concat([given["claims"], given["claims"].assign(dataset="two")])
    text = render(tmp_path, DRAWS, tables=given, populations={"one": ["one"], "two": ["two"]})
    words = Page(text).words
    assert words.count("claim number 1\n") == 2
    headings = re.findall("<h3><code>(.*?)</code></h3>", text)
    assert headings.count("one") == headings.count("two") == 8


@pytest.mark.parametrize("kind", KINDS)
def test_captions_render_with_awkward_names(kind: str) -> None:
    key = {"dataset": "a_", "seed": 0, "layer": 1, "split": "train", "cloud": "_b*"}
    key |= {"along": "layer", "dimension": 1, "distance": "bottleneck"}
    html = page.render_caption(captions()[kind], key)
    assert "a_" in html
    assert "problematic" not in html
    Page(html)


def test_a_broken_caption_is_an_error() -> None:
    with pytest.raises(SystemMessage):
        page.render_caption("An ``open literal", {})


def test_captions_cannot_insert_raw_html() -> None:
    with pytest.raises(SystemMessage):
        page.render_caption(f".. raw:: html\n\n   {EVIL}\n", {})


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0.912345, "0.912"),
        (2.0, "2"),
        (20000, "20,000"),
        (1070.548, "1,071"),
        (1.5e-7, "1.5e-07"),
        (float("nan"), "–"),
        ("text", "text"),
    ],
)
def test_numbers(value: Any, shown: str) -> None:
    assert number(value) == shown


def test_versions_come_from_the_results(tmp_path: Path) -> None:
    paths = []
    for k, version in enumerate(["1.0", "1.1", "1.0"]):
        paths.append(str(tmp_path / f"{k}.h5"))
        with h5py.File(paths[-1], "w") as file:
            file.attrs["versions"] = json.dumps({"engine": version})
    versions = page.library_versions(paths)
    assert versions["engine"] == ["1.0", "1.1"]
    assert "matplotlib" in versions


def test_without_loops_the_page_says_so(tmp_path: Path) -> None:
    made = Made(datasets=("circles",), layers=(1,), dimensions=(0,))
    words = Page(section(render(tmp_path, made), "significance")).words
    assert "Loops were not computed." in words


def test_of_clouds_at_one_scale_there_are_no_diagrams(tmp_path: Path) -> None:
    given = tables()
    of_diagrams = ["bars", "rms_distance", "lifetime_max_scaled", "lifetime_sum_scaled"]
    given["summaries"] = given["summaries"].assign(betti=3.0, **dict.fromkeys(of_diagrams, np.nan))
    page = render(tmp_path, tables=given)
    assert "their Betti numbers, and no diagrams." in " ".join(Page(section(page, "summary")).words.split())
    for name in ("diagrams", "significance", "change"):
        assert f'id="{name}"' not in page
        assert f'href="#{name}"' not in page
    assert "viewer-data" not in page
    varied = section(page, "layers")
    assert "Betti number 1" in varied
    assert "rms distance" not in varied


def test_results_of_different_versions_are_told(tmp_path: Path) -> None:
    same, mixed = (
        " ".join(render(tmp_path, versions={"numpy": versions, "h5py": ["3"]}).split())
        for versions in (["1.0"], ["1.0", "1.1"])
    )
    assert "more than one version" not in same
    assert "made by more than one version of numpy:" in mixed
    assert "1.0, 1.1" in mixed


def test_a_figure_of_one_class_stands_under_its_name() -> None:
    key = {"dataset": "d", "split": "train", "cloud": "apart.class0", "along": "layer", "class": "setosa"}
    picture = Picture(KINDS["trajectories"], key, "path", "address")
    assert picture.group() == "d, training rows, cloud apart.class0 (class setosa)"
