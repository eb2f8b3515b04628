"""Real images: handwritten digits."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from layertopo.data.dataset import Dataset, split
from layertopo.data.kind import DataKind, SplitSeed, TestFraction, classes_of, split_rows

SIDE, ROWS = 8, 1797


class Digits(DataKind):
    """Handwritten digits, images of 8 x 8 pixels from 0 to 16, in ten classes: those that come with scikit-learn.

    E. Alpaydin and C. Kaynak, "Optical Recognition of Handwritten Digits", UCI Machine Learning Repository, 1998,
    its test set.
    """

    kind: Literal["digits"]
    test_fraction: TestFraction = 0.33
    split_seed: SplitSeed = 42

    @property
    def n_features(self) -> int:
        """Coordinates of a row."""
        return SIDE**2

    def rows(self) -> dict[str, int]:
        """Number of rows of each split."""
        return split_rows(ROWS, self.test_fraction)

    @property
    def class_names(self) -> tuple[str, ...]:
        """The digits."""
        return tuple("0123456789")

    @property
    def largest_class(self) -> int:
        """There are 183 threes."""
        return 183

    @staticmethod
    def facts(made: Dataset) -> dict[str, Any]:
        """Number of classes, and their names."""
        return classes_of(made)

    def make(self) -> Dataset:
        """The images, in the order of the collection."""
        from sklearn.datasets import load_digits  # imported late: the rules need none of it

        X, y = load_digits(return_X_y=True)
        train, test = split(len(y), self.test_fraction, self.split_seed)
        return Dataset(X.astype(np.float32), y.astype(np.int64), train, test, self.class_names)
