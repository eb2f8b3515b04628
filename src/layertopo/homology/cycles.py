"""Which edges make a bar of dimension 1: representative cycles, from what the sweep knows in the end.

Every class of dimension 1 is founded by an edge, which closes a cycle with the spanning forest. When a class
dies, the sweep has found a sum of founding cycles that bounds from then on and not before: its relation. That
sum is a representative of the bar (docs/exactness.md has the proofs).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from layertopo.homology.cloud import Cloud, as_cloud
from layertopo.homology.diagram import order_of_bars

if TYPE_CHECKING:
    from layertopo.homology.chains import Chains

Edge = tuple[int, int]


@dataclass(frozen=True, eq=False)
class Cycle:
    """A cycle that is born with a bar of dimension 1 and bounds when it dies, over Z/2.

    It is one of many, and consists of several closed walks where the class cannot be told otherwise.

    Attributes
    ----------
    bar : int
        Row of ``diagram.bars[1]``.
    birth, death : float
        Those of the bar: the length of its longest edge, and the scale from which on it bounds. Infinite
        for a cycle that never bounds, or not by the threshold of the diagram.
    edges : ndarray of int64, shape (n_edges, 2)
        Rows of the points that each edge joins, one closed walk after the other; the first edge
        is the longest, with which the cycle is born. Of equal rows it is the first.
    lengths : ndarray of float64, shape (n_edges,)
        Lengths of the edges.
    """

    bar: int
    birth: float
    death: float
    edges: NDArray[np.int64]
    lengths: NDArray[np.float64]

    @property
    def points(self) -> NDArray[np.int64]:
        """Rows of its points, ascending."""
        return np.unique(self.edges)

    @property
    def length(self) -> float:
        """Sum of the lengths of its edges."""
        return float(self.lengths.sum())

    def scaled(self, factor: float) -> Cycle:
        """The same cycle of the cloud times a factor."""
        birth, death = self.birth * factor, self.death * factor
        return Cycle(self.bar, birth, death, self.edges, self.lengths * factor)


class Relations(NamedTuple):
    """What is known of all cycles of a cloud once its diagram is: plain arrays, to be kept if wanted.

    Classes of dimension 1 are numbered by birth. Points are rows as they were given; of equal ones the first.

    Attributes
    ----------
    forest : ndarray of int64, shape (n_merges, 2)
        Edges of the minimum spanning forest.
    merges : ndarray of float64, shape (n_merges,)
        Their lengths: the finite deaths of dimension 0.
    founding : ndarray of int64, shape (n_classes, 2)
        The edge that each class is born with.
    births, deaths : ndarrays of float64, shape (n_classes,)
        When each is born and dies: lengths. Infinite if it does not, or not by the threshold.
    start : ndarray of int64, shape (n_classes + 1,)
    terms : ndarray of int32
        ``terms[start[i] : start[i + 1]]`` are the older classes that class i is the sum of from its death on.
    """

    forest: NDArray[np.int64]
    merges: NDArray[np.float64]
    founding: NDArray[np.int64]
    births: NDArray[np.float64]
    deaths: NDArray[np.float64]
    start: NDArray[np.int64]
    terms: NDArray[np.int32]

    def cycles(
        self,
        *,
        top: int | None = None,
        longer_than: float | None = None,
        bars: Sequence[int] | None = None,
        points: ArrayLike | Cloud | None = None,
        metric: str = "euclidean",
    ) -> tuple[Cycle, ...]:
        """Representatives of bars, the longest bar first; of all of them, if nothing is said.

        Parameters
        ----------
        top : int, optional
            The longest so many.
        longer_than : float, optional
            Those that live longer than this.
        bars : sequence of int, optional
            These rows of ``diagram.bars[1]``, in this order.
        points, metric
            The points of the diagram, and their distance: the cycles are then shortened, within their class.

        Returns
        -------
        tuple of Cycle

        Raises
        ------
        ValueError
            If there is no such bar, a bound is negative, or the points are others than those of the diagram.
        """
        classes = order_of_bars(np.column_stack([self.births, self.deaths]))
        lives = self.deaths[classes] - self.births[classes]
        chosen = _chosen(lives, top, longer_than, bars)
        if not chosen:
            return ()
        forest = _Forest(self)
        found = (forest.representative(bar, int(classes[bar])) for bar in chosen)
        if points is None:
            return tuple(found)
        chains = self.over(points, metric)
        return tuple(chains.shortened(cycle) for cycle in found)

    def over(self, points: ArrayLike | Cloud, metric: str = "euclidean") -> Chains:
        """What cycles of the points, which must be those of the diagram, can be asked: to ask often.

        Returns
        -------
        layertopo.homology.chains.Chains
        """
        from layertopo.homology.chains import Chains  # imported late: loading numba takes a second

        return Chains(self, as_cloud(points, metric))

    def bounds_at(self, points: ArrayLike | Cloud, edges: ArrayLike, metric: str = "euclidean") -> float:
        """Scale from which on a cycle bounds, which may be any cycle of the cloud.

        Parameters
        ----------
        points, metric
            The points of the diagram, and their distance.
        edges : array_like of int, shape (n_edges, 2)
            Rows of the points that each edge joins. Edges given twice cancel out.

        Returns
        -------
        float
            As :meth:`layertopo.homology.chains.Chains.life` says; :meth:`over` is for those who ask often.

        Raises
        ------
        ValueError
            If an odd number of the edges meet at a point, or the points are others than those of the diagram.
        """
        return self.over(points, metric).bounds_at(edges)


def no_relations() -> Relations:
    """Those of a cloud of one point."""
    edges, lengths = np.zeros((0, 2), dtype=np.int64), np.zeros(0)
    return Relations(edges, lengths, edges, lengths, lengths, np.zeros(1, np.int64), np.zeros(0, np.int32))


def choice_of(representatives: object) -> Mapping[str, Any]:
    """What :meth:`Relations.cycles` is to be asked, for the argument of `persistence_diagram`.

    Raises
    ------
    ValueError
    """
    if representatives == "all":
        return {}
    if isinstance(representatives, int | np.integer) and not isinstance(representatives, bool):
        representatives = {"top": int(representatives)}
    legal = {"top", "longer_than", "bars"}
    if not isinstance(representatives, Mapping) or not set(representatives) <= legal:
        raise ValueError(
            "representatives must be 'all', how many of the longest bars, or a mapping with top, longer_than or "
            f"bars, got {representatives!r}"
        )
    _check(representatives.get("top"), representatives.get("longer_than"))
    return representatives


def _check(top: int | None, longer_than: float | None) -> None:
    if top is not None and top < 0:
        raise ValueError(f"top must not be negative, got {top}")
    if longer_than is not None and not longer_than >= 0:
        raise ValueError(f"longer_than must not be negative, got {longer_than}")


def _chosen(
    lives: NDArray[np.float64], top: int | None, longer_than: float | None, bars: Sequence[int] | None
) -> list[int]:
    """Bars that were asked for, by row."""
    _check(top, longer_than)
    if bars is not None:
        missing = [bar for bar in bars if not 0 <= bar < len(lives)]
        if missing:
            raise ValueError(f"there is no bar {missing[0]}: the diagram has {len(lives)} of dimension 1")
    chosen = np.argsort(-lives, kind="stable") if bars is None else np.asarray(bars, dtype=np.int64)
    if longer_than is not None:
        chosen = chosen[lives[chosen] > longer_than]
    return [int(bar) for bar in chosen[:top]]


class _Forest:
    """The spanning forest with roots, in which paths are found."""

    def __init__(self, relations: Relations) -> None:
        self.relations = relations
        n = int(max(relations.forest.max(initial=-1), relations.founding.max(initial=-1))) + 1
        self.parent, self.rank, self.length = _rooted(n, relations.forest, relations.merges)

    def path(self, u: int, v: int) -> Iterable[tuple[Edge, float]]:
        """Edges of the path between two points, and their lengths."""
        while u != v:
            if self.rank[u] < self.rank[v]:  # of the two it is not u that is farther down
                u, v = v, u
            yield edge_of(u, self.parent[u]), self.length[u]
            u = self.parent[u]

    def representative(self, bar: int, number: int) -> Cycle:
        """The founding cycles of the classes of a relation, or of the class that has none, added up."""
        known = self.relations
        own = known.terms[known.start[number] : known.start[number + 1]].tolist()
        lengths: dict[Edge, float] = {}
        for each in (number, *own):
            u, v = edge_of(*known.founding[each].tolist())
            for edge, length in (((u, v), known.births[each]), *self.path(u, v)):
                if lengths.pop(edge, None) is None:  # edges met twice cancel out
                    lengths[edge] = length
        birth, death = float(known.births[number]), float(known.deaths[number])
        return cycle_of(bar, birth, death, lengths, edge_of(*known.founding[number].tolist()))


def edge_of(u: int, v: int) -> Edge:
    """The edge between two points, which has no direction."""
    return (u, v) if u < v else (v, u)


def _rooted(n: int, edges: NDArray[np.int64], lengths: NDArray[np.float64]) -> tuple[list[Any], ...]:
    """Of each point its parent in the forest, its place in an order from the roots down, and the length between."""
    from scipy.sparse import coo_array  # imported late, as in the rest of the package
    from scipy.sparse.csgraph import breadth_first_order, connected_components

    u, v = edges.T
    graph = coo_array((np.ones(len(u)), (u, v)), shape=(n + 1, n + 1))
    first = np.unique(connected_components(graph, directed=False)[1][:n], return_index=True)[1]
    below = np.full(len(first), n)  # a point above the roots, for one search through all trees
    ends = (np.concatenate([u, below]), np.concatenate([v, first]))
    graph = coo_array((np.ones(len(ends[0])), ends), shape=(n + 1, n + 1))
    order, parent = breadth_first_order(graph.tocsr(), n, directed=False)
    rank = np.empty(n + 1, dtype=np.int64)
    rank[order] = np.arange(len(order))
    length = np.zeros(n + 1)
    length[np.where(rank[u] > rank[v], u, v)] = lengths
    return parent.tolist(), rank.tolist(), length.tolist()


def cycle_of(bar: int, birth: float, death: float, lengths: Mapping[Edge, float], first: Edge) -> Cycle:
    """The cycle that these edges make up, walk after walk, beginning with one of them."""
    walks = closed_walks(lengths, first)
    edges = [edge for walk in walks for edge in zip(walk, walk[1:] + walk[:1], strict=True)]
    of_edges = [lengths[edge_of(u, v)] for u, v in edges]
    return Cycle(bar, birth, death, np.array(edges, dtype=np.int64), np.array(of_edges))


def closed_walks(edges: Iterable[Edge], first: Edge) -> list[list[int]]:
    """Simple closed walks that edges make up which meet in even numbers; the first begins with that edge."""
    others: dict[int, dict[int, None]] = {}
    for u, v in (first, *edges):
        others.setdefault(u, {})[v] = None
        others.setdefault(v, {})[u] = None
    walks: list[list[int]] = []
    for start in others:
        path, place = [start], {start: 0}
        while others[path[-1]]:  # else it is back at its start, as all numbers are even
            u = path[-1]
            v = next(iter(others[u]))
            del others[u][v], others[v][u]
            if v not in place:
                place[v] = len(path)
                path.append(v)
                continue
            walks.append(path[place[v] :])
            for x in path[place[v] + 1 :]:
                del place[x]
            del path[place[v] + 1 :]
    return sorted(walks, key=lambda walk: tuple(walk[:2]) != first)
