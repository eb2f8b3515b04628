"""A point cloud as the compiled code takes it: distinct points, columns first, near unit scale."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from layertopo.homology.space import LEAF, Space, middle, space_of

MAX_POINTS = 2**24  # above, the key of a pair does not fit in 64 bits
ANY_VALUE = np.float32(np.inf)  # no filtration value is larger
METRICS = ("euclidean", "manhattan", "chebyshev", "cosine", "precomputed")
_SCIPY_NAME = {"manhattan": "cityblock", "chebyshev": "chebyshev"}


@dataclass(frozen=True)
class Cloud:
    """Distinct points and the filtration values of their pairs.

    A pair's *value* is an increasing function of its distance, which is all that the filtration
    needs: the squared distance (Euclidean, and cosine on unit vectors) or the distance itself, in
    units of a power of two, summed in double precision over the coordinates in order and rounded
    once to single precision. Every engine and every proof of completeness works on these numbers,
    so that no two of them can disagree on which of two pairs is the closer.

    Attributes
    ----------
    metric : str
        One of `METRICS`.
    points : ndarray of float64, shape (n_distinct, n_coordinates)
        Distinct points; unit vectors if the metric is cosine, the matrix if it is precomputed.
    counts : ndarray of int64, shape (n_distinct,)
        How many of the given points each of them stands for.
    columns : ndarray of float64, shape (n_coordinates, n_distinct)
        ``points.T / unit``, contiguous.
    unit : float
        Power of two that brings the coordinates below 2 in absolute value.
    point_of : ndarray of int64, shape (n_rows,)
        Which of its points each of the rows is that it was made of.
    """

    metric: str
    points: NDArray[np.float64]
    counts: NDArray[np.int64]
    columns: NDArray[np.float64]
    unit: float
    point_of: NDArray[np.int64]

    @property
    def size(self) -> int:
        """Number of distinct points."""
        return len(self.points)

    @property
    def rows(self) -> NDArray[np.int64]:
        """The first of the rows that each point was made of."""
        return np.unique(self.point_of, return_index=True)[1]

    def take(self, rows: NDArray[np.int64]) -> Cloud:
        """Some of its points, in that order; of a matrix, their rows and columns."""
        points = self.points[np.ix_(rows, rows)] if self.metric == "precomputed" else self.points[rows]
        return _cloud_of(self.metric, points, self.counts[rows], np.arange(len(rows)))

    @cached_property
    def space(self) -> Space:
        """The points as the compiled code takes them."""
        return space_of(self.metric, self.columns)

    def distances(self, values: ArrayLike) -> NDArray[np.float64]:
        """Distances that belong to filtration values."""
        lengths = np.asarray(values, dtype=np.float64)
        if self.metric == "euclidean":
            lengths = np.sqrt(lengths)
        if self.metric == "cosine":  # |x - y|^2 = 2 (1 - cos) for unit vectors
            return lengths * (self.unit**2 / 2)
        return lengths * self.unit

    def value_of(self, distance: float) -> np.float32:
        """The largest filtration value whose distance is at most the one given."""
        length = distance / (self.unit**2 / 2 if self.metric == "cosine" else self.unit)
        value = np.float32(length * length if self.metric == "euclidean" else length)
        while np.isfinite(value) and self.distances(value) > distance:
            value = np.nextafter(value, np.float32(-np.inf))
        while (above := np.nextafter(value, np.float32(np.inf))) > value and self.distances(
            above
        ) <= distance:
            value = above
        return value

    def rms_distance(self) -> float:
        """Root-mean-square distance over all pairs of the given points, duplicates included.

        Pairs that never join, at infinite dissimilarity, are left out; NaN if there are no others.
        At least two points must have been given.
        """
        total = int(self.counts.sum())
        if self.metric == "euclidean":  # sqrt(2 trace(covariance)), without going over the pairs
            scaled = self.columns.T
            centre = np.average(scaled, axis=0, weights=self.counts)
            squares = ((scaled - centre) ** 2).sum(axis=1)
            return float(np.sqrt(2 * (self.counts @ squares) / (total - 1))) * self.unit
        blocks = range(0, self.size, 256)
        if self.metric == "precomputed":
            finite, squares_sum = -self.size, 0.0  # a point and itself are no pair
            for i in blocks:
                rows = self.points[i : i + 256]
                joined = rows[np.isfinite(rows)]
                finite += len(joined)
                squares_sum += float(((joined / self.unit) ** 2).sum())
            return float(np.sqrt(squares_sum / finite)) * self.unit if finite else np.nan
        # In units of `unit`, so that no square overflows.
        sums = [
            self.counts[i : i + 256] @ (self._rows(i, i + 256) / self.unit) ** 2 @ self.counts for i in blocks
        ]
        return float(np.sqrt(sum(sums) / (total * (total - 1)))) * self.unit

    def _rows(self, first: int, last: int) -> NDArray[np.float64]:
        """Distances of some points to all."""
        from scipy.spatial.distance import cdist  # slow to import, and Euclidean clouds do without

        rows = self.points[first:last]
        if self.metric == "cosine":
            return np.asarray(cdist(rows, self.points, "sqeuclidean") / 2)
        return np.asarray(cdist(rows, self.points, _SCIPY_NAME[self.metric]))


def as_cloud(points: ArrayLike | Cloud, metric: str = "euclidean", *, merge: bool = True) -> Cloud:
    """Check `points`, and take equal ones together.

    Parameters
    ----------
    points : array_like, shape (n_points, n_coordinates), or (n_points, n_points) if precomputed
        One point a row, or the dissimilarities of all pairs: infinite for pairs that never join. Or a
        scipy sparse matrix of dissimilarities, in which these are left out. Or a cloud, which was checked.
    metric : str
        One of `METRICS`. Under cosine a zero row, which has no direction, is at distance 1 from
        every row that is not zero, and all zero rows are one point.
    merge : bool
        Take equal points together, and sort them: the cloud then does not depend on their order.

    Raises
    ------
    ValueError
        If `metric` is unknown, `points` is not two-dimensional with at least one row and column,
        holds a value that is not finite or so large that distances are not; if `points` is
        precomputed and not square, symmetric, non-negative and zero on its diagonal.
    """
    if isinstance(points, Cloud):
        return _merged(points) if merge else points
    if metric not in METRICS:
        raise ValueError(f"metric must be one of {', '.join(METRICS)}, got {metric!r}")
    rows = _dense(points, metric) if hasattr(points, "tocoo") else np.asarray(points, dtype=np.float64)
    if rows.ndim != 2 or 0 in rows.shape:
        raise ValueError(
            f"points must be a 2-D array with at least one row and column, got shape {rows.shape}"
        )
    check_points(rows, metric)
    if metric == "precomputed":
        _check_dissimilarity(rows)
    elif metric == "cosine":
        rows = _unit_vectors(rows)
    cloud = _cloud_of(metric, rows, np.ones(len(rows), dtype=np.int64), np.arange(len(rows)))
    return _merged(cloud) if merge else cloud


def _cloud_of(
    metric: str, points: NDArray[np.float64], counts: NDArray[np.int64], point_of: NDArray[np.int64]
) -> Cloud:
    largest = np.abs(points).max(where=np.isfinite(points), initial=0.0)
    unit = float(np.ldexp(1.0, int(np.frexp(largest)[1]) - 1))
    return Cloud(metric, points, counts, np.ascontiguousarray(points.T / unit), unit, point_of)


def _merged(cloud: Cloud) -> Cloud:
    """The cloud with equal points taken together, near ones near each other in its order."""
    if cloud.metric == "precomputed":
        return cloud
    # Adding zero turns -0.0, which is no other point, into 0.0.
    distinct, which, counts = np.unique(cloud.points + 0.0, axis=0, return_inverse=True, return_counts=True)
    weights = np.bincount(which, weights=cloud.counts, minlength=len(counts)).astype(np.int64)
    order = near_together(distinct)
    place = np.argsort(order)
    return _cloud_of(cloud.metric, distinct[order], weights[order], place[which[cloud.point_of]])


def near_together(points: NDArray[np.float64], leaf: int = LEAF) -> NDArray[np.int64]:
    """An order of the points in which near ones come together: that of the leaves of a k-d tree.

    All leaves but the last hold `leaf` points, so that a word of bits stands for near points.
    """
    order = np.arange(len(points))
    parts = [(0, len(points))]
    while parts:
        start, stop = parts.pop()
        if stop - start <= leaf:
            continue
        part = points[order[start:stop]]
        axis = np.ptp(part, axis=0).argmax()
        half = middle(start, stop, leaf)
        order[start:stop] = order[start:stop][np.argpartition(part[:, axis], half - 1 - start)]
        parts += [(start, half), (half, stop)]
    return order


def check_points(rows: NDArray[np.floating[Any]], metric: str) -> None:
    """Refuse points between which there is no distance.

    Raises
    ------
    ValueError
        If a coordinate is not finite, or so large that a distance can overflow.
    """
    fine = ~np.isnan(rows) if metric == "precomputed" else np.isfinite(rows)
    bad = ~fine.all(axis=1)
    if bad.any():
        what = "NaN" if metric == "precomputed" else "NaN or infinity"
        where = f"{bad.sum()} of {len(rows)} rows hold {what} (first: row {bad.argmax()})"
        raise ValueError(f"points must be finite, but {where}")
    if metric == "precomputed":
        return
    largest = float(np.abs(rows).max())
    if metric in ("euclidean", "manhattan", "chebyshev") and not np.isfinite(2 * largest * rows.shape[1]):
        raise ValueError(
            f"the largest coordinate is {largest:.3g} in absolute value, too large for distances to be finite"
        )


def _dense(matrix: Any, metric: str) -> NDArray[np.float64]:
    """A scipy sparse matrix with all its entries, infinite where it has none; those given twice are added."""
    if metric != "precomputed":
        raise ValueError("a sparse matrix holds dissimilarities: say metric='precomputed'")
    entries = matrix.tocsr(copy=True)
    entries.sum_duplicates()
    entries = entries.tocoo()
    dense = np.full(matrix.shape, np.inf)
    dense[entries.row, entries.col] = entries.data
    if matrix.shape[0] == matrix.shape[1]:
        given = np.zeros(matrix.shape[0])
        on_diagonal = entries.row == entries.col
        given[entries.row[on_diagonal]] = entries.data[on_diagonal]
        np.fill_diagonal(dense, given)
    return dense


def _check_dissimilarity(matrix: NDArray[np.float64]) -> None:
    if matrix.shape[0] != matrix.shape[1]:
        raise ValueError(f"a precomputed dissimilarity must be square, got shape {matrix.shape}")
    if (matrix < 0).any():
        raise ValueError("a precomputed dissimilarity must not be negative")
    if np.diagonal(matrix).any():
        raise ValueError("a precomputed dissimilarity must be zero on its diagonal")
    if not np.array_equal(matrix, matrix.T):
        raise ValueError("a precomputed dissimilarity must be symmetric")


def _unit_vectors(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """Rows of length one; a zero row gets an axis of its own, at distance 1 from all others."""
    largest = np.abs(rows).max(axis=1, keepdims=True)
    zero = largest == 0
    scaled = rows / np.where(zero, 1.0, largest)  # so that no square overflows or vanishes
    lengths = np.sqrt((scaled**2).sum(axis=1, keepdims=True))
    return np.hstack([scaled / np.where(zero, 1.0, lengths), zero])
