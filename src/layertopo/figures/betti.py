"""Betti curves of all runs: how many classes are alive at each scale."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import SymmetricalLogLocator
from numpy.typing import NDArray

from layertopo import storage
from layertopo.analysis.run_statistics import place
from layertopo.epochs import Epoch, in_order, in_words
from layertopo.figures.populations import Group, Run, draw_group, population_of, run_legend
from layertopo.figures.style import STYLE, heading
from layertopo.storage import Key, Stored


def draw(sources: Mapping[str, Any], key: Key) -> dict[str, Figure]:
    """Betti curves of one dimension."""
    population, dimension = population_of(sources, key), int(key["dimension"])
    betti = load_betti(sources["statistics"], sources["cells"], key["split"], sources["cloud"], dimension)
    return {"betti": betti_figure(betti, population.members, dimension, population.title)}


@dataclass(frozen=True)
class BettiCurves:
    """Betti curves of one dimension.

    Attributes
    ----------
    grid : ndarray, shape (n_scales,)
        Scales, in units of the rms distance.
    curves : dict
        From model, :class:`Run`, epoch and layer to Betti numbers, shape (n_scales,); NaN where a
        cloud has no scale.
    """

    grid: NDArray[np.float64]
    curves: Mapping[tuple[str, Run, Epoch, int], NDArray[np.float64]]


def load_betti(
    stored: Sequence[Stored],
    cells: Sequence[Sequence[tuple[Epoch, int]]],
    split: str,
    cloud: Key,
    dimension: int,
) -> BettiCurves:
    """Read the Betti curves of one split, cloud and dimension.

    Parameters
    ----------
    stored : sequence of Stored
        Statistics of each run.
    cells : sequence
        Epoch and layer of each diagram of each run.
    split : str
    cloud : mapping
        Its key columns.
    dimension : int

    Raises
    ------
    ResultError
        If a file is broken or was made with other settings.
    """
    grid, curves = np.empty(0), {}
    for (path, key, provenance), places in zip(stored, cells, strict=True):
        with storage.load(path, provenance) as file:
            grid = storage.read(file, "betti_grid")
            for epoch, layer in places:
                group = place({"epoch": epoch, "layer": layer, "split": split, **cloud})
                run = Run(key["dataset"], key["seed"])
                curves[key["model"], run, epoch, layer] = storage.read(file, f"{group}/H{dimension}_betti")
    return BettiCurves(grid, curves)


def betti_figure(betti: BettiCurves, members: Sequence[Group], dimension: int, title: str) -> Figure:
    """Betti number against scale: a row of panels for each layer, a column for each epoch.

    Parameters
    ----------
    betti : BettiCurves
    members : sequence of Group
    dimension : int
    title : str
    """
    epochs = in_order(epoch for _, _, epoch, _ in betti.curves)
    layers = sorted({layer for _, _, _, layer in betti.curves})
    nowhere = np.full(len(betti.grid), np.nan)
    with mpl.rc_context(STYLE):
        figure = Figure(
            figsize=(max(4.6, 0.7 + 2.2 * len(epochs)), 0.9 + 1.75 * len(layers)), layout="constrained"
        )
        axes = figure.subplots(len(layers), len(epochs), squeeze=False, sharex=True, sharey=True)
        for group in members:
            values = np.array(
                [
                    [
                        [betti.curves.get((group.model, run, epoch, layer), nowhere) for epoch in epochs]
                        for layer in layers
                    ]
                    for run in group.runs
                ]
            )
            draw_group(axes, betti.grid.tolist(), values, group, marks=False)
        analysed = {(layer, epoch) for _, _, epoch, layer in betti.curves}
        for panel, place in zip(axes.flat, product(layers, epochs), strict=True):
            if place not in analysed:
                panel.text(0.5, 0.5, "not analysed", transform=panel.transAxes, ha="center", color="#888888")
        for panel, epoch in zip(axes[0], epochs, strict=True):
            panel.set_title(in_words(epoch), fontweight="bold")
        for panel, layer in zip(axes[:, 0], layers, strict=True):
            panel.set_ylabel(f"Layer {layer}: $\\beta_{dimension}$")
        for panel in axes[-1]:
            panel.set_xlabel("Scale / rms distance")
        _betti_axes(axes, betti)
        heading(figure, f"{title}, Betti number {dimension}")
        run_legend(figure, members)
    return figure


def _betti_axes(axes: NDArray[Any], betti: BettiCurves) -> None:
    """Scales where some curve changes, and heights with a zero below the logarithmic part."""
    every = np.array(list(betti.curves.values()))
    steps = np.nan_to_num(np.diff(every, axis=1))
    changing = np.flatnonzero(steps.any(axis=0))
    first, last = (changing[0], changing[-1] + 1) if len(changing) else (0, len(betti.grid) - 1)
    for panel in axes.flat:
        panel.set(xscale="log", xlim=(betti.grid[first] / 1.1, betti.grid[last] * 1.1))
        panel.set_yscale("symlog", linthresh=1, linscale=0.3)
        panel.set_ylim(bottom=0)
        panel.yaxis.set_minor_locator(SymmetricalLogLocator(base=10, linthresh=1, subs=[2, 5]))
