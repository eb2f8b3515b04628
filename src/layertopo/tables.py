"""Tidy tables: one observation a row, key columns first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

import pandas as pd

from layertopo import data, diagrams, storage
from layertopo.distances import bottleneck
from layertopo.errors import ResultError
from layertopo.storage import Settings
from layertopo.summaries import bar_summary, cloud_summary

KEYS = ["dataset", "model", "seed", "epoch", "layer", "split", "cloud", "dimension"]
Key = Mapping[str, Any]


def write_csv(table: pd.DataFrame, path: str | Path) -> None:
    """Write a table, key columns first; floats in the shortest form that reads back the same."""
    keys = [key for key in KEYS if key in table]
    ordered = table[[*keys, *(name for name in table if name not in keys)]]
    with storage.whole_file(path) as part:
        ordered.to_csv(part, index=False)


def read_csv(path: str | Path) -> pd.DataFrame:
    """Read a table written by :func:`write_csv`.

    Raises
    ------
    ResultError
        If it cannot be read.
    """
    try:
        return pd.read_csv(path, keep_default_na=False, na_values=[""], float_precision="round_trip")
    except (OSError, ValueError) as error:
        raise ResultError(
            f"{path}: not a table of this workflow ({error}); delete it, and the next run makes it anew"
        ) from None


def dataset_table(paths: Iterable[str], keys: Iterable[Key], provenances: Iterable[Settings]) -> pd.DataFrame:
    """One row per data set: sizes, and the accuracy of the best threshold on the radius."""
    rows = []
    for path, key, provenance in zip(paths, keys, provenances, strict=True):
        dataset = data.load(path, provenance)
        accuracy, threshold = data.best_radius_accuracy(dataset.X, dataset.y)
        rows.append(
            dict(key)
            | {
                "n_rows": len(dataset.X),
                "n_train": len(dataset.train),
                "n_test": len(dataset.test),
                "n_features": dataset.X.shape[1],
                "best_radius_accuracy": accuracy,
                "best_radius": threshold,
            }
        )
    return pd.DataFrame(rows)


def accuracy_table(paths: Iterable[str], keys: Iterable[Key]) -> pd.DataFrame:
    """One row per training run and epoch: loss, accuracy, and whether the network is dead."""
    return pd.concat(
        [read_csv(path).assign(**key) for path, key in zip(paths, keys, strict=True)], ignore_index=True
    )


def summary_table(paths: Iterable[str], keys: Iterable[Key], provenances: Iterable[Settings]) -> pd.DataFrame:
    """One row per diagram and dimension: see :mod:`layertopo.summaries`."""
    rows = []
    for path, key, provenance in zip(paths, keys, provenances, strict=True):
        diagram = diagrams.load(path, provenance)
        for dimension in diagram.dimensions:
            rows.append(
                dict(key)
                | {"dimension": dimension}
                | cloud_summary(diagram)
                | bar_summary(diagram, dimension)
            )
    return pd.DataFrame(rows)


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


def _distances(a: diagrams.StoredDiagram, b: diagrams.StoredDiagram) -> Iterator[dict[str, Any]]:
    for dimension in a.dimensions:
        yield {
            "dimension": dimension,
            "bottleneck": bottleneck(a, b, dimension),
            "bottleneck_scaled": bottleneck(a, b, dimension, scaled=True),
        }


def last_epoch(table: pd.DataFrame) -> pd.DataFrame:
    """Rows of the last epoch in the table."""
    return table[table["epoch"] == table["epoch"].max()] if len(table) else table
