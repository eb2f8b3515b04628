"""What becomes of a loop of one layer in another layer, or at another epoch, of the same network.

The rows that a loop goes through are points of every layer. So the same cycle, edge by edge, is a cycle there too: it is there from
its longest edge on, until it bounds in the cloud of all points of that layer. The ratio of the two scales is
that of the death and the birth of a bar; 1 says that the cycle is filled as soon as it is there. Beside it stand the ratios of
closed walks of as many edges among random points of that layer. And as some bar of that layer lives from the one scale to the other, the
ratio has a p-value there as a bar has, which is no smaller than that bar's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

from layertopo.analysis.loops import Loop, Points

#: Random walks that each loop is held against, in each layer.
WALKS = 20
#: Points that these go through: few, so that they share their edges, of which each takes a moment.
POOL = 12


def follow(loops: Sequence[Loop], points: Points | None, walks: int = WALKS) -> NDArray[np.float64]:
    """Lives of loops of other clouds in a cloud.

    Parameters
    ----------
    loops : sequence of Loop
        Of any cloud of the same data set.
    points : Points
        The cloud; None if it has no points.
    walks : int
        Number of random walks.

    Returns
    -------
    ndarray of float64, shape (n_loops, 2 + walks)
        For each loop the scale from which on it is there, the scale from which on it bounds, and the
        :func:`ratio` of these of each random walk. NaN for loops that go through rows that are no points of the cloud.
    """
    found = np.full((len(loops), 2 + walks), np.nan)
    if points is None:
        return found
    order = np.argsort(points.rows)
    random = _random_ratios(points, walks)
    for k, loop in enumerate(loops):
        places = np.searchsorted(points.rows, loop.edges, sorter=order).clip(max=len(order) - 1)
        edges = order[places]
        if (points.rows[edges] == loop.edges).all():
            found[k] = [*points.chains.life(edges), *random(len(edges))]
    return found


def _random_ratios(points: Points, walks: int) -> Callable[[int], list[float]]:
    """Function from a number of edges to the ratios of random closed walks of so many, the same for equal clouds."""

    n = min(POOL, len(points.rows))
    pool = np.random.default_rng(0).choice(len(points.rows), n, replace=False)

    @cache
    def ratios(n_edges: int) -> list[float]:
        rng = np.random.default_rng(n_edges)
        found = []
        for _ in range(walks):
            walk = pool[
                np.cumsum(rng.integers(1, max(2, n), n_edges)) % n
            ]  # each step leads to another point
            life = points.chains.life(np.column_stack([walk, np.roll(walk, -1)]))
            found.append(float(ratio(*np.array(life))))
        return found

    return ratios


def ratio(there: NDArray[np.float64], bounds: NDArray[np.float64]) -> NDArray[np.float64]:
    """How many times as large the scale is at which a cycle bounds as that from which on it is there.

    1 if it bounds as soon as it is there, also where all its points are one; infinite if it never bounds; NaN
    if it is never there, or not known.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where((there == bounds) & np.isfinite(there), 1.0, bounds / there)
