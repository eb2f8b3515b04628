"""Every kind of figure, once: where it lies, what it is called, and where the report shows it.

The kinds of one job are drawn together, by the module of this package that has the job's name. A new
kind is such a module and an entry here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from layertopo.analysis.names import ROWS

#: Key columns of a figure of all runs: of a data set and every other draw of its distribution.
_OF_RUNS = {"cloud": "{cloud}", "rows": "{split}"}
_OF_DIAGRAMS = {"cloud": "{cloud}", "layer": "{layer}", "rows": "{split}"}


@dataclass(frozen=True)
class Kind:
    """A kind of figure.

    Attributes
    ----------
    name : str
        Of the kind, and of its caption: `workflow/report/{name}.rst`.
    job : str
        Module of :mod:`layertopo.figures` that draws it, and name of the rule after `figure_`.
    path : str
        Pattern of the files, below the folder of the data set and without the format.
    title : str
        Pattern of what tells it from the others in its section of the report.
    section : str
        Of the report: data, training, layers, diagrams, change.
    category, subcategory : str
        In Snakemake's own report.
    labels : mapping of str to str
        In Snakemake's own report.
    form : str
        What tells it from the other kinds of its job, if there are any.
    """

    name: str
    job: str
    path: str
    title: str
    section: str
    category: str
    subcategory: str = "{dataset}"
    labels: Mapping[str, str] = field(default_factory=dict)
    form: str = ""

    def titled(self, key: Mapping[str, Any]) -> str:
        """Title of the figure of a key: its wildcards and their values."""
        words = {
            "rows": ROWS.get(key.get("split", "")),
            "distance": str(key.get("distance")).replace("_", " "),
        }
        return self.title.format(**{**key, **words})


def _diagrams(form: str, suffix: str) -> Kind:
    return Kind(
        name=f"diagrams{suffix}",
        job="diagrams",
        path="seed{seed}/{cloud}/layer{layer}_{split}" + suffix,
        title="Layer {layer}, {rows}",
        section="diagrams",
        category="Persistence diagrams",
        subcategory="{dataset}, seed {seed}",
        labels=_OF_DIAGRAMS | {"scale": form},
        form=form,
    )


def _of_runs(name: str, suffix: str, title: str, section: str, label: str) -> Kind:
    return Kind(
        name=name,
        job=name,
        path="runs/{cloud}/{split}_" + suffix,
        title=title,
        section=section,
        category="All runs",
        labels={"figure": label} | _OF_RUNS,
    )


KINDS = {
    kind.name: kind
    for kind in (
        Kind(
            "data", "data", "data", "Data: {dataset}", "data", "Data and training", labels={"figure": "data"}
        ),
        Kind(
            *("training", "training", "training", "Training: {dataset}", "training", "Data and training"),
            labels={"figure": "training"},
        ),
        _of_runs("trajectories", "by_{along}", "By {along}", "layers", "summaries by {along}"),
        _of_runs(
            "betti", "betti{dimension}", "Betti number {dimension}", "layers", "Betti number {dimension}"
        ),
        _diagrams("absolute", ""),
        _diagrams("scale-free", "_scaled"),
        _diagrams("density", "_density"),
        _of_runs(
            *("networks", "networks_{distance}", "Between networks: {distance}", "change"),
            "networks, {distance}",
        ),
        _of_runs("moved", "moved", "Within networks", "change", "distances within networks"),
        Kind(
            *(
                "loops",
                "loops",
                "seed{seed}/{cloud}/layer{layer}_{split}_loops",
                "Layer {layer}, {rows}",
                "diagrams",
            ),
            *("Loops", "{dataset}, seed {seed}", _OF_DIAGRAMS),
            form="loops",
        ),
        Kind(
            *(
                "followed",
                "followed",
                "seed{seed}/{cloud}/followed_{split}",
                "Followed loops",
                "change",
                "Loops",
            ),
            *("{dataset}, seed {seed}", _OF_RUNS),
        ),
        _of_runs("mean_betti", "mean_betti", "Mean Betti numbers", "layers", "mean Betti numbers"),
    )
}
#: Kinds that are drawn together.
JOBS = {
    job: [kind for kind in KINDS.values() if kind.job == job]
    for job in dict.fromkeys(kind.job for kind in KINDS.values())
}
