"""What figures over many training runs have in common: live and dead networks, medians and intervals.

A figure is of one population: the data sets that are draws of one distribution, and every network
trained on them. Networks that are dead at the last analysed epoch are counted, and drawn apart: they
enter no median.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from numpy.typing import NDArray

from layertopo import tables
from layertopo.analysis import replicates
from layertopo.analysis.names import ROWS, cloud_in_words
from layertopo.epochs import Epoch
from layertopo.figures.style import model_colours
from layertopo.storage import Key

#: Line of a dead network, and interval over live ones.
DEAD: dict[str, Any] = {"linewidth": 0.8, "linestyle": (0, (2.5, 1.5))}
BAND: dict[str, Any] = {"alpha": 0.22, "linewidth": 0}


class Run(NamedTuple):
    """One trained network of a model."""

    dataset: str
    seed: int


@dataclass(frozen=True)
class Group:
    """The runs of one model, live and dead at the last analysed epoch."""

    model: str
    colour: str
    live: Sequence[Run]
    dead: Sequence[Run]

    @property
    def runs(self) -> list[Run]:
        """All runs, the live ones first."""
        return [*self.live, *self.dead]

    @property
    def label(self) -> str:
        """The model, and how many of its networks live."""
        return f"{self.model} ({count_runs(len(self.live), len(self.dead))})"


def count_runs(live: int, dead: int) -> str:
    """Numbers of networks in words."""
    return ", ".join(
        f"{n:,} {state}" for n, state in ((live, "live"), (dead, "dead")) if n or state == "live"
    )


class Population(NamedTuple):
    """The draws of one distribution, and the networks trained on them."""

    datasets: Sequence[str]
    members: Sequence[Group]
    title: str


def population_of(sources: Mapping[str, Any], key: Key) -> Population:
    """The population that a figure is of.

    Parameters
    ----------
    sources : mapping
        `accuracy`, the table; `datasets`, the draws; `last_epochs`, that of each model at which a network counts as
        dead; `cloud`, its key columns.
    key : mapping
        Wildcards of the figure.
    """
    datasets = sources["datasets"]
    members = groups(tables.read(sources["accuracy"]), datasets, sources["last_epochs"])
    more = f" and {len(datasets) - 1} more draws" if len(datasets) > 1 else ""
    return Population(
        datasets,
        members,
        f"{datasets[0]}{more}: {ROWS[key['split']]}, cloud {cloud_in_words(sources['cloud'])}",
    )


def groups(accuracy: pd.DataFrame, datasets: Sequence[str], last_epochs: Mapping[str, Epoch]) -> list[Group]:
    """Runs of each model on the draws of one population.

    Parameters
    ----------
    accuracy : DataFrame
        `accuracy.csv`.
    datasets : sequence of str
    last_epochs : mapping of str to int or str
        For each model the last analysed epoch: a network dead then counts as dead.
    """
    then = tables.at_end(accuracy[accuracy["dataset"].isin(datasets)], last_epochs)
    colours = model_colours(then["model"].astype(str))
    return [
        Group(str(model), colours[str(model)], *(_runs(own[own["dead"] == dead]) for dead in (False, True)))
        for model, own in then.groupby("model", sort=False)
    ]


def _runs(table: pd.DataFrame) -> list[Run]:
    return [
        Run(str(dataset), int(seed)) for dataset, seed in zip(table["dataset"], table["seed"], strict=True)
    ]


def rows_of(table: pd.DataFrame, datasets: Sequence[str], cloud: Key, **where: Any) -> pd.DataFrame:
    """Rows of `summaries.csv` or `distances.csv` of one population and cloud, cut down to `where`."""
    held = table["dataset"].isin(datasets)
    for column, value in {**cloud, **where}.items():
        held &= table[column] == value
    return table[held]


def draw_group(
    axes: NDArray[Any], places: Sequence[float], values: NDArray[np.float64], group: Group, marks: bool
) -> None:
    """Median and interval over the live runs, and a line for each dead one, in every panel.

    `values` has the shape (runs, rows, columns, places), the live runs first.
    """
    live, dead = np.split(values, [len(group.live)])
    draws = [run.dataset for run in group.live]
    interval = replicates.median_interval(live, draws) if len(live) else None
    for at in np.ndindex(axes.shape):
        panel: Any = axes[at]
        for line in dead:
            marker = {"marker": "x", "markersize": 3, "markeredgewidth": 0.6} if marks else {}
            alpha = max(0.8 / len(dead) ** 0.4, 0.25)  # many of them do not cover the others
            style = DEAD | marker | {"color": group.colour, "alpha": alpha}
            panel.plot(places, line[at], gid=f"{group.model}-dead", **style)
        if interval is not None:
            marker = {"marker": "o", "markersize": 3} if marks else {}
            panel.plot(places, interval.median[at], color=group.colour, gid=group.model, **marker)
            band = (interval.low[at], interval.high[at])
            panel.fill_between(places, *band, color=group.colour, gid=f"{group.model}-band", **BAND)


def run_legend(figure: Figure, members: Sequence[Group]) -> None:
    handles: list[Any] = [Line2D([], [], color=each.colour, label=each.label) for each in members]
    if any(len(each.live) > 1 for each in members):
        handles.append(Patch(facecolor="black", label="95 % interval of the median", **BAND))
    else:
        handles.append(Line2D([], [], linestyle="", label="one network: no interval"))
    if any(each.dead for each in members):
        handles.append(Line2D([], [], color="black", label="a network that is dead in the end", **DEAD))
    across = max(1, int(figure.get_figwidth() / 2))  # inches that the longest label takes
    figure.legend(handles=handles, loc="outside lower center", ncols=min(len(handles), across))
