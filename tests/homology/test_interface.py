"""What goes in and out of `persistence_diagram` and `greedy`."""

from __future__ import annotations

import doctest
import subprocess
import sys

import gudhi
import numpy as np
import pytest
from clouds import clustered
from scipy.sparse import csr_matrix
from sklearn.metrics import pairwise_distances

from layertopo.homology import Diagram, cloud, greedy, persistence_diagram, rips

POINTS = clustered(60, 0)


@pytest.fixture(scope="module")
def diagram() -> Diagram:
    return persistence_diagram(POINTS)


def test_to_giotto_is_what_its_transformers_take(diagram: Diagram) -> None:
    from gtda.diagrams import PersistenceEntropy
    from gtda.homology import VietorisRipsPersistence

    theirs = VietorisRipsPersistence().fit_transform([POINTS])
    ours = diagram.to_giotto()
    assert ours.shape == theirs.shape
    entropies = [PersistenceEntropy().fit_transform(x) for x in (ours, theirs)]
    np.testing.assert_allclose(*entropies, rtol=1e-5)


def test_to_giotto_without_loops_keeps_the_dimension() -> None:
    triples = persistence_diagram([[0.0], [1.0]]).to_giotto()
    assert triples.tolist() == [[[0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]]


def test_to_gudhi_is_what_a_simplex_tree_gives(diagram: Diagram) -> None:
    tree = gudhi.RipsComplex(points=POINTS).create_simplex_tree(max_dimension=2)
    theirs = sorted((dim, bar) for dim, bar in tree.persistence() if dim < 2)
    ours = sorted(diagram.to_gudhi())
    assert [dim for dim, _ in ours] == [dim for dim, _ in theirs]
    np.testing.assert_allclose([bar for _, bar in ours], [bar for _, bar in theirs], rtol=1e-6)
    assert gudhi.plot_persistence_diagram(ours) is not None


def test_to_persim_is_one_array_per_dimension(diagram: Diagram) -> None:
    h0, h1 = diagram.to_persim()
    np.testing.assert_array_equal(h1, diagram.bars[1])
    only_h1 = persistence_diagram(POINTS, dimensions=(1,)).to_persim()
    assert [len(bars) for bars in only_h1] == [0, len(h1)]
    h0[:] = 0
    assert diagram.bars[0].any()


@pytest.mark.parametrize("metric", ["euclidean", "manhattan", "chebyshev", "cosine"])
def test_rms_distance_counts_every_pair_of_rows(metric: str) -> None:
    rows = np.vstack([POINTS, POINTS[:20], np.zeros((1, 3))])
    matrix = pairwise_distances(rows, metric=metric)
    expected = np.sqrt((matrix[np.triu_indices(len(rows), 1)] ** 2).mean())
    assert persistence_diagram(rows, metric=metric).rms_distance == pytest.approx(expected, rel=1e-7)
    if metric != "cosine":
        precomputed = persistence_diagram(np.maximum(matrix, matrix.T), metric="precomputed")
        assert precomputed.rms_distance == pytest.approx(expected, rel=1e-7)


@pytest.mark.parametrize("shape", [(50, 3), (20, 30)])
def test_rms_distance_of_near_directions(shape: tuple[int, int]) -> None:
    rows = 1 + np.random.default_rng(0).random(shape) * 1e-4
    rows = np.vstack([rows, rows[:5] * 2])
    directions = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    matrix = pairwise_distances(directions, metric="sqeuclidean") / 2
    expected = np.sqrt((matrix[np.triu_indices(len(rows), 1)] ** 2).mean())
    assert persistence_diagram(rows, metric="cosine").rms_distance == pytest.approx(expected, rel=1e-7)


@pytest.mark.parametrize("metric", ["manhattan", "chebyshev"])
def test_rms_distance_does_not_depend_on_threads(metric: str) -> None:
    many = cloud.as_cloud(np.random.default_rng(0).random((1000, 3)), metric)
    assert many.rms_distance() == many.rms_distance(3)


def test_rms_distance_of_one_distinct_point_is_undefined() -> None:
    assert np.isnan(persistence_diagram(np.ones((5, 2))).rms_distance)
    assert np.isnan(persistence_diagram(np.zeros((5, 5)), metric="precomputed").rms_distance)


@pytest.mark.parametrize("metric", ["euclidean", "manhattan", "chebyshev"])
@pytest.mark.parametrize("scale", [1e-300, 1e300])
def test_extreme_scales_neither_overflow_nor_vanish(scale: float, metric: str) -> None:
    plain, scaled = (persistence_diagram(points, metric=metric) for points in (POINTS, POINTS * scale))
    np.testing.assert_allclose(scaled.bars[1] / scale, plain.bars[1], rtol=1e-6)
    assert scaled.rms_distance / scale == pytest.approx(plain.rms_distance)


def test_small_differences_beside_large_coordinates_do_not_vanish() -> None:
    angles = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    circle = np.column_stack([np.cos(angles), np.sin(angles)]) * 1e-24
    alone, beside = (persistence_diagram(points) for points in (circle, np.vstack([circle, [[1, 0]]])))
    np.testing.assert_allclose(beside.bars[1], alone.bars[1], rtol=1e-6)
    np.testing.assert_allclose(beside.finite(0)[:-1], alone.finite(0), rtol=1e-6)


def test_too_many_points_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cloud, "MAX_POINTS", 10)
    assert persistence_diagram(np.repeat(POINTS[:10], 2, axis=0)).n_points == 20
    for points in (POINTS[:11], cloud.as_cloud(POINTS[:11], merge=False)):
        with pytest.raises(ValueError, match="at most 10 distinct points can be told apart, got 11"):
            persistence_diagram(points)


def test_cosine_of_zero_rows() -> None:
    """Zero rows are one point, at distance 1 from all others."""
    found = persistence_diagram([[0.0, 0], [0, 0], [1, 0], [5, 0], [1, 1]], metric="cosine")
    assert (found.n_points, found.n_distinct) == (5, 3)
    np.testing.assert_allclose(found.finite(0), [[0, 1 - 0.5**0.5], [0, 1]])


def test_single_and_double_precision_input_agree() -> None:
    single = POINTS.astype(np.float32)
    a, b = persistence_diagram(single), persistence_diagram(single.astype(np.float64))
    assert a.bars[1].tobytes() == b.bars[1].tobytes()


@pytest.mark.parametrize(
    ("points", "settings", "message"),
    [
        (np.ones(3), {}, "2-D array"),
        (np.ones((0, 3)), {}, "at least one row and column"),
        ([[-1.7e308], [1.7e308]], {}, "largest coordinate is 1.7e.308 in absolute value, too large"),
        ([[1.0, np.nan], [1, 2]], {}, "1 of 2 rows hold NaN or infinity .first: row 0"),
        (POINTS, {"metric": "euclid"}, "metric must be one of euclidean"),
        (POINTS, {"coefficient_field": 4}, "prime"),
        (POINTS, {"coefficient_field": 1}, "prime"),
        (POINTS, {"dimensions": ()}, "non-negative integers"),
        (POINTS, {"dimensions": (-1, 0)}, "non-negative integers"),
        (POINTS, {"threads": 0}, "threads must be at least 1"),
        (np.ones((2, 3)), {"metric": "precomputed"}, "square"),
        ([[0.0, 1], [2, 0]], {"metric": "precomputed"}, "symmetric"),
        ([[0.0, -1], [-1, 0]], {"metric": "precomputed"}, "negative"),
        ([[1.0, 1], [1, 0]], {"metric": "precomputed"}, "diagonal"),
        ([[0.0, np.nan], [np.nan, 0]], {"metric": "precomputed"}, "2 of 2 rows hold NaN"),
        ([[np.inf, 1], [1, 0]], {"metric": "precomputed"}, "diagonal"),
        (POINTS, {"threshold": -1.0}, "threshold must not be negative"),
        (POINTS, {"threshold": np.nan}, "threshold must not be negative"),
        (csr_matrix(np.eye(3)), {}, "say metric='precomputed'"),
        (csr_matrix(np.eye(3)), {"metric": "precomputed"}, "diagonal"),
        (csr_matrix([[0.0, 1], [0, 0]]), {"metric": "precomputed"}, "symmetric"),
    ],
)
def test_bad_input_is_refused(points: object, settings: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        persistence_diagram(points, **settings)  # type: ignore[arg-type]


def test_greedy_takes_the_farthest() -> None:
    sample = greedy([[0.0], [1.0], [5.0], [1.0], [4.0]], 3)
    assert sample.rows.tolist() == [0, 2, 1]
    assert (sample.radius, sample.bottleneck_bound) == (1.0, 2.0)
    assert greedy(POINTS, 10, start=4).rows[:5].tolist() == greedy(POINTS, 5, start=4).rows.tolist()


def test_greedy_of_everything_covers_it() -> None:
    assert greedy(np.repeat(POINTS, 2, axis=0), 1000).radius == 0
    assert len(greedy(np.repeat(POINTS, 2, axis=0), 1000).rows) == 60


@pytest.mark.parametrize(
    ("size", "settings", "message"),
    [
        (0, {}, "positive"),
        (5, {"start": 60}, "from 0 to 59"),
        (5, {"metric": "cosine"}, "triangle inequality"),
    ],
)
def test_greedy_refuses(size: int, settings: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        greedy(POINTS, size, **settings)  # type: ignore[arg-type]


def test_import_is_cheap() -> None:
    """numba and the libraries are loaded when a diagram is computed, not before."""
    code = "import sys, layertopo.homology; print({'numba', 'gtda', 'gudhi'} & {m.split('.')[0] for m in sys.modules})"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert loaded.stdout.strip() == "set()"


def test_works_where_no_cache_can_be_written() -> None:
    """As for code that is in no file, where numba refuses to cache."""
    import numba

    from layertopo.homology.jit import jit

    namespace: dict[str, object] = {}
    exec("def twice(x):\n    return 2 * x", namespace)  # noqa: S102
    twice = jit(namespace["twice"])  # type: ignore[arg-type]
    assert isinstance(twice, numba.core.registry.CPUDispatcher)
    assert twice(21) == 42


def test_examples_in_the_documentation() -> None:
    outcome = doctest.testmod(rips)
    assert outcome.attempted >= 5
    assert outcome.failed == 0
