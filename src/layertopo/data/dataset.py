"""Data sets: labelled points, and how they are split for training and test."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from layertopo import storage
from layertopo.storage import Settings

if TYPE_CHECKING:
    import h5py


@dataclass(frozen=True)
class Dataset:
    """Labelled points and their split.

    Attributes
    ----------
    X : ndarray of float32, shape (n, d)
        One point a row.
    y : ndarray of int64, shape (n,)
        Number of the class of each row; 0 for all if they have none.
    train, test : ndarray of int64
        Rows of `X` in the training and the test set, in the order of the split.
    classes : tuple of str
        Name of each class, in the order of their numbers; none if the rows have no labels.
    features : tuple of str
        Name of each coordinate, if they have names.
    """

    X: NDArray[np.float32]
    y: NDArray[np.int64]
    train: NDArray[np.int64]
    test: NDArray[np.int64]
    classes: tuple[str, ...] = ("0", "1")
    features: tuple[str, ...] = ()


class FirstRows(NamedTuple):
    """The first few rows of a data set.

    Attributes
    ----------
    points : ndarray of float32, shape (n, d)
    labels : list of str, or None
        Class of each row, by name.
    features : tuple of str
        Names of the coordinates, if they have any.
    """

    points: NDArray[np.float32]
    labels: list[str] | None
    features: tuple[str, ...]


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
        # Classes that are called by their numbers need no names.
        if dataset.classes != _numbers(dataset.y):
            storage.write_texts(file, "classes", dataset.classes)
        if dataset.features:
            storage.write_texts(file, "features", dataset.features)


def load(path: str | Path, provenance: Settings | None = None) -> Dataset:
    """Read a data set written by :func:`save`.

    Raises
    ------
    ResultError
        If the file is broken or was made with other settings than `provenance`.
    """
    with storage.load(path, provenance) as file:
        X, y, train, test = (storage.read(file, name) for name in ("X", "y", "train", "test"))
        return Dataset(X, y, train, test, *_names(file, y))


def first_rows(path: str | Path, provenance: Settings | None = None, count: int = 5) -> FirstRows:
    """The first few points of a stored data set and the names of their classes; the others are not read.

    Raises
    ------
    ResultError
        If the file is broken or was made with other settings than `provenance`.
    """
    with storage.load(path, provenance) as file:
        y = storage.read(file, "y")
        classes, features = _names(file, y)
        labels = [classes[k] for k in y[:count]] if classes else None
        return FirstRows(storage.read(file, "X", count), labels, features)


def _names(file: h5py.File, y: NDArray[np.int64]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Names of the classes and of the coordinates."""
    classes = storage.read_texts(file, "classes") if "classes" in file else _numbers(y)
    return classes, storage.read_texts(file, "features") if "features" in file else ()


def _numbers(y: NDArray[np.int64]) -> tuple[str, ...]:
    return tuple(map(str, range(int(y.max()) + 1)))
