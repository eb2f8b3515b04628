"""Tidy tables in CSV files: one observation a row, key columns first."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from layertopo.errors import ResultError
from layertopo.storage import whole_file

KEYS = ["dataset", "model", "seed", "epoch", "layer", "split", "cloud", "dimension"]


def write_csv(table: pd.DataFrame, path: str | Path) -> None:
    """Write a table, key columns first; floats in the shortest form that reads back the same."""
    keys = [key for key in KEYS if key in table]
    ordered = table[[*keys, *(name for name in table if name not in keys)]]
    with whole_file(path) as part:
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
