"""Two concentric noisy spheres, one per class."""

from __future__ import annotations

from functools import cached_property
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, StrictInt, model_validator

from layertopo.data.dataset import Dataset
from layertopo.data.kind import Generated
from layertopo.sections import Number


class NestedSpheres(Generated):
    """Two concentric noisy spheres, one per class.

    Directions are uniform on the unit sphere (normalised standard normal vectors); each is scaled
    by the radius of its class, then every coordinate gets Gaussian noise.
    """

    isotropic: ClassVar[bool] = True

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

    @model_validator(mode="after")
    def _check_radii(self) -> NestedSpheres:
        if self.radii[0] >= self.radii[1]:
            raise ValueError(f"radii must increase, from class 0 to class 1, got {self.radii}")
        return self

    @property
    def betti(self) -> tuple[tuple[int, ...], ...]:
        """Betti numbers of each class, from dimension 0 up to 2."""
        sphere = [1, 0, 0]
        if self.dimension <= 3:
            sphere[self.dimension - 1] += 1
        return tuple(sphere), tuple(sphere)

    @property
    def n_features(self) -> int:
        """Coordinates of a row."""
        return self.dimension

    @cached_property
    def n_rows(self) -> int:
        """Number of rows."""
        return 2 * self.points_per_class

    @cached_property
    def settings(self) -> dict[str, Any]:
        """What decides the data, the noise resolved."""
        noise = (self.radii[1] - self.radii[0]) / 4 if self.noise == "auto" else self.noise
        return self.model_dump() | {"noise": noise}

    @property
    def largest_class(self) -> int:
        """Half of the rows."""
        return self.points_per_class

    def points(self, rng: np.random.Generator) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """Points of both spheres, and the class of each."""
        labels = np.repeat(np.arange(2), self.points_per_class)
        directions = rng.standard_normal((len(labels), self.dimension))
        directions /= np.linalg.norm(directions, axis=1, keepdims=True)
        points = np.asarray(self.radii)[labels, None] * directions
        return points + rng.normal(0.0, self.settings["noise"], points.shape), labels

    @staticmethod
    def facts(made: Dataset) -> dict[str, Any]:
        """Accuracy of the best threshold on the radius, and that radius; see :func:`best_radius_accuracy`."""
        accuracy, threshold = best_radius_accuracy(made.X, made.y)
        return {"best_radius_accuracy": accuracy, "best_radius": threshold}


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
