"""Numbers that sum up a barcode, absolute and scale-free.

Scale-free numbers are absolute ones divided by the cloud's root-mean-square distance; their names
end in `_scaled`. What is not defined (a lifetime of no bars, a scale of one distinct point) is NaN.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from layertopo import diagrams
from layertopo.significance import applies, significant
from layertopo.storage import Settings
from layertopo.tables import Key

#: Scales of the Betti numbers, in units of the rms distance.
BETTI_SCALES = (0.02, 0.05, 0.1, 0.2, 0.5)
QUANTILES = {"q10": 0.1, "q25": 0.25, "q75": 0.75, "q90": 0.9, "q99": 0.99}


def cloud_summary(diagram: diagrams.StoredDiagram) -> dict[str, Any]:
    """Facts of the cloud and how its diagram was computed.

    Returns
    -------
    dict
        Points, distinct points, rms distance, threshold, completeness and engine as in the diagram;
        `n_rows` and `sample`, of how many rows and how the points were chosen; `error_bound`, the
        largest bottleneck distance to the diagram of all rows, known for greedy samples only.
    """
    names = ("n_points", "n_distinct", "rms_distance", "threshold", "complete", "engine", "engine_version")
    radius = diagram.sample["covering_radius"]
    return {name: getattr(diagram, name) for name in names} | {
        "n_rows": diagram.sample["n_rows"],
        "sample": diagram.sample["method"],
        "error_bound": np.nan if radius is None else 2 * radius,
    }


def bar_summary(diagram: diagrams.StoredDiagram, dimension: int) -> dict[str, float]:
    """Numbers that sum up the bars of one dimension.

    Parameters
    ----------
    diagram : StoredDiagram
    dimension : int

    Returns
    -------
    dict
        `bars`: number of bars that die, `essential`: number that never do; ranges of birth and
        death; maximum, mean, median, standard deviation, quantiles and sum of the lifetimes of the
        bars that die; `second_to_longest` and `third_to_longest`: lifetime of the second and of the
        third longest over that of the longest; `entropy`: persistence entropy of the lifetimes in
        nats, `entropy_normalised`: the same over its largest possible value, log(bars);
        `betti_at_x`: bars alive at x times the rms distance, those that never die included;
        `significant_bars`: bars of dimension 1 and up that are significant at the 5 % level after
        Bonferroni's correction over the diagram (NaN where the test is not defined). Each length
        also as `..._scaled`.
    """
    finite = diagram.finite(dimension)
    lengths = _lengths(finite)
    scaled = {f"{name}_scaled": value / diagram.rms_distance for name, value in lengths.items()}
    return {
        "bars": len(finite),
        "essential": len(diagram.bars[dimension]) - len(finite),
        "significant_bars": float(significant(finite).sum()) if applies(diagram, dimension) else np.nan,
        **_shape(finite),
        **{f"betti_at_{x}": _alive(diagram.bars[dimension], x * diagram.rms_distance) for x in BETTI_SCALES},
        **lengths,
        **scaled,
    }


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


def _alive(bars: NDArray[np.float64], scale: float) -> float:
    """Betti number at a scale: bars that are born by then and die later; NaN if there is no scale."""
    return float(((bars[:, 0] <= scale) & (bars[:, 1] > scale)).sum()) if np.isfinite(scale) else np.nan


def _lengths(bars: NDArray[np.float64]) -> dict[str, float]:
    births, deaths = bars.T
    lifetimes = deaths - births
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
        "lifetime_sum": lifetimes.sum(),
    }
    for name, q in QUANTILES.items():
        result[f"lifetime_{name}"] = np.quantile(lifetimes, q) if some else np.nan
    return {name: float(value) for name, value in result.items()}


def summary_table(paths: Iterable[str], keys: Iterable[Key], provenances: Iterable[Settings]) -> pd.DataFrame:
    """One row per diagram and dimension: see :func:`cloud_summary` and :func:`bar_summary`."""
    rows = []
    for path, key, provenance in zip(paths, keys, provenances, strict=True):
        diagram = diagrams.load(path, provenance)
        for dimension in diagram.dimensions:
            rows.append(
                dict(key)
                | {"dimension": dimension}
                | cloud_summary(diagram)
                | bar_summary(diagram, dimension)
            )
    return pd.DataFrame(rows)
