"""Homology at one scale: what is taken away first changes nothing."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.distance import pdist, squareform

from layertopo.data import kinds
from layertopo.homology import Diagram, OutOfMemoryBudgetError, persistence_diagram
from layertopo.homology.collapse import collapsed, pairs_of_rows, rows_of_pairs
from layertopo.topology.at_scale import homology_of_rows
from layertopo.topology.metrics import rows_up_to


def alive(diagram: Diagram) -> list[int]:
    return [int(np.isinf(each[:, 1]).sum()) for each in diagram.bars.values()]


def betti(n_points: int, pairs: tuple[np.ndarray, np.ndarray], **more: object) -> list[int]:
    return alive(homology_of_rows(rows_of_pairs(n_points, pairs), **more))


def edges(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return np.nonzero(np.triu(matrix, 1))


#: Joined to all but its opposite: a sphere of one dimension less than there are pairs of opposites.
OCTAHEDRON = ~np.kron(np.eye(3, dtype=bool), np.ones((2, 2), bool))
CIRCLE = np.roll(np.eye(8, dtype=bool), 1, axis=1) | np.roll(np.eye(8, dtype=bool), -1, axis=1)


@pytest.mark.parametrize(
    ("graph", "expected"),
    [
        (np.zeros((1, 1)), [1, 0, 0]),
        (np.zeros((4, 4)), [4, 0, 0]),
        (np.ones((9, 9)), [1, 0, 0]),
        (CIRCLE, [1, 1, 0]),
        (OCTAHEDRON, [1, 0, 1]),
        (np.kron(np.eye(2, dtype=bool), OCTAHEDRON), [2, 0, 2]),
    ],
)
@pytest.mark.parametrize("field", [2, 3])
def test_known_complexes(graph, expected, field):
    found = betti(len(graph), edges(graph), dimensions=(0, 1, 2), coefficient_field=field)
    assert found == expected
    assert betti(len(graph), edges(graph), dimensions=(1,)) == expected[1:2]


@pytest.mark.parametrize("seed", range(12))
def test_random_graphs_have_the_homology_of_their_whole_complex(seed):
    rng = np.random.default_rng(seed)
    n, share = int(rng.integers(2, 26)), rng.uniform(0.1, 0.7)
    graph = np.triu(rng.random((n, n)) < share, 1)
    whole = np.where(graph | graph.T, 1.0, np.inf)
    np.fill_diagonal(whole, 0)
    expected = persistence_diagram(whole, metric="precomputed", dimensions=(0, 1, 2), engine="gudhi").bars
    assert betti(n, edges(graph), dimensions=(0, 1, 2)) == [
        int(np.isinf(bars[:, 1]).sum()) for bars in expected.values()
    ]


@pytest.mark.parametrize("scale", [0.2, 0.4, 0.8])
def test_it_is_what_the_filtration_has_at_that_scale(scale):
    points = np.random.default_rng(3).normal(size=(60, 3))
    rows = rows_up_to(points, {"metric": "euclidean"}, scale)
    bars = persistence_diagram(squareform(pdist(points)), metric="precomputed", dimensions=(0, 1, 2)).bars
    expected = [int(((b[:, 0] <= scale) & (b[:, 1] > scale)).sum()) for b in bars.values()]
    assert alive(homology_of_rows(rows, dimensions=(0, 1, 2))) == expected
    assert betti(60, pairs_of_rows(rows), dimensions=(0, 1, 2)) == expected


def test_little_is_left_of_a_cloud_near_a_curve():
    angles = np.random.default_rng(0).uniform(0, 2 * np.pi, 1500)
    circle = np.column_stack([np.cos(angles), np.sin(angles)])
    rows = rows_up_to(circle, {"metric": "hops", "neighbours": 13}, 2)
    assert len(collapsed(rows)) < 150
    assert alive(homology_of_rows(rows, dimensions=(0, 1, 2))) == [1, 1, 0]


def test_the_disks_of_the_2020_paper_have_its_betti_numbers():
    """Nine disks, and the square with nine holes: at two hops among 14 neighbours, the point itself counted."""
    data = kinds.make({"kind": "disks"})
    for label, expected in ((0, [9, 0, 0]), (1, [1, 9, 0])):
        points = data.X[data.y == label].astype(float)
        rows = rows_up_to(points, {"metric": "hops", "neighbours": 13}, 2)
        assert alive(homology_of_rows(rows, dimensions=(0, 1, 2))) == expected


def test_what_does_not_fit_is_not_begun():
    graph = np.random.default_rng(0).random((200, 200)) < 0.8
    with pytest.raises(OutOfMemoryBudgetError, match=r"needs .* MB or more .*may have 100 MB"):
        homology_of_rows(rows_of_pairs(200, edges(graph)), dimensions=(0, 1, 2), memory=100)
