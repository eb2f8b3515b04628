"""Distances: those of the engine, and those in graphs of nearest neighbours."""

from __future__ import annotations

from typing import get_args

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from layertopo.homology.cloud import METRICS as OF_ENGINE
from layertopo.homology.cloud import as_cloud
from layertopo.homology.collapse import unpacked
from layertopo.topology.metrics import (
    METRICS,
    MetricName,
    matrix,
    neighbour_graph,
    over_finite_pairs,
    rows_up_to,
)

POINTS = np.random.default_rng(0).normal(size=(40, 3))


def distances(name: str, points: np.ndarray, **cloud: object) -> np.ndarray:
    return matrix(METRICS[name].rows(points, cloud), len(points))


def naive_graph(points: np.ndarray, neighbours: int, mutual: bool) -> np.ndarray:
    """Lengths of the edges, infinite where there is none."""
    lengths = cdist(points, points)
    nearest = [set(np.argsort(row)[1 : neighbours + 1].tolist()) for row in lengths]
    graph = np.full(lengths.shape, np.inf)
    for u, v in np.ndindex(graph.shape):
        if u != v and (all if mutual else any)([u in nearest[v], v in nearest[u]]):
            graph[u, v] = lengths[u, v]
    return graph


def naive_paths(graph: np.ndarray) -> np.ndarray:
    """Floyd's algorithm."""
    found = graph.copy()
    np.fill_diagonal(found, 0)
    for k in range(len(found)):
        found = np.minimum(found, found[:, k, None] + found[k])
    return found


def test_every_metric_has_its_name_and_the_engine_knows_those_that_need_no_matrix():
    assert set(METRICS) == set(get_args(MetricName))
    native = {name for name, metric in METRICS.items() if metric.native}
    assert native == set(OF_ENGINE) - {"precomputed"}


@pytest.mark.parametrize("name", ["euclidean", "manhattan", "chebyshev", "cosine"])
def test_distances_are_those_that_the_engine_works_on(name):
    cloud = as_cloud(POINTS, name)
    rows = METRICS[name].rows(cloud.points, {})(np.arange(40), np.inf)
    u, v = np.triu_indices(40, 1)
    scipy_name = {"manhattan": "cityblock"}.get(name, name)
    np.testing.assert_allclose(
        np.sort(rows[u, v]), np.sort(cdist(POINTS, POINTS, scipy_name)[u, v]), rtol=1e-9
    )


@pytest.mark.parametrize("mutual", [False, True])
@pytest.mark.parametrize("neighbours", [1, 4, 13, 39, 100])
def test_the_graph_and_its_paths_are_those_of_the_obvious_way(neighbours, mutual):
    graph = naive_graph(POINTS, neighbours, mutual)
    found = neighbour_graph(POINTS, neighbours, mutual).toarray()
    np.testing.assert_allclose(found, np.where(np.isinf(graph), 0, graph))
    for name, edges in (("hops", np.where(np.isinf(graph), np.inf, 1)), ("geodesic", graph)):
        own = distances(name, POINTS, neighbours=neighbours, mutual=mutual)
        np.testing.assert_allclose(own, naive_paths(edges))
        assert np.array_equal(own, own.T)  # to the last bit


def test_one_point_and_two_points_have_a_graph():
    assert distances("hops", POINTS[:1], neighbours=5).tolist() == [[0]]
    assert distances("hops", POINTS[:2], neighbours=5).tolist() == [[0, 1], [1, 0]]
    assert distances("geodesic", POINTS[:2], neighbours=5, mutual=True)[0, 1] == pytest.approx(
        np.linalg.norm(POINTS[0] - POINTS[1])
    )


@pytest.mark.parametrize("name", ["euclidean", "cosine", "hops", "geodesic"])
@pytest.mark.parametrize("share", [0.0, 0.01, 0.2, 1.0])
def test_pairs_up_to_a_limit_are_those_of_the_matrix(name, share):
    points = np.random.default_rng(1).normal(size=(600, 2))  # more than are looked at in one go
    cloud = {"metric": name, "neighbours": 5}
    whole = matrix(METRICS[name].rows(points, cloud), 600)
    limit = float(np.quantile(whole, share))
    assert np.array_equal(unpacked(rows_up_to(points, cloud, limit), 600), whole <= limit)


def test_hops_between_whole_numbers_are_those_below():
    two, more = (rows_up_to(POINTS, {"metric": "hops", "neighbours": 2}, limit) for limit in (2, 2.9))
    assert np.array_equal(two, more)
    one = rows_up_to(POINTS[:1], {"metric": "hops", "neighbours": 2}, 2)
    assert unpacked(one, 1).tolist() == [[1]]


def test_the_scale_is_over_pairs_that_join_and_counts_equal_points():
    inf = np.inf
    given = np.array([[0, 3, inf], [3, 0, inf], [inf, inf, 0]])
    # Five points: two at the first place, two at the last. Ordered pairs: 2 equal, 4 at 3, 2 equal, of 20.
    rms, share = over_finite_pairs(given, np.array([2, 1, 2]))
    assert rms == pytest.approx(np.sqrt(4 * 9 / 8))
    assert share == 8 / 20
    assert np.isnan(over_finite_pairs(np.zeros((1, 1)), np.array([3]))[0])
    assert np.isnan(over_finite_pairs(np.array([[0, inf], [inf, 0]]), np.array([1, 1]))[0])
    assert over_finite_pairs(np.zeros((1, 1)), np.array([1]))[1] == 1.0
