"""Maps to the circle, which show at once that a large loop lives long: most of the filtration can be skipped.

Let every point be given a place on a circle of circumference 1, such that the ends of every edge up to some
pair p of the order are less than a third apart. The turns made around a triangle then add up to less than
one, so to none: which edges cross the place 0 is a cocycle (over the integers, and so over Z/2) of all
the complex up to p. If these cocycles, one for each class that is alive, tell those classes apart, none of
them dies before p, and they annotate every edge up to p. It does not matter how the maps were found:
they are checked (see docs/exactness.md).

They are found from the two smallest eigenvectors of the graph Laplacian with signs (an edge that
a class is annotated at turns the sign): around a loop of circumference 1 these are cos(pi t) and
sin(pi t), and turn their sign once. Such maps are known as circular coordinates (de Silva, Morozov and
Vejdemo-Johansson, Persistent cohomology and circular coordinates, Discrete Comput. Geom. 45, 2011).
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from layertopo.homology.bits import ONE, root
from layertopo.homology.jit import inlined, jit
from layertopo.homology.space import Space
from layertopo.homology.tree import next_leaf
from layertopo.homology.values import INFINITE, TILE, pair_value, part_values, value_at

MOST = 3  # classes that maps are looked for: there are 2**3 - 1 sums of them
_FAR = 1 / 3 - 1e-9
_PARTS = 400  # of the spanning forest, for the eigenvectors,
_MOST_PARTS = 2000  # which take too long where points with many neighbours make it fall into too many
_LANDMARKS = 800
_SMOOTHINGS = 30
_ROUNDS, _PATIENCE = 12, 3
_RAISE = np.float32(1.02)

Bools = NDArray[np.bool_]
Turns = NDArray[np.float64]


@inlined
def apart(a: Any, b: Any) -> Any:
    """How far b is ahead of a, between -1/2 and 1/2 turns."""
    difference = b - a
    return difference - np.round(difference)


@inlined
def crosses(a: Any, b: Any) -> Any:
    """Whether the short way from a to b crosses the place 0 an odd number of times, as their turns say."""
    return np.int64(np.round(b - a)) & 1


@jit
def cycle_parities(edges: Any, joins: Any, odd: Any, n: Any) -> Any:
    """How often, but for evens, the cycle is odd that an edge closes with the forest before it.

    Parameters
    ----------
    edges : ndarray of int64, shape (m,)
        ``lower point << 32 | upper point``, in order.
    joins : ndarray of bool, shape (m,)
        Edges of the forest.
    odd : ndarray of bool, shape (m, k)
        Edges that a cocycle is odd at, for each of k.

    Returns
    -------
    ndarray of bool, shape (m, k)
        False for edges of the forest.
    """
    k = odd.shape[1]
    parent, parity = np.arange(n), np.zeros((n, k), np.bool_)
    found = np.zeros((edges.size, k), np.bool_)
    for i in range(edges.size):
        ends = np.array([edges[i] >> 32, edges[i] & 0xFFFFFFFF])
        total = odd[i].copy()
        for e in range(2):
            x = ends[e]
            while parent[x] != x:
                total ^= parity[x]
                x = parent[x]
            ends[e] = x
        if joins[i]:
            parent[ends[0]], parity[ends[0]] = ends[1], total
        else:
            found[i] = total
    return found


@jit
def _parts(edges: Any, joins: Any, n: Any, size: Any) -> Any:
    """Connected parts of the forest, of about that size: the number of each point's, and how many there are."""
    parent, count = np.arange(n), np.ones(n, np.int64)
    for i in range(edges.size):
        u, v = root(parent, edges[i] >> 32), root(parent, edges[i] & 0xFFFFFFFF)
        if joins[i] and count[u] + count[v] <= size:
            parent[u] = v
            count[v] += count[u]
    part, parts = np.full(n, -1), 0
    for x in range(n):
        top = root(parent, x)
        if part[top] < 0:
            part[top] = parts
            parts += 1
        part[x] = part[top]
    return part, parts


def _half_turns(part: NDArray[np.int64], parts: int, edges: NDArray[np.int64], odd: Bools) -> Turns:
    """Place on the circle of each part, from the Laplacian with signs of the graph of the parts."""
    from scipy.linalg import eigh  # imported late: only large loops need it

    u, v = part[edges >> 32], part[edges & 0xFFFFFFFF]
    laplacian = np.zeros((parts, parts))
    np.add.at(laplacian, (u, v), np.where(odd, 1.0, -1.0))
    laplacian += laplacian.T
    laplacian[np.diag_indices(parts)] += np.bincount(u, minlength=parts) + np.bincount(v, minlength=parts)
    _, vectors = eigh(laplacian, subset_by_index=[0, 1])
    return np.asarray(np.arctan2(vectors[:, 1], vectors[:, 0]) / np.pi)


@jit
def _smooth(values: Any, turns: Any, value: Any) -> Any:
    """Each point in the middle of those up to a value from it; and the smallest value of a pair far apart."""
    n = turns.size
    moved, first = np.empty(n), np.float32(np.inf)
    for u in range(n):
        total, count = 0.0, 1
        for v in range(n):
            ahead = apart(turns[u], turns[v])
            if abs(ahead) >= _FAR:
                first = min(first, values[u, v])
            if values[u, v] <= value:
                total += ahead
                count += 1
        moved[u] = turns[u] + total / count
    return moved, first


@jit
def _extend(space: Any, landmarks: Any, known: Any, value: Any, turns: Any) -> None:
    """Every point in the middle of the landmarks up to a value from it."""
    row = np.empty(landmarks.size, np.float32)
    for u in range(space.size):
        for k in range(landmarks.size):
            row[k] = pair_value(space, u, landmarks[k])
        nearest = np.argmin(row)
        total, count = 0.0, 1
        for k in range(landmarks.size):
            if row[k] <= value:
                total += apart(known[nearest], known[k])
                count += 1
        turns[u] = known[nearest] + total / count


@jit
def _arcs(tree: Any, turns: Any) -> Any:
    """Middle and half the length of an arc that holds the points of a leaf, per map and leaf."""
    middle, half = (
        np.zeros((turns.shape[0], tree.start.size)),
        np.full((turns.shape[0], tree.start.size), 0.5),
    )
    for k in range(turns.shape[0]):
        for leaf in range(tree.start.size):
            if tree.skip[leaf] == leaf + 1:
                start, low, high = turns[k, tree.start[leaf]], 0.0, 0.0
                for v in range(tree.start[leaf], tree.stop[leaf]):
                    ahead = apart(start, turns[k, v])
                    low, high = min(low, ahead), max(high, ahead)
                if high - low < 0.5:
                    middle[k, leaf], half[k, leaf] = start + (low + high) / 2, (high - low) / 2
    return middle, half


@inlined
def _may_be_far(turns: Any, middle: Any, half: Any, leaf: Any, u: Any, limit: Any) -> Any:
    """Whether a point of a leaf may be that far from u on some circle."""
    for k in range(turns.shape[0]):
        if abs(apart(turns[k, u], middle[k, leaf])) + half[k, leaf] >= limit - 1e-9:
            return True
    return False


@jit
def _first_far(space: Any, turns: Any, middle: Any, half: Any, first: Any, step: Any, limit: Any) -> Any:
    """The first place, before `limit`, of a pair (u, v) that is far apart on some circle; every `step`-th u."""
    tree = space.tree
    sums, row = np.empty(TILE), np.empty(space.size, np.float32)
    bits, bound = row.view(np.uint32), np.empty(1, np.uint32)
    for u in range(first, space.size, step):
        bound[0] = min(limit >> 32, INFINITE)
        leaf = next_leaf(space, tree.leaf[u], u, bound.view(np.float32)[0])
        while leaf < tree.start.size:
            if _may_be_far(turns, middle, half, leaf, u, _FAR):
                start = max(u + 1, tree.start[leaf])
                part_values(space, u, start, tree.stop[leaf], sums, row)
                for v in range(start, tree.stop[leaf]):
                    place = (np.int64(bits[v]) << 32) | u
                    if place < limit:
                        for k in range(turns.shape[0]):
                            if abs(apart(turns[k, u], turns[k, v])) >= _FAR:
                                limit = place
                                break
                bound[0] = min(limit >> 32, INFINITE)
            leaf = next_leaf(space, tree.skip[leaf], u, bound.view(np.float32)[0])
    return limit


@jit
def _tighten(space: Any, turns: Any, middle: Any, half: Any, value: Any) -> None:
    """Bring pairs up to a value together, one after the other, that are far apart on a circle."""
    tree, limit = space.tree, _FAR - 1e-4
    sums, row = np.empty(TILE), np.empty(space.size, np.float32)
    for u in range(space.size):
        leaf = next_leaf(space, tree.leaf[u], u, value)
        while leaf < tree.start.size:
            if _may_be_far(turns, middle, half, leaf, u, limit):
                start = max(u + 1, tree.start[leaf])
                part_values(space, u, start, tree.stop[leaf], sums, row)
                for v in range(start, tree.stop[leaf]):
                    for k in range(turns.shape[0]):
                        ahead = apart(turns[k, u], turns[k, v])
                        if row[v] <= value and limit < abs(ahead) < limit + 0.1:
                            step = (abs(ahead) - limit) / 2 * np.sign(ahead)
                            turns[k, u] += step
                            turns[k, v] -= step
            leaf = next_leaf(space, tree.skip[leaf], u, value)


def crosses_at(turns: Turns, edges: NDArray[np.int64]) -> Bools:
    """Whether each edge crosses the place 0 of each circle; shape (m, k)."""
    u, v = turns[:, edges >> 32], turns[:, edges & 0xFFFFFFFF]
    return (np.round(v - u).astype(np.int64) & 1).astype(bool).T


def first_far(space: Space, turns: Turns, limit: int, threads: int) -> int:
    """The first place before `limit`, or that, of a pair that is far apart on some circle.

    Places are those of :class:`layertopo.homology.sweep.Range`.
    """
    middle, half = _arcs(space.tree, turns)

    def of_some(first: int) -> int:
        found: int = _first_far(space, turns, middle, half, first, threads, limit)
        return found

    with ThreadPoolExecutor(threads) as pool:
        return min(pool.map(of_some, range(threads)))


def find_maps(
    space: Space,
    edges: NDArray[np.int64],
    joins: Bools,
    odd: Bools,
    low: int,
    end: int,
    threads: int,
    room: float = np.inf,
) -> tuple[Turns, int] | None:
    """Maps to the circle under which the pairs that join points far apart come late.

    Parameters
    ----------
    space : Space
    edges : ndarray of int64
        Edges of the relative neighbourhood graph, in order.
    joins : ndarray of bool
        Those of the spanning forest.
    odd : ndarray of bool, shape (n_edges, k)
        Coordinates of their annotations in the k classes alive, k at most `MOST`.
    low, end : int
        Places from which on, and up to which, pairs are to be skipped.
    threads : int
    room : float
        Bytes that may be taken.

    Returns
    -------
    turns : ndarray, shape (k, n)
    place : int
        All pairs before it are less than a third of a turn apart on every circle.

    None if none were found that are worth while.
    """
    n, k = space.size, odd.shape[1]
    part, parts = _parts(edges, joins, n, max(1, 2 * n // _PARTS))
    landmarks = np.arange(0, n, max(1, n // _LANDMARKS))
    # The Laplacian is there four times, as double numbers, and so are the values between the landmarks.
    if parts > _MOST_PARTS or 32 * parts**2 + 16 * len(landmarks) ** 2 > room:
        return None
    values = _landmark_values(space, landmarks)
    share = min(1.0, (values <= value_at(low)).mean() + 0.05)
    worth = float(np.quantile(values, share, method="higher"))
    found = []
    for functional in range(1, 1 << k):
        sign = (odd[:, [functional >> j & 1 == 1 for j in range(k)]].sum(axis=1) & 1).astype(bool)
        turns = _half_turns(part, parts, edges, sign)[part[landmarks]]
        found.append((*_smoothed(values, turns, value_at(low)), functional))
    found.sort(key=lambda each: -each[0])
    spanned, maps = {0}, np.empty((k, n))
    for number in range(k):
        value, turns, functional = next(each for each in found if each[2] not in spanned)
        spanned |= {other ^ functional for other in spanned}
        if value <= worth:
            return None
        _extend(space, landmarks, turns, np.float32(value * 0.98), maps[number])
    return _tightened(space, maps, end, threads)


@jit
def _landmark_values(space: Any, landmarks: Any) -> Any:
    values = np.empty((landmarks.size, landmarks.size), np.float32)
    for i in range(landmarks.size):
        for k in range(landmarks.size):
            values[i, k] = pair_value(space, landmarks[i], landmarks[k])
    return values


def _smoothed(values: NDArray[np.float32], turns: Turns, value: np.float32) -> tuple[float, Turns]:
    """The best of the maps on the way to a smooth one, and the value of the first pair far apart."""
    best: tuple[float, Turns] = (-1.0, turns)
    for _ in range(_SMOOTHINGS):
        smoother, first = _smooth(values, turns, value)
        if first > best[0]:
            best = float(first), turns
        if np.isfinite(first):
            value = max(value, np.float32(first * 0.98))
        turns = smoother
    return best


def _tightened(space: Space, turns: Turns, end: int, threads: int) -> tuple[Turns, int]:
    """The maps, pulled together where the first pairs that are far apart are."""
    best, place, waited = turns.copy(), first_far(space, turns, end, threads), 0
    for _ in range(_ROUNDS):
        if place >= end or waited == _PATIENCE:
            break
        _tighten(space, turns, *_arcs(space.tree, turns), value_at(place) * _RAISE)
        found = first_far(space, turns, end, threads)
        waited = 0 if found > place else waited + 1
        if found > place:
            best, place = turns.copy(), found
    return best, place


@jit
def annotate_rows(
    space: Any, vertices: Any, turns: Any, place: Any, numbers: Any, first: Any, step: Any
) -> None:  # fmt: skip
    """Annotate all edges before a place by maps, in bit rows at every `step`-th vertex, which has slot v.

    Vertex v has the rows from ``v * c + 1`` on, if `numbers` are the annotations of c combinations
    of the maps that cross, in the order of these as binary numbers from 1 on.
    """
    tree, n, c = space.tree, space.size, numbers.size
    sums, row = np.empty(TILE), np.empty(n, np.float32)
    bits, bound = row.view(np.uint32), np.empty(1, np.uint32)
    bound[0] = min(place >> 32, INFINITE)
    for v in range(first, n, step):
        leaf = next_leaf(space, 0, v, bound.view(np.float32)[0])
        while leaf < tree.start.size:
            part_values(space, v, tree.start[leaf], tree.stop[leaf], sums, row)
            for w in range(tree.start[leaf], tree.stop[leaf]):
                if w == v or (np.int64(bits[w]) << 32) | min(v, w) >= place:
                    continue
                mark = ONE << np.uint64(w & 63)
                vertices.near[v, w >> 6] |= mark
                code = 0
                for k in range(turns.shape[0]):
                    code |= crosses(turns[k, v], turns[k, w]) << k
                if code:
                    vertices.alike[v * c + code, w >> 6] |= mark
            leaf = next_leaf(space, tree.skip[leaf], v, bound.view(np.float32)[0])
        for k in range(vertices.near.shape[1]):
            mark = ONE << np.uint64(k & 63)
            if vertices.near[v, k]:
                vertices.near_some[v, k >> 6] |= mark
            for r in range(v * c + 1, v * c + c + 1):
                if vertices.alike[r, k]:
                    vertices.alike_some[r, k >> 6] |= mark
                    if vertices.alike[r, k] == vertices.near[v, k]:
                        vertices.alike_full[r, k >> 6] |= mark
        for r in range(v * c + 1, v * c + c + 1):
            if np.any(vertices.alike_some[r]):
                vertices.annotation[r] = numbers[r - v * c - 1]
                vertices.next_row[r] = vertices.row[v]
                vertices.row[v] = r
