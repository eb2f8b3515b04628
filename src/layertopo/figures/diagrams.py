"""Persistence diagrams of one layer and split: every network and epoch, side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from layertopo.epochs import in_order
from layertopo.figures.density import density_figure
from layertopo.figures.panels import Panel, figure_title, load_panels, say_one_point, title_panel
from layertopo.figures.style import BAND, DIMENSIONS, GREY, SIGNIFICANT, STYLE, VECTOR_MARKS, heading, outline
from layertopo.storage import Key

#: A panel whose bars all end below this share of the axis gets an inset.
INSET_BELOW = 0.2


def draw(sources: Mapping[str, Any], key: Key) -> dict[str, Figure]:
    """The diagrams as they are, scale-free, and as a density."""
    panels = load_panels(sources["diagrams"], sources["histories"], sources["statistics"])
    scaled, title = [panel.scaled() for panel in panels], figure_title(key, sources["diagrams"][0].key)
    return {
        "diagrams": diagram_figure(panels, title),
        "diagrams_scaled": diagram_figure(scaled, f"{title}, scale-free"),
        "diagrams_density": density_figure(scaled, title),
    }


def diagram_figure(panels: Sequence[Panel], title: str) -> Figure:
    """Diagrams of one layer and split: a row for each network, a column for each epoch.

    Parameters
    ----------
    panels : sequence of Panel
        All as they are, or all scale-free.
    title : str
        Of the whole figure.

    Returns
    -------
    Figure
        All panels with the same axes.
    """
    models = list(dict.fromkeys(panel.model for panel in panels))
    epochs = in_order(panel.epoch for panel in panels)
    # An empty corner is left above the largest death for the classes that never die.
    limit = max(panel.extent() for panel in panels) or 1.0
    with mpl.rc_context(STYLE):
        size = (0.6 + 2.15 * len(epochs), 0.95 + 2.75 * len(models))
        figure = Figure(
            figsize=(max(size[0], 3.6), size[1]), layout=ConstrainedLayoutEngine(h_pad=0.08, compress=True)
        )
        axes = figure.subplots(len(models), len(epochs), squeeze=False, sharex=True, sharey=True)
        for place, (model, epoch) in zip(axes.flat, product(models, epochs), strict=True):
            panel = next((each for each in panels if (each.model, each.epoch) == (model, epoch)), None)
            if panel is None:
                place.set_axis_off()
            else:
                _draw_panel(place, panel, limit)
        unit = panels[0].unit
        for place in axes[-1]:
            place.set_xlabel(f"Birth {unit}")
        for place in axes[:, 0]:
            place.set_ylabel(f"Death {unit}")
        heading(figure, title)
        _diagram_legend(figure, panels)
    return figure


def _draw_panel(axes: Axes, panel: Panel, limit: float) -> None:
    infinity = 1.1 * limit
    _set_axes(axes, limit, infinity)
    _draw_error_band(axes, panel, limit)
    _draw_bars(axes, panel, infinity)
    outline(axes, panel.significant())
    title_panel(axes, panel)
    if panel.dead:
        axes.set_facecolor("#f3f3f3")
    if panel.original.n_distinct <= 1:
        say_one_point(axes, panel)
    if 0 < panel.extent() < INSET_BELOW * limit:
        _draw_inset(axes, panel)
    _count_bars(axes, panel)


def _set_axes(axes: Axes, limit: float, infinity: float) -> None:
    margin = 0.04 * limit
    axes.set(xlim=(-margin, infinity + margin), ylim=(-margin, infinity + margin), aspect="equal")
    ticks, labels = _ticks(limit, 5)
    axes.set_xticks(ticks, labels)
    axes.set_yticks([*ticks, infinity], [*labels, "∞"])
    axes.plot([0, limit], [0, limit], color=GREY, linewidth=0.7, zorder=1)
    axes.axhline(infinity, color=GREY, linewidth=0.5, linestyle=(0, (1, 2)), zorder=1)
    axes.label_outer()


def _draw_error_band(axes: Axes, panel: Panel, limit: float) -> None:
    """Shade the bars that may come from the choice of points: no longer than twice the error bound."""
    bound = panel.error_bound
    if bound is not None and np.isfinite(bound):
        diagonal = np.array([0.0, limit])
        axes.fill_between(
            diagonal, diagonal, diagonal + 2 * bound, color=BAND, linewidth=0, zorder=0, gid="error-band"
        )


def _ticks(limit: float, most: int) -> tuple[list[float], list[str]]:
    """Round numbers from 0 to `limit`, and how they are written."""
    values = MaxNLocator(most, steps=[1, 2, 5, 10]).tick_values(0, limit)
    ticks = [float(value) for value in values if 0 <= value <= limit]
    return ticks, [f"{tick:.4g}" for tick in ticks]


def _draw_bars(axes: Axes, panel: Panel, infinity: float) -> None:
    for dimension in reversed(panel.original.dimensions):
        bars = panel.bars(dimension)
        never = np.isinf(bars[:, 1])
        colour, marker = DIMENSIONS[dimension]
        _dots(axes, bars[~never], colour, marker, f"H{dimension}")
        axes.scatter(
            bars[never, 0],
            np.full(never.sum(), infinity),
            s=22,
            marker="^",
            color=colour,
            linewidths=0,
            clip_on=False,
            zorder=4,
            gid=f"H{dimension}-essential",
        )
        for birth, count in zip(*np.unique(bars[never, 0], return_counts=True), strict=True):
            if count > 1:
                axes.annotate(
                    f"{count:,}",
                    (birth, infinity),
                    xytext=(5, 0),
                    textcoords="offset points",
                    va="center",
                    fontsize=6,
                    color=colour,
                    annotation_clip=False,
                )


def _dots(axes: Axes, points: NDArray[np.float64], colour: str, marker: str, gid: str) -> None:
    """Scatter of points: the more there are, the smaller and the more transparent."""
    count = max(len(points), 1)
    axes.scatter(
        points[:, 0],
        points[:, 1],
        s=float(np.clip(28 / count**0.3, 2.0, 9)),
        alpha=float(np.clip(12 / count**0.4, 0.6, 0.9)),  # a lone point stays visible
        marker=marker,
        color=colour,
        linewidths=0,
        rasterized=len(points) > VECTOR_MARKS,
        zorder=3,
        gid=gid,
    )


def _draw_inset(axes: Axes, panel: Panel) -> None:
    """The same bars, enlarged, where no bar can be: below the diagonal."""
    limit = 1.08 * panel.extent()
    inset = axes.inset_axes((0.57, 0.16, 0.39, 0.39))
    for dimension in reversed(panel.original.dimensions):
        bars = panel.bars(dimension)
        _dots(inset, bars[np.isfinite(bars[:, 1])], *DIMENSIONS[dimension], f"H{dimension}-inset")
    outline(inset, panel.significant())
    inset.plot([0, limit], [0, limit], color=GREY, linewidth=0.5, zorder=1)
    inset.set(xlim=(-0.05 * limit, limit), ylim=(-0.05 * limit, limit), aspect="equal")
    ticks, labels = _ticks(limit, 3)
    inset.set_xticks(ticks, labels)
    inset.set_yticks(ticks, labels)
    inset.tick_params(labelsize=5.5, length=1.5, pad=1.5)
    inset.set_title("enlarged", fontsize=6, pad=2, color=GREY)


def _count_bars(axes: Axes, panel: Panel) -> None:
    """Number of bars of each dimension, in its colour, in the corner where no bar can be."""
    for k, dimension in enumerate(reversed(panel.original.dimensions)):
        axes.text(
            0.98 - 0.24 * k,
            0.02,
            f"{len(panel.original.bars[dimension]):,} $H_{dimension}$",
            transform=axes.transAxes,
            ha="right",
            va="bottom",
            fontsize=6.5,
            color=DIMENSIONS[dimension][0],
        )


def _diagram_legend(figure: Figure, panels: Sequence[Panel]) -> None:
    def mark(marker: str, colour: str, label: str, **style: Any) -> Line2D:
        return Line2D([], [], linestyle="", marker=marker, color=colour, markersize=4, label=label, **style)

    dimensions = sorted({dimension for panel in panels for dimension in panel.original.dimensions})
    handles: list[Artist] = [mark(DIMENSIONS[d][1], DIMENSIONS[d][0], f"$H_{d}$") for d in dimensions]
    handles.append(mark("^", "black", "never dies"))
    if any(len(panel.significant()) for panel in panels):
        handles.append(mark("D", "black", SIGNIFICANT, markerfacecolor="none", markeredgewidth=0.6))
    handles.append(Line2D([], [], color=GREY, linewidth=0.7, label="birth = death"))
    if any(panel.error_bound is not None for panel in panels):
        handles.append(Patch(facecolor=BAND, label="may come from the choice of points"))
    across = int(figure.get_figwidth() / 1.2)  # inches that an entry takes
    figure.legend(
        handles=handles, loc="outside lower center", ncols=min(len(handles), across), columnspacing=1.2
    )
