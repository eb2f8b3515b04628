"""Density of the bars of persistence diagrams, where single marks would cover each other."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.lines import Line2D
from matplotlib.ticker import LogLocator, NullFormatter, StrMethodFormatter
from numpy.typing import NDArray

from layertopo.epochs import in_order
from layertopo.figures.panels import Panel, say_one_point, title_panel
from layertopo.figures.style import DIMENSIONS, SIGNIFICANT, STYLE, heading, outline, say

#: Perceptually uniform and safe for the colour-blind; reversed, so that dense is dark on white.
DENSITY = "viridis_r"
#: Hexagons across and up a panel, and factor from the largest length down to the least one shown.
HEXAGONS = (26, 14)
DENSITY_RANGE = 1e4


def density_figure(panels: Sequence[Panel], title: str) -> Figure:
    """Persistence against birth, scale-free, in hexagonal bins; arranged as the diagrams.

    Parameters
    ----------
    panels : sequence of Panel
        Scale-free.
    title : str
        Of the whole figure.

    Returns
    -------
    Figure
        For each diagram two axes: a histogram of the components, all born at 0, and the bins of the
        loops, with the significant ones on top. All have the same scales and colours.
    """
    models = list(dict.fromkeys(panel.model for panel in panels))
    epochs = in_order(panel.epoch for panel in panels)
    with mpl.rc_context(STYLE):
        figure = Figure(
            figsize=(max(1.1 + 2.3 * len(epochs), 3.6), 0.9 + 2.4 * len(models)),
            layout=ConstrainedLayoutEngine(w_pad=0.03, h_pad=0.06),
        )
        axes = figure.subplots(
            len(models),
            2 * len(epochs),
            squeeze=False,
            sharey=True,
            width_ratios=(1, 6) * len(epochs),
        )
        births, lengths = _density_limits(panels)
        bins = []
        for (strip, place), (model, epoch) in zip(axes.reshape(-1, 2), product(models, epochs), strict=True):
            panel = next((each for each in panels if (each.model, each.epoch) == (model, epoch)), None)
            if panel is None:
                strip.set_axis_off()
                place.set_axis_off()
                continue
            _draw_strip(strip, panel, lengths)
            bins.append(_draw_density(place, panel, births, lengths))
            _few_ticks(place, births)
        for strip, place in axes[-1].reshape(-1, 2):
            strip.set_xlabel("$H_0$,\nbirth 0")
            place.set_xlabel("Birth / rms distance")
        for strip in axes[:, 0]:
            strip.set_ylabel("Persistence / rms distance")
        heading(figure, f"{title}, density")
        _common_colours(figure, axes, [each for each in bins if each is not None])
        if any(len(panel.significant()) for panel in panels):
            handle = Line2D([], [], linestyle="", marker="D", markersize=4, label=SIGNIFICANT)
            handle.set(markerfacecolor="white", markeredgecolor="black", markeredgewidth=0.6)
            figure.legend(handles=[handle], loc="outside lower center")
    return figure


def _density_limits(panels: Sequence[Panel]) -> tuple[tuple[float, float], tuple[float, float]]:
    """Common limits of births and of persistences, wide enough for every bar but the shortest."""
    loops = np.concatenate([_loops(panel) for panel in panels])
    births = loops[:, 0] if len(loops) else np.array([0.1, 1.0])
    lengths = np.concatenate([loops[:, 1], *(_components(panel) for panel in panels)])
    longest = lengths.max(initial=0) or 1.0
    return (
        (max(births.min(), births.max() / DENSITY_RANGE) / 1.3, births.max() * 1.3),
        (max(lengths.min(initial=longest / 10), longest / DENSITY_RANGE) / 1.3, longest * 1.3),
    )


def _few_ticks(axes: Axes, limits: tuple[float, float]) -> None:
    """Ticks at 1, 2 and 5 below two decades, where Matplotlib writes a label at each minor one, across each other."""
    if limits[1] < 100 * limits[0]:
        axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axes.xaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
    axes.xaxis.set_minor_formatter(NullFormatter())


def _draw_strip(axes: Axes, panel: Panel, limits: tuple[float, float]) -> None:
    """Histogram of the lifetimes of the components, which have no birth to be drawn against."""
    edges = np.geomspace(*limits, 2 * HEXAGONS[1] + 1).tolist()
    lengths = _components(panel).clip(*limits)
    axes.hist(lengths, edges, orientation="horizontal", color=DIMENSIONS[0][0], linewidth=0, gid="H0")
    axes.set(xticks=[], yscale="log", ylim=limits)
    axes.invert_xaxis()  # it grows away from the panel it belongs to
    axes.spines["left"].set_visible(False)
    axes.tick_params(which="both", left=False)
    axes.label_outer()


def _draw_density(
    axes: Axes, panel: Panel, births: tuple[float, float], lengths: tuple[float, float]
) -> PolyCollection | None:
    """Bins of the loops and marks of the significant ones; None where there is no loop."""
    axes.set(xscale="log", yscale="log", xlim=births, ylim=lengths)
    axes.tick_params(labelleft=False)
    loops, significant = _loops(panel), panel.significant()
    title_panel(axes, panel, f"{len(loops):,} loops, {_significance(panel)}")
    if panel.dead:
        axes.set_facecolor("#f3f3f3")
    outline(
        axes,
        np.column_stack([significant[:, 0], np.diff(significant)]),
        s=16,
        facecolors="white",
        linewidths=0.7,
    )
    if panel.original.n_distinct <= 1:
        say_one_point(axes, panel)
    elif not len(loops):
        say(axes, "no loop")
    else:
        return axes.hexbin(
            loops[:, 0].clip(*births),
            loops[:, 1].clip(*lengths),  # what is shorter than the axis goes into its lowest bins
            gridsize=HEXAGONS,
            extent=(*np.log10(births), *np.log10(lengths)),
            xscale="log",
            yscale="log",
            mincnt=1,
            cmap=DENSITY,
            linewidths=0.2,
            gid="H1",
        )
    return None


def _significance(panel: Panel) -> str:
    """Number of significant loops in words, or that they are not tested."""
    return f"{len(panel.significant()):,} significant" if panel.tested else "significance not testable"


def _common_colours(figure: Figure, axes: NDArray[Any], bins: Sequence[PolyCollection]) -> None:
    if not bins:
        return
    norm = LogNorm(1, max(10.0, *(float(np.max(np.asarray(each.get_array()))) for each in bins)))
    for each in bins:
        each.set_norm(norm)
    bar = figure.colorbar(bins[0], ax=axes, label="Loops per bin", pad=0.02, aspect=30, shrink=0.8)
    ticks = [k * 10**power for power in range(6) for k in (1, 2, 5) if k * 10**power <= norm.vmax]
    bar.set_ticks(ticks, labels=[f"{tick:,}" for tick in ticks])
    bar.minorticks_off()


def _loops(panel: Panel) -> NDArray[np.float64]:
    """Births and persistences of the loops that die, shape (n, 2)."""
    bars = panel.bars(1)
    finite = bars[np.isfinite(bars[:, 1])]
    return np.column_stack([finite[:, 0], np.diff(finite)])


def _components(panel: Panel) -> NDArray[np.float64]:
    """Deaths of the components that die: all are born at 0."""
    deaths = panel.bars(0)[:, 1]
    return deaths[np.isfinite(deaths)]
