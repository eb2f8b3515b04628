"""Two interleaved half circles."""

from __future__ import annotations

from functools import cached_property
from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, StrictInt

from layertopo.data.kind import Generated
from layertopo.sections import Number


class Moons(Generated):
    """Two interleaved noisy half circles in the plane, one per class; Betti numbers (1, 0) each."""

    kind: Literal["moons"]
    count: Annotated[StrictInt, Field(ge=10, description="Number of points, of both classes together.")] = (
        2000
    )
    noise: Annotated[Number, Field(ge=0, description="Standard deviation per coordinate.")] = 0.1

    @property
    def betti(self) -> tuple[tuple[int, ...], ...]:
        """Betti numbers of each class, from dimension 0 up."""
        return (1, 0, 0), (1, 0, 0)

    @property
    def n_features(self) -> int:
        """Coordinates of a row."""
        return 2

    @cached_property
    def n_rows(self) -> int:
        """Number of rows."""
        return self.count

    @property
    def largest_class(self) -> int:
        """Half of the rows."""
        return -(-self.count // 2)

    def points(self, rng: np.random.Generator) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """Points of both half circles, by scikit-learn, and the class of each."""
        from sklearn.datasets import (
            make_moons,  # imported late: the rules need no more than the number of rows
        )

        points, labels = make_moons(self.count, noise=self.noise, random_state=int(rng.integers(2**32)))
        return points, labels
