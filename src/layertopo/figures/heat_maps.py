"""Heat maps of distances."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from numpy.typing import NDArray

from layertopo.analysis.names import DISTANCES

#: Perceptually uniform and safe for the colour-blind: dark is far.
DISTANCE = "viridis_r"
NOT_DEFINED = "#eeeeee"
#: More cells than this in a panel, or in a row of it, carry no numbers: they would run into each other.
NUMBERED_CELLS, NUMBERED_IN_A_ROW = 40, 9


def draw_cells(axes: Axes, cells: NDArray[np.float64], norm: Normalize) -> None:
    """A heat map, with numbers if they are few; what is infinite is as dark as the largest number."""
    colours = mpl.colormaps[DISTANCE].with_extremes(bad=NOT_DEFINED)
    axes.imshow(
        np.where(np.isinf(cells), float(norm.vmax or 1), cells),
        cmap=colours,
        norm=norm,
        aspect="auto",
        interpolation="nearest",
        gid="cells",
    )
    axes.tick_params(length=0)
    for side in axes.spines.values():
        side.set_visible(False)
    if cells.size > NUMBERED_CELLS or cells.shape[1] > NUMBERED_IN_A_ROW:
        return
    for (row, column), value in np.ndenumerate(cells):
        dark = value > 0.55 * float(norm.vmax or 1)
        axes.text(
            column,
            row,
            "–"
            if np.isnan(value)
            else "∞"
            if np.isinf(value)
            else f"{value:.2g}"
            if value < 99.5
            else f"{value:,.0f}",
            ha="center",
            va="center",
            fontsize=6,
            color="white" if dark else "black",
        )


def norm_of(cells: Iterable[NDArray[np.float64]]) -> Normalize:
    """From 0 to the largest finite value of all; what is infinite is as dark."""
    largest = max(np.max(each, where=np.isfinite(each), initial=0) for each in cells)
    return Normalize(0, float(largest) or 1.0)


def distance_bar(figure: Figure, axes: NDArray[Any], norm: Normalize, distance: str, dimension: int) -> None:
    figure.colorbar(
        mpl.cm.ScalarMappable(norm, DISTANCE),
        ax=list(axes.flat),
        label=f"{DISTANCES[distance]}, $H_{dimension}$ / rms distance",
        pad=0.02,
        aspect=30,
        shrink=min(1.0, 2.4 / figure.get_figheight() + 0.35),
    )
