"""Neighbours and hops at which clouds have the Betti numbers that they are known to have.

**The rule.** Of the numbers of neighbours that are tried, from the least to the largest, the first for which the graph of
each cloud falls into as many parts as the cloud has. Then the first of the scales, in hops, at which each cloud has all its
Betti numbers; if there is none, the next number of neighbours for which the parts are right, and so on. The number of parts
does not depend on the scale, as points that are joined by hops are joined by edges.

It is the order in which Naitzat, Zhitnikov and Lim, "Topology of deep neural networks", J. Mach. Learn. Res. 21(184), 2020,
chose theirs on the inputs of their networks: neighbours by Betti number 0, then the scale by the others. Which of several
numbers of neighbours that are right they took, they do not say. All clouds, the classes of a data set, share one choice.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile

import numpy as np
from numpy.typing import NDArray

from layertopo.topology.at_scale import homology_of_rows
from layertopo.topology.metrics import neighbour_graph, rows_within_hops

Points = NDArray[np.float64]
Betti = tuple[int, ...]


@dataclass(frozen=True)
class Trial:
    """Betti numbers at one number of neighbours and one scale.

    Attributes
    ----------
    neighbours : int
        How many others each point is joined to.
    scale : int
        Hops up to which points are joined; 0 if the number of parts of a graph was wrong and all else was left.
    betti : tuple of tuple of int
        Of each cloud the numbers from dimension 0 up, as many as are known of it; one if the scale is 0.
    right : bool
        Whether all are those that are known.
    """

    neighbours: int
    scale: int
    betti: tuple[Betti, ...]
    right: bool


@dataclass(frozen=True)
class Choice:
    """What the rule chose, and what it tried.

    Attributes
    ----------
    chosen : Trial or None
        None if no trial was right.
    trials : tuple of Trial
        In the order of neighbours, then scale: up to the choice all scales, after it the chosen one, up to the first
        number of neighbours that is not right.
    also : Trial or None
        What was asked for besides.
    """

    chosen: Trial | None
    trials: tuple[Trial, ...]
    also: Trial | None = None

    @property
    def stable_neighbours(self) -> list[int]:
        """Numbers of neighbours, one after the other from the chosen one on, that are right at the chosen scale."""
        chosen = self.chosen
        if chosen is None:
            return []
        same = [
            each
            for each in self.trials
            if each.neighbours >= chosen.neighbours and each.scale in (0, chosen.scale)
        ]
        return [each.neighbours for each in takewhile(lambda each: each.right, same)]

    @property
    def stable_scales(self) -> list[int]:
        """Scales, one after the other from the chosen one on, that are right with the chosen number of neighbours."""
        chosen = self.chosen
        if chosen is None:
            return []
        same = [each for each in self.trials if each.neighbours == chosen.neighbours]
        later = [each for each in same if each.scale >= chosen.scale]
        return [each.scale for each in takewhile(lambda each: each.right, later)]


def choose(
    clouds: Sequence[Points],
    known: Sequence[Sequence[int]],
    *,
    neighbours: Sequence[int],
    scales: Sequence[int] = (1, 2, 3),
    mutual: bool = False,
    also: tuple[int, int] | None = None,
) -> Choice:
    """Choose the number of neighbours and the scale by the rule of this module.

    Parameters
    ----------
    clouds : sequence of ndarray, shape (n, n_coordinates)
        Distinct points of each.
    known : sequence of sequence of int
        Betti numbers of each, from dimension 0 up.
    neighbours, scales : sequence of int
        What is tried, each 1 or more.
    mutual : bool
        Whether an edge of the graph needs that both are neighbours of each other.
    also : tuple of int, optional
        Neighbours and scale that are tried in any case.

    Returns
    -------
    Choice
    """
    expected = tuple(tuple(int(number) for number in each) for each in known)

    trials: list[Trial] = []
    chosen, stable = None, True
    for count in sorted(set(neighbours)):
        if chosen is None:
            new = list(_trials(clouds, expected, count, sorted(set(scales)), mutual))
            chosen = next((each for each in new if each.right), None)
        elif stable:
            new = list(_trials(clouds, expected, count, [chosen.scale], mutual))
            stable = all(each.right for each in new)
        else:
            break
        trials += new
    besides = next(_trials(clouds, expected, also[0], [also[1]], mutual)) if also else None
    return Choice(chosen, tuple(trials), besides)


def _trials(
    clouds: Sequence[Points],
    expected: tuple[Betti, ...],
    neighbours: int,
    scales: Sequence[int],
    mutual: bool,
) -> Iterator[Trial]:
    """At every scale; one only if the number of parts of a graph is wrong."""
    graphs = [neighbour_graph(points, neighbours, mutual) for points in clouds]
    parts = tuple((_parts(graph),) for graph in graphs)
    if parts != tuple(each[:1] for each in expected):
        yield Trial(neighbours, 0, parts, False)
        return
    for scale in scales:
        found = tuple(
            _betti(rows_within_hops(graph, scale), len(each))
            for graph, each in zip(graphs, expected, strict=True)
        )
        yield Trial(neighbours, scale, found, found == expected)


def _parts(graph: object) -> int:
    from scipy.sparse.csgraph import connected_components

    return int(connected_components(graph, directed=False, return_labels=False))


def _betti(rows: NDArray[np.uint64], count: int) -> Betti:
    bars = homology_of_rows(rows, dimensions=range(count)).bars
    return tuple(int(np.isinf(bars[dimension][:, 1]).sum()) for dimension in range(count))
