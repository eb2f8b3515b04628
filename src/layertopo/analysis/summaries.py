"""Numbers that sum up a barcode, absolute and scale-free.

Scale-free numbers are absolute ones in units of the cloud's root-mean-square distance; their names
end in `_scaled`. What is not defined (a lifetime of no bars, a scale of one distinct point) is NaN.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from layertopo.analysis.bar_statistics import STATISTICS
from layertopo.analysis.components import diagram_components
from layertopo.analysis.significance import at_rounding_level, bonferroni, tied
from layertopo.topology.diagrams import StoredDiagram


def cloud_summary(diagram: StoredDiagram) -> dict[str, Any]:
    """Facts of the cloud and how its diagram was computed.

    Returns
    -------
    dict
        Points, distinct points, rms distance, threshold, completeness and engine as in the diagram;
        `n_rows` and `sample`, of how many rows and how the points were chosen; `error_bound`, the
        largest bottleneck distance to the diagram of all rows, known for greedy samples only; `finite_pairs`,
        the share of pairs at finite distance, over which the rms distance is.
    """
    names = ("n_points", "n_distinct", "rms_distance", "threshold", "complete", "engine", "engine_version")
    bound = diagram.error_bound
    return {name: getattr(diagram, name) for name in names} | {
        "n_rows": diagram.sample["n_rows"],
        "sample": diagram.sample["method"],
        "error_bound": np.nan if bound is None else bound,
        "finite_pairs": diagram.finite_pairs,
    }


def bar_summary(
    diagram: StoredDiagram, dimension: int, p: NDArray[np.float64], betti_scales: Sequence[float] = ()
) -> dict[str, float]:
    """Numbers that sum up the bars of one dimension.

    Parameters
    ----------
    diagram : StoredDiagram
    dimension : int
    p : ndarray, shape (n_bars,)
        p-value of each bar, NaN if it is not tested.
    betti_scales : sequence of float
        Scales of the Betti numbers.

    Returns
    -------
    dict
        `bars`: number of bars that die, `essential`: number that never do; `tested_bars`,
        `rounding_bars`: number of those tested for significance, and of those left out for rounding;
        `p_min`: smallest p-value; `significant_bars`: number of bars significant at the 5 % level
        after Bonferroni's correction over the diagram; then the
        :data:`layertopo.analysis.bar_statistics.STATISTICS` without a unit; `betti_at_x`: bars alive at x, those
        that never die included, `betti_at_x_scaled`: the same at x times the rms distance; then what is
        measured in lengths, see :func:`lengths`, each also as `..._scaled`; `tied`, the share of tied births and
        deaths, see :func:`layertopo.analysis.significance.tied`; `betti`, the Betti number of a cloud at one scale,
        of which nothing else is known but `essential`; `components`, in dimension 0, see
        :mod:`layertopo.analysis.components`.
    """
    if diagram.scale is not None:
        return _at_scale(diagram, dimension, betti_scales)
    bars, finite = diagram.bars[dimension], diagram.finite(dimension)
    n_tested = int((~np.isnan(p)).sum())
    absolute = lengths(finite)
    scaled = {
        f"{each.column}_scaled": each.scaled(absolute[each.column], diagram.rms_distance)
        for each in STATISTICS
        if each.power
    }
    return {
        "bars": len(finite),
        "essential": len(bars) - len(finite),
        "tested_bars": n_tested,
        "rounding_bars": int(at_rounding_level(finite).sum()),
        "p_min": float(np.nanmin(p)) if n_tested else np.nan,
        "significant_bars": float(bonferroni(p, n_tested).sum()) if n_tested else np.nan,
        **{each.column: each.of(finite) for each in STATISTICS if not each.power},
        **_betti_numbers(bars, betti_scales, 1.0, ""),
        **_betti_numbers(bars, betti_scales, diagram.rms_distance, "_scaled"),
        **absolute,
        **scaled,
        "tied": tied(bars),
        "betti": np.nan,
        "components": diagram_components(diagram, dimension),
    }


def _at_scale(diagram: StoredDiagram, dimension: int, betti_scales: Sequence[float]) -> dict[str, float]:
    """What is known of the classes at one scale; NaN for the rest."""
    nothing = replace(diagram, scale=None, bars={dimension: np.empty((0, 2))})
    unknown = dict.fromkeys(bar_summary(nothing, dimension, np.empty(0), betti_scales), np.nan)
    number = len(diagram.bars[dimension])
    at_own = {f"betti_at_{scale}": number for scale in betti_scales if scale == diagram.scale}
    return unknown | at_own | {"essential": number, "betti": number, "tested_bars": 0, "rounding_bars": 0}


def betti(bars: NDArray[np.float64], scales: NDArray[np.float64]) -> NDArray[np.float64]:
    """Betti number at each scale: bars that are born by then and die later; NaN at a scale of NaN.

    Parameters
    ----------
    bars : ndarray, shape (n, 2)
        Births and deaths; deaths may be infinite.
    scales : ndarray, shape (m,)

    Returns
    -------
    ndarray of float64, shape (m,)
    """
    born, dead = (np.searchsorted(np.sort(ends), scales, side="right") for ends in bars.T)
    return np.where(np.isnan(scales), np.nan, born - dead)


def _betti_numbers(
    bars: NDArray[np.float64], scales: Sequence[float], unit: float, suffix: str
) -> dict[str, float]:
    found = betti(bars, unit * np.asarray(scales, float)).tolist()
    return {f"betti_at_{scale}{suffix}": number for scale, number in zip(scales, found, strict=True)}


def lengths(bars: NDArray[np.float64]) -> dict[str, float]:
    """Statistics measured in lengths, or in powers of them.

    Parameters
    ----------
    bars : ndarray, shape (n, 2)
        Births and deaths, all finite.

    Returns
    -------
    dict
        Those of :data:`layertopo.analysis.bar_statistics.STATISTICS` that have a unit.
    """
    return {each.column: each.of(bars) for each in STATISTICS if each.power}
