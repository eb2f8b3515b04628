"""Figures: persistence diagrams side by side, training curves, and the data.

Every function takes what was computed and gives a :class:`matplotlib.figure.Figure`;
:func:`save` writes it. Nothing is computed here but what a picture needs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle, product
from pathlib import Path
from textwrap import fill
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import LogLocator, MaxNLocator, NullFormatter, PercentFormatter, StrMethodFormatter
from numpy.typing import NDArray

from layertopo import diagrams, significance, tables
from layertopo.data import Dataset, best_radius_accuracy
from layertopo.diagrams import StoredDiagram
from layertopo.storage import Settings, whole_file

STYLE: dict[Any, Any] = {
    "font.size": 7.5,
    "font.family": "DejaVu Sans",  # comes with matplotlib: the same figure on every machine
    "axes.titlesize": 8,
    "axes.labelsize": 7.5,
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.labelsize": 7,
    "ytick.labelsize": 7,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.major.size": 2.5,
    "ytick.major.size": 2.5,
    "legend.fontsize": 7.5,
    "legend.frameon": False,
    "lines.linewidth": 1.1,
    "text.hinting": "none",
    "pdf.fonttype": 42,
    "svg.hashsalt": "layertopo",
}
#: Colour and marker of a homology dimension. Red and green differ in lightness too.
DIMENSIONS = {0: ("#a50f15", "o"), 1: ("#41ab5d", "D"), 2: ("#3f6fb5", "s")}
CLASSES = ("#45378a", "#e0a030")
MODELS = ("#0072b2", "#d55e00", "#cc79a7", "#56b4e9", "#000000", "#b59f00")
GREY = "#7f7f7f"
BAND = "#e4e4ec"
#: Perceptually uniform and safe for the colour-blind; reversed, so that dense is dark on white.
DENSITY = "viridis_r"
SIGNIFICANT = "significant loop"
SPLITS = {"train": "training rows", "test": "test rows", "full": "training and test rows"}

#: More marks than this are stored as pixels, also in SVG and PDF.
VECTOR_MARKS = 300
#: A panel whose bars all end below this share of the axis gets an inset.
INSET_BELOW = 0.2
#: Hexagons across and up a panel, and factor from the largest length down to the least one shown.
HEXAGONS = (26, 14)
DENSITY_RANGE = 1e4


@dataclass(frozen=True)
class Panel:
    """One diagram, and what its title says of the network.

    Attributes
    ----------
    model : str
    epoch : int
    diagram : StoredDiagram
    test_accuracy : float
        True test accuracy of the network after that epoch.
    dead : bool
        Whether the network then gives 99 % of the rows or more the same logit.
    """

    model: str
    epoch: int
    diagram: StoredDiagram
    test_accuracy: float
    dead: bool

    def unit(self, scaled: bool) -> float:
        """What lengths are divided by: 1, or the rms distance; NaN for one distinct point."""
        return self.diagram.rms_distance if scaled else 1.0

    def error_bound(self, scaled: bool) -> float | None:
        """Largest bottleneck distance to the diagram of all rows: known for a greedy sample only."""
        radius = self.diagram.sample["covering_radius"]
        return None if radius is None else 2 * radius / self.unit(scaled)

    def bars(self, dimension: int, scaled: bool) -> NDArray[np.float64]:
        """Births and deaths, shape (n, 2), infinite deaths included; none if no scale is defined."""
        unit = self.unit(scaled)
        bars = self.diagram.bars.get(dimension, np.empty((0, 2)))
        return bars / unit if np.isfinite(unit) else np.empty((0, 2))

    def significant(self, scaled: bool) -> NDArray[np.float64]:
        """Births and deaths of the bars too persistent to be chance, shape (n, 2)."""
        found = [np.empty((0, 2))]
        for dimension in self.diagram.dimensions:
            if significance.applies(self.diagram, dimension):
                bars = self.diagram.finite(dimension)
                found.append(bars[significance.significant(bars)] / self.unit(scaled))
        return np.concatenate(found)

    def loops(self) -> NDArray[np.float64]:
        """Births and persistences of the loops that die, scale-free, shape (n, 2)."""
        bars = self.bars(1, True)
        finite = bars[np.isfinite(bars[:, 1])]
        return np.column_stack([finite[:, 0], np.diff(finite)])

    def components(self) -> NDArray[np.float64]:
        """Deaths of the components that die, scale-free: all are born at 0."""
        deaths = self.bars(0, True)[:, 1]
        return deaths[np.isfinite(deaths)]

    def extent(self, scaled: bool) -> float:
        """Largest finite birth or death, 0 if there is none."""
        every = np.concatenate([self.bars(dimension, scaled) for dimension in self.diagram.dimensions])
        return float(np.max(every, where=np.isfinite(every), initial=0.0))


def load_panels(
    paths: Sequence[str],
    keys: Sequence[Mapping[str, Any]],
    provenances: Sequence[Settings],
    history_paths: Sequence[str],
    epochs: int,
) -> list[Panel]:
    """Panels of one figure.

    Parameters
    ----------
    paths, keys, provenances : sequence
        File, key columns and settings of each diagram.
    history_paths : sequence
        `history.csv` of each model, in the order in which the models first occur in `keys`.
    epochs : int
        That each model was trained.

    Raises
    ------
    ResultError
        If a file is broken, or a diagram was made with other settings.
    """
    models = dict.fromkeys(key["model"] for key in keys)
    histories = {
        model: tables.read_history(path, epochs).set_index("epoch")
        for model, path in zip(models, history_paths, strict=True)
    }
    panels = []
    for path, key, provenance in zip(paths, keys, provenances, strict=True):
        then = histories[key["model"]].loc[key["epoch"]]
        diagram = diagrams.load(path, provenance)
        panels.append(
            Panel(key["model"], key["epoch"], diagram, float(then["test_accuracy"]), bool(then["dead"]))
        )
    return panels


def save(figure: Figure, paths: Iterable[str | Path], dpi: int) -> None:
    """Write a figure once per path, in the format of its suffix, without the time in it."""
    undated = {".svg": {"Date": None}, ".pdf": {"CreationDate": None}}
    with mpl.rc_context(STYLE):
        for path in paths:
            with whole_file(path) as part:
                figure.savefig(part, dpi=dpi, metadata=undated.get(part.suffix))


# Persistence diagrams.


def diagram_figure(panels: Sequence[Panel], title: str, scaled: bool = False) -> Figure:
    """Diagrams of one layer and split: a row for each network, a column for each epoch.

    Parameters
    ----------
    panels : sequence of Panel
    title : str
        Of the whole figure.
    scaled : bool
        Divide births and deaths by the rms distance of each cloud.

    Returns
    -------
    Figure
        All panels with the same axes.
    """
    models = list(dict.fromkeys(panel.model for panel in panels))
    epochs = sorted({panel.epoch for panel in panels})
    # An empty corner is left above the largest death for the classes that never die.
    limit = max(panel.extent(scaled) for panel in panels) or 1.0
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
                _draw_panel(place, panel, limit, scaled)
        unit = "/ rms distance" if scaled else f"({panels[0].diagram.metric.capitalize()} distance)"
        for place in axes[-1]:
            place.set_xlabel(f"Birth {unit}")
        for place in axes[:, 0]:
            place.set_ylabel(f"Death {unit}")
        heading(figure, f"{title}, scale-free" if scaled else title)
        _diagram_legend(figure, panels)
    return figure


def heading(figure: Figure, title: str) -> None:
    """Title of a whole figure, in as many lines as it needs."""
    figure.suptitle(fill(title, int(13 * figure.get_figwidth())), fontsize=9)


def diagram_title(dataset: str, seed: str, layer: str, split: str, cloud: str) -> str:
    """What all panels of a figure have in common."""
    return f"{dataset}, seed {seed}: layer {layer}, {SPLITS[split]}, cloud {cloud}"


def _draw_panel(axes: Axes, panel: Panel, limit: float, scaled: bool) -> None:
    infinity = 1.1 * limit
    _set_axes(axes, limit, infinity)
    _draw_error_band(axes, panel, limit, scaled)
    _draw_bars(axes, panel, infinity, scaled)
    _outline(axes, panel.significant(scaled))
    _title(axes, panel, scaled)
    if panel.dead:
        axes.set_facecolor("#f3f3f3")
    if panel.diagram.n_distinct == 1:
        _say_one_point(axes, scaled)
    if 0 < panel.extent(scaled) < INSET_BELOW * limit:
        _draw_inset(axes, panel, scaled)
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


def _draw_error_band(axes: Axes, panel: Panel, limit: float, scaled: bool) -> None:
    """Shade the bars that may come from the choice of points: no longer than twice the error bound."""
    bound = panel.error_bound(scaled)
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


def _draw_bars(axes: Axes, panel: Panel, infinity: float, scaled: bool) -> None:
    for dimension in reversed(panel.diagram.dimensions):
        bars = panel.bars(dimension, scaled)
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


def _outline(axes: Axes, points: NDArray[np.float64], **style: Any) -> None:
    """Black outlines of the significant bars."""
    defaults: dict[str, Any] = {"facecolors": "none", "s": 9, "linewidths": 0.5}
    axes.scatter(*points.T, marker="D", edgecolors="black", zorder=5, gid="significant", **defaults | style)


def _draw_inset(axes: Axes, panel: Panel, scaled: bool) -> None:
    """The same bars, enlarged, where no bar can be: below the diagonal."""
    limit = 1.08 * panel.extent(scaled)
    inset = axes.inset_axes((0.57, 0.16, 0.39, 0.39))
    for dimension in reversed(panel.diagram.dimensions):
        bars = panel.bars(dimension, scaled)
        _dots(inset, bars[np.isfinite(bars[:, 1])], *DIMENSIONS[dimension], f"H{dimension}-inset")
    _outline(inset, panel.significant(scaled))
    inset.plot([0, limit], [0, limit], color=GREY, linewidth=0.5, zorder=1)
    inset.set(xlim=(-0.05 * limit, limit), ylim=(-0.05 * limit, limit), aspect="equal")
    ticks, labels = _ticks(limit, 3)
    inset.set_xticks(ticks, labels)
    inset.set_yticks(ticks, labels)
    inset.tick_params(labelsize=5.5, length=1.5, pad=1.5)
    inset.set_title("enlarged", fontsize=6, pad=2, color=GREY)


def _count_bars(axes: Axes, panel: Panel) -> None:
    """Number of bars of each dimension, in its colour, in the corner where no bar can be."""
    for k, dimension in enumerate(reversed(panel.diagram.dimensions)):
        axes.text(
            0.98 - 0.24 * k,
            0.02,
            f"{len(panel.diagram.bars[dimension]):,} $H_{dimension}$",
            transform=axes.transAxes,
            ha="right",
            va="bottom",
            fontsize=6.5,
            color=DIMENSIONS[dimension][0],
        )


def _title(axes: Axes, panel: Panel, scaled: bool, *more: str) -> None:
    lines = [
        f"{'dead network: ' if panel.dead else ''}test accuracy {panel.test_accuracy:.1%}",
        points_used(panel.diagram),
    ]
    bound = panel.error_bound(scaled)
    if bound is not None:
        lines.append(f"within {bound:.3g} of the diagram of all")
    if not panel.diagram.complete:
        lines.append(f"not proven complete beyond {panel.diagram.threshold / panel.unit(scaled):.3g}")
    lines += more
    axes.annotate(
        "\n".join(lines),
        (0, 1),
        xytext=(0, 4),
        xycoords="axes fraction",
        textcoords="offset points",
        va="bottom",
        fontsize=6.5,
        linespacing=1.3,
    )
    name = f"{panel.model}, epoch {panel.epoch}"
    size = 8 * min(1, 24 / len(name))  # a long name keeps out of the next panel
    axes.set_title(name, loc="left", pad=6 + 10 * len(lines), fontweight="bold", fontsize=size)


def points_used(diagram: StoredDiagram) -> str:
    """Points of a diagram, of how many, and how many of them are distinct, in words."""
    rows = diagram.sample["n_rows"]
    chosen = "farthest of" if diagram.sample["method"] == "greedy" else "of"
    used = f"all {rows:,}" if diagram.n_points == rows else f"{diagram.n_points:,} {chosen} {rows:,}"
    return f"{used} points, {diagram.n_distinct:,} distinct"


def _say_one_point(axes: Axes, scaled: bool) -> None:
    _say(axes, "one distinct point:\nno scale is defined" if scaled else "one distinct point")


def _say(axes: Axes, note: str) -> None:
    box = {"facecolor": axes.get_facecolor(), "edgecolor": "none"}
    axes.text(0.5, 0.5, note, transform=axes.transAxes, ha="center", va="center", color="#555555", bbox=box)


def _diagram_legend(figure: Figure, panels: Sequence[Panel]) -> None:
    def mark(marker: str, colour: str, label: str, **style: Any) -> Line2D:
        return Line2D([], [], linestyle="", marker=marker, color=colour, markersize=4, label=label, **style)

    dimensions = sorted({dimension for panel in panels for dimension in panel.diagram.dimensions})
    handles: list[Artist] = [mark(DIMENSIONS[d][1], DIMENSIONS[d][0], f"$H_{d}$") for d in dimensions]
    handles.append(mark("^", "black", "never dies"))
    if any(len(panel.significant(False)) for panel in panels):
        handles.append(mark("D", "black", SIGNIFICANT, markerfacecolor="none", markeredgewidth=0.6))
    handles.append(Line2D([], [], color=GREY, linewidth=0.7, label="birth = death"))
    if any(panel.error_bound(False) is not None for panel in panels):
        handles.append(Patch(facecolor=BAND, label="may come from the choice of points"))
    figure.legend(handles=handles, loc="outside lower center", ncols=len(handles), columnspacing=1.2)


# Density of the bars.


def density_figure(panels: Sequence[Panel], title: str) -> Figure:
    """Persistence against birth, scale-free, in hexagonal bins; arranged as the diagrams.

    Parameters
    ----------
    panels : sequence of Panel
    title : str
        Of the whole figure.

    Returns
    -------
    Figure
        For each diagram two axes: a histogram of the components, all born at 0, and the bins of the
        loops, with the significant ones on top. All have the same scales and colours.
    """
    models = list(dict.fromkeys(panel.model for panel in panels))
    epochs = sorted({panel.epoch for panel in panels})
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
        if any(len(panel.significant(True)) for panel in panels):
            handle = Line2D([], [], linestyle="", marker="D", markersize=4, label=SIGNIFICANT)
            handle.set(markerfacecolor="white", markeredgecolor="black", markeredgewidth=0.6)
            figure.legend(handles=[handle], loc="outside lower center")
    return figure


def _density_limits(panels: Sequence[Panel]) -> tuple[tuple[float, float], tuple[float, float]]:
    """Common limits of births and of persistences, wide enough for every bar but the shortest."""
    loops = np.concatenate([panel.loops() for panel in panels])
    births = loops[:, 0] if len(loops) else np.array([0.1, 1.0])
    lengths = np.concatenate([loops[:, 1], *(panel.components() for panel in panels)])
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
    lengths = panel.components().clip(*limits)
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
    loops, significant = panel.loops(), panel.significant(True)
    _title(axes, panel, True, f"{len(loops):,} loops, {_significance(panel)}")
    if panel.dead:
        axes.set_facecolor("#f3f3f3")
    _outline(
        axes,
        np.column_stack([significant[:, 0], np.diff(significant)]),
        s=16,
        facecolors="white",
        linewidths=0.7,
    )
    if panel.diagram.n_distinct == 1:
        _say_one_point(axes, True)
    elif not len(loops):
        _say(axes, "no loop")
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
    tested = any(significance.applies(panel.diagram, each) for each in panel.diagram.dimensions)
    return f"{len(panel.significant(True)):,} significant" if tested else "significance not testable"


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


# Training curves.


def training_figure(history: pd.DataFrame, title: str, best_radius: float | None = None) -> Figure:
    """Loss and true accuracy of every training run of one data set, over the epochs.

    Parameters
    ----------
    history : DataFrame
        Rows of `accuracy.csv`: model, seed, epoch, losses, accuracies, dead.
    title : str
    best_radius : float, optional
        Accuracy of the best threshold on the radius, drawn as a ceiling.

    Returns
    -------
    Figure
    """
    colours = dict(zip(history["model"].unique(), cycle(MODELS)))
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(7.1, 3.0), layout="constrained")
        loss, accuracy = figure.subplots(1, 2)
        for (model, _), run in history.groupby(["model", "seed"], sort=False):
            for axes, quantity in ((loss, "loss"), (accuracy, "accuracy")):
                _draw_run(axes, run, quantity, colours[str(model)])
        loss.set(xlabel="Epoch", ylabel="Cross-entropy (nats)", title="Loss")
        accuracy.set(xlabel="Epoch", ylabel="Share of rows classified right", title="Accuracy")
        accuracy.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
        for axes in (loss, accuracy):
            axes.xaxis.set_major_locator(MaxNLocator(6, integer=True, steps=[1, 2, 5, 10]))
        if best_radius is not None:
            _draw_ceiling(accuracy, best_radius)
        figure.suptitle(title, fontsize=9)
        ends = history[history["epoch"] == history["epoch"].max()]
        _training_legend(figure, colours, bool(ends["dead"].any()))
    return figure


def _draw_run(axes: Axes, run: pd.DataFrame, quantity: str, colour: str) -> None:
    for split, style in (("train", (0, (3, 1.5))), ("test", "-")):
        axes.plot(run["epoch"], run[f"{split}_{quantity}"], linestyle=style, color=colour, alpha=0.85)
    died = tables.died(run)
    if died is not None:
        axes.plot(
            died,
            run.loc[run["epoch"] == died, f"test_{quantity}"].iloc[0],
            marker="X",
            markersize=6,
            color=colour,
            markeredgecolor="white",
            markeredgewidth=0.6,
            zorder=4,
        )


def _draw_ceiling(axes: Axes, best_radius: float) -> None:
    axes.axhline(best_radius, color=GREY, linewidth=0.8, linestyle=(0, (1, 1.5)))
    axes.margins(y=0.12)  # its label keeps out of the title
    axes.annotate(
        f"best threshold on the radius, {best_radius:.1%}",
        (1, best_radius),
        xytext=(0, 2.5),
        xycoords=("axes fraction", "data"),
        textcoords="offset points",
        ha="right",
        fontsize=6.5,
        color="#555555",
    )


def _training_legend(figure: Figure, colours: Mapping[str, str], dead: bool) -> None:
    handles = [Line2D([], [], color=colour, label=model) for model, colour in colours.items()]
    handles.append(Line2D([], [], color="black", linestyle=(0, (3, 1.5)), label="training rows"))
    handles.append(Line2D([], [], color="black", label="test rows"))
    if dead:
        handles.append(
            Line2D([], [], color="black", linestyle="", marker="X", markersize=5, label="dead from here on")
        )
    figure.legend(handles=handles, loc="outside lower center", ncols=min(len(handles), 6))


# Data.


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
