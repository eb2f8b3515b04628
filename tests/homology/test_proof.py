"""What the proofs of completeness rest on, against definitions written out in numpy."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from clouds import all_clouds, c_shape, clustered, lattice

from layertopo.homology import barcode, neighbours, persistence_diagram, truncation, values
from layertopo.homology import tree as boxes
from layertopo.homology.barcode import rips_bars
from layertopo.homology.cloud import Cloud, as_cloud
from layertopo.homology.ranges import Ranges
from layertopo.homology.truncation import bars_of_truncation

CLOUDS = {name: points for name, points in all_clouds().items() if len(np.unique(points, axis=0)) > 1}
METRICS = ["euclidean", "manhattan", "chebyshev", "cosine"]


def ranks(cloud: Cloud) -> np.ndarray:
    """Position of each pair in the total order, symmetric; the diagonal comes first."""
    x, n = cloud.columns.T, cloud.size
    values = np.zeros((n, n))
    for column in x.T:  # in the order of the coordinates, as the sum is defined
        step = np.abs(column[:, None] - column)
        if cloud.metric == "chebyshev":
            values = np.maximum(values, step)
        else:
            values = values + (step if cloud.metric == "manhattan" else step**2)
    u, v = np.triu_indices(n, 1)
    order = np.lexsort((u * n + v, values[u, v].astype(np.float32)))
    rank = np.full((n, n), -1)
    rank[u[order], v[order]] = rank[v[order], u[order]] = np.arange(len(order))
    return rank


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("name", CLOUDS)
def test_relative_neighbourhood_graph(name: str, metric: str) -> None:
    cloud = as_cloud(CLOUDS[name], metric)
    if cloud.size < 2:
        pytest.skip("one point under this metric")
    rank, n = ranks(cloud), cloud.size
    through = np.array([np.maximum(rank[u], rank) for u in range(n)])  # [u, v, w]: max of (u, w), (v, w)
    through[np.arange(n), :, np.arange(n)] = through[:, np.arange(n), np.arange(n)] = n * n
    has_witness = through.min(axis=2) < rank
    edges = neighbours.scan(cloud).edges
    u, v = edges >> 32, edges & 0xFFFFFFFF
    assert set(zip(u, v, strict=True)) == set(zip(*np.nonzero(np.triu(~has_witness, 1)), strict=True))
    assert (np.diff(rank[u, v]) > 0).all()


@pytest.mark.parametrize("n", [2, 50, 400])
def test_pairs_come_in_the_total_order(n: int) -> None:
    cloud = as_cloud(clustered(n, 3).round(1))
    u, v, lengths = values.pairs_up_to(cloud.space, np.float32(np.inf))
    assert len(u) == cloud.size * (cloud.size - 1) // 2
    rank = ranks(cloud)
    order = np.lexsort((v, u, lengths))
    np.testing.assert_array_equal(rank[u[order], v[order]], np.arange(len(u)))


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("name", CLOUDS)
def test_boxes_bound_the_values(name: str, metric: str) -> None:
    space = as_cloud(CLOUDS[name], metric).space
    points, tree = range(space.size), space.tree
    matrix = np.array([[values.pair_value(space, u, v) for v in points] for u in points])
    rng = np.random.default_rng(0)
    for i in range(len(tree.start)):
        part = matrix[:, tree.start[i] : tree.stop[i]]
        for u, w in rng.integers(space.size, size=(20, 2)):
            farthest = boxes.reach(space, i, u)
            assert boxes.gap(space, i, u) <= part[u].min() <= part[u].max() <= farthest
            if boxes.all_closer(space, i, w, u, farthest):
                assert (part[w] < part[u]).all()
    for u in points:
        limit = np.float32(np.quantile(matrix[u], 0.3))
        leaf, seen = boxes.next_leaf(space, 0, u, limit), set()
        while leaf < len(tree.start):
            seen |= set(range(tree.start[leaf], tree.stop[leaf]))
            leaf = boxes.next_leaf(space, tree.skip[leaf], u, limit)
        assert seen >= set(np.flatnonzero(matrix[u] <= limit))


def test_boxes_of_near_points_far_from_the_origin() -> None:
    """Their coordinates differ in the last digits only. Each point is a box: the bound is then sharp."""
    points = 1 + np.random.default_rng(0).integers(-20, 20, (30, 2)) * 2.0**-53
    space = as_cloud(points).space
    n = space.size
    every = np.arange(n)
    tree = space.tree._replace(
        start=every, stop=every + 1, skip=every + 1, lower=space.rows, upper=space.rows, leaf=every
    )
    space = space._replace(tree=tree)
    exact = np.round((space.rows - space.rows[0]) / space.rows.max() * 2.0**53).astype(int)
    squares = ((exact[:, None] - exact) ** 2).sum(axis=2)
    for i, u in permutations(range(n), 2):
        farthest = boxes.reach(space, i, u)
        closer = [boxes.all_closer(space, i, w, u, farthest) for w in range(n)]
        assert (closer <= (squares[i] < squares[i, u])).all()


def test_row_and_pair_are_the_same_numbers() -> None:
    x = np.random.default_rng(0).normal(size=(600, 7))
    for metric in METRICS:
        cloud = as_cloud(x, metric)
        row, sums = np.empty(cloud.size, np.float32), np.empty(values.TILE)
        values.row_values(cloud.space, 5, 0, sums, row)
        singles = [values.pair_value(cloud.space, 5, v) for v in range(cloud.size)]
        swapped = [values.pair_value(cloud.space, v, 5) for v in range(cloud.size)]
        assert row.tolist() == singles == swapped


@pytest.mark.parametrize("name", ["C whose loop closes late", "regular polygon", "noisy circle"])
def test_truncation_is_raised_while_a_class_is_alive(name: str) -> None:
    scales, alive = [], []

    def compute(edges: truncation.Edges) -> truncation.Bars:
        scales.append(edges.distances.max())
        # here: the own engine on the truncated complex, in which a pair that is cut off comes last
        matrix = np.full((edges.n_points, edges.n_points), 1e6)
        matrix[edges.u, edges.v] = matrix[edges.v, edges.u] = edges.distances
        np.fill_diagonal(matrix, 0)
        bars, *_ = rips_bars(neighbours.scan(as_cloud(matrix, "precomputed")))
        bars = {dim: np.where(bar >= 1e6, np.inf, bar) for dim, bar in bars.items()}
        alive.append(bool(np.isinf(bars[1][bars[1][:, 0] < 1e6, 1]).any()))
        return {dim: bar[bar[:, 0] < 1e6] for dim, bar in bars.items()}

    cloud = as_cloud(CLOUDS[name])
    bars, threshold, complete = bars_of_truncation(neighbours.scan(cloud), 1, compute)
    assert alive == [True] * (len(alive) - 1) + [False]
    assert len(alive) > 1
    assert complete
    assert scales == sorted(scales)
    assert scales[-1] <= threshold <= cloud.distances(values.extremes(cloud.space)[0])
    last_death = persistence_diagram(CLOUDS[name]).bars[1][:, 1].max()
    assert scales[-2] < last_death <= threshold
    assert bars[1][:, 1].max() == pytest.approx(last_death, rel=1e-6)


@pytest.mark.parametrize("name", CLOUDS)
def test_enclosing_radius(name: str) -> None:
    cloud = as_cloud(CLOUDS[name])
    rank = ranks(cloud)
    u = rank.max(axis=1).argmin()
    expected = np.linalg.norm(cloud.points[u] - cloud.points, axis=1).max()
    assert cloud.distances(values.extremes(cloud.space)[0]) == pytest.approx(expected, rel=1e-6)


def test_threshold_is_the_last_death() -> None:
    diagram = persistence_diagram(c_shape())
    assert diagram.threshold == max(diagram.bars[1][:, 1].max(), diagram.finite(0)[:, 1].max())
    assert diagram.complete


@pytest.mark.parametrize(
    "points", [clustered(500, 1), lattice(20, 20), np.random.default_rng(2).random((700, 6))]
)
def test_threads_do_not_change_a_bit(points: np.ndarray) -> None:
    one, three = (persistence_diagram(points, threads=threads) for threads in (1, 3))
    for dim in (0, 1):
        assert one.bars[dim].tobytes() == three.bars[dim].tobytes()


@pytest.mark.parametrize("name", CLOUDS)
@pytest.mark.parametrize("alike_from", [1, 3])
def test_bit_rows_and_lists_give_the_same(name: str, alike_from: int) -> None:
    """Bit rows are for large loops: here they are used from the first edge on, and ranges are short."""
    cloud = as_cloud(CLOUDS[name])
    found = neighbours.scan(cloud)
    expected = rips_bars(found)[0][1]
    joins = barcode._spanning_forest(found.edges, cloud.size)
    state = barcode._Sweep(found, ~joins, alike_from=alike_from)
    state.ranges = Ranges(cloud.space, 50)
    deaths, alive = state.deaths()
    assert not alive
    np.testing.assert_array_equal(cloud.distances(deaths.view(np.float32)), expected[:, 1])


@pytest.mark.parametrize("name", CLOUDS)
def test_neighbours_known_from_the_values(name: str) -> None:
    """Instead of rows of bits, of which there would be too many in large clouds of few coordinates."""
    cloud = as_cloud(CLOUDS[name])
    found = neighbours.scan(cloud)
    joins = barcode._spanning_forest(found.edges, cloud.size)
    deaths, _ = barcode._Sweep(found, ~joins, lists_from=0).deaths()
    np.testing.assert_array_equal(cloud.distances(deaths.view(np.float32)), rips_bars(found)[0][1][:, 1])


@pytest.mark.parametrize("points", [lattice(30, 30), clustered(900, 3).round(1), clustered(900, 3)])
def test_a_range_that_holds_too_much_is_cut(points: np.ndarray) -> None:
    """By value and, where values are equal, by point."""
    cloud = as_cloud(points)
    found = neighbours.scan(cloud)
    state = barcode._Sweep(found, ~barcode._spanning_forest(found.edges, cloud.size))
    ends = []
    enter = state._enter

    def enter_and_note(part: object, room: int) -> int:
        ends.append(enter(part, room))
        return ends[-1]

    state._enter = enter_and_note  # type: ignore[method-assign]
    state.ranges.cut = lambda low, width, entered: (values.INFINITE << 32, 1)  # type: ignore[method-assign]
    deaths, alive = state.deaths()
    assert not alive
    assert len(ends) > 3
    assert ends == sorted(set(ends))
    np.testing.assert_array_equal(cloud.distances(deaths.view(np.float32)), rips_bars(found)[0][1][:, 1])
