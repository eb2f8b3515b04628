"""What the lune of an edge says of its annotation.

With the edge e = (u, v) enter the triangles (u, v, w), one for each w of the lune: the points that
make an earlier edge with u and with v. Each says that e is annotated a(u, w) + a(w, v). If two of
them disagree, that is a relation between the classes.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from layertopo.homology.bits import ONE, bit, lowest, n_words
from layertopo.homology.circles import MOST
from layertopo.homology.classes import are_equal
from layertopo.homology.jit import inlined, jit
from layertopo.homology.tree import gap, next_leaf
from layertopo.homology.values import TILE, is_closer, pair_value, part_values
from layertopo.homology.vertices import NONE

NOTHING, AGREED, CONFLICT, NEIGHBOURS_NEEDED = range(4)
_SEEN = -1


class Scratch(NamedTuple):
    """Work space of `look`; `mark` and `skip` are zero between calls.

    Attributes
    ----------
    mark : ndarray of int64, shape (n,)
        Annotation that a point of the lune has at u.
    hits : ndarray of int64, shape (n,)
        Points of the lune that are in one of the lists.
    skip : ndarray of uint64
        The same points as bits.
    sums : ndarray of float64, shape (TILE,)
    rows_u, rows_v, names_u, names_v : ndarrays of int64
        Bit rows at u and at v and their annotations, from 1; 0 is what none of them holds.
    agree : ndarray of bool, two-dimensional
        Whether a point in these two rows says what the first witness says.
    """

    mark: NDArray[np.int64]
    hits: NDArray[np.int64]
    skip: NDArray[np.uint64]
    sums: NDArray[np.float64]
    rows_u: NDArray[np.int64]
    rows_v: NDArray[np.int64]
    names_u: NDArray[np.int64]
    names_v: NDArray[np.int64]
    agree: NDArray[np.bool_]


def new_scratch(n: int, alike_from: int) -> Scratch:
    """Work space for n vertices, whose bit rows hold at least `alike_from` edges each."""
    rows = n // alike_from + 2 + (1 << MOST)  # those written by maps may hold fewer

    def few() -> NDArray[np.int64]:
        return np.zeros(rows, dtype=np.int64)

    return Scratch(
        mark=np.zeros(n, dtype=np.int64),
        hits=np.zeros(n, dtype=np.int64),
        skip=np.zeros(n_words(n), dtype=np.uint64),
        sums=np.empty(TILE),
        rows_u=few(),
        rows_v=few(),
        names_u=few(),
        names_v=few(),
        agree=np.zeros((rows, rows), dtype=np.bool_),
    )


@inlined
def _in_rows(vertices: Any, u: Any, w: Any) -> Any:
    """Annotation of the edge (u, w), if one of the bit rows at u holds it; else 0."""
    row = vertices.row[u]
    while row != NONE:
        if bit(vertices.alike[row], w):
            return vertices.annotation[row]
        row = vertices.next_row[row]
    return 0


@inlined
def _hit(scratch: Any, w: Any, count: Any) -> Any:
    scratch.hits[count] = w
    scratch.skip[w >> 6] |= ONE << np.uint64(w & 63)
    return count + 1


@inlined
def _are_joined(space: Any, vertices: Any, w: Any, v: Any, u: Any, value: Any) -> Any:
    """Whether the pair (w, v), one of them active, comes before (u, v), which has that value and is next."""
    if vertices.near.shape[1] == 0:
        return is_closer(space, w, v, u, value)
    slot = vertices.slot[v]
    if slot == NONE:
        return bit(vertices.near[vertices.slot[w]], v) != 0
    return bit(vertices.near[slot], w) != 0


@inlined
def _look_at_lists(space: Any, vertices: Any, classes: Any, scratch: Any, u: Any, v: Any, value: Any) -> Any:
    """What the points of the lune say that are in a list at u or at v, and how many they are.

    The first witness says a + b; c + d is something else that another one says. All are -1 if there
    is no such witness.
    """
    a: Any = -1
    b: Any = -1
    c: Any = -1
    d: Any = -1
    count = 0
    for i in range(vertices.first[u], vertices.first[u] + vertices.size[u]):
        w = np.int64(vertices.who[i])
        if _are_joined(space, vertices, w, v, u, value):
            scratch.mark[w] = vertices.what[i]
            count = _hit(scratch, w, count)
    for i in range(vertices.first[v], vertices.first[v] + vertices.size[v]):
        w = np.int64(vertices.who[i])
        if _are_joined(space, vertices, w, u, v, value):
            x, y = scratch.mark[w], np.int64(vertices.what[i])
            if x == 0:
                x = _in_rows(vertices, u, w)
                count = _hit(scratch, w, count)
            scratch.mark[w] = _SEEN
            if a < 0:
                a, b = x, y
            elif c < 0 and not are_equal(classes, a, b, x, y):
                c, d = x, y
    for i in range(count):
        w = scratch.hits[i]
        x = scratch.mark[w]
        scratch.mark[w] = 0
        if x != _SEEN and c < 0:
            y = _in_rows(vertices, v, w)
            if a < 0:
                a, b = x, y
            elif not are_equal(classes, a, b, x, y):
                c, d = x, y
    return a, b, c, d, count


@inlined
def _has_open(space: Any, vertices: Any, scratch: Any, u: Any, v: Any, value: Any, row: Any) -> Any:
    """Whether the lune has a point that is in no list, where there are no bit rows."""
    if vertices.near.shape[1] == 0:
        return _has_open_near(space, scratch, u, v, value, row)
    return _first_open(vertices, scratch, u, v) >= 0


@jit
def _has_open_near(space: Any, scratch: Any, u: Any, v: Any, value: Any, row: Any) -> Any:
    """As `_has_open`, where no neighbours are written down: `row` holds values, `sums` is scratch."""
    tree = space.tree
    leaf = next_leaf(space, 0, u, value)
    while leaf < tree.start.size:
        if gap(space, leaf, v) <= value:
            part_values(space, u, tree.start[leaf], tree.stop[leaf], scratch.sums, row)
            for w in range(tree.start[leaf], tree.stop[leaf]):
                closer_to_u = w != u and (row[w] < value or (row[w] == value and w < v))
                if closer_to_u and not bit(scratch.skip, w) and is_closer(space, w, v, u, value):
                    return True
        leaf = next_leaf(space, tree.skip[leaf], u, value)
    return False


@inlined
def _rows_at(vertices: Any, v: Any, rows: Any, names: Any) -> Any:
    """Write down the bit rows at a vertex, from 1; returns how many there are."""
    count = 0
    row = vertices.row[v]
    while row != NONE:
        count += 1
        rows[count], names[count] = row, vertices.annotation[row]
        row = vertices.next_row[row]
    return count


@inlined
def _agreeing(outside: Any, inside: Any, scratch: Any, p: Any, q: Any, k: Any) -> Any:
    """Word k of the points that say what the first witness says.

    `inside` holds the bit rows; `outside` the same, or what is to be taken for them where a point in
    none of them is meant.
    """
    rows_u, rows_v, agree = scratch.rows_u, scratch.rows_v, scratch.agree
    any_u = any_v = agreeing = np.uint64(0)
    for i in range(1, p + 1):
        any_u |= outside[rows_u[i], k]
    for j in range(1, q + 1):
        any_v |= outside[rows_v[j], k]
    for i in range(p + 1):
        at_u = inside[rows_u[i], k] if i else ~any_u
        if at_u:
            at_v = ~any_v if agree[i, 0] else np.uint64(0)
            for j in range(1, q + 1):
                if agree[i, j]:
                    at_v |= inside[rows_v[j], k]
            agreeing |= at_u & at_v
    return agreeing


@inlined
def _agreeing_of_two(outside_u: Any, outside_v: Any, inside_u: Any, inside_v: Any, agree: Any) -> Any:
    """As `_agreeing`, where there is one bit row at most on each side."""
    agreeing = np.uint64(0)
    if agree[0, 0]:
        agreeing |= ~outside_u & ~outside_v
    if agree[0, 1]:
        agreeing |= ~outside_u & inside_v
    if agree[1, 0]:
        agreeing |= inside_u & ~outside_v
    if agree[1, 1]:
        agreeing |= inside_u & inside_v
    return agreeing


@inlined
def _first_open(vertices: Any, scratch: Any, u: Any, v: Any) -> Any:
    """The first point of the lune that is in no list, -1 if there is none."""
    at_u, at_v = vertices.slot[u], vertices.slot[v]
    for block in range(vertices.near_some.shape[1]):
        words = vertices.near_some[at_u, block] & vertices.near_some[at_v, block]
        while words:
            k = block * 64 + lowest(words)
            lune = vertices.near[at_u, k] & vertices.near[at_v, k] & ~scratch.skip[k]
            if lune:
                return k * 64 + lowest(lune)
            words &= words - ONE
    return -1


@inlined
def _look_at_rows(vertices: Any, classes: Any, scratch: Any, u: Any, v: Any, a: Any, b: Any) -> Any:
    """As `_look_at_lists`, for the points that are in no list, given what the first witness says."""
    if a < 0:
        w = _first_open(vertices, scratch, u, v)
        if w < 0:
            return -1, -1, -1, -1
        a, b = _in_rows(vertices, u, w), _in_rows(vertices, v, w)
    p = _rows_at(vertices, u, scratch.rows_u, scratch.names_u)
    q = _rows_at(vertices, v, scratch.rows_v, scratch.names_v)
    for i in range(p + 1):
        for j in range(q + 1):
            scratch.agree[i, j] = are_equal(classes, a, b, scratch.names_u[i], scratch.names_v[j])
    w = _first_disagreeing(vertices, scratch, vertices.slot[u], vertices.slot[v], p, q)
    if w < 0:
        return a, b, -1, -1
    return a, b, _in_rows(vertices, u, w), _in_rows(vertices, v, w)


@inlined
def _first_disagreeing(vertices: Any, scratch: Any, at_u: Any, at_v: Any, p: Any, q: Any) -> Any:
    """A point of the lune, in no list, that says something else than the first witness; -1 if none does."""
    near_u, near_v, skip = vertices.near[at_u], vertices.near[at_v], scratch.skip
    rows, some, full, agree = vertices.alike, vertices.alike_some, vertices.alike_full, scratch.agree
    row_u = scratch.rows_u[1] if p else 0
    row_v = scratch.rows_v[1] if q else 0
    few = p <= 1 and q <= 1
    for block in range(vertices.near_some.shape[1]):
        words = vertices.near_some[at_u, block] & vertices.near_some[at_v, block]
        if words == 0:
            continue
        if few:
            words &= ~_agreeing_of_two(
                some[row_u, block], some[row_v, block], full[row_u, block], full[row_v, block], agree
            )
        else:
            words &= ~_agreeing(some, full, scratch, p, q, block)
        while words:
            k = block * 64 + lowest(words)
            lune = near_u[k] & near_v[k] & ~skip[k]
            if lune:
                if few:
                    at_row_u, at_row_v = rows[row_u, k], rows[row_v, k]
                    lune &= ~_agreeing_of_two(at_row_u, at_row_v, at_row_u, at_row_v, agree)
                else:
                    lune &= ~_agreeing(rows, rows, scratch, p, q, k)
                if lune:
                    return k * 64 + lowest(lune)
            words &= words - ONE
    return -1


@inlined
def look(space: Any, vertices: Any, classes: Any, scratch: Any, u: Any, v: Any, row: Any) -> Any:
    """What the lune of the edge (u, v) says, where u is active and all annotations are normal.

    Returns
    -------
    outcome : int
        `NOTHING`: the edge is annotated zero. `AGREED`: it is annotated a + b. `CONFLICT`: one
        witness says a + b, another c + d. `NEIGHBOURS_NEEDED`: v must be made active first.
    a, b, c, d : int
    """
    value = pair_value(space, u, v) if vertices.near.shape[1] == 0 else np.float32(0)
    if vertices.slot[v] == NONE:
        if vertices.row[u] != NONE:
            return NEIGHBOURS_NEEDED, -1, -1, -1, -1
        for i in range(vertices.first[u], vertices.first[u] + vertices.size[u]):
            # the other end of an annotated edge is active, so that it knows its neighbours
            if _are_joined(space, vertices, np.int64(vertices.who[i]), v, u, value):
                return NEIGHBOURS_NEEDED, -1, -1, -1, -1
        return NOTHING, -1, -1, -1, -1
    a, b, c, d, count = _look_at_lists(space, vertices, classes, scratch, u, v, value)
    if c < 0:
        if vertices.row[u] != NONE or vertices.row[v] != NONE:
            a, b, c, d = _look_at_rows(vertices, classes, scratch, u, v, a, b)
        elif a != b and _has_open(space, vertices, scratch, u, v, value, row):
            c = d = 0
    for i in range(count):
        scratch.skip[scratch.hits[i] >> 6] = 0
    if c >= 0:
        return CONFLICT, a, b, c, d
    if a == b:
        return NOTHING, a, b, c, d
    return AGREED, a, b, c, d
