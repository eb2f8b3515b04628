"""The number of components by the gap in the deaths."""

from __future__ import annotations

import math

import numpy as np
import pytest
from diagrams_by_hand import INF, diagram

from layertopo import persistence_diagram
from layertopo.analysis.components import GAP, components, diagram_components
from layertopo.analysis.summaries import bar_summary


def bars(*deaths: float, essential: int = 1) -> np.ndarray:
    dying = [1 + k / 1000 for k in range(40)]
    ends = [*dying, *deaths, *[INF] * essential]
    return np.column_stack([np.zeros(len(ends)), ends])


@pytest.mark.parametrize(
    ("deaths", "essential", "expected"),
    [
        ((), 1, 1),
        ((1.9,), 1, 1),  # no gap
        ((2.2,), 1, 2),
        ((5.0, 5.1, 9.0), 1, 4),  # the widest gap is that below 5
        ((3.0, 30.0), 1, 2),  # here the one above 3: of parts of parts the largest gap decides
        ((), 4, 4),  # parts of a graph that never join
        ((8.0, 8.0), 2, 4),
    ],
)
def test_bars_beyond_the_widest_gap_are_components(deaths, essential, expected):
    assert components(bars(*deaths, essential=essential)) == expected


def test_a_gap_is_one_from_its_least_ratio_on_and_in_any_unit():
    longest = 1 + 39 / 1000
    below, above = longest * GAP * (1 - 1e-9), longest * GAP * (1 + 1e-9)
    assert [components(bars(end)) for end in (below, above)] == [1, 2]
    assert components(1e-7 * bars(above)) == 2


def test_where_lengths_spread_far_a_gap_must_be_wider():
    spread = np.geomspace(1, 100, 60)  # ten times the median is the longest of them
    for longest, expected in ((400.0, 1), (600.0, 2)):
        ends = np.append(spread, [longest, INF])
        assert components(np.column_stack([np.zeros(62), ends])) == expected


def test_gaps_below_the_median_do_not_count():
    ends = np.concatenate([np.full(18, 1e-6), np.linspace(1, 1.5, 22)])
    assert components(np.column_stack([np.zeros(40), ends])) == 0  # nothing that never dies was given


def test_few_bars_tell_nothing():
    assert math.isnan(components(bars(9.0)[:29]))
    assert math.isnan(components(np.array([[0, INF]])))


@pytest.mark.parametrize(("method", "known"), [("random", True), ("distinct", True), ("greedy", False)])
def test_it_is_for_samples_of_a_distribution(method, known):
    made = diagram(h0=bars(9.0), radius=0.5 if method == "greedy" else None)
    made.sample["method"] = method
    assert math.isnan(diagram_components(made, 0)) != known


def test_it_is_a_column_in_dimension_0_only():
    made = diagram(h0=bars(9.0), h1=[[1.0, 2.0]])
    rows = [bar_summary(made, k, np.full(len(made.bars[k]), math.nan)) for k in (0, 1)]
    assert rows[0]["components"] == 2
    assert math.isnan(rows[1]["components"])
    one_scale = diagram(h0=[[2, INF]] * 3, scale=2.0, complete=False, rms_distance=math.nan)
    assert math.isnan(bar_summary(one_scale, 0, np.full(3, math.nan))["components"])


def test_clusters_are_found_and_a_cloud_without_structure_is_one():
    rng = np.random.default_rng(0)
    square = rng.random((600, 2))
    three = square + 3 * rng.integers(3, size=(600, 1))
    found = [components(persistence_diagram(points, dimensions=[0]).bars[0]) for points in (square, three)]
    assert found == [1, 3]
