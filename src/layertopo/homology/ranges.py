"""The total order of the pairs, cut into ranges that fit in memory."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from layertopo.homology.jit import jit
from layertopo.homology.values import INFINITE, TILE, Space, row_values

_FIRST = 32  # pairs per point in the first range
_GROWTH = 0.5  # of the pairs so far: what the next range may hold
_LEAST, _MOST = 1 << 20, 1 << 26


@jit
def _count(space: Any, value: Any, histogram: Any) -> None:
    """Count the pairs of a bucket by the lower bits of their value or, of one value, by lower point."""
    n = space.size
    sums, values = np.empty(TILE), np.empty(n, np.float32)
    bits = values.view(np.uint32)
    by_bits = histogram.size == 1 << 16
    for u in range(n):
        row_values(space, u, u + 1, sums, values)
        for v in range(u + 1, n):
            if by_bits and bits[v] >> 16 == value:
                histogram[bits[v] & 0xFFFF] += 1
            elif not by_bits and bits[v] == value:
                histogram[u] += 1


class Ranges:
    """Cuts the pairs of a cloud, from low to high, where a part has as many as it should.

    Parameters
    ----------
    space : Space
    counts : ndarray of int64
        Pairs per upper 16 bits of the value.
    most : int, optional
        Pairs that a range may hold, unless those of one value and one point are more.
    """

    def __init__(self, space: Space, counts: NDArray[np.int64], most: int = 0) -> None:
        self._space = space
        self._up_to = np.cumsum(counts)
        largest = min(max(space.size**2 // 16, _LEAST), _MOST)
        self._most = min(most, largest) if most else largest
        self._by_bits: tuple[int, NDArray[np.int64]] = (-1, counts)
        self._by_point: tuple[int, NDArray[np.int64]] = (-1, counts)

    def any_from(self, place: int) -> bool:
        """Whether there are pairs at the first place of a value, or after."""
        bits = place >> 32
        bucket = bits >> 16
        if bucket >= len(self._up_to):
            return False
        return bool(self._up_to[-1] > self._up_to[bucket] or self._of_bucket(bucket)[bits & 0xFFFF :].any())

    def cut(self, low: int, width: int) -> tuple[int, int]:
        """Where a range ends that begins at `low`, and how many pairs it holds at most.

        Places are given as in :class:`layertopo.homology.sweep.Range`, whose `width` limits how far
        it may reach.
        """
        bits, point = low >> 32, low & 0xFFFFFFFF
        bucket = bits >> 16
        before = int(self._up_to[bucket - 1]) if bucket else 0
        wanted = min(self._most, max(_FIRST * self._space.size, int(_GROWTH * before)))
        if low != bucket << 48 or self._up_to[bucket] - before > self._most:
            return self._cut_bucket(bits, point, wanted)
        end = int(np.searchsorted(self._up_to, before + wanted, side="right"))
        end = min(max(end, bucket + 1), bucket + (1 << max(0, 63 - 2 * width - 16)), INFINITE >> 16)
        return end << 48, max(1, int(self._up_to[end - 1]) - before)

    def _cut_bucket(self, bits: int, point: int, wanted: int) -> tuple[int, int]:
        """As `cut`, within the values that have the same upper bits."""
        bucket, lower = bits >> 16, bits & 0xFFFF
        counts = self._of_bucket(bucket)
        if point or counts[lower] > self._most:
            return self._cut_value(bits, point, wanted)
        up_to = np.cumsum(counts[lower:])
        end = max(1, int(np.searchsorted(up_to, wanted, side="right")))
        return (bits + end) << 32, max(1, int(up_to[end - 1]))

    def _of_bucket(self, bucket: int) -> NDArray[np.int64]:
        """Pairs of a bucket per lower 16 bits of their value."""
        if self._by_bits[0] != bucket:
            self._by_bits = (bucket, self._counted(bucket, 1 << 16))
        return self._by_bits[1]

    def _cut_value(self, bits: int, point: int, wanted: int) -> tuple[int, int]:
        """As `cut`, within the pairs of one value."""
        if self._by_point[0] != bits:
            self._by_point = (bits, self._counted(bits, self._space.size + (1 << 16)))
        up_to = np.cumsum(self._by_point[1][point : self._space.size])
        end = max(1, int(np.searchsorted(up_to, wanted, side="right")))
        if point + end >= self._space.size:
            return (bits + 1) << 32, max(1, int(up_to[-1]))
        return (bits << 32) | (point + end), max(1, int(up_to[end - 1]))

    def _counted(self, value: int, size: int) -> NDArray[np.int64]:
        histogram = np.zeros(size, dtype=np.int64)
        _count(self._space, value, histogram)
        return histogram
