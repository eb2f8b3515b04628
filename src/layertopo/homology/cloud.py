"""A point cloud as the compiled code takes it: distinct points, columns first, near unit scale."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from layertopo.homology.memory import Budget
from layertopo.homology.space import LEAF, Space, given_space, middle, space_of

MAX_POINTS = 2**24  # above, the key of a pair does not fit in 64 bits
_RAISED = 50  # logarithm of what coordinates are raised by: squares of small differences do not vanish
ANY_VALUE = np.float32(np.inf)  # no filtration value is larger
_LEAST_POWER = -1074  # of two, in double precision
_BLOCK = 256  # rows looked at together
_BYTES_BESIDE = 5  # for each entry of a matrix: its value, and whether it is NaN
METRICS = ("euclidean", "manhattan", "chebyshev", "cosine", "precomputed")
_ABOVE = 1 + 2.0**-44  # more than sums over the coordinates are off by
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
    unit : float
        Power of two. In this unit coordinates are below ``2 ** 51`` in absolute value, and values are finite.
    point_of : ndarray of int64, shape (n_rows,)
        Which of its points each of the rows is that it was made of.
    """

    metric: str
    points: NDArray[np.float64]
    counts: NDArray[np.int64]
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
    def columns(self) -> NDArray[np.float64]:
        """Coordinates in that unit, contiguous, shape (n_coordinates, n_distinct)."""
        return np.ascontiguousarray(self.points.T / self.unit)

    @cached_property
    def space(self) -> Space:
        """The points as the compiled code takes them."""
        if self.metric != "precomputed":
            return space_of(self.metric, self.columns)
        given = np.empty(self.points.shape, dtype=np.float32)
        return given_space(np.divide(self.points, self.unit, out=given, casting="same_kind"))

    def distances(self, values: ArrayLike) -> NDArray[np.float64]:
        """Distances that belong to filtration values."""
        lengths = np.asarray(values, dtype=np.float64)
        if self.metric == "euclidean":
            lengths = np.sqrt(lengths)
        if self.metric == "cosine":  # |x - y|^2 = 2 (1 - cos) for unit vectors
            return lengths * (self.unit**2 / 2)
        return lengths * self.unit

    def value_of(self, distance: float) -> np.float32:
        """The filtration value of a distance, rounded as those of pairs are.

        A pair at that distance, rounded to double precision, is not above it, nor is any nearer pair.
        """
        with np.errstate(over="ignore"):
            length = np.float64(distance) / (self.unit**2 / 2 if self.metric == "cosine" else self.unit)
            value = length * length if self.metric == "euclidean" else length
            return np.float32(value * _ABOVE)

    def rms_distance(self, threads: int = 1) -> float:
        """Root-mean-square distance over all pairs of the given points, duplicates included.

        Pairs that never join, at infinite dissimilarity, are left out; NaN if there are no others.
        At least two points must have been given. The result does not depend on the number of threads.
        """
        total = int(self.counts.sum())
        if self.metric == "euclidean":  # sqrt(2 trace(covariance)), without going over the pairs
            scaled = self.columns.T
            centre = np.average(scaled, axis=0, weights=self.counts)
            squares = ((scaled - centre) ** 2).sum(axis=1)
            return float(np.sqrt(2 * (self.counts @ squares) / (total - 1))) * self.unit
        if self.metric == "cosine":
            return float(np.sqrt(self._sum_of_squared_cosine_distances() / (total * (total - 1))))
        blocks = range(0, self.size, _BLOCK)
        if self.metric == "precomputed":
            finite, squares_sum = -self.size, 0.0  # a point and itself are no pair
            for i in blocks:
                rows = self.points[i : i + _BLOCK]
                joined = rows[np.isfinite(rows)]
                finite += len(joined)
                squares_sum += float(((joined / self.unit) ** 2).sum())
            return float(np.sqrt(squares_sum / finite)) * self.unit if finite else np.nan
        with ThreadPoolExecutor(threads) as pool:
            sums = pool.map(self._sum_of_squares, blocks)
            return float(np.sqrt(sum(sums) / (total * (total - 1)))) * self.unit

    def _sum_of_squares(self, first: int) -> float:
        """Sum of the squared distances of a block of the given points to all, in that unit."""
        from scipy.spatial.distance import cdist  # slow to import, and Euclidean clouds do without

        part = slice(first, first + _BLOCK)
        squares = cdist(self.points[part], self.points, _SCIPY_NAME[self.metric])
        squares /= self.unit  # so that no square overflows
        squares **= 2
        return float(self.counts[part] @ squares @ self.counts)

    def _sum_of_squared_cosine_distances(self) -> float:
        """Of all ordered pairs of the given points, without going over the pairs.

        With z the points less their mean and a = ``|z|**2``, the distance of two points is
        ``(a + a' - 2 z z') / 2``, and the products of a and z' add up to nothing.
        """
        away = self.points - np.average(self.points, axis=0, weights=self.counts)
        squares = (away**2).sum(axis=1)
        away *= np.sqrt(self.counts)[:, None]
        products = away.T @ away if away.shape[1] < len(away) else away @ away.T
        of_squares = self.counts.sum() * (self.counts @ squares**2) + (self.counts @ squares) ** 2
        return float(of_squares / 2 + (products**2).sum())


def as_cloud(
    points: ArrayLike | Cloud, metric: str = "euclidean", *, merge: bool = True, memory: float | None = None
) -> Cloud:
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
    memory : float, optional
        Megabytes (2**20 bytes) that the process may have.

    Raises
    ------
    ValueError
        If `metric` is unknown, `points` is not two-dimensional with at least one row and column,
        holds a value that is not finite or so large that distances are not; if `points` is
        precomputed and not square, symmetric, non-negative and zero on its diagonal; if `merge` is true
        and more than `MAX_POINTS` points are distinct.
    OutOfMemoryBudgetError
        If a matrix of that many points would take more memory.
    """
    cloud = points if isinstance(points, Cloud) else _checked(points, metric, memory)
    if not merge:
        return cloud
    cloud = _merged(cloud)
    if cloud.size > MAX_POINTS:
        raise ValueError(f"at most {MAX_POINTS:,} distinct points can be told apart, got {cloud.size:,}")
    return cloud


def _checked(points: Any, metric: str, memory: float | None) -> Cloud:
    if metric not in METRICS:
        raise ValueError(f"metric must be one of {', '.join(METRICS)}, got {metric!r}")
    if hasattr(points, "tocoo"):
        rows = _dense(points, metric, memory)
    else:
        rows = np.asarray(points, dtype=np.float64)
    if rows.ndim != 2 or 0 in rows.shape:
        raise ValueError(
            f"points must be a 2-D array with at least one row and column, got shape {rows.shape}"
        )
    if metric == "precomputed":
        Budget(memory, len(rows)).check(0, _BYTES_BESIDE * rows.size, "nothing done")
    check_points(rows, metric)
    if metric == "precomputed":
        _check_dissimilarity(rows)
    elif metric == "cosine":
        rows = _unit_vectors(rows)
    return _cloud_of(metric, rows, np.ones(len(rows), dtype=np.int64), np.arange(len(rows)))


def _cloud_of(
    metric: str, points: NDArray[np.float64], counts: NDArray[np.int64], point_of: NDArray[np.int64]
) -> Cloud:
    blocks = (points[i : i + _BLOCK] for i in range(0, len(points), _BLOCK))
    largest = max(np.abs(block).max(where=np.isfinite(block), initial=0.0) for block in blocks)
    # Squares of differences are below 2 ** (2 raised + 4), and a sum of d of them below 2 ** 127.
    raised = min(_RAISED, (127 - points.shape[1].bit_length()) // 2 - 2)
    power = int(np.frexp(largest)[1]) - 1 - raised
    return Cloud(metric, points, counts, float(np.ldexp(1.0, max(power, _LEAST_POWER))), point_of)


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
    bad = np.isnan(rows).any(axis=1) if metric == "precomputed" else ~np.isfinite(rows).all(axis=1)
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


def _dense(matrix: Any, metric: str, memory: float | None) -> NDArray[np.float64]:
    """A scipy sparse matrix with all its entries, infinite where it has none; those given twice are added."""
    if metric != "precomputed":
        raise ValueError("a sparse matrix holds dissimilarities: say metric='precomputed'")
    size = matrix.shape[0] * matrix.shape[1]
    Budget(memory, matrix.shape[0]).check(0, (8 + _BYTES_BESIDE) * size, "nothing done")
    entries = matrix.tocsr(copy=True)
    entries.sum_duplicates()
    entries = entries.tocoo()
    dense = np.full(matrix.shape, np.inf)
    np.fill_diagonal(dense, 0.0)
    dense[entries.row, entries.col] = entries.data
    return dense


def _check_dissimilarity(matrix: NDArray[np.float64]) -> None:
    if matrix.shape[0] != matrix.shape[1]:
        raise ValueError(f"a precomputed dissimilarity must be square, got shape {matrix.shape}")
    if (matrix < 0).any():
        raise ValueError("a precomputed dissimilarity must not be negative")
    if np.diagonal(matrix).any():
        raise ValueError("a precomputed dissimilarity must be zero on its diagonal")
    blocks = range(0, len(matrix), _BLOCK)
    if any((matrix[i : i + _BLOCK] != matrix[:, i : i + _BLOCK].T).any() for i in blocks):
        raise ValueError("a precomputed dissimilarity must be symmetric")


def _unit_vectors(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """Rows of length one; a zero row gets an axis of its own, at distance 1 from all others."""
    largest = np.abs(rows).max(axis=1, keepdims=True)
    zero = largest == 0
    scaled = rows / np.where(zero, 1.0, largest)  # so that no square overflows or vanishes
    lengths = np.sqrt((scaled**2).sum(axis=1, keepdims=True))
    return np.hstack([scaled / np.where(zero, 1.0, lengths), zero])
