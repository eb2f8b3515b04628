"""Bars of the Rips filtration in dimensions 0 and 1 over Z/2."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import repeat
from typing import Any

import numpy as np
from numpy.typing import NDArray

from layertopo.homology import circles, sweep
from layertopo.homology import classes as sums
from layertopo.homology import vertices as ends
from layertopo.homology.bits import root
from layertopo.homology.cloud import ANY_VALUE, Cloud
from layertopo.homology.cycles import Relations
from layertopo.homology.jit import jit
from layertopo.homology.lune import new_scratch
from layertopo.homology.memory import Budget
from layertopo.homology.neighbours import Neighbours
from layertopo.homology.ranges import Ranges, any_from
from layertopo.homology.space import FEW, LARGEST_LEAF, MANY
from layertopo.homology.values import INFINITE, TILE

Progress = Callable[[int, int], object]
_ROWS = 1 << 34  # bytes that bit rows written by maps may take at most
_QUIET = 1 << 18  # pairs that enter without an event before it is tried to skip some
_PLACES = 16  # logarithm of the number of parts of a range in which pairs are counted


@jit
def _spanning_forest(edges: Any, n: Any) -> Any:
    """Which edges, taken in order, join two components."""
    parent = np.arange(n)
    joins = np.zeros(edges.size, np.bool_)
    for i in range(edges.size):
        u, v = root(parent, edges[i] >> 32), root(parent, edges[i] & 0xFFFFFFFF)
        parent[u] = v
        joins[i] = u != v
    return joins


def rips_bars(
    neighbours: Neighbours,
    last: np.float32 = ANY_VALUE,
    budget: Budget | None = None,
    progress: Progress | None = None,
    *,
    loops: bool = True,
) -> tuple[dict[int, NDArray[np.float64]], bool, Callable[[], Relations]]:
    """Bars of the Rips filtration in dimensions 0 and 1, those of length zero included.

    Parameters
    ----------
    neighbours : Neighbours
        Of a cloud of at least two points.
    last : float32
        Value after which nothing counts: what is alive then is given an infinite death.
    budget : Budget, optional
        Made after `neighbours`, so that what these take is in it.
    progress : callable, optional
        Is told after each range how many classes have died, and how many there are.
    loops : bool
        Whether dimension 1 is wanted; if not, nothing enters but the edges of the forest.

    Returns
    -------
    bars : dict of int to ndarray of float64, shape (n_bars, 2)
        Birth and death, as distances.
    complete : bool
        Whether they are the bars of the whole filtration.
    relations : callable
        What is known of all cycles, for those who ask.

    Raises
    ------
    OutOfMemoryBudgetError
        If it would take more memory.
    """
    cloud = neighbours.cloud
    joins = _spanning_forest(neighbours.edges, cloud.size)
    is_birth = ~joins if loops else np.zeros_like(joins)
    births = neighbours.bits[is_birth]
    classes, alive = sums.new_classes(0), False
    end = (int(last.view(np.uint32)) + 1) << 32
    if len(births):
        state = _Sweep(neighbours, is_birth, budget)
        _, alive = state.deaths(end, progress)
        classes = state.classes
    complete = not alive and bool((neighbours.bits[joins | is_birth].view(np.float32) <= last).all())

    never = np.full(cloud.size - int(joins.sum()), np.inf)
    merges = np.append(_distances(cloud, neighbours.bits[joins], last), never)
    lives = np.column_stack([_distances(cloud, bits, last) for bits in (births, classes.death)])
    bars = {0: np.column_stack([np.zeros_like(merges), merges]), 1: lives[lives[:, 0] < np.inf]}

    return bars, complete, partial(relations_of, neighbours, joins, classes, last)


def relations_of(
    neighbours: Neighbours, joins: NDArray[np.bool_], classes: sums.Classes, last: np.float32 = ANY_VALUE
) -> Relations:
    """What a sweep that has ended knows of all cycles; values after the last one are infinite."""
    cloud = neighbours.cloud
    ends = cloud.rows[np.column_stack([neighbours.edges >> 32, neighbours.edges & 0xFFFFFFFF])]
    lengths = _distances(cloud, neighbours.bits, last)
    deaths = _distances(cloud, classes.death, last)
    return Relations(
        ends[joins], lengths[joins], ends[~joins], lengths[~joins], deaths, *sums.relations(classes)
    )


def _distances(cloud: Cloud, bits: NDArray[np.uint32], last: np.float32) -> NDArray[np.float64]:
    lengths = bits.view(np.float32)
    return cloud.distances(np.where(lengths <= last, lengths, np.float32(np.inf)))


class _Sweep:
    """The state of a filtration as it goes on, range by range."""

    def __init__(
        self,
        neighbours: Neighbours,
        is_birth: NDArray[np.bool_],
        budget: Budget | None = None,
        alike_from: int = 0,
        skip_after: int = _QUIET,
        lists_from: int = MANY,
    ) -> None:
        self.budget = budget or Budget(None, neighbours.cloud.size)
        self.space = neighbours.space
        self.threads = neighbours.threads
        self.edges, self.is_birth = neighbours.edges, is_birth
        self.places = (neighbours.bits.astype(np.int64) << 32) | (neighbours.edges >> 32)
        self.patience, self.quiet = skip_after, 0
        self.births = neighbours.edges[is_birth]
        self.birth_places = self.places[is_birth]
        n = self.space.size
        self.width = max(1, (n - 1).bit_length())
        few = 0 < self.space.columns.shape[0] <= FEW
        self.vertices = ends.new_vertices(n, alike_from, rows_of_bits=not few or n < lists_from)
        self.classes = sums.new_classes(len(self.births))
        self.scratch = new_scratch(n, self.vertices.alike_from)
        self.later = np.empty(4 * n, dtype=np.uint64)
        self.listed = self.listed_bytes = 0  # pairs so far, and bytes of those of the range
        self.ranges = Ranges(self.space)
        self._limit_ranges()

    def deaths(self, end: int = INFINITE << 32, progress: Progress | None = None) -> tuple[Any, bool]:
        """Bits of the value at which each class dies, and whether some might after the place `end`.

        Infinite for those that do not.
        """
        low, end = 0, min(end, INFINITE << 32)
        counters = self.classes.counters
        while counters[sums.N_DEAD] < len(self.births) and low < end:
            born = counters[sums.N_BORN]
            if counters[sums.N_DEAD] == born:  # nothing is alive: nothing happens before the next birth
                low = max(low, int(self.birth_places[born]) >> 48 << 48)
            low = self._skip(low, end)
            high, room = self.ranges.cut(low, self.width, self.listed)
            low = self._enter(sweep.range_of(low, min(high, end), self.width), room)
            if progress:
                progress(int(counters[sums.N_DEAD]), len(self.births))
        alive = bool(counters[sums.N_DEAD] < len(self.births)) and any_from(self.space, end >> 32)
        return self.classes.death, alive

    def _list(self, part: sweep.Range, room: int) -> tuple[sweep.Range, NDArray[np.uint64], list[int]]:
        """The pairs of a range with an active end, or of its first part if they are too many.

        Each thread lists those of some vertices, in ascending order.
        """
        fresh = self._make_active(part)
        active = np.flatnonzero(self.vertices.slot >= 0)
        n, streams = self.space.size, self.threads
        size = max(room // streams, n) + LARGEST_LEAF
        self._claim(8 * streams * min(size, len(active) * n))
        keys = np.empty((streams, size), dtype=np.uint64)  # what is not written to takes no memory
        written = np.zeros(streams, dtype=np.int64)

        def rows(i: int, part: sweep.Range, shift: int, counts: NDArray[np.int64]) -> int:
            count: int = sweep.list_rows(
                self.space, self.vertices, part, active, fresh, len(active) == n, i, streams, keys[i], shift, counts
            )  # fmt: skip
            keys[i, : max(0, count)].sort()
            written[i] = max(written[i], count if count >= 0 else size)
            return count

        def rows_of_all(part: sweep.Range, shift: int, counts: NDArray[np.int64]) -> list[int]:
            return list(pool.map(rows, range(streams), repeat(part), repeat(shift), counts))

        with ThreadPoolExecutor(streams) as pool:
            while -1 in (found := rows_of_all(part, 0, np.zeros((streams, 0), dtype=np.int64))):
                shift = max(0, (part.high - part.low).bit_length() - _PLACES)
                counts = np.zeros((streams, 1 << _PLACES), dtype=np.int64)
                rows_of_all(part, shift, counts)
                fitting = (counts.cumsum(axis=1) <= size - LARGEST_LEAF).all(axis=0)
                part = sweep.range_of(part.low, part.low + (max(1, int(fitting.sum())) << shift), part.width)
        self.listed += sum(found)
        self.listed_bytes = 8 * int(written.sum())
        return part, keys, found

    def _enter(self, part: sweep.Range, room: int) -> int:
        """Let the pairs of a range enter, for which there is that much room; returns where it ended."""
        part, keys, found = self._list(part, room)
        n, streams, size = self.space.size, *keys.shape
        events = self.classes.counters[[sums.N_BORN, sums.N_DEAD]]
        keys = keys.ravel()
        feed = sweep.Feed(
            keys=keys,
            later=self.later,
            position=np.zeros(streams + n, dtype=np.int64),
            stop=np.zeros(streams + n, dtype=np.int64),
            top=np.zeros(streams + n, dtype=np.uint64),
            stream=np.zeros(streams + n, dtype=np.int64),
            n_first=streams,
            counters=np.zeros(2, dtype=np.int64),
            sums=np.empty(TILE),
            values=np.empty(n, dtype=np.float32),
        )
        for i, count in enumerate(found):
            feed.position[i], feed.stop[i] = i * size, i * size + count
            if count:
                sweep.push(feed, i)
        while missing := sweep.advance(
            self.space, self.vertices, self.classes, self.scratch, part, feed, self.births
        ):
            feed = self._supply(missing, feed)
        self.later, self.listed_bytes = feed.later, 0
        while not ends.retire(self.vertices, self.classes, self.classes.counters[sums.N_DEAD]):
            self._more_sums()
        same = (events == self.classes.counters[[sums.N_BORN, sums.N_DEAD]]).all()
        self.quiet = self.quiet + sum(found) if same else 0
        return part.high

    def _skip(self, low: int, end: int) -> int:
        """Go on from where the few classes that are alive must still be so, if that is far on."""
        if self.quiet < self.patience:
            return low
        born, n = self.classes.counters[sums.N_BORN], self.space.size
        alive = np.flatnonzero(self.classes.relation[:born] < 0)
        end = min([end, *self.birth_places[born : born + 1].tolist()])
        worth = self.ranges.before(low) + n * n / 40
        if (
            not 0 < len(alive) <= circles.MOST
            or self.ranges.before(end) < worth
            or min(room := self.budget.left(self._held()), _ROWS) < (n * n >> 3 << len(alive))
        ):
            return low
        self.patience, self.quiet = 4 * self.patience, 0
        known = ~self.is_birth | (self.places < low)
        edges, joins = self.edges[known], ~self.is_birth[known]
        odd = np.zeros((len(edges), len(alive)), dtype=np.bool_)
        odd[~joins] = [[each in terms for each in alive] for terms in map(self._terms, range(born))]
        maps = circles.find_maps(self.space, edges, joins, odd, low, end, self.threads, room)
        if maps is None or self.ranges.before(maps[1]) < worth:
            return low
        turns, place = maps
        crossing = circles.crosses_at(turns, edges)
        parities = circles.cycle_parities(edges, joins, crossing, n)
        matrix = parities[~joins][alive].T  # how often, but for evens, each map winds around each class
        numbers = self._numbers(alive, matrix)
        if numbers is None or ((odd @ matrix.T.astype(np.int64)) % 2 != parities).any():
            return low
        self._annotate(turns, place, numbers)
        self._limit_ranges()
        return place

    def _terms(self, number: int) -> set[int]:
        """The classes alive that a class, which may be dead, is the sum of."""
        single = self._number_of(np.array([number]))
        while (normal := sums.normal_form(self.classes, single)) == sums.NO_ROOM:
            self._more_sums()
        start = self.classes.first[normal]
        return set(self.classes.terms[start : start + self.classes.length[normal]].tolist())

    def _numbers(self, alive: NDArray[np.int64], matrix: NDArray[np.bool_]) -> NDArray[np.int64] | None:
        """The sum of classes, by number, that the maps' crossings as a binary number stand for; from 1 on.

        None if they do not tell the sums apart.
        """
        k = len(alive)
        numbers = np.zeros(1 << k, dtype=np.int64)
        for chosen in range(1, 1 << k):
            members = np.array([chosen >> j & 1 == 1 for j in range(k)])
            crossing = (matrix[:, members].sum(axis=1) & 1).astype(np.int64)
            code = int(crossing @ (1 << np.arange(k)))
            if code == 0 or numbers[code]:
                return None
            numbers[code] = self._number_of(alive[members])
        return numbers[1:]

    def _number_of(self, terms: NDArray[np.int64]) -> int:
        """Number of a sum of classes, ascending."""
        self.classes.touched[: len(terms)] = terms
        while (number := sums.number_of(self.classes, len(terms))) == sums.NO_ROOM:
            self._more_sums()
        return int(number)

    def _annotate(self, turns: NDArray[np.float64], place: int, numbers: NDArray[np.int64]) -> None:
        """Annotate all edges before a place by maps, and forget what was known of them."""
        dead = int(self.classes.counters[sums.N_DEAD])
        tally = self.vertices.tally
        self.vertices = ends.whole_vertices(self.space.size, len(numbers), dead, self.vertices.alike_from)
        self.vertices = self.vertices._replace(tally=tally)

        def write(first: int) -> None:
            circles.annotate_rows(self.space, self.vertices, turns, place, numbers, first, self.threads)

        with ThreadPoolExecutor(self.threads) as pool:
            list(pool.map(write, range(self.threads)))
        ends.free_empty_rows(self.vertices)

    def _make_active(self, part: sweep.Range) -> NDArray[np.bool_]:
        """Make the ends of edges active at which a class is born in a range; returns which were not."""
        fresh = np.zeros(self.space.size, dtype=np.bool_)
        born = self.births[(self.birth_places >= part.low) & (self.birth_places < part.high)]
        fresh[born >> 32] = fresh[born & 0xFFFFFFFF] = True
        fresh &= self.vertices.slot < 0
        wanted = np.flatnonzero(fresh)
        lacking = len(wanted) - int(self.vertices.counters[ends.N_FREE_SLOTS])
        if lacking > 0:
            slots, words = self.vertices.near.shape
            self._claim(8 * words * (slots + max(lacking, slots // 2, 64)))
            self.vertices = ends.more_slots(self.vertices, lacking)
        for v in wanted.tolist():
            ends.take_slot(self.vertices, v)
        return fresh

    def _supply(self, missing: int, feed: sweep.Feed) -> sweep.Feed:
        """Make room for what is missing."""
        if missing == sweep.NEED_SUMS:
            self._more_sums()
            return feed
        growing = {
            ends.NEED_ENTRIES: 2 * self.vertices.who.nbytes,
            ends.NEED_ROWS: self.vertices.alike.nbytes,
            sweep.NEED_SLOT: self.vertices.near.nbytes,
            sweep.NEED_KEYS: feed.later.nbytes,
        }
        self._claim(2 * growing[missing])
        if missing == ends.NEED_ENTRIES:
            self.vertices = ends.more_entries(self.vertices, 2 * int(self.vertices.room.max()))
        elif missing == ends.NEED_ROWS:
            self.vertices = ends.more_rows(self.vertices)
        elif missing == sweep.NEED_SLOT:
            self.vertices = ends.more_slots(self.vertices, 1)
        else:
            later = np.empty(2 * len(feed.later), dtype=np.uint64)
            later[: len(feed.later)] = feed.later
            return feed._replace(later=later)
        return feed

    def _more_sums(self) -> None:
        self._claim(2 * _bytes_of(self.classes) + 2 * self.vertices.tally.nbytes)
        self.classes = sums.more_room(self.classes)
        self.vertices = self.vertices._replace(tally=np.zeros(len(self.classes.first), dtype=np.int32))

    def _limit_ranges(self) -> None:
        """See to it that what is listed of a range takes a quarter of what is left at most."""
        left = max(1 << 22, self.budget.left(self._held()))
        self.ranges.most = int(min(self.ranges.most, left // 64))

    def _held(self) -> int:
        """Bytes of what was made since the budget was."""
        tables = self.vertices, self.classes, self.scratch
        of_edges = self.places, self.births, self.birth_places
        of_streams = 36 * self.space.size + self.listed_bytes + self.later.nbytes
        return sum(map(_bytes_of, (*tables, of_edges))) + of_streams

    def _claim(self, more: int) -> None:
        """Refuse to go on if there is no room for that many bytes more."""
        dead, total = int(self.classes.counters[sums.N_DEAD]), len(self.births)
        self.budget.check(self._held(), more, f"{dead:,} of {total:,} loops done")


def _bytes_of(tables: tuple[Any, ...]) -> int:
    return sum(table.nbytes for table in tables if isinstance(table, np.ndarray))
