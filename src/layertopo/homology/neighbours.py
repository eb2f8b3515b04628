"""The relative neighbourhood graph: the pairs without a witness.

A witness of a pair is a third point that makes an earlier pair with either end, in the total order
of the pairs: by value, then lower point, then upper point. So the graph is exact also where values
are equal. Nearly every pair of u has a witness among a few points near to u. Those are tried for all
points of a box at once, then for a leaf of points, and what is left is looked at pair by pair.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from layertopo.homology.cloud import Cloud
from layertopo.homology.jit import inlined, jit
from layertopo.homology.space import GIVEN, KEPT, WIDE, Space, given_space
from layertopo.homology.tree import all_closer, gap, next_leaf, reach
from layertopo.homology.values import (
    TILE,
    fill_rows,
    is_closer,
    pair_value,
    part_values,
    row_values,
)

_NEAREST = 32  # points tried as witnesses of a single pair
_WITNESSES = 8  # of them, in different directions: tried for boxes and leaves
_RARE = 16  # boxes are hardly tried any more where fewer than one in so many is settled
_BLOCKS = 64


@jit
def _centrality(space: Any) -> Any:
    """Sum of the values from each point to some of the points: small in the middle of the cloud."""
    n = space.size
    sums, values, total = np.empty(TILE), np.empty(n, np.float32), np.zeros(n)
    for u in range(0, n, n // _NEAREST + 1):
        row_values(space, u, 0, sums, values)
        total += values
    return total


@inlined
def _row_of_leaf(space: Any, leaf: Any, u: Any, sums: Any, values: Any, known: Any) -> None:
    """Values of u and the points of a leaf, unless they are known."""
    if known[leaf] != u:
        known[leaf] = u
        part_values(space, u, space.tree.start[leaf], space.tree.stop[leaf], sums, values)


@inlined
def _insert(near: Any, values: Any, count: Any, v: Any, value: Any) -> Any:
    """Put a point among the nearest so far, if it is one; returns how many they are."""
    if count == near.size and value >= values[count - 1]:
        return count
    count = min(count + 1, near.size)
    k = count - 1
    while k > 0 and values[k - 1] > value:
        near[k], values[k] = near[k - 1], values[k - 1]
        k -= 1
    near[k], values[k] = v, value
    return count


@jit
def _find_nearest(space: Any, u: Any, sums: Any, row: Any, known: Any, near: Any, values: Any) -> Any:
    """Points nearest to u and their values, ascending; returns how many they are."""
    tree, own, count = space.tree, space.tree.leaf[u], 0
    leaf, limit = own, np.float32(np.inf)
    while leaf < tree.start.size:
        _row_of_leaf(space, leaf, u, sums, row, known)
        for v in range(tree.start[leaf], tree.stop[leaf]):
            if v != u:
                count = _insert(near, values, count, v, row[v])
        if count == near.size:
            limit = values[count - 1]
        leaf = next_leaf(space, 0 if leaf == own else tree.skip[leaf], u, limit)
        if leaf == own:
            leaf = next_leaf(space, tree.skip[leaf], u, limit)
    return count


@jit
def _choose_witnesses(
    space: Any, near: Any, values: Any, count: Any, centrality: Any, chosen: Any, distance: Any
) -> Any:
    """Points near to u that are likely witnesses of many of its pairs, and their values; returns how many.

    The most central one, closer than u to most points, then the nearest ones in other directions:
    not closer to one another than to u.
    """
    central = np.argmin(centrality[near[:count]])
    chosen[0], distance[0] = near[central], values[central]
    n = 1
    for k in range(count):
        if n == chosen.size:
            break
        other_direction = True
        for w in chosen[:n]:
            other_direction &= pair_value(space, near[k], w) >= values[k]
        if other_direction:
            chosen[n], distance[n] = near[k], values[k]
            n += 1
    return n


@inlined
def _is_settled(space: Any, i: Any, u: Any, chosen: Any, distance: Any, n: Any) -> Any:
    """Whether one of the witnesses is one of all pairs of u and the points of node i; it comes first then."""
    nearest, farthest = gap(space, i, u), reach(space, i, u)
    for k in range(n):
        if distance[k] < nearest and all_closer(space, i, chosen[k], u, farthest):
            chosen[0], chosen[k] = chosen[k], chosen[0]
            distance[0], distance[k] = distance[k], distance[0]
            return True
    return False


@inlined
def _aim(space: Any, i: Any, w: Any, u: Any) -> Any:
    """How much closer the middle of node i is to w than to u: the lower, the more."""
    total = 0.0
    for j in range(space.rows.shape[1]):
        x = (space.tree.lower[i, j] + space.tree.upper[i, j]) / 2
        y, z = x - space.rows[w, j], x - space.rows[u, j]
        total += y * y - z * z
    return total


@inlined
def _take_best(aims: Any, n: Any) -> Any:
    best = 0
    for k in range(n):
        if aims[k] < aims[best]:
            best = k
    aims[best] = np.inf
    return best


@jit
def _settle(
    space: Any, u: Any, leaf: Any, start: Any, row: Any, chosen: Any, distance: Any, n: Any, aims: Any,
    sums: Any, others: Any, unsettled: Any,
) -> Any:  # fmt: skip
    """Settle the pairs of u and the points of a leaf, from `start`, that a chosen point is a witness of.

    Returns how many are left.
    """
    stop = space.tree.stop[leaf]
    left = 0
    for v in range(start, stop):
        unsettled[v] = row[v] < np.inf
        left += unsettled[v]
    for k in range(n):
        aims[k] = _aim(space, leaf, chosen[k], u)
    for _ in range(n):
        if left < 2:
            break
        k = _take_best(aims, n)
        part_values(space, chosen[k], start, stop, sums, others)
        near = distance[k]
        left = 0
        for v in range(start, stop):
            unsettled[v] &= (others[v] >= row[v]) | (near >= row[v])
        for v in range(start, stop):
            left += unsettled[v]
    return left


@jit
def _has_witness(
    space: Any, u: Any, v: Any, row: Any, known: Any, near: Any, values: Any, count: Any, sums: Any
) -> Any:
    """Whether some w is closer to u and to v, in the total order, than they are to each other."""
    value = row[v]
    for k in range(count):
        w = near[k]
        if values[k] > value or w == v:
            break
        if (values[k] < value or w < v) and is_closer(space, w, v, u, value):
            return True
    tree = space.tree
    leaf = next_leaf(space, 0, u, value)
    while leaf < tree.start.size:
        if gap(space, leaf, v) <= value:
            _row_of_leaf(space, leaf, u, sums, row, known)
            for w in range(tree.start[leaf], tree.stop[leaf]):
                # among the pairs of u, the order is that of the value, then of the other point
                closer_to_u = w != u and (row[w] < value or (row[w] == value and w < v))
                if closer_to_u and is_closer(space, w, v, u, value):
                    return True
        leaf = next_leaf(space, tree.skip[leaf], u, value)
    return False


@jit
def _scan_rows(space: Any, first: Any, last: Any, centrality: Any) -> Any:
    """Edges (u, v) of the relative neighbourhood graph, first <= u < last, u < v, and their values."""
    n, tree = space.size, space.tree
    sums, row, others = np.empty(TILE), np.empty(n, np.float32), np.empty(n, np.float32)
    known, unsettled = np.full(tree.start.size, -1), np.empty(n, np.bool_)
    near, values = np.empty(min(_NEAREST, n - 1), np.int64), np.empty(min(_NEAREST, n - 1), np.float32)
    chosen, distance = np.empty(_WITNESSES, np.int64), np.empty(_WITNESSES, np.float32)
    aims = np.empty(_WITNESSES)
    edges, lengths = np.empty(256, np.int64), np.empty(256, np.float32)
    found = tried = settled = 0
    for u in range(first, last):
        count = _find_nearest(space, u, sums, row, known, near, values)
        n_chosen = _choose_witnesses(space, near, values, count, centrality, chosen, distance)
        i = tree.leaf[u]
        while i < tree.start.size:
            is_leaf = tree.skip[i] == i + 1
            if settled * _RARE >= tried or (is_leaf and i & 15 == 0):
                tried += 1
                if _is_settled(space, i, u, chosen, distance, n_chosen):
                    settled += 1
                    i = tree.skip[i]
                    continue
            if is_leaf:
                start = max(tree.start[i], u + 1)
                _row_of_leaf(space, i, u, sums, row, known)
                if _settle(
                    space, u, i, start, row, chosen, distance, n_chosen, aims, sums, others, unsettled
                ):
                    for v in range(start, tree.stop[i]):
                        if unsettled[v] and not _has_witness(
                            space, u, v, row, known, near, values, count, sums
                        ):
                            if found == edges.size:
                                edges = np.concatenate((edges, np.empty_like(edges)))
                                lengths = np.concatenate((lengths, np.empty_like(lengths)))
                            edges[found], lengths[found] = (u << 32) | v, row[v]
                            found += 1
            i += 1
    return edges[:found], lengths[:found].view(np.uint32)


@dataclass(frozen=True)
class Neighbours:
    """Relative neighbourhood graph of a cloud.

    Attributes
    ----------
    cloud : Cloud
    space : Space
        Its points as compiled code takes them; or all its values, if there are many coordinates.
    edges : ndarray of int64
        ``lower point << 32 | upper point`` of its edges, in the total order.
    bits : ndarray of uint32
        Bits of their values.
    threads : int
    """

    cloud: Cloud
    space: Space
    edges: NDArray[np.int64]
    bits: NDArray[np.uint32]
    threads: int


def _kept(space: Space, threads: int, room: float) -> Space:
    """All values of a cloud of many coordinates, computed once, if they fit; else the cloud."""
    size = 4 * space.size**2
    if space.kind == GIVEN or space.columns.shape[0] < WIDE or size > min(KEPT, 0.75 * room):
        return space
    given = np.empty((space.size, space.size), dtype=np.float32)
    firsts = range(0, space.size, 64)
    with ThreadPoolExecutor(threads) as pool:
        for _ in pool.map(lambda u: fill_rows(space, u, min(u + 64, space.size), given), firsts):
            pass
    return given_space(given)


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

    edges, bits = [], []
    with ThreadPoolExecutor(threads) as pool:
        for some_edges, some_bits in pool.map(
            lambda first, last: _scan_rows(space, first, last, centrality), bounds, bounds[1:]
        ):
            edges.append(some_edges)
            bits.append(some_bits)
    all_edges, all_bits = np.concatenate(edges), np.concatenate(bits)
    order = np.lexsort((all_edges, all_bits))
    return Neighbours(cloud, space, all_edges[order], all_bits[order], threads)
