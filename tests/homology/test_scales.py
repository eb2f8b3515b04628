"""Dissimilarities that are infinite, sparse or cut off; memory that is limited; progress that is told."""

from __future__ import annotations

from importlib.util import find_spec

import naive
import numpy as np
import pytest
from clouds import c_shape, circle, clustered
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import coo_array, coo_matrix, csr_matrix
from sklearn.metrics import pairwise_distances

from layertopo.homology import OutOfMemoryBudgetError, barcode, neighbours, persistence_diagram, values
from layertopo.homology import classes as sums
from layertopo.homology.cloud import as_cloud

needs_holos = pytest.mark.skipif(find_spec("holos_tda") is None, reason="holos-tda is not installed")
ENGINES = ["layertopo", "gudhi", pytest.param("holos", marks=needs_holos)]
common = settings(max_examples=80, deadline=None, derandomize=True)


def random_graph(n: int, seed: int, density: float, levels: int) -> np.ndarray:
    """Dissimilarities with ties, infinite where there is no edge."""
    rng = np.random.default_rng(seed)
    matrix = rng.integers(1, levels, (n, n)).astype(float)
    matrix[rng.random((n, n)) > density] = np.inf
    matrix = np.triu(matrix, 1) + np.triu(matrix, 1).T
    np.fill_diagonal(matrix, 0)
    return matrix


def as_lists(diagram: object) -> dict[int, list[tuple[float, float]]]:
    return {dim: [tuple(bar) for bar in bars.tolist()] for dim, bars in diagram.bars.items()}  # type: ignore[attr-defined]


graphs = st.builds(
    random_graph,
    st.integers(2, 14),
    st.integers(0, 10**6),
    st.sampled_from([0.2, 0.5, 1.0]),
    st.sampled_from([3, 50]),
)


@common
@given(graphs, st.sampled_from([np.inf, 1.0, 2.0, 20.0]))
def test_equals_the_definition(matrix: np.ndarray, threshold: float) -> None:
    diagram = persistence_diagram(matrix, metric="precomputed", threshold=threshold)
    assert as_lists(diagram) == naive.bars(matrix, threshold)
    # the definition of complete: nothing is left to enter, or no edge that matters and no class to die
    pairs = matrix[np.isfinite(matrix)]
    longest = max((matrix[edge] for edge in naive.neighbours(matrix)), default=0.0)
    alive = any(np.isinf(death) for _, death in naive.bars(matrix, threshold)[1])
    assert diagram.complete == bool(pairs.max() <= threshold or (longest <= threshold and not alive))
    assert not diagram.complete or as_lists(diagram) == naive.bars(matrix)


@common
@given(graphs, st.sampled_from([np.inf, 1.0, 2.0, 20.0]))
def test_components_alone_are_those_of_both_dimensions(matrix: np.ndarray, threshold: float) -> None:
    both, alone = (
        persistence_diagram(matrix, metric="precomputed", threshold=threshold, dimensions=dims)
        for dims in [(0, 1), (0,)]
    )
    np.testing.assert_array_equal(alone.bars[0], both.bars[0])
    merges = [death for _, death in naive.bars(matrix)[0] if np.isfinite(death)]
    assert alone.complete == (max(merges, default=0.0) <= threshold)


def test_components_alone_need_no_sweep(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(barcode, "_Sweep", None)
    assert persistence_diagram(circle(20), dimensions=[0]).complete


@pytest.mark.parametrize("engine", ENGINES)
def test_a_pair_at_the_threshold_enters(engine: str) -> None:
    """0.3 lies below its rounded value, 0.7 above."""
    for length in (0.3, 0.7):
        matrix = [[0, length], [length, 0]]
        diagram = persistence_diagram(matrix, metric="precomputed", threshold=length, engine=engine)
        assert diagram.bars[0].tolist() == [[0, np.float32(length)], [0, np.inf]]
        assert diagram.complete


@pytest.mark.parametrize("metric", ["euclidean", "manhattan", "chebyshev"])
def test_every_distance_is_a_threshold_that_lets_its_pair_enter(metric: str) -> None:
    rng = np.random.default_rng(0)
    for points in (rng.random((40, 7)), rng.integers(0, 10**5, (40, 2)).astype(float)):
        cloud = as_cloud(points, metric)
        distances = pairwise_distances(cloud.points, metric=metric)
        u, v = np.triu_indices(cloud.size, 1)
        pairs = [values.pair_value(cloud.space, *pair) for pair in zip(u, v, strict=True)]
        assert all(map(np.less_equal, pairs, map(cloud.value_of, distances[u, v])))


@common
@given(graphs)
def test_relative_neighbourhood_graph_equals_the_definition(matrix: np.ndarray) -> None:
    edges = neighbours.scan(as_cloud(matrix, "precomputed")).edges
    assert list(zip(edges >> 32, edges & 0xFFFFFFFF, strict=True)) == naive.neighbours(matrix)


@pytest.mark.parametrize("threshold", [np.inf, 7.0])
@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("seed", range(3))
def test_engines_agree_on_graphs(seed: int, engine: str, threshold: float) -> None:
    matrix = random_graph(40, seed, 0.15, 12)
    own = persistence_diagram(matrix, metric="precomputed", threshold=threshold)
    found = persistence_diagram(matrix, metric="precomputed", threshold=threshold, engine=engine)
    assert as_lists(found) == as_lists(own)
    assert np.isinf(own.bars[1]).any()
    assert own.complete == found.complete == np.isinf(threshold)


def test_two_components_of_circles() -> None:
    """A cycle graph never fills; two of them are two components and two loops that never die."""
    n = 12
    matrix = np.full((2 * n, 2 * n), np.inf)
    for start in (0, n):
        for i in range(n):
            u, v = start + i, start + (i + 1) % n
            matrix[u, v] = matrix[v, u] = 1
    np.fill_diagonal(matrix, 0)
    diagram = persistence_diagram(matrix, metric="precomputed")
    assert diagram.bars[1].tolist() == [[1, np.inf]] * 2
    assert diagram.bars[0][-2:].tolist() == [[0, np.inf]] * 2
    assert diagram.complete
    assert diagram.rms_distance == 1
    assert diagram.to_giotto().shape == (1, 2 * n - 2 + 1, 3)


@pytest.mark.parametrize("kind", [csr_matrix, coo_matrix])
def test_sparse_equals_dense(kind: type) -> None:
    matrix = random_graph(30, 0, 0.3, 9)
    u, v = np.nonzero(np.isfinite(matrix) & (matrix > 0))
    sparse = kind((matrix[u, v], (u, v)), shape=matrix.shape)
    a, b = (persistence_diagram(x, metric="precomputed") for x in (matrix, sparse))
    assert as_lists(a) == as_lists(b)
    assert a.rms_distance == b.rms_distance


def test_nothing_joins() -> None:
    diagram = persistence_diagram(csr_matrix((3, 3)), metric="precomputed")
    assert diagram.bars[0].tolist() == [[0, np.inf]] * 3
    assert len(diagram.bars[1]) == 0
    assert np.isnan(diagram.rms_distance)


@pytest.mark.parametrize("metric", ["euclidean", "manhattan", "cosine"])
def test_a_threshold_cuts_bars_off(metric: str) -> None:
    points = clustered(150, 1)
    whole = persistence_diagram(points, metric=metric)
    for threshold in np.quantile(whole.bars[1], [0.1, 0.5, 0.9, 1.0]):
        part = persistence_diagram(points, metric=metric, threshold=threshold)
        for dim in (0, 1):
            expected = whole.bars[dim][whole.bars[dim][:, 0] <= threshold]
            expected = np.where(expected <= threshold, expected, np.inf)
            np.testing.assert_array_equal(
                part.bars[dim][np.lexsort(part.bars[dim].T[::-1])], expected[np.lexsort(expected.T[::-1])]
            )
        assert part.threshold == threshold or part.complete


def test_a_threshold_past_the_last_death_loses_nothing() -> None:
    diagram = persistence_diagram(c_shape(), threshold=1.99)
    assert diagram.complete
    assert not persistence_diagram(c_shape(), threshold=0.3).complete


def test_memory_is_limited() -> None:
    points = np.random.default_rng(0).normal(size=(3000, 8))
    with pytest.raises(
        OutOfMemoryBudgetError, match=r"3,000 points needs .* MB or more .*, and may have 1 MB; give it more"
    ):
        persistence_diagram(points, memory=1.0)
    assert issubclass(OutOfMemoryBudgetError, MemoryError)


def test_a_matrix_that_has_no_room_is_not_made() -> None:
    """Of 50,000 points it would take 30 GB."""
    ends = np.arange(49_999)
    path = coo_array((np.ones(99_998), (np.append(ends, ends + 1), np.append(ends + 1, ends))))
    with pytest.raises(
        OutOfMemoryBudgetError, match=r"50,000 points needs 3\d,\d{3} MB or more \(nothing done\)"
    ):
        persistence_diagram(path, metric="precomputed", memory=1000)


def test_memory_that_is_enough_changes_nothing() -> None:
    points = circle(300)
    a, b = persistence_diagram(points), persistence_diagram(points, memory=100_000)
    assert as_lists(a) == as_lists(b)


def test_progress_is_told() -> None:
    told: list[tuple[int, int]] = []
    diagram = persistence_diagram(clustered(200, 0), progress=lambda *counts: told.append(counts))
    assert told == sorted(told)
    assert told[-1][0] == told[-1][1] >= len(diagram.bars[1])


@common
@given(
    st.lists(st.lists(st.integers(0, 29), max_size=8), min_size=3, max_size=25),
    st.randoms(use_true_random=False),
)
def test_late_substitution_equals_substitution_at_once(lists: list[list[int]], random: object) -> None:
    """Sums as sets, rewritten at every death, are the twin of those brought to normal form when looked at."""
    table, twin, numbers = sums.new_classes(30), naive.Sums(), [0]
    for terms in lists:
        chosen = [term for term in sorted(set(terms)) if table.relation[term] == -1]  # those alive
        table.touched[: len(chosen)] = chosen
        while (number := sums.number_of(table, len(chosen))) == sums.NO_ROOM:
            table = sums.more_room(table)
            table.touched[: len(chosen)] = chosen
        numbers.append(number)
        twin.add(set(chosen))
        i, j = (random.randrange(len(numbers)) for _ in range(2))  # type: ignore[attr-defined]
        normal = [sums.normal_form(table, numbers[k]) for k in (i, j)]
        for k, number in zip((i, j), normal, strict=True):
            start, length = table.first[number], table.length[number]
            assert set(table.terms[start : start + length].tolist()) == twin.sums[k]
        assert sums.are_equal(table, *normal, 0, 0) == (twin.sums[i] == twin.sums[j])
        if normal[0] != normal[1]:
            sums.kill(table, *normal, 0, 0, np.uint32(1))
            twin.kill(twin.sums[i] ^ twin.sums[j])


def test_spanning_forest_of_components() -> None:
    edges = np.array([(0 << 32) | 1, (1 << 32) | 2, (0 << 32) | 2, (3 << 32) | 4])
    assert barcode._spanning_forest(edges, 5).tolist() == [True, True, False, True]
