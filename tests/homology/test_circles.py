"""Maps to the circle: what they skip of the filtration changes no bar."""

from __future__ import annotations

from itertools import combinations

import naive
import numpy as np
import pytest
from clouds import all_clouds, circle, clustered, open_ring
from hypothesis import given, settings
from hypothesis import strategies as st

from layertopo.homology import barcode, circles, neighbours, values
from layertopo.homology.barcode import rips_bars
from layertopo.homology.cloud import Cloud, as_cloud
from layertopo.homology.ranges import Ranges

common = settings(max_examples=60, deadline=None, derandomize=True)


def torus(n: int, seed: int = 0) -> np.ndarray:
    a, b = np.random.default_rng(seed).uniform(0, 2 * np.pi, (2, n))
    return np.column_stack([np.cos(a), np.sin(a), np.cos(b), np.sin(b)])


def noisy_circle(n: int, noise: float, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    angles = rng.uniform(0, 2 * np.pi, n)
    return np.column_stack([np.cos(angles), np.sin(angles)]) + noise * rng.normal(size=(n, 2))


def matrix_of(cloud: Cloud) -> np.ndarray:
    """Values of all pairs."""
    points = range(cloud.size)
    pairs = [[values.pair_value(cloud.space, u, v) for v in points] for u in points]
    return np.array(pairs, dtype=np.float32)


def places_of(cloud: Cloud) -> np.ndarray:
    """Places of all pairs in the total order, as far as their values and lower points say."""
    lower = np.minimum(*np.indices((cloud.size, cloud.size)))
    return (matrix_of(cloud).view(np.uint32).astype(np.int64) << 32) | lower


class Skipping:
    """A sweep that skips what it can from the first pair on, and says what."""

    def __init__(self, cloud: Cloud, threads: int = 1) -> None:
        found = neighbours.scan(cloud, threads)
        joins = barcode._spanning_forest(found.edges, cloud.size)
        self.state = barcode._Sweep(found, ~joins, skip_after=0)
        self.skipped: list[tuple[int, int]] = []
        skip = self.state._skip

        def skip_and_note(low: int, end: int) -> int:
            high = skip(low, end)
            if high > low:
                self.skipped.append((low, high))
            return high

        self.state._skip = skip_and_note  # type: ignore[method-assign]
        deaths, _ = self.state.deaths()
        self.deaths = cloud.distances(deaths.view(np.float32))
        self.expected = rips_bars(found)[0][1][:, 1]


@pytest.mark.parametrize("name", [name for name, points in all_clouds().items() if len(points) > 2])
def test_skipping_changes_no_bar(name: str) -> None:
    cloud = as_cloud(all_clouds()[name])
    if cloud.size < 2:
        pytest.skip("one point")
    sweep = Skipping(cloud)
    np.testing.assert_array_equal(sweep.deaths, sweep.expected)


@pytest.mark.parametrize(
    ("points", "loops"),
    [
        (circle(300), 1),
        (noisy_circle(500, 0.05, 0), 1),
        (np.vstack([noisy_circle(300, 0.02, 1), noisy_circle(300, 0.02, 2) + np.array([2.2, 0])]), 2),
        (torus(900), 2),
    ],
)
def test_large_loops_are_skipped(points: np.ndarray, loops: int) -> None:
    """Most pairs before the last death never enter; two threads do the same."""
    cloud = as_cloud(points)
    sweep = Skipping(cloud)
    np.testing.assert_array_equal(sweep.deaths, sweep.expected)
    _, _, lengths = values.pairs_up_to(cloud.space, np.float32(np.inf))
    places = lengths.view(np.uint32).astype(np.int64) << 32
    last = np.sort(sweep.state.classes.death)[-loops].astype(np.int64) << 32
    skipped = sum(((low <= places) & (places < high)).sum() for low, high in sweep.skipped)
    assert skipped > 0.6 * (places < last).sum()
    np.testing.assert_array_equal(Skipping(cloud, 2).deaths, sweep.deaths)


@common
@given(st.integers(8, 26), st.sampled_from([0.0, 0.1, 0.3]), st.integers(0, 10**6))
def test_skipping_equals_the_definition(n: int, noise: float, seed: int) -> None:
    cloud = as_cloud(noisy_circle(n, noise, seed).round(2))
    found = neighbours.scan(cloud)
    is_birth = ~barcode._spanning_forest(found.edges, cloud.size)
    deaths, _ = barcode._Sweep(found, is_birth, skip_after=0).deaths()
    births = found.bits[is_birth].view(np.float32)
    bars = zip(births.tolist(), deaths.view(np.float32).tolist(), strict=True)
    assert sorted(bar for bar in bars if bar[0] < bar[1]) == naive.bars(matrix_of(cloud))[1]


def test_a_loop_that_never_dies() -> None:
    n = 60
    matrix = open_ring(n)
    sweep = Skipping(as_cloud(matrix, "precomputed"))
    assert np.isinf(sweep.deaths).sum() == 1
    np.testing.assert_array_equal(sweep.deaths, sweep.expected)


def test_nothing_is_skipped_where_nearly_all_pairs_have_one_value() -> None:
    """A loop that the pairs at distance 2, nearly all, do not fill."""
    n = 120
    group = np.arange(n) % 2
    matrix = np.full((n, n), 2.0)
    matrix[0, group == 0] = matrix[group == 0, 0] = 3
    matrix[1, group == 1] = matrix[group == 1, 1] = 3
    for u, v in [(0, 1), (0, 3), (1, 2), (2, 3)]:
        matrix[u, v] = matrix[v, u] = 1
    np.fill_diagonal(matrix, 0)
    found = neighbours.scan(as_cloud(matrix, "precomputed"))
    is_birth = ~barcode._spanning_forest(found.edges, n)
    state = barcode._Sweep(found, is_birth, skip_after=0)
    state.ranges = Ranges(found.space, 50)
    deaths, _ = state.deaths()
    lives = zip(found.bits[is_birth].view(np.float32), deaths.view(np.float32), strict=True)
    unit = found.cloud.unit
    assert [(birth * unit, death * unit) for birth, death in lives if birth < death] == [(1, 3)]


def test_first_far_pair() -> None:
    cloud = as_cloud(clustered(200, 2))
    space, turns = cloud.space, np.random.default_rng(0).random((2, 200)) * 0.5
    ahead = turns[:, None, :] - turns[:, :, None]
    far = (np.abs(ahead - ahead.round()) >= 1 / 3).any(axis=0)
    places = places_of(cloud)[far].tolist()
    end = values.INFINITE << 32
    assert circles.first_far(space, turns, end, 2) == min(places)
    assert circles.first_far(space, turns, min(places) - 5, 1) == min(places) - 5
    assert circles.first_far(space, turns / 2, end, 1) == end


def test_parities_of_cycles() -> None:
    """The path in the forest between the ends of each edge, edge by edge."""
    rng = np.random.default_rng(1)
    ends = rng.permutation(list(combinations(range(12), 2)))
    edges = np.array([(min(u, v) << 32) | max(u, v) for u, v in ends.tolist()])
    joins = barcode._spanning_forest(edges, 12)
    odd = rng.random((len(edges), 2)) < 0.5
    found = circles.cycle_parities(edges, joins, odd, 12)
    for i in np.flatnonzero(~joins):
        reached = {int(ends[i, 0]): odd[i].copy()}
        while int(ends[i, 1]) not in reached:
            for e in np.flatnonzero(joins[:i]):
                for u, v in (ends[e].tolist(), ends[e, ::-1].tolist()):
                    if u in reached and v not in reached:
                        reached[v] = reached[u] ^ odd[e]
        assert (found[i] == reached[int(ends[i, 1])]).all()


def test_annotations_by_maps_are_zero_around_triangles() -> None:
    cloud = as_cloud(noisy_circle(90, 0.1, 0))
    found = neighbours.scan(cloud)
    state = barcode._Sweep(found, ~barcode._spanning_forest(found.edges, cloud.size))
    angles = np.arctan2(cloud.points[:, 1], cloud.points[:, 0]) / (2 * np.pi)
    turns = angles[None]
    place = circles.first_far(cloud.space, turns, values.INFINITE << 32, 1)
    state._annotate(turns, place, np.array([1]))
    n, vertices = cloud.size, state.vertices
    near = np.zeros((n, n), bool)
    odd = np.zeros((n, n), bool)
    for v in range(n):
        for w in range(n):
            near[v, w] = vertices.near[v, w >> 6] >> np.uint64(w & 63) & np.uint64(1)
            row = vertices.row[v]
            odd[v, w] = row > 0 and vertices.alike[row, w >> 6] >> np.uint64(w & 63) & np.uint64(1)
    places = places_of(cloud)
    np.fill_diagonal(places, 2**63 - 1)
    np.testing.assert_array_equal(near, places < place)
    assert odd.any()
    assert (odd == odd.T).all()
    for u, v, w in combinations(range(n), 3):
        if near[u, v] and near[v, w] and near[u, w]:
            assert not odd[u, v] ^ odd[v, w] ^ odd[u, w]
