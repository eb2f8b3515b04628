"""Data sets: labelled points, and how they are split for training and test."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from layertopo import storage
from layertopo.storage import Settings


@dataclass(frozen=True)
class Dataset:
    """Labelled points and their split.

    Attributes
    ----------
    X : ndarray of float32, shape (n, d)
        One point a row.
    y : ndarray of int64, shape (n,)
        Class of each row: 0 or 1.
    train, test : ndarray of int64
        Rows of `X` in the training and the test set, in the order of the split.
    """

    X: NDArray[np.float32]
    y: NDArray[np.int64]
    train: NDArray[np.int64]
    test: NDArray[np.int64]

    def first_rows(self, count: int = 5) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """The first few points and their classes."""
        return self.X[:count], self.y[:count]


def split(n_rows: int, test_fraction: float, seed: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows of the training and of the test set, by scikit-learn's ``train_test_split``."""
    from sklearn.model_selection import train_test_split  # imported late: reading a data set needs none of it

    train, test = train_test_split(np.arange(n_rows), test_size=test_fraction, random_state=seed)
    return train, test


def save(dataset: Dataset, path: str | Path, provenance: Settings) -> None:
    """Write a data set to HDF5."""
    with storage.create(path, provenance, ["numpy", "scikit-learn"]) as file:
        for name in ("X", "y", "train", "test"):
            storage.write(file, name, getattr(dataset, name))


def load(path: str | Path, provenance: Settings | None = None) -> Dataset:
    """Read a data set written by :func:`save`.

    Raises
    ------
    ResultError
        If the file is broken or was made with other settings than `provenance`.
    """
    with storage.load(path, provenance) as file:
        return Dataset(*(storage.read(file, name) for name in ("X", "y", "train", "test")))
