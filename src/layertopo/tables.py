"""Tables of data sets and training runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from layertopo import data
from layertopo.storage import Settings
from layertopo.tidy import read_csv

Key = Mapping[str, Any]


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
