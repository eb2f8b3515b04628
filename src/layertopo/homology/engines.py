"""What computes bars: this package's own engine, and libraries behind the same function."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from layertopo.homology.cloud import ANY_VALUE, Cloud
from layertopo.homology.memory import Budget
from layertopo.versions import version

if TYPE_CHECKING:
    from layertopo.homology.cycles import Relations
    from layertopo.homology.truncation import Edges

Bars = Mapping[int, NDArray[np.float64]]
Progress = Callable[[int, int], object]


@dataclass(frozen=True)
class Task:
    """What to compute: bars of a cloud of at least two points, in dimensions 0 to `top_dimension`.

    `value` is the last filtration value that counts, `memory` the megabytes that the process may
    have, and `progress` is told how many classes of dimension 1 have died, of how many.
    """

    cloud: Cloud
    top_dimension: int
    coefficient_field: int
    threads: int
    value: np.float32 = ANY_VALUE
    memory: float | None = None
    progress: Progress | None = None


@dataclass(frozen=True)
class Result:
    """Bars in any order, the scale after which nothing was computed, and whether nothing was lost by it.

    `relations` tells what is known of all cycles, if anything is.
    """

    bars: Bars
    threshold: float
    complete: bool = True
    relations: Callable[[], Relations] | None = None


@dataclass(frozen=True)
class Engine:
    """A way to compute bars.

    Attributes
    ----------
    distribution : str
        Package it comes with.
    compute : callable
    top_dimension : int or None
        Highest homology dimension it can do; None if any.
    largest_prime : int
        Largest prime p for which it computes over Z/p.
    """

    distribution: str
    compute: Callable[[Task], Result]
    top_dimension: int | None = None
    largest_prime: int = 2

    def version(self) -> str:
        """Installed version of the package."""
        return version(self.distribution)

    def can(self, top_dimension: int, coefficient_field: int) -> bool:
        """Whether it computes that dimension over that field."""
        in_reach = self.top_dimension is None or top_dimension <= self.top_dimension
        return in_reach and coefficient_field <= self.largest_prime


def _own(task: Task) -> Result:
    """Bars by :mod:`layertopo.homology.barcode`; the threshold is the last death."""
    from layertopo.homology.barcode import rips_bars  # imported late: loading numba takes a second
    from layertopo.homology.neighbours import scan

    room = Budget(task.memory, task.cloud.size).left(0)
    found = scan(task.cloud, task.threads, room)
    bars, complete, relations = rips_bars(
        found,
        task.value,
        Budget(task.memory, task.cloud.size),  # what was made so far is there, and is not counted again
        task.progress,
        loops=task.top_dimension > 0,
    )
    ends = np.concatenate([bar.ravel() for bar in bars.values()])
    return Result(bars, float(ends[np.isfinite(ends)].max()), complete, relations)


def _giotto(task: Task) -> Result:
    """Bars by giotto-tda's ``VietorisRipsPersistence`` as it comes, with nothing cut off.

    Its reduced homology leaves out the essential class of dimension 0, put back here.
    """
    if np.isfinite(task.value) or not np.isfinite(task.cloud.points).all():
        raise ValueError("engine 'giotto' takes finite dissimilarities and no threshold")
    homology = _import("gtda.homology", "giotto")
    dimensions = tuple(range(task.top_dimension + 1))
    rips = homology.VietorisRipsPersistence(
        metric=task.cloud.metric,
        homology_dimensions=dimensions,
        coeff=task.coefficient_field,  # no n_jobs: it shares out clouds, and here there is one
    )
    diagram = rips.fit_transform([task.cloud.points])[0]
    bars = {dim: diagram[diagram[:, 2] == dim, :2] for dim in dimensions}
    bars[0] = np.vstack([bars[0], [0.0, np.inf]])
    return Result(bars, np.inf)


def _gudhi(task: Task) -> Result:
    """Bars by GUDHI's ``RipsPersistence``, truncated."""
    sklearn_interface = _import("gudhi.sklearn", "gudhi")
    from scipy.sparse import coo_matrix

    dimensions = list(range(task.top_dimension + 1))
    rips = sklearn_interface.RipsPersistence(
        homology_dimensions=dimensions,
        input_type="distance coo_matrix",
        homology_coeff_field=task.coefficient_field,
        n_jobs=1,
    )

    def compute(edges: Edges) -> Bars:
        shape = (edges.n_points, edges.n_points)
        graph = coo_matrix((edges.distances, (edges.u, edges.v)), shape=shape)
        return {
            dim: np.asarray(bars).reshape(-1, 2) for dim, bars in enumerate(rips.fit_transform([graph])[0])
        }

    return _truncated(task, compute)


def _holos(task: Task) -> Result:
    """Bars by holos-tda, truncated."""
    holos = _import("holos_tda", "holos")

    def compute(edges: Edges) -> Bars:
        bars = np.array(
            holos.rips_sparse(
                edges.n_points,
                zip(edges.u.tolist(), edges.v.tolist(), edges.distances.tolist(), strict=True),
                max_dim=task.top_dimension,
                modulus=task.coefficient_field,
                threads=task.threads,
            )
        )
        return {dim: bars[bars[:, 0] == dim, 1:] for dim in range(task.top_dimension + 1)}

    return _truncated(task, compute)


def _truncated(task: Task, compute: Callable[[Edges], Bars]) -> Result:
    from layertopo.homology.neighbours import scan
    from layertopo.homology.truncation import bars_of_truncation

    found = scan(task.cloud, task.threads)
    return Result(*bars_of_truncation(found, task.top_dimension, compute, task.value))


def _import(module: str, engine: str) -> ModuleType:
    """A library's module.

    Raises
    ------
    ModuleNotFoundError
        If it is not installed, saying what to install.
    """
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        package = ENGINES[engine].distribution
        raise ModuleNotFoundError(
            f"engine {engine!r} needs the package {package}, which is not installed: {_INSTALL[engine]}",
            name=error.name,
        ) from error


#: How to install what the engines need.
_INSTALL = {
    "giotto": "pip install --no-deps giotto-tda, and what it needs (docs/dependencies.md); not on Python 3.13 or later",
    "gudhi": "pip install 'layertopo[workflow]'",
    "holos": "pip install 'layertopo[holos]'",
}


#: What may be asked for: `auto`, or one of :data:`ENGINES`.
EngineName = Literal["auto", "layertopo", "giotto", "gudhi", "holos"]
AUTO = "auto"
OWN = "layertopo"
ENGINES: dict[str, Engine] = {
    OWN: Engine("layertopo", _own, top_dimension=1),
    "giotto": Engine("giotto-tda", _giotto, largest_prime=251),
    "gudhi": Engine("gudhi", _gudhi, largest_prime=46337),
    "holos": Engine("holos-tda", _holos, largest_prime=32749),
}


def check_prime(number: int) -> None:
    """Refuse a number that is no prime, as there is no field of that many elements (Z/n).

    Raises
    ------
    ValueError
    """
    if number < 2 or any(number % divisor == 0 for divisor in range(2, int(number**0.5) + 1)):
        raise ValueError(f"coefficient_field must be a prime number, got {number}")


def resolve(engine: str, top_dimension: int, coefficient_field: int) -> str:
    """Name of the engine that `engine` stands for.

    ``auto`` is this package's own engine where it can (dimensions 0 and 1 over Z/2), else holos-tda
    where it is installed, which is faster, else GUDHI.

    Raises
    ------
    ValueError
        If there is no such engine, or it cannot compute that dimension or over that field.
    """
    if engine == AUTO:
        able = [name for name in (OWN, "holos") if ENGINES[name].can(top_dimension, coefficient_field)]
        engine = next((name for name in able if name == OWN or find_spec("holos_tda")), "gudhi")
    if engine not in ENGINES:
        legal = [AUTO, *ENGINES]
        near = difflib.get_close_matches(engine, legal, 1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise ValueError(f"engine must be one of {', '.join(legal)}, got {engine!r}{hint}")
    if not ENGINES[engine].can(top_dimension, coefficient_field):
        able = [name for name in ENGINES if ENGINES[name].can(top_dimension, coefficient_field)]
        raise ValueError(
            f"engine {engine!r} does not compute dimension {top_dimension} over Z/{coefficient_field}; "
            f"these do: {', '.join(able) or 'none'}"
        )
    return engine
