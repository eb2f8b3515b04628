"""The report: one HTML page that holds everything it shows, pictures included.

The words of the page stand in ``templates/report.html.j2``, those of the captions in
reStructuredText files that are shared with Snakemake's own report.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata
from itertools import groupby
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import yaml
from docutils.core import publish_parts
from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup

from layertopo import storage
from layertopo.figures import SPLITS
from layertopo.viewer import FIELDS, Viewer

#: Libraries that draw the figures and write the page.
LIBRARIES = ("pandas", "matplotlib", "jinja2", "docutils")

#: Figures of the same diagrams: as they are, scale-free, and as a density.
DIAGRAM_KINDS = ("diagrams", "diagrams_scaled", "diagrams_density")

#: Columns of `summaries.csv` that the page shows, and their headings.
SUMMARY_COLUMNS = {
    "model": "network",
    "seed": "seed",
    "epoch": "epoch",
    "layer": "layer",
    "split": "rows",
    "cloud": "cloud",
    "dimension": "dimension",
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


@dataclass(frozen=True)
class Picture:
    """A figure of the report.

    Attributes
    ----------
    kind : str
        `data`, `training`, or one of :data:`DIAGRAM_KINDS`: the name of its caption.
    key : mapping
        What it is of: `dataset` and, for diagrams, `seed`, `layer`, `split` and `cloud`.
    path : path
        PNG file.
    """

    kind: str
    key: Mapping[str, Any]
    path: str | Path

    def title(self) -> str:
        """What tells it from the other figures of its group."""
        return f"Layer {self.key['layer']}, {SPLITS[self.key['split']]}" if "layer" in self.key else self.kind

    def group(self) -> str:
        """Heading it stands under."""
        return f"Seed {self.key['seed']}, cloud {self.key['cloud']}"

    def source(self) -> str:
        """The file as a data URI."""
        return "data:image/png;base64," + base64.b64encode(Path(self.path).read_bytes()).decode("ascii")


def render(
    pictures: Sequence[Picture],
    captions: Mapping[str, str],
    tables: Mapping[str, pd.DataFrame],
    versions: Mapping[str, Sequence[str]],
    config: Mapping[str, Any],
    viewer: Viewer,
) -> str:
    """The page.

    Parameters
    ----------
    pictures : sequence of Picture
    captions : mapping of str to str
        Template of the caption of each kind of picture, in reStructuredText.
    tables : mapping of str to DataFrame
        `datasets`, `accuracy`, `summaries` and `claims`, as made by :mod:`layertopo.tables` and
        :mod:`layertopo.claims`.
    versions : mapping of str to list of str
        Versions of each library; see :func:`library_versions`.
    config : mapping
        The whole configuration, defaults filled in.
    viewer : Viewer
        The diagrams to choose from.

    Returns
    -------
    str
        HTML without any reference to another file but the tables beside it.
    """
    return _template().render(
        sections=[
            _section(name, pictures, tables, config["analysis"]["epochs"]) for name in config["datasets"]
        ],
        caption=lambda picture: render_caption(captions[picture.kind], picture.key),
        verdicts=tables["claims"]["verdict"].value_counts().to_dict(),
        diagrams=_diagram_facts(tables["summaries"]),
        summary_columns=_summary_columns(config["clouds"]),
        versions=versions,
        mixed_versions=[name for name, several in versions.items() if len(several) > 1],
        viewer=viewer,
        viewer_fields=FIELDS,
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
    for path in paths:
        with storage.load(path) as file:
            for name, version in storage.versions(file).items():
                found.setdefault(name, set()).add(version)
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


def percent(value: float) -> str:
    """A share in percent."""
    return "–" if pd.isna(value) else f"{value:.1%}"


def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("layertopo"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(number=number, percent=percent, splits=SPLITS.get)
    return environment.get_template("report.html.j2")


def _section(
    dataset: str, pictures: Sequence[Picture], tables: Mapping[str, pd.DataFrame], epochs: Sequence[int]
) -> dict[str, Any]:
    """What the page shows of one data set."""
    own = {name: table[table["dataset"] == dataset] for name, table in tables.items()}
    mine = {
        kind: [picture for picture in pictures if (picture.kind, picture.key["dataset"]) == (kind, dataset)]
        for kind in ("data", "training", *DIAGRAM_KINDS)
    }
    return {
        "name": dataset,
        "facts": _records(own["datasets"])[0],
        "claims": _records(own["claims"]),
        "accuracy": _last_accuracies(own["accuracy"], max(epochs)),
        "summaries": _records(own["summaries"]),
        "data": mine["data"],
        "training": mine["training"],
        "diagrams": _groups(*(mine[kind] for kind in DIAGRAM_KINDS)),
    }


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(key): value for key, value in row.items()} for row in table.to_dict("records")]


def _last_accuracies(accuracy: pd.DataFrame, epoch: int) -> list[dict[str, Any]]:
    """Rows of the last analysed epoch, each with the epoch from which its network was dead."""
    died = accuracy[accuracy["dead"]].groupby(["model", "seed"])["epoch"].min()
    last = _records(accuracy[accuracy["epoch"] == epoch])
    return [row | {"died": died.get((row["model"], row["seed"]))} for row in last]


def _groups(*kinds: Sequence[Picture]) -> dict[str, list[tuple[Picture, ...]]]:
    """Figures of the same diagrams, one of each kind, under the heading of each seed and cloud."""
    places = sorted(
        zip(*kinds, strict=True),
        key=lambda place: (place[0].key["seed"], place[0].key["cloud"], place[0].key["layer"]),
    )
    return {heading: list(members) for heading, members in groupby(places, lambda place: place[0].group())}


def _diagram_facts(summaries: pd.DataFrame) -> dict[str, Any]:
    """How many diagrams there are, how many are complete, and which engines made them."""
    each = summaries.drop_duplicates(["dataset", "model", "seed", "epoch", "layer", "split", "cloud"])
    engines = sorted(set(zip(each["engine"], each["engine_version"], strict=True)))
    return {
        "count": len(each),
        "complete": int(each["complete"].sum()),
        "engines": ", ".join(f"{name} {version}" for name, version in engines),
    }


def _summary_columns(clouds: Mapping[str, Any]) -> dict[str, str]:
    return {column: name for column, name in SUMMARY_COLUMNS.items() if column != "cloud" or len(clouds) > 1}
