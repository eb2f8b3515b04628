"""The universal null distribution of the ratio death / birth."""

from __future__ import annotations

import numpy as np
import pytest
from diagrams_by_hand import diagram
from scipy.stats import binom, false_discovery_control, kstest

from layertopo import persistence_diagram
from layertopo.analysis.significance import (
    MIN_BARS,
    at_rounding_level,
    bonferroni,
    diagram_p_values,
    false_discoveries,
    p_values,
    significant,
    tied,
)
from layertopo.analysis.significance import testable as can_be_tested


def bars_of_ratios(ratios) -> np.ndarray:
    births = np.linspace(0.5, 3, len(ratios))
    return np.column_stack([births, births * ratios])


def test_a_loop_born_at_0_makes_the_test_undefined():
    births = np.linspace(1, 2, 40)
    bars = np.column_stack([births, 1.1 * births])
    assert not np.isnan(p_values(bars)).any()
    bars[0, 0] = 0
    assert np.isnan(p_values(bars)).all()


def test_the_p_value_is_that_of_the_left_skewed_gumbel_law():
    # Half of the bars die at e times their birth, so that log log = 0, half at exp(e), where it is 1.
    p = p_values(bars_of_ratios(np.repeat([np.e, np.exp(np.e)], 20)))
    # The mean is 1/2; p = exp(-exp(L - 1/2 - 0.5772...))
    np.testing.assert_allclose(p[:20], np.exp(-np.exp(-0.5 - 0.5772156649)), rtol=1e-9)
    np.testing.assert_allclose(p[20:], np.exp(-np.exp(0.5 - 0.5772156649)), rtol=1e-9)


def test_p_values_of_bars_that_follow_the_law_are_uniform():
    log_log = np.log(-np.log(np.random.default_rng(0).random(20_000)))
    p = p_values(bars_of_ratios(np.exp(np.exp(log_log))))
    assert np.isnan(p).sum() < 10  # at rounding level
    assert kstest(p[~np.isnan(p)], "uniform").pvalue > 0.01


def test_p_values_do_not_depend_on_the_scale():
    bars = bars_of_ratios(1 + np.random.default_rng(0).random(40))
    np.testing.assert_allclose(p_values(1000 * bars), p_values(bars), rtol=1e-9)


@pytest.mark.parametrize("n", [0, 1, MIN_BARS - 1])
def test_few_bars_have_no_p_value(n):
    bars = bars_of_ratios(np.full(n, 2.0))
    assert p_values(bars).shape == (n,)
    assert np.isnan(p_values(bars)).all()
    assert not significant(bars).any()


def test_significance_is_corrected_for_the_number_of_bars():
    bars = bars_of_ratios(np.append(np.full(99, 1.1), 30.0))
    p = p_values(bars)[-1]
    assert significant(bars, level=100 * p * 1.001)[-1]
    assert not significant(bars, level=100 * p * 0.999)[-1]


def cloud(kind: str, seed: int, n: int = 300) -> np.ndarray:
    rng = np.random.default_rng(seed)
    if kind == "circle":
        angle = rng.uniform(0, 2 * np.pi, n)
        return np.column_stack([np.cos(angle), np.sin(angle)]) + rng.normal(0, 0.1, (n, 2))
    return rng.standard_normal((n, 3)) if kind == "Gaussian" else rng.random((n, 3))


def loops(kind: str, n_clouds: int) -> list[int]:
    """Number of significant loops in each of some clouds."""
    diagrams = (persistence_diagram(cloud(kind, seed), dimensions=[1]) for seed in range(n_clouds))
    return [int(significant(diagram.bars[1]).sum()) for diagram in diagrams]


@pytest.mark.parametrize("kind", ["Gaussian", "uniform"])
def test_clouds_without_structure_seldom_have_a_significant_loop(kind):
    found = np.count_nonzero(loops(kind, 60))
    # At level 5 % more than this many of 60 happen once in a thousand times.
    assert found <= binom.ppf(0.999, 60, 0.05)


def test_the_loop_of_a_noisy_circle_is_found_and_no_other():
    assert loops("circle", 20) == [1] * 20


def test_bars_at_rounding_level_are_left_out_of_test_and_mean():
    bars = bars_of_ratios(1 + np.random.default_rng(0).random(40))
    noisy = np.vstack([bars, bars_of_ratios(np.full(10, 1 + np.finfo(np.float32).eps)), [[1, np.inf]]])
    np.testing.assert_array_equal(p_values(noisy)[:40], p_values(bars))
    assert np.isnan(p_values(noisy)[40:]).all()
    assert at_rounding_level(noisy).sum() == 10


@pytest.mark.parametrize(("dimension", "radius"), [(0, None), (1, 0.5)])
def test_bars_that_the_test_does_not_speak_of_are_refused(dimension, radius):
    with pytest.raises(ValueError, match="significance"):
        diagram_p_values(diagram(h1=[[1, 2]], radius=radius), dimension)


@pytest.mark.parametrize("seed", range(5))
def test_corrections_need_the_p_values_up_to_the_level_only(seed):
    rng = np.random.default_rng(seed)
    p = np.concatenate([rng.random(300), rng.random(60) ** 6])
    low = p <= 0.05
    expected = false_discovery_control(p) < 0.05
    assert 0 < expected.sum() < low.sum()
    np.testing.assert_array_equal(false_discoveries(p[low], len(p)), expected[low])
    assert not expected[~low].any()
    np.testing.assert_array_equal(bonferroni(p[low], len(p)), (p * len(p) < 0.05)[low])


def test_without_low_p_values_nothing_is_found():
    assert len(false_discoveries(np.empty(0), 10)) == 0


def test_ties_are_counted_where_births_and_deaths_both_repeat():
    births, deaths = np.arange(1.0, 41), np.arange(100.0, 140)
    assert tied(np.column_stack([births, deaths])) == 0
    assert tied(np.column_stack([births, np.full(40, 100.0)])) == 0  # one edge can end several loops
    births[:5] = deaths[:3] = 50.5
    assert tied(np.column_stack([births, deaths])) == 3 / 40
    assert tied(np.column_stack([births, np.append(deaths[:-1], np.inf)])) == 3 / 39
    assert np.isnan(tied(np.array([[1, np.inf]])))


@pytest.mark.parametrize(
    ("points", "expected"),
    [
        (np.random.default_rng(0).normal(size=(400, 20)), True),
        (np.random.default_rng(0).integers(0, 9, size=(400, 4)), False),
        (np.stack(np.meshgrid(range(20), range(20)), -1).reshape(-1, 2), False),
    ],
)
def test_loops_of_lengths_that_repeat_are_not_tested(points, expected):
    made = diagram(h1=persistence_diagram(points).bars[1])
    assert can_be_tested(made, 1) is expected
    if not expected:
        with pytest.raises(ValueError, match="lengths that do not repeat"):
            diagram_p_values(made, 1)


def test_hops_are_not_tested_whatever_their_ties():
    bars = bars_of_ratios(1 + np.random.default_rng(0).random(40))
    assert can_be_tested(diagram(h1=bars), 1)
    assert not can_be_tested(diagram(h1=bars, metric="hops"), 1)
