"""The filtration, an edge at a time, where it matters: at the vertices that are active.

An edge neither of whose ends is active is annotated zero, and nobody will ask for it: it is not
listed, sorted or stored. The edges of a range of values that have an active end are listed and
sorted; where a vertex becomes active within the range, the rest of its edges are a further stream.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from layertopo.homology.bits import sort
from layertopo.homology.classes import N_BORN, N_DEAD, NO_ROOM, add, bear, kill
from layertopo.homology.jit import inlined, jit, kernel
from layertopo.homology.lune import AGREED, CONFLICT, NEIGHBOURS_NEEDED, NOTHING, look
from layertopo.homology.tree import next_leaf
from layertopo.homology.values import TILE, part_values, value_at
from layertopo.homology.vertices import (
    NEED_ROWS,
    NONE,
    NOTHING_MISSING,
    annotate,
    join,
    make_room,
    take_slot,
    tidy,
)

END = NOTHING_MISSING
NEED_SUMS, NEED_SLOT, NEED_KEYS = range(NEED_ROWS + 1, NEED_ROWS + 4)  # as well as those of lists and rows
N_STREAMS, N_KEYS = range(2)


class Range(NamedTuple):
    """Part of the total order of the pairs, by value, then lower point, then upper point.

    Attributes
    ----------
    low, high : int
        ``bits of the value << 32 | lower point`` of the first pair, and of the first one after.
    base : int
        Bits of the smallest value.
    width : int
        Bits of the number of a point. The *key* of a pair is ``(bits - base) << 2 * width`` plus
        ``lower point << width`` plus the upper point.
    last : float32
        A value that no pair of the range is above.
    """

    low: int
    high: int
    base: int
    width: int
    last: np.float32


def range_of(low: int, high: int, width: int) -> Range:
    """The range between two places."""
    return Range(low, high, low >> 32, width, value_at(high))


class Feed(NamedTuple):
    """Ascending streams of keys, and a heap of their first keys.

    Attributes
    ----------
    keys, later : ndarrays of uint64
        Those listed before the sweep of the range, and those of vertices that have become active.
    position, stop : ndarrays of int64
        Where each stream goes on, and its end. Stream 0 and those below `n_first` are in `keys`.
    top, stream : ndarrays
        The heap: first keys, and whose they are.
    n_first : int
    counters : ndarray of int64
        Streams in the heap, and keys used of `later`.
    sums, values : scratch, `TILE` numbers and one per vertex.
    """

    keys: NDArray[np.uint64]
    later: NDArray[np.uint64]
    position: NDArray[np.int64]
    stop: NDArray[np.int64]
    top: NDArray[np.uint64]
    stream: NDArray[np.int64]
    n_first: int
    counters: NDArray[np.int64]
    sums: NDArray[np.float64]
    values: NDArray[np.float32]


@inlined
def _place(bits: Any, u: Any) -> Any:
    """Place of the pairs of a value and lower point in the total order."""
    return (np.int64(bits) << 32) | u


@jit
def list_rows(
    space: Any, vertices: Any, part: Any, active: Any, fresh: Any, whole: Any, first: Any, step: Any, keys: Any,
    shift: Any, counts: Any,
) -> Any:  # fmt: skip
    """List or count the pairs in a range of every `step`-th active vertex, from `first`.

    Neighbours that come before the range are written down at vertices that are `fresh`. If the cloud
    is active as a `whole`, a pair is listed at its lower point; else where its other end is not
    active, or at its lower point.

    Returns how many keys were written to `keys`; -1 if there is no room for all. If `counts` has
    entries, pairs are counted there instead: the first one those of the first ``2 ** shift`` places.
    """
    tree = space.tree
    sums, values = np.empty(TILE), np.empty(space.size, np.float32)
    bits = values.view(np.uint32)
    count = 0
    low, high, last = part.low, part.high, part.last
    for i in range(first, active.size, step):
        x = active[i]
        start = x + 1 if whole and not fresh[x] else 0
        leaf = next_leaf(space, tree.leaf[x] if start else 0, x, last)
        while leaf < tree.start.size:
            begin, stop = max(start, tree.start[leaf]), tree.stop[leaf]
            if counts.size == 0 and count + stop - begin > keys.size:
                return -1
            part_values(space, x, begin, stop, sums, values)
            for w in range(begin, stop):
                place = _place(bits[w], min(w, x))
                if w == x or place >= high:
                    continue
                if place < low:
                    if fresh[x]:
                        join(vertices, x, w, 0)
                elif w > x or vertices.slot[w] == NONE:
                    if counts.size:
                        counts[(place - low) >> shift] += 1
                    else:
                        keys[count] = _key(part, bits[w], min(w, x), max(w, x))
                        count += 1
            leaf = next_leaf(space, tree.skip[leaf], x, last)
    return count


@inlined
def _key(part: Any, bits: Any, u: Any, v: Any) -> Any:
    return np.uint64(((np.int64(bits) - part.base) << (2 * part.width)) | (u << part.width) | v)


@inlined
def _sift_down(feed: Any, i: Any) -> None:
    n = feed.counters[N_STREAMS]
    key, stream = feed.top[i], feed.stream[i]
    while 2 * i + 1 < n:
        child = 2 * i + 1
        if child + 1 < n and feed.top[child + 1] < feed.top[child]:
            child += 1
        if feed.top[child] >= key:
            break
        feed.top[i], feed.stream[i] = feed.top[child], feed.stream[child]
        i = child
    feed.top[i], feed.stream[i] = key, stream


@kernel
def push(feed: Any, stream: Any) -> None:
    """Put a stream that is not empty into the heap."""
    key = (feed.keys if stream < feed.n_first else feed.later)[feed.position[stream]]
    i = feed.counters[N_STREAMS]
    feed.counters[N_STREAMS] += 1
    while i > 0 and feed.top[(i - 1) >> 1] > key:
        feed.top[i], feed.stream[i] = feed.top[(i - 1) >> 1], feed.stream[(i - 1) >> 1]
        i = (i - 1) >> 1
    feed.top[i], feed.stream[i] = key, stream


@inlined
def _pop(feed: Any) -> None:
    """Go to the next key."""
    stream = feed.stream[0]
    feed.position[stream] += 1
    if feed.position[stream] < feed.stop[stream]:
        keys = feed.keys if stream < feed.n_first else feed.later
        feed.top[0] = keys[feed.position[stream]]
    else:
        feed.counters[N_STREAMS] -= 1
        last = feed.counters[N_STREAMS]
        feed.top[0], feed.stream[0] = feed.top[last], feed.stream[last]
    _sift_down(feed, 0)


@kernel
def _activate(
    space: Any, vertices: Any, part: Any, feed: Any, x: Any, current: Any, sums: Any, values: Any
) -> Any:
    """Make x active as of the key `current`, its later edges a further stream; returns what is missing."""
    start = feed.counters[N_KEYS]
    if start + space.size > feed.later.size:
        return NEED_KEYS
    if not take_slot(vertices, x):
        return NEED_SLOT
    tree, bits, count = space.tree, values.view(np.uint32), start
    leaf = next_leaf(space, 0, x, part.last)
    while leaf < tree.start.size:
        part_values(space, x, tree.start[leaf], tree.stop[leaf], sums, values)
        for w in range(tree.start[leaf], tree.stop[leaf]):
            u, v = min(w, x), max(w, x)
            place = _place(bits[w], u)
            if w == x or place >= part.high:
                continue
            key = _key(part, bits[w], u, v)
            if place < part.low or key < current:
                join(vertices, x, w, 0)
            elif key > current and vertices.slot[w] == NONE:
                feed.later[count] = key
                count += 1
        leaf = next_leaf(space, tree.skip[leaf], x, part.last)
    if count > start:
        sort(feed.later, start, count)
        stream = feed.n_first + x
        feed.position[stream], feed.stop[stream] = start, count
        feed.counters[N_KEYS] = count
        push(feed, stream)
    return END


@inlined
def _write(vertices: Any, u: Any, v: Any, annotation: Any) -> Any:
    """Annotate the edge (u, v) at both ends; returns what is missing."""
    missing = make_room(vertices, u)
    if missing == 0:
        missing = make_room(vertices, v)
    if missing == 0:
        annotate(vertices, u, v, annotation)
        annotate(vertices, v, u, annotation)
    return missing


@inlined
def _enter(
    space: Any, vertices: Any, classes: Any, scratch: Any, part: Any, feed: Any, u: Any, v: Any, key: Any,
    value: Any, sums: Any, values: Any,
) -> Any:  # fmt: skip
    """Annotate an edge whose lune is not empty, killing what must die.

    Returns what is missing, and the annotation.

    If something is, what was done so far holds, and the edge can enter again.
    """
    if vertices.slot[u] == NONE:
        u, v = v, u
    while True:
        nothing_at_u = vertices.size[u] == 0 and vertices.row[u] == NONE
        if nothing_at_u and vertices.size[v] == 0 and vertices.row[v] == NONE:
            return END, 0
        if nothing_at_u:  # then v is active
            u, v = v, u
        n_dead = classes.counters[N_DEAD]
        if not (tidy(vertices, classes, u, n_dead) and tidy(vertices, classes, v, n_dead)):
            return NEED_SUMS, 0
        outcome, a, b, c, d = look(space, vertices, classes, scratch, u, v, values)
        if outcome == NOTHING:
            return END, 0
        if outcome == AGREED:
            annotation = add(classes, a, b)
            if annotation == NO_ROOM:
                return NEED_SUMS, 0
            return _write(vertices, u, v, annotation), annotation
        if outcome == CONFLICT:
            if kill(classes, a, b, c, d, value) == NO_ROOM:
                return NEED_SUMS, 0
        elif outcome == NEIGHBOURS_NEEDED:
            missing = _activate(space, vertices, part, feed, v, key, sums, values)
            if missing:
                return missing, 0


@kernel
def advance(
    space: Any, vertices: Any, classes: Any, scratch: Any, part: Any, feed: Any, births: Any
) -> Any:  # fmt: skip
    """Let the edges of the streams enter until they end, all classes are dead, or something is missing.

    `births` are the edges ``lower point << 32 | upper point`` at which a class is born, in order.
    Returns what is missing; `END` if nothing is.
    """
    sums, values = feed.sums, feed.values
    mask = (1 << part.width) - 1
    while feed.counters[N_STREAMS] and classes.counters[N_DEAD] < births.size:
        key = feed.top[0]
        pair = np.int64(key)
        u, v = (pair >> part.width) & mask, pair & mask
        born = classes.counters[N_BORN]
        missing, annotation = END, 0
        if born < births.size and births[born] == (u << 32) | v:
            missing = make_room(vertices, u)
            if missing == 0:
                missing = make_room(vertices, v)
            if missing == 0:
                annotation = bear(classes)
                missing = NEED_SUMS if annotation == NO_ROOM else _write(vertices, u, v, annotation)
        else:
            value = np.uint32((key >> np.uint64(2 * part.width)) + np.uint64(part.base))
            missing, annotation = _enter(
                space, vertices, classes, scratch, part, feed, u, v, key, value, sums, values
            )
        if missing:
            return missing
        if vertices.slot[u] != NONE:
            join(vertices, u, v, annotation)
        if vertices.slot[v] != NONE:
            join(vertices, v, u, annotation)
        # an edge that made an end active has put a stream into the heap, later than itself
        _pop(feed)
    return END
