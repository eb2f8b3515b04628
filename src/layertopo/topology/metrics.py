"""Distances between the points of a cloud, each once, with all there is to know of it.

A further one is a function and an entry in :data:`METRICS`, and its name in :data:`MetricName`. Those that the
engine does not know itself are given to it as a matrix.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from layertopo.storage import Settings

Points = NDArray[np.float64]
#: From some rows, and a limit beyond which a distance may be infinite instead, to their distances to all points.
Rows = Callable[[NDArray[np.intp], float], NDArray[np.float64]]

MetricName = Literal["euclidean", "manhattan", "chebyshev", "cosine", "hops", "geodesic"]
#: Samples that are draws of a distribution.
DRAWN = ("random", "distinct")
#: Rows that are computed at once: their distances to 10,000 points take 20 MB.
_BLOCK = 256


@dataclass(frozen=True)
class Metric:
    """A distance.

    Attributes
    ----------
    label : str
        On an axis, and in words.
    rows : callable
        From distinct points, shape (n, n_coordinates), and the settings of the cloud to a function from some rows
        and a limit to their distances to all points, shape (n_rows, n): infinite where points never join, and
        maybe beyond the limit.
    native : bool
        Whether the engine knows it by its name, and needs no matrix.
    graph : bool
        Whether it is one of the graph of the nearest neighbours, and takes `neighbours` and `mutual`.
    metric : bool
        Whether it satisfies the triangle inequality and does not depend on the other points, which the error bound of
        a greedy sample needs.
    continuous : bool
        Whether it has a continuum of values, as the test of significance supposes.
    seconds, megabytes : float
        Of all pairs of 1,000 points, on top of what the diagram takes; both grow with the number of pairs.
    """

    label: str
    rows: Callable[[Points, Settings], Rows]
    native: bool = False
    graph: bool = False
    metric: bool = False
    continuous: bool = True
    seconds: float = 1.0
    megabytes: float = 30.0


def _by_scipy(name: str, points: Points, _: Settings) -> Rows:
    from scipy.spatial.distance import cdist  # slow to import

    return lambda rows, _: cdist(points[rows], points, name)


def _cosine(points: Points, _: Settings) -> Rows:
    """Of unit vectors: |x - y|^2 = 2 (1 - cos)."""
    from scipy.spatial.distance import cdist

    return lambda rows, _: cdist(points[rows], points, "sqeuclidean") / 2


def neighbour_graph(points: Points, neighbours: int, mutual: bool) -> Any:
    """Graph in which distinct points are joined to their nearest neighbours, with the lengths of its edges.

    Parameters
    ----------
    points : ndarray, shape (n, n_coordinates)
        Distinct points.
    neighbours : int
        How many others each point is joined to; all others where there are no more.
    mutual : bool
        Whether an edge needs that both are neighbours of each other, and not only one of the other.

    Returns
    -------
    scipy.sparse.csr_array, shape (n, n)
        Symmetric; Euclidean lengths.
    """
    from scipy.sparse import csr_array
    from scipy.spatial import KDTree

    n, k = len(points), min(neighbours, len(points) - 1)
    if k == 0:
        return csr_array((n, n))
    lengths, ends = KDTree(points).query(points, k + 1)  # of distinct points each is its own nearest
    starts = np.repeat(np.arange(n), k)
    directed = csr_array((lengths[:, 1:].ravel(), (starts, ends[:, 1:].ravel())), shape=(n, n))
    return directed.minimum(directed.T) if mutual else directed.maximum(directed.T)


def _on_graph(unweighted: bool, points: Points, cloud: Settings) -> Rows:
    from scipy.sparse.csgraph import dijkstra

    graph = neighbour_graph(points, cloud["neighbours"], cloud.get("mutual", False))
    return lambda rows, limit: dijkstra(graph, indices=rows, unweighted=unweighted, limit=limit)


METRICS: dict[str, Metric] = {
    "euclidean": Metric("Euclidean distance", partial(_by_scipy, "euclidean"), native=True, metric=True),
    "manhattan": Metric("Manhattan distance", partial(_by_scipy, "cityblock"), native=True, metric=True),
    "chebyshev": Metric("Chebyshev distance", partial(_by_scipy, "chebyshev"), native=True, metric=True),
    "cosine": Metric("Cosine distance", _cosine, native=True),
    "hops": Metric("hops", partial(_on_graph, True), graph=True, continuous=False),
    "geodesic": Metric("geodesic distance", partial(_on_graph, False), graph=True),
}


def is_random(method: str, metric: str) -> bool:
    """Whether chance makes a sample, at lengths of a continuum: of no other do the laws of random points speak."""
    return method in DRAWN and METRICS[metric].continuous


def matrix(rows: Rows, n_points: int) -> NDArray[np.float64]:
    """Distances of all pairs, symmetric to the last bit: of two ways along one path the shorter sum counts.

    A point is at distance 0 from itself, whatever rounding makes of it.
    """
    found = np.empty((n_points, n_points))
    for block in _blocks(n_points):
        found[block] = rows(block, np.inf)
    for block in _blocks(n_points):
        found[block] = np.minimum(found[block], found[:, block].T)
        found[:, block] = found[block].T
    np.fill_diagonal(found, 0.0)
    return found


def rows_up_to(points: Points, cloud: Settings, limit: float) -> NDArray[np.uint64]:
    """Which points are at no more than a distance, as rows of bits.

    Parameters
    ----------
    points : ndarray, shape (n, n_coordinates)
        Distinct points.
    cloud : mapping
        Settings of the cloud.
    limit : float

    Returns
    -------
    ndarray of uint64, shape (n, n_words)
        As :func:`layertopo.homology.collapse.rows_of_pairs` gives them: symmetric, and each point is near itself.
    """
    from layertopo.homology.bits import WORD, n_words  # imported late: loading numba takes a second
    from layertopo.homology.collapse import packed, unpacked

    if cloud["metric"] == "hops":
        graph = neighbour_graph(points, cloud["neighbours"], cloud.get("mutual", False))
        return rows_within_hops(graph, int(limit))
    rows, n = METRICS[cloud["metric"]].rows(points, cloud), len(points)
    found = np.empty((n, n_words(n)), np.uint64)
    for block in _blocks(n):
        found[block] = packed((rows(block, limit) <= limit) | (block[:, None] == np.arange(n)))
    for block in _blocks(n):  # as in `matrix`, of two ways along one path the shorter counts
        words = slice(block[0] // WORD, block[-1] // WORD + 1)
        found[block] |= packed(unpacked(found[:, words], len(block)).T.astype(bool))
    return found


def rows_within_hops(graph: Any, hops: int) -> NDArray[np.uint64]:
    """Which points of a graph are no more than so many edges apart, as rows of bits.

    Parameters
    ----------
    graph : scipy.sparse.csr_array, shape (n, n)
        Symmetric.
    hops : int
        At 0 each point is near itself only.
    """
    from layertopo.homology.collapse import packed

    found = packed(np.eye(graph.shape[0], dtype=bool))
    for _ in range(hops):
        further = found.copy()
        for u, row in enumerate(further):  # one edge more: what is near a neighbour is near
            row |= np.bitwise_or.reduce(found[graph.indices[graph.indptr[u] : graph.indptr[u + 1]]], axis=0)
        if np.array_equal(further, found):
            break
        found = further
    return found


def over_finite_pairs(distances: NDArray[np.float64], counts: NDArray[np.int64]) -> tuple[float, float]:
    """Root-mean-square distance over the pairs that are at finite distance, and their share of all pairs.

    Parameters
    ----------
    distances : ndarray, shape (n, n)
    counts : ndarray of int, shape (n,)
        How many points each row stands for, which are at distance 0 from each other.

    Returns
    -------
    tuple of float
        The first is NaN if there is but one distinct point, or no such pair.
    """
    total = int(counts.sum())
    joined, squares = -total, 0.0  # a point and itself are no pair
    for block in _blocks(len(counts)):
        rows, weights = distances[block], counts[block]
        finite = np.isfinite(rows)
        joined += int(weights @ finite @ counts)
        squares += float(weights @ np.where(finite, rows, 0.0) ** 2 @ counts)
    if total == 1:
        return np.nan, 1.0
    defined = len(counts) > 1 and joined > 0
    return float(np.sqrt(squares / joined)) if defined else np.nan, joined / (total * (total - 1))


def _blocks(n_points: int) -> list[NDArray[np.intp]]:
    return [np.arange(first, min(first + _BLOCK, n_points)) for first in range(0, n_points, _BLOCK)]
