"""What becomes of any cycle of a cloud whose relations are known, without a second sweep.

A sum of edges is changed by boundaries of triangles until only edges of the spanning forest and edges that
found a class are left: again and again, its latest edge uv is replaced by uw and wv, where w is a point of its
lune. The classes that are left say with the relations from when on it bounds (docs/exactness.md).
"""

from __future__ import annotations

import heapq
from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from itertools import accumulate, pairwise
from typing import TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from layertopo.homology.cloud import Cloud
from layertopo.homology.cycles import Cycle, Edge, Relations, closed_walks, cycle_of, edge_of
from layertopo.homology.values import TILE, row_values

T = TypeVar("T", int, tuple[float, int, int])
Classes = frozenset[int]
_OTHER_POINTS = "the relations are those of other points, or of another metric"
_CHECKED = 8  # edges whose lengths are looked at
_ROWS = 1 << 26  # bytes of values that are kept
_ROUNDS = 4  # how often a walk is gone through to shorten it,
_TRIES = 8  # and how many groups of points are tried from each of its points


class Chains:
    """Sums of edges over Z/2 of a cloud whose relations are known.

    Parameters
    ----------
    relations : Relations
    cloud : Cloud
        That of the diagram.
    """

    def __init__(self, relations: Relations, cloud: Cloud) -> None:
        self.relations, self.cloud = relations, cloud
        self._row = lru_cache(max(16, _ROWS // (4 * cloud.size)))(self._values)
        self._annotation = lru_cache(None)(lambda u, v: self._annotation_of([(u, v)]))
        self._check()
        forest, founding = (_keys(cloud.point_of[edges]) for edges in (relations.forest, relations.founding))
        self._class_of = dict.fromkeys(forest, -1) | {key: number for number, key in enumerate(founding)}

    def _check(self) -> None:
        """Refuse the relations of other points: some of their edges have other lengths here."""
        known, point_of = self.relations, self.cloud.point_of
        edges = np.concatenate([known.forest, known.founding])
        lengths = np.concatenate([known.merges, known.births])
        some = np.arange(0, len(edges), max(1, len(edges) // _CHECKED))
        if edges.max(initial=-1) >= len(point_of) or any(
            length not in (np.inf, *self.lengths([point_of[edge]]))
            for edge, length in zip(edges[some], lengths[some], strict=True)
        ):
            raise ValueError(_OTHER_POINTS)

    def _values(self, u: int) -> NDArray[np.float32]:
        row = np.empty(self.cloud.size, dtype=np.float32)
        row_values(self.cloud.space, u, 0, np.empty(TILE), row)
        return row

    def lengths(self, edges: Iterable[Edge]) -> NDArray[np.float64]:
        """Lengths of edges between points of the cloud, by number; infinite for pairs that never join."""
        return self.cloud.distances([self._row(u)[v] for u, v in edges])

    def bounds_at(self, edges: ArrayLike) -> float:
        """Scale from which on a cycle bounds: the second of :meth:`life`."""
        return self.life(edges)[1]

    def life(self, edges: ArrayLike) -> tuple[float, float]:
        """Scales from which on a cycle is there, and from which on it bounds.

        Parameters
        ----------
        edges : array_like of int, shape (n_edges, 2)
            Rows of the points that each edge joins. Edges given twice cancel out.

        Returns
        -------
        tuple of float
            The length of its longest edge; and a scale that is not less, infinite if it never bounds, or not by
            the threshold of the diagram.

        Raises
        ------
        ValueError
            If an odd number of the edges meet at a point, or there is no such row.
        """
        rows, n_rows = np.asarray(edges, dtype=np.int64).reshape(-1, 2), len(self.cloud.point_of)
        strange = rows[(rows < 0) | (rows >= n_rows)]
        if strange.size:
            raise ValueError(f"there is no row {strange[0]}: the cloud has {n_rows}")
        chain = _sum(rows)
        ends, counts = np.unique(chain, return_counts=True)
        if (counts % 2).any():
            row = ends[(counts % 2).argmax()]
            raise ValueError(f"the edges are no cycle: an odd number of them meet at row {row}")
        chain = self.cloud.point_of[chain]  # equal rows are one point
        there = float(self.lengths(chain).max(initial=0.0))
        if np.isinf(there):
            return there, there
        classes: set[int] = set()
        for u, v in _sum(chain).tolist():  # what an edge is left with is kept: other cycles may share it
            classes ^= self._annotation(u, v)
        return there, max(there, self._settled_at(classes))

    def _annotation_of(self, edges: Iterable[Edge]) -> Classes:
        """The founding edges, by class, that a sum of edges is left with."""
        found: set[int] = set()

        def instead(edge: tuple[float, int, int]) -> list[tuple[float, int, int]]:
            u, v = -edge[1], -edge[2]
            number = self._class_of.get(u << 32 | v)
            if number is None:
                w = self._witness(u, v)
                return [self._item(u, w), self._item(v, w)]
            if number >= 0:
                found.add(number)
            return []

        _replace_latest((self._item(u, v) for u, v in edges), instead)
        return frozenset(found)

    def _item(self, u: int, v: int) -> tuple[float, int, int]:
        """An edge, that the latest one in the total order be the smallest."""
        return -float(self._row(u)[v]), -min(u, v), -max(u, v)

    def _witness(self, u: int, v: int) -> int:
        """The point of the lune of an edge that is nearest to both its ends."""
        at_u, at_v = self._row(u), self._row(v)
        value = at_u[v]
        farther = np.maximum(at_u, at_v)
        farther[[u, v]] = np.inf
        w = int(farther.argmin())
        if farther[w] < value:
            return w
        points = np.arange(
            self.cloud.size
        )  # among the pairs of a point, equal ones are in the order of the other end
        in_lune = ((at_u < value) | ((at_u == value) & (points < v))) & (
            (at_v < value) | ((at_v == value) & (points < u))
        )
        in_lune[[u, v]] = False
        if not in_lune.any():
            raise ValueError(_OTHER_POINTS)
        return int(in_lune.argmax())

    def _settled_at(self, classes: Iterable[int], limit: float = np.inf) -> float:
        """The last death among the relations that the classes are the sum of; infinite if they are not.

        Some death after the limit, where there is one.
        """
        known, last = self.relations, 0.0

        def instead(item: int) -> Iterable[int]:
            nonlocal last
            last = max(last, float(known.deaths[-item]))
            return [] if last > limit else (-known.terms[known.start[-item] : known.start[1 - item]]).tolist()

        _replace_latest((-number for number in classes), instead)
        return last

    def shortened(self, cycle: Cycle) -> Cycle:
        """A representative in the same class when it is born, with the same longest edge, and no longer in all.

        Parameters
        ----------
        cycle : Cycle
            A representative, as :meth:`layertopo.homology.Relations.cycles` gives it.

        Returns
        -------
        Cycle
        """
        first, *others = [edge_of(u, v) for u, v in self.cloud.point_of[cycle.edges].tolist()]
        odd: set[Edge] = set()
        for walk in closed_walks(others, first):
            if self._settled_at(self._annotation_of(_around(walk)), cycle.birth) > cycle.birth:
                odd ^= set(_around(self._shorter([*walk[1:], walk[0]], cycle.birth)))
        edges, rows = sorted(odd), self.cloud.rows
        named = [edge_of(*rows[list(edge)].tolist()) for edge in [first, *edges]]
        lengths = dict(zip(named[1:], self.lengths(edges).tolist(), strict=True))
        return cycle_of(cycle.bar, cycle.birth, cycle.death, lengths, named[0])

    def _shorter(self, path: list[int], scale: float) -> list[int]:
        """A path between the same ends, its edges no longer than a scale at which both add up to a boundary."""
        length = self.lengths(pairwise(path)).sum()
        for _ in range(_ROUNDS):
            shorter = self._cut(path[::-1], scale)
            less = self.lengths(pairwise(shorter)).sum()
            if less >= length:
                break
            path, length = shorter, less
        return path

    def _cut(self, path: list[int], scale: float) -> list[int]:
        """As `_shorter`, by steps as wide as they may be, from point to point of the path."""
        steps = [self._annotation(*edge_of(*step)) for step in pairwise(path)]
        sums = list(accumulate(steps, frozenset.symmetric_difference, initial=frozenset[int]()))
        points, cut, i = np.array(path), [path[0]], 0

        def may_step(j: int) -> bool:
            there_and_back = sums[i] ^ sums[j] ^ self._annotation(*edge_of(path[i], path[j]))
            return self._settled_at(there_and_back, scale) <= scale

        while i < len(path) - 1:
            lengths = self.cloud.distances(self._row(path[i])[points[i + 1 :]])
            i = _farthest(i + 1 + np.flatnonzero(lengths <= scale), may_step)
            cut.append(path[i])
        return cut


def _farthest(places: NDArray[np.int64], may_step: Callable[[int], bool]) -> int:
    """The last place on a path that one may step to, or one that is likely to be.

    Places next to each other are close in the cloud, too: of each such group the last is tried. To the first
    place one may always step.
    """
    groups = np.split(places, np.flatnonzero(np.diff(places) > 1) + 1)
    for group in [*groups[:0:-1][:_TRIES], groups[0]]:
        if may_step(int(group[-1])):
            return int(group[-1])
    first: list[int] = groups[0].tolist()
    return first[bisect_left(first, True, lo=1, key=lambda j: not may_step(j)) - 1]


def _replace_latest(items: Iterable[T], instead: Callable[[T], Iterable[T]]) -> None:
    """Replace the smallest item of a sum mod 2 by a sum of larger ones, until nothing is left."""
    odd: set[T] = set()
    heap: list[T] = []

    def add(more: Iterable[T]) -> None:
        for item in more:
            if item not in odd:
                heapq.heappush(heap, item)
            odd.symmetric_difference_update([item])

    add(items)
    while heap:
        item = heapq.heappop(heap)
        if item in odd:
            odd.remove(item)
            add(instead(item))


def _sum(edges: NDArray[np.int64]) -> NDArray[np.int64]:
    """Edges, but for those that cancel out, and those from a point to itself."""
    distinct, counts = np.unique(np.sort(edges, axis=1), axis=0, return_counts=True)
    return distinct[(counts % 2 == 1) & (distinct[:, 0] < distinct[:, 1])]


def _around(walk: Sequence[int]) -> list[Edge]:
    """Edges of a closed walk."""
    return [edge_of(u, v) for u, v in pairwise([*walk, walk[0]])]


def _keys(edges: NDArray[np.int64]) -> list[int]:
    """Edges as numbers, ``lower point << 32 | upper point``."""
    lower, upper = np.sort(edges, axis=1).T
    return ((lower << 32) | upper).tolist()
