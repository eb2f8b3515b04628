"""Tidy tables: one observation a row, key columns first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from layertopo.epochs import LAST, Epoch, epoch_of
from layertopo.errors import ResultError, extra

with extra("workflow"):
    import pandas as pd

    from layertopo import storage
    from layertopo.storage import Key, Table

KEYS = ["dataset", "model", "seed", "epoch", "layer", "split", "cloud", "class", "dimension"]
#: Columns that name a training run.
RUN = KEYS[:3]
#: Columns of text: a model may be called 007 or nan, and a version 3.10.
_TEXTS = (
    "dataset",
    "model",
    "model_a",
    "model_b",
    "split",
    "cloud",
    "engine_version",
    "name",
    "classes",
    "class",
    "predicted",
    "label",
)

#: States of a network: those that do not live are counted, and enter no median.
LIVE, DEAD, SHORT = STATES = ("live", "dead", "short of the goal")

#: Columns of epochs: numbers, and `last`.
_EPOCHS = ("epoch", "epoch_a", "epoch_b", "epoch_in")


def write_csv(table: pd.DataFrame, path: str | Path) -> None:
    """Write a table, key columns first; floats in the shortest form that reads back the same."""
    keys = [key for key in KEYS if key in table]
    ordered = table[[*keys, *(name for name in table if name not in keys)]]
    with storage.whole_file(path) as part:
        ordered.to_csv(part, index=False)


def read(table: Table) -> pd.DataFrame:
    """Read a table; see :func:`read_csv`."""
    return read_csv(table.path, table.rows)


def read_csv(path: str | Path, rows: Sequence[Key] | int | None = None) -> pd.DataFrame:
    """Read a table written by :func:`write_csv`.

    Parameters
    ----------
    path : path
    rows : sequence of mapping, or int, optional
        Keys of the rows that it must hold, each once, and no others; or how many there must be.

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
        for name in _EPOCHS:
            if name in table and not pd.api.types.is_numeric_dtype(table[name]):
                table[name] = pd.Series(list(map(epoch_of, table[name])), table.index, dtype=object)
        if "class" in table:
            table["class"] = table["class"].fillna("")  # of all classes
        if "dead" in table:
            table["dead"] = table["dead"].eq(True)  # a network of which nothing is known counts as live
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


def naming_last(table: pd.DataFrame, last_epochs: Mapping[str, Epoch]) -> pd.DataFrame:
    """A table that has all epochs by their numbers, the last one of each run called `last` where its model says so."""
    ends = table.groupby(RUN)["epoch"].transform("max")
    named = (table["model"].map(last_epochs).astype(object) == LAST) & (table["epoch"] == ends)
    return table.assign(epoch=table["epoch"].astype(object).mask(named, LAST)) if named.any() else table


def at_end(table: pd.DataFrame, last_epochs: Mapping[str, Epoch]) -> pd.DataFrame:
    """Rows of the last analysed epoch of each model.

    In a table that has all epochs by their numbers, that called `last` is the last one of each run.
    """
    by_number = LAST in last_epochs.values() and pd.api.types.is_numeric_dtype(table["epoch"])
    named = naming_last(table, last_epochs) if by_number else table
    return table[named["epoch"] == table["model"].map(last_epochs).astype(object)]


def states(accuracy: pd.DataFrame) -> pd.Series:
    """State of the network of each row of a table of accuracies: one of :data:`STATES`."""
    never = pd.Series(False, accuracy.index)
    short = accuracy["reached_goal"].eq(False) if "reached_goal" in accuracy else never
    return never.map({False: LIVE}).mask(short, SHORT).mask(accuracy["dead"], DEAD)


def _check_rows(table: pd.DataFrame, rows: Sequence[Key] | int) -> None:
    if isinstance(rows, int):
        if len(table) != rows:
            raise ValueError(f"{len(table)} rows, where this configuration makes {rows}")
        return
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
