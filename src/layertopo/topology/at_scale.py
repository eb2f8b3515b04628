"""Homology of a cloud at one scale: of the flag complex of a graph, without a filtration.

Points and edges that are dominated are taken away first, which changes no homology: of a cloud near a surface a few
points of a hundred stay. See :mod:`layertopo.homology.collapse`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from layertopo.homology import Diagram, OutOfMemoryBudgetError, persistence_diagram
from layertopo.homology.collapse import Rows, collapsed, pairs_of_rows

#: Bytes that a simplex takes while a diagram of dimension 2 is computed.
_SIMPLEX = 150


def homology_of_rows(
    rows: Rows,
    *,
    dimensions: Sequence[int] = (0, 1),
    coefficient_field: int = 2,
    engine: str = "auto",
    threads: int = 1,
    memory: float | None = None,
) -> Diagram:
    """Homology of the flag complex of a graph.

    Parameters
    ----------
    rows : ndarray of uint64, shape (n_points, n_words)
        Closed neighbourhoods of its points, as :func:`layertopo.homology.collapse.rows_of_pairs` gives them; left as
        they are.
    dimensions, coefficient_field, engine, threads, memory
        As for :func:`layertopo.persistence_diagram`.

    Returns
    -------
    Diagram
        Of what is left of the graph. Its bars that never die are the classes: their number is the Betti number.

    Raises
    ------
    layertopo.homology.OutOfMemoryBudgetError
        If it would take more than `memory`.
    """
    from scipy.sparse import csr_array

    core = collapsed(rows)
    size = len(core)
    lower, upper = pairs_of_rows(core)
    if memory is not None and max(dimensions) > 1:
        needed = _tetrahedra(core, lower, upper) * _SIMPLEX / 2**20
        if needed > memory:
            raise OutOfMemoryBudgetError(
                needed, memory, len(rows), f"{size:,} points that none dominates", 0.0
            )
    ends = np.concatenate([lower, upper]), np.concatenate([upper, lower])
    return persistence_diagram(
        csr_array((np.ones(len(ends[0])), ends), shape=(size, size)),
        dimensions=dimensions,
        metric="precomputed",
        coefficient_field=coefficient_field,
        engine=engine,
        threads=threads,
        memory=memory,
    )


def _tetrahedra(rows: Rows, lower: NDArray[np.intp], upper: NDArray[np.intp]) -> float:
    """No fewer than there are: each lies on six edges, with two of the points that the ends of an edge have in common."""
    two_in_common = 0.0
    for u, others in enumerate(np.split(upper, np.searchsorted(lower, np.arange(1, len(rows))))):
        common = np.bitwise_count(rows[others] & rows[u]).sum(axis=1) - 2.0  # but for the ends themselves
        two_in_common += float((common * (common - 1) / 2).sum())
    return two_in_common / 6
