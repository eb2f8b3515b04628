"""Statistics over training runs on several draws of the data."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from layertopo.analysis.replicates import arrangements, median_interval, permutation_p, variance_components


def test_the_interval_is_about_the_median_of_each_column():
    rng = np.random.default_rng(1)
    values = rng.normal(size=(20, 3, 2))
    found = median_interval(values, ["a"] * 20)
    np.testing.assert_array_equal(found.median, np.median(values, axis=0))
    assert (found.low < found.median).all()
    assert (found.median < found.high).all()


def test_a_column_alone_and_among_others_has_the_same_interval():
    values = np.random.default_rng(2).normal(size=(12, 4))
    draws = list("aaabbbcccddd")
    together = median_interval(values, draws)
    for k in range(4):
        alone = median_interval(values[:, k], draws)
        assert (alone.low, alone.high) == (together.low[k], together.high[k])


def test_missing_values_are_left_out():
    values = np.array([[1.0, 5.0], [2.0, np.nan], [3.0, 7.0], [np.nan, np.nan]])
    found = median_interval(values, ["a", "a", "b", "b"])
    expected = median_interval(values[[0, 2], 1], ["a", "b"])
    assert found.median.tolist() == [2, 6]
    assert (found.low[1], found.high[1]) == (expected.low, expected.high)


@pytest.mark.parametrize(("values", "median"), [([3.0], 3.0), ([np.nan, 2.0], 2.0), ([np.nan], np.nan)])
def test_one_run_has_no_interval(values, median):
    found = median_interval(values, ["a"] * len(values))
    np.testing.assert_array_equal(found.median, median)
    assert np.isnan(found.low)
    assert np.isnan(found.high)


def coverage(n_draws: int, n_seeds: int, naive: bool) -> float:
    """How often the interval holds the true median, 0, when draws differ more than trainings on one."""
    rng = np.random.default_rng(3)
    hits = 0
    for _ in range(100):
        values = (rng.normal(0, 2, size=(n_draws, 1)) + rng.normal(0, 0.5, size=(n_draws, n_seeds))).ravel()
        draws = np.zeros(len(values)) if naive else np.repeat(np.arange(n_draws), n_seeds)
        found = median_interval(values, draws.tolist())
        hits += found.low <= 0 <= found.high
    return hits / 100


def test_runs_on_one_draw_do_not_count_as_independent():
    assert coverage(10, 8, naive=False) > 0.85
    assert coverage(10, 8, naive=True) < 0.7


def test_the_p_value_is_that_of_all_exchanges():
    values = np.array([3.1, 2.0, 5.5, 1.2, 0.4, 2.2, 1.9])
    labels = list("xxxyyyy")
    first = np.array([label == "x" for label in labels])

    def difference(orders):
        return values[orders[:, first]].mean(axis=1) - values[orders[:, ~first]].mean(axis=1)

    exact = np.mean(
        [
            values[list(x)].mean() - np.delete(values, x).mean() >= difference(np.arange(7)[None])[0] - 1e-12
            for x in combinations(range(7), 3)
        ]
    )
    assert permutation_p(difference, labels, ["one"] * 7) == pytest.approx(exact, abs=0.02)


def test_labels_are_exchanged_within_strata_only():
    strata, labels = list("aabb"), list("xyxy")

    def statistic(orders):
        assert (np.sort(orders[:, :2]) == [0, 1]).all()
        assert (np.sort(orders[:, 2:]) == [2, 3]).all()
        return orders[:, 0] + orders[:, 2]

    # The observed order 0, 1, 2, 3 gives the least value: all reach it.
    assert permutation_p(statistic, labels, strata) == 1
    # The largest value is reached in one of four ways.
    assert permutation_p(lambda orders: -statistic(orders), labels, strata) == pytest.approx(1 / 4, abs=0.02)


def test_no_test_without_two_labels_in_a_stratum():
    assert np.isnan(permutation_p(lambda orders: np.zeros(len(orders)), ["x", "x", "y"], ["a", "a", "b"]))


def test_the_number_of_arrangements():
    assert arrangements(list("xxyy"), list("aaaa")) == 6
    assert arrangements(list("xyxxyy"), list("aabbbb")) == 2 * 6
    assert arrangements(list("xxx"), list("aaa")) == 1


def test_variance_components_of_balanced_runs_are_those_of_the_analysis_of_variance():
    from scipy.stats import f_oneway

    values = np.random.default_rng(5).normal(size=(4, 6)) + np.array([[0], [2], [5], [-1]])
    draw, training = variance_components(values.ravel(), np.repeat(list("abcd"), 6).tolist())
    ratio = f_oneway(*values).statistic
    assert training == pytest.approx(np.sqrt(values.var(axis=1, ddof=1).mean()))
    assert draw == pytest.approx(training * np.sqrt((ratio - 1) / 6))


@given(st.lists(st.integers(1, 5), min_size=2, max_size=5), st.integers(0, 9))
def test_variance_components_grow_with_the_unit_and_ignore_the_origin(sizes, seed):
    draws = np.repeat(np.arange(len(sizes)), sizes).tolist()
    values = np.random.default_rng(seed).normal(size=len(draws))
    first = variance_components(values, draws)
    second = variance_components(7 + 3 * values, draws)
    np.testing.assert_allclose(second, 3 * np.array(first), rtol=1e-6, atol=1e-9)


def test_variance_components_are_recovered():
    rng = np.random.default_rng(6)
    values = rng.normal(0, 3, size=(400, 1)) + rng.normal(0, 1, size=(400, 5))
    values[0, 1:] = np.nan
    draw, training = variance_components(values.ravel(), np.repeat(np.arange(400), 5).tolist())
    assert draw == pytest.approx(3, rel=0.1)
    assert training == pytest.approx(1, rel=0.1)


def test_what_one_draw_or_one_seed_cannot_tell():
    draw, training = variance_components([1.0, 2.0, 4.0], ["a"] * 3)
    assert np.isnan(draw)
    assert training == pytest.approx(np.std([1, 2, 4], ddof=1))
    assert np.isnan(variance_components([1.0, 2.0], ["a", "b"])).all()
