"""Nine pairs of linked solid rings."""

from __future__ import annotations

from functools import cached_property
from typing import Annotated, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, StrictInt

from layertopo.data.kind import Generated
from layertopo.data.shapes import nine_centres, scaled_columns
from layertopo.sections import Number

#: Radii of the rings' cores, noise of each coordinate to either side, and how far one ring of a pair is moved.
RADII, NOISE, SHIFT = (2.2, 2.5), 0.7, 2.2


class LinkedTori(Generated):
    """Nine pairs of linked solid rings in space: the two rings of a pair are of different classes.

    Betti numbers (9, 9, 0) each. Naitzat, Zhitnikov and Lim, "Topology of deep neural networks", J. Mach. Learn.
    Res. 21(184), 2020, data set D-II. Each coordinate is divided by its largest absolute value.
    """

    published_graph: ClassVar[tuple[int, int] | None] = (34, 2)

    kind: Literal["linked_tori"]
    points_per_ring: Annotated[StrictInt, Field(ge=10, description="Points on each of the 18 rings.")] = 2500
    offset: Annotated[
        Number, Field(gt=0, description="Coordinates of the outer pairs; below 5 classes touch.")
    ] = 5.0

    @property
    def betti(self) -> tuple[tuple[int, ...], ...]:
        """Betti numbers of each class, from dimension 0 up."""
        return (9, 9, 0), (9, 9, 0)

    @property
    def n_features(self) -> int:
        """Coordinates of a row."""
        return 3

    @cached_property
    def n_rows(self) -> int:
        """Number of rows."""
        return 18 * self.points_per_ring

    @property
    def largest_class(self) -> int:
        """Half of the rows."""
        return 9 * self.points_per_ring

    def points(self, rng: np.random.Generator) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """Points of the rings, and the class of each."""
        rings, labels = [], []
        for k, centre in enumerate(nine_centres(self.offset)):
            for which in range(2):
                angle = rng.uniform(0, 2 * np.pi, self.points_per_ring)
                radius = rng.uniform(*RADII, self.points_per_ring)
                across = radius * np.sin(angle), np.zeros_like(angle)
                flat = np.column_stack([radius * np.cos(angle), *(across if which == 0 else across[::-1])])
                shift = [SHIFT, 0, 0] if which == 0 else [0, 0, 0]
                rings.append(centre + shift + flat + rng.uniform(-NOISE, NOISE, flat.shape))
                labels.append(np.full(len(angle), (k + which) % 2))  # which is which alternates
        return scaled_columns(np.concatenate(rings)), np.concatenate(labels)
