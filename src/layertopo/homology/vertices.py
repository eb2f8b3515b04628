"""What each vertex knows of its annotated edges: short lists, and bit rows where many are annotated alike.

A vertex is *active* while one of its edges carries an annotation that is not zero (or one is about
to). Only active vertices keep a row of their neighbours; all else that the sweep needs to know of an
edge is found at its active end.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from layertopo.homology.bits import ONE, n_words
from layertopo.homology.classes import NO_ROOM, normal_form
from layertopo.homology.jit import inlined, kernel

NONE = -1
NOTHING_MISSING, NEED_ENTRIES, NEED_ROWS = range(3)  # what there may be no room for
_SMALLEST = 4  # entries of the smallest chunk of a list
_LEAST_ALIKE = 16
N_ENTRIES, N_FREE_ROWS, FREE_ROW, N_FREE_SLOTS = range(4)


class Vertices(NamedTuple):
    """Annotated edges at each vertex, and the neighbours of the active ones.

    Attributes
    ----------
    slot : ndarray of int64, shape (n,)
        Row of `near` that belongs to the vertex; -1 if it is not active.
    first, size, room : ndarrays of int64, shape (n,)
        Its list: where it begins, its length, and the length of the chunk it lies in.
    clean : ndarray of int64, shape (n,)
        How many classes had died when its annotations were last in normal form.
    row : ndarray of int64, shape (n,)
        Its first bit row; -1 if it has none.
    who, what : ndarrays of int32
        Entries of all lists: the other end of an edge, and its annotation.
    free : ndarray of int64, shape (48,)
        Chunks that are free, by the logarithm of their length; the next one is in the first entry of each: its
        lower 32 bits in `who`, the others in `what`.
    near, near_some : ndarrays of uint64
        Neighbours of active vertices, and which words of those rows hold a bit. Rows of no words where
        neighbours are not written down, but known from the values.
    free_slots : ndarray of int64
        Rows of `near` that are free.
    alike, alike_some, alike_full : ndarrays of uint64
        Edges of a vertex that carry one and the same annotation, and which words of those rows hold
        a bit, and which all neighbours of that word (of some this may not be known). Row 0 is empty, and no vertex has it.
    annotation, next_row : ndarrays of int64
        The annotation of each such row, and the vertex's next one.
    tally : scratch, zero between calls; an entry per sum of classes.
    counters : ndarray of int64
    alike_from : int
        How many edges annotated alike are moved from a list to a bit row.
    """

    slot: NDArray[np.int64]
    first: NDArray[np.int64]
    size: NDArray[np.int64]
    room: NDArray[np.int64]
    clean: NDArray[np.int64]
    row: NDArray[np.int64]
    who: NDArray[np.int32]
    what: NDArray[np.int32]
    free: NDArray[np.int64]
    near: NDArray[np.uint64]
    near_some: NDArray[np.uint64]
    free_slots: NDArray[np.int64]
    alike: NDArray[np.uint64]
    alike_some: NDArray[np.uint64]
    alike_full: NDArray[np.uint64]
    annotation: NDArray[np.int64]
    next_row: NDArray[np.int64]
    tally: NDArray[np.int32]
    counters: NDArray[np.int64]
    alike_from: int


def new_vertices(n: int, alike_from: int = 0, *, rows_of_bits: bool = True) -> Vertices:
    """That many vertices, none of them active.

    By default a bit row is made while it is still larger than the entries that it replaces: it is faster.
    Without rows of bits, neighbours are not written down, and annotations are in lists only.
    """
    words = n_words(n) if rows_of_bits else 0
    blocks = n_words(words)

    def none() -> NDArray[np.int64]:
        return np.full(n, NONE)

    def rows(length: int, number: int = 0) -> NDArray[np.uint64]:
        return np.zeros((number, length), dtype=np.uint64)

    return Vertices(
        slot=none(),
        first=none(),
        size=np.zeros(n, dtype=np.int64),
        room=np.zeros(n, dtype=np.int64),
        clean=np.zeros(n, dtype=np.int64),
        row=none(),
        who=np.zeros(1024, dtype=np.int32),
        what=np.zeros(1024, dtype=np.int32),
        free=np.full(48, NONE),
        near=rows(words),
        near_some=rows(blocks),
        free_slots=np.zeros(0, dtype=np.int64),
        alike=rows(words, 1),
        alike_some=rows(blocks, 1),
        alike_full=rows(blocks, 1),
        annotation=np.zeros(1, dtype=np.int64),
        next_row=np.full(1, NONE),
        tally=np.zeros(256, dtype=np.int32),
        counters=np.array([0, 0, NONE, 0]),
        alike_from=alike_from or max(_LEAST_ALIKE, n // 512),
    )


def whole_vertices(n: int, rows: int, clean: int, alike_from: int) -> Vertices:
    """That many vertices, all of them active, with room for so many bit rows each: of v from ``v * rows + 1`` on.

    Row v of `near` is that of v. All rows are empty, and no vertex has a bit row yet.
    """
    blank = new_vertices(n, alike_from)
    words, blocks = blank.near.shape[1], blank.near_some.shape[1]

    def empty(number: int, length: int) -> NDArray[np.uint64]:
        return np.zeros((number, length), dtype=np.uint64)

    return blank._replace(
        slot=np.arange(n),
        free_slots=np.zeros(n, dtype=np.int64),
        clean=np.full(n, clean),
        annotation=np.zeros(n * rows + 1, dtype=np.int64),
        next_row=np.full(n * rows + 1, NONE),
        near=empty(n, words),
        near_some=empty(n, blocks),
        alike=empty(n * rows + 1, words),
        alike_some=empty(n * rows + 1, blocks),
        alike_full=empty(n * rows + 1, blocks),
    )


def free_empty_rows(vertices: Vertices) -> None:
    """Let bit rows that no vertex has be used."""
    empty = np.flatnonzero(vertices.annotation == 0)[1:]
    vertices.next_row[empty] = np.append(empty[1:], vertices.counters[FREE_ROW])[: len(empty)]
    vertices.counters[N_FREE_ROWS] += len(empty)
    vertices.counters[FREE_ROW] = empty[0] if len(empty) else vertices.counters[FREE_ROW]


def more_entries(vertices: Vertices, number: int) -> Vertices:
    """The same, with room for that many more entries of lists."""
    extra = np.zeros(max(number, len(vertices.who) // 2), dtype=np.int32)
    return vertices._replace(
        who=np.concatenate([vertices.who, extra]), what=np.concatenate([vertices.what, extra])
    )


def more_slots(vertices: Vertices, number: int) -> Vertices:
    """The same, with room for that many more active vertices at least."""
    old = len(vertices.near)
    new = min(len(vertices.slot), max(old + number, old + old // 2, 64))
    vertices.counters[N_FREE_SLOTS] += new - old
    free = np.zeros(new, dtype=np.int64)
    free[: new - old] = np.arange(old, new)
    kept = vertices.counters[N_FREE_SLOTS] - (new - old)
    free[new - old : new - old + kept] = vertices.free_slots[:kept]
    return vertices._replace(
        free_slots=free,
        near=_lengthened(vertices.near, new),
        near_some=_lengthened(vertices.near_some, new),
    )


def more_rows(vertices: Vertices) -> Vertices:
    """The same, with room for more bit rows."""
    old = len(vertices.alike)
    new = old + max(64, old // 2)
    next_row = np.concatenate([vertices.next_row, np.arange(old + 1, new + 1)])
    next_row[-1] = vertices.counters[FREE_ROW]
    vertices.counters[FREE_ROW] = old
    vertices.counters[N_FREE_ROWS] += new - old
    return vertices._replace(
        next_row=next_row,
        alike=_lengthened(vertices.alike, new),
        alike_some=_lengthened(vertices.alike_some, new),
        alike_full=_lengthened(vertices.alike_full, new),
        annotation=_lengthened(vertices.annotation, new),
    )


def _lengthened(array: NDArray[Any], length: int) -> NDArray[Any]:
    longer = np.zeros((length, *array.shape[1:]), dtype=array.dtype)
    longer[: len(array)] = array
    return longer


@kernel
def take_slot(vertices: Any, v: Any) -> Any:
    """Make a vertex active, so far without neighbours; False if there is no row left."""
    if vertices.counters[N_FREE_SLOTS] == 0:
        return False
    vertices.counters[N_FREE_SLOTS] -= 1
    slot = vertices.free_slots[vertices.counters[N_FREE_SLOTS]]
    vertices.slot[v] = slot
    vertices.near[slot, :] = 0
    vertices.near_some[slot, :] = 0
    return True


@kernel
def _give_slot(vertices: Any, v: Any) -> None:
    vertices.free_slots[vertices.counters[N_FREE_SLOTS]] = vertices.slot[v]
    vertices.counters[N_FREE_SLOTS] += 1
    vertices.slot[v] = NONE


@kernel
def _logarithm(length: Any) -> Any:
    power = 0
    while 1 << power < length:
        power += 1
    return power


@kernel
def _free_chunk(vertices: Any, v: Any) -> None:
    if vertices.room[v]:
        power, start = _logarithm(vertices.room[v]), vertices.first[v]
        vertices.who[start] = np.int32(vertices.free[power] & 0xFFFFFFFF)
        vertices.what[start] = np.int32(vertices.free[power] >> 32)
        vertices.free[power] = start
        vertices.room[v] = 0


@kernel
def _chunk(vertices: Any, length: Any) -> Any:
    """Where a free chunk of that length begins, or `NO_ROOM`."""
    power = _logarithm(length)
    start = vertices.free[power]
    if start != NONE:
        lower = np.int64(vertices.who[start]) & 0xFFFFFFFF
        vertices.free[power] = (np.int64(vertices.what[start]) << 32) | lower
        return start
    start = vertices.counters[N_ENTRIES]
    if start + length > vertices.who.size:
        return NO_ROOM
    vertices.counters[N_ENTRIES] += length
    return start


@inlined
def _put(vertices: Any, v: Any, row: Any, w: Any) -> None:
    """Set a bit of a bit row at v, and keep what sums it up."""
    k = w >> 6
    vertices.alike[row, k] |= ONE << np.uint64(w & 63)
    vertices.alike_some[row, k >> 6] |= ONE << np.uint64(k & 63)
    if vertices.near[vertices.slot[v], k] == 0:  # it will be the only neighbour in the word
        vertices.alike_full[row, k >> 6] |= ONE << np.uint64(k & 63)


@kernel
def _sum_up(vertices: Any, v: Any, row: Any) -> None:
    """Write down which words of a bit row at v hold a bit, and which hold all neighbours."""
    slot = vertices.slot[v]
    for k in range(vertices.alike.shape[1]):
        word = vertices.alike[row, k]
        if word:
            vertices.alike_some[row, k >> 6] |= ONE << np.uint64(k & 63)
            if word == vertices.near[slot, k]:
                vertices.alike_full[row, k >> 6] |= ONE << np.uint64(k & 63)


@inlined
def join(vertices: Any, v: Any, w: Any, annotation: Any) -> None:
    """Let the active vertex v know that w is a neighbour, after the edge was annotated."""
    if vertices.near.shape[1] == 0:
        return
    slot, k = vertices.slot[v], w >> 6
    vertices.near[slot, k] |= ONE << np.uint64(w & 63)
    vertices.near_some[slot, k >> 6] |= ONE << np.uint64(k & 63)
    row = vertices.row[v]
    while row != NONE:
        if vertices.annotation[row] != annotation:  # w is not in it
            vertices.alike_full[row, k >> 6] &= ~(ONE << np.uint64(k & 63))
        row = vertices.next_row[row]


@inlined
def row_of(vertices: Any, v: Any, annotation: Any) -> Any:
    """The vertex's bit row of an annotation, -1 if there is none."""
    row = vertices.row[v]
    while row != NONE and vertices.annotation[row] != annotation:
        row = vertices.next_row[row]
    return row


@kernel
def _new_row(vertices: Any, v: Any, annotation: Any) -> Any:
    row = vertices.counters[FREE_ROW]
    vertices.counters[FREE_ROW] = vertices.next_row[row]
    vertices.counters[N_FREE_ROWS] -= 1
    vertices.alike[row, :] = 0
    vertices.alike_some[row, :] = 0
    vertices.alike_full[row, :] = 0
    vertices.annotation[row] = annotation
    vertices.next_row[row] = vertices.row[v]
    vertices.row[v] = row
    return row


@kernel
def _move_to_rows(vertices: Any, v: Any) -> None:
    """Move the entries of a list that there is a bit row for."""
    kept = vertices.first[v]
    for i in range(vertices.first[v], vertices.first[v] + vertices.size[v]):
        row = row_of(vertices, v, vertices.what[i])
        if row == NONE:
            vertices.who[kept], vertices.what[kept] = vertices.who[i], vertices.what[i]
            kept += 1
        else:
            _put(vertices, v, row, np.int64(vertices.who[i]))
    vertices.size[v] = kept - vertices.first[v]


@kernel
def _gather_alike(vertices: Any, v: Any) -> Any:
    """Make bit rows of annotations that many entries of a list carry; False if there is no room."""
    start, stop = vertices.first[v], vertices.first[v] + vertices.size[v]
    wanted = 0
    for i in range(start, stop):
        vertices.tally[vertices.what[i]] += 1
        wanted += vertices.tally[vertices.what[i]] == vertices.alike_from
    enough = vertices.counters[N_FREE_ROWS] >= wanted
    for i in range(start, stop):
        annotation = vertices.what[i]
        if enough and vertices.tally[annotation] >= vertices.alike_from:
            _new_row(vertices, v, annotation)
        vertices.tally[annotation] = 0
    if enough and wanted:
        _move_to_rows(vertices, v)
        row = vertices.row[v]
        for _ in range(wanted):  # the new ones come first
            _sum_up(vertices, v, row)
            row = vertices.next_row[row]
    return enough


@inlined
def make_room(vertices: Any, v: Any) -> Any:
    """See to it that `annotate` has room for one more edge at a vertex; returns what is missing."""
    return NOTHING_MISSING if vertices.size[v] < vertices.room[v] else _make_room(vertices, v)


@kernel
def _make_room(vertices: Any, v: Any) -> Any:
    if vertices.size[v] >= vertices.alike_from and vertices.near.shape[1]:
        if not _gather_alike(vertices, v):
            return NEED_ROWS
        if vertices.size[v] < vertices.room[v]:
            return NOTHING_MISSING
    length = max(_SMALLEST, 2 * vertices.room[v])
    start = _chunk(vertices, length)
    if start == NO_ROOM:
        return NEED_ENTRIES
    for i in range(vertices.size[v]):
        vertices.who[start + i] = vertices.who[vertices.first[v] + i]
        vertices.what[start + i] = vertices.what[vertices.first[v] + i]
    _free_chunk(vertices, v)
    vertices.first[v], vertices.room[v] = start, length
    return NOTHING_MISSING


@inlined
def annotate(vertices: Any, v: Any, w: Any, annotation: Any) -> None:
    """Write down the annotation of the edge (v, w) at v, where `make_room` has made room."""
    row = row_of(vertices, v, annotation)
    if row != NONE:
        _put(vertices, v, row, w)
        return
    i = vertices.first[v] + vertices.size[v]
    vertices.who[i], vertices.what[i] = w, annotation
    vertices.size[v] += 1


@kernel
def _tidy_rows(vertices: Any, classes: Any, v: Any) -> Any:
    """Bring the annotations of bit rows to normal form, join equal ones, drop empty ones."""
    before, row = NONE, vertices.row[v]
    while row != NONE:
        after = vertices.next_row[row]
        annotation = normal_form(classes, vertices.annotation[row])
        if annotation == NO_ROOM:
            return False
        same = NONE
        if annotation != 0 and annotation != vertices.annotation[row]:
            same = row_of(vertices, v, annotation)
        vertices.annotation[row] = annotation
        if annotation != 0 and same == NONE:
            before = row
        else:
            if same != NONE:
                for k in range(vertices.alike.shape[1]):
                    vertices.alike[same, k] |= vertices.alike[row, k]
                _sum_up(vertices, v, same)
            if before == NONE:
                vertices.row[v] = after
            else:
                vertices.next_row[before] = after
            vertices.next_row[row] = vertices.counters[FREE_ROW]
            vertices.counters[FREE_ROW] = row
            vertices.counters[N_FREE_ROWS] += 1
        row = after
    return True


@inlined
def tidy(vertices: Any, classes: Any, v: Any, n_dead: Any) -> Any:
    """Bring all annotations at a vertex to normal form, and drop empty ones; False if there is no room."""
    return vertices.clean[v] == n_dead or _tidy(vertices, classes, v, n_dead)


@kernel
def _tidy(vertices: Any, classes: Any, v: Any, n_dead: Any) -> Any:
    if vertices.row[v] != NONE and not _tidy_rows(vertices, classes, v):
        return False
    i, stop = vertices.first[v], vertices.first[v] + vertices.size[v]
    while i < stop:
        annotation = normal_form(classes, np.int64(vertices.what[i]))
        if annotation == NO_ROOM:
            return False
        vertices.what[i] = annotation
        if annotation == 0:
            stop -= 1
            vertices.who[i], vertices.what[i] = vertices.who[stop], vertices.what[stop]
            vertices.size[v] -= 1
        else:
            i += 1
    if vertices.row[v] != NONE:
        _move_to_rows(vertices, v)
    vertices.clean[v] = n_dead
    return True


@kernel
def retire(vertices: Any, classes: Any, n_dead: Any) -> Any:
    """Let vertices go that have no annotated edge any more; False if there is no room."""
    for v in range(vertices.slot.size):
        if vertices.slot[v] != NONE:
            if not tidy(vertices, classes, v, n_dead):
                return False
            if vertices.size[v] == 0 and vertices.row[v] == NONE:
                _free_chunk(vertices, v)
                _give_slot(vertices, v)
    return True
