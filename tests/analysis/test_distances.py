"""Distances between diagrams."""

from __future__ import annotations

import math
from collections import Counter
from itertools import product

import gudhi
import numpy as np
import pandas as pd
import pytest
from diagrams_by_hand import INF, KEY, diagram, store
from gudhi.representations import SlicedWassersteinDistance

from layertopo import tables
from layertopo.analysis.distances import bottleneck, distance_table, pairs, run_distances, sliced_wasserstein
from layertopo.analysis.names import DISTANCES
from layertopo.errors import ResultError
from layertopo.storage import Stored


def epochs(folder, *made) -> list[Stored]:
    """Diagrams of one network at several epochs."""
    return store(folder, made, [KEY | {"epoch": k} for k in range(len(made))])


@pytest.mark.parametrize(
    ("a", "b", "distance"),
    [
        ([[1, 3]], [[1, 3]], 0),
        ([[1, 3]], [[1.25, 3.5]], 0.5),  # matched: the larger of the two differences
        ([[1, 3]], [], 1),  # unmatched: half of its length
        ([[1, 9], [2, 3]], [[1, 8]], 1),  # the long ones matched, the short one not
        ([[0, 1]], [[5, 6]], 0.5),  # too far apart: both unmatched
        ([], [], 0),
    ],
)
def test_bottleneck_distances_by_hand(a, b, distance):
    first, second = diagram(h1=a), diagram(h1=b)
    assert bottleneck(first, second, 1) == pytest.approx(distance, abs=1e-12)
    assert bottleneck(second, first, 1) == pytest.approx(distance, abs=1e-12)


def test_bars_that_never_die_are_matched_by_their_births_and_only_equally_many():
    one, later = diagram(h1=[[1, 3], [2, INF]]), diagram(h1=[[1, 3], [2.5, INF]])
    for distance in (bottleneck, sliced_wasserstein):
        assert distance(one, later, 1) == pytest.approx(0.5)
        assert distance(one, diagram(h1=[[1, 3]]), 1) == distance(diagram(h1=[]), one, 1) == INF
    assert bottleneck(diagram(h0=[[0, 2], [0, INF]]), diagram(h0=[[0, 1], [0, INF]]), 0) == pytest.approx(1)
    assert bottleneck(one, later, 1) == gudhi.bottleneck_distance(one.bars[1], later.bars[1])


def test_a_scaled_diagram_does_not_change_with_the_size_of_the_cloud():
    small, large = diagram(h1=[[1, 3]], rms_distance=2), diagram(h1=[[10, 30]], rms_distance=20)
    assert bottleneck(small.scaled(), large.scaled(), 1) == pytest.approx(0, abs=1e-12)
    assert bottleneck(small, large, 1) == pytest.approx(10)


def test_a_diagram_without_a_scale_has_no_scaled_distance(tmp_path):
    point = diagram(h0=[[0, INF]], rms_distance=math.nan, n_distinct=1)
    assert point.scaled() is None
    (row,) = (
        run_distances(epochs(tmp_path, point, diagram(h1=[[1, 3]])))
        .query("dimension == 1")
        .to_dict("records")
    )
    assert row["bottleneck"] == pytest.approx(1)
    assert all(math.isnan(row[f"{name}_scaled"]) for name in DISTANCES)


def test_a_run_has_every_distance_of_its_pairs_absolute_and_scaled(tmp_path):
    made = [
        diagram(h1=[[1, 3]], rms_distance=2),
        diagram(h1=[[10, 30]], rms_distance=20),
        diagram(h1=[[2, 8]]),
    ]
    table = run_distances(epochs(tmp_path, *made))
    assert len(table) == 3 * 2
    for row in table.query("dimension == 1").to_dict("records"):
        a, b = (made[row[f"epoch_{side}"]] for side in "ab")
        for name, distance in {"bottleneck": bottleneck, "sliced_wasserstein": sliced_wasserstein}.items():
            assert row[name] == distance(a, b, 1)
            assert row[f"{name}_scaled"] == distance(a.scaled(), b.scaled(), 1)


def test_the_table_of_distances_is_of_the_pairs_that_it_must_hold(tmp_path):
    held = epochs(tmp_path, diagram(h1=[[1, 3]]), diagram(h1=[[1, 4]]))
    keys, path = [each.key for each in held], str(tmp_path / "distances.csv")
    tables.write_csv(run_distances(held), path)
    pd.testing.assert_frame_equal(distance_table({path: keys}, {"all": [1, 0]}), tables.read_csv(path))
    for wrong in (keys[:1], [keys[0], keys[1] | {"epoch": 9}]):
        with pytest.raises(ResultError, match="not a table of this workflow"):
            distance_table({path: wrong}, {"all": [0, 1]})


def test_diagrams_of_other_settings_are_refused(tmp_path):
    (held,) = epochs(tmp_path, diagram())
    with pytest.raises(ResultError, match='settings was "these", should be "others"'):
        run_distances([held._replace(provenance={"settings": "others"})])


def test_equal_diagrams_are_at_distance_zero():
    bars = np.random.default_rng(0).random((50, 2)).cumsum(axis=1)
    assert bottleneck(diagram(h1=bars), diagram(h1=bars.copy()), 1) == 0


@pytest.mark.parametrize("seed", range(40))
def test_the_bottleneck_distance_is_that_of_gudhi_on_all_bars(seed):
    rng = np.random.default_rng(seed)
    births = [rng.random(n) * (seed % 2) for n in rng.integers(0, 12 + seed, 2)]  # at 0 for every other seed
    a, b = (np.column_stack([x, x + rng.exponential(size=len(x)) ** 2]) for x in births)
    if seed % 5 == 1:  # ties
        a, b = (np.ceil(3 * bars) + np.array([0, 1]) for bars in (a, b))
    if seed % 5 == 3:  # almost the same bars
        b = a + rng.normal(scale=1e-3, size=a.shape)
    expected = gudhi.bottleneck_distance(a, b, 0.0)
    assert bottleneck(diagram(h1=a), diagram(h1=b), 1) == pytest.approx(expected, rel=1e-14, abs=1e-300)


def test_the_sliced_wasserstein_distance_is_within_two_percent_of_that_over_many_lines():
    rng = np.random.default_rng(0)
    a, b = (np.cumsum(rng.random((n, 2)), axis=1) for n in (30, 50))
    exact = SlicedWassersteinDistance(5000)(a, b)
    assert sliced_wasserstein(diagram(h1=a), diagram(h1=b), 1) == pytest.approx(exact, rel=0.02)
    assert sliced_wasserstein(diagram(h1=a), diagram(h1=a), 1) == 0


def test_pairs_differ_in_exactly_one_thing():
    keys = [
        {"dataset": "d", "model": m, "seed": s, "epoch": e, "layer": 1, "split": split, "cloud": c}
        for m, s, e, split, c in product("gb", (0, 1), (0, 25), ("train", "full"), ("all", "few"))
    ]
    found = Counter(across for across, _, _ in pairs(keys))
    # Of 4 networks, 2 epochs, 2 splits, 2 clouds.
    assert found == {"networks": 6 * 8, "epochs": 16, "splits": 16}


def test_networks_whose_last_epochs_differ_are_compared_at_these():
    key = {"dataset": "d", "seed": 0, "layer": 1, "split": "train", "cloud": "all"}
    keys = [key | {"model": "a", "epoch": 0}, key | {"model": "b", "epoch": "last"}]
    assert [across for across, _, _ in pairs(keys)] == ["networks"]
