"""Distances between diagrams that differ in one thing: the network, the epoch, the layer, or the rows."""

from __future__ import annotations

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
    """Bottleneck distance between the bars of one dimension, exact up to rounding.

    Bars that never die are matched in order of their births; where one diagram has more of them than the other, the
    distance is infinite. For the others by GUDHI, which narrows the distance down until double precision has no number in between; but
    for what :func:`_bottleneck_at_zero` and :func:`_decisive` do to be done sooner.

    Parameters
    ----------
    a, b : Diagram
    dimension : int

    Returns
    -------
    float
        In units of the diagrams.
    """
    import gudhi

    apart = _between_essential(a, b, dimension)
    if apart is None:
        return float("inf")
    least = float(apart.max(initial=0.0))
    x, y = a.finite(dimension), b.finite(dimension)
    if not x[:, 0].any() and not y[:, 0].any():
        return max(least, _bottleneck_at_zero(x[:, 1], y[:, 1]))
    if np.array_equal(x, y):  # for which GUDHI finds the smallest number above 0
        return least
    bound, x, y = _decisive(x, y)
    # Without an explicit precision of 0, which means another algorithm that takes minutes on 10,000 bars.
    return max(least, bound, float(gudhi.bottleneck_distance(x, y)))


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


def _decisive(
    a: NDArray[np.float64], b: NDArray[np.float64]
) -> tuple[float, NDArray[np.float64], NDArray[np.float64]]:
    """Lower bound on a bottleneck distance, and the bars that can make it larger.

    No bar costs less than half its length, unmatched, or the way to the nearest bar of the other
    side; the largest such cost bounds the distance from below. Bars of up to twice that length can
    be left unmatched for no more than the bound, so they matter only as partners of longer ones, and
    those are no farther apart than half the longest bar, which is what no matching at all costs.
    """
    from scipy.spatial import KDTree

    def gap(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
        return KDTree(y).query(x, p=np.inf)[0] if len(y) else np.full(len(x), np.inf)

    half_a, half_b = (np.diff(bars)[:, 0] / 2 for bars in (a, b))
    least = max(
        np.minimum(half, way).max(initial=0.0) for half, way in ((half_a, gap(a, b)), (half_b, gap(b, a)))
    )
    most = max(half.max(initial=0.0) for half in (half_a, half_b))
    long_a, long_b = half_a > least, half_b > least
    return (
        float(least),
        a[long_a | (gap(a, b[long_b]) <= most)],
        b[long_b | (gap(b, a[long_a]) <= most)],
    )


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
