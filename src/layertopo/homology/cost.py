"""How long a diagram will take, and how much memory: an upper estimate, to plan jobs by."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from layertopo.homology.engines import OWN, resolve


class Cost(NamedTuple):
    """Seconds and megabytes (2**20 bytes) of a process that computes one diagram."""

    seconds: float
    megabytes: float


class _Law(NamedTuple):
    """Cost at 1,000 points, and the power of the number of points that it grows with."""

    seconds: float
    seconds_power: float
    megabytes: float
    megabytes_power: float


#: Interpreter, imports, and compilation in a process that finds nothing compiled before.
START = Cost(60.0, 450.0)
# For all pairs of 1,000 points, once: twice of what 256 coordinates took more than 10.
_SECONDS_PER_COORDINATE = 0.0016
# Points of that many coordinates have their values kept, if these take no more megabytes.
_WIDE, _KEPT = 32, 2048.0
# Clouds small enough to measure often grow more slowly than larger ones: for giotto, and in
# dimension 2, the powers are therefore not the fitted ones, but higher.
_LAWS = {
    ("layertopo", 1): _Law(0.123, 2.01, 1.8, 1.85),
    ("gudhi", 1): _Law(2.06, 2.43, 81.8, 2.15),
    ("holos", 1): _Law(1.29, 2.1, 157, 2.07),
    ("giotto", 1): _Law(2.0, 4.6, 110, 2.5),
    ("gudhi", 2): _Law(70, 4, 300, 3),
    ("holos", 2): _Law(100, 4, 700, 3),
    ("giotto", 2): _Law(430, 4.5, 340, 3),
}


def estimate(
    n_points: int,
    dimensions: Sequence[int] = (0, 1),
    engine: str = "auto",
    coefficient_field: int = 2,
    *,
    n_coordinates: int = 10,
) -> Cost:
    """Upper estimate of time and memory of one diagram, on one thread.

    Power laws fitted to clouds measured by ``benchmarks/fit_cost.py``, then raised to twice the largest
    measurement. They hold for layer activations and the like; a cloud with a large
    loop can take longer, one of widely spread dissimilarities without geometry much longer.

    Parameters
    ----------
    n_points : int
    dimensions : sequence of int
        Homology dimensions. Above 2, each costs another factor of `n_points`.
    engine : str
    coefficient_field : int
        As for :func:`layertopo.homology.persistence_diagram`.
    n_coordinates : int
        Coordinates of a point; the laws were fitted at up to 10.

    Returns
    -------
    Cost

    Raises
    ------
    ValueError
        If the engine is unknown or cannot do what is asked.
    """
    top = max(dimensions)
    chosen = resolve(engine, top, coefficient_field)
    law = _LAWS[chosen, min(max(top, 1), 2)]
    thousands = n_points / 1000
    kept = 4 * n_points**2 / 2**20 if n_coordinates >= _WIDE else 0.0
    if chosen != OWN or kept > _KEPT:
        kept = 0.0
    beyond = float(n_points) ** max(0, top - 2)
    coordinates = _SECONDS_PER_COORDINATE * max(0, n_coordinates - 10) * thousands**2
    return Cost(
        START.seconds + coordinates + law.seconds * thousands**law.seconds_power * beyond,
        START.megabytes + kept + law.megabytes * thousands**law.megabytes_power * beyond,
    )
