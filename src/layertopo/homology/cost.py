"""How long a diagram will take, and how much memory: an upper estimate, to plan jobs by."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from layertopo.homology.engines import OWN, resolve
from layertopo.homology.space import FEW, KEPT, MANY, WIDE


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


#: Seconds of interpreter, imports, and compilation where nothing was compiled before; megabytes without the latter.
START = Cost(60.0, 200.0)
#: Megabytes that a process keeps which has to compile first.
COMPILING = 350.0
# For all pairs of 1,000 points, once: twice of what 256 coordinates took more than 10.
_SECONDS_PER_COORDINATE = 0.0016
# Clouds of many points with few coordinates keep no rows of bits, and look at near pairs only.
_SECONDS_PER_POINT, _BYTES_PER_POINT = 2e-4, 700.0
# No room is asked for the rows of a large loop that take more bytes.
_ROWS_OF_LOOP = 2**32
# Clouds small enough to measure often grow more slowly than larger ones: for giotto, and in
# dimension 2, the powers are therefore not the fitted ones, but higher.
_LAWS = {
    ("layertopo", 1): _Law(0.123, 2.01, 0, 0),
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
    measurement; the memory of the engine ``layertopo`` is that of its tables. They hold for layer activations
    and the like; a cloud of widely spread dissimilarities without geometry can take much longer. A process
    that compiles first takes `COMPILING` more.

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
    beyond = float(n_points) ** max(0, top - 2)
    coordinates = _SECONDS_PER_COORDINATE * max(0, n_coordinates - 10) * thousands**2
    seconds = coordinates + law.seconds * thousands**law.seconds_power * beyond
    megabytes = law.megabytes * thousands**law.megabytes_power * beyond
    if chosen == OWN:
        if n_points >= MANY and n_coordinates <= FEW:
            seconds = _SECONDS_PER_POINT * n_points
        megabytes = _bytes_of_own(n_points, n_coordinates) / 2**20
    return Cost(START.seconds + seconds, START.megabytes + megabytes)


def room_for_a_large_loop(n_points: int, n_coordinates: int) -> float:
    """Megabytes that the engine `layertopo` takes besides where a large loop is skipped in many points.

    Clouds of many points in few coordinates keep no rows of bits, unless one loop is as large as the cloud: then it
    writes two for each point, and without room for them looks at all pairs that the loop outlives instead.

    Parameters
    ----------
    n_points, n_coordinates : int

    Returns
    -------
    float
        Nothing for smaller clouds, whose estimate has it, and for those where it is too much to ask for.
    """
    rows = 1.1 * n_points**2 / 4  # and what is there while they are written
    asked = n_points >= MANY and n_coordinates <= FEW and rows <= _ROWS_OF_LOOP
    return rows / 2**20 if asked else 0.0


def _bytes_of_own(n: int, n_coordinates: int) -> float:
    """What the tables of the engine `layertopo` take."""
    if n >= MANY and n_coordinates <= FEW:
        return _BYTES_PER_POINT * n
    rows_of_bits = (5 if n_coordinates <= FEW else 1.5) * n * n / 8  # large loops are had in few coordinates
    listed = 8.0 * min(n * n / 16, 2**26)
    sums = 5.0 * n * min(n_coordinates, 20) ** 3
    kept = 4.0 * n * n if n_coordinates >= WIDE else 0.0
    return rows_of_bits + listed + sums + (kept if kept <= KEPT else 0.0)
