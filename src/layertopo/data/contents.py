"""What a file of data holds: its numbers, labels and split, whatever its format.

Nothing in such a file is run: pickled objects are not read, and HDF5 files cannot point to others.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from layertopo.data.delimited import Dialect, check_names, check_there, read_delimited
from layertopo.errors import FileError
from layertopo.record.layout import own_array

if TYPE_CHECKING:
    import pandas as pd

Texts = NDArray[np.str_]


@dataclass(frozen=True)
class Wanted:
    """What is looked for in a file.

    Attributes
    ----------
    label, split : str or None
        Columns, or arrays; of arrays `y` and `split` are taken unasked if they are there.
    features : sequence of str, optional
        Columns that are coordinates; all other numeric ones if left out.
    drop : sequence of str
        Columns that are none.
    dialect : Dialect
        Of text files.
    """

    label: str | None = None
    split: str | None = None
    features: Sequence[str] | None = None
    drop: Sequence[str] = ()
    dialect: Dialect = field(default_factory=Dialect)


@dataclass(frozen=True)
class Contents:
    """What a file holds.

    Attributes
    ----------
    X : ndarray of float64, shape (n, d)
        May hold values that are missing or infinite.
    features : tuple of str
        Name of each coordinate.
    labels, split : ndarray of str, shape (n,), or None
        Empty where there is none.
    left_out : tuple of str
        Columns of text that nobody asked for.
    """

    X: NDArray[np.float64]
    features: tuple[str, ...]
    labels: Texts | None
    split: Texts | None
    left_out: tuple[str, ...] = ()


#: Formats by the ending of a file's name, and what its content is then.
FORMATS = {
    **dict.fromkeys((".csv", ".tsv", ".txt"), "text"),
    **dict.fromkeys((".parquet", ".pq"), "Parquet"),
    ".npz": "a ZIP archive",
    **dict.fromkeys((".h5", ".hdf5"), "HDF5"),
}
_MAGIC = {
    b"PK\x03\x04": "a ZIP archive",
    b"PAR1": "Parquet",
    b"\x89HDF": "HDF5",
    b"\x1f\x8b": "compressed by gzip",
    b"\xd0\xcf\x11\xe0": "an old Office file",
    b"%PDF": "PDF",
}


def format_of(path: Path) -> str:
    """What the content of a file must be, by the ending of its name.

    Raises
    ------
    FileError
        If files of that ending are not read.
    """
    ending = path.suffix.lower()
    if ending not in FORMATS:
        raise FileError(
            f"{path}: {ending or 'a name without ending'} is no format that is read: {', '.join(FORMATS)}"
        )
    return FORMATS[ending]


def read(path: Path, wanted: Wanted) -> Contents:
    """Read a file of data.

    Raises
    ------
    FileError
        If it cannot be read, is of no known format or of another one than its name says, or lacks what is wanted.
    """
    ending, due = path.suffix.lower(), format_of(path)
    content = _content(path)
    if content != due:
        hint = (
            "; save a workbook as CSV"
            if ending == ".csv" and content in ("a ZIP archive", "an old Office file")
            else ""
        )
        raise FileError(f"{path}: its content is {content}, not what {ending} says{hint}")
    match due:
        case "text":
            as_text = [name for name in (wanted.label, wanted.split) if name is not None]
            frame, decimal = read_delimited(path, wanted.dialect, as_text, wanted.drop)
            return _of_table(path, frame, wanted, decimal)
        case "Parquet":
            return _of_table(path, _read_parquet(path, wanted.drop), wanted)
        case "HDF5":
            return _of_arrays(path, _read_hdf5(path, wanted), wanted)
        case _:
            return _of_arrays(path, _read_npz(path, wanted), wanted)


def _content(path: Path) -> str:
    try:
        with path.open("rb") as file:
            start = file.read(2**16)
    except OSError as error:
        raise FileError(f"{path}: cannot be read: {error.strerror}") from None
    for magic, content in _MAGIC.items():
        if start.startswith(magic):
            return content
    is_utf_16 = start.startswith((b"\xff\xfe", b"\xfe\xff"))
    if not start:
        return "empty"
    return "no text" if b"\0" in start and not is_utf_16 else "text"


# Tables.


def _of_table(path: Path, frame: pd.DataFrame, wanted: Wanted, decimal: str = ".") -> Contents:
    names = list(frame.columns)
    for name in filter(None, (wanted.label, wanted.split, *(wanted.features or ()))):
        check_there(path, "column", name, names)
    candidates = wanted.features or [name for name in names if name not in (wanted.label, wanted.split)]
    numbers, left_out = {}, []
    for name in candidates:
        values = _numbers(path, name, frame[name], decimal, asked_for=wanted.features is not None)
        if values is None:
            left_out.append(name)
        else:
            numbers[name] = values
    X = np.column_stack(list(numbers.values())) if numbers else np.empty((len(frame), 0))
    labels, split = (
        None if name is None else texts(frame[name].to_numpy()) for name in (wanted.label, wanted.split)
    )
    return Contents(X, tuple(numbers), labels, split, tuple(left_out))


def _numbers(
    path: Path, name: str, column: pd.Series[Any], decimal: str, asked_for: bool
) -> NDArray[np.float64] | None:
    """Numbers of a column; nothing if it is text, and nobody asked for it."""
    import pandas as pd

    if column.dtype.kind in "iufb":
        return column.to_numpy(np.float64, na_value=np.nan)
    words = column.astype("str")
    truth = words.str.strip().str.lower().map({"true": 1.0, "false": 0.0})
    if truth.notna().any() and (truth.notna() | column.isna()).all():
        return np.asarray(truth, dtype=np.float64)
    found = pd.to_numeric(words.str.replace(decimal, ".", regex=False), errors="coerce")
    if decimal == ",":  # 1.234 may be a thousand and more
        found = found.mask(words.str.contains(".", regex=False))
    is_text = (found.isna() & column.notna() & (words.str.lower() != "nan")).to_numpy()
    if not is_text.any():
        return found.to_numpy(np.float64)
    row = int(is_text.argmax())
    value = words.iloc[row]
    if not asked_for and found.isna().all() and not _LIKE_A_NUMBER.fullmatch(value):
        return None
    hint = "; see the keys `decimal` and `separator`" if _LIKE_A_NUMBER.fullmatch(value) else ""
    raise FileError(
        f"{path}: column {name!r}, row {row + 1}: {value!r} is text among the features{hint}; mend it, or name the "
        "column in `drop`"
    )


#: Such as 1.234,5 or 12 %.
_LIKE_A_NUMBER = re.compile(r"\s*[-+]?\d[\d.,' ]*\s*%?\s*")


def texts(values: NDArray[Any]) -> Texts:
    """Labels as text, whatever they are; empty where there is none. Whole numbers have no decimal point."""
    if values.dtype.kind == "f":
        whole = np.isfinite(values) & (values == np.rint(values))
        found = [
            "" if np.isnan(value) else str(int(value)) if is_whole else str(value)
            for value, is_whole in zip(values, whole, strict=True)
        ]
    else:
        found = [_text(value) for value in values.tolist()]
    return np.array(found, dtype=np.str_)


def _text(value: Any) -> str:
    if value is None or value != value:
        return ""
    return (value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)).strip()


def _read_parquet(path: Path, drop: Sequence[str]) -> pd.DataFrame:
    import pandas as pd

    try:
        # Not by pandas, which would keep the texts of all tables in another way as soon as its own reader is there.
        import polars as pl
    except ModuleNotFoundError:
        raise FileError(f"{path}: reading Parquet needs polars: pip install 'layertopo[parquet]'") from None
    try:
        with path.open("rb") as file:
            names = list(pl.read_parquet_schema(file))
        check_names(path, names, drop)
        with path.open("rb") as file:
            table = pl.read_parquet(file, columns=[name for name in names if name not in drop])
    except (pl.exceptions.PolarsError, OSError) as error:
        raise FileError(f"{path}: is no whole Parquet file ({error})") from None
    return pd.DataFrame({column.name: column.to_numpy() for column in table})


# Arrays.


def _of_arrays(path: Path, arrays: dict[str, NDArray[Any]], wanted: Wanted) -> Contents:
    X = arrays["X"]
    if X.dtype.kind not in "iufb":
        raise FileError(f"{path}: X is of type {X.dtype}, must be numbers")
    if X.ndim < 2 or 0 in X.shape:
        raise FileError(f"{path}: X is of shape {X.shape}, must be (rows, features)")
    X = X.reshape(len(X), -1)
    for name, array in arrays.items():
        if name not in ("X", "features") and array.shape != (len(X),):
            raise FileError(
                f"{path}: {name} is of shape {array.shape}, must be ({len(X)},): one value for each row of X"
            )
    names = [f"x{k + 1}" for k in range(X.shape[1])]
    if "features" in arrays:
        names = texts(arrays["features"].ravel()).tolist()
        if len(names) != X.shape[1]:
            raise FileError(f"{path}: features are {len(names)} names, but X has {X.shape[1]} columns")
        check_names(path, names)
    for name in (*(wanted.features or ()), *wanted.drop):
        check_there(path, "feature", name, names)
    chosen = list(wanted.features or [name for name in names if name not in wanted.drop])
    columns = [names.index(name) for name in chosen]
    label, split = (
        texts(arrays[name]) if name in arrays else None
        for name in (wanted.label or "y", wanted.split or "split")
    )
    return Contents(X[:, columns].astype(np.float64), tuple(chosen), label, split)


def _names_of_arrays(path: Path, names: Iterable[str], wanted: Wanted) -> list[str]:
    """Arrays that are read, of those that there are."""
    there = list(names)
    for name in filter(None, ("X", wanted.label, wanted.split)):
        check_there(path, "array", name, there)
    return [name for name in ("X", wanted.label or "y", wanted.split or "split", "features") if name in there]


def _read_npz(path: Path, wanted: Wanted) -> dict[str, NDArray[Any]]:
    try:
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            return {name: file[name] for name in _names_of_arrays(path, file.files, wanted)}
    except (ValueError, OSError, MemoryError, zipfile.BadZipFile) as error:
        hint = "; numbers and text are read, pickled objects are not" if "pickle" in str(error) else ""
        raise FileError(f"{path}: is no NPZ file that can be read ({error}){hint}") from None


def _read_hdf5(path: Path, wanted: Wanted) -> dict[str, NDArray[Any]]:
    import h5py

    try:
        with h5py.File(path, "r") as file:
            return {name: _hdf5_array(path, file, name) for name in _names_of_arrays(path, file, wanted)}
    except OSError as error:
        raise FileError(f"{path}: is no whole HDF5 file ({error})") from None


def _hdf5_array(path: Path, file: Any, name: str) -> NDArray[Any]:
    """An array that lies in this file, and is made of numbers or text."""
    import h5py

    array = own_array(file, name)
    text = h5py.check_string_dtype(array.dtype)
    if text is None and array.dtype.kind not in "iufbS":
        raise FileError(f"{path}: {name} is of type {array.dtype}, must be numbers or text")
    try:
        return array.asstr("utf-8")[()] if text is not None else array[()]
    except UnicodeDecodeError:
        raise FileError(f"{path}: {name} is text that is not UTF-8; write it as UTF-8") from None
