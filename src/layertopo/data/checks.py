"""What a file of data is refused for, before anything is trained on it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from layertopo.data.contents import Contents
from layertopo.data.dataset import Dataset
from layertopo.errors import FileError

MIN_ROWS = 10
#: Whole numbers from here on have no place of their own among 32-bit floating point numbers.
_MERGED_FROM = 2.0**24
#: Of the standard deviation: a coarser grid of 32-bit numbers is seen in the data.
_COARSE = 1e-3


def check_numbers(path: Path, held: Contents, asked_for: bool) -> None:
    """Refuse numbers that cannot be computed with, in 32 bits.

    Parameters
    ----------
    path : path
    held : Contents
    asked_for : bool
        Whether the features were named one by one: then a column that counts the rows is meant.

    Raises
    ------
    FileError
    """
    if len(held.X) < MIN_ROWS:
        raise FileError(f"{path}: has {len(held.X)} rows, must have at least {MIN_ROWS}")
    if not held.features:
        left = f"; of text are {listed(held.left_out)}" if held.left_out else ""
        raise FileError(f"{path}: has no numeric column that is a feature{left}")
    rows, columns = np.nonzero(~np.isfinite(held.X))
    if len(rows):
        row, column = rows[0], columns[0]
        value = "missing" if np.isnan(held.X[row, column]) else "infinite"
        others = f" ({len(rows) - 1:,} other values cannot be used either)" if len(rows) > 1 else ""
        raise FileError(
            f"{path}: column {held.features[column]!r}, row {row + 1}: the value is {value}{others}; fill it in, drop "
            "the row, or name the column in `drop`"
        )
    for name, column in zip(held.features, held.X.T, strict=True):
        if not asked_for and _counts_rows(column):
            raise FileError(
                f"{path}: column {name!r} counts the rows: an index that was written by accident (pandas: "
                "to_csv(..., index=False))? Name it in `drop`; if it is a feature, list all in `features`"
            )
        _check_precision(path, name, column)


def _counts_rows(column: NDArray[np.float64]) -> bool:
    return column[0] in (0, 1) and bool(np.all(np.diff(column) == 1))


def _check_precision(path: Path, name: str, column: NDArray[np.float64]) -> None:
    largest = np.abs(column).max()
    if largest > np.finfo(np.float32).max:
        row = int(np.abs(column).argmax())
        raise FileError(
            f"{path}: column {name!r}, row {row + 1}: {column[row]:g} is too large for 32 bits; scale the column"
        )
    if largest >= _MERGED_FROM and np.array_equal(column, np.rint(column)):
        values = np.unique(column)
        merged = np.flatnonzero(np.diff(values.astype(np.float32)) == 0)
        if merged.size:
            row = int(np.isin(column, values[np.concatenate([merged, merged + 1])]).argmax())
            place = int(np.searchsorted(values, column[row]))
            other = values[place + 1] if place in merged else values[place - 1]
            raise FileError(
                f"{path}: column {name!r}, row {row + 1}: {column[row]:.0f} and {other:.0f} are one number in the 32 "
                "bits that networks compute with; subtract what all have in common, or name the column in `drop`"
            )
    elif np.spacing(np.float32(largest)) > _COARSE * column.std() > 0:
        raise FileError(
            f"{path}: column {name!r} varies by {column.std():.3g} around {column.mean():.9g}, too little for the 32 bits "
            "that networks compute with; subtract what all have in common, or name the column in `drop`"
        )


def check_parts(path: Path, made: Dataset) -> None:
    """Refuse classes that no network can learn, given the split.

    Raises
    ------
    FileError
    """
    for part, rows in {"training": made.train, "test": made.test}.items():
        if not len(rows):
            raise FileError(f"{path}: no row is in the {part} set")
    if len(made.classes) == 1:
        raise FileError(f"{path}: the label is {made.classes[0]!r} in every row; a network needs two classes")
    if len(made.classes) > len(made.y) / 2:
        raise FileError(
            f"{path}: the label has {len(made.classes):,} different values in {len(made.y):,} rows, such as "
            f"{listed(made.classes[:2])}; networks are trained to tell classes apart, of many rows each"
        )
    for part, rows in {"training": made.train, "test": made.test}.items():
        counts = np.bincount(made.y[rows], minlength=len(made.classes))
        for name, count in zip(made.classes, counts, strict=False):
            if count == 0:
                raise FileError(
                    f"{path}: class {name!r} has no row in the {part} set; it has "
                    f"{int((made.y == made.classes.index(name)).sum())} in all. Take another split, or leave it out"
                )


def constant_features(made: Dataset) -> list[str]:
    """Names of the coordinates that are the same in all training rows: no network can normalise them."""
    return [made.features[k] for k in np.flatnonzero(np.ptp(made.X[made.train], axis=0) == 0)]


def listed(names: Sequence[str], most: int = 50) -> str:
    """Names in a message."""
    shown = ", ".join(repr(name) for name in names[:most])
    return shown + (f" and {len(names) - most} others" if len(names) > most else "")
