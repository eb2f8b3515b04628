"""Two concentric noisy spheres, one per class."""

from __future__ import annotations

import math
from functools import cached_property
from typing import Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, StrictInt, model_validator

from layertopo.data.dataset import Dataset, split
from layertopo.sections import Number, Section, Seed


class NestedSpheres(Section):
    """Two concentric noisy spheres, one per class.

    Directions are uniform on the unit sphere (normalised standard normal vectors); each is scaled
    by the radius of its class, then every coordinate gets Gaussian noise, and the rows are shuffled.
    """

    kind: Literal["nested_spheres"]
    points_per_class: Annotated[StrictInt, Field(ge=2, description="Points on each sphere.")] = 10_000
    dimension: Annotated[StrictInt, Field(ge=1, description="Dimension of the space: 2 gives circles.")] = 10
    radii: Annotated[
        list[Annotated[Number, Field(gt=0)]],
        Field(min_length=2, max_length=2, description="Radius of class 0, then the larger one of class 1."),
    ] = [3.0, 6.0]
    noise: Annotated[
        Literal["auto"] | Annotated[Number, Field(ge=0)],
        Field(description="Standard deviation per coordinate; auto: a quarter of the gap between the radii."),
    ] = "auto"
    seed: Annotated[Seed, Field(description="Seed of the points.")] = 0
    test_fraction: Annotated[Number, Field(gt=0, lt=1, description="Share of the rows in the test set.")] = (
        0.33
    )
    split_seed: Annotated[Seed, Field(description="Seed of the split.")] = 42

    @model_validator(mode="after")
    def _check(self) -> NestedSpheres:
        if self.radii[0] >= self.radii[1]:
            raise ValueError(f"radii must increase, from class 0 to class 1, got {self.radii}")
        if 0 in self.rows().values():
            raise ValueError(
                f"test_fraction {self.test_fraction} of {self.rows()['full']} rows leaves the training or the test "
                "set empty"
            )
        return self

    def rows(self) -> dict[str, int]:
        """Number of rows of each split."""
        full = 2 * self.points_per_class
        test = math.ceil(self.test_fraction * full)  # as scikit-learn rounds
        return {"train": full - test, "test": test, "full": full}

    @property
    def n_features(self) -> int:
        """Coordinates of a row."""
        return self.dimension

    @cached_property
    def settings(self) -> dict[str, Any]:
        """What decides the data, the noise resolved."""
        noise = (self.radii[1] - self.radii[0]) / 4 if self.noise == "auto" else self.noise
        return self.model_dump() | {"noise": noise}

    def make(self) -> Dataset:
        """The points, their classes and their split."""
        X, y = nested_spheres(
            self.points_per_class, self.dimension, self.radii, self.settings["noise"], self.seed
        )
        return Dataset(X, y, *split(len(X), self.test_fraction, self.split_seed))

    def facts(self, dataset: Dataset) -> dict[str, float]:
        """Accuracy of the best threshold on the radius, and that radius; see :func:`best_radius_accuracy`."""
        accuracy, threshold = best_radius_accuracy(dataset.X, dataset.y)
        return {"best_radius_accuracy": accuracy, "best_radius": threshold}


def nested_spheres(
    points_per_class: int,
    dimension: int,
    radii: list[float],
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
    radii : list of two floats
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
