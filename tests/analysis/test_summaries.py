"""Numbers that sum up a barcode, against counts and lengths by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from diagrams_by_hand import INF, diagram

from layertopo.analysis import summaries
from layertopo.analysis.run_statistics import run_statistics
from layertopo.analysis.significance import p_values
from layertopo.analysis.summaries import betti, cloud_summary
from layertopo.storage import Stored
from layertopo.topology import diagrams

H1 = [[1.0, 2.0], [1.5, 3.5], [2.0, 6.0]]  # lifetimes 1, 2, 4

SCALES = (0.02, 0.05, 0.1, 0.2, 0.5)


def bar_summary(barcode, dimension: int) -> dict[str, float]:
    """Summary with the p-values of loops, as a run has it."""
    bars = barcode.bars[dimension]
    p = p_values(bars) if dimension else np.full(len(bars), math.nan)
    return summaries.bar_summary(barcode, dimension, p, SCALES)


def h1_summary(**changes) -> dict[str, float]:
    return bar_summary(diagram(h1=H1, **changes), 1)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("bars", 3),
        ("essential", 0),
        ("birth_min", 1),
        ("birth_max", 2),
        ("death_min", 2),
        ("death_max", 6),
        ("lifetime_max", 4),
        ("lifetime_mean", 7 / 3),
        ("lifetime_median", 2),
        ("lifetime_sd", math.sqrt(14 / 9)),
        ("second_to_longest", 1 / 2),
        ("third_to_longest", 1 / 4),
        ("entropy", math.log(7) - (2 * math.log(2) + 4 * math.log(4)) / 7),
        ("lifetime_sum", 7),
        ("lifetime_q10", 1.2),
        ("lifetime_q25", 1.5),
        ("lifetime_q75", 3),
        ("lifetime_q90", 3.6),
        ("total_persistence_2", 21),
        ("landscape_1", 21 / 4),  # tents of height 1/2, 1, 2 on bases twice as long
        ("landscape_2", math.sqrt(2 / 3 * (1 / 8 + 1 + 8))),
        ("landscape_max", 2),
    ],
)
def test_lengths_by_hand(name, value):
    assert h1_summary()[name] == pytest.approx(value)


def test_scaled_lengths_are_divided_by_the_rms_distance():
    summary = h1_summary(rms_distance=4.0)
    powers = {"total_persistence_2": 2, "landscape_1": 2, "landscape_2": 1.5}
    names = [
        name for name in summary if name.startswith(("birth", "death", "lifetime", "landscape", "total"))
    ]
    absolute = [name for name in names if not name.endswith("_scaled")]
    assert len(names) == 2 * len(absolute)
    for name in absolute:
        assert summary[f"{name}_scaled"] == pytest.approx(summary[name] / 4 ** powers.get(name, 1))


def test_counts_are_not_scaled():
    assert not {"bars_scaled", "essential_scaled", "significant_bars_scaled"} & set(h1_summary())


def test_bars_that_never_die_are_counted_apart_and_have_no_length():
    summary = bar_summary(diagram(h0=[[0, 1], [0, INF]]), 0)
    assert (summary["bars"], summary["essential"]) == (1, 1)
    assert summary["death_max"] == 1


def test_no_bars_have_no_lengths_but_a_sum_of_zero():
    summary = bar_summary(diagram(h1=[]), 1)
    assert (summary["bars"], summary["essential"], summary["lifetime_sum"]) == (0, 0, 0)
    assert (summary["landscape_1"], summary["landscape_2"], summary["landscape_max"]) == (0, 0, 0)
    assert all(
        math.isnan(summary[name]) for name in ("birth_min", "death_max", "lifetime_mean", "lifetime_q99")
    )


def test_equal_lifetimes_have_the_largest_entropy():
    summary = bar_summary(diagram(h1=[[1, 3], [2, 4], [5, 7]]), 1)
    assert summary["entropy"] == pytest.approx(math.log(3))
    assert summary["entropy_normalised"] == pytest.approx(1)


def test_shares_of_fewer_bars_than_they_compare_are_undefined():
    names = ("second_to_longest", "third_to_longest", "entropy", "entropy_normalised")
    undefined = {
        n: [name for name in names if math.isnan(bar_summary(diagram(h1=H1[:n]), 1)[name])] for n in range(4)
    }
    assert undefined == {0: list(names), 1: [*names[:2], names[3]], 2: [names[1]], 3: []}


def test_betti_numbers_count_the_bars_alive_at_multiples_of_the_rms_distance():
    bars = [[0, 0.3], [0, 1.0], [0, INF]]  # at rms distance 2 the scales are 0.04, 0.1, 0.2, 0.4 and 1
    summary = bar_summary(diagram(h0=bars, rms_distance=2.0), 0)
    assert [summary[f"betti_at_{x}_scaled"] for x in SCALES] == [3, 3, 3, 2, 1]
    assert [summary[f"betti_at_{x}"] for x in SCALES] == [3, 3, 3, 3, 2]
    alone = bar_summary(diagram(h0=bars, rms_distance=math.nan), 0)
    assert math.isnan(alone["betti_at_0.1_scaled"])
    assert alone["betti_at_0.1"] == 3


def random_bars(n: int) -> np.ndarray:
    births, lifetimes = np.random.default_rng(n).random((2, n))
    return np.column_stack([births, births + lifetimes])


@pytest.mark.parametrize("n", [0, 1, 2, 40])
def test_betti_curves_are_those_of_a_count(n):
    bars, scales = random_bars(n), np.linspace(0, 2, 50)
    expected = [sum(birth <= x < death for birth, death in bars) for x in scales]
    np.testing.assert_array_equal(betti(bars, scales), expected)


@pytest.mark.parametrize("n", [1, 2, 12])
def test_norms_of_the_landscape_are_those_of_its_levels_on_a_fine_grid(n):
    from gudhi.representations import Landscape

    bars, resolution = random_bars(n), 20_001
    grid = Landscape(num_landscapes=n, resolution=resolution, sample_range=[0, 2], keep_endpoints=True)
    values = grid.fit_transform([bars]) / math.sqrt(2)  # its tents are sqrt(2) times as high as Bubenik's
    found, step = summaries.lengths(bars), 2 / (resolution - 1)
    assert found["landscape_1"] == pytest.approx(values.sum() * step, rel=1e-3)
    assert found["landscape_2"] == pytest.approx(math.sqrt((values**2).sum() * step), rel=1e-3)
    assert found["landscape_max"] == pytest.approx(values.max(), abs=step)


def test_one_bar_is_its_own_summary():
    summary = bar_summary(diagram(h1=[[1, 3]]), 1)
    lengths = ("max", "mean", "median", "sum", "q10", "q25", "q75", "q90", "q99")
    assert {summary[f"lifetime_{name}"] for name in lengths} == {2}


def test_a_single_distinct_point_has_no_scale():
    summary = bar_summary(diagram(h0=[[0, INF]], rms_distance=math.nan, n_distinct=1), 0)
    assert (summary["bars"], summary["essential"]) == (0, 1)
    assert math.isnan(summary["lifetime_sum_scaled"])


def test_loops_are_tested_if_there_are_enough_of_them():
    births = np.linspace(1, 2, 40)
    bars = np.column_stack([births, births * np.append(np.full(39, 1.1), 30)])
    assert bar_summary(diagram(h1=bars), 1)["significant_bars"] == 1
    assert math.isnan(h1_summary()["significant_bars"])


def test_a_greedy_sample_is_not_tested_as_it_is_no_sample_of_a_distribution(tmp_path):
    births = np.linspace(1, 2, 40)
    bars = np.column_stack([births, births * np.append(np.full(39, 1.1), 30)])
    rows = {}
    for radius in (None, 0.5):
        diagrams.save(diagram(h1=bars, radius=radius), tmp_path / "d.h5", {})
        key = {"epoch": 0, "layer": 1, "split": "train", "cloud": "all"}
        rows[radius] = run_statistics([Stored(str(tmp_path / "d.h5"), key, {})], SCALES)[0].loc[1]
    assert rows[None]["significant_bars"] == 1
    assert math.isnan(rows[None]["error_bound"])
    assert math.isnan(rows[0.5]["significant_bars"])
    assert rows[0.5]["error_bound"] == 1


def test_components_are_not_tested():
    # They are all born at 0, so that death over birth says nothing.
    bars = np.column_stack([np.zeros(40), np.linspace(1, 2, 40)])
    assert math.isnan(bar_summary(diagram(h0=bars), 0)["significant_bars"])


def test_facts_of_the_cloud_are_those_of_the_diagram():
    facts = cloud_summary(diagram(n_distinct=7, rms_distance=3.0))
    assert (facts["n_points"], facts["n_distinct"], facts["rms_distance"]) == (60, 7, 3.0)
    assert (facts["complete"], facts["threshold"], facts["engine"]) == (True, INF, "giotto")


def test_of_a_cloud_at_one_scale_its_betti_number_is_known_and_nothing_else():
    made = diagram(h0=[[2, INF]] * 3, h1=[[2, INF]] * 5, scale=2.0, complete=False, rms_distance=math.nan)
    p = np.full(5, math.nan)
    row = summaries.bar_summary(made, 1, p, (0.5, 2.0))
    known = {name: value for name, value in row.items() if not math.isnan(value)}
    assert known == {"essential": 5, "betti": 5, "betti_at_2.0": 5, "tested_bars": 0, "rounding_bars": 0}
    assert list(row) == list(summaries.bar_summary(diagram(h1=H1), 1, np.full(3, math.nan), (0.5, 2.0)))


def test_a_diagram_has_no_betti_number_of_its_own_and_counts_its_ties():
    row = bar_summary(diagram(h1=[[1, 3], [1, 3], [2, 5]]), 1)
    assert math.isnan(row["betti"])
    assert row["tied"] == 2 / 3
