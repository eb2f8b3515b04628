"""What shapes in space are put together from."""

from __future__ import annotations

from itertools import product

import numpy as np
from numpy.typing import NDArray


def nine_centres(offset: float) -> NDArray[np.float64]:
    """The origin, and the corners of a cube around it; shape (9, 3)."""
    return np.vstack([np.zeros(3), offset * np.array(list(product((-1, 1), repeat=3)))])


def in_shell(rng: np.random.Generator, count: int, inner: float, outer: float) -> NDArray[np.float64]:
    """Points uniform between two concentric spheres, shape (count, 3); on the sphere if the radii are equal."""
    directions = rng.standard_normal((count, 3))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    return directions * np.cbrt(rng.uniform(inner**3, outer**3, (count, 1)))


def scaled_columns(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Each coordinate over its largest absolute value."""
    return points / np.abs(points).max(axis=0)
