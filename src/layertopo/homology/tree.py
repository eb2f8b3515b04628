"""What the boxes of a tree say of values: bounds that hold for the rounded numbers as they are.

Sums over the coordinates are taken in the order in which values are summed, and rounding never turns
the order of two numbers round. So a sum whose terms are no larger is no larger, rounded, than the value.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from layertopo.homology.jit import inlined
from layertopo.homology.space import MAXIMUM, SQUARES, SUM

#: What two sums must differ by, in units of the larger one, to differ after rounding: twice 2**-23;
_CLEAR = 2.4e-7
_LEAST = 2.0**-148  # and twice the step of the smallest numbers.


@inlined
def with_term(kind: Any, total: Any, difference: Any) -> Any:
    """What the coordinates of a pair add up to, with one more, in which they differ by so much."""
    if kind == SQUARES:
        return total + difference * difference
    if kind == SUM:
        return total + difference
    return max(total, difference)


@inlined
def gap(space: Any, i: Any, u: Any) -> Any:
    """A value that no pair of u and a point of node i is below."""
    lower, upper = space.tree.lower, space.tree.upper
    total = 0.0
    for j in range(lower.shape[1]):
        x = space.rows[u, j]
        away = max(lower[i, j] - x, x - upper[i, j], 0.0)
        total = with_term(space.kind, total, away)
    return np.float32(total)


@inlined
def reach(space: Any, i: Any, u: Any) -> Any:
    """A value that no pair of u and a point of node i is above; not for values that are given."""
    lower, upper = space.tree.lower, space.tree.upper
    total = 0.0
    for j in range(lower.shape[1]):
        x = space.rows[u, j]
        away = max(x - lower[i, j], upper[i, j] - x)
        total = with_term(space.kind, total, away)
    return np.float32(total)


@inlined
def all_closer(space: Any, i: Any, w: Any, u: Any, farthest: Any) -> Any:
    """Whether all points of node i are closer to w than to u, of which `farthest` is the `reach`.

    May say no where they are. The difference of the two is a sum over the coordinates, each term of
    which is largest at an end of the box's side.

    Let U and W be the squared distances of u and w to that corner. Differences of coordinates are rounded
    once, so the sum of d terms is off by (8 + 2 d) 2**-53 (U + W) at most, wherever the origin is. If it is
    negative, W < 2 U, and U is at most `farthest`: far below what `_CLEAR` leaves for it.
    """
    if space.kind >= MAXIMUM:
        return False
    lower, upper = space.tree.lower, space.tree.upper
    total = 0.0
    for j in range(lower.shape[1]):
        x, y = space.rows[u, j], space.rows[w, j]
        end = upper[i, j] if x > y else lower[i, j]
        if space.kind == SQUARES:
            total += (x - y) * ((end - x) + (end - y))
        else:
            total += abs(end - y) - abs(end - x)
    return total < -_CLEAR * farthest - _LEAST


@inlined
def next_leaf(space: Any, i: Any, u: Any, value: Any) -> Any:
    """From node i on, the first leaf that may hold a point no farther than that value from u."""
    tree = space.tree
    while i < tree.start.size:
        if gap(space, i, u) > value:
            i = tree.skip[i]
        elif tree.skip[i] > i + 1:
            i += 1
        else:
            break
    return i
