"""Distances between diagrams that differ in one thing: the network, the epoch, the layer, or the rows."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from layertopo import tables
from layertopo.analysis.names import DISTANCES
from layertopo.epochs import Epoch, in_order
from layertopo.homology import Diagram
from layertopo.storage import Key, Stored
from layertopo.topology import diagrams

#: Lines that diagrams are projected to for the sliced Wasserstein distance.
DIRECTIONS = 50
#: What two diagrams may differ in, and the key columns that say so.
ACROSS = {"networks": ("model", "seed"), "epochs": ("epoch",), "layers": ("layer",), "splits": ("split",)}
_SIDES = tuple(name for names in ACROSS.values() for name in names)
_KEYS = (
    *("dataset", "cloud", "class", "dimension", "across"),
    *(f"{name}_{side}" for side in "ab" for name in _SIDES),
)
_MEASURES = tuple(f"{name}{form}" for name in DISTANCES for form in ("", "_scaled"))


def bottleneck(a: Diagram, b: Diagram, dimension: int) -> float:
    """Bottleneck distance between the bars of one dimension, exactly the largest cost of a best matching.

    Bars that never die are matched in order of their births; where one diagram has more of them than the other, the
    distance is infinite.

    Parameters
    ----------
    a, b : Diagram
    dimension : int

    Returns
    -------
    float
        In units of the diagrams.
    """
    apart = _between_essential(a, b, dimension)
    if apart is None:
        return float("inf")
    least = float(apart.max(initial=0.0))
    x, y = a.finite(dimension), b.finite(dimension)
    if not x[:, 0].any() and not y[:, 0].any():
        return max(least, _bottleneck_at_zero(x[:, 1], y[:, 1]))
    return max(least, _bottleneck(x, y))


def _between_essential(a: Diagram, b: Diagram, dimension: int) -> NDArray[np.float64] | None:
    """Differences of the births of the bars that never die, in order; None if there are more in one diagram."""
    births = [np.sort(each.bars[dimension][np.isinf(each.bars[dimension][:, 1]), 0]) for each in (a, b)]
    return np.abs(births[0] - births[1]) if len(births[0]) == len(births[1]) else None


def sliced_wasserstein(a: Diagram, b: Diagram, dimension: int) -> float:
    """Sliced Wasserstein distance between the bars of one dimension, of those that die by GUDHI.

    Carriere, Cuturi and Oudot, "Sliced Wasserstein kernel for persistence diagrams", ICML 2017: the
    mean, over lines through 0, of the 1-Wasserstein distance of the projected diagrams. Here it is
    the mean over fixed lines, so that it is the same every time.

    Parameters
    ----------
    a, b, dimension
        As for :func:`bottleneck`.

    Returns
    -------
    float
        As :func:`bottleneck`.
    """
    from gudhi.representations import SlicedWassersteinDistance

    apart = _between_essential(a, b, dimension)
    if apart is None:
        return float("inf")
    finite = SlicedWassersteinDistance(DIRECTIONS)(a.finite(dimension), b.finite(dimension))
    return float(finite) + float(apart.sum())


_FUNCTIONS: dict[str, Callable[[Diagram, Diagram, int], float]] = {
    "bottleneck": bottleneck,
    "sliced_wasserstein": sliced_wasserstein,
}


def _bottleneck_at_zero(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    """Bottleneck distance between bars that are all born at 0, from their deaths.

    There is a best matching in which, for some k, the k longest bars of each side are matched in
    order of their length, and no others. For if a matched bar is shorter than an unmatched one of
    its side, either the unmatched one can take its place, or both bars of the pair are so short that
    they can be left unmatched as well.
    """
    a, b = np.sort(a)[::-1], np.sort(b)[::-1]
    most = min(len(a), len(b))
    matched = np.append(0.0, np.maximum.accumulate(np.abs(a[:most] - b[:most])))
    unmatched = [np.append(deaths, 0.0)[: most + 1] / 2 for deaths in (a, b)]
    return float(np.maximum(matched, np.maximum(*unmatched)).min())


def _bottleneck(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    """Bottleneck distance between bars that die, by the costs at which everything can be matched.

    No bar costs less than half its length, unmatched, or the way to the nearest bar of the other side; the largest
    such cost is often the distance. If it is not, the distance is the cost of a pair or of an unmatched bar above it.
    """
    both, halves = ((a, b), (b, a)), [np.diff(bars)[:, 0] / 2 for bars in (a, b)]
    most = float(max(each.max(initial=0.0) for each in halves))  # what no matching at all costs
    low = max(
        float(np.minimum(half, _ways(*bars)).max(initial=0.0))
        for half, bars in zip(halves, both, strict=True)
    )

    def up_to(cost: float) -> list[_Side]:
        return [
            _Side(half[half > low], *_near(bars[half > low], others, cost))
            for half, (bars, others) in zip(halves, both, strict=True)
        ]

    high, step = low, max(low / 128, most / 2**30)  # the larger the cost, the more pairs there are
    sides = up_to(high)
    while not _all_matched(sides, high):
        high, step = min(high + step, most), 2 * step
        sides = up_to(high)
    costs = np.unique(np.concatenate([[low], *(side.costs for side in sides), *halves]))
    costs = costs[(costs >= low) & (costs <= high)]
    return float(costs[bisect_left(costs, True, key=lambda cost: _all_matched(sides, cost))])


class _Side(NamedTuple):
    """What long bars of one diagram cost unmatched, and the pairs that they may form with the other's."""

    unmatched: NDArray[np.float64]
    bars: NDArray[np.intp]
    others: NDArray[np.intp]
    costs: NDArray[np.float64]


def _ways(bars: NDArray[np.float64], others: NDArray[np.float64]) -> NDArray[np.float64]:
    """The way from each bar to the nearest of the others."""
    from scipy.spatial import KDTree

    return KDTree(others).query(bars, p=np.inf)[0] if len(others) else np.full(len(bars), np.inf)


def _near(
    bars: NDArray[np.float64], others: NDArray[np.float64], cost: float
) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float64]]:
    """Pairs of bars that cost no more than `cost` to match, and what they cost."""
    from scipy.spatial import KDTree

    if not len(bars) or not len(others):
        return np.empty(0, np.intp), np.empty(0, np.intp), np.empty(0)
    # A little farther, for the tree need not round as these differences do.
    found = KDTree(bars).sparse_distance_matrix(
        KDTree(others), cost * (1 + 1e-9), p=np.inf, output_type="ndarray"
    )
    i, j = found["i"], found["j"]
    costs = np.abs(bars[i] - others[j]).max(axis=1)
    near = costs <= cost
    return i[near], j[near], costs[near]


def _all_matched(sides: Sequence[_Side], cost: float) -> bool:
    """Whether all bars that cost more unmatched can be matched at no more than `cost`.

    If that is so of either side, one matching does for both (Mendelsohn and Dulmage, Canadian Journal of
    Mathematics 10, 1958).
    """
    return all(_one_side_matched(side, cost) for side in sides)


def _one_side_matched(side: _Side, cost: float) -> bool:
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import maximum_bipartite_matching

    pairs = (side.costs <= cost) & (side.unmatched[side.bars] > cost)
    bars, others = side.bars[pairs], side.others[pairs]
    shape = (len(side.unmatched), int(others.max(initial=0)) + 1)
    graph = csr_array((np.ones(len(bars), np.int8), (bars, others)), shape=shape)
    matched = maximum_bipartite_matching(graph, perm_type="column") >= 0
    return bool(matched[side.unmatched > cost].all())


def _network(key: Key) -> tuple[Any, ...]:
    return key["dataset"], key["model"], key["seed"]


def pairs(keys: Sequence[Key]) -> Iterator[tuple[str, Key, Key]]:
    """Every two diagrams of the same data set and cloud that differ in exactly one of :data:`ACROSS`.

    Networks are compared at equal epochs, and at the last one of each.

    Parameters
    ----------
    keys : sequence of mapping
        Key columns of each diagram.

    Yields
    ------
    across : str
        What they differ in.
    a, b : mapping
        Their keys.
    """
    epochs: dict[tuple[Any, ...], set[Epoch]] = {}
    for key in keys:
        epochs.setdefault(_network(key), set()).add(key["epoch"])
    ends = {network: in_order(own)[-1] for network, own in epochs.items()}
    for a, b in combinations(keys, 2):
        differ = [across for across, names in ACROSS.items() if any(a[name] != b[name] for name in names)]
        if "networks" in differ and all(each["epoch"] == ends[_network(each)] for each in (a, b)):
            differ = [each for each in differ if each != "epochs"]
        if len(differ) == 1 and all(a.get(name) == b.get(name) for name in ("dataset", "cloud", "class")):
            yield differ[0], a, b


def run_distances(stored: Sequence[Stored]) -> pd.DataFrame:
    """Distances between all :func:`pairs` of some diagrams.

    Parameters
    ----------
    stored : sequence of Stored
        The diagrams.

    Returns
    -------
    DataFrame
        What each pair has in common, `across`, the rest of the key of either, and their
        distances, absolute and scale-free.

    Raises
    ------
    ResultError
        If a diagram is broken or was made with other settings.
    """
    loaded = {
        tuple(key.values()): _Forms.of(diagrams.load(path, provenance)) for path, key, provenance in stored
    }
    rows: list[dict[str, Any]] = []
    for across, a, b in pairs([key for _, key, _ in stored]):
        first, second = (loaded[tuple(key.values())] for key in (a, b))
        for dimension in first.absolute.dimensions:
            rows.append(_pair_key(across, a, b, dimension) | _measured(first, second, dimension))
    return pd.DataFrame(rows, columns=[*_KEYS, *_MEASURES])


class _Forms(NamedTuple):
    """A diagram as it is and scale-free, which is None where no scale is defined."""

    absolute: Diagram
    scaled: Diagram | None

    @classmethod
    def of(cls, diagram: Diagram) -> _Forms:
        return cls(diagram, diagram.scaled())


def _measured(first: _Forms, second: _Forms, dimension: int) -> dict[str, float]:
    """Every distance between two diagrams, absolute and scale-free."""
    found = {}
    for name in DISTANCES:
        distance = _FUNCTIONS[name]
        found[name] = distance(first.absolute, second.absolute, dimension)
        found[f"{name}_scaled"] = (
            float("nan")
            if first.scaled is None or second.scaled is None
            else distance(first.scaled, second.scaled, dimension)
        )
    return found


def _pair_key(across: str, a: Key, b: Key, dimension: int) -> dict[str, Any]:
    sides = {f"{name}_{side}": key[name] for side, key in (("a", a), ("b", b)) for name in _SIDES}
    common = {name: a.get(name, "") for name in ("dataset", "cloud", "class")}
    values = common | {"dimension": dimension, "across": across} | sides
    return {name: values[name] for name in _KEYS}


def distance_table(
    files: Mapping[str, Sequence[Key]], dimensions: Mapping[str, Sequence[int]]
) -> pd.DataFrame:
    """Tables of distances, in one.

    Parameters
    ----------
    files : mapping of path to sequence of mapping
        Tables written from what :func:`run_distances` returns, and the keys of the diagrams that each is of.
    dimensions : mapping of str to sequence of int
        Homology dimensions of the diagrams of each cloud.

    Raises
    ------
    ResultError
        If a file is broken, or of other pairs.
    """
    found = [pd.DataFrame(columns=[*_KEYS, *_MEASURES])]
    for path, cells in files.items():
        rows = [
            _pair_key(*pair, dimension)
            for pair in pairs(cells)
            for dimension in sorted(dimensions[pair[1]["cloud"]])
        ]
        found.append(tables.read_csv(path, rows))
    return pd.concat([each for each in found if len(each)] or found[:1], ignore_index=True)
