"""Sums of homology classes, written in the classes alive: annotations with late substitution.

Classes of dimension 1 are numbered by birth. An *annotation* is a sum of classes over Z/2, known by
a number; equal sums have the same number, and 0 is the empty sum. When a class dies it becomes a
name for a sum of older ones, its *relation*. Nothing is rewritten then: an annotation is brought to
*normal form*, in which every class is alive, when it is next looked at, and remembers it, as the
parents of a union-find structure are remembered.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from layertopo.homology.bits import sort
from layertopo.homology.jit import inlined, kernel
from layertopo.homology.values import INFINITE

NO_ROOM = -1  # returned where a table is too small: make room, and ask again
N_SUMS, N_TERMS, N_DEAD, N_BORN = range(4)
_ALIVE = -1
_ODD, _EVEN = np.uint8(1), np.uint8(2)
_REMEMBERED = 1024  # a power of 2


class Classes(NamedTuple):
    """Classes and their sums; tables with room for more.

    Attributes
    ----------
    relation : ndarray of int64, shape (n_classes,)
        Sum that a dead class is equal to; -1 for one that is alive, or not yet born.
    death : ndarray of uint32, shape (n_classes,)
        Bits of the filtration value at which it died.
    parity, touched : scratch, one entry per class; `parity` is zero between calls.
    first, length, code, normal, known : ndarrays, one entry per sum
        Where its terms begin, their number, a hash of them; the sum it was last found equal to, and
        how many classes had died by then.
    terms : ndarray of int32
        Classes of all sums, ascending in each.
    table : ndarray of int32, shape (a power of 2,)
        Hash table of the sums; 0 is empty.
    stack : scratch, one entry per class.
    zeros : ndarray of int64, shape (1024, 4)
        Four sums each that were found to add up to nothing.
    counters : ndarray of int64
        Sums, terms, classes dead and born.
    """

    relation: NDArray[np.int64]
    death: NDArray[np.uint32]
    parity: NDArray[np.uint8]
    touched: NDArray[np.int32]
    first: NDArray[np.int64]
    length: NDArray[np.int32]
    code: NDArray[np.uint64]
    normal: NDArray[np.int32]
    known: NDArray[np.int32]
    terms: NDArray[np.int32]
    table: NDArray[np.int32]
    stack: NDArray[np.int32]
    zeros: NDArray[np.int64]
    counters: NDArray[np.int64]


def new_classes(number: int) -> Classes:
    """That many classes, none of them born; the only sum is the empty one."""
    room = 256
    return Classes(
        relation=np.full(number, _ALIVE),
        death=np.full(number, INFINITE, dtype=np.uint32),
        parity=np.zeros(number, dtype=np.uint8),
        touched=np.zeros(number, dtype=np.int32),
        first=np.zeros(room, dtype=np.int64),
        length=np.zeros(room, dtype=np.int32),
        code=np.zeros(room, dtype=np.uint64),
        normal=np.zeros(room, dtype=np.int32),
        known=np.zeros(room, dtype=np.int32),
        terms=np.zeros(4 * room, dtype=np.int32),
        table=np.zeros(2 * room, dtype=np.int32),
        stack=np.zeros(number + 1, dtype=np.int32),
        zeros=np.zeros((_REMEMBERED, 4), dtype=np.int64),
        counters=np.array([1, 0, 0, 0]),
    )


def relations(classes: Classes) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Classes that each class is the sum of from its death on, one after the other, and where those of each begin."""
    sums = np.maximum(classes.relation, 0)  # none of one that is alive
    length = classes.length[sums]
    start = np.concatenate([[0], length.cumsum(dtype=np.int64)])
    return start, classes.terms[np.repeat(classes.first[sums] - start[:-1], length) + np.arange(start[-1])]


def more_room(classes: Classes) -> Classes:
    """The same, with room for at least one more sum of any length."""
    n_sums, n_terms = classes.counters[:2]
    grown = classes
    if 2 * n_sums > len(classes.first):
        per_sum = {
            name: _doubled(getattr(grown, name)) for name in ("first", "length", "code", "normal", "known")
        }
        grown = grown._replace(table=np.zeros(2 * len(grown.table), dtype=np.int32), **per_sum)
        _rehash(grown)
    if n_terms + len(classes.relation) > len(classes.terms) / 2:
        grown = grown._replace(terms=_doubled(grown.terms, len(classes.relation)))
    return grown


def _doubled(array: NDArray[Any], extra: int = 0) -> NDArray[Any]:
    return np.concatenate([array, np.zeros(len(array) + extra, dtype=array.dtype)])


@kernel
def class_code(number: Any) -> Any:
    """Hash of a class; that of a sum is the exclusive or of its classes' (splitmix64)."""
    x = np.uint64(number + 1) * np.uint64(0x9E3779B97F4A7C15)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


@kernel
def _rehash(classes: Any) -> None:
    mask = classes.table.size - 1
    for number in range(1, classes.counters[N_SUMS]):
        place = np.int64(classes.code[number] >> np.uint64(20)) & mask
        while classes.table[place]:
            place = (place + 1) & mask
        classes.table[place] = number


@kernel
def toggle(classes: Any, number: Any, count: Any) -> Any:
    """Add a sum, term by term, to the one in the scratch; returns how many classes it has touched."""
    for i in range(classes.first[number], classes.first[number] + classes.length[number]):
        term = classes.terms[i]
        parity = classes.parity[term]
        if parity == 0:
            classes.touched[count] = term
            count += 1
        classes.parity[term] = _EVEN if parity == _ODD else _ODD
    return count


@kernel
def clear(classes: Any, count: Any) -> Any:
    """Empty the scratch; its classes, ascending, are left in ``touched[:n]``. Returns n."""
    n = 0
    for i in range(count):
        term = classes.touched[i]
        if classes.parity[term] == _ODD:
            classes.touched[n] = term
            n += 1
        classes.parity[term] = 0
    sort(classes.touched, 0, n)
    return n


@kernel
def number_of(classes: Any, n: Any) -> Any:
    """Number of the sum of ``touched[:n]``, ascending, all alive; `NO_ROOM` if there is none for a new one."""
    if n == 0:
        return 0
    code = np.uint64(0)
    for i in range(n):
        code ^= class_code(classes.touched[i])
    mask = classes.table.size - 1
    place = np.int64(code >> np.uint64(20)) & mask
    while classes.table[place]:
        number = classes.table[place]
        if classes.code[number] == code and classes.length[number] == n:
            start, i = classes.first[number], 0
            while i < n and classes.terms[start + i] == classes.touched[i]:
                i += 1
            if i == n:
                return np.int64(number)
        place = (place + 1) & mask
    number, start = classes.counters[N_SUMS], classes.counters[N_TERMS]
    if number == classes.first.size or start + n > classes.terms.size:
        return NO_ROOM
    classes.table[place] = number
    classes.first[number], classes.length[number], classes.code[number] = start, n, code
    classes.normal[number], classes.known[number] = number, classes.counters[N_DEAD]
    for i in range(n):
        classes.terms[start + i] = classes.touched[i]
    classes.counters[N_SUMS] += 1
    classes.counters[N_TERMS] += n
    return number


@kernel
def _latest(classes: Any, number: Any) -> Any:
    """The sum that this one was last found equal to."""
    while classes.normal[number] != number:
        classes.normal[number] = classes.normal[classes.normal[number]]
        number = classes.normal[number]
    return number


@kernel
def _is_normal(classes: Any, number: Any) -> Any:
    if classes.known[number] == classes.counters[N_DEAD]:
        return True
    for i in range(classes.first[number], classes.first[number] + classes.length[number]):
        if classes.relation[classes.terms[i]] != _ALIVE:
            return False
    classes.known[number] = classes.counters[N_DEAD]
    return True


@kernel
def _relation_to_settle(classes: Any, number: Any) -> Any:
    """A relation of one of the sum's dead classes that is not in normal form; 0 if there is none."""
    for i in range(classes.first[number], classes.first[number] + classes.length[number]):
        relation = classes.relation[classes.terms[i]]
        if relation > 0:
            latest = _latest(classes, relation)
            if not _is_normal(classes, latest):
                return latest
    return 0


@kernel
def normal_form(classes: Any, number: Any) -> Any:
    """The equal sum of classes that are alive, or `NO_ROOM`."""
    number = _latest(classes, number)
    if _is_normal(classes, number):
        return np.int64(number)
    depth = 0
    classes.stack[0] = number
    while depth >= 0:
        top = classes.stack[depth]
        below = _relation_to_settle(classes, top)
        if below:  # its classes are older, so the stack is no deeper than there are classes
            depth += 1
            classes.stack[depth] = below
            continue
        count = 0
        start = classes.first[top]
        count = toggle(classes, top, count)
        for i in range(start, start + classes.length[top]):
            relation = classes.relation[classes.terms[i]]
            if relation != _ALIVE:
                term = classes.terms[i]
                classes.parity[term] = _EVEN if classes.parity[term] == _ODD else _ODD
                count = toggle(classes, _latest(classes, relation), count)
        settled = number_of(classes, clear(classes, count))
        if settled == NO_ROOM:
            return NO_ROOM
        classes.normal[top] = settled
        depth -= 1
    return np.int64(_latest(classes, number))


@inlined
def are_equal(classes: Any, a: Any, b: Any, c: Any, d: Any) -> Any:
    """Whether a + b = c + d, for sums in normal form."""
    if (a == c and b == d) or (a == d and b == c):
        return True
    if a == b or c == d:  # one side is empty, and so must the other be
        return a == b and c == d
    if classes.code[a] ^ classes.code[b] != classes.code[c] ^ classes.code[d]:
        return False
    place = (a * 31 + b * 37 + c * 41 + d * 43) & (_REMEMBERED - 1)
    zeros = classes.zeros
    if zeros[place, 0] == a and zeros[place, 1] == b and zeros[place, 2] == c and zeros[place, 3] == d:
        return True
    return _is_zero(classes, a, b, c, d, place)


@kernel
def _is_zero(classes: Any, a: Any, b: Any, c: Any, d: Any, place: Any) -> Any:
    """Whether a + b + c + d = 0; if so it is remembered, as the same four come again and again."""
    count = toggle(classes, d, toggle(classes, c, toggle(classes, b, toggle(classes, a, 0))))
    if clear(classes, count):
        return False
    zeros = classes.zeros
    zeros[place, 0], zeros[place, 1], zeros[place, 2], zeros[place, 3] = a, b, c, d
    return True


@inlined
def add(classes: Any, a: Any, b: Any) -> Any:
    """Number of a + b, for sums in normal form, or `NO_ROOM`."""
    return np.int64(a + b) if a == 0 or b == 0 else _add(classes, a, b)


@kernel
def _add(classes: Any, a: Any, b: Any) -> Any:
    return number_of(classes, clear(classes, toggle(classes, b, toggle(classes, a, 0))))


@kernel
def bear(classes: Any) -> Any:
    """Let the next class be born; the sum of it alone, or `NO_ROOM`."""
    classes.touched[0] = classes.counters[N_BORN]
    number = number_of(classes, 1)
    if number != NO_ROOM:
        classes.counters[N_BORN] += 1
    return number


@kernel
def kill(classes: Any, a: Any, b: Any, c: Any, d: Any, value: Any) -> Any:
    """Impose a + b = c + d, different sums in normal form: the youngest class of the difference dies.

    Returns `NO_ROOM`, and does nothing, if there is no room for what it is equal to.
    """
    count = toggle(classes, d, toggle(classes, c, toggle(classes, b, toggle(classes, a, 0))))
    n = clear(classes, count)
    youngest = classes.touched[n - 1]
    relation = number_of(classes, n - 1)
    if relation == NO_ROOM:
        return NO_ROOM
    classes.relation[youngest], classes.death[youngest] = relation, value
    classes.counters[N_DEAD] += 1
    return relation
