"""Loops of one layer and split where they lie: every network and epoch, side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any, NamedTuple

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from layertopo.analysis.loops import LayerLoops, Loop, load
from layertopo.epochs import Epoch, in_order
from layertopo.figures.panels import figure_title
from layertopo.figures.style import SIGNIFICANT, STYLE, VECTOR_MARKS, class_colours, heading, plain, say
from layertopo.storage import Key

#: More classes than this are not named below the figure.
MOST_NAMED = 12
#: Line of a loop that is significant in its diagram, and of one that is only long.
LINES: dict[bool, Any] = {True: "solid", False: (0, (2.5, 1.2))}


class Panel(NamedTuple):
    """The loops of one diagram."""

    model: str
    epoch: Epoch
    layer: LayerLoops
    classes: Sequence[str]


def draw(sources: Mapping[str, Any], key: Key) -> dict[str, Figure]:
    """The loops of one layer and split."""
    panels = []
    for stored, keys in zip(sources["loops"], sources["keys"], strict=True):
        layers, classes = load(stored, keys)
        panels += [
            Panel(own["model"], own["epoch"], layer, classes) for own, layer in zip(keys, layers, strict=True)
        ]
    return {"loops": loop_figure(panels, f"{figure_title(key, sources['keys'][0][0])}, loops")}


def loop_figure(panels: Sequence[Panel], title: str) -> Figure:
    """Clouds in the plane with their loops: a row for each network, a column for each epoch.

    Parameters
    ----------
    panels : sequence of Panel
    title : str
        Of the whole figure.

    Returns
    -------
    Figure
    """
    models = list(dict.fromkeys(panel.model for panel in panels))
    epochs = in_order(panel.epoch for panel in panels)
    with mpl.rc_context(STYLE):
        size = (0.6 + 2.4 * len(epochs), 0.95 + 2.6 * len(models))
        figure = Figure(figsize=(max(size[0], 3.6), size[1]), layout="constrained")
        axes = figure.subplots(len(models), len(epochs), squeeze=False)
        for place, (model, epoch) in zip(axes.flat, product(models, epochs), strict=True):
            panel = next((each for each in panels if (each.model, each.epoch) == (model, epoch)), None)
            if panel is None:
                place.set_axis_off()
            else:
                _draw_panel(place, panel)
        heading(figure, title)
        _draw_legend(figure, panels)
    return figure


def _draw_panel(axes: Axes, panel: Panel) -> None:
    layer = panel.layer
    colours = np.array(class_colours(len(panel.classes)))
    axes.scatter(
        layer.plane[:, 0],
        layer.plane[:, 1],
        s=float(np.clip(60 / max(len(layer.plane), 1) ** 0.4, 1.0, 9)),
        c=colours[layer.plane_classes],
        alpha=0.5,
        linewidths=0,
        rasterized=len(layer.plane) > VECTOR_MARKS,
        gid="points",
    )
    for loop in layer.loops:
        draw_loop(axes, loop)
    significant = sum(loop.significant for loop in layer.loops)
    found = f"{significant} significant" if significant else "" if layer.loops else "no loop"
    axes.set_title(", ".join(filter(None, [f"{plain(panel.model)}, epoch {panel.epoch}", found])))
    if not layer.loops:
        say(axes, "no loop")
    shown = "" if layer.share == 1 or np.isnan(layer.share) else f"{layer.share:.0%} of the variance"
    axes.set_xlabel(shown)
    axes.set_aspect("equal", adjustable="datalim")
    for each in (axes.xaxis, axes.yaxis):
        each.set_major_locator(MaxNLocator(4))


def draw_loop(axes: Axes, loop: Loop) -> None:
    """A loop on top of the points, its edges as they are in the plane."""
    walks = _walks(loop)
    casing = LineCollection(walks, colors="white", linewidths=2.4, alpha=0.8, zorder=4)
    style = LINES[loop.significant]
    lines = LineCollection(walks, colors="black", linewidths=1.0, linestyles=[style], zorder=5, gid="loop")
    for each in (casing, lines):
        axes.add_collection(each, autolim=False)


def _walks(loop: Loop) -> list[NDArray[np.float32]]:
    """The closed walks of a loop, each as the points that it goes through: dashes then run on from edge to edge."""
    starts = np.flatnonzero(loop.edges[1:, 0] != loop.edges[:-1, 1]) + 1
    return [np.vstack([ends[:1, 0], ends[:, 1]]) for ends in np.split(loop.ends, starts)]


def _draw_legend(figure: Figure, panels: Sequence[Panel]) -> None:
    names = next((panel.classes for panel in panels), ())
    loops = [loop for panel in panels for loop in panel.layer.loops]
    handles = [
        Line2D([], [], color="black", linestyle=LINES[kind], label=label)
        for kind, label in ((True, SIGNIFICANT), (False, "long loop"))
        if any(loop.significant == kind for loop in loops)
    ]
    if len(names) <= MOST_NAMED:
        handles += [
            Line2D([], [], linestyle="", marker="o", color=colour, markersize=4, label=f"class {plain(name)}")
            for name, colour in zip(names, class_colours(len(names)), strict=False)
        ]
    if handles:
        figure.legend(handles=handles, loc="outside lower center", ncols=min(4, len(handles)))
