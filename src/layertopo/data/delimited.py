"""Tables in text: encoding, separator and decimal sign are found; what pandas would mend silently is refused."""

from __future__ import annotations

import codecs
import csv
import re
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from layertopo.errors import FileError, did_you_mean, excerpt

if TYPE_CHECKING:
    import pandas as pd

SEPARATORS = (",", ";", "\t", "|")
#: Words for a number that is missing.
_MISSING = ["", "NA", "N/A", "n/a", "nan", "NaN", "-nan", "NULL", "null", "None", "#N/A"]
#: Rows by which a table is judged.
_JUDGED = 200


@dataclass(frozen=True)
class Dialect:
    """How a table is written; what is None is found."""

    separator: str | None = None
    decimal: str | None = None
    encoding: str | None = None


def read_delimited(
    path: Path, dialect: Dialect, as_text: Sequence[str], drop: Sequence[str]
) -> tuple[pd.DataFrame, str]:
    """Read a table, and find out its decimal sign.

    Parameters
    ----------
    path : path
    dialect : Dialect
    as_text : sequence of str
        Columns that are kept as they are written.
    drop : sequence of str
        Columns that are not read.

    Raises
    ------
    FileError
        If it is no table with a header, or a name in it is empty or there twice.
    """
    import pandas as pd  # imported late: the rules read a file once

    encoding = dialect.encoding or encoding_of(path)
    separator = dialect.separator or _separator_of(path, encoding)
    header, *rows = _first_rows(path, encoding, separator)
    check_names(path, header, drop)
    if all(_is_number(name) for name in header):
        raise FileError(f"{path}: its first line holds numbers only, must hold the names of the columns")
    if longer := next((k for k, row in enumerate(rows, 1) if len(row) > len(header)), None):
        cells = len(rows[longer - 1])
        hint = "; a table that was written with an index has one more: write it without"
        raise FileError(
            f"{path}: row {longer} has {cells} cells, but the first line has {len(header)} names"
            f"{hint if cells == len(header) + 1 else '; it must name the columns'}"
        )
    if as_text and len(header) == 1 and header[0] not in as_text:
        raise FileError(
            f"{path}: its first line is one cell, {excerpt(header[0])!r}; the key `separator` says what is between "
            "cells"
        )
    decimal = dialect.decimal or _decimal_of(rows, separator)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)
            table = pd.read_csv(
                path,
                sep=separator,
                decimal=decimal,
                encoding=encoding,
                header=0,
                names=header,
                index_col=False,  # and all columns are read: or pandas would cut rows that are longer, silently
                dtype=dict.fromkeys([*as_text, *drop], str),
                # A label may be called NA; a number that is NA is missing.
                keep_default_na=False,
                na_values={name: _MISSING for name in header if name not in (*as_text, *drop)},
                low_memory=False,
            )
    except (ValueError, pd.errors.ParserWarning) as error:
        if long := re.search(r"line (\d+), saw (\d+)", str(error)):
            raise FileError(
                f"{path}: line {long[1]} has {long[2]} cells, but the first line has {len(header)} names"
            ) from None
        raise FileError(f"{path}: is no table that can be read ({str(error).strip()})") from None
    return table.drop(columns=list(drop)), decimal


def check_names(path: Path, names: Sequence[str], drop: Sequence[str] = ()) -> None:
    """Refuse names of columns that are empty, unless they are not read, or there twice; and unknown ones to drop.

    Raises
    ------
    FileError
    """
    first: dict[str, int] = {}
    for k, name in enumerate(names, 1):
        if name == "" and name not in drop:
            index = "an index that was written by accident (pandas: to_csv(..., index=False))?"
            raise FileError(
                f"{path}: column {k} has no name{f': {index} Write it without' if k == 1 else ': name it'}, "
                "or leave the column out with `drop: ['']`"
            )
        if name in first:
            raise FileError(f"{path}: columns {first[name]} and {k} are both named {name!r}; rename one")
        first[name] = k
    for name in drop:
        check_there(path, "column", name, names)


def check_there(path: Path, what: str, name: str, names: Sequence[str]) -> None:
    """Refuse a name that is not among those of the file.

    Raises
    ------
    FileError
    """
    if name not in names:
        shown = ", ".join(names[:20]) + (f" and {len(names) - 20} others" if len(names) > 20 else "")
        raise FileError(
            f"{path}: has no {what} {name!r}; there is {shown or 'none'}{did_you_mean(name, names)}"
        )


def encoding_of(path: Path) -> str:
    """UTF-8 or UTF-16 if the file says so or is it, else Windows-1252."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    with path.open("rb") as file:
        start = file.read(4)
        if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return "utf-16"
        file.seek(0)
        try:
            while block := file.read(2**24):
                decoder.decode(block)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return "cp1252"
    return "utf-8-sig" if start.startswith(codecs.BOM_UTF8) else "utf-8"


def _first_rows(path: Path, encoding: str, separator: str) -> list[list[str]]:
    """Cells of the header and of the first rows that are not empty."""
    try:
        with path.open(encoding=encoding, newline="") as file:
            rows = (row for row in csv.reader(file, delimiter=separator) if row)
            found = [[cell.strip() for cell in row] for row in islice(rows, _JUDGED)]
    except (UnicodeError, LookupError, csv.Error) as error:
        raise FileError(
            f"{path}: cannot be read as {encoding}, separated by {separator!r} ({error})"
        ) from None
    if not found:
        raise FileError(f"{path}: is empty")
    return found


def _separator_of(path: Path, encoding: str) -> str:
    """The one that cuts all rows into as many cells; of several, that which gives the most."""
    cut: dict[str, list[int]] = {}
    for separator in SEPARATORS:
        try:
            cut[separator] = [len(row) for row in _first_rows(path, encoding, separator)]
        except FileError:  # a cell as long as the line
            continue
    cut = {separator: lengths for separator, lengths in cut.items() if lengths[0] > 1}
    fitting = [separator for separator, lengths in cut.items() if len(set(lengths)) == 1]
    # A row that is cut otherwise is named later; if the first line is not cut, there is one column.
    return max(fitting or cut, key=lambda separator: cut[separator][0], default=",")


def _decimal_of(rows: Sequence[Sequence[str]], separator: str) -> str:
    """A comma if there are numbers with one, and none with a point."""
    cells = [cell for row in rows for cell in row]
    with_comma, with_point = (
        any(re.fullmatch(rf"[-+]?\d*[{sign}]\d+([eE][-+]?\d+)?", cell) for cell in cells) for sign in ",."
    )
    return "," if separator != "," and with_comma and not with_point else "."


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
