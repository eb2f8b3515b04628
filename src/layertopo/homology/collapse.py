"""What is left of a graph when its dominated points and edges are taken away: the homology of its flag complex is kept.

A point is *dominated* if it has a neighbour that is joined to all else that it is joined to; an edge if a third point is
joined to both its ends and to all else that both its ends are joined to.

**Why nothing changes.** The link of a point v in the flag complex K is the flag complex on its neighbours; that of an
edge uv is the flag complex on the points that are joined to both. A point w of the link that is joined to all the rest of
it makes the link a cone, so that it can be contracted. K is what is there without v with a cone over the link of v
attached, or what is there without uv with a cone over the suspension of the link of uv, as every simplex with v (with
uv) is v (is uv) joined to one of the link. To attach a cone over what can be contracted keeps the homotopy type. What is
left is the flag complex of the graph that is left, so steps of both kinds can follow in any order.

Points: strong collapse, Barmak and Minian, "Strong homotopy types, nerves and collapses", Discrete Comput. Geom. 47,
2012. Edges: Boissonnat and Pritam, "Edge collapse and persistence of flag complexes", SoCG 2020.

**When to look again.** Neighbourhoods only shrink. So a point that is not dominated may be so only after it has lost a
neighbour, and an edge only after its ends have lost one that they had in common. These are *open*; in the beginning all
are, and when none is left nothing is dominated.

**What it costs.** Neighbourhoods are rows of bits: n^2 / 8 bytes. Whether one is within another is asked word by word,
and mostly the first word tells. Points go first, and what is left of them is numbered anew. Where all points are joined,
each is dominated by the next one: n / 64 words each.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from layertopo.homology.bits import ONE, WORD, bit, lowest, n_words
from layertopo.homology.jit import kernel

Rows = NDArray[np.uint64]
_NONE = np.uint64(0)
_BLOCK = 256  # rows that are unpacked at once


def rows_of_pairs(n_points: int, pairs: tuple[NDArray[np.intp], NDArray[np.intp]]) -> Rows:
    """Closed neighbourhoods of the points of a graph, as rows of bits.

    Parameters
    ----------
    n_points : int
    pairs : tuple of ndarray of int, shape (n_edges,)
        Ends of the edges, each once or in both orders.

    Returns
    -------
    ndarray of uint64, shape (n_points, n_words)
        Bit v of row u is set if u and v are joined, or equal.
    """
    rows = np.zeros((n_points, n_words(n_points)), np.uint64)
    every = np.arange(n_points)
    for u, v in (pairs, pairs[::-1], (every, every)):
        np.bitwise_or.at(rows, (u, v // WORD), ONE << (v % WORD).astype(np.uint64))
    return rows


def pairs_of_rows(rows: Rows) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Lower and upper ends of the edges of a graph that is given as rows of bits, each edge once."""
    n = len(rows)
    lower, upper = [np.empty(0, np.intp)], [np.empty(0, np.intp)]
    for first in range(0, n, _BLOCK):
        u, v = np.nonzero(unpacked(rows[first : first + _BLOCK], n))
        once = first + u < v
        lower.append(first + u[once])
        upper.append(v[once])
    return np.concatenate(lower), np.concatenate(upper)


def packed(joined: NDArray[np.bool_]) -> Rows:
    """As rows of bits, what is true, shape (n_rows, n_points), for each row and point."""
    rows = np.zeros((len(joined), n_words(joined.shape[1])), "<u8")
    bits = np.packbits(joined, axis=1, bitorder="little")
    rows.view(np.uint8)[:, : bits.shape[1]] = bits
    return rows.astype(np.uint64, copy=False)


def unpacked(rows: Rows, n_points: int) -> NDArray[np.uint8]:
    """The first bits of each row, a byte each; shape (n_rows, n_points)."""
    as_bytes = np.ascontiguousarray(rows, "<u8").view(np.uint8)
    return np.unpackbits(as_bytes, axis=1, count=n_points, bitorder="little")


def collapsed(rows: Rows) -> Rows:
    """What is left of a graph when no point and no edge is dominated.

    Parameters
    ----------
    rows : ndarray of uint64, shape (n_points, n_words)
        Symmetric, as :func:`rows_of_pairs` gives them; left as they are.

    Returns
    -------
    ndarray of uint64
        Of the points that are left, in their order, numbered anew: of what can be contracted, one point.
    """
    while True:
        rows = without_points(rows)
        if not without_edges(rows):
            return rows


def without_points(rows: Rows) -> Rows:
    """What is left of a graph when no point is dominated, numbered anew."""
    n = len(rows)
    [there] = packed(np.ones((1, n), bool))
    _take_points(rows, there, there.copy(), np.zeros_like(there))
    [left] = np.nonzero(unpacked(there[None], n)[0])
    fewer = np.zeros((len(left), n_words(len(left))), np.uint64)
    _copy(rows, left, fewer)
    return fewer


def without_edges(rows: Rows) -> int:
    """Take the edges that are dominated out of the rows of a graph; how many there were."""
    return int(_take_edges(rows, rows.copy(), np.zeros(rows.shape[1], np.uint64)))


@kernel
def _copy(rows: Any, left: Any, fewer: Any) -> None:
    for i in range(len(left)):
        for j in range(len(left)):
            fewer[i, j >> 6] |= bit(rows[left[i]], left[j]) << np.uint64(j & 63)


@kernel
def _take_points(rows: Any, there: Any, opened: Any, around: Any) -> None:
    """Take away dominated points until none is open.

    Parameters
    ----------
    rows : Any
        uint64, (n, words): closed neighbourhoods of the whole graph.
    there, opened : Any
        uint64, (words,): points that are left, and those that are open.
    around : Any
        uint64, (words,): room.
    """
    again = True
    while again:
        again = False
        for u in range(len(rows)):
            if not bit(opened, u) & bit(there, u):
                continue
            _clear(opened, u)
            start, stop = len(there), 0
            for k in range(len(there)):
                around[k] = rows[u, k] & there[k]
                if around[k] != _NONE:
                    start, stop = min(start, k), k + 1
            if _is_cone(rows, around, start, stop, u, u):
                again = True
                _clear(there, u)
                for k in range(start, stop):
                    opened[k] |= around[k]


@kernel
def _take_edges(rows: Any, opened: Any, common: Any) -> Any:
    """Take away dominated edges until none is open; how many.

    Parameters
    ----------
    rows : Any
        uint64, (n, words): closed neighbourhoods.
    opened : Any
        uint64, (n, words): edges that are open, each in the row of one end at least.
    common : Any
        uint64, (words,): room.
    """
    taken, before, words = 0, -1, len(common)
    while taken > before:
        before = taken
        for u in range(len(rows)):
            _clear(opened[u], u)
            for i in range(words):
                while opened[u, i] & rows[u, i] != _NONE:
                    v = (i << 6) + lowest(opened[u, i] & rows[u, i])
                    _clear(opened[u], v)
                    _clear(opened[v], u)
                    start, stop = words, 0
                    for k in range(words):
                        common[k] = rows[u, k] & rows[v, k]
                        if common[k] != _NONE:
                            start, stop = min(start, k), k + 1
                    if _is_cone(rows, common, start, stop, u, v):
                        taken += 1
                        _clear(rows[u], v)
                        _clear(rows[v], u)
                        for k in range(
                            start, stop
                        ):  # edges to what both were joined to: they have lost one of it
                            opened[u, k] |= common[k]
                            opened[v, k] |= common[k]
                        _clear(opened[u], u)
    return taken


@kernel
def _clear(row: Any, v: Any) -> None:
    row[v >> 6] &= ~(ONE << np.uint64(v & 63))


@kernel
def _is_cone(rows: Any, common: Any, start: Any, stop: Any, u: Any, v: Any) -> bool:
    """Whether some point of a set but u and v is joined to all of it; no word of the set is set but from start to stop."""
    told = start  # the word that told of the last one that it is not: it tends to tell of the next one too
    for i in range(start, stop):
        word = common[i]
        while word != _NONE:
            w = (i << 6) + lowest(word)
            word &= word - ONE
            if w in (u, v) or common[told] & ~rows[w, told]:
                continue
            k = start
            while k < stop and not common[k] & ~rows[w, k]:
                k += 1
            if k == stop:
                return True
            told = k
    return False
