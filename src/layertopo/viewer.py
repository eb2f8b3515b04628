"""The bars that the report's interactive diagrams show, packed into the page.

Each barcode is an array of float32, little-endian: all births, all deaths, and all p-values if its
bars can be tested; deflated (zlib), in base64. ``templates/viewer.js`` unpacks the one that is chosen.
"""

from __future__ import annotations

import base64
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from layertopo import diagrams, significance, storage
from layertopo.diagrams import StoredDiagram
from layertopo.figures import DIMENSIONS, SPLITS, points_used
from layertopo.storage import Settings

#: Bars in one page: about 9 bytes each. With more, the longest of each diagram are kept.
MAX_BARS = 1_000_000
#: Corrected p-values below this are significant.
LEVEL = 0.05
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
    """

    choices: dict[str, dict[str, str]]
    data: dict[str, Any]
    total: int
    shown: int


def collect(
    paths: Sequence[str],
    keys: Sequence[Mapping[str, Any]],
    provenances: Sequence[Settings | None],
    most: int = MAX_BARS,
) -> Viewer:
    """Read diagrams and pack them.

    Parameters
    ----------
    paths, keys, provenances : sequence
        File, key columns and settings of each diagram.
    most : int
        Bars that the page may hold.

    Raises
    ------
    ResultError
        If a file is broken, or a diagram was made with other settings.
    """
    counts = [count for path in paths for count in _bar_counts(path)]
    longest = fair_share(counts, most)
    packed = [
        _pack(diagrams.load(path, provenance), key, longest)
        for path, key, provenance in zip(paths, keys, provenances, strict=True)
    ]
    dimensions = sorted({each["dimension"] for diagram in packed for each in diagram["barcodes"]})
    return Viewer(
        choices={field: {str(key[field]): _shown(key[field]) for key in keys} for field in FIELDS},
        data={
            "fields": list(FIELDS),
            "colours": {str(dimension): DIMENSIONS[dimension][0] for dimension in dimensions},
            "level": LEVEL,
            "diagrams": packed,
        },
        total=sum(counts),
        shown=sum(min(count, longest) for count in counts),
    )


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
    """Columns of equal length as text: float32, one after the other, deflated, in base64."""
    raw = np.concatenate(columns).astype("<f4").tobytes()
    return base64.b64encode(zlib.compress(raw, 9)).decode("ascii")


def _bar_counts(path: str) -> list[int]:
    with storage.load(path) as file:
        return [len(file[f"H{dimension}"]) for dimension in storage.attribute(file, "dimensions")]


def _pack(diagram: StoredDiagram, key: Mapping[str, Any], longest: int) -> dict[str, Any]:
    unproven = "" if diagram.complete else f", not proven complete beyond {diagram.threshold:.3g}"
    return {
        "key": [str(key[field]) for field in FIELDS],
        "about": points_used(diagram) + unproven,
        "metric": diagram.metric.capitalize(),
        "scale": diagram.rms_distance if np.isfinite(diagram.rms_distance) else None,
        "barcodes": [_barcode(diagram, dimension, longest) for dimension in diagram.dimensions],
    }


def _barcode(diagram: StoredDiagram, dimension: int, longest: int) -> dict[str, Any]:
    """The longest bars of one dimension, in order of their length."""
    bars = diagram.bars[dimension]
    births, deaths = bars.T
    order = np.argsort(births - deaths, kind="stable")[:longest]
    columns = [births[order], deaths[order]]
    tested = significance.applies(diagram, dimension)
    if tested:
        columns.append(_p_values(bars)[order])
    facts = {"dimension": dimension, "total": len(bars), "tested": int(np.isfinite(deaths).sum()) * tested}
    return facts | {"data": pack(columns)}


def _p_values(bars: NDArray[np.float64]) -> NDArray[np.float64]:
    """p-value of each bar, NaN for those that never die."""
    found = np.full(len(bars), np.nan)
    finite = np.isfinite(bars[:, 1])
    found[finite] = significance.p_values(bars[finite])
    return found


def _shown(value: Any) -> str:
    return SPLITS.get(value, str(value))
