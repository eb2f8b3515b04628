"""The relative neighbourhood graph, from all pairs: those without a witness.

A witness of a pair is a third point that makes an earlier pair with either end, in the total order
of the pairs: by value, then lower point, then upper point. So the graph is exact also where values
are equal. Nearly every pair has a witness among a few points near to one end: those are tried for a
whole row of pairs at once. The pairs are counted by value on the way.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from layertopo.homology.cloud import Cloud
from layertopo.homology.jit import jit
from layertopo.homology.values import (
    GIVEN,
    INFINITE,
    TILE,
    Space,
    fill_rows,
    pair_value,
    row_values,
    tile_values,
)

_WITNESSES = 4  # tried for a whole row: each settles most of what is left, at the price of a row of values
_NEAREST = 32
_TILE = 128
_WIDE = 32  # coordinates from which on the values are computed once and kept, if there is room
_KEPT = 1 << 31  # bytes that they may take
N_BUCKETS = 0x7F80  # finite values by their upper 16 bits: a bucket spans less than 1 % of the value
_BLOCKS = 64


@jit
def _is_closer(space: Any, w: Any, v: Any, u: Any, value: Any) -> Any:
    """Whether the pair (w, v) comes before the pair (u, v), of that value, in the total order."""
    other = pair_value(space, w, v)
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
def _centrality(space: Any) -> Any:
    """Sum of the values from each point to some of the points: small in the middle of the cloud."""
    n = space.size
    sums, values, total = np.empty(TILE), np.empty(n, np.float32), np.zeros(n)
    for u in range(0, n, n // _NEAREST + 1):
        row_values(space, u, 0, sums, values)
        total += values
    return total


@jit
def _choose_witnesses(space: Any, values: Any, nearest: Any, centrality: Any, chosen: Any) -> Any:
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
            other_direction &= pair_value(space, w, x) >= values[w]
        if other_direction:
            chosen[count] = w
            count += 1
    return count


@jit
def _has_witness(space: Any, u: Any, v: Any, values: Any, nearest: Any) -> Any:
    """Whether some w is closer to u and to v, in the total order, than they are to each other."""
    value = values[v]
    for w in nearest:
        if w == v:
            return False  # all points closer to u were tried
        if _is_closer(space, w, v, u, value):
            return True
    for w in range(values.size):
        # among the pairs of u, the order is that of the value, then of the other point
        closer_to_u = w != u and (values[w] < value or (values[w] == value and w < v))
        if closer_to_u and _is_closer(space, w, v, u, value):
            return True
    return False


@jit
def _settle(space: Any, w: Any, u: Any, values: Any, sums: Any, others: Any, unsettled: Any) -> None:
    """Settle the pairs (u, v) that w is a witness of, tile by tile: near points come together, so that
    many tiles have no pair left to settle.
    """
    near = values[w]
    for tile in range(u + 1, space.size, _TILE):
        width = min(_TILE, space.size - tile)
        left = 0
        for v in range(tile, tile + width):
            left += unsettled[v]
        if left:
            tile_values(space, w, tile, width, sums, others)
            for v in range(tile, tile + width):
                unsettled[v] &= (others[v] >= values[v]) | (near >= values[v])


@jit
def _scan_rows(space: Any, first: Any, last: Any, centrality: Any, histogram: Any) -> Any:
    """Edges (u, v) of the relative neighbourhood graph, first <= u < last, u < v, and their values.

    Adds the number of pairs per bucket of values to `histogram`.
    """
    n = space.size
    sums = np.empty(TILE)
    values, others = np.empty(n, np.float32), np.empty(n, np.float32)
    bits = values.view(np.uint32)
    unsettled = np.empty(n, np.bool_)
    nearest = np.empty(min(_NEAREST, n - 1), np.int64)
    chosen = np.empty(_WITNESSES, np.int64)
    edges, lengths = np.empty(256, np.int64), np.empty(256, np.uint32)
    found = 0
    for u in range(first, last):
        row_values(space, u, 0, sums, values)
        _sort_nearest(values, u, nearest)
        unsettled[u + 1 :] = True
        count = _choose_witnesses(space, values, nearest, centrality, chosen)
        for w in chosen[:count]:
            _settle(space, w, u, values, sums, others, unsettled)
        for v in range(u + 1, n):
            if bits[v] >= INFINITE:
                continue
            histogram[bits[v] >> 16] += 1
            if unsettled[v] and not _has_witness(space, u, v, values, nearest):
                if found == edges.size:
                    edges = np.concatenate((edges, np.empty_like(edges)))
                    lengths = np.concatenate((lengths, np.empty_like(lengths)))
                edges[found], lengths[found] = (u << 32) | v, bits[v]
                found += 1
    return edges[:found], lengths[:found]


@dataclass(frozen=True)
class Neighbours:
    """Relative neighbourhood graph of a cloud, and how many pairs there are of which values.

    Attributes
    ----------
    cloud : Cloud
    space : Space
        Its points as compiled code takes them; or all its values, if there are many coordinates.
    edges : ndarray of int64
        ``lower point << 32 | upper point`` of its edges, in the total order.
    bits : ndarray of uint32
        Bits of their values.
    counts : ndarray of int64, shape (N_BUCKETS,)
        Pairs per bucket: per upper 16 bits of the value.
    threads : int
    """

    cloud: Cloud
    space: Space
    edges: NDArray[np.int64]
    bits: NDArray[np.uint32]
    counts: NDArray[np.int64]
    threads: int


def _kept(space: Space, threads: int, room: float) -> Space:
    """All values of a cloud of many coordinates, computed once, if they fit; else the cloud."""
    size = 4 * space.size**2
    if space.kind == GIVEN or space.columns.shape[0] < _WIDE or size > min(_KEPT, 0.75 * room):
        return space
    given = np.empty((space.size, space.size), dtype=np.float32)
    firsts = range(0, space.size, 64)
    with ThreadPoolExecutor(threads) as pool:
        for _ in pool.map(lambda u: fill_rows(space, u, min(u + 64, space.size), given), firsts):
            pass
    return space._replace(columns=np.zeros((0, 0)), given=given, kind=GIVEN)


def scan(cloud: Cloud, threads: int = 1, room: float = np.inf) -> Neighbours:
    """Relative neighbourhood graph of a cloud of at least two points.

    Parameters
    ----------
    cloud : Cloud
    threads : int
    room : float
        Bytes that may be taken.
    """
    n, space = cloud.size, _kept(cloud.space, threads, room)
    bounds = np.linspace(0, n, min(_BLOCKS, n // 64 + 1) + 1).astype(int).tolist()
    centrality = _centrality(space)

    def scan_block(first: int, last: int) -> tuple[Any, Any, Any]:
        histogram = np.zeros(N_BUCKETS, dtype=np.int64)
        edges, bits = _scan_rows(space, first, last, centrality, histogram)
        return edges, bits, histogram

    counts = np.zeros(N_BUCKETS, dtype=np.int64)
    edges, bits = [], []
    with ThreadPoolExecutor(threads) as pool:
        for some_edges, some_bits, histogram in pool.map(scan_block, bounds, bounds[1:]):
            edges.append(some_edges)
            bits.append(some_bits)
            counts += histogram
    all_edges, all_bits = np.concatenate(edges), np.concatenate(bits)
    order = np.lexsort((all_edges, all_bits))
    return Neighbours(cloud, space, all_edges[order], all_bits[order], counts, threads)
