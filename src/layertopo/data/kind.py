"""What every kind of data set has: a seed, a split, and how to make it."""

from __future__ import annotations

import math
from abc import abstractmethod
from functools import cached_property
from typing import Annotated, Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from layertopo.data.dataset import Dataset, split
from layertopo.sections import Number, Section, Seed


class Generated(Section):
    """A data set that is made here, from a seed.

    A kind gives the number of its rows and coordinates, its points, and, if it knows any, facts of them. What
    it is called in the configuration is the value of its field `kind`.
    """

    #: Whether all directions are alike, so that any two coordinates show the points as well as others.
    isotropic: ClassVar[bool] = False

    seed: Annotated[Seed, Field(description="Seed of the points, and of the order of the rows.")] = 0
    test_fraction: Annotated[Number, Field(gt=0, lt=1, description="Share of the rows in the test set.")] = (
        0.33
    )
    split_seed: Annotated[Seed, Field(description="Seed of the split.")] = 42

    @property
    @abstractmethod
    def n_features(self) -> int:
        """Coordinates of a row."""

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

    def facts(self, dataset: Dataset) -> dict[str, float]:
        """What is known of the data besides its sizes: columns of the table of data sets."""
        return {}

    @model_validator(mode="after")
    def _check_split(self) -> Generated:
        if 0 in self.rows().values():
            raise ValueError(
                f"test_fraction {self.test_fraction} of {self.n_rows} rows leaves the training or the test set empty"
            )
        return self

    def rows(self) -> dict[str, int]:
        """Number of rows of each split."""
        test = math.ceil(self.test_fraction * self.n_rows)  # as scikit-learn rounds
        return {"train": self.n_rows - test, "test": test, "full": self.n_rows}

    @cached_property
    def settings(self) -> dict[str, Any]:
        """What decides the data."""
        return self.model_dump()

    def make(self) -> Dataset:
        """The points, shuffled, their classes and their split."""
        rng = np.random.default_rng(self.seed)
        X, y = self.points(rng)
        order = rng.permutation(len(y))
        return Dataset(
            X[order].astype(np.float32),
            y[order].astype(np.int64),
            *split(len(y), self.test_fraction, self.split_seed),
        )
