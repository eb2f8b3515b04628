"""What is drawn in a figure, read back from it."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection
from matplotlib.figure import Figure


def marks(axes: Axes) -> dict[str, np.ndarray]:
    return {
        str(each.get_gid()): np.asarray(each.get_offsets())
        for each in axes.collections
        if isinstance(each, PathCollection)
    }


def words(axes: Axes) -> str:
    return "\n".join([axes.get_title("left"), *(text.get_text() for text in axes.texts)])


def legend(figure: Figure) -> list[str]:
    return [text.get_text() for each in figure.legends for text in each.get_texts()]


def lines(axes: Axes, gid: str) -> list[np.ndarray]:
    return [np.asarray(line.get_ydata(), float) for line in axes.lines if line.get_gid() == gid]


def band(axes: Axes, gid: str) -> tuple[np.ndarray, np.ndarray]:
    """Lower and upper edge of a band, at each place from left to right."""
    (drawn,) = (each for each in axes.collections if each.get_gid() == gid)
    x, y = np.concatenate([path.vertices for path in drawn.get_paths()]).T
    places = np.unique(x)
    return np.array([y[x == at].min() for at in places]), np.array([y[x == at].max() for at in places])


def cells(axes: Axes) -> np.ndarray:
    (image,) = axes.images
    return np.ma.filled(image.get_array(), np.nan)
