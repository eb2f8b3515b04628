"""The filtration values of pairs of points, in compiled code.

A value is a non-negative single-precision number; its bits, as an integer, are ordered as it is.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from layertopo.homology.jit import inlined, jit
from layertopo.homology.space import GIVEN, SQUARES, SUM
from layertopo.homology.tree import next_leaf, with_term

TILE = 512  # points whose values are computed together: their sums stay in the first-level cache
_COLUMNS = 64  # points of a tile that is used for many rows
INFINITE = 0x7F800000  # bits of the value of a pair that never joins


def value_at(place: int) -> np.float32:
    """Value of the pairs at a place of the total order, ``bits of the value << 32 | lower point``."""
    return np.array([min(place >> 32, INFINITE)], dtype=np.uint32).view(np.float32)[0]


@jit
def tile_values(space: Any, u: Any, start: Any, width: Any, sums: Any, out: Any) -> None:
    """Values of the pairs (u, v), start <= v < start + width, at their place in `out`.

    `sums` holds `TILE` numbers, and the width is no larger.
    """
    columns = space.columns
    if space.kind == GIVEN:
        out[start : start + width] = space.given[u, start : start + width]
        return
    sums[:width] = 0.0
    for j in range(columns.shape[0]):
        x = columns[j, u]
        column = columns[j, start : start + width]
        if space.kind == SQUARES:
            for i in range(width):
                sums[i] += (column[i] - x) * (column[i] - x)
        elif space.kind == SUM:
            for i in range(width):
                sums[i] += abs(column[i] - x)
        else:
            for i in range(width):
                sums[i] = max(sums[i], abs(column[i] - x))
    for i in range(width):
        out[start + i] = sums[i]


@jit
def part_values(space: Any, u: Any, start: Any, stop: Any, sums: Any, out: Any) -> None:
    """Values of the pairs (u, v), start <= v < stop, at their place in `out`; `sums` holds `TILE` numbers."""
    for tile in range(start, stop, TILE):
        tile_values(space, u, tile, min(TILE, stop - tile), sums, out)


@jit
def row_values(space: Any, u: Any, start: Any, sums: Any, out: Any) -> None:
    """Values of the pairs (u, v), v >= start, into ``out[start:]``; `sums` holds `TILE` numbers."""
    part_values(space, u, start, space.size, sums, out)


@jit
def fill_rows(space: Any, first: Any, last: Any, given: Any) -> None:
    """Values of the pairs (u, v), first <= u < last, u <= v, into both halves of a matrix.

    A tile of columns stays in the cache while all these rows are computed.
    """
    n = space.size
    sums = np.empty(TILE)
    for tile in range(first, n, _COLUMNS):
        width = min(_COLUMNS, n - tile)
        for u in range(first, last):
            tile_values(space, u, tile, width, sums, given[u])
        for v in range(max(tile, last), tile + width):
            for u in range(first, last):
                given[v, u] = given[u, v]


@inlined
def pair_value(space: Any, u: Any, v: Any) -> Any:
    """Value of one pair: the same number as in `row_values`."""
    if space.kind == GIVEN:
        return space.given[u, v]
    total = 0.0
    for j in range(space.rows.shape[1]):
        total = with_term(space.kind, total, abs(space.rows[v, j] - space.rows[u, j]))
    return np.float32(total)


@inlined
def is_closer(space: Any, w: Any, v: Any, u: Any, value: Any) -> Any:
    """Whether the pair (w, v) comes before the pair (u, v), of that value, in the total order."""
    other = pair_value(space, w, v)
    return other < value or (other == value and w < u)


@jit
def extremes(space: Any) -> Any:
    """Values of the enclosing radius, from which on some point is joined to all others, and of the last pair.

    The first is infinite if no point is ever joined to all others; the second leaves out what never joins.
    """
    sums, values = np.empty(TILE), np.empty(space.size, np.float32)
    radius, last = np.float32(np.inf), np.float32(0)
    for u in range(space.size):
        row_values(space, u, 0, sums, values)
        values[u] = 0
        radius = min(radius, values.max())
        for v in range(space.size):
            if values[v] < np.inf:
                last = max(last, values[v])
    return radius, last


@jit
def farthest_points(space: Any, start: Any, size: Any) -> Any:
    """Points of a farthest-point sample in order, and the value of its covering radius."""
    n = space.size
    sums, values = np.empty(TILE), np.empty(n, np.float32)
    nearest = np.full(n, np.float32(np.inf))
    taken = np.empty(size, np.int64)
    u = start
    for i in range(size):
        taken[i] = u
        row_values(space, u, 0, sums, values)
        for v in range(n):
            nearest[v] = min(nearest[v], values[v])
        u = np.argmax(nearest)
        if nearest[u] == 0:
            return taken[: i + 1], nearest[u]
    return taken, nearest[u]


@jit
def pairs_up_to(space: Any, value: Any) -> Any:
    """Lower points, upper points and values of all pairs up to a value."""
    n, tree = space.size, space.tree
    sums, values = np.empty(TILE), np.empty(n, np.float32)
    lower, upper = np.empty(n, np.int64), np.empty(n, np.int64)
    found = np.empty(n, np.float32)
    count = 0
    for u in range(n):
        if count + n > found.size:
            lower = np.concatenate((lower, np.empty_like(lower)))
            upper = np.concatenate((upper, np.empty_like(upper)))
            found = np.concatenate((found, np.empty_like(found)))
        leaf = next_leaf(space, tree.leaf[u], u, value)
        while leaf < tree.start.size:
            start = max(tree.start[leaf], u + 1)
            part_values(space, u, start, tree.stop[leaf], sums, values)
            for v in range(start, tree.stop[leaf]):
                if values[v] <= value and values[v] < np.inf:
                    lower[count], upper[count], found[count] = u, v, values[v]
                    count += 1
            leaf = next_leaf(space, tree.skip[leaf], u, value)
    return lower[:count], upper[:count], found[:count]
