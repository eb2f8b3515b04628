"""Nine units of concentric shells."""

from __future__ import annotations

from functools import cached_property
from typing import Annotated, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, StrictInt

from layertopo.data.kind import Generated
from layertopo.data.shapes import in_shell, nine_centres, scaled_columns
from layertopo.sections import Number

#: Inner and outer radius of the middle shell, of the outer one, and of the core.
MIDDLE, OUTER, CORE = (1.0, 1.05), (2.0, 2.05), (0.0, 0.5)
#: Of the points of a unit, which the middle shell, the outer one and the core have.
SHARES = (0.4, 0.48, 0.12)


class NestedShells(Generated):
    """Nine units in space: a thin shell (class 0) between a core and a larger shell (class 1).

    Betti numbers (9, 0, 9) and, the core a ball, (18, 0, 9); with a hollow core (18, 0, 18). Naitzat, Zhitnikov and
    Lim, "Topology of deep neural networks", J. Mach. Learn. Res. 21(184), 2020, data set D-III. Each coordinate is
    divided by its largest absolute value.
    """

    published_graph: ClassVar[tuple[int, int] | None] = (34, 2)

    kind: Literal["nested_shells"]
    points_per_unit: Annotated[StrictInt, Field(ge=50, description="Points of each of the nine units.")] = (
        4200
    )
    offset: Annotated[Number, Field(gt=0, description="Coordinates of the outer units.")] = 3.0
    core: Annotated[Literal["ball", "shell"], Field(description="What lies innermost.")] = "ball"

    @property
    def betti(self) -> tuple[tuple[int, ...], ...]:
        """Betti numbers of each class, from dimension 0 up."""
        return (9, 0, 9), (18, 0, 9 if self.core == "ball" else 18)

    @property
    def n_features(self) -> int:
        """Coordinates of a row."""
        return 3

    @cached_property
    def n_rows(self) -> int:
        """Number of rows."""
        return 9 * self.points_per_unit

    def points(self, rng: np.random.Generator) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """Points of the shells and cores, and the class of each."""
        middle, outer = (int(share * self.points_per_unit) for share in SHARES[:2])
        core = self.points_per_unit - middle - outer
        innermost = CORE if self.core == "ball" else (CORE[1], CORE[1])
        units = [
            centre
            + np.vstack(
                [
                    in_shell(rng, middle, *MIDDLE),
                    in_shell(rng, outer, *OUTER),
                    in_shell(rng, core, *innermost),
                ]
            )
            for centre in nine_centres(self.offset)
        ]
        labels = np.repeat([0, 1], [middle, outer + core])
        return scaled_columns(np.concatenate(units)), np.tile(labels, len(units))
