"""Loops one by one: which rows they go through, of which class, and what becomes of them in other layers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from loops_by_hand import CLOUD, SETTINGS, Network, ring, turns

from layertopo.analysis import followed, loops, run_loops
from layertopo.errors import ResultError
from layertopo.topology import diagrams

N = 150
BESIDE = np.array([1.85, 0])


def linked() -> tuple[np.ndarray, np.ndarray]:
    """Two linked rings in space, and their classes."""
    flat, other = (np.insert(ring(N, seed), 2, 0, axis=1) for seed in (0, 1))
    return np.vstack([flat, np.roll(other, 1, axis=1) + np.array([1, 0, 0])]), np.repeat([0, 1], N)


def test_a_noisy_circle_in_many_coordinates_is_found_and_lies_around_its_centre_in_the_plane(
    tmp_path: Path,
) -> None:
    plane = np.linalg.qr(np.random.default_rng(0).normal(size=(50, 2)))[0].T
    points = ring(300, 0, noise=0) @ plane + 0.02 * np.random.default_rng(1).normal(size=(300, 50))
    [layer] = Network(tmp_path, [[points]]).loops(top=1)
    [loop] = layer.loops
    assert turns(points[loop.edges] @ plane.T) == turns(loop.ends) == 1
    assert loop.significant
    assert layer.share > 0.9
    assert 0.9 * layer.rms_distance < loop.spread < 1.1 * layer.rms_distance


def test_linked_rings_are_two_loops_each_of_its_class(tmp_path: Path) -> None:
    points, y = linked()
    [layer] = Network(tmp_path, [[points]], y).loops(top=2)
    assert sorted(set(loop.classes.tolist()) == {1} for loop in layer.loops) == [False, True]
    assert all(len(set(loop.classes.tolist())) == 1 for loop in layer.loops)
    for loop in layer.loops:
        np.testing.assert_array_equal(loop.classes, y[loop.rows])


def test_a_torus_and_a_figure_of_eight_have_two_loops_that_differ(tmp_path: Path) -> None:
    angles = np.random.default_rng(0).uniform(0, 2 * np.pi, (2, 600))
    torus = np.column_stack([f(each) for each in angles for f in (np.cos, np.sin)])
    eight = np.vstack([ring(200, 0), ring(200, 1, radius=0.7) + BESIDE])
    for name, points, around in (
        ("torus", torus, (torus[:, :2], torus[:, 2:])),
        ("eight", eight, (eight, eight - BESIDE)),
    ):
        (tmp_path / name).mkdir()
        [layer] = Network(tmp_path / name, [[points]]).loops(top=2)
        first, second = ([turns(each[loop.edges]) for each in around] for loop in layer.loops)
        assert first != second
        assert [0, 0] not in (first, second)


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Network:
    """A ring beside a heap, which the first layer keeps and the second puts into the middle of the ring."""
    rng = np.random.default_rng(3)
    circle, heap = ring(N, 0), rng.normal(size=(400, 2))
    disc = np.sqrt(rng.uniform(0, 1, 400))[:, None] * heap / np.linalg.norm(heap, axis=1, keepdims=True)
    y = np.repeat([0, 1], [N, 400])
    aside, inside = (np.vstack([circle, other]) for other in (0.2 * heap + 3 * BESIDE, 1.05 * disc))
    return Network(
        tmp_path_factory.mktemp("filled"), [[aside, 2 * aside, inside], [inside, inside, aside]], y
    )


def test_a_ring_whose_middle_others_fill_does_not_live_on_there(filled: Network) -> None:
    layers = filled.loops(top=1)
    [loop] = layers[0].loops
    assert loop.significant
    assert set(loop.classes.tolist()) == {0}
    own, kept, inside, *later = (
        run_loops.life_of(life, layer) for life, layer in zip(loop.followed, layers, strict=True)
    )
    assert (own["there_from"], own["bounds_at"]) == (loop.birth, loop.death)
    assert own["p_value_in"] == pytest.approx(loop.p)
    assert kept["ratio"] == pytest.approx(own["ratio"])
    assert [each["significant_in"] for each in (own, kept, inside, *later)] == [
        True,
        True,
        False,
        False,
        False,
        True,
    ]
    assert inside["there_from"] == pytest.approx(own["there_from"])
    assert inside["ratio"] < 2 < 4 < own["ratio"]
    assert own["ratio"] > own["random_max"] >= own["random_median"] >= 1


def test_the_tables_say_what_the_file_holds(filled: Network, tmp_path: Path) -> None:
    stored = filled.stored_loops(tmp_path, top=2)
    found, made = loops.load(stored, filled.keys), filled.loops(top=2)
    assert found[1] == ("inner", "outer")
    first, classes, lives = run_loops.tables_of([stored], [filled.keys])
    n = sum(len(layer.loops) for layer in made)
    assert n >= 12
    assert (len(first), len(classes), len(lives)) == (n, 2 * n, 6 * n)
    loop, row = made[0].loops[0], first.iloc[0]
    for name, array in vars(loop).items():
        np.testing.assert_array_equal(getattr(found[0][0].loops[0], name), array)
    bars = diagrams.load(filled.diagrams[0].path).bars[1]
    assert [row["birth"], row["death"]] == bars[row["bar"]].tolist()
    assert row["length"] == pytest.approx(loop.lengths.sum())
    assert (row["rows"], row["edges"], row["equal_rows"]) == (len(loop.rows), len(loop.edges), 0)
    own = classes[(classes["epoch"] == 0) & (classes["layer"] == 0) & (classes["loop"] == 0)]
    assert own.set_index("label")["rows"].to_dict() == {"inner": len(loop.rows), "outer": 0}
    assert lives["epoch_in"].tolist()[:6] == [0, 0, 0, 1, 1, 1]
    assert lives["layer_in"].tolist()[:6] == [0, 1, 2, 0, 1, 2]


def test_a_file_of_other_settings_is_refused(filled: Network, tmp_path: Path) -> None:
    stored = filled.stored_loops(tmp_path, top=0)._replace(provenance=SETTINGS | {"settings": "others"})
    with pytest.raises(ResultError, match='settings was "these", should be "others"'):
        loops.load(stored, filled.keys)


def test_equal_rows_are_named_with_those_on_the_loop(tmp_path: Path) -> None:
    points = np.vstack([ring(60, 0), ring(60, 0)])
    [layer] = Network(tmp_path, [[points]]).loops(top=1)
    [loop] = layer.loops
    assert set(loop.edges.ravel()) == {row for row in loop.rows if row < 60}
    assert sorted(loop.rows) == sorted([*np.unique(loop.edges), *(np.unique(loop.edges) + 60)])
    np.testing.assert_array_equal(points[loop.rows], points[loop.equal_to])


@pytest.mark.parametrize(
    "cloud",
    [
        CLOUD,
        CLOUD | {"classes": [1]},
        CLOUD | {"sample": {"method": "random", "points": 120, "seed": 0}},
        CLOUD | {"sample": {"method": "greedy", "points": 120, "seed": 0}},
        {"metric": "geodesic", "neighbours": 5, "sample": {"method": "random", "points": 120, "seed": 0}},
    ],
    ids=["all", "class", "random", "greedy", "graph"],
)
def test_rows_are_those_of_the_data_set(tmp_path: Path, cloud: dict[str, object]) -> None:
    """Of both splits, whose order is another one, of a class, or of a sample."""
    points, y = np.vstack([ring(N, 0), ring(N, 1) + 2 * BESIDE]), np.tile([0, 1], N)
    [layer] = Network(tmp_path, [[points]], y, n_test=100, cloud=cloud).loops(top=2)
    for loop in layer.loops:
        np.testing.assert_array_equal(loop.ends, points[loop.edges].astype(np.float32))
        np.testing.assert_array_equal(loop.classes, y[loop.rows])
        assert set(loop.rows) == set(loop.edges.ravel())
        lengths = np.linalg.norm(np.diff(points[loop.edges], axis=1)[:, 0], axis=1)
        if cloud["metric"] == "geodesic":
            assert (loop.lengths > 0.999 * lengths).all()
            assert (loop.lengths > 1.01 * lengths).any()
        else:
            np.testing.assert_allclose(loop.lengths, lengths, rtol=1e-5)
        if "classes" in cloud:
            assert set(loop.classes.tolist()) == {1}


def test_a_loop_through_rows_that_a_sample_left_out_is_not_followed(tmp_path: Path) -> None:
    points = ring(N, 0)
    folded = np.round(points, 1)  # many rows are equal, and only one of them is in the sample
    cloud = CLOUD | {"sample": {"method": "distinct", "points": None, "seed": 0}}
    layer, other = Network(tmp_path, [[points, folded]], cloud=cloud).loops(top=1)
    assert np.isnan(layer.loops[0].followed[1]).all()
    assert np.isfinite(other.loops[0].followed).all()
    unknown = run_loops.life_of(layer.loops[0].followed[1], other)
    assert np.isnan(unknown["ratio"])
    assert unknown["significant_in"] is None


def test_clouds_without_points_or_of_one_have_no_loops(tmp_path: Path) -> None:
    collapsed = np.zeros((20, 3))
    for name, y, cloud in (("one", None, CLOUD), ("none", np.zeros(20, int), CLOUD | {"classes": [1]})):
        (tmp_path / name).mkdir()
        [layer] = Network(tmp_path / name, [[collapsed]], y, cloud=cloud).loops(top=3)
        assert (len(layer.loops), layer.tested) == (0, 0)


def test_a_loop_that_falls_together_has_no_life(tmp_path: Path) -> None:
    layer, collapsed = Network(tmp_path, [[ring(60, 0), np.zeros((60, 2))]]).loops(top=1)
    life = run_loops.life_of(layer.loops[0].followed[1], collapsed)
    assert (life["there_from"], life["bounds_at"], life["ratio"]) == (0, 0, 1)


def test_ratios() -> None:
    there, bounds = np.array([2.0, 1, 0, 1, np.inf, np.nan]), np.array([3.0, 1, 0, np.inf, np.inf, np.nan])
    np.testing.assert_array_equal(followed.ratio(there, bounds), [1.5, 1, 1, np.inf, np.nan, np.nan])


def test_the_significant_bars_are_chosen_and_the_longest() -> None:
    bars = np.array([[1, 2], [1, 4], [0.01, 0.9], [1, 3.0]])
    p = np.array([0.5, 0.5, 0.001, np.nan])
    assert loops.chosen_bars(bars, p, 1) == ([1, 2], [False, True])
    assert loops.chosen_bars(bars, p, 0) == ([2], [True])
