"""The bars that the report's interactive diagrams show, packed into the page.

Each barcode is a row of numbers: all births, all lifetimes, and all p-values if its bars can be tested.
Of each number, as a float32, the three highest bytes are kept, which is more than four digits; first the highest
bytes of all, then the second and the third, deflated (zlib), in base64. ``templates/viewer.js`` unpacks
the diagram that is chosen.
"""

from __future__ import annotations

import base64
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from layertopo import storage
from layertopo.analysis.names import ROWS, cloud_in_words
from layertopo.analysis.run_statistics import p_values_of
from layertopo.analysis.significance import LEVEL, bonferroni
from layertopo.figures.style import DIMENSIONS
from layertopo.storage import Stored
from layertopo.topology import diagrams
from layertopo.topology.metrics import METRICS

#: Bars in one page: about 4 bytes each. With more, the significant and the longest of each diagram are kept.
MAX_BARS = 600_000
#: Fewer bars of a barcode tell too little: then there are fewer networks in the page.
LEAST_BARS = 100
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


def collect(stored: Sequence[Stored], statistics: Sequence[Stored], most: int = MAX_BARS) -> Viewer:
    """Read diagrams and pack them.

    Parameters
    ----------
    stored : sequence of Stored
        Diagrams.
    statistics : sequence of Stored
        p-values of each training run that they are of.
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
    packed = [_pack(stored[k], p_values[_network(keys[k])], longest) for k in places]
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


def _pack(stored: Stored, statistics: Stored, longest: int) -> dict[str, Any]:
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
    order = np.lexsort([-lifetimes, ~significant])[:longest]
    columns = [births[order], lifetimes[order], *([p[order]] if tested else [])]
    return {
        "dimension": dimension,
        "total": len(bars),
        "endless": int(np.isinf(deaths).sum()),
        "tested": tested,
        "significant": int(significant.sum()),
        "data": pack(columns),
    }


def _choice(key: Mapping[str, Any], field: str) -> str:
    return cloud_in_words(key) if field == "cloud" else str(key[field])


def _shown(value: str) -> str:
    return ROWS.get(value, value)
