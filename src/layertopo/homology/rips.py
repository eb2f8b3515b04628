"""From a point cloud to its Vietoris-Rips persistence diagram."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from numbers import Integral
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from layertopo.homology.cloud import Cloud, as_cloud
from layertopo.homology.cycles import choice_of, no_relations
from layertopo.homology.diagram import Diagram, canonical_bars
from layertopo.homology.engines import ENGINES, OWN, Result, Task, check_prime, resolve


def persistence_diagram(
    points: ArrayLike | Cloud,
    *,
    dimensions: Sequence[int] = (0, 1),
    metric: str = "euclidean",
    coefficient_field: int = 2,
    engine: str = "auto",
    threads: int = 1,
    threshold: float = np.inf,
    memory: float | None = None,
    progress: Callable[[int, int], object] | None = None,
    representatives: Literal["all"] | int | Mapping[str, Any] | None = None,
    relations: bool = False,
) -> Diagram:
    """Exact Vietoris-Rips persistence diagram of a point cloud.

    Duplicate points are computed once: they change nothing in dimensions 1 and up, and in
    dimension 0 add bars of length zero only, which are not stored. The filtration is stopped as
    soon as it is certain that no bar can begin or end later; that is proven for every diagram
    (see :mod:`layertopo.homology.truncation` and :mod:`layertopo.homology.barcode`).

    Parameters
    ----------
    points : array_like, shape (n_points, n_coordinates)
        One point a row; or, if `metric` is ``"precomputed"``, the symmetric matrix of
        dissimilarities, shape (n_points, n_points), non-negative, zero on the diagonal, infinite
        for pairs that never join; or a scipy sparse matrix, in which those are left out. The
        triangle inequality is not needed. Or a cloud that was checked before
        (:func:`layertopo.homology.cloud.as_cloud`), which has its own metric.
    dimensions : sequence of int
        Homology dimensions.
    metric : {"euclidean", "manhattan", "chebyshev", "cosine", "precomputed"}
        Distance between points. Cosine is 1 minus the cosine of the angle; a zero row is at
        distance 1 from every row that is not zero.
    coefficient_field : int
        Prime p of the field Z/p of coefficients.
    engine : {"auto", "layertopo", "giotto", "gudhi", "holos"}
        What computes the bars. ``auto`` is ``layertopo`` for dimensions 0 and 1 over Z/2, by far
        the fastest there, and else ``holos`` if its package is installed, or ``gudhi``. ``giotto`` is giotto-tda as it comes, for reference.
        ``holos`` needs the package holos-tda.
    threads : int
        Threads the engine may use. The result does not depend on it.
    threshold : float
        Scale at which to stop, after the pairs at that distance, rounded as those of pairs are: what is alive
        then is given an infinite death.
    memory : float, optional
        Megabytes (2**20 bytes) that the process may have, for the engine ``layertopo``: it stops
        rather than take more.
    progress : callable, optional
        Called by the engine ``layertopo`` now and then with the number of loops that have died and
        that there are in all.
    representatives : {"all"}, int or mapping, optional
        Bars of dimension 1 for which a cycle is wanted, as ``diagram.representatives``: all, the longest so
        many, or what :meth:`Relations.cycles` is to be asked, such as ``{"longer_than": 0.2}``. For the
        engine ``layertopo``.
    relations : bool
        Whether to keep what is known of all cycles in the end, as ``diagram.relations``. For the
        engine ``layertopo``.

    Returns
    -------
    Diagram

    Raises
    ------
    ValueError
        If `points` has the wrong shape, holds a value that is not finite or is not a dissimilarity
        where it should be; if more than 2**24 points are distinct; if a dimension is negative,
        `coefficient_field` is not prime, `metric` or `engine` is unknown, or the engine cannot do what is
        asked; if there is no such bar.
    ModuleNotFoundError
        If the engine's library is not installed.
    layertopo.homology.OutOfMemoryBudgetError
        If it would take more than `memory`; a MemoryError.

    Examples
    --------
    >>> import numpy as np
    >>> angles = np.linspace(0, 2 * np.pi, 120, endpoint=False)
    >>> circle = np.column_stack([np.cos(angles), np.sin(angles)])
    >>> diagram = persistence_diagram(circle)
    >>> diagram.bars[1].round(3)
    array([[0.052, 1.732]])
    >>> diagram.complete
    True

    Rows of the points of the longest loop:

    >>> [loop] = persistence_diagram(circle, representatives=1).representatives
    >>> len(loop.points), loop.bar, round(loop.death, 3)
    (120, 0, 1.732)
    """
    dims: list[Any] = sorted(set(dimensions))
    if not dims or not all(isinstance(dim, Integral) and int(dim) >= 0 for dim in dims):
        raise ValueError(f"dimensions must be non-negative integers, got {list(dimensions)}")
    check_prime(coefficient_field)
    if threads < 1:
        raise ValueError(f"threads must be at least 1, got {threads}")
    if not threshold >= 0:
        raise ValueError(f"threshold must not be negative, got {threshold}")
    choice = None if representatives is None else choice_of(representatives)
    chosen = resolve(engine, dims[-1], coefficient_field)
    with_cycles = relations or choice is not None
    if with_cycles and (chosen != OWN or 1 not in dims):
        raise ValueError(
            f"representatives and relations are there in dimension 1 over Z/2, by the engine {OWN!r}; here it is "
            f"{chosen!r}, with dimensions {', '.join(map(str, dims))} over Z/{coefficient_field}"
        )
    cloud = as_cloud(points, metric, memory=memory)
    if cloud.size > 1:
        value = np.float32(np.inf) if np.isinf(threshold) else cloud.value_of(threshold)
        task = Task(cloud, dims[-1], coefficient_field, threads, value, memory, progress)
        result = ENGINES[chosen].compute(task)
    else:
        result = Result({0: np.array([[0.0, np.inf]])}, 0.0, relations=no_relations)
    known = result.relations() if with_cycles and result.relations else None
    components = canonical_bars(result.bars[0])
    return Diagram(
        bars={dim: canonical_bars(result.bars.get(dim, [])) for dim in dims},
        n_points=int(cloud.counts.sum()),
        n_distinct=len(components),
        metric=cloud.metric,
        coefficient_field=coefficient_field,
        engine=chosen,
        engine_version=ENGINES[chosen].version(),
        threshold=result.threshold if result.complete else threshold,
        complete=result.complete,
        rms_distance=cloud.rms_distance(threads) if len(components) > 1 else np.nan,
        representatives=known.cycles(**choice, points=cloud) if known and choice is not None else None,
        relations=known if relations else None,
    )
