"""The total order of the pairs, cut into ranges that fit in memory.

Where a range should end is taken from a sample of the pairs. Those that it holds are counted only if they
turn out to be more than there is room for: many may have the same value.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from layertopo.homology.jit import jit
from layertopo.homology.space import Space
from layertopo.homology.tree import next_leaf, reach
from layertopo.homology.values import INFINITE, TILE, part_values, row_values

_FIRST = 32  # pairs per point in the first range
_GROWTH = 0.5  # of the pairs so far: what the next range may hold
_LEAST, _MOST = 1 << 20, 1 << 26
_SAMPLED = 1 << 22  # pairs
_ROWS = 64  # sampled at least
N_BUCKETS = 0x7F80  # finite values by their upper 16 bits: a bucket spans less than 1 % of the value


@jit
def _sample(space: Any, step: Any, histogram: Any) -> Any:
    """Count the pairs of every `step`-th point by value; returns how many points these are."""
    sums, values = np.empty(TILE), np.empty(space.size, np.float32)
    bits = values.view(np.uint32)
    rows = 0
    for u in range(0, space.size, step):
        row_values(space, u, 0, sums, values)
        for v in range(space.size):
            if v != u and bits[v] < INFINITE:
                histogram[bits[v] >> 16] += 1
        rows += 1
    return rows


@jit
def any_from(space: Any, bits: Any) -> Any:
    """Whether some pair that joins has a value of at least these bits."""
    tree = space.tree
    sums, values = np.empty(TILE), np.empty(space.size, np.float32)
    least = np.array([bits], np.uint32).view(np.float32)[0]
    for u in range(space.size):
        leaf = next_leaf(space, tree.leaf[u], u, np.float32(np.inf))
        while leaf < tree.start.size:
            if tree.lower.shape[1] == 0 or reach(space, leaf, u) >= least:
                part_values(space, u, tree.start[leaf], tree.stop[leaf], sums, values)
                for v in range(tree.start[leaf], tree.stop[leaf]):
                    if v != u and least <= values[v] < np.inf:
                        return True
            leaf = next_leaf(space, tree.skip[leaf], u, np.float32(np.inf))
    return False


class Ranges:
    """Cuts the pairs of a cloud, from low to high, where a part should have as many as are wanted.

    Parameters
    ----------
    space : Space
    most : int, optional
        Pairs that a range should hold at most.
    """

    def __init__(self, space: Space, most: int = _MOST) -> None:
        n = space.size
        histogram = np.zeros(N_BUCKETS, dtype=np.int64)
        rows = min(n, max(_ROWS, _SAMPLED // n))
        sampled = _sample(space, n // rows, histogram)
        self._up_to: NDArray[np.float64] = np.cumsum(histogram) * (n / sampled / 2)
        self.most = min(most, max(n**2 // 16, _LEAST), _MOST)
        self._first = _FIRST * n

    def before(self, place: int) -> float:
        """About how many pairs there are before a place."""
        bucket = place >> 48
        return float(self._up_to[min(bucket, N_BUCKETS) - 1]) if bucket else 0.0

    def cut(self, low: int, width: int, entered: int = 0) -> tuple[int, int]:
        """Where a range should end that begins at `low`, and how many pairs there is to be room for.

        `entered` are the pairs that were listed so far: of many pairs of nearly one value, the sample says only
        where all of them begin. Places are given as in :class:`layertopo.homology.sweep.Range`, whose `width`
        limits how far it may reach.
        """
        bucket = low >> 48
        before = self.before(low)
        wanted = min(self.most, max(self._first, int(_GROWTH * max(before, entered))))
        end = int(np.searchsorted(self._up_to, before + wanted, side="right"))
        end = min(max(end, bucket + 1), bucket + (1 << max(0, 63 - 2 * width - 16)), INFINITE >> 16)
        return end << 48, 2 * wanted + self._first
