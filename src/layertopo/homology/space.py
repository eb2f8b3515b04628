"""Points as compiled code takes them: their coordinates, and boxes around near ones; or the values of all pairs."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

SQUARES, SUM, MAXIMUM, GIVEN = range(4)  # how the coordinates of a pair of points make its value
LEAF = 64  # points of a leaf: a word of bits
LARGEST_LEAF = 512  # where there are no boxes
FEW = 4  # coordinates up to which values are as fast as rows of bits,
MANY = 1 << 16  # and points from which on these would take too much memory
WIDE = 32  # coordinates from which on the values are computed once and kept, if there is room
KEPT = 1 << 31  # bytes that they may take

_KIND = {
    "euclidean": SQUARES,
    "cosine": SQUARES,
    "manhattan": SUM,
    "chebyshev": MAXIMUM,
}


class Tree(NamedTuple):
    """Boxes around parts of the points, each part cut in two, in preorder: the tree of `near_together`.

    Attributes
    ----------
    start, stop : ndarrays of int64, shape (n_nodes,)
        The points of a node are those from `start` to `stop`.
    skip : ndarray of int64, shape (n_nodes,)
        The first node after those below this one; the next one if it is a leaf.
    lower, upper : ndarrays of float64, shape (n_nodes, n_coordinates)
        Its box.
    leaf : ndarray of int64, shape (n,)
        Leaf of each point.
    """

    start: NDArray[np.int64]
    stop: NDArray[np.int64]
    skip: NDArray[np.int64]
    lower: NDArray[np.float64]
    upper: NDArray[np.float64]
    leaf: NDArray[np.int64]


class Space(NamedTuple):
    """Points, or the values of all pairs.

    Attributes
    ----------
    columns : ndarray of float64, shape (n_coordinates, n)
    rows : ndarray of float64, shape (n, n_coordinates)
        The same numbers, points first.
    given : ndarray of float32, shape (n, n)
        Values of all pairs; empty unless `kind` is `GIVEN`.
    kind : int
        `SQUARES`, `SUM`, `MAXIMUM` or `GIVEN`.
    size : int
        Number of points.
    tree : Tree
        Its boxes have no coordinates if the values are given.
    """

    columns: NDArray[np.float64]
    rows: NDArray[np.float64]
    given: NDArray[np.float32]
    kind: int
    size: int
    tree: Tree


def space_of(metric: str, columns: NDArray[np.float64]) -> Space:
    """The points with these columns."""
    nothing = np.zeros((0, 0), dtype=np.float32)
    rows = np.ascontiguousarray(columns.T)
    return Space(columns, rows, nothing, _KIND[metric], columns.shape[1], _tree_of(columns))


def given_space(given: NDArray[np.float32]) -> Space:
    """Points whose values are given."""
    n = len(given)
    return Space(
        np.zeros((0, n)), np.zeros((n, 0)), given, GIVEN, n, _tree_of(np.zeros((0, n)), LARGEST_LEAF)
    )


def middle(start: int, stop: int, leaf: int = LEAF) -> int:
    """Where a part of the points is cut: the first half is as many whole leaves as the second, or one more."""
    return start + -(-(stop - start) // (2 * leaf)) * leaf


def _tree_of(columns: NDArray[np.float64], leaf: int = LEAF) -> Tree:
    n = columns.shape[1]
    starts: list[int] = []
    stops: list[int] = []
    skips: list[int] = []

    def build(start: int, stop: int) -> None:
        node = len(starts)
        starts.append(start)
        stops.append(stop)
        skips.append(0)
        if stop - start > leaf:
            half = middle(start, stop, leaf)
            build(start, half)
            build(half, stop)
        skips[node] = len(starts)

    build(0, n)
    start, stop, skip = np.array(starts), np.array(stops), np.array(skips)
    lower, upper = np.empty((2, len(start), len(columns)))
    leaves = np.flatnonzero(skip == np.arange(1, len(skip) + 1))
    lower[leaves] = np.minimum.reduceat(columns, start[leaves], axis=1).T
    upper[leaves] = np.maximum.reduceat(columns, start[leaves], axis=1).T
    for i in np.flatnonzero(skip > np.arange(1, len(skip) + 1))[::-1].tolist():
        children = [i + 1, skips[i + 1]]
        lower[i], upper[i] = lower[children].min(axis=0), upper[children].max(axis=0)
    return Tree(start, stop, skip, lower, upper, np.repeat(leaves, stop[leaves] - start[leaves]))
