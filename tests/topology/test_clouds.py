"""Which rows of a layer become points."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from layertopo.errors import ResultError
from layertopo.topology.clouds import point_cloud, sample_rows
from layertopo.training.activations import SPLITS


def sample(points=None, seed=0):
    return {"method": "random", "points": points, "seed": seed}


def cloud(points=None):
    return {"metric": "euclidean", "sample": sample(points)}


@given(n_rows=st.integers(2, 500), points=st.integers(2, 500), seed=st.integers(0, 2**32 - 1))
def test_rows_are_as_many_as_asked_for_ascending_and_different(n_rows, points, seed):
    rows = sample_rows(n_rows, "train", sample(points, seed))
    assert len(rows) == min(points, n_rows)
    assert (np.diff(rows) > 0).all()
    assert 0 <= rows[0] <= rows[-1] < n_rows


def test_null_takes_every_row():
    assert sample_rows(50, "test", sample(None)).tolist() == list(range(50))


def test_all_layers_are_seen_through_the_same_rows():
    first, second = (np.repeat(np.arange(100.0), width).reshape(100, width) for width in (2, 5))
    clouds = [point_cloud(values, "train", cloud(20), "file").cloud.points for values in (first, second)]
    assert clouds[0][:, 0].tolist() == clouds[1][:, 0].tolist()


def test_rows_repeat():
    first, second = (sample_rows(100, "train", sample(20)).tolist() for _ in range(2))
    assert first == second


def test_splits_and_seeds_are_sampled_apart():
    draws = [sample_rows(1000, split, sample(100, seed)).tolist() for split in SPLITS for seed in (0, 1)]
    assert len({tuple(draw) for draw in draws}) == 6


def test_every_row_is_as_likely_as_any_other():
    draws = np.concatenate([sample_rows(20, "full", sample(5, seed)) for seed in range(2000)])
    # Each row is in a sample with probability 1/4; bounds are five standard errors.
    np.testing.assert_allclose(np.bincount(draws) / 2000, 0.25, atol=5 * np.sqrt(0.25 * 0.75 / 2000))


def test_the_cloud_holds_the_sampled_rows():
    values = np.random.default_rng(0).normal(size=(30, 4)).astype(np.float32)
    chosen = point_cloud(values, "test", cloud(10), "file")
    radius = chosen.covering_radius
    rows = values[sample_rows(30, "test", sample(10))]
    np.testing.assert_array_equal(chosen.cloud.points, rows.astype(np.float64), strict=True)
    assert radius is None


def distinct(points, seed=0, metric="euclidean"):
    return {"metric": metric, "sample": {"method": "distinct", "points": points, "seed": seed}}


@given(
    st.lists(st.tuples(st.integers(-2, 2), st.integers(0, 2)), min_size=1, max_size=60),
    st.integers(2, 12),
    st.integers(0, 99),
)
def test_a_distinct_sample_takes_different_points_as_many_as_there_are(rows, points, seed):
    values = np.array(rows, np.float32)
    values[values == 0] *= -1  # -0.0 is no other point
    chosen = point_cloud(values, "test", distinct(points, seed), "file").cloud.points
    every = {tuple(row) for row in values + 0.0}
    assert len({tuple(row) for row in chosen + 0.0}) == len(chosen) == min(points, len(every))
    assert {tuple(row) for row in chosen + 0.0} <= every


def test_a_distinct_sample_of_different_points_is_the_same_rows_for_every_layer():
    first, second = (np.repeat(np.arange(100.0), width).reshape(100, width) for width in (2, 5))
    folded = np.where(second > 50, 0, second)
    clouds = [point_cloud(values, "train", distinct(20), "file").cloud.points for values in (first, second)]
    assert clouds[0][:, 0].tolist() == clouds[1][:, 0].tolist()
    kept = point_cloud(folded, "train", distinct(20), "file").cloud.points[:, 0]
    assert {value for value in clouds[0][:, 0] if value <= 50} <= set(kept)
    assert len(kept) == 20


def test_under_cosine_one_direction_is_one_point():
    values = np.array([[1, 0], [2, 0], [0, 1], [0, 3], [0, 0]], np.float32)
    assert len(point_cloud(values, "full", distinct(None, metric="cosine"), "file").cloud.points) == 3


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_point_without_distances_is_refused_and_the_source_named(bad):
    values = np.zeros((10, 2), np.float32)
    values[3, 1] = bad
    with pytest.raises(ResultError, match=r"epoch9\.h5, layer 2: .* 1 of 10 rows hold NaN or infinity"):
        point_cloud(values, "train", cloud(None), "epoch9.h5, layer 2")


@pytest.mark.parametrize("method", ["random", "greedy"])
def test_numbers_too_large_for_distances_are_refused_and_the_source_named(method):
    values = np.array([[-1.7e308], [0], [1.7e308]])
    sample = {"method": method, "points": 2, "seed": 0}
    with pytest.raises(
        ResultError, match=r"layer 2: the largest coordinate is 1\.7e\+308.*training\.learning_rate"
    ):
        point_cloud(values, "train", {"metric": "euclidean", "sample": sample}, "epoch9.h5, layer 2")
