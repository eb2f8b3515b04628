"""Homology of a cloud at one scale: of the flag complex of a graph, without a filtration.

Points and edges that are dominated are taken away first, which changes no homology, until none is left: of a cloud
near a surface a few points of a hundred stay. A point is dominated by a neighbour that is joined to all that it is
joined to (strong collapse: Barmak and Minian, "Strong homotopy types, nerves and collapses", Discrete Comput. Geom.
47, 2012); an edge by a point that is joined to all that both its ends are joined to (edge collapse: Boissonnat and
Pritam, "Edge collapse and persistence of flag complexes", SoCG 2020).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from layertopo.homology import Diagram, OutOfMemoryBudgetError, persistence_diagram

#: Bytes that a simplex takes while a diagram of dimension 2 is computed.
_SIMPLEX = 150


def homology_of_graph(
    n_points: int,
    pairs: tuple[NDArray[np.intp], NDArray[np.intp]],
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
    n_points : int
        At least one.
    pairs : tuple of ndarray of int, shape (n_edges,)
        Lower and upper ends of the edges, each once.
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
    core = collapsed(_closed(n_points, pairs))
    size = core.shape[0]
    if memory is not None and max(dimensions) > 1:
        needed = _tetrahedra(core) * _SIMPLEX / 2**20
        if needed > memory:
            raise OutOfMemoryBudgetError(
                needed, memory, n_points, f"{size:,} points that none dominates", 0.0
            )
    core.setdiag(0)
    core.eliminate_zeros()
    return persistence_diagram(
        core.astype(np.float64),
        dimensions=dimensions,
        metric="precomputed",
        coefficient_field=coefficient_field,
        engine=engine,
        threads=threads,
        memory=memory,
    )


def collapsed(closed: Any) -> Any:
    """What is left of a graph when no point and no edge is dominated.

    Parameters
    ----------
    closed : scipy.sparse.csr_array of int32, shape (n, n)
        Symmetric, 1 for an edge and on the diagonal, 0 else.
    """
    edges = np.inf
    while closed.nnz < edges:
        edges = closed.nnz
        closed = _without_edges(_without_points(closed))
    return closed


def _closed(n_points: int, pairs: tuple[NDArray[np.intp], NDArray[np.intp]]) -> Any:
    from scipy.sparse import csr_array

    every = np.arange(n_points)
    rows, columns = (np.concatenate([*ends, every]) for ends in (pairs, pairs[::-1]))
    return csr_array((np.ones(len(rows), np.int32), (rows, columns)), shape=(n_points, n_points))


def _without_points(closed: Any) -> Any:
    """Without the dominated points, of several that dominate each other all but the first.

    They can go together: whatever dominates one of them is dominated by one that stays, or stays itself.
    """
    while True:
        joined = np.diff(closed.indptr)
        common = _common(closed)
        point, other = common.row, common.col
        stronger = (joined[other] > joined[point]) | ((joined[other] == joined[point]) & (other < point))
        gone = np.unique(point[(common.data == joined[point]) & stronger])
        if not len(gone):
            return closed
        stays = np.setdiff1d(np.arange(len(joined)), gone)
        closed = closed[stays][:, stays]


def _common(closed: Any) -> Any:
    """Of the ends of each edge, and of each point and itself, the number of points that both are joined to."""
    return (closed @ closed).multiply(closed).tocoo()


def _without_edges(closed: Any) -> Any:
    import gudhi

    size = closed.shape[0]
    edges = closed.tocoo()
    upper = edges.row < edges.col
    tree = gudhi.SimplexTree()
    tree.insert_batch(np.arange(size, dtype=np.int32)[None], np.zeros(size))
    tree.insert_batch(np.array([edges.row[upper], edges.col[upper]], dtype=np.int32), np.zeros(upper.sum()))
    tree.collapse_edges()
    left = [simplex for simplex, _ in tree.get_skeleton(1) if len(simplex) == 2]
    lower, higher = np.array(left, dtype=np.intp).reshape(-1, 2).T
    return _closed(size, (lower, higher))


def _tetrahedra(closed: Any) -> float:
    """No fewer than there are: each lies on six edges, with two of the points that the ends of an edge have in common."""
    common = _common(closed)
    others = common.data[common.row < common.col] - 2.0  # but for the ends themselves
    return float((others * (others - 1) / 2).sum() / 6)
