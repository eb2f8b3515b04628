"""Distances between the diagrams of different training runs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from layertopo import diagrams
from layertopo.homology import Diagram
from layertopo.storage import Settings
from layertopo.tables import Key


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

    if scaled and np.isnan([a.rms_distance, b.rms_distance]).any():
        return float("nan")
    # Without an explicit precision of 0, which means another algorithm that takes minutes on 10,000 bars.
    return float(gudhi.bottleneck_distance(*(_bars(each, dimension, scaled) for each in (a, b))))


def _bars(diagram: Diagram, dimension: int, scaled: bool) -> NDArray[np.float64]:
    """Bars that die: the essential class is common to all clouds and adds nothing."""
    bars = diagram.finite(dimension)
    return bars / diagram.rms_distance if scaled else bars


def between_within(distance: NDArray[np.float64], group: Sequence[str]) -> tuple[float, float]:
    """How much farther apart two groups are than their members, and whether chance could do it.

    Parameters
    ----------
    distance : ndarray, shape (n, n)
        Symmetric distances between n objects.
    group : sequence of str, length n
        Two different values.

    Returns
    -------
    ratio : float
        Mean distance between the groups over mean distance within them.
    p : float
        One-sided p-value of that ratio under permutation of the group labels; NaN if a group has
        fewer than two members.
    """
    from scipy.stats import permutation_test

    labels = np.asarray(group)
    first, second = (np.flatnonzero(labels == name) for name in dict.fromkeys(group))
    if min(len(first), len(second)) < 2:
        return float("nan"), float("nan")

    def between(a: NDArray[np.intp], b: NDArray[np.intp]) -> float:
        return float(distance[np.ix_(a, b)].mean())

    # All distances have one sum, so the ratio grows with the mean between: the same test, always finite.
    test = permutation_test(
        (first, second), between, vectorized=False, n_resamples=9999, alternative="greater", random_state=0
    )
    within = np.concatenate(
        [distance[np.ix_(each, each)][np.triu_indices(len(each), 1)] for each in (first, second)]
    ).mean()
    if within > 0:
        return float(test.statistic / within), float(test.pvalue)
    return (np.inf if test.statistic > 0 else 1.0), float(test.pvalue)


def distance_table(
    paths: Sequence[str], keys: Sequence[Key], provenances: Sequence[Settings]
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


def _distances(a: Diagram, b: Diagram) -> Iterator[dict[str, Any]]:
    for dimension in a.dimensions:
        yield {
            "dimension": dimension,
            "bottleneck": bottleneck(a, b, dimension),
            "bottleneck_scaled": bottleneck(a, b, dimension, scaled=True),
        }
