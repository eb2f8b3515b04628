"""Tidy tables: one observation a row, key columns first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from layertopo.errors import ResultError, extra

with extra("workflow"):
    import pandas as pd

    from layertopo import storage

KEYS = ["dataset", "model", "seed", "epoch", "layer", "split", "cloud", "dimension"]
#: Columns that name a training run.
RUN = KEYS[:3]
Key = Mapping[str, Any]
#: Columns of text: a model may be called 007 or nan, and a version 3.10.
_TEXTS = ("dataset", "model", "model_a", "model_b", "split", "cloud", "engine_version")


def write_csv(table: pd.DataFrame, path: str | Path) -> None:
    """Write a table, key columns first; floats in the shortest form that reads back the same."""
    keys = [key for key in KEYS if key in table]
    ordered = table[[*keys, *(name for name in table if name not in keys)]]
    with storage.whole_file(path) as part:
        ordered.to_csv(part, index=False)


def read_csv(path: str | Path, rows: Sequence[Key] | None = None) -> pd.DataFrame:
    """Read a table written by :func:`write_csv`.

    Parameters
    ----------
    path : path
    rows : sequence of mapping, optional
        Keys of the rows that it must hold, each once, and no others.

    Raises
    ------
    ResultError
        If it cannot be read, is cut off, or holds other rows.
    """
    try:
        table = pd.read_csv(
            path,
            keep_default_na=False,
            na_values=[""],
            dtype=dict.fromkeys(_TEXTS, str),
        )
        if not Path(path).read_bytes().endswith(b"\n"):
            raise ValueError("cut off in its last line")
        if rows is not None:
            _check_rows(table, rows)
    except OSError as error:
        raise ResultError(f"{path}: cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise ResultError(
            f"{path}: not a table of this workflow ({error}); delete it, and the next run makes it anew"
        ) from None
    return table


def _check_rows(table: pd.DataFrame, rows: Sequence[Key]) -> None:
    names = list(rows[0]) if rows else []
    if absent := [name for name in names if name not in table]:
        raise ValueError(f"without the columns {', '.join(absent)}")
    found = Counter(table[names].itertuples(index=False, name=None)) if rows else Counter(table.index)
    expected = Counter(tuple(row.values()) for row in rows)
    if found != expected:
        raise ValueError(
            f"of the {expected.total()} rows of this configuration {(expected - found).total()} are missing, "
            f"and {(found - expected).total()} others are there"
        )


def read_history(path: str | Path, epochs: int) -> pd.DataFrame:
    """Read the `history.csv` of a training of so many epochs: a row for each, and for epoch 0.

    Raises
    ------
    ResultError
        If it cannot be read, is cut off, or is of another training.
    """
    return read_csv(path, [{"epoch": epoch} for epoch in range(epochs + 1)])


def died(history: pd.DataFrame) -> int | None:
    """Epoch from which a network was dead to the end, by its rows of losses and accuracies; None if it is not dead then."""
    alive = history.loc[~history["dead"], "epoch"].max()  # NaN if it never was
    after = history["epoch"] if np.isnan(alive) else history.loc[history["epoch"] > alive, "epoch"]
    return int(after.min()) if len(after) else None


def accuracy_table(paths: Iterable[str], keys: Iterable[Key], epochs: int) -> pd.DataFrame:
    """One row per training run and epoch: loss, accuracy, and whether the network is dead."""
    return pd.concat(
        [read_history(path, epochs).assign(**key) for path, key in zip(paths, keys, strict=True)],
        ignore_index=True,
    )
