r"""Persistent cohomology of the Rips filtration in dimensions 0 and 1, one edge at a time, over Z/2.

Edges enter in order of length, ties broken by a fixed order. With an edge e = (u, v) enter its
triangles (u, v, w), one for each w of its *lune*: the points that make an earlier edge with u and
with v. (Simplices of higher dimension change nothing in cohomology of dimension 1.)

* Empty lune: e joins two components, or a class is born. Its cocycle is 1 on e and 0 elsewhere:
  no triangle contains e, so nothing constrains the value. The edges with an empty lune are the
  relative neighbourhood graph, which :mod:`layertopo.homology.pairs` finds beforehand.
* Otherwise no class is born, and a cocycle c lives on if c(u, w) + c(w, v) is the same number for
  every w of the lune, which then is c(e). If two points of the lune disagree for some cocycles,
  the youngest of them dies, and is added to the others, which then agree.

A cocycle is zero on all edges before its birth, and stays so when a younger one is added: that is
the invariant that makes (birth, death) the barcode (de Silva, Morozov and Vejdemo-Johansson,
"Dualities in persistent (co)homology", Inverse Problems 27, 2011). A cocycle is non-zero on few
edges, those that cross its loop, so nearly every edge (u, v) meets no cocycle at u or at v and
costs no more than a mark in the adjacency matrix.

Completeness: the relative neighbourhood graph of the whole cloud says how many classes are ever
born. The filtration is stopped when that many have died; no bar can come after. Components need
the relative neighbourhood graph alone, as it contains a minimum spanning tree.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from layertopo.homology.jit import jit
from layertopo.homology.pairs import Keys, Pairs, bucket, values_of

_WORD = 64
_NEXT_AT_VERTEX, _NEXT_OF_COCYCLE, _VERTEX, _COCYCLE = range(4)
_BORN, _DEAD, _FREE, _N_FREE = range(4)
_ONE = np.uint64(1)
_INDEX = np.uint64(0xFFFFFFFF)


@jit
def _flip(row: Any, v: Any) -> None:
    row[v // _WORD] ^= _ONE << np.uint64(v % _WORD)


@jit
def _bit(row: Any, v: Any) -> Any:
    return (row[v // _WORD] >> np.uint64(v % _WORD)) & _ONE


@jit
def _lowest(word: Any) -> Any:
    position = 0
    while not (word >> np.uint64(position)) & _ONE:
        position += 1
    return position


@jit
def _disagreement(at_u: Any, at_v: Any, near_u: Any, near_v: Any) -> Any:
    """A point of the lune where c(u, w) + c(w, v) is 0, and one where it is 1; -1 if there is none."""
    zero = one = -1
    for k in range(near_u.size):
        lune = near_u[k] & near_v[k]
        sums = at_u[k] ^ at_v[k]
        if one < 0 and lune & sums:
            one = k * _WORD + _lowest(lune & sums)
        if zero < 0 and lune & ~sums:
            zero = k * _WORD + _lowest(lune & ~sums)
        if zero >= 0 and one >= 0:
            break
    return zero, one


@jit
def _new_slot(at: Any, of: Any, links: Any, rows: Any, state: Any, vertex: Any, cocycle: Any) -> Any:
    """A slot for a cocycle's values at a vertex where it had none: all zero."""
    slot = state[_FREE]
    state[_FREE] = links[slot, _NEXT_AT_VERTEX]
    state[_N_FREE] -= 1
    links[slot, _NEXT_AT_VERTEX], links[slot, _VERTEX] = at[vertex], vertex
    links[slot, _NEXT_OF_COCYCLE], links[slot, _COCYCLE] = of[cocycle], cocycle
    at[vertex] = of[cocycle] = slot
    rows[slot, :] = 0
    return slot


@jit
def _set_edge(
    at: Any, of: Any, links: Any, rows: Any, state: Any, u: Any, v: Any, cocycle: Any, slot_u: Any, slot_v: Any
) -> None:  # fmt: skip
    """Give a cocycle, with those slots at u and v (0 if none), the value 1 on the edge (u, v)."""
    if not slot_u:
        slot_u = _new_slot(at, of, links, rows, state, u, cocycle)
    if not slot_v:
        slot_v = _new_slot(at, of, links, rows, state, v, cocycle)
    _flip(rows[slot_u], v)
    _flip(rows[slot_v], u)


@jit
def _add(
    at: Any, of: Any, links: Any, rows: Any, state: Any, source: Any, targets: Any, slot_here: Any
) -> None:  # fmt: skip
    """Add one cocycle to others. `slot_here`, one number per cocycle, is zero before and after."""
    slot = of[source]
    while slot:
        vertex = links[slot, _VERTEX]
        other = at[vertex]
        while other:
            slot_here[links[other, _COCYCLE]] = other
            other = links[other, _NEXT_AT_VERTEX]
        for target in targets:
            if target != source:
                other = slot_here[target]
                if not other:
                    other = _new_slot(at, of, links, rows, state, vertex, target)
                rows[other] ^= rows[slot]
        other = at[vertex]
        while other:
            slot_here[links[other, _COCYCLE]] = 0
            other = links[other, _NEXT_AT_VERTEX]
        slot = links[slot, _NEXT_OF_COCYCLE]


@jit
def _remove(at: Any, of: Any, links: Any, state: Any, cocycle: Any) -> None:
    slot = of[cocycle]
    while slot:
        vertex = links[slot, _VERTEX]
        if at[vertex] == slot:
            at[vertex] = links[slot, _NEXT_AT_VERTEX]
        else:
            before = at[vertex]
            while links[before, _NEXT_AT_VERTEX] != slot:
                before = links[before, _NEXT_AT_VERTEX]
            links[before, _NEXT_AT_VERTEX] = links[slot, _NEXT_AT_VERTEX]
        links[slot, _NEXT_AT_VERTEX] = state[_FREE]
        state[_FREE] = slot
        state[_N_FREE] += 1
        slot = links[slot, _NEXT_OF_COCYCLE]
    of[cocycle] = 0


@jit
def _touching(at: Any, links: Any, u: Any, v: Any, touching: Any, slot_here: Any) -> Any:
    """Cocycles with a value at u or v, each with its slots there; returns how many.

    `slot_here`, one number per cocycle, is zero before and after.
    """
    slot = at[v]
    while slot:
        slot_here[links[slot, _COCYCLE]] = slot
        slot = links[slot, _NEXT_AT_VERTEX]
    count = 0
    slot = at[u]
    while slot:
        cocycle = links[slot, _COCYCLE]
        touching[count, 0], touching[count, 1], touching[count, 2] = cocycle, slot, slot_here[cocycle]
        slot_here[cocycle] = 0
        count += 1
        slot = links[slot, _NEXT_AT_VERTEX]
    slot = at[v]
    while slot:
        cocycle = links[slot, _COCYCLE]
        if slot_here[cocycle]:
            touching[count, 0], touching[count, 1], touching[count, 2] = cocycle, 0, slot
            slot_here[cocycle] = 0
            count += 1
        slot = links[slot, _NEXT_AT_VERTEX]
    return count


@jit
def _length(of: Any, links: Any, cocycle: Any) -> Any:
    count, slot = 0, of[cocycle]
    while slot:
        count, slot = count + 1, links[slot, _NEXT_OF_COCYCLE]
    return count


@jit
def _enter_edge(
    u: Any, v: Any, key: Any, adjacency: Any, deaths: Any, at: Any, of: Any, links: Any, rows: Any, state: Any,
    touching: Any, slot_here: Any,
) -> Any:  # fmt: skip
    """Extend every cocycle to the edge (u, v), or kill it. False if slots ran out: call again with more."""
    near_u, near_v = adjacency[u], adjacency[v]
    while True:
        count = _touching(at, links, u, v, touching, slot_here)
        zero = one = -1
        for i in range(count):
            zero, one = _disagreement(rows[touching[i, 1]], rows[touching[i, 2]], near_u, near_v)
            touching[i, 3] = one >= 0
            if zero >= 0 and one >= 0:
                break
        if zero < 0 or one < 0:
            break
        conflicting = 0
        youngest = -1
        for i in range(count):
            at_u, at_v = rows[touching[i, 1]], rows[touching[i, 2]]
            if _bit(at_u, zero) ^ _bit(at_v, zero) ^ _bit(at_u, one) ^ _bit(at_v, one):
                touching[conflicting, 0] = touching[i, 0]
                conflicting += 1
                youngest = max(youngest, touching[i, 0])
        if state[_N_FREE] < (conflicting - 1) * _length(of, links, youngest):
            return False
        _add(at, of, links, rows, state, youngest, touching[:conflicting, 0], slot_here)
        _remove(at, of, links, state, youngest)
        deaths[youngest] = key
        state[_DEAD] += 1
    if state[_N_FREE] < 2 * count:
        return False
    for i in range(count):
        if touching[i, 3]:
            cocycle, slot_u, slot_v = touching[i, 0], touching[i, 1], touching[i, 2]
            _set_edge(at, of, links, rows, state, u, v, cocycle, slot_u, slot_v)
    return True


@jit
def _advance(
    keys: Any, start: Any, adjacency: Any, births: Any, deaths: Any, at: Any, of: Any, links: Any, rows: Any,
    state: Any, touching: Any, slot_here: Any,
) -> Any:  # fmt: skip
    """Let the edges ``keys[start:]`` enter. Returns where it stopped: all dead, slots ran out, or the end."""
    n = adjacency.shape[0]
    for i in range(start, keys.size):
        if state[_DEAD] == births.size:
            return i
        pair = np.int64(keys[i] & _INDEX)
        u, v = pair // n, pair % n
        if state[_BORN] < births.size and keys[i] == births[state[_BORN]]:
            if state[_N_FREE] < 2:
                return i
            _set_edge(at, of, links, rows, state, u, v, state[_BORN], 0, 0)
            state[_BORN] += 1
        elif (at[u] or at[v]) and not _enter_edge(
            u, v, keys[i], adjacency, deaths, at, of, links, rows, state, touching, slot_here
        ):
            return i
        _flip(adjacency[u], v)
        _flip(adjacency[v], u)
    return keys.size


@jit
def _spanning_forest(keys: Any, n: Any) -> Any:
    """Which edges, taken in order, join two components."""
    parent = np.arange(n)
    joins = np.zeros(keys.size, np.bool_)
    for i in range(keys.size):
        pair = np.int64(keys[i] & _INDEX)
        u, v = pair // n, pair % n
        while parent[u] != u:
            parent[u] = u = parent[parent[u]]
        while parent[v] != v:
            parent[v] = v = parent[parent[v]]
        parent[u] = v
        joins[i] = u != v
    return joins


@dataclass
class _Cocycles:
    """Cocycles that are alive: a bit row of values for each vertex where a cocycle is not zero.

    Rows live in *slots*. A slot is in two linked lists, the slots at its vertex and the slots of its
    cocycle; slot 0 is the zero row and ends the lists. Cocycles are numbered by birth.
    """

    n: int
    births: Keys
    deaths: Keys = field(init=False)
    adjacency: NDArray[np.uint64] = field(init=False)
    at: NDArray[np.int64] = field(init=False)
    of: NDArray[np.int64] = field(init=False)
    links: NDArray[np.int64] = field(init=False)
    rows: NDArray[np.uint64] = field(init=False)
    touching: NDArray[np.int64] = field(init=False)
    slot_here: NDArray[np.int64] = field(init=False)
    state: NDArray[np.int64] = field(init=False)

    def __post_init__(self) -> None:
        words = -(-self.n // (8 * _WORD)) * 8  # whole cache lines
        self.deaths = np.zeros_like(self.births)
        self.adjacency = np.zeros((self.n, words), dtype=np.uint64)
        self.at = np.zeros(self.n, dtype=np.int64)
        self.of = np.zeros(len(self.births), dtype=np.int64)
        self.links = np.zeros((1, 4), dtype=np.int64)
        self.rows = np.zeros((1, words), dtype=np.uint64)
        self.slot_here = np.zeros(len(self.births), dtype=np.int64)
        self.touching = np.zeros((len(self.births), 4), dtype=np.int64)
        self.state = np.zeros(4, dtype=np.int64)

    def done(self) -> bool:
        return bool(self.state[_DEAD] == len(self.births))

    def enter(self, keys: Keys) -> None:
        """Let edges enter, in order."""
        position = 0
        while position < len(keys) and not self.done():
            position = _advance(
                keys, position, self.adjacency, self.births, self.deaths, self.at, self.of, self.links, self.rows,
                self.state, self.touching, self.slot_here,
            )  # fmt: skip
            if position < len(keys) and not self.done():
                self._double_slots()

    def _double_slots(self) -> None:
        old, new = len(self.rows), max(1024, 2 * len(self.rows))
        self.rows = np.concatenate([self.rows, np.zeros((new - old, self.rows.shape[1]), dtype=np.uint64)])
        added = np.zeros((new - old, 4), dtype=np.int64)
        added[:-1, _NEXT_AT_VERTEX] = np.arange(old + 1, new)
        added[-1, _NEXT_AT_VERTEX] = self.state[_FREE]
        self.links = np.concatenate([self.links, added])
        self.state[_FREE] = old
        self.state[_N_FREE] += new - old


def rips_bars(pairs: Pairs) -> dict[int, NDArray[np.float64]]:
    """Bars of the whole Rips filtration in dimensions 0 and 1, those of length zero included.

    Parameters
    ----------
    pairs : Pairs
        Of a cloud of at least two points.

    Returns
    -------
    dict of int to ndarray of float64, shape (n_bars, 2)
        Birth and death, as distances.
    """
    neighbours = pairs.neighbours
    joins = _spanning_forest(neighbours, pairs.cloud.size)
    births = neighbours[~joins]
    deaths = _deaths(pairs, births) if len(births) else births
    distances = pairs.cloud.distances
    merges = np.append(distances(values_of(neighbours[joins])), np.inf)
    return {
        0: np.column_stack([np.zeros_like(merges), merges]),
        1: np.column_stack([distances(values_of(births)), distances(values_of(deaths))]),
    }


def _deaths(pairs: Pairs, births: Keys) -> Keys:
    """Key of the edge that kills each class of dimension 1."""
    cocycles = _Cocycles(pairs.cloud.size, births)
    cumulative = np.cumsum(pairs.counts.sum(axis=0))
    low, high = 0, bucket(values_of(births[-1:])[0]) + 1
    while low < high:
        # a little more than is known to be needed: what is listed and not used costs a copy only
        high = max(high, int(np.searchsorted(cumulative, 1.25 * cumulative[high - 1])))
        for keys in pairs.between(low, high):
            cocycles.enter(keys)
            if cocycles.done():
                return cocycles.deaths
        low, high = (
            high,
            min(int(np.searchsorted(cumulative, cumulative[high - 1], side="right")) + 1, len(cumulative)),
        )
    raise AssertionError("a class outlived the last edge")
