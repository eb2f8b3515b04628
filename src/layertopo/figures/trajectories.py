"""Summaries of the diagrams of all runs, from layer to layer or from epoch to epoch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from layertopo import tables
from layertopo.analysis.bar_statistics import STATISTICS
from layertopo.epochs import LAST, Epoch, in_order, in_words
from layertopo.figures.populations import Group, draw_group, population_of, rows_of, run_legend
from layertopo.figures.style import STYLE, heading
from layertopo.storage import Key

#: Up to so many values across, each is marked.
MARKED = 12


@dataclass(frozen=True)
class Quantity:
    """A column of `summaries.csv` worth following, its axis (`{H}` for the dimension), and if only whole numbers count."""

    column: str
    label: str
    whole: bool = False


_DRAWN = [each for each in STATISTICS if each.label]
#: What is followed: facts of the cloud, then every statistic of the bars that has a label, lengths first.
QUANTITIES = (
    Quantity("n_distinct", "Distinct points"),
    Quantity("rms_distance", "Rms distance\nof the points"),
    Quantity("bars", "Number of\n{H} classes"),
    *(Quantity(each.drawn_column, each.label) for each in sorted(_DRAWN, key=lambda each: not each.power)),
)


def draw(sources: Mapping[str, Any], key: Key) -> dict[str, Figure]:
    """Summaries along one key column."""
    population = population_of(sources, key)
    rows = rows_of(
        tables.read(sources["summaries"]), population.datasets, sources["cloud"], split=key["split"]
    )
    if sources["scale"] is None:
        followed = rows[rows["dimension"] == sources["followed"]]
        figure = trajectory_figure(followed, population.members, key["along"], population.title)
    else:
        title = f"{population.title}, at scale {sources['scale']:g}"
        followed, quantities = betti_numbers(rows)
        figure = trajectory_figure(followed, population.members, key["along"], title, quantities)
    return {"trajectories": figure}


def betti_numbers(rows: pd.DataFrame) -> tuple[pd.DataFrame, Sequence[Quantity]]:
    """Rows of `summaries.csv` of a cloud at one scale with a column for each Betti number, and what is followed."""
    place = ["dataset", "model", "seed", "epoch", "layer"]
    dimensions = sorted(rows["dimension"].unique())
    table = rows.drop_duplicates(place)
    for dimension in dimensions:
        numbers = rows[rows["dimension"] == dimension].set_index(place)["betti"].rename(f"betti_{dimension}")
        table = table.join(numbers, on=place)
    drawn = [Quantity(f"betti_{dimension}", rf"$\beta_{dimension}$", whole=True) for dimension in dimensions]
    return table, [Quantity("n_distinct", "Distinct points"), *drawn]


def trajectory_figure(
    summaries: pd.DataFrame,
    members: Sequence[Group],
    along: str,
    title: str,
    quantities: Sequence[Quantity] = QUANTITIES,
) -> Figure:
    """Chosen summaries of the diagrams from layer to layer, or from epoch to epoch.

    Parameters
    ----------
    summaries : DataFrame
        Rows of `summaries.csv` of one population, split, cloud and dimension.
    members : sequence of Group
    along : str
        `layer` or `epoch`: what goes across a panel. Each value of the other has a column of panels.
    title : str
    quantities : sequence of Quantity

    Returns
    -------
    Figure
        A row of panels for each quantity.
    """
    other = {"layer": "epoch", "epoch": "layer"}[along]
    places, columns = (in_order(summaries[key]) for key in (along, other))
    across = positions(summaries, places)
    dimension = f"$H_{summaries['dimension'].iloc[0]}$"
    with mpl.rc_context(STYLE):
        figure = Figure(
            figsize=(max(4.6, 1.3 + 2.0 * len(columns)), 0.9 + 1.18 * len(quantities)), layout="constrained"
        )
        axes = figure.subplots(len(quantities), len(columns), squeeze=False, sharex=True, sharey="row")
        for group in members:
            values = _values(summaries, quantities, group, along, other, places, columns)
            draw_group(axes, across, values, group, marks=len(places) <= MARKED)
        for place, quantity in zip(axes[:, 0], quantities, strict=True):
            place.set_ylabel(quantity.label.replace("{H}", dimension))
        for place, value in zip(axes[0], columns, strict=True):
            place.set_title(in_words(value) if other == "epoch" else f"Layer {value}", fontweight="bold")
        for place in axes[-1]:
            place.set_xlabel(along.capitalize())
            place.set_xticks(across, list(map(str, places)))
        for row, quantity in zip(axes, quantities, strict=True):
            highest = max(float(place.dataLim.y1) for place in row if place.has_data())
            row[0].set_ylim(0, 1.08 * highest if highest > 0 else 1)  # also of the panels beside it
            row[0].yaxis.set_major_locator(MaxNLocator(4, integer=quantity.whole))
        heading(figure, title)
        run_legend(figure, members)
    return figure


def positions(summaries: pd.DataFrame, places: Sequence[Epoch]) -> list[float]:
    """Where layers or epochs stand on an axis: at their numbers, and the last epoch at the median of its own."""
    if LAST not in places:
        return [float(place) for place in places]
    last = float(summaries.loc[summaries["epoch"] == LAST, "epoch_number"].median())
    return [last if place == LAST else float(place) for place in places]


def _values(
    summaries: pd.DataFrame,
    quantities: Sequence[Quantity],
    group: Group,
    along: str,
    other: str,
    places: list[Epoch],
    columns: list[Epoch],
) -> NDArray[np.float64]:
    """Values of each run (live ones first), quantity, column of panels, and place along them; NaN where none."""
    own = summaries[summaries["model"] == group.model]
    table = own.set_index(["dataset", "seed", other, along])[[quantity.column for quantity in quantities]]
    index = pd.MultiIndex.from_tuples(
        [(*run, column, place) for run in group.runs for column in columns for place in places],
        names=table.index.names,
    )
    cells = table.reindex(index).to_numpy(np.float64)
    return np.moveaxis(cells.reshape(len(group.runs), len(columns), len(places), -1), 3, 1)
