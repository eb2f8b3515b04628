"""Pairs of points in order of length: the relative neighbourhood graph, and all pairs up to a scale.

Pairs are put in a total order by their *key*: the filtration value (a non-negative single-precision
number, whose bits as an integer are ordered as it is) in the upper 32 bits, the pair's index
``u * n + v``, u < v, in the lower. One pass over all pairs finds the relative neighbourhood graph
and counts the pairs per range of values; further passes list the pairs of a range. No pass stores
more than it returns, and the blocks of rows it works in make its result independent of the number
of threads.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from layertopo.homology.cloud import GIVEN, MAX_POINTS, SQUARES, SUM, Cloud
from layertopo.homology.jit import jit

Keys = NDArray[np.uint64]

TILE = 512  # points whose values are computed together: their sums stay in the first-level cache
_WITNESSES = 4  # tried for a whole row: each settles most of what is left, at the price of a row of values
_NEAREST = 32
N_BUCKETS = 0x7F80  # finite values by their upper 16 bits: a bucket spans less than 1 % of the value
_BLOCKS = 64
_SLAB = 1 << 18  # pairs sorted at a time, unless a single bucket holds more


def values_of(keys: Keys) -> NDArray[np.float32]:
    """Filtration values of pairs."""
    return (keys >> np.uint64(32)).astype(np.uint32).view(np.float32)


@jit
def row_values(columns: Any, kind: Any, u: Any, start: Any, sums: Any, out: Any) -> None:
    """Values of the pairs (u, v), v >= start, into ``out[start:]``; `sums` holds `TILE` numbers."""
    n = columns.shape[1]
    if kind == GIVEN:
        for v in range(start, n):
            out[v] = columns[u, v]
        return
    for tile in range(start, n, TILE):
        width = min(TILE, n - tile)
        sums[:width] = 0.0
        for j in range(columns.shape[0]):
            x = columns[j, u]
            column = columns[j, tile : tile + width]
            if kind == SQUARES:
                for i in range(width):
                    sums[i] += (column[i] - x) * (column[i] - x)
            elif kind == SUM:
                for i in range(width):
                    sums[i] += abs(column[i] - x)
            else:
                for i in range(width):
                    sums[i] = max(sums[i], abs(column[i] - x))
        for i in range(width):
            out[tile + i] = sums[i]


@jit
def pair_value(columns: Any, kind: Any, u: Any, v: Any) -> Any:
    """Value of one pair: the same number as in `row_values`."""
    if kind == GIVEN:
        return np.float32(columns[u, v])
    total = 0.0
    for j in range(columns.shape[0]):
        difference = abs(columns[j, v] - columns[j, u])
        if kind == SQUARES:
            total += difference * difference
        elif kind == SUM:
            total += difference
        else:
            total = max(total, difference)
    return np.float32(total)


@jit
def _is_closer(columns: Any, kind: Any, w: Any, v: Any, u: Any, value: Any) -> Any:
    """Whether the pair (w, v) comes before the pair (u, v), of that value, in the total order."""
    other = pair_value(columns, kind, w, v)
    return other < value or (other == value and w < u)


@jit
def _sort_nearest(values: Any, u: Any, nearest: Any) -> None:
    """The points nearest to u, nearest first, equally near ones by their number."""
    count = 0
    for v in range(values.size):
        if v == u or (count == nearest.size and values[v] >= values[nearest[count - 1]]):
            continue
        count = min(count + 1, nearest.size)
        k = count - 1
        while k > 0 and values[nearest[k - 1]] > values[v]:
            nearest[k] = nearest[k - 1]
            k -= 1
        nearest[k] = v


@jit
def _centrality(columns: Any, kind: Any) -> Any:
    """Sum of the values from each point to some of the points: small in the middle of the cloud."""
    n = columns.shape[1]
    sums, values, total = np.empty(TILE), np.empty(n, np.float32), np.zeros(n)
    for u in range(0, n, n // _NEAREST + 1):
        row_values(columns, kind, u, 0, sums, values)
        total += values
    return total


@jit
def _choose_witnesses(
    columns: Any, kind: Any, values: Any, nearest: Any, centrality: Any, chosen: Any
) -> Any:
    """Points near to u that are likely witnesses of many of its pairs; returns how many.

    The most central one, closer than u to most points, then the nearest ones in other directions:
    not closer to one another than to u.
    """
    chosen[0] = nearest[np.argmin(centrality[nearest])]
    count = 1
    for w in nearest:
        if count == chosen.size:
            break
        other_direction = True
        for x in chosen[:count]:
            other_direction &= pair_value(columns, kind, w, x) >= values[w]
        if other_direction:
            chosen[count] = w
            count += 1
    return count


@jit
def _has_witness(columns: Any, kind: Any, u: Any, v: Any, values: Any, nearest: Any) -> Any:
    """Whether some w is closer to u and to v, in the total order, than they are to each other."""
    value = values[v]
    for w in nearest:
        if w == v:
            return False  # all points closer to u were tried
        if _is_closer(columns, kind, w, v, u, value):
            return True
    for w in range(values.size):
        # among the pairs of u, the order is that of the value, then of the other point
        closer_to_u = w != u and (values[w] < value or (values[w] == value and w < v))
        if closer_to_u and _is_closer(columns, kind, w, v, u, value):
            return True
    return False


@jit
def _scan_rows(columns: Any, kind: Any, first: Any, last: Any, centrality: Any, histogram: Any) -> Any:
    """Keys of the relative neighbourhood graph's edges (u, v), first <= u < last, u < v.

    Adds the number of pairs per bucket of values to `histogram`. Nearly every pair has a witness
    among a few points near to u: those are tried for a whole row at once.
    """
    n = columns.shape[1]
    sums = np.empty(TILE)
    values = np.empty(n, np.float32)
    bits = values.view(np.uint32)
    others = np.empty(n, np.float32)
    open_pairs = np.empty(n, np.bool_)
    nearest = np.empty(min(_NEAREST, n - 1), np.int64)
    chosen = np.empty(_WITNESSES, np.int64)
    keys = np.empty(256, np.uint64)
    found = 0
    for u in range(first, last):
        row_values(columns, kind, u, 0, sums, values)
        _sort_nearest(values, u, nearest)
        open_pairs[u + 1 :] = True
        count = _choose_witnesses(columns, kind, values, nearest, centrality, chosen)
        for w in chosen[:count]:
            row_values(columns, kind, w, u + 1, sums, others)
            near = values[w]
            for v in range(u + 1, n):
                open_pairs[v] &= (others[v] >= values[v]) | (near >= values[v])
        for v in range(u + 1, n):
            histogram[bits[v] >> 16] += 1
            if open_pairs[v] and not _has_witness(columns, kind, u, v, values, nearest):
                if found == keys.size:
                    keys = np.concatenate((keys, np.empty_like(keys)))
                keys[found] = (np.uint64(bits[v]) << np.uint64(32)) | np.uint64(u * n + v)
                found += 1
    return keys[:found]


@jit
def _list_rows(
    columns: Any, kind: Any, first: Any, last: Any, slab_of: Any, position: Any, keys: Any
) -> None:
    """Write the keys of the pairs (u, v), first <= u < last, u < v, each at its slab's position."""
    n = columns.shape[1]
    sums = np.empty(TILE)
    values = np.empty(n, np.float32)
    bits = values.view(np.uint32)
    for u in range(first, last):
        row_values(columns, kind, u, u + 1, sums, values)
        for v in range(u + 1, n):
            slab = slab_of[bits[v] >> 16]
            if slab >= 0:
                keys[position[slab]] = (np.uint64(bits[v]) << np.uint64(32)) | np.uint64(u * n + v)
                position[slab] += 1


@jit
def _enclosing_value(columns: Any, kind: Any) -> Any:
    n = columns.shape[1]
    sums, values = np.empty(TILE), np.empty(n, np.float32)
    smallest = np.float32(np.inf)
    for u in range(n):
        row_values(columns, kind, u, 0, sums, values)
        smallest = min(smallest, values.max())
    return smallest


def enclosing_value(cloud: Cloud) -> np.float32:
    """Filtration value of the enclosing radius: from there on some point is joined to all others."""
    return np.float32(_enclosing_value(cloud.columns, cloud.kind))


@jit
def _farthest_points(columns: Any, kind: Any, start: Any, size: Any) -> Any:
    n = columns.shape[1]
    sums, values = np.empty(TILE), np.empty(n, np.float32)
    nearest = np.full(n, np.float32(np.inf))
    taken = np.empty(size, np.int64)
    u = start
    for i in range(size):
        taken[i] = u
        row_values(columns, kind, u, 0, sums, values)
        for v in range(n):
            nearest[v] = min(nearest[v], values[v])
        u = np.argmax(nearest)
        if nearest[u] == 0:
            return taken[: i + 1], nearest[u]
    return taken, nearest[u]


def farthest_points(cloud: Cloud, start: int, size: int) -> tuple[NDArray[np.int64], np.float32]:
    """Points of a farthest-point sample in order, and the value of its covering radius."""
    taken, value = _farthest_points(cloud.columns, cloud.kind, start, size)
    return taken, np.float32(value)


@dataclass(frozen=True)
class Pairs:
    """All pairs of a cloud's points, listed on demand.

    Attributes
    ----------
    cloud : Cloud
    neighbours : ndarray of uint64
        Keys, ascending, of the relative neighbourhood graph: pairs without a witness, that is
        without a third point that makes a closer pair with either end (closer in the total order
        of the keys, so that the graph is exact also where distances are equal).
    counts : ndarray of int64, shape (n_blocks, n_buckets)
        Pairs per block of rows and bucket of values.
    threads : int
    """

    cloud: Cloud
    neighbours: Keys
    counts: NDArray[np.int64]
    threads: int

    def between(self, low: int, high: int) -> Iterator[Keys]:
        """Keys of the pairs whose bucket is in [low, high), ascending, slab by slab."""
        counts = self.counts[:, low:high]
        slabs = _slabs(counts.sum(axis=0))
        slab_of = np.full(N_BUCKETS, -1)
        slab_of[low:high] = slabs
        sizes = np.add.reduceat(counts, np.flatnonzero(np.diff(slabs, prepend=-1)), axis=1)
        ends = np.cumsum(sizes.T).reshape(sizes.T.shape).T
        keys = np.empty(sizes.sum(), dtype=np.uint64)
        columns, kind = self.cloud.columns, self.cloud.kind

        def list_block(block: int, first: int, last: int) -> None:
            position = (ends[block] - sizes[block]).copy()
            _list_rows(columns, kind, first, last, slab_of, position, keys)

        bounds = _blocks(self.cloud.size)
        with ThreadPoolExecutor(self.threads) as pool:
            list(pool.map(list_block, range(len(bounds) - 1), bounds, bounds[1:]))
            parts = np.split(keys, ends[-1, :-1])
            # slabs are sorted by the other threads while the caller works on the ones before
            yield from pool.map(_sorted, parts) if self.threads > 1 else map(_sorted, parts)


def scan(cloud: Cloud, threads: int = 1) -> Pairs:
    """Relative neighbourhood graph of a cloud of at least two points, and its pairs.

    Raises
    ------
    ValueError
        If the cloud has more than `MAX_POINTS` points.
    """
    if cloud.size > MAX_POINTS:
        raise ValueError(
            f"at most {MAX_POINTS} distinct points can be computed, got {cloud.size}: take a sample"
        )
    bounds = _blocks(cloud.size)
    centrality = _centrality(cloud.columns, cloud.kind)
    counts = np.zeros((len(bounds) - 1, N_BUCKETS), dtype=np.int64)

    def scan_block(block: int, first: int, last: int) -> Keys:
        return np.asarray(_scan_rows(cloud.columns, cloud.kind, first, last, centrality, counts[block]))

    with ThreadPoolExecutor(threads) as pool:
        edges = list(pool.map(scan_block, range(len(bounds) - 1), bounds, bounds[1:]))
    return Pairs(cloud, np.sort(np.concatenate(edges)), counts, threads)


def bucket(value: np.float32) -> int:
    """Bucket that a filtration value is in."""
    return int(value.view(np.uint32)) >> 16


def last_key(value: np.float32) -> np.uint64:
    """Key after those of all pairs of a value."""
    return np.uint64((int(value.view(np.uint32)) << 32) | 0xFFFFFFFF)


def _blocks(n: int) -> list[int]:
    """Bounds of blocks of rows; the number of blocks depends on n alone."""
    return np.linspace(0, n, min(_BLOCKS, n // 64 + 1) + 1).astype(int).tolist()


def _slabs(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Slab of each bucket: consecutive buckets together until they hold about `_SLAB` pairs."""
    slabs: NDArray[np.int64] = (np.cumsum(counts) - counts) // _SLAB
    return np.unique(slabs, return_inverse=True)[1].astype(np.int64)


def _sorted(keys: Keys) -> Keys:
    keys.sort()
    return keys
