"""The persistence diagram of one point cloud, in the one form every engine's answer is brought to."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

if TYPE_CHECKING:
    from layertopo.homology.cycles import Cycle, Relations


def canonical_bars(bars: ArrayLike) -> NDArray[np.float64]:
    """Bars of positive length, sorted by birth, then death.

    Parameters
    ----------
    bars : array_like, shape (n, 2)
        Birth and death of each bar; death may be infinite.

    Returns
    -------
    ndarray of float64, shape (m, 2), m <= n
    """
    pairs = np.asarray(bars, dtype=np.float64).reshape(-1, 2)
    return pairs[order_of_bars(pairs)]


def order_of_bars(pairs: NDArray[np.float64]) -> NDArray[np.int64]:
    """Which of the bars have positive length, by birth, then death."""
    order = np.lexsort((pairs[:, 1], pairs[:, 0]))
    return order[pairs[order, 1] > pairs[order, 0]]


@dataclass(frozen=True)
class Diagram:
    """Persistence diagrams of one point cloud, one per homology dimension.

    Attributes
    ----------
    bars : dict of int to ndarray of float64, shape (n_bars, 2)
        Birth and death of every bar of positive length, sorted by birth, then death, in units of
        the cloud's distances. Death is infinite for classes that never die, or are alive at the
        `threshold`: in dimension 0 there is one for each component, so at least one row ``[0, inf]``;
        in dimension 1 there are some only if pairs are at infinite dissimilarity, or the filtration
        was stopped.
    n_points : int
        Points of the cloud, duplicates included.
    n_distinct : int
        Points at pairwise positive distance; ``n_points - n_distinct`` bars of dimension 0 have
        length zero and are not stored.
    metric : str
        Distance between points.
    coefficient_field : int
        Prime p of the field Z/p of coefficients.
    engine, engine_version : str
        Library that computed the bars, and its version.
    threshold : float
        Scale at which the filtration was stopped; ``inf`` if it was not.
    complete : bool
        True only if the bars are proven to be those of the whole filtration.
    rms_distance : float
        Root-mean-square distance over all pairs of points (duplicates included) at finite distance:
        the unit of scale-free quantities. NaN if there is only one distinct point, or no such pair.
    representatives : tuple of Cycle or None
        Cycles of bars of dimension 1, where they were asked for.
    relations : Relations or None
        What is known of all cycles, where it was asked for.
    """

    bars: dict[int, NDArray[np.float64]]
    n_points: int
    n_distinct: int
    metric: str
    coefficient_field: int
    engine: str
    engine_version: str
    threshold: float
    complete: bool
    rms_distance: float
    representatives: tuple[Cycle, ...] | None = field(default=None, kw_only=True)
    relations: Relations | None = field(default=None, kw_only=True)

    @property
    def dimensions(self) -> tuple[int, ...]:
        """Homology dimensions that were computed, ascending."""
        return tuple(sorted(self.bars))

    def finite(self, dimension: int) -> NDArray[np.float64]:
        """Bars of `dimension` that die, shape (n, 2)."""
        bars = self.bars[dimension]
        return bars[np.isfinite(bars[:, 1])]

    def scaled(self) -> Self | None:
        """The same diagram in units of the rms distance, which is then 1; None where none is defined.

        Without the relations, which go with the points as they are.
        """
        if not np.isfinite(self.rms_distance):
            return None
        cycles = self.representatives
        return replace(
            self,
            bars={dim: bars / self.rms_distance for dim, bars in self.bars.items()},
            threshold=self.threshold / self.rms_distance,
            rms_distance=1.0,
            representatives=cycles and tuple(cycle.scaled(1 / self.rms_distance) for cycle in cycles),
            relations=None,
        )

    def to_giotto(self) -> NDArray[np.float64]:
        """As giotto-tda's transformers take it: (birth, death, dimension) of the finite bars.

        Like giotto-tda, which leaves out the essential class, it gives a dimension without a finite
        bar one bar of length zero.

        Returns
        -------
        ndarray of float64, shape (1, n_bars, 3)
        """
        triples = [
            np.insert(self.finite(dim) if len(self.finite(dim)) else np.zeros((1, 2)), 2, dim, axis=1)
            for dim in self.dimensions
        ]
        return np.concatenate(triples)[np.newaxis]

    def to_gudhi(self) -> list[tuple[int, tuple[float, float]]]:
        """As GUDHI's ``SimplexTree.persistence`` gives it: (dimension, (birth, death)) of every bar."""
        return [(dim, (birth, death)) for dim in self.dimensions for birth, death in self.bars[dim].tolist()]

    def to_persim(self) -> list[NDArray[np.float64]]:
        """As persim and ripser.py take it: one array of bars per dimension, from 0 up.

        Returns
        -------
        list of ndarray of float64, shape (n_bars, 2)
            Empty for a dimension that was not computed.
        """
        return [self.bars.get(dim, np.empty((0, 2))).copy() for dim in range(self.dimensions[-1] + 1)]
