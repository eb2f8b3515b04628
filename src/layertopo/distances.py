"""Distances between the diagrams of different training runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from layertopo import diagrams
from layertopo.homology import Diagram
from layertopo.storage import Settings


def bottleneck(a: Diagram, b: Diagram, dimension: int, scaled: bool = False) -> float:
    """Bottleneck distance between the bars of one dimension, by GUDHI, exact up to rounding.

    Parameters
    ----------
    a, b : Diagram
    dimension : int
    scaled : bool
        Divide each diagram by its cloud's rms distance first.

    Returns
    -------
    float
        In units of the clouds' distances, or without unit if `scaled`; NaN if a scale is not
        defined.
    """
    import gudhi

    bars = [_bars(diagram, dimension, scaled) for diagram in (a, b)]
    if any(np.isnan(each).any() for each in bars):
        return float("nan")
    # Without an explicit precision of 0, which means another algorithm that takes minutes on 10,000 bars.
    return float(gudhi.bottleneck_distance(*bars))


def _bars(diagram: Diagram, dimension: int, scaled: bool) -> NDArray[np.float64]:
    """Bars that die: the essential class is common to all clouds and adds nothing."""
    bars = diagram.finite(dimension)
    return bars / diagram.rms_distance if scaled else bars


def distance_table(
    paths: Sequence[str], keys: Sequence[Mapping[str, Any]], provenances: Sequence[Settings]
) -> pd.DataFrame:
    """Bottleneck distance of every two training runs, at the same data set, epoch, layer, split and cloud.

    Returns
    -------
    DataFrame
        `model_a`, `seed_a`, `model_b`, `seed_b`, and the distance, absolute and scale-free.
    """
    columns = ["dataset", "epoch", "layer", "split", "cloud"]
    where: dict[tuple[Any, ...], list[int]] = {}
    for k, key in enumerate(keys):
        where.setdefault(tuple(key[column] for column in columns), []).append(k)
    rows: list[dict[str, Any]] = []
    for place, members in where.items():
        loaded = {k: diagrams.load(paths[k], provenances[k]) for k in members}
        for a, b in combinations(members, 2):
            runs = {
                f"{name}_{side}": keys[k][name]
                for side, k in (("a", a), ("b", b))
                for name in ("model", "seed")
            }
            rows.extend(
                dict(zip(columns, place, strict=True)) | runs | row
                for row in _distances(loaded[a], loaded[b])
            )
    names = [
        *columns,
        "dimension",
        "model_a",
        "seed_a",
        "model_b",
        "seed_b",
        "bottleneck",
        "bottleneck_scaled",
    ]
    return pd.DataFrame(rows, columns=names)


def _distances(a: diagrams.StoredDiagram, b: diagrams.StoredDiagram) -> Iterator[dict[str, Any]]:
    for dimension in a.dimensions:
        yield {
            "dimension": dimension,
            "bottleneck": bottleneck(a, b, dimension),
            "bottleneck_scaled": bottleneck(a, b, dimension, scaled=True),
        }
