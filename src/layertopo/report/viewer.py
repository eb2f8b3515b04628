"""The bars that the report's interactive diagrams show, packed into the page.

Each barcode is a row of numbers: all births, all lifetimes, and all p-values if its bars can be tested.
Of each number, as a float32, the three highest bytes are kept, which is more than four digits; first the highest
bytes of all, then the second and the third, deflated (zlib), in base64. ``templates/viewer.js`` unpacks
the diagram that is chosen. Where its loops are known, there are points of the cloud in the plane as well, and the edges of each
loop, as whole numbers from 0 to :data:`GRID`.
"""

from __future__ import annotations

import base64
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from layertopo import storage
from layertopo.analysis.loops import LayerLoops, Loop, load
from layertopo.analysis.names import ROWS, cloud_in_words
from layertopo.analysis.run_statistics import p_values_of
from layertopo.analysis.significance import LEVEL, bonferroni
from layertopo.figures.style import DIMENSIONS, class_colours
from layertopo.storage import Key, Stored
from layertopo.topology import diagrams
from layertopo.topology.metrics import METRICS

#: Bars in one page: about 4 bytes each. With more, the significant and the longest of each diagram are kept.
MAX_BARS = 600_000
#: Fewer bars of a barcode tell too little: then there are fewer networks in the page.
LEAST_BARS = 100
#: Points of clouds in one page, and of one cloud.
MAX_POINTS, MOST_POINTS = 100_000, 1500
#: Places along each axis that points are drawn at, and rows of a loop that are named.
GRID, MOST_NAMED = 999, 200
#: Data set, model and seed.
Network = tuple[str, str, int]
#: Key columns by which a diagram is chosen, and what they are called.
FIELDS = {
    "dataset": "Data set",
    "model": "Network",
    "seed": "Seed",
    "epoch": "Epoch",
    "layer": "Layer",
    "split": "Rows",
    "cloud": "Cloud",
}


@dataclass(frozen=True)
class Viewer:
    """Diagrams for the page.

    Attributes
    ----------
    choices : dict
        For each field, the values to choose from and how they are shown.
    data : dict
        What the page's script reads: values that JSON can hold.
    total, shown : int
        Bars of all diagrams, and how many of them are in the page.
    networks, shown_networks : int
        All of them, and how many are in the page.
    """

    choices: dict[str, dict[str, str]]
    data: dict[str, Any]
    total: int
    shown: int
    networks: int
    shown_networks: int


class KnownLoops(NamedTuple):
    """Loops of a diagram, and the names of the classes of their rows."""

    layer: LayerLoops
    classes: Sequence[str]


def collect(
    stored: Sequence[Stored],
    statistics: Sequence[Stored],
    loops: Sequence[tuple[Stored, Sequence[Key]]] = (),
    most: int = MAX_BARS,
) -> Viewer:
    """Read diagrams and pack them.

    Parameters
    ----------
    stored : sequence of Stored
        Diagrams.
    statistics : sequence of Stored
        p-values of each training run that they are of.
    loops : sequence of (Stored, sequence of mapping)
        Of training runs, with the keys of the diagrams whose loops are known.
    most : int
        Bars that the page may hold.

    Raises
    ------
    ResultError
        If a file is broken or was made with other settings.
    """
    keys = [each.key for each in stored]
    p_values = {_network(each.key): each for each in statistics}
    counts = [_bar_counts(each.path) for each in stored]
    networks = list(dict.fromkeys(map(_network, keys)))
    chosen = _networks_that_fit([_network(key) for key in keys], counts, most)
    places = [k for k, key in enumerate(keys) if _network(key) in chosen]
    longest = fair_share([count for k in places for count in counts[k]], most)
    known = _known_loops(loops)
    points = min(MOST_POINTS, MAX_POINTS // max(1, len(known)))
    packed = [
        _pack(stored[k], p_values[_network(keys[k])], longest, known.get(tuple(keys[k].items())), points)
        for k in places
    ]
    dimensions = sorted({each["dimension"] for diagram in packed for each in diagram["barcodes"]})
    return Viewer(
        choices={
            field: {_choice(keys[k], field): _shown(_choice(keys[k], field)) for k in places}
            for field in FIELDS
        },
        data={
            "fields": list(FIELDS),
            "colours": {str(dimension): DIMENSIONS[dimension][0] for dimension in dimensions},
            "level": LEVEL,
            "diagrams": packed,
        },
        total=sum(map(sum, counts)),
        shown=sum(min(count, longest) for k in places for count in counts[k]),
        networks=len(networks),
        shown_networks=len(chosen),
    )


def _known_loops(loops: Sequence[tuple[Stored, Sequence[Key]]]) -> dict[tuple[Any, ...], KnownLoops]:
    """By the keys of the diagrams."""
    found: dict[tuple[Any, ...], KnownLoops] = {}
    for stored, keys in loops:
        layers, classes = load(stored, keys)
        found |= {
            tuple(key.items()): KnownLoops(layer, classes) for key, layer in zip(keys, layers, strict=True)
        }
    return found


def _network(key: Mapping[str, Any]) -> Network:
    return key["dataset"], key["model"], int(key["seed"])


def _networks_that_fit(
    networks: Sequence[Network], counts: Sequence[Sequence[int]], most: int
) -> set[Network]:
    """As many networks as leave each barcode its least bars, at least one.

    All data sets and models of a seed come before those of the next seed.
    """
    least: dict[Network, int] = {}
    for network, count in zip(networks, counts, strict=True):
        least[network] = least.get(network, 0) + sum(min(each, LEAST_BARS) for each in count)
    seeds = list(dict.fromkeys(seed for _, _, seed in least))
    order = sorted(least, key=lambda network: seeds.index(network[2]))  # stable
    used = np.cumsum([least[network] for network in order])
    return {network for network, bars in zip(order, used, strict=True) if bars <= most} or set(order[:1])


def fair_share(counts: Sequence[int], most: int) -> int:
    """Largest length to which all barcodes can be cut so that `most` bars or fewer are left."""
    left = most
    for k, count in enumerate(sorted(counts)):
        remaining = len(counts) - k
        if count * remaining > left:
            return left // remaining
        left -= count
    return max(counts, default=0)


def pack(columns: Sequence[NDArray[np.float64]]) -> str:
    """Columns of equal length as text: the three highest bytes of float32, byte by byte, deflated, in base64."""
    bits = np.concatenate(columns).astype("<f4").view("<u4")
    rounded = bits + 0x80  # to the nearest; neither infinity nor NaN becomes another number
    planes = [rounded >> shift & 0xFF for shift in (24, 16, 8)]
    return base64.b64encode(zlib.compress(np.concatenate(planes).astype(np.uint8).tobytes(), 9)).decode(
        "ascii"
    )


def _bar_counts(path: str) -> list[int]:
    with storage.load(path) as file:
        return [len(file[f"H{dimension}"]) for dimension in storage.attribute(file, "dimensions")]


def _pack(
    stored: Stored, statistics: Stored, longest: int, known: KnownLoops | None, points: int
) -> dict[str, Any]:
    diagram = diagrams.load(stored.path, stored.provenance)
    limits = diagram.limits_in_words()
    with p_values_of(statistics) as read:
        p_values = {
            dimension: read(stored.key, dimension) for dimension in diagram.dimensions if dimension > 0
        }
    return {
        "key": [_choice(stored.key, field) for field in FIELDS],
        "about": ", ".join(filter(None, [diagram.points_in_words(), limits])),
        "metric": METRICS[diagram.metric].label,
        "scale": diagram.rms_distance if np.isfinite(diagram.rms_distance) else None,
        "barcodes": [
            _barcode(dimension, diagram.bars[dimension], p_values.get(dimension), longest)
            for dimension in diagram.dimensions
        ],
        **(
            {} if known is None else _loops(known, _shown_bars(diagram.bars[1], p_values[1], longest), points)
        ),
    }


def _loops(known: KnownLoops, bars: NDArray[np.int64], most: int) -> dict[str, Any]:
    """The cloud in the plane, and the loops of those bars that are in the page; nothing if there are none."""
    if not known.layer.loops:
        return {}
    layer, classes = known
    some = slice(None, None, -(-len(layer.plane) // most))
    ends = np.concatenate([loop.ends.reshape(-1, 2) for loop in layer.loops])
    every = np.concatenate([layer.plane, ends])
    low, size = every.min(axis=0), float(np.ptp(every, axis=0).max()) or 1.0
    place = {int(bar): k for k, bar in enumerate(bars)}

    def on_grid(plane: NDArray[np.float32]) -> list[int]:
        return np.rint((plane - low) / size * GRID).astype(int).ravel().tolist()

    found = {
        "points": on_grid(layer.plane[some]),
        "labels": layer.plane_classes[some].tolist(),
        "colours": class_colours(len(classes)),
        "share": layer.share if np.isfinite(layer.share) else 1.0,
        "each": [
            {
                "bar": place[loop.bar],
                "edges": on_grid(loop.ends.reshape(-1, 2)),
                **_rows(loop, classes),
            }
            for loop in layer.loops
            if loop.bar in place
        ],
    }
    return {"loops": found}


def _rows(loop: Loop, classes: Sequence[str]) -> dict[str, Any]:
    """The rows on a loop, how many others are equal to one of them, and how many of all are of each class."""
    on_it = np.unique(loop.equal_to)
    counts = np.bincount(loop.classes, minlength=len(classes))
    return {
        "rows": on_it[:MOST_NAMED].tolist(),
        "count": len(on_it),
        "equal": len(loop.rows) - len(on_it),
        "classes": [[name, n] for name, n in zip(classes, counts.tolist(), strict=False) if n],
    }


def _barcode(
    dimension: int, bars: NDArray[np.float64], p: NDArray[np.float64] | None, longest: int
) -> dict[str, Any]:
    """The significant bars of one dimension, then the longest, and counts of all."""
    births, deaths = bars.T
    lifetimes = deaths - births
    p = np.full(len(bars), np.nan) if p is None else p
    tested = int(np.isfinite(p).sum())
    significant = bonferroni(p, tested)
    order = _shown_bars(bars, p, longest)
    columns = [births[order], lifetimes[order], *([p[order]] if tested else [])]
    return {
        "dimension": dimension,
        "total": len(bars),
        "endless": int(np.isinf(deaths).sum()),
        "tested": tested,
        "significant": int(significant.sum()),
        "data": pack(columns),
    }


def _shown_bars(bars: NDArray[np.float64], p: NDArray[np.float64], longest: int) -> NDArray[np.int64]:
    """Bars that are in the page: the significant ones, then the longest."""
    significant = bonferroni(p, int(np.isfinite(p).sum()))
    return np.lexsort([bars[:, 0] - bars[:, 1], ~significant])[:longest]


def _choice(key: Mapping[str, Any], field: str) -> str:
    return cloud_in_words(key) if field == "cloud" else str(key[field])


def _shown(value: str) -> str:
    return ROWS.get(value, value)
