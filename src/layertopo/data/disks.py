"""Nine disks in a square, and the square without them: a plane with nine holes."""

from __future__ import annotations

from functools import cached_property
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, StrictInt, model_validator

from layertopo.data.kind import Generated
from layertopo.sections import Number

#: Half the side of the square, radius of a disk, and width of the empty margin around it.
HALF_SIDE, RADIUS, MARGIN = 10.0, 1.3, 0.5
#: Eight disks on a circle, and one at the origin.
CENTRES = np.vstack([np.zeros(2), 7 * np.column_stack([np.cos(k := np.arange(8) * np.pi / 4), np.sin(k)])])


class Disks(Generated):
    """Nine disks in a square (class 0), and the square without them and a margin around each (class 1).

    Betti numbers (9, 0) and (1, 9). Naitzat, Zhitnikov and Lim, "Topology of deep neural networks", J. Mach.
    Learn. Res. 21(184), 2020, data set D-I.
    """

    published_graph: ClassVar[tuple[int, int] | None] = (13, 2)

    kind: Literal["disks"]
    points_at: Annotated[
        Literal["grid", "random"], Field(description="On a square grid, or uniformly at random.")
    ] = "grid"
    spacing: Annotated[Number, Field(ge=0.05, le=1, description="Of the grid.")] = 0.19
    count: Annotated[StrictInt, Field(ge=100, description="Number of random points.")] = 8670

    @model_validator(mode="after")
    def _check_keys(self) -> Disks:
        without = {"grid": "count", "random": "spacing"}[self.points_at]
        if without in self.model_fields_set:
            raise ValueError(f"{without} has no effect on points_at: {self.points_at}; leave it out")
        return self

    @property
    def is_random(self) -> bool:
        """Whether another seed gives other points: on the grid it gives another order only."""
        return self.points_at == "random"

    @cached_property
    def settings(self) -> dict[str, Any]:
        """What decides the data."""
        return self.model_dump(exclude={"count" if self.points_at == "grid" else "spacing"})

    @property
    def betti(self) -> tuple[tuple[int, ...], ...]:
        """Betti numbers of each class, from dimension 0 up."""
        return (9, 0, 0), (1, 9, 0)

    @property
    def n_features(self) -> int:
        """Coordinates of a row."""
        return 2

    @cached_property
    def n_rows(self) -> int:
        """Number of rows."""
        return len(self._grid()) if self.points_at == "grid" else self.count

    def _grid(self) -> NDArray[np.float64]:
        steps = np.arange(-HALF_SIDE, HALF_SIDE + 1e-9, self.spacing)
        square = np.stack(np.meshgrid(steps, steps), axis=-1).reshape(-1, 2)
        return square[class_of(square) >= 0]

    def points(self, rng: np.random.Generator) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """Points of the square but for the margins, and the class of each."""
        if self.points_at == "grid":
            points = self._grid()
        else:
            # The margins are a ninth of the square: more than enough points are left of twice as many.
            square = rng.uniform(-HALF_SIDE, HALF_SIDE, (2 * self.count + 100, 2))
            points = square[class_of(square) >= 0][: self.count]
        return points, class_of(points)


def class_of(points: NDArray[np.float64]) -> NDArray[np.int64]:
    """0 in a disk, 1 beyond the margins, -1 in a margin."""
    nearest = np.linalg.norm(points[:, None] - CENTRES, axis=2).min(axis=1)
    return np.select([nearest <= RADIUS, nearest > RADIUS + MARGIN], [0, 1], -1)
