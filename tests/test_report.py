"""The report: it holds what it must, is whole by itself, and shows names as text."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import h5py
import pandas as pd
import pytest
import yaml
from docutils.utils import SystemMessage

from layertopo import report
from layertopo.config import parse_config
from layertopo.report import Picture
from layertopo.viewer import FIELDS, Viewer

CAPTIONS = Path(__file__).parents[1] / "workflow" / "report"
KINDS = ("data", "training", *report.DIAGRAM_KINDS)
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


def config(**changes: Any) -> dict[str, Any]:
    sphere = {"kind": "nested_spheres", "dimension": 2, "points_per_class": 50}
    raw = {
        "datasets": {"circles": sphere},
        "models": {"good": {"hidden": [4, 2]}, "bad": {"hidden": [1, 1]}},
        "training": {"epochs": 5, "seeds": [0, 1]},
        "analysis": {"epochs": [0, 5], "layers": [1], "splits": ["train", "test"]},
    }
    return parse_config(raw | changes).model_dump()


def tables(reason: str = "because") -> dict[str, pd.DataFrame]:
    runs = [{"dataset": "circles", "model": m, "seed": s} for m in ("good", "bad") for s in (0, 1)]
    losses = {f"{split}_loss": 0.123456 for split in ("train", "test")}
    accuracies = {f"{split}_accuracy": 0.9375 for split in ("train", "test")}
    accuracy = [
        run | losses | accuracies | {"epoch": epoch, "dead": run["model"] == "bad" and epoch >= 3}
        for run in runs
        for epoch in range(6)
    ]
    lengths = {
        f"{name}{unit}": 0.5
        for name in ("lifetime_median", "lifetime_max", "death_max")
        for unit in ("", "_scaled")
    }
    summaries = [
        run
        | {"epoch": epoch, "layer": 1, "split": split, "cloud": "all", "dimension": dimension}
        | {"n_points": 1000, "n_distinct": 987, "bars": 12, "significant_bars": float("nan"), **lengths}
        | {"complete": epoch == 0, "engine": "giotto", "engine_version": "0.6.2"}
        for run in runs
        for epoch in (0, 5)
        for split in ("train", "test")
        for dimension in (0, 1)
    ]
    verdicts = ["holds", "fails", "depends on the seed", "only in absolute scale", "not applicable"]
    claims = [
        {"dataset": "circles", "id": f"C{k}", "claim": f"claim number {k}", "quantity": f"quantity {k}"}
        | {"claimed": "93 %", "measured": 0.912345, "low": 0.9, "high": 0.95, "n_seeds": 2, "n_dead": 2}
        | {"test": "a test", "p": 0.03, "verdict": verdict, "reason": reason}
        for k, verdict in enumerate(verdicts, 1)
    ]
    datasets = {"dataset": "circles", "n_rows": 100, "n_train": 67, "n_test": 33, "n_features": 2}
    best = {"best_radius_accuracy": 0.97, "best_radius": 4.5}
    return {
        "accuracy": pd.DataFrame(accuracy).assign(test_accuracy_logit_above_half=0.925),
        "summaries": pd.DataFrame(summaries),
        "claims": pd.DataFrame(claims),
        "datasets": pd.DataFrame([datasets | best]),
    }


def pictures(folder: Path) -> list[Picture]:
    path = folder / "picture.png"
    path.write_bytes(b"\x89PNG picture")
    places = [
        {"dataset": "circles", "seed": seed, "layer": 1, "split": split, "cloud": "all"}
        for seed in (0, 1)
        for split in ("train", "test")
    ]
    keys = {"data": [{"dataset": "circles"}], "training": [{"dataset": "circles"}]}
    return [Picture(kind, key, path) for kind in KINDS for key in keys.get(kind, places)]


def captions() -> dict[str, str]:
    return {kind: (CAPTIONS / f"{kind}.rst").read_text(encoding="utf-8") for kind in KINDS}


def viewer(model: str = "good") -> Viewer:
    """An empty diagram to choose."""
    key = ["circles", model, "0", "0", "1", "train", "all"]
    facts = {"about": "all 60 points", "metric": "Euclidean", "scale": 1.0, "barcodes": []}
    data = {"fields": list(FIELDS), "colours": {}, "level": 0.05, "diagrams": [{"key": key, **facts}]}
    choices = {field: {value: value} for field, value in zip(FIELDS, key, strict=True)}
    return Viewer(choices, data, total=10, shown=10)


def render(folder: Path, **changes: Any) -> str:
    given = {
        "pictures": pictures(folder),
        "captions": captions(),
        "tables": tables(),
        "versions": {"numpy": ["1.26.4"]},
        "config": config(),
        "viewer": viewer(),
    }
    return report.render(**(given | changes))


def test_it_parses_and_holds_every_claim(tmp_path: Path) -> None:
    page = Page(render(tmp_path))
    for row in tables()["claims"].itertuples():
        assert row.id in page.words
        assert row.claim in page.words
    badges = [attrs["class"] for tag, attrs in page.tags if (attrs.get("class") or "").startswith("verdict")]
    # Each once in the count of verdicts and once in its row; the word stands in the badge.
    assert len(badges) == 2 * 5
    assert "verdict only-in-absolute-scale" in badges
    assert "0.912" in page.words
    assert "[0.9, 0.95]" in page.words


def test_it_needs_no_other_file(tmp_path: Path) -> None:
    text = render(tmp_path)
    links = Page(text).links()
    pictured = [link for link in links if link.startswith("data:image/png;base64,")]
    assert len(pictured) == len(pictures(tmp_path))
    assert {link for link in links if not link.startswith(("data:", "#"))} == {"tables/summaries.csv"}
    assert not re.search(r"@import|url\(|https?://", text)
    assert str(tmp_path) not in text


def test_anchors_lead_somewhere(tmp_path: Path) -> None:
    page = Page(render(tmp_path))
    ids = {attrs["id"] for _, attrs in page.tags if "id" in attrs}
    assert {link[1:] for link in page.links() if link.startswith("#")} <= ids


def test_dead_networks_are_said_to_be_dead(tmp_path: Path) -> None:
    words = Page(render(tmp_path)).words
    assert words.count("dead since epoch 3") == 2
    assert words.count("live\n") >= 2


def test_names_and_reasons_are_text(tmp_path: Path) -> None:
    given = tables(reason=EVIL)
    for name in ("accuracy", "summaries"):
        given[name]["model"] = EVIL
    text = render(tmp_path, tables=given, versions={EVIL: [EVIL]}, viewer=viewer(EVIL))
    assert EVIL not in text
    assert Page(text).words.count(EVIL) > 3


def test_every_seed_layer_and_split_has_its_figures(tmp_path: Path) -> None:
    text = render(tmp_path)
    words = Page(text).words
    for seed in (0, 1):
        assert f"Seed {seed}, cloud all" in words
    assert words.count("Layer 1, test rows") == 2
    assert words.count("Layer 1, training rows") == 2
    assert len(re.findall("<figure>", text)) == 2 + 3 * 4


def test_completeness_is_counted(tmp_path: Path) -> None:
    words = " ".join(Page(render(tmp_path)).words.split())
    assert "8 of 16 diagrams here are complete" in words
    given = tables()
    given["summaries"]["complete"] = True
    words = " ".join(Page(render(tmp_path, tables=given)).words.split())
    assert "All 16 diagrams here are complete" in words


def test_the_configuration_stands_in_full(tmp_path: Path) -> None:
    text = render(tmp_path)
    (shown,) = re.findall("<pre>(.*?)</pre>", text, re.DOTALL)
    assert yaml.safe_load(shown.replace("&#39;", "'")) == config()


def test_sections_of_several_data_sets(tmp_path: Path) -> None:
    both = config(datasets={name: {"kind": "nested_spheres"} for name in ("circles", "spheres")})
    given = {
        name: pd.concat([table, table.assign(dataset="spheres")], ignore_index=True)
        for name, table in tables().items()
    }
    words = Page(render(tmp_path, tables=given, config=both)).words
    assert words.count("spheres\n") >= 1
    assert words.count("claim number 1\n") == 2


@pytest.mark.parametrize("kind", KINDS)
def test_captions_render_with_awkward_names(kind: str) -> None:
    key = {"dataset": "a_", "seed": 0, "layer": 1, "split": "train", "cloud": "_b*"}
    html = report.render_caption(captions()[kind], key)
    assert "a_" in html
    assert "problematic" not in html
    Page(html)


def test_a_broken_caption_is_an_error() -> None:
    with pytest.raises(SystemMessage):
        report.render_caption("An ``open literal", {})


def test_captions_cannot_insert_raw_html() -> None:
    with pytest.raises(SystemMessage):
        report.render_caption(f".. raw:: html\n\n   {EVIL}\n", {})


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
    assert report.number(value) == shown


def test_versions_come_from_the_results(tmp_path: Path) -> None:
    paths = []
    for k, version in enumerate(["1.0", "1.1", "1.0"]):
        paths.append(str(tmp_path / f"{k}.h5"))
        with h5py.File(paths[-1], "w") as file:
            file.attrs["versions"] = json.dumps({"engine": version})
    versions = report.library_versions(paths)
    assert versions["engine"] == ["1.0", "1.1"]
    assert "matplotlib" in versions


def test_results_of_different_versions_are_told(tmp_path: Path) -> None:
    same, mixed = (
        " ".join(render(tmp_path, versions={"numpy": versions, "h5py": ["3"]}).split())
        for versions in (["1.0"], ["1.0", "1.1"])
    )
    assert "more than one version" not in same
    assert "made by more than one version of numpy:" in mixed
    assert "1.0, 1.1" in mixed
