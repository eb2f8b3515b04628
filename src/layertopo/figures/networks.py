"""How far the networks that saw the same data lie apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from numpy.typing import NDArray

from layertopo import tables
from layertopo.figures.heat_maps import distance_bar, draw_cells, norm_of
from layertopo.figures.populations import Group, population_of, rows_of
from layertopo.figures.style import STYLE, heading
from layertopo.storage import Key
from layertopo.tables import LIVE

#: Panels side by side in a figure of matrices.
PANELS_ACROSS = 4


def draw(sources: Mapping[str, Any], key: Key) -> dict[str, Figure]:
    """Matrices of one distance."""
    datasets, members, title = population_of(sources, key)
    distances = rows_of(
        tables.read(sources["distances"]),
        datasets,
        sources["cloud"],
        dimension=sources["followed"],
        across="networks",
        split_a=key["split"],
    )
    return {"networks": network_figure(distances, members, datasets, key["distance"], title)}


def run_matrix(distances: pd.DataFrame, runs: Sequence[tuple[str, int]], column: str) -> NDArray[np.float64]:
    """Distances between runs as a symmetric matrix.

    Parameters
    ----------
    distances : DataFrame
        Rows of `distances.csv` across networks, of one data set, layer, split, cloud and dimension.
    runs : sequence
        Model and seed, in the order of the matrix.
    column : str

    Returns
    -------
    ndarray of float64, shape (n_runs, n_runs)
        0 on the diagonal, NaN where there is no distance.
    """
    place = {run: k for k, run in enumerate(runs)}
    matrix = np.full((len(runs), len(runs)), np.nan)
    np.fill_diagonal(matrix, 0.0)
    names = ["model_a", "seed_a", "model_b", "seed_b", column]
    for model_a, seed_a, model_b, seed_b, value in distances[names].itertuples(index=False):
        a, b = place[model_a, seed_a], place[model_b, seed_b]
        matrix[a, b] = matrix[b, a] = value
    return matrix


def network_figure(
    distances: pd.DataFrame, members: Sequence[Group], datasets: Sequence[str], distance: str, title: str
) -> Figure:
    """How far the networks on the same data lie apart: a matrix for each layer and draw.

    Parameters
    ----------
    distances : DataFrame
        Rows of `distances.csv` across networks, of one population, split, cloud and dimension.
    members : sequence of Group
    datasets : sequence of str
        The draws.
    distance : str
        One of :data:`layertopo.analysis.names.DISTANCES`.
    title : str

    Returns
    -------
    Figure
        Networks grouped by model, of each the live ones first, then the others by their states; one scale of colours.
    """
    layers = sorted(int(layer) for layer in distances["layer_a"].unique())
    lines = [list(product([layer], datasets)) for layer in layers]
    if len(datasets) == 1:
        lines = [list(product(layers, datasets))]
    lines = [line[k : k + PANELS_ACROSS] for line in lines for k in range(0, len(line), PANELS_ACROSS)]
    column = f"{distance}_scaled"
    dimension = distances["dimension"].iloc[0]
    with mpl.rc_context(STYLE):
        figure = Figure(
            figsize=(max(4.6, 1.2 + 2.1 * len(lines[0])), 0.6 + 2.45 * len(lines)), layout="constrained"
        )
        axes = figure.subplots(len(lines), len(lines[0]), squeeze=False)
        norm = norm_of([distances[column].to_numpy()])
        for place in axes.flat:
            place.set_axis_off()
        for row, line in zip(axes, lines, strict=True):
            for place, (layer, dataset) in zip(row, line, strict=False):
                own = distances[(distances["dataset"] == dataset) & (distances["layer_a"] == layer)]
                _draw_networks(place, own, _blocks(members, dataset), column, norm)
                name = f"{dataset}, layer {layer}" if len(datasets) > 1 else f"Layer {layer}"
                place.set_title(name, fontweight="bold")
        distance_bar(figure, axes, norm, distance, dimension)
        heading(figure, f"{title}, distances between networks")
    return figure


def _blocks(members: Sequence[Group], dataset: str) -> list[tuple[str, list[tuple[str, int]]]]:
    """Networks on one data set that stand together in a matrix, and what their block is called."""
    blocks = []
    for group in members:
        for state, runs in group.by_state.items():
            own = [(group.model, run.seed) for run in runs if run.dataset == dataset]
            if own:
                name = group.model if state == LIVE else f"{group.model}, {state}"
                blocks.append((f"{name} ({len(own)})", own))
    return blocks


def _draw_networks(
    axes: Axes,
    distances: pd.DataFrame,
    blocks: Sequence[tuple[str, Sequence[tuple[str, int]]]],
    column: str,
    norm: Normalize,
) -> None:
    runs = [run for _, block in blocks for run in block]
    axes.set_axis_on()
    draw_cells(axes, run_matrix(distances, runs, column), norm)
    ends = np.cumsum([len(block) for _, block in blocks])
    for end in ends[:-1]:
        axes.axhline(end - 0.5, color="white", linewidth=1.6)
        axes.axvline(end - 0.5, color="white", linewidth=1.6)
    middles = ends - np.array([len(block) for _, block in blocks]) / 2 - 0.5
    labels = [name.replace(", ", "\n").replace(" (", "\n(") for name, _ in blocks]
    axes.set_xticks(middles, labels, fontsize=6.5)
    axes.set_yticks(middles, [label.replace("\n(", " (") for label in labels], fontsize=6.5)
    axes.set_aspect("equal")
