"""What is dominated is taken away, nothing else, and the homology stays."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from layertopo.homology.collapse import (
    collapsed,
    packed,
    pairs_of_rows,
    rows_of_pairs,
    unpacked,
    without_edges,
    without_points,
)

POINT = np.ones((1, 1), bool)


def suspension(graph: np.ndarray) -> np.ndarray:
    """With two points more, each joined to all of the others but not to each other."""
    n = len(graph)
    larger = np.ones((n + 2, n + 2), bool)
    larger[:n, :n] = graph
    larger[n, n + 1] = larger[n + 1, n] = False
    return larger


def cycle(n: int) -> np.ndarray:
    near = np.abs(np.subtract.outer(np.arange(n), np.arange(n)))
    return (near <= 1) | (near == n - 1)


def product(*graphs: np.ndarray) -> np.ndarray:
    """Joined where both parts are joined or equal: its flag complex has the homotopy type of the product."""
    found = POINT
    for graph in graphs:
        found = np.kron(found, graph)
    return found.astype(bool)


def apart(*graphs: np.ndarray) -> np.ndarray:
    from scipy.linalg import block_diag

    return block_diag(*graphs).astype(bool)


def wedge(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """The last point of one is the first of the other."""
    n, m = len(one), len(other)
    found = np.eye(n + m - 1, dtype=bool)
    found[:n, :n] = one
    found[n - 1 :, n - 1 :] |= other
    return found


def cross_polytope(dimension: int) -> np.ndarray:
    """Its boundary, a sphere of one dimension less: all joined but opposite points."""
    return ~np.kron(np.eye(dimension, dtype=bool), ~np.eye(2, dtype=bool))


def betti(graph: np.ndarray, top: int = 2) -> list[int]:
    """Betti numbers of the flag complex of a graph, closed neighbourhoods, by GUDHI on all of it."""
    import gudhi

    tree = gudhi.SimplexTree()
    for u in range(len(graph)):
        tree.insert([u])
    for u, v in zip(*np.nonzero(np.triu(graph, 1)), strict=True):
        tree.insert([u, v])
    tree.expansion(top + 1)
    tree.compute_persistence(homology_coeff_field=2, persistence_dim_max=True)
    return [*tree.betti_numbers(), *[0] * (top + 1)][: top + 1]


def core_of(graph: np.ndarray) -> np.ndarray:
    found = collapsed(packed(graph))
    return unpacked(found, len(found)).astype(bool)


def is_dominated(graph: np.ndarray, ends: tuple[int, ...]) -> bool:
    """By the definition."""
    common = graph[list(ends)].all(axis=0)
    return any(common[w] and w not in ends and graph[w][common].all() for w in range(len(graph)))


KNOWN = {
    "a point": (POINT, [1, 0, 0]),
    "four points": (np.eye(4, dtype=bool), [4, 0, 0]),
    "a simplex": (np.ones((9, 9), bool), [1, 0, 0]),
    "a tree": (np.eye(5, dtype=bool) | (np.arange(5) == 0) | (np.arange(5)[:, None] == 0), [1, 0, 0]),
    "a square": (cycle(4), [1, 1, 0]),
    "a circle": (cycle(70), [1, 1, 0]),
    "an octahedron": (cross_polytope(3), [1, 0, 1]),
    "a sphere of dimension 3": (cross_polytope(4), [1, 0, 0]),
    "a suspension of a circle": (suspension(cycle(30)), [1, 0, 1]),
    "a torus": (product(cycle(5), cycle(5)), [1, 2, 1]),
    "a fine torus": (product(cycle(9), cycle(8)), [1, 2, 1]),
    "a thick circle": (product(cycle(9), np.ones((12, 12))), [1, 1, 0]),
    "circle and sphere at one point": (wedge(cycle(7), cross_polytope(3)), [1, 1, 1]),
    "spheres and a circle apart": (apart(cross_polytope(3), cycle(6), suspension(cycle(6))), [3, 1, 2]),
}


@pytest.mark.parametrize(("graph", "expected"), KNOWN.values(), ids=KNOWN)
def test_known_complexes_keep_their_homology(graph, expected):
    assert betti(graph) == expected
    core = core_of(graph)
    assert betti(core) == expected
    assert (core == core.T).all()
    assert core.diagonal().all()


@pytest.mark.parametrize(
    ("name", "points", "edges"),
    [("a simplex", 1, 0), ("a tree", 1, 0), ("an octahedron", 6, 12), ("a thick circle", 9, 9)],
)
def test_what_is_left_is_as_small_as_it_should_be(name, points, edges):
    core = core_of(KNOWN[name][0])
    assert (len(core), np.triu(core, 1).sum()) == (points, edges)


@st.composite
def graphs(draw):
    """Closed neighbourhoods of random graphs, sparse to nearly full, some of which are cones or fall apart."""
    n = draw(st.integers(1, 24))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    upper = np.triu(rng.random((n, n)) < draw(st.floats(0.05, 0.95)), 1)
    return upper | upper.T | np.eye(n, dtype=bool)


@given(graphs())
@settings(max_examples=150, deadline=None)
def test_random_graphs_keep_their_homology_and_nothing_dominated_is_left(graph):
    core = core_of(graph)
    assert betti(core) == betti(graph)
    assert not any(is_dominated(core, (u,)) for u in range(len(core)))
    edges = [(u, v) for u, v in combinations(range(len(core)), 2) if core[u, v]]
    assert not any(is_dominated(core, edge) for edge in edges)


@given(graphs())
@settings(max_examples=60, deadline=None)
def test_each_kind_of_step_keeps_the_homology(graph):
    points_left = without_points(packed(graph))
    fewer_points = unpacked(points_left, len(points_left)).astype(bool)
    assert betti(fewer_points) == betti(graph)
    assert not any(is_dominated(fewer_points, (u,)) for u in range(len(fewer_points)))
    rows = packed(graph)
    taken = without_edges(rows)
    fewer_edges = unpacked(rows, len(graph)).astype(bool)
    assert betti(fewer_edges) == betti(graph)
    assert taken == np.triu(graph, 1).sum() - np.triu(fewer_edges, 1).sum()
    assert not (fewer_edges & ~graph).any()
    assert (fewer_edges == fewer_edges.T).all()
    assert fewer_edges.diagonal().all()


@given(graphs(), st.integers(0, 2**32 - 1))
@settings(max_examples=60, deadline=None)
def test_the_order_of_the_points_does_not_matter_for_homology(graph, seed):
    order = np.random.default_rng(seed).permutation(len(graph))
    turned = core_of(graph[np.ix_(order, order)])
    assert betti(turned) == betti(core_of(graph))
    # What strong collapses leave is the same graph, but for the order.
    sizes = [len(without_points(packed(each))) for each in (graph, graph[np.ix_(order, order)])]
    assert sizes[0] == sizes[1]


@pytest.mark.parametrize("n", [1, 63, 64, 65, 513, 700])
def test_rows_of_bits_and_pairs_are_the_same_graph(n):
    graph = np.triu(np.random.default_rng(n).random((n, n)) < 0.1, 1)
    pairs = np.nonzero(graph)
    rows = rows_of_pairs(n, pairs)
    assert np.array_equal(rows, packed(graph | graph.T | np.eye(n, dtype=bool)))
    for back, given_ends in zip(pairs_of_rows(rows), pairs, strict=True):
        assert np.array_equal(back, given_ends)


def test_the_given_rows_are_left_as_they_are():
    rows = packed(product(cycle(9), np.ones((3, 3))))
    before = rows.copy()
    collapsed(rows)
    assert np.array_equal(rows, before)


def test_where_all_are_joined_it_takes_no_time():
    """63 million edges; by each edge once it would be a minute."""
    import time

    collapsed(packed(np.ones((3, 3), bool)))  # compiles
    rows = packed(np.ones((1, 11_250), bool)).repeat(11_250, axis=0)
    start = time.process_time()
    assert len(collapsed(rows)) == 1
    assert time.process_time() - start < 2
