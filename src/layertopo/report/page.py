"""The report: one HTML page that holds everything it shows, pictures included.

The words of the page stand in ``templates/report.html.j2``, those of the captions in
reStructuredText files that are shared with Snakemake's own report.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import yaml
from docutils.core import publish_parts
from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup

from layertopo import storage
from layertopo.analysis.names import ROWS
from layertopo.analysis.verdicts import clouds_of, study_of
from layertopo.data.dataset import FirstRows
from layertopo.epochs import LAST, Epoch
from layertopo.figures.catalogue import KINDS, Kind
from layertopo.report import overview
from layertopo.report.overview import CORRECTIONS
from layertopo.report.viewer import FIELDS, Viewer
from layertopo.tables import RUN, STATES, at_end, states
from layertopo.topology.metrics import METRICS
from layertopo.training.history import dead_since

#: Libraries that draw the figures and write the page.
LIBRARIES = ("pandas", "matplotlib", "jinja2", "docutils")

#: Numbers of `summaries.csv` that the page shows, and their headings.
NUMBERS = {
    "n_points": "points",
    "n_distinct": "distinct",
    "bars": "bars that die",
    "significant_bars": "significant",
    "lifetime_median": "median lifetime",
    "lifetime_max": "longest lifetime",
    "death_max": "largest death",
    "lifetime_median_scaled": "median lifetime, scale-free",
    "lifetime_max_scaled": "longest lifetime, scale-free",
    "death_max_scaled": "largest death, scale-free",
}
#: One more, where there are clouds at one scale.
AT_SCALE = {"betti": "Betti number"}
#: Headings of key columns.
HEADINGS = {
    "dataset": "data set",
    "model": "network",
    "state": "state",
    "runs": "networks",
    "seed": "seed",
    "epoch": "epoch",
    "layer": "layer",
    "split": "rows",
    "cloud": "cloud",
    "class": "class",
    "dimension": "dimension",
}
#: With more rows the page shows medians over networks.
MOST_ROWS = 300
#: Of a row that has more coordinates, so many are shown.
MOST_COORDINATES = 12
#: A longer table of networks is folded away.
MOST_NETWORKS = 8
#: With more classes, so many of the most frequent mistakes are listed instead of all pairs.
MOST_CLASSES, MOST_MISTAKES = 30, 20
#: With more classes apart, the page holds the figures of the first one only.
MOST_CLASSES_DRAWN = 3


@dataclass(frozen=True)
class Picture:
    """A figure of the report.

    Attributes
    ----------
    kind : Kind
        Of :mod:`layertopo.figures.catalogue`.
    key : mapping
        Wildcards of the figure, and the name of the class if it is of one.
    path : path
        PNG file.
    address : str
        Of the file, from the page.
    """

    kind: Kind
    key: Mapping[str, Any]
    path: str | Path
    address: str

    @classmethod
    def below(cls, page: str, kind: str, key: Mapping[str, Any], stem: str) -> Picture:
        """A figure by the name of its kind, its wildcards, and its files without the format; for a page at a path."""
        path = f"{stem}.png"
        return cls(KINDS[kind], key, path, os.path.relpath(path, os.path.dirname(page)))

    def title(self) -> str:
        """What tells it from the other figures of its cloud in its section."""
        return self.kind.titled(self.key)

    def heading(self) -> str:
        """Title, and the name of the class if it is of one."""
        return f"{self.title()}, class {self.key['class']}" if "class" in self.key else self.title()

    @property
    def recipe(self) -> str | None:
        """Name of the cloud in the configuration, which those of all its classes have in common."""
        return self.key["cloud"].partition(".")[0] if "cloud" in self.key else None

    def group(self) -> str:
        """Heading it stands under among the files that the page refers to."""
        parts = [self.key["dataset"]]
        parts += [f"seed {self.key['seed']}"] if "seed" in self.key else [ROWS[self.key["split"]]]
        own = f" (class {self.key['class']})" if "class" in self.key else ""
        return ", ".join([*parts, f"cloud {self.key['cloud']}{own}"])

    def source(self) -> str:
        """The file as a data URI."""
        return "data:image/png;base64," + base64.b64encode(Path(self.path).read_bytes()).decode("ascii")


def render(
    pictures: Sequence[Picture],
    captions: Mapping[str, str],
    tables: Mapping[str, pd.DataFrame],
    first_rows: Mapping[str, FirstRows],
    versions: Mapping[str, Sequence[str]],
    config: Mapping[str, Any],
    last_epochs: Mapping[str, Epoch],
    hidden: Mapping[str, str],
    populations: Mapping[str, Sequence[str]],
    viewer: Viewer,
) -> str:
    """The page.

    Parameters
    ----------
    pictures : sequence of Picture
    captions : mapping of str to str
        Template of the caption of each kind of picture, in reStructuredText.
    tables : mapping of str to DataFrame
        `datasets`, `networks`, `accuracy`, `confusion`, `summaries` and `claims`, as in results/tables.
    first_rows : mapping of str to FirstRows
        The first points of each data set and their classes.
    versions : mapping of str to list of str
        Versions of each library; see :func:`library_versions`.
    config : mapping
        The whole configuration, defaults filled in.
    last_epochs : mapping of str to int or str
        For each model the last epoch that is analysed.
    hidden : mapping of str to str
        The hidden layers of each network that the configuration describes, in words.
    populations : mapping of str to sequence of str
        Data sets that are draws of one distribution, by the name of the first.
    viewer : Viewer
        The diagrams to choose from.

    Returns
    -------
    str
        HTML that holds the figures of the first draw, seed and cloud of each population, and refers to
        the files of the others and to the tables.
    """
    with_state = {
        name: overview.with_state(tables[name], tables["accuracy"], last_epochs)
        for name in ("summaries", "confusion")
    }
    sections = [
        _section(name, draws, pictures, {**tables, **with_state}, config, last_epochs)
        | {"first_rows": _first_rows(first_rows[name])}
        for name, draws in populations.items()
    ]
    return _template().render(
        sections=sections,
        caption=lambda picture: render_caption(captions[picture.kind.name], picture.key),
        verdicts=tables["claims"]["verdict"].value_counts().to_dict(),
        diagrams=_diagram_facts(tables["summaries"]),
        networks=_count_networks(sections, config["models"]),
        hidden=hidden,
        outputs=_outputs(tables["networks"], hidden),
        has_logits=bool(tables["accuracy"].get("test_accuracy_logit_above_half", pd.Series()).notna().any()),
        trained_here=_count_networks(
            sections, {name for name, model in config["models"].items() if _is_trained(model)}
        ),
        epochs=_epochs_in_words(tables["summaries"]),
        epoch_0=_what_epoch_0_is(tables["summaries"], config["models"]),
        study=study_of(config["study"]).ABOUT if config["study"] != "none" else "",
        corrections=CORRECTIONS,
        most_networks=MOST_NETWORKS,
        most_classes=MOST_CLASSES,
        most_mistakes=MOST_MISTAKES,
        versions=versions,
        mixed_versions=[name for name, several in versions.items() if len(several) > 1],
        viewer=viewer,
        viewer_fields=FIELDS,
        metrics={name: _distances_in_words(metric.label) for name, metric in METRICS.items()},
        after=_after(last_epochs),
        config=config,
        config_text=yaml.safe_dump(dict(config), sort_keys=False, allow_unicode=True),
    )


def render_caption(caption: str, key: Mapping[str, Any]) -> Markup:
    """HTML of a caption, its template filled in as Snakemake does: ``snakemake.wildcards`` is `key`."""
    # A mistake in a caption is an error, and none can pull in a file or raw HTML.
    settings = {
        "_disable_config": True,
        "halt_level": 2,
        "report_level": 5,
        "file_insertion_enabled": False,
        "raw_enabled": False,
    }
    text = Template(caption).render(snakemake=SimpleNamespace(wildcards=key))
    # Safe: docutils escapes the text, and raw HTML is off.
    return Markup(publish_parts(text, writer="html5", settings_overrides=settings)["body"])  # noqa: S704


def library_versions(paths: Iterable[str]) -> dict[str, list[str]]:
    """Versions of the libraries that made the results, and of those that make the report.

    Parameters
    ----------
    paths : iterable of str
        HDF5 files of the results.

    Returns
    -------
    dict
        Library to versions, sorted; more than one where the results were made by different ones.
    """
    found: dict[str, set[str]] = {name: {metadata.version(name)} for name in LIBRARIES}
    for name, versions in storage.versions(paths).items():
        found.setdefault(name, set()).update(versions)
    return {name: sorted(found[name]) for name in sorted(found)}


def number(value: Any) -> str:
    """A value of a table as a reader wants it: three significant digits, a dash for what is undefined."""
    if isinstance(value, str):
        return value
    if pd.isna(value):
        return "–"
    if float(value).is_integer() or abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def percent(value: float | None) -> str:
    """A share in percent."""
    return "–" if pd.isna(value) else f"{value:.1%}"


def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("layertopo.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(number=number, percent=percent, splits=ROWS.get)
    return environment.get_template("report.html.j2")


def _section(
    population: str,
    draws: Sequence[str],
    pictures: Sequence[Picture],
    tables: Mapping[str, pd.DataFrame],
    config: Mapping[str, Any],
    last_epochs: Mapping[str, Epoch],
) -> dict[str, Any]:
    """What the page shows of the draws of one distribution."""
    own = {name: table[table["dataset"].isin(draws)] for name, table in tables.items()}
    accuracy, summaries = own["accuracy"], own["summaries"]
    shown, linked = _shown_and_linked(pictures, population, draws)
    together = dict.fromkeys(draws, population)
    last = at_end(accuracy, last_epochs)
    several = len(last) > last["model"].nunique()
    where = (config["analysis"]["splits"][0], _main_cloud(config, population))
    return {
        "name": population,
        "draws": list(draws),
        "facts": _records(own["datasets"]),
        "layers": {
            str(model): _records(layers)
            for model, layers in own["networks"][own["networks"]["dataset"] == population].groupby(
                "model", sort=False
            )
        },
        "claims": {name: _records(rows) for name, rows in own["claims"].groupby("dataset", sort=False)},
        "networks": {
            str(model): {state: int((states(own) == state).sum()) for state in STATES}
            for model, own in last.groupby("model", sort=False)
        },
        "accuracy": _last_accuracies(accuracy, last_epochs),
        "confusions": overview.confusions(own["confusion"]),
        "variation_of": where,
        "variation": (
            _records(
                overview.variation(
                    overview.main_quantities(accuracy, _of_one_class(summaries), last_epochs, *where)
                )
            )
            if several
            else []
        ),
        "significance": _records(overview.significance(summaries, together)),
        "summaries": _summary_rows(summaries, together, list(clouds_of(config["clouds"], population))),
        "shown": shown,
        "linked": linked,
    }


def _main_cloud(config: Mapping[str, Any], population: str) -> str:
    """The first recipe of clouds that have diagrams, or else the first."""
    clouds = clouds_of(config["clouds"], population)
    return next((name for name, cloud in clouds.items() if cloud.get("scale") is None), next(iter(clouds)))


def _of_one_class(summaries: pd.DataFrame) -> pd.DataFrame:
    """Of clouds whose classes are apart those of the first only."""
    return summaries[summaries["class"] == summaries.groupby("cloud")["class"].transform("first")]


def _shown_and_linked(
    pictures: Sequence[Picture], population: str, draws: Sequence[str]
) -> tuple[dict[str, Any], dict[str, dict[str, list[Picture]]]]:
    """Pictures that the page holds and those it refers to.

    Returns
    -------
    shown : dict
        For each kind, its pictures; for `layers` and `change` the pictures of each choice of rows; for
        `places` tuples of the pictures of the same diagrams.
    linked : dict
        For `data`, `training`, `layers`, `change` and `places`, pictures under their headings.
    """
    own = [picture for picture in pictures if picture.key["dataset"] in draws]
    first = {
        "dataset": population,
        "seed": next((each.key["seed"] for each in own if "seed" in each.key), None),
    }
    here: dict[str, list[Picture]] = {kind.section: [] for kind in KINDS.values()}
    away: dict[str, list[Picture]] = {kind.section: [] for kind in KINDS.values()}
    for of_kind in _by(own, lambda each: each.kind.name).values():
        clouds = _main_clouds(of_kind)  # clouds at one scale have none of some kinds
        for picture in of_kind:
            is_first = all(picture.key.get(name, value) == value for name, value in first.items())
            is_first &= "cloud" not in picture.key or picture.key["cloud"] in clouds
            (here if is_first else away)[picture.kind.section].append(picture)
    shown: dict[str, Any] = {name: here[name] for name in ("data", "training")}
    linked: dict[str, Any] = {name: {"": away[name]} if away[name] else {} for name in ("data", "training")}
    for name in ("layers", "change"):
        shown[name] = _by(here[name], lambda each: ROWS[each.key["split"]])
        linked[name] = _by(away[name], Picture.group)
    # Kinds of figures of the same diagrams stand together.
    shown["places"] = list(_by(here["diagrams"], Picture.heading).values())
    linked["places"] = _by(away["diagrams"], Picture.group)
    return shown, linked


def _main_clouds(pictures: Sequence[Picture]) -> list[str]:
    """Clouds of the first recipe that there are pictures of: of its classes all, or of many the first."""
    recipe = next((each.recipe for each in pictures if each.recipe), None)
    clouds = list(
        dict.fromkeys(each.key["cloud"] for each in pictures if each.recipe and each.recipe == recipe)
    )
    return clouds if len(clouds) <= MOST_CLASSES_DRAWN else clouds[:1]


def _by(pictures: Sequence[Picture], name: Callable[[Picture], str]) -> dict[str, list[Picture]]:
    """Pictures under their names, in the order in which those first occur."""
    found: dict[str, list[Picture]] = {}
    for picture in pictures:
        found.setdefault(name(picture), []).append(picture)
    return found


def _summary_rows(
    summaries: pd.DataFrame, together: Mapping[str, str], clouds: Sequence[str]
) -> dict[str, Any]:
    """Every row, or medians over networks if there are too many: columns with their headings, and rows."""
    medians = len(summaries) > MOST_ROWS
    numbers = NUMBERS if summaries["betti"].isna().all() else NUMBERS | AT_SCALE
    table = overview.typical(summaries, together, list(numbers)) if medians else summaries
    keys = [
        "model",
        "state",
        *(["runs"] if medians else []),
        "epoch",
        "layer",
        "split",
        "cloud",
        "class",
        "dimension",
    ]
    if not medians:
        keys[1:2] = ["seed"]
        keys = (["dataset"] if len(together) > 1 else []) + keys
    if len(clouds) == 1:
        keys.remove("cloud")
    if not summaries["class"].any():
        keys.remove("class")
    return {
        "columns": {name: HEADINGS[name] for name in keys} | numbers,
        "rows": _records(table),
        "medians": medians,
        "total": len(summaries),
    }


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(key): value for key, value in row.items()} for row in table.to_dict("records")]


def _first_rows(first: FirstRows) -> dict[str, Any]:
    """The first rows of a data set: the first coordinates, and the class."""
    return {
        "points": first.points[:, :MOST_COORDINATES].tolist(),
        "labels": first.labels,
        "features": first.features[:MOST_COORDINATES],
        "coordinates": first.points.shape[1],
    }


def _count_networks(sections: Iterable[Mapping[str, Any]], models: Collection[str]) -> int:
    """Networks of some models, of any state, in all sections."""
    return sum(
        sum(counts.values())
        for section in sections
        for model, counts in section["networks"].items()
        if model in models
    )


def _is_trained(model: Mapping[str, Any]) -> bool:
    """Whether a network of the configuration is trained by it."""
    saved = model.get("keras")
    return "hidden" in model or (isinstance(saved, Mapping) and saved["train"])


def _outputs(networks: pd.DataFrame, models: Collection[str]) -> str:
    """What the last layer of some networks gives."""
    last = networks[networks["model"].isin(list(models))].groupby(["dataset", "model"])["name"].last()
    kinds = set(last.str.rsplit("_", n=1).str[-1])
    words = {"logit": "one unit, the logit", "softmax": "one unit for each class, its probability"}
    return " or ".join(words[kind] for kind in sorted(kinds & set(words)))


def _epochs_in_words(summaries: pd.DataFrame) -> str:
    """After which epochs the activations are looked at."""
    epochs = {tuple(own["epoch"].unique()) for _, own in summaries.groupby("model", sort=False)}
    if len(epochs) > 1:
        return "after some epochs of each network"
    (own,) = epochs
    numbers = [str(epoch) for epoch in own if epoch != LAST]
    words = [f"after epoch{'s' if len(numbers) > 1 else ''} {', '.join(numbers)}"] if numbers else []
    return " and ".join([*words, *(["at the end of training"] if LAST in own else [])])


def _what_epoch_0_is(summaries: pd.DataFrame, models: Mapping[str, Any]) -> dict[str, Any]:
    """Whether it is before the training of a network, and of which saved models it is all there is."""
    epochs = {str(model): set(own["epoch"]) for model, own in summaries.groupby("model")}
    only = [model for model in epochs if _is_one_file(models.get(model, {}))]
    return {"start": any(0 in own for model, own in epochs.items() if model not in only), "only": only}


def _is_one_file(model: Mapping[str, Any]) -> bool:
    """Whether a network is a saved model as it is, without checkpoints: its only epoch is called 0."""
    saved = model.get("keras")
    file = saved["file"] if isinstance(saved, Mapping) else saved or ""
    return not _is_trained(model) and file.endswith(".keras") and "{epoch}" not in file


def _distances_in_words(label: str) -> str:
    label = label[0].upper() + label[1:]
    return f"{label}s" if label.endswith("distance") else f"{label} as distances"


def _after(last_epochs: Mapping[str, Epoch]) -> str:
    """When it is that what is said of networks at their end is said of."""
    last = set(last_epochs.values())
    if last == {LAST}:
        return "at the end of training"
    return f"after epoch {last.pop()}" if len(last) == 1 else "after the last analysed epoch"


def _last_accuracies(accuracy: pd.DataFrame, last_epochs: Mapping[str, Epoch]) -> list[dict[str, Any]]:
    """Rows of the last analysed epoch, each with the epoch from which its network was dead.

    Networks of which no accuracy is known are left out.
    """
    known = accuracy.dropna(subset="test_accuracy")
    since = {run: dead_since(own, last_epochs[str(run[1])]) for run, own in known.groupby(RUN)}
    end = at_end(known, last_epochs)
    last = _records(end.assign(state=states(end)))
    return [row | {"died": since[tuple(row[name] for name in RUN)]} for row in last]


def _diagram_facts(summaries: pd.DataFrame) -> dict[str, Any]:
    """How many diagrams there are, how many are complete, and which engines made them."""
    each = summaries.drop_duplicates(["dataset", "model", "seed", *overview.PLACE])
    filtered = each[each["betti"].isna()]  # of Betti numbers at one scale there is nothing to be complete
    engines = sorted(set(zip(each["engine"], each["engine_version"], strict=True)))
    return {
        "count": len(filtered),
        "complete": int(filtered["complete"].sum()),
        "engines": ", ".join(f"{name} {version}" for name, version in engines),
    }
