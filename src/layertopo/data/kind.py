"""What every kind of data set says of itself, and what those that are made here have besides: a seed and a split."""

from __future__ import annotations

import math
from abc import abstractmethod
from functools import cached_property
from typing import Annotated, Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from layertopo.data.dataset import Dataset, split
from layertopo.errors import excerpt
from layertopo.sections import Number, Section, Seed

TestFraction = Annotated[Number, Field(gt=0, lt=1, description="Share of the rows in the test set.")]
SplitSeed = Annotated[Seed, Field(description="Seed of the split.")]


class DataKind(Section):
    """A data set: how large it is, which classes it has, what decides it, and how to get it.

    What a kind is called in the configuration is the value of its field `kind`.
    """

    #: Whether all directions are alike, so that any two coordinates show the points as well as others.
    isotropic: ClassVar[bool] = False
    #: Neighbours of each point, but for itself, and hops at which a publication joined the points, if one did.
    published_graph: ClassVar[tuple[int, int] | None] = None

    @property
    @abstractmethod
    def n_features(self) -> int:
        """Coordinates of a row."""

    @abstractmethod
    def rows(self) -> dict[str, int]:
        """Number of rows of each split: train, test, full."""

    @property
    def class_names(self) -> tuple[str, ...]:
        """Names of the classes, in the order of their numbers; none if the rows have no labels."""
        return ("0", "1")

    @property
    def largest_class(self) -> int:
        """No class has more rows: what clouds of one class are planned by."""
        return self.rows()["full"]

    def why_not_normalised(self) -> str | None:
        """Why no network can normalise its coordinates; None if one can."""
        return None

    @property
    def is_random(self) -> bool:
        """Whether another seed gives other points, so that data sets of other seeds are draws of one distribution."""
        return False

    @property
    def betti(self) -> tuple[tuple[int, ...], ...]:
        """Betti numbers of each class, from dimension 0 up, by the numbers of the classes; none if they are not known."""
        return ()

    @property
    def file(self) -> str | None:
        """Path of the outside file that it is read from, if there is one."""
        return None

    def summary(self) -> str:
        """What was found in that file, in words."""
        rows, names = self.rows(), self.class_names
        shown = ", ".join(excerpt(name) for name in names[:20]) + (", ..." if len(names) > 20 else "")
        return (
            f"{rows['train']:,} rows for training and {rows['test']:,} for test, {self.n_features:,} features, "
            + (f"{len(names)} classes: {shown}" if names else "no labels")
        )

    def look(self) -> None:
        """Find out of the outside file what must be known before anything runs.

        Raises
        ------
        FileError
            If it cannot be used.
        """

    @cached_property
    def settings(self) -> dict[str, Any]:
        """What decides the data."""
        return self.model_dump()

    @abstractmethod
    def make(self) -> Dataset:
        """The data set."""

    @staticmethod
    def facts(made: Dataset) -> dict[str, Any]:
        """What is known of the data besides its sizes: columns of the table of data sets."""
        return {}


def classes_of(made: Dataset) -> dict[str, Any]:
    """Number of classes, and their names, as columns of the table of data sets."""
    return {"n_classes": len(made.classes), "classes": ", ".join(made.classes)}


def split_rows(n_rows: int, test_fraction: float) -> dict[str, int]:
    """Number of rows of each part of a random split.

    Raises
    ------
    ValueError
        If a part would be empty.
    """
    test = math.ceil(test_fraction * n_rows)  # as scikit-learn rounds
    rows = {"train": n_rows - test, "test": test, "full": n_rows}
    if 0 in rows.values():
        raise ValueError(
            f"test_fraction {test_fraction} of {n_rows} rows leaves the training or the test set empty"
        )
    return rows


class Generated(DataKind):
    """A data set that is made here, from a seed.

    A kind gives the number of its rows and coordinates, its points, and, if it knows any, facts of them.
    """

    seed: Annotated[Seed, Field(description="Seed of the points, and of the order of the rows.")] = 0
    test_fraction: TestFraction = 0.33
    split_seed: SplitSeed = 42

    @cached_property
    @abstractmethod
    def n_rows(self) -> int:
        """Number of rows."""

    @abstractmethod
    def points(self, rng: np.random.Generator) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """Points, shape (n_rows, n_features), and the class of each, in any order."""

    @property
    def is_random(self) -> bool:
        """Whether another seed gives other points, so that data sets of other seeds are draws of one distribution."""
        return True

    @model_validator(mode="after")
    def _check_split(self) -> Generated:
        self.rows()
        return self

    def rows(self) -> dict[str, int]:
        """Number of rows of each split."""
        return split_rows(self.n_rows, self.test_fraction)

    def make(self) -> Dataset:
        """The points, shuffled, their classes and their split."""
        rng = np.random.default_rng(self.seed)
        X, y = self.points(rng)
        order = rng.permutation(len(y))
        return Dataset(
            X[order].astype(np.float32),
            y[order].astype(np.int64),
            *split(len(y), self.test_fraction, self.split_seed),
            classes=self.class_names,
        )
