"""Tidy tables: one observation a row, key columns first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from layertopo import storage
from layertopo.errors import ResultError

KEYS = ["dataset", "model", "seed", "epoch", "layer", "split", "cloud", "dimension"]
Key = Mapping[str, Any]
#: Columns of names: a model may be called 007 or nan.
_NAMES = ("dataset", "model", "model_a", "model_b", "split", "cloud")


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
        return pd.read_csv(
            path,
            keep_default_na=False,
            na_values=[""],
            float_precision="round_trip",
            dtype=dict.fromkeys(_NAMES, str),
        )
    except (OSError, ValueError) as error:
        raise ResultError(
            f"{path}: not a table of this workflow ({error}); delete it, and the next run makes it anew"
        ) from None


def accuracy_table(paths: Iterable[str], keys: Iterable[Key]) -> pd.DataFrame:
    """One row per training run and epoch: loss, accuracy, and whether the network is dead."""
    return pd.concat(
        [read_csv(path).assign(**key) for path, key in zip(paths, keys, strict=True)], ignore_index=True
    )
