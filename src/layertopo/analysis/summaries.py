"""Numbers that sum up a barcode, absolute and scale-free.

Scale-free numbers are absolute ones in units of the cloud's root-mean-square distance; their names
end in `_scaled`. What is not defined (a lifetime of no bars, a scale of one distinct point) is NaN.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from layertopo.analysis.significance import at_rounding_level, bonferroni
from layertopo.topology.diagrams import StoredDiagram

QUANTILES = {"q10": 0.1, "q25": 0.25, "q75": 0.75, "q90": 0.9, "q99": 0.99}
#: Power of a length that a number is measured in, where it is not 1.
POWERS = {"total_persistence_2": 2.0, "landscape_1": 2.0, "landscape_2": 1.5}


def cloud_summary(diagram: StoredDiagram) -> dict[str, Any]:
    """Facts of the cloud and how its diagram was computed.

    Returns
    -------
    dict
        Points, distinct points, rms distance, threshold, completeness and engine as in the diagram;
        `n_rows` and `sample`, of how many rows and how the points were chosen; `error_bound`, the
        largest bottleneck distance to the diagram of all rows, known for greedy samples only.
    """
    names = ("n_points", "n_distinct", "rms_distance", "threshold", "complete", "engine", "engine_version")
    bound = diagram.error_bound
    return {name: getattr(diagram, name) for name in names} | {
        "n_rows": diagram.sample["n_rows"],
        "sample": diagram.sample["method"],
        "error_bound": np.nan if bound is None else bound,
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
        after Bonferroni's correction over the diagram; `second_to_longest`, `third_to_longest`:
        lifetime of the second and of the third longest over that of the longest; `entropy`:
        persistence entropy of the lifetimes in nats, `entropy_normalised`: the same over its largest
        possible value, log(bars); `betti_at_x`: bars alive at x, those that never die included,
        `betti_at_x_scaled`: the same at x times the rms distance; then what is measured in lengths,
        see :func:`lengths`, each also as `..._scaled`.
    """
    bars, finite = diagram.bars[dimension], diagram.finite(dimension)
    n_tested = int((~np.isnan(p)).sum())
    absolute = lengths(finite)
    scaled = {
        f"{name}_scaled": value / diagram.rms_distance ** POWERS.get(name, 1.0)
        for name, value in absolute.items()
    }
    return {
        "bars": len(finite),
        "essential": len(bars) - len(finite),
        "tested_bars": n_tested,
        "rounding_bars": int(at_rounding_level(finite).sum()),
        "p_min": float(np.nanmin(p)) if n_tested else np.nan,
        "significant_bars": float(bonferroni(p, n_tested).sum()) if n_tested else np.nan,
        **_shape(finite),
        **_betti_numbers(bars, betti_scales, 1.0, ""),
        **_betti_numbers(bars, betti_scales, diagram.rms_distance, "_scaled"),
        **absolute,
        **scaled,
    }


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


def _shape(bars: NDArray[np.float64]) -> dict[str, float]:
    """Numbers without a unit: how unequal the lifetimes are.

    Persistence entropy: Atienza, Gonzalez-Diaz and Soriano-Trigueros, "On the stability of persistent
    entropy and new summary functions for topological data analysis", Pattern Recognition 107, 2020.
    """
    lifetimes = np.sort(bars[:, 1] - bars[:, 0])[::-1]
    share = lifetimes / lifetimes.sum()
    entropy = float(-(share * np.log(share)).sum()) if len(bars) else np.nan
    return {
        "second_to_longest": float(lifetimes[1] / lifetimes[0]) if len(bars) > 1 else np.nan,
        "third_to_longest": float(lifetimes[2] / lifetimes[0]) if len(bars) > 2 else np.nan,
        "entropy": entropy,
        "entropy_normalised": entropy / np.log(len(bars)) if len(bars) > 1 else np.nan,
    }


def lengths(bars: NDArray[np.float64]) -> dict[str, float]:
    """Numbers measured in lengths, or in powers of them (:data:`POWERS`).

    Parameters
    ----------
    bars : ndarray, shape (n, 2)
        Births and deaths, all finite.

    Returns
    -------
    dict
        Ranges of birth and death; maximum, mean, median, standard deviation, quantiles and sum of the
        lifetimes; `total_persistence_2`: sum of the squared lifetimes (Cohen-Steiner, Edelsbrunner,
        Harer and Mileyko, "Lipschitz functions have L_p-stable persistence", Found. Comput. Math. 10,
        2010); `landscape_1`, `landscape_2`, `landscape_max`: L1, L2 and largest value of the
        persistence landscape, all its levels together (Bubenik, "Statistical topological data
        analysis using persistence landscapes", J. Mach. Learn. Res. 16, 2015).
    """
    births, deaths = bars.T
    lifetimes = deaths - births
    # A bar's tent is half its lifetime high, and all levels of the landscape together are all tents.
    heights = lifetimes / 2
    some = len(bars) > 0
    result = {
        "birth_min": births.min() if some else np.nan,
        "birth_max": births.max() if some else np.nan,
        "death_min": deaths.min() if some else np.nan,
        "death_max": deaths.max() if some else np.nan,
        "lifetime_max": lifetimes.max() if some else np.nan,
        "lifetime_mean": lifetimes.mean() if some else np.nan,
        "lifetime_median": np.median(lifetimes) if some else np.nan,
        "lifetime_sd": lifetimes.std() if some else np.nan,
        **{
            f"lifetime_{name}": np.quantile(lifetimes, q) if some else np.nan for name, q in QUANTILES.items()
        },
        "lifetime_sum": lifetimes.sum(),
        "total_persistence_2": (lifetimes**2).sum(),
        "landscape_1": (heights**2).sum(),
        "landscape_2": np.sqrt((2 * heights**3 / 3).sum()),
        "landscape_max": heights.max(initial=0.0),
    }
    return {name: float(value) for name, value in result.items()}
