"""Mean numbers of components and holes from layer to layer: at one scale, or as they stand out in diagrams."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from layertopo import tables
from layertopo.analysis.counted import counted
from layertopo.epochs import in_order, in_words
from layertopo.figures.populations import BAND, Group, population_of, rows_of
from layertopo.figures.style import STYLE, heading
from layertopo.storage import Key
from layertopo.tables import RUN

#: Column of the sum over all dimensions.
TOTAL = "total"
#: What is counted in the diagrams, by dimension.
NOUNS = {"0": "Components", "1": "Significant loops", "2": "Significant voids"}
#: What tells the clouds of a figure apart.
PLACE = [*RUN, "epoch", "layer"]


def draw(sources: Mapping[str, Any], key: Key) -> dict[str, Figure]:
    """Mean numbers of one cloud, or of one class of it."""
    population = population_of(sources, key)
    rows = rows_of(
        tables.read(sources["summaries"]), population.datasets, sources["cloud"], split=key["split"]
    )
    scale = sources["scale"]
    title = population.title if scale is None else f"{population.title}, at scale {scale:g}"
    names = NOUNS if scale is None else {dimension: rf"$\beta_{dimension}$" for dimension in NOUNS}
    return {"mean_betti": mean_betti_figure(number_table(rows), population.members, title, names)}


def number_table(rows: pd.DataFrame) -> pd.DataFrame:
    """Numbers of components and holes side by side.

    Parameters
    ----------
    rows : DataFrame
        Of `summaries.csv`, of one split and cloud, and of one class if classes are apart.

    Returns
    -------
    DataFrame
        A row for each run, epoch and layer; a column for each dimension, and their sum, `total`.
    """
    rows = rows.assign(dimension=rows["dimension"].astype(str), number=counted(rows))
    apart = rows.set_index([*PLACE, "dimension"])["number"]
    totals = rows.groupby(PLACE)["number"].sum(skipna=False).rename(TOTAL)
    numbers = {
        dimension: apart.xs(dimension, level="dimension") for dimension in apart.index.unique("dimension")
    }
    return pd.DataFrame(numbers | {TOTAL: totals}).reset_index()


def mean_betti_figure(
    numbers: pd.DataFrame, members: Sequence[Group], title: str, names: Mapping[str, str]
) -> Figure:
    """Mean numbers over the live networks from layer to layer, and half a standard deviation to either side.

    Parameters
    ----------
    numbers : DataFrame
        As :func:`number_table` gives it.
    members : sequence of Group
    title : str
    names : mapping of str to str
        What the numbers of each dimension are.

    Returns
    -------
    Figure
        A row of panels for each epoch; a column for each dimension, and one for the sum of all.
    """
    epochs, quantities = in_order(numbers["epoch"]), [str(name) for name in numbers if name not in PLACE]
    with mpl.rc_context(STYLE):
        figure = Figure(
            figsize=(max(4.6, 0.7 + 2.0 * len(quantities)), 1.0 + 1.9 * len(epochs)), layout="constrained"
        )
        axes = figure.subplots(len(epochs), len(quantities), squeeze=False, sharex=True, sharey="col")
        for row, epoch in zip(axes, epochs, strict=True):
            for panel, quantity in zip(row, quantities, strict=True):
                for group in members:
                    _draw_mean(panel, numbers[numbers["epoch"] == epoch], quantity, group)
                panel.yaxis.set_major_locator(MaxNLocator(5, integer=True))
            row[0].set_ylabel(f"{in_words(epoch)}\nMean number")
        for panel, quantity in zip(axes[0], quantities, strict=True):
            panel.set_title("Total" if quantity == TOTAL else names[quantity], fontweight="bold")
        for panel in axes[-1]:
            panel.set_xlabel("Layer")
            panel.xaxis.set_major_locator(MaxNLocator(10, integer=True))
            panel.set_ylim(0, max(1.0, panel.get_ylim()[1]))  # of all in the column
        heading(figure, title)
        handles: list[Any] = [Line2D([], [], color=each.colour, label=each.label) for each in members]
        if any(len(each.live) > 1 for each in members):
            handles.append(Patch(facecolor="black", label="half a standard deviation to either side", **BAND))
        across = max(1, int(figure.get_figwidth() / 2))
        figure.legend(handles=handles, loc="outside lower center", ncols=min(len(handles), across))
    return figure


def _draw_mean(panel: Axes, numbers: pd.DataFrame, quantity: str, group: Group) -> None:
    """Mean over the live networks of a model, and a band where there are several."""
    own = numbers[numbers["model"] == group.model]
    runs = own.pivot_table(quantity, ["dataset", "seed"], "layer", dropna=False)
    live = runs.reindex(list(group.live))  # a model may lack an epoch that others have
    mean, half = (each.to_numpy(np.float64) for each in (live.mean(), live.std() / 2))
    panel.plot(runs.columns, mean, color=group.colour, marker="o", markersize=2.5, gid=group.model)
    band = (mean - half, mean + half)
    panel.fill_between(runs.columns, *band, color=group.colour, gid=f"{group.model}-band", **BAND)
