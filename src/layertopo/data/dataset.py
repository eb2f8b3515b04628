"""Data sets: labelled points, and how they are split for training and test."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
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


def nested_spheres(
    points_per_class: int,
    dimension: int,
    radii: Sequence[float],
    noise: float,
    seed: int,
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Two concentric spheres with Gaussian noise, the rows shuffled.

    Directions are uniform on the unit sphere (normalised standard normal vectors); each is scaled
    by the radius of its class, then every coordinate gets noise.

    Parameters
    ----------
    points_per_class : int
    dimension : int
        Dimension d of the space: 2 gives circles, 3 spheres.
    radii : sequence of two floats
        Radius of class 0 and of class 1.
    noise : float
        Standard deviation of the noise per coordinate.
    seed : int
        Seed of the generator.

    Returns
    -------
    X : ndarray of float32, shape (2 * points_per_class, dimension)
    y : ndarray of int64, shape (2 * points_per_class,)
    """
    rng = np.random.default_rng(seed)
    labels = np.repeat(np.arange(2), points_per_class)
    directions = rng.standard_normal((len(labels), dimension))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    points = np.asarray(radii)[labels, None] * directions
    points += rng.normal(0.0, noise, points.shape)
    order = rng.permutation(len(labels))
    return points[order].astype(np.float32), labels[order].astype(np.int64)


def split(n_rows: int, test_fraction: float, seed: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows of the training and of the test set, by scikit-learn's ``train_test_split``."""
    from sklearn.model_selection import train_test_split  # imported late: reading a data set needs none of it

    train, test = train_test_split(np.arange(n_rows), test_size=test_fraction, random_state=seed)
    return train, test


def make(settings: Settings) -> Dataset:
    """Data set of the given settings (one entry of the configuration's `datasets`, noise resolved)."""
    X, y = nested_spheres(
        settings["points_per_class"],
        settings["dimension"],
        settings["radii"],
        settings["noise"],
        settings["seed"],
    )
    train, test = split(len(X), settings["test_fraction"], settings["split_seed"])
    return Dataset(X, y, train, test)


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


def best_radius_accuracy(X: NDArray[np.float32], y: NDArray[np.int64]) -> tuple[float, float]:
    """Accuracy of the best classifier that only looks at the distance from the origin.

    For two concentric spheres with isotropic noise no classifier does better, but for the chance of
    the sample: the likelihood ratio depends on the radius alone.

    Parameters
    ----------
    X : ndarray, shape (n, d)
    y : ndarray of 0 and 1, shape (n,)

    Returns
    -------
    accuracy : float
        Largest share of rows that "class 1 beyond the threshold" gets right.
    threshold : float
        A radius that reaches it.
    """
    radius = np.linalg.norm(X, axis=1)
    order = np.argsort(radius, kind="stable")
    # Rows below the cut are called 0, the rest 1; cut k lies before the k-th smallest radius.
    right = np.concatenate([[0], np.cumsum(y[order] == 0)]) + np.concatenate(
        [np.cumsum(y[order][::-1] == 1)[::-1], [0]]
    )
    # Equal radii cannot be told apart by a threshold.
    between = np.concatenate([[True], np.diff(radius[order]) > 0, [True]])
    cut = int(np.argmax(np.where(between, right, -1)))
    edges = np.concatenate([[0.0], radius[order], [np.inf]])
    threshold = edges[cut] if cut in (0, len(y)) else (edges[cut] + edges[cut + 1]) / 2
    return float(right[cut] / len(y)), float(threshold)


def dataset_table(
    paths: Iterable[str], keys: Iterable[Settings], provenances: Iterable[Settings]
) -> pd.DataFrame:
    """One row per data set: sizes, and the accuracy of the best threshold on the radius."""
    rows = []
    for path, key, provenance in zip(paths, keys, provenances, strict=True):
        dataset = load(path, provenance)
        accuracy, threshold = best_radius_accuracy(dataset.X, dataset.y)
        rows.append(
            dict(key)
            | {
                "n_rows": len(dataset.X),
                "n_train": len(dataset.train),
                "n_test": len(dataset.test),
                "n_features": dataset.X.shape[1],
                "best_radius_accuracy": accuracy,
                "best_radius": threshold,
            }
        )
    return pd.DataFrame(rows)
