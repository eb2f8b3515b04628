"""What figures over many training runs have in common: states of networks, medians and intervals.

A figure is of one population: the data sets that are draws of one distribution, and every network
trained on them. Networks that are dead at the last analysed epoch, or short of a goal that they must
reach, are counted, and drawn apart: they enter no median.
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
from layertopo.tables import DEAD, LIVE, SHORT, STATES, states

#: Line of a network that is left out, by its state, and interval over live ones.
LEFT_OUT: dict[str, dict[str, Any]] = {
    DEAD: {"linewidth": 0.8, "linestyle": (0, (2.5, 1.5))},
    SHORT: {"linewidth": 0.8, "linestyle": (0, (1, 1.5))},
}
BAND: dict[str, Any] = {"alpha": 0.22, "linewidth": 0}


class Run(NamedTuple):
    """One trained network of a model."""

    dataset: str
    seed: int


@dataclass(frozen=True)
class Group:
    """The runs of one model by their states: live, dead at the last analysed epoch, or short of the goal."""

    model: str
    colour: str
    live: Sequence[Run]
    dead: Sequence[Run]
    short: Sequence[Run] = ()

    @property
    def by_state(self) -> dict[str, Sequence[Run]]:
        """Runs of each state, the live ones first."""
        return dict(zip(STATES, (self.live, self.dead, self.short), strict=True))

    @property
    def runs(self) -> list[Run]:
        """All runs, the live ones first."""
        return [run for runs in self.by_state.values() for run in runs]

    @property
    def label(self) -> str:
        """The model, and how many of its networks live."""
        counts = {state: len(runs) for state, runs in self.by_state.items()}
        return f"{self.model} ({', '.join(count_runs(n, state) for state, n in counts.items() if n or state == LIVE)})"


def count_runs(count: int, state: str) -> str:
    """Number of networks of a state in words."""
    return f"{count:,} {state}"


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
        Group(str(model), colours[str(model)], *(_runs(own[states(own) == state]) for state in STATES))
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
    """Median and interval over the live runs, and a line for each other one, in every panel.

    `values` has the shape (runs, rows, columns, places), in the order of `group.runs`.
    """
    live, *others = np.split(values, np.cumsum([len(runs) for runs in group.by_state.values()])[:-1])
    left_out = dict(zip(LEFT_OUT, others, strict=True))
    draws = [run.dataset for run in group.live]
    interval = replicates.median_interval(live, draws) if len(live) else None
    for at in np.ndindex(axes.shape):
        panel: Any = axes[at]
        for state, lines in left_out.items():
            for line in lines:
                marker = {"marker": "x", "markersize": 3, "markeredgewidth": 0.6} if marks else {}
                alpha = max(0.8 / len(lines) ** 0.4, 0.25)  # many of them do not cover the others
                style = LEFT_OUT[state] | marker | {"color": group.colour, "alpha": alpha}
                panel.plot(places, line[at], gid=f"{group.model}-{state}", **style)
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
    handles += [
        Line2D([], [], color="black", label=f"a network that is {state} in the end", **style)
        for state, style in LEFT_OUT.items()
        if any(each.by_state[state] for each in members)
    ]
    across = max(1, int(figure.get_figwidth() / 2))  # inches that the longest label takes
    figure.legend(handles=handles, loc="outside lower center", ncols=min(len(handles), across))
