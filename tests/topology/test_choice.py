"""The rule that chooses neighbours and hops."""

from __future__ import annotations

import numpy as np
import pytest

from layertopo.data import kinds
from layertopo.topology.choice import Choice, choose

ANGLES = np.linspace(0, 2 * np.pi, 40, endpoint=False)
CIRCLE = np.column_stack([np.cos(ANGLES), np.sin(ANGLES)])
TWO = np.concatenate([CIRCLE, CIRCLE + np.array([5, 0])])


def classes(settings: dict[str, object]) -> tuple[list[np.ndarray], tuple[tuple[int, ...], ...]]:
    kind = kinds.kind_of(settings)
    made = kind.make()
    return [made.X[made.y == k].astype(float) for k in range(2)], kind.betti


def pairs(choice: Choice) -> list[tuple[int, int]]:
    return [(each.neighbours, each.scale) for each in choice.trials]


def test_the_fewest_neighbours_come_first_then_the_least_scale():
    choice = choose([CIRCLE, TWO], [(1, 1), (2, 2)], neighbours=range(1, 9), scales=(1, 2, 3))
    # One neighbour each leaves parts; with two each circle is a polygon, at any scale that does not fill it.
    assert (choice.chosen.neighbours, choice.chosen.scale) == (2, 1)
    assert pairs(choice)[:4] == [(1, 0), (2, 1), (2, 2), (2, 3)]
    assert choice.stable_scales == [1, 2, 3]
    # All that is tried after it is at the chosen scale.
    assert pairs(choice)[4:] == [(k, 1) for k in range(3, 9)]
    assert choice.stable_neighbours == list(range(2, 9))


def test_the_stable_interval_ends_with_the_first_that_is_wrong_and_nothing_is_tried_after_it():
    choice = choose([TWO], [(2, 2)], neighbours=range(2, 80, 4), scales=(1,))
    wrong = choice.trials[-1]
    assert not wrong.right
    assert choice.stable_neighbours == [each.neighbours for each in choice.trials[:-1]]
    assert wrong.neighbours < 78  # with 39 others of the same circle there is no hole left


def test_a_scale_that_is_too_small_or_fills_holes_is_passed_over():
    rng = np.random.default_rng(1)
    angles = rng.uniform(0, 2 * np.pi, 400)
    ring = rng.uniform(0.7, 1.3, (400, 1)) * np.column_stack([np.cos(angles), np.sin(angles)])
    choice = choose([ring], [(1, 1, 0)], neighbours=range(3, 12), scales=(1, 2, 3, 25))
    by_pair = {(each.neighbours, each.scale): each for each in choice.trials}
    chosen = choice.chosen
    assert chosen.scale > 1
    assert not by_pair[chosen.neighbours, 1].right  # small holes between points
    assert by_pair[chosen.neighbours, 25].betti != ((1, 1, 0),)
    assert choice.stable_scales[0] == chosen.scale
    assert 25 not in choice.stable_scales


def test_the_number_of_parts_decides_for_all_classes_together():
    rng = np.random.default_rng(0)
    near, far = rng.normal(size=(50, 2)), rng.normal(size=(50, 2)) + np.repeat([[0, 0], [40, 0]], 25, axis=0)
    choice = choose([near, far], [(1,), (2,)], neighbours=range(1, 30), scales=(1,))
    for each in choice.trials:
        assert each.right == (each.betti == ((1,), (2,)))
    assert choice.chosen == next(each for each in choice.trials if each.right)
    assert choice.trials[-1].neighbours == 25  # more than the others of a part: the parts are joined
    assert choice.trials[-1].betti == ((1,), (1,))


def test_nothing_right_is_no_choice():
    choice = choose([CIRCLE], [(1, 5)], neighbours=(1, 2, 3), scales=(1, 2), also=(4, 2))
    assert choice.chosen is None
    assert choice.stable_neighbours == choice.stable_scales == []
    assert pairs(choice) == [(1, 0), (2, 1), (2, 2), (3, 1), (3, 2)]
    assert (choice.also.neighbours, choice.also.scale, choice.also.right) == (4, 2, False)


@pytest.mark.parametrize(
    ("settings", "neighbours"),
    [
        ({"kind": "disks", "spacing": 0.4}, range(2, 8)),
        ({"kind": "linked_tori", "points_per_ring": 150}, range(4, 14)),
        ({"kind": "nested_shells", "points_per_unit": 1000, "core": "shell"}, range(18, 21)),
    ],
    ids=["disks", "linked_tori", "nested_shells"],
)
def test_known_shapes_have_a_choice(settings, neighbours):
    points, known = classes(settings)
    choice = choose(points, known, neighbours=neighbours, scales=(1, 2, 3))
    assert choice.chosen is not None
    assert choice.chosen.betti == known
    assert choice.stable_neighbours[0] == choice.chosen.neighbours


@pytest.mark.parametrize("kind", ["disks", "linked_tori", "nested_shells"])
def test_what_the_paper_took_is_known(kind):
    assert kinds.kind_of({"kind": kind}).published_graph[1] == 2


def test_spheres_have_the_numbers_of_their_dimension():
    numbers = [kinds.kind_of({"kind": "nested_spheres", "dimension": d}).betti[0] for d in (1, 2, 3, 4)]
    assert numbers == [(2, 0, 0), (1, 1, 0), (1, 0, 1), (1, 0, 0)]
