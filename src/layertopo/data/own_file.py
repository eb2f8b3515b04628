"""A data set from a file that somebody brings."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from layertopo.data import checks, contents, dataset
from layertopo.data.contents import Contents, Wanted
from layertopo.data.dataset import Dataset
from layertopo.data.delimited import Dialect
from layertopo.data.kind import DataKind, SplitSeed, TestFraction, classes_of, split_rows
from layertopo.errors import FileError, did_you_mean
from layertopo.facts import check, digest_and_facts, locate
from layertopo.sections import Once, Text

#: To be raised when the same file may give other facts.
_READER = "data set 4"


class OwnFile(DataKind):
    """A data set from a file: a table (CSV, TSV, Parquet) or arrays (NPZ, HDF5).

    What decides it is the file's content, not where it lies.
    """

    kind: Literal["file"]
    path: Annotated[str, Field(min_length=1, description="The file, from the working directory.")]
    label: Annotated[
        Text | None,
        Field(description="Column, or array, of the class of each row; of arrays, y if there is one."),
    ] = None
    split: Annotated[
        Text | None,
        Field(
            description="Column, or array, that says `train` or `test` of each row, or see test_split; of arrays, split "
            "if there is one. Without, the rows are split at random."
        ),
    ] = None
    test_split: Annotated[
        Annotated[list[Text], Field(min_length=1), Once] | None,
        Field(description="Values of `split` that mean the test set; all others then mean the training set."),
    ] = None
    features: Annotated[
        Annotated[list[Text], Field(min_length=1), Once] | None,
        Field(description="Columns that are coordinates; all other numeric ones if left out."),
    ] = None
    drop: Annotated[list[Text], Field(description="Columns that are not read."), Once] = []
    test_fraction: TestFraction = 0.33
    split_seed: SplitSeed = 42
    separator: Annotated[
        Annotated[str, Field(min_length=1, max_length=1)] | None,
        Field(description="Between the cells of a text file; found if left out."),
    ] = None
    decimal: Annotated[
        Literal[".", ","] | None, Field(description="Decimal sign of a text file; found if left out.")
    ] = None
    encoding: Annotated[str | None, Field(description="Of a text file; found if left out.")] = None
    digest: Annotated[
        str | None,
        Field(pattern="^[0-9a-f]{64}$", description="SHA-256 that the file must have; any if left out."),
    ] = None

    @model_validator(mode="after")
    def _check_columns(self) -> OwnFile:
        roles: dict[str, str] = {}
        named = {
            "label": [self.label] if self.label is not None else [],
            "split": [self.split] if self.split is not None else [],
            "features": self.features or [],
            "drop": self.drop,
        }
        for role, names in named.items():
            for name in names:
                if roles.setdefault(name, role) != role:
                    raise ValueError(
                        f"column {name!r} is both in {roles[name]} and in {role}; it can be one only"
                    )
        return self

    @property
    def file(self) -> str:
        """Path of the file."""
        return str(Path(self.path).expanduser())

    def look(self) -> None:
        """Read the file if it has not been read, and find out whether it can be used."""
        if self.digest not in (None, self._digest):
            raise FileError(f"{self.path}: has the digest {self._digest}, not the one that `digest` says")
        if useless := self._facts["is_split"] and {"test_fraction", "split_seed"} & self.model_fields_set:
            raise FileError(
                f"{self.path}: {min(useless)} has no effect, for the file says how it is split; leave it out"
            )

    @cached_property
    def _found(self) -> tuple[str, dict[str, Any]]:
        path = locate(self.path)
        if path.is_dir():
            raise FileError(f"{self.path}: is a folder, must be a file")
        # The same bytes under a name of another ending may be refused.
        question = self._question | {"reader": _READER, "format": contents.format_of(path)}
        return digest_and_facts(self.path, question, lambda path: self._summary())

    @property
    def _digest(self) -> str:
        return self._found[0]

    @property
    def _facts(self) -> dict[str, Any]:
        return self._found[1]

    @cached_property
    def _question(self) -> dict[str, Any]:
        """Values that decide the data, but for the content of the file."""
        return self.model_dump(exclude={"path", "digest"}, exclude_none=True)

    def _summary(self) -> dict[str, Any]:
        held, made = self._read()
        rows = {"train": len(made.train), "test": len(made.test), "full": len(made.X)}
        return {
            "rows": rows,
            "n_features": made.X.shape[1],
            "classes": list(made.classes),
            "largest_class": int(np.bincount(made.y).max()),
            "constant": checks.constant_features(made),
            "is_split": held.split is not None,
            "left_out": list(held.left_out[:20]),
        }

    @property
    def n_features(self) -> int:
        """Coordinates of a row."""
        return int(self._facts["n_features"])

    def rows(self) -> dict[str, int]:
        """Number of rows of each split."""
        return dict(self._facts["rows"])

    @property
    def class_names(self) -> tuple[str, ...]:
        """Names of the classes, sorted; none without a label."""
        return tuple(self._facts["classes"])

    @property
    def largest_class(self) -> int:
        """Rows of the largest class."""
        return int(self._facts["largest_class"])

    def why_not_normalised(self) -> str | None:
        """Columns that are the same in all training rows."""
        if not self._facts["constant"]:
            return None
        return (
            f"{self.path}: the same value in all training rows, which explodes after normalisation, has column "
            f"{checks.listed(self._facts['constant'])}; name it in `drop`"
        )

    def summary(self) -> str:
        """What was found in the file, in words."""
        left_out = self._facts["left_out"]
        return super().summary() + (
            f"; of text and so no features: {', '.join(left_out)}" if left_out else ""
        )

    @cached_property
    def settings(self) -> dict[str, Any]:
        """What decides the data: the content of the file, and how it is read."""
        useless = {"test_fraction", "split_seed"} if self._facts["is_split"] else set()
        return {key: value for key, value in self._question.items() if key not in useless} | {
            "digest": self._digest
        }

    def make(self) -> Dataset:
        """The data set.

        Raises
        ------
        FileError
            If the file cannot be used, or is not the one of `digest`.
        """
        made = self._read()[1]
        if self.digest is not None:
            check(self.path, self.digest)
        return made

    def _read(self) -> tuple[Contents, Dataset]:
        path = locate(self.path)
        dialect = Dialect(self.separator, self.decimal, self.encoding)
        held = contents.read(path, Wanted(self.label, self.split, self.features, self.drop, dialect))
        checks.check_numbers(path, held, asked_for=self.features is not None)
        classes, y = _classes(path, held)
        train, test = self._parts(path, held)
        made = Dataset(held.X.astype(np.float32), y, train, test, classes, held.features)
        checks.check_parts(path, made)
        return held, made

    def _parts(self, path: Path, held: Contents) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Rows of the training and of the test set."""
        if held.split is None:
            if self.test_split is not None:
                raise FileError(f"{path}: test_split has no effect without `split`")
            try:
                split_rows(len(held.X), self.test_fraction)
            except ValueError as error:
                raise FileError(f"{path}: {error}") from None
            return dataset.split(len(held.X), self.test_fraction, self.split_seed)
        legal, of_test = ["train", "test"], ["test"]
        if self.test_split is not None:
            legal, of_test = sorted({*held.split.tolist()} - {""}), self.test_split
            for value in of_test:
                if value not in legal:
                    raise FileError(
                        f"{path}: no row has {value!r} as its split; there is {', '.join(legal[:20])}"
                        f"{did_you_mean(value, legal)}"
                    )
        if wrong := np.flatnonzero(~np.isin(held.split, legal)).tolist():
            raise FileError(
                f"{path}: split, row {wrong[0] + 1}: {str(held.split[wrong[0]])!r}, must be {' or '.join(legal[:20])}; "
                "which values mean the test set, test_split says"
            )
        is_test = np.isin(held.split, of_test)
        return np.flatnonzero(~is_test), np.flatnonzero(is_test)

    @staticmethod
    def facts(made: Dataset) -> dict[str, Any]:
        """Number of classes, and their names."""
        return classes_of(made)


def _classes(path: Path, held: Contents) -> tuple[tuple[str, ...], NDArray[np.int64]]:
    """Names of the classes, sorted, as numbers if all are, and the number of each row's."""
    if held.labels is None:
        return (), np.zeros(len(held.X), dtype=np.int64)
    if (missing := np.flatnonzero(held.labels == "")).size:
        raise FileError(f"{path}: row {missing[0] + 1} has no label")
    names, y = np.unique(held.labels, return_inverse=True)
    try:
        order = np.argsort(names.astype(np.float64), kind="stable")
    except ValueError:
        order = np.arange(len(names))
    return tuple(names[order].tolist()), np.argsort(order)[y].astype(np.int64)
