"""A data set: its points, class by class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from textwrap import fill
from typing import Any, NamedTuple

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from layertopo.data import dataset
from layertopo.data.dataset import Dataset
from layertopo.data.kinds import type_of
from layertopo.data.plane import principal_plane
from layertopo.figures.style import CLASSES, STYLE, VECTOR_MARKS, class_colours, plain
from layertopo.storage import Key

#: Rows, and values, that are drawn at most.
MOST_ROWS, MOST_VALUES = 50_000, 20_000_000
#: Classes that have a panel of their own at most, that stand in a row, and that are named.
MOST_ALONE, MOST_IN_A_ROW, MOST_NAMED = 20, 3, 40
#: Height of a panel against its width, at least: a flatter cloud has room around it.
FLATTEST = 0.5


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


def data_figure(data: Dataset, title: str, facts: Mapping[str, Any], isotropic: bool = False) -> Figure:
    """The points of all classes, and beside them each class alone, or how far from the origin it lies.

    Parameters
    ----------
    data : Dataset
    title : str
    facts : mapping of str to object
        Of the kind of data; with `best_radius`, the distances from the origin are drawn.
    isotropic : bool
        Whether all directions are alike, so that any two coordinates show the points as well as others.

    Returns
    -------
    Figure
    """
    shown = _drawn_rows(data.X)
    view, y = view_of(data.X[shown], isotropic, data.features), data.y[shown]
    if len(shown) < len(data.X):
        view = view._replace(title=f"{view.title}: {len(shown):,} of {len(data.X):,} rows")
    radial = "best_radius" in facts
    names = [plain(name) for name in data.classes]
    alone = list(range(len(names))) if 1 < len(names) <= MOST_ALONE and not radial else []
    colours = np.array(class_colours(len(names)))[y]
    space = {"projection": "3d"} if view.points.shape[1] == 3 else {}
    with mpl.rc_context(STYLE):
        figure, together, places = _panels(view, 1 if radial else len(alone), radial, space)
        crowded = len(alone) > MOST_IN_A_ROW
        _draw_points(together, view, colours, fill(view.title, 36) if alone else view.title)
        if radial:
            _draw_radii(places[0], data, facts)
        for place, label in zip(places, alone, strict=False):
            own = y == label
            name = plain(data.classes[label], 16) if crowded else f"Class {names[label]}"
            _draw_points(place, view._replace(points=view.points[own]), colours[own], name, view)
            if crowded:
                _without_words(place)
        figure.suptitle(plain(title, 80), fontsize=9)
        _draw_legend(figure, names)
    return figure


def _drawn_rows(X: NDArray[np.float32]) -> NDArray[np.int64]:
    """Rows that are drawn: all, or of a large table so many that it takes no long time."""
    most = max(1000, min(MOST_ROWS, MOST_VALUES // X.shape[1]))
    if len(X) <= most:
        return np.arange(len(X))
    return np.sort(np.random.default_rng(0).choice(len(X), most, replace=False))


def _panels(view: View, alone: int, radial: bool, space: dict[str, Any]) -> tuple[Figure, Any, list[Any]]:
    """The figure, its panel of all points, and so many others."""
    wide = alone > MOST_IN_A_ROW
    lines = -(-alone // 5) if wide else 1
    columns = -(-alone // lines)
    ratio = float(np.clip(_height_to_width(view), FLATTEST, 1.5))
    flat = 1.3 + 5.4 / (1 + alone) * ratio if not wide else 0.7 + max(1.3 * lines, 2.6)
    height = 3.3 if radial else 2.9 if space and not wide else flat
    # In space, the layout does not count the names of the axes.
    inside = (0, 0.05, 0.98, 0.95) if space else (0, 0, 1, 1)
    figure = Figure(figsize=(7.1, height), layout=ConstrainedLayoutEngine(rect=inside))
    ratios = (1, 1.25) if radial else (2.2, *[1] * columns) if wide else None
    grid = figure.add_gridspec(lines, 1 + columns, width_ratios=ratios)
    together = figure.add_subplot(grid[:, 0], **space)
    own = {} if radial else space
    return (
        figure,
        together,
        [figure.add_subplot(grid[k // columns, 1 + k % columns], **own) for k in range(alone)],
    )


def _height_to_width(view: View) -> float:
    width, height = np.ptp(view.points[:, :2], axis=0)
    return float(height / width) if width else 1.0


def _without_words(axes: Any) -> None:
    for name in ("x", "y", "z"):
        if hasattr(axes, f"{name}axis"):
            getattr(axes, f"set_{name}label")("")
            getattr(axes, f"set_{name}ticklabels")([])


def _draw_legend(figure: Figure, names: Sequence[str]) -> None:
    """Names of the classes; those that are called by their numbers are said to be classes."""
    if not names or len(names) > MOST_NAMED:
        return
    numbers = list(names) == [str(k) for k in range(len(names))]
    texts = [f"class {name}" if numbers else name for name in names]
    handles = [
        Line2D([], [], linestyle="", marker="o", color=colour, markersize=4, label=text)
        for text, colour in zip(texts, class_colours(len(names)), strict=True)
    ]
    columns = max(1, min(len(names), 90 // (max(map(len, texts)) + 6)))
    figure.legend(handles=handles, loc="outside lower center", ncols=columns)


def view_of(X: NDArray[np.float32], isotropic: bool, names: Sequence[str] = ()) -> View:
    """Points of up to three coordinates as they are, others by their principal components."""
    d = X.shape[1]
    axes = tuple(plain(name) for name in names[:3]) or tuple(f"Coordinate {k + 1}" for k in range(min(d, 3)))
    if d == 1:
        return View(np.column_stack([X, np.zeros(len(X))]), (*axes, ""), "The points")
    if d <= 3:
        return View(X, axes, "The points")
    if isotropic:
        return View(X[:, :2], axes[:2], f"The points in 2 of {d} coordinates")
    points, share = principal_plane(X)
    return View(
        points,
        ("Principal component 1", "Principal component 2"),
        f"The points in 2 of {d} dimensions, {share:.0%} of the variance",
    )


def _draw_points(
    axes: Any, view: View, colours: NDArray[np.str_], title: str, limits: View | None = None
) -> None:
    """Scatter of points; within the limits of another view if that is given."""
    axes.scatter(
        *view.points.T,
        s=float(np.clip(60 / len(view.points) ** 0.4, 1.0, 9)),
        c=colours,
        alpha=0.6,
        linewidths=0,
        rasterized=len(view.points) > VECTOR_MARKS,
        gid="points",
    )
    names = ("x", "y", "z")[: len(view.axes)]
    for name, label in zip(names, view.axes, strict=True):
        getattr(axes, f"{name}axis").set_major_locator(MaxNLocator(5 if len(names) == 2 else 3))
        getattr(axes, f"set_{name}label")(
            label.removeprefix("Coordinate ") if len(names) == 3 else label,
            labelpad=None if len(names) == 2 else -6,
        )
        if limits is not None:
            column = limits.points[:, names.index(name)]
            margin = 0.05 * (column.max() - column.min()) or 1.0
            getattr(axes, f"set_{name}lim")(column.min() - margin, column.max() + margin)
    if len(names) == 2 and _height_to_width(limits or view) < FLATTEST:
        middle, width = np.mean(axes.get_ylim()), np.ptp(axes.get_xlim())
        axes.set_ylim(middle - FLATTEST * width / 2, middle + FLATTEST * width / 2)
    axes.set_title(title)
    axes.set_aspect("equal")
    if len(names) == 3:
        axes.tick_params(pad=-3, labelsize=6)
        axes.tick_params(axis="z", pad=0)


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
