"""From a point cloud to its Vietoris-Rips persistence diagram."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from layertopo.homology.diagram import Diagram, canonical_bars
from layertopo.homology.engines import ENGINES, resolve


def persistence_diagram(
    points: ArrayLike,
    *,
    dimensions: Sequence[int] = (0, 1),
    engine: str = "auto",
    threads: int = 1,
) -> Diagram:
    """Vietoris-Rips persistence diagram of a Euclidean point cloud, over Z/2.

    Duplicate points are computed once: they change nothing in dimensions 1 and up, and in
    dimension 0 add bars of length zero only, which are not stored.

    Parameters
    ----------
    points : array_like, shape (n_points, n_coordinates)
        One point a row.
    dimensions : sequence of int
        Homology dimensions.
    engine : {"auto", "giotto"}
        Library that computes the bars.
    threads : int
        Threads the engine may use.

    Returns
    -------
    Diagram

    Raises
    ------
    ValueError
        If `points` is not a two-dimensional array with at least one row, or holds a value that
        is not finite; if a dimension is negative or `engine` is unknown.
    """
    cloud = _as_cloud(points)
    dims = sorted(set(dimensions))
    if not dims or dims[0] < 0:
        raise ValueError(f"dimensions must be non-negative integers, got {list(dimensions)}")
    chosen = resolve(engine)
    distinct = np.unique(cloud, axis=0)
    if len(distinct) > 1:
        bars = ENGINES[chosen].bars(distinct, dims, threads)
    else:
        bars = {0: np.array([[0.0, np.inf]])}
    return Diagram(
        bars={dim: canonical_bars(bars.get(dim, [])) for dim in dims},
        n_points=len(cloud),
        n_distinct=len(distinct),
        metric="euclidean",
        coefficient_field=2,
        engine=chosen,
        engine_version=ENGINES[chosen].version(),
        threshold=np.inf,
        complete=True,
        rms_distance=rms_distance(cloud) if len(distinct) > 1 else np.nan,
    )


def rms_distance(points: NDArray[np.float64]) -> float:
    """Root-mean-square Euclidean distance over all pairs of rows: sqrt(2 trace(covariance)).

    Parameters
    ----------
    points : ndarray, shape (n_points, n_coordinates)
        At least two rows.
    """
    return float(np.sqrt(2 * np.var(points, axis=0, ddof=1, dtype=np.float64).sum()))


def _as_cloud(points: ArrayLike) -> NDArray[np.float64]:
    cloud = np.asarray(points, dtype=np.float64)
    if cloud.ndim != 2 or 0 in cloud.shape:
        raise ValueError(
            f"points must be a 2-D array with at least one row and column, got shape {cloud.shape}"
        )
    bad = ~np.isfinite(cloud).all(axis=1)
    if bad.any():
        raise ValueError(
            f"points must be finite, but {bad.sum()} of {len(cloud)} rows hold NaN or infinity (first: row {bad.argmax()})"
        )
    return cloud
