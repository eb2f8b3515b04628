"""A data set: its points, class by class."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from layertopo.data import dataset
from layertopo.data.dataset import Dataset
from layertopo.data.kinds import type_of
from layertopo.figures.style import CLASSES, STYLE, VECTOR_MARKS
from layertopo.storage import Key


class View(NamedTuple):
    """Points as they are drawn: in the plane, or in space.

    Attributes
    ----------
    points : ndarray, shape (n, 2) or (n, 3)
    axes : sequence of str
    title : str
    """

    points: NDArray[np.floating[Any]]
    axes: tuple[str, ...]
    title: str


def draw(sources: Mapping[str, Any], key: Key) -> dict[str, Figure]:
    """Picture of one data set."""
    stored = sources["dataset"]
    held, kind = dataset.load(stored.path, stored.provenance), type_of(stored.provenance["dataset"])
    return {"data": data_figure(held, key["dataset"], kind.facts(held), isotropic=kind.isotropic)}


def data_figure(data: Dataset, title: str, facts: Mapping[str, float], isotropic: bool = False) -> Figure:
    """The points of all classes, and beside them each class alone, or how far from the origin it lies.

    Parameters
    ----------
    data : Dataset
    title : str
    facts : mapping of str to float
        Of the kind of data; with `best_radius`, the distances from the origin are drawn.
    isotropic : bool
        Whether all directions are alike, so that any two coordinates show the points as well as others.

    Returns
    -------
    Figure
    """
    view = view_of(data.X, isotropic)
    labels = np.unique(data.y)
    radial = "best_radius" in facts
    space = {"projection": "3d"} if view.points.shape[1] == 3 else {}
    with mpl.rc_context(STYLE):
        panels = 2 if radial else 1 + len(labels)
        width, height = np.ptp(view.points[:, :2], axis=0)
        flat = 1.3 + 5.4 / panels * min(height / width, 1.5)
        figure = Figure(figsize=(7.1, 3.3 if radial else 2.9 if space else flat), layout="constrained")
        grid = figure.add_gridspec(1, panels, width_ratios=(1, 1.25) if radial else None)
        _draw_points(figure.add_subplot(grid[0], **space), view, data.y, view.title)
        if radial:
            _draw_radii(figure.add_subplot(grid[1]), data, facts)
        else:
            for k, label in enumerate(labels, 1):
                own = data.y == label
                alone = view._replace(points=view.points[own])
                _draw_points(figure.add_subplot(grid[k], **space), alone, data.y[own], f"Class {label}", view)
        handles = [
            Line2D(
                [], [], linestyle="", marker="o", color=CLASSES[label], markersize=4, label=f"class {label}"
            )
            for label in labels
        ]
        figure.suptitle(title, fontsize=9)
        figure.legend(handles=handles, loc="outside lower center", ncols=len(labels))
    return figure


def view_of(X: NDArray[np.float32], isotropic: bool) -> View:
    """Points of up to three coordinates as they are, others by their principal components."""
    d = X.shape[1]
    if d == 1:
        return View(np.column_stack([X, np.zeros(len(X))]), ("Coordinate 1", ""), "The points")
    if d <= 3:
        return View(X, tuple(f"Coordinate {k + 1}" for k in range(d)), "The points")
    if isotropic:
        return View(X[:, :2], ("Coordinate 1", "Coordinate 2"), f"The points in 2 of {d} coordinates")
    centred = X - X.mean(axis=0, dtype=np.float64)
    _, spread, directions = np.linalg.svd(centred, full_matrices=False)
    share = (spread[:2] ** 2).sum() / (spread**2).sum()
    # The sign of a component is of no meaning: its largest entry is made positive.
    signs = np.sign([row[np.abs(row).argmax()] for row in directions[:2]])
    return View(
        centred @ (directions[:2] * signs[:, None]).T,
        ("Principal component 1", "Principal component 2"),
        f"The points in 2 of {d} dimensions, {share:.0%} of the variance",
    )


def _draw_points(axes: Any, view: View, y: NDArray[np.int64], title: str, limits: View | None = None) -> None:
    """Scatter of points; within the limits of another view if that is given."""
    axes.scatter(
        *view.points.T,
        s=float(np.clip(60 / len(view.points) ** 0.4, 1.0, 9)),
        c=np.array(CLASSES)[y],
        alpha=0.6,
        linewidths=0,
        rasterized=len(view.points) > VECTOR_MARKS,
        gid="points",
    )
    names = ("x", "y", "z")[: len(view.axes)]
    for name, label in zip(names, view.axes, strict=True):
        getattr(axes, f"{name}axis").set_major_locator(MaxNLocator(5 if len(names) == 2 else 3))
        getattr(axes, f"set_{name}label")(
            label if len(names) == 2 else label[-1], labelpad=None if len(names) == 2 else -6
        )
        if limits is not None:
            column = limits.points[:, names.index(name)]
            margin = 0.05 * (column.max() - column.min()) or 1.0
            getattr(axes, f"set_{name}lim")(column.min() - margin, column.max() + margin)
    axes.set_title(title)
    axes.set_aspect("equal")
    if len(names) == 3:
        axes.tick_params(pad=-3, labelsize=6)


def _draw_radii(axes: Axes, data: Dataset, facts: Mapping[str, float]) -> None:
    radius = np.linalg.norm(data.X, axis=1)
    accuracy, threshold = facts["best_radius_accuracy"], facts["best_radius"]
    edges = np.linspace(radius.min(), radius.max(), 61).tolist()
    for label in np.unique(data.y):
        axes.hist(radius[data.y == label], edges, color=CLASSES[label], alpha=0.35, linewidth=0)
        axes.hist(radius[data.y == label], edges, color=CLASSES[label], histtype="step")
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
