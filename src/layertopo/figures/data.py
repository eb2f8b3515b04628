"""A data set: its points, and how far from the origin each class lies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from layertopo.data import dataset
from layertopo.data.dataset import Dataset
from layertopo.data.nested_spheres import best_radius_accuracy
from layertopo.figures.style import CLASSES, STYLE, VECTOR_MARKS
from layertopo.storage import Key


def draw(sources: Mapping[str, Any], key: Key) -> dict[str, Figure]:
    """Picture of one data set."""
    stored = sources["dataset"]
    return {"data": data_figure(dataset.load(stored.path, stored.provenance), key["dataset"])}


def data_figure(dataset: Dataset, title: str) -> Figure:
    """The points in their first two coordinates, and how far from the origin each class lies.

    Parameters
    ----------
    dataset : Dataset
    title : str

    Returns
    -------
    Figure
    """
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(7.1, 3.3), layout="constrained")
        points, radii = figure.subplots(1, 2, width_ratios=(1, 1.25))
        _draw_points(points, dataset)
        _draw_radii(radii, dataset)
        handles = [
            Line2D([], [], linestyle="", marker="o", color=colour, markersize=4, label=f"class {label}")
            for label, colour in enumerate(CLASSES)
        ]
        figure.suptitle(title, fontsize=9)
        figure.legend(handles=handles, loc="outside lower center", ncols=2)
    return figure


def _draw_points(axes: Axes, dataset: Dataset) -> None:
    X = dataset.X if dataset.X.shape[1] > 1 else np.column_stack([dataset.X, np.zeros(len(dataset.X))])
    axes.scatter(
        X[:, 0],
        X[:, 1],
        s=float(np.clip(60 / len(X) ** 0.4, 1.0, 9)),
        c=np.array(CLASSES)[dataset.y],
        alpha=0.6,
        linewidths=0,
        rasterized=len(X) > VECTOR_MARKS,
        gid="points",
    )
    axes.set(
        aspect="equal",
        xlabel="Coordinate 1",
        ylabel="Coordinate 2",
        title="The points" if X.shape[1] == 2 else f"The points in 2 of {X.shape[1]} coordinates",
    )
    axes.xaxis.set_major_locator(MaxNLocator(5))
    axes.yaxis.set_major_locator(MaxNLocator(5))


def _draw_radii(axes: Axes, dataset: Dataset) -> None:
    radius = np.linalg.norm(dataset.X, axis=1)
    accuracy, threshold = best_radius_accuracy(dataset.X, dataset.y)
    edges = np.linspace(radius.min(), radius.max(), 61).tolist()
    for label, colour in enumerate(CLASSES):
        axes.hist(radius[dataset.y == label], edges, color=colour, alpha=0.35, linewidth=0)
        axes.hist(radius[dataset.y == label], edges, color=colour, histtype="step")
    axes.axvline(threshold, color="#333333", linewidth=0.8, linestyle=(0, (3, 1.5)))
    axes.annotate(
        f"best threshold {threshold:.3g}:\n{accuracy:.1%} of the rows right",
        (threshold, 1),
        xytext=(4, -2),
        xycoords=("data", "axes fraction"),
        textcoords="offset points",
        va="top",
        fontsize=6.5,
    )
    axes.set(xlabel="Distance from the origin", ylabel="Rows", title="Radius of each class")
    axes.set_ylim(0, 1.18 * axes.get_ylim()[1])  # room for the annotation
    axes.yaxis.set_major_locator(MaxNLocator(6, integer=True))
