"""What all figures look like, and how they are written."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from textwrap import fill
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from numpy.typing import NDArray

from layertopo.storage import whole_file

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
#: More classes get these, as far as they reach, and then colours of a wheel.
MORE_CLASSES = ("tab10", "tab20")
MODELS = ("#0072b2", "#d55e00", "#cc79a7", "#56b4e9", "#000000", "#b59f00")
GREY = "#7f7f7f"
BAND = "#e4e4ec"
SIGNIFICANT = "significant loop"

#: More marks than this are stored as pixels, also in SVG and PDF.
VECTOR_MARKS = 300


def model_colours(models: Iterable[str]) -> dict[str, str]:
    """A colour for each model: chosen ones, or, of more than there are, equally far apart ones."""
    names = list(dict.fromkeys(models))
    if len(names) <= len(MODELS):
        return dict(zip(names, MODELS, strict=False))
    spread = mpl.colormaps["turbo"](np.linspace(0.03, 0.97, len(names)))
    return {name: to_hex(colour) for name, colour in zip(names, spread, strict=True)}


def save(figure: Figure, paths: Iterable[str | Path], dpi: int) -> None:
    """Write a figure once per path, in the format of its suffix, without the time in it."""
    undated = {".svg": {"Date": None}, ".pdf": {"CreationDate": None}}
    with mpl.rc_context(STYLE):
        for path in paths:
            with whole_file(path) as part:
                figure.savefig(part, dpi=dpi, metadata=undated.get(part.suffix))


def class_colours(count: int) -> list[str]:
    """A colour for each class, in the order of their numbers."""
    if count <= len(CLASSES):
        return list(CLASSES[: max(count, 1)])
    for name in MORE_CLASSES:
        if count <= (palette := mpl.colormaps[name]).N:
            return [to_hex(palette(k)) for k in range(count)]
    return [to_hex(colour) for colour in mpl.colormaps["gist_rainbow"](np.linspace(0, 1, count))]


def plain(text: str, most: int = 30) -> str:
    """Text that somebody else wrote, for matplotlib: a dollar begins no formula, and what is too long is cut."""
    cut = text if len(text) <= most else f"{text[: most - 1]}…"
    return cut.replace("$", r"\$")


def heading(figure: Figure, title: str) -> None:
    """Title of a whole figure, in as many lines as it needs."""
    figure.suptitle(fill(title, int(13 * figure.get_figwidth())), fontsize=9)


def say(axes: Axes, note: str) -> None:
    box = {"facecolor": axes.get_facecolor(), "edgecolor": "none"}
    axes.text(0.5, 0.5, note, transform=axes.transAxes, ha="center", va="center", color="#555555", bbox=box)


def outline(axes: Axes, points: NDArray[np.float64], **style: Any) -> None:
    """Black outlines of the significant bars."""
    defaults: dict[str, Any] = {"facecolors": "none", "s": 9, "linewidths": 0.5}
    axes.scatter(*points.T, marker="D", edgecolors="black", zorder=5, gid="significant", **defaults | style)
