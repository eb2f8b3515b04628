"""How far the diagrams of one network lie apart: across layers, epochs and splits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from layertopo import tables
from layertopo.figures.heat_maps import distance_bar, draw_cells, norm_of
from layertopo.figures.populations import Group, Run, count_runs, population_of, rows_of
from layertopo.figures.style import STYLE, heading
from layertopo.storage import Key


def draw(sources: Mapping[str, Any], key: Key) -> dict[str, Figure]:
    """Bottleneck distances within networks."""
    datasets, members, title = population_of(sources, key)
    distances = rows_of(
        tables.read(sources["distances"]), datasets, sources["cloud"], dimension=sources["followed"]
    )
    return {"moved": moved_figure(distances, members, key["split"], "bottleneck", title)}


@dataclass(frozen=True)
class Step:
    """What two diagrams of one run differ in, and where they agree."""

    across: str
    name: str
    fixed: tuple[str, ...]


STEPS = (
    Step("layers", "layer", ("epoch",)),
    Step("epochs", "epoch", ("layer",)),
    Step("splits", "split", ("epoch", "layer")),
)


def medians_of(distances: pd.DataFrame, step: Step, runs: Sequence[Run], column: str) -> pd.DataFrame:
    """Median over runs of a distance within each of them.

    Parameters
    ----------
    distances : DataFrame
        Rows of `distances.csv` of one model, cloud and dimension.
    step : Step
    runs : sequence of Run
    column : str

    Returns
    -------
    DataFrame
        A row for each two values of what differs, a column for each place where the rest agrees.
    """
    held = pd.MultiIndex.from_arrays([distances["dataset"], distances["seed_a"]]).isin(list(runs))
    own = distances[held & (distances["across"] == step.across)]
    pairs = [f"{step.name}_a", f"{step.name}_b"]
    fixed = [f"{name}_a" for name in step.fixed]
    own = own.assign(
        place=pd.Series(zip(*(own[name] for name in fixed), strict=True), own.index, dtype=object)
    )
    return own.groupby([*pairs, "place"], sort=False)[column].median().unstack("place", sort=False)  # noqa: PD010  a pivot table drops what is defined nowhere


def moved_figure(
    distances: pd.DataFrame, members: Sequence[Group], split: str, distance: str, title: str
) -> Figure:
    """How far diagrams of the same network lie apart: across layers, epochs and splits.

    Parameters
    ----------
    distances : DataFrame
        Rows of `distances.csv` within runs, of one population, cloud and dimension.
    members : sequence of Group
    split : str
        Layers and epochs are compared on these rows, and these rows with others.
    distance : str
        One of :data:`layertopo.analysis.names.DISTANCES`.
    title : str

    Returns
    -------
    Figure
        A heat map of medians for each kind of step (row), and for the networks of each model and state
        (column).
    """
    column = f"{distance}_scaled"
    of_split = distances[(distances["split_a"] == split) | (distances["split_b"] == split)]
    columns = [
        (f"{group.model}, {count_runs(len(runs), state)}", group.model, runs)
        for group in members
        for state, runs in group.by_state.items()
        if runs
    ]
    steps = [step for step in STEPS if (of_split["across"] == step.across).any()]
    medians = {
        (step.name, k): medians_of(of_split[of_split["model_a"] == model], step, runs, column)
        for step in steps
        for k, (_, model, runs) in enumerate(columns)
    }
    heights = [max(len(medians[step.name, k]) for k in range(len(columns))) for step in steps]
    norm = norm_of([table.to_numpy() for table in medians.values()])
    with mpl.rc_context(STYLE):
        figure = Figure(
            figsize=(
                max(4.6, 1.6 + 2.3 * len(columns)),
                0.9 + sum(0.55 + 0.24 * height for height in heights),
            ),
            layout="constrained",
        )
        axes = figure.subplots(
            len(steps), len(columns), squeeze=False, height_ratios=[height + 1.2 for height in heights]
        )
        for row, step in enumerate(steps):
            for k, (name, _, _) in enumerate(columns):
                _draw_medians(axes[row, k], medians[step.name, k], step, norm, labelled=k == 0)
                if row == 0:
                    axes[row, k].set_title(name, fontweight="bold")
        distance_bar(figure, axes, norm, distance, int(distances["dimension"].iloc[0]))
        heading(figure, f"{title}, distances within networks")
    return figure


def _draw_medians(axes: Axes, table: pd.DataFrame, step: Step, norm: Normalize, labelled: bool) -> None:
    if table.empty:
        axes.set_axis_off()
        return
    draw_cells(axes, table.to_numpy(np.float64), norm)
    pairs = [f"{a} – {b}" for a, b in table.index]
    axes.set_yticks(range(len(pairs)), pairs if labelled else [""] * len(pairs))
    axes.set_xticks(range(table.shape[1]), ["\n".join(map(str, place)) for place in table.columns])
    axes.set_xlabel(" and ".join(step.fixed).capitalize())
    if labelled:
        axes.set_ylabel(f"Between\n{step.across}")
