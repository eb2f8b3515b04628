"""Each class of the data sets that are made here has the Betti numbers that its kind says it has."""

from __future__ import annotations

import gudhi
import numpy as np
import pytest

from layertopo.data.kinds import kind_of
from layertopo.experiment.parse import parse_config


def points_of(label: int, **settings: object) -> np.ndarray:
    """Points of one class."""
    data = kind_of(settings).make()
    return data.X[data.y == label].astype(float)


def betti_numbers(points: np.ndarray, radius: float) -> list[int]:
    """Betti numbers of the union of balls around the points: those of GUDHI's alpha complex."""
    tree = gudhi.AlphaComplex(points=points).create_simplex_tree(max_alpha_square=radius**2)
    tree.compute_persistence(homology_coeff_field=2, persistence_dim_max=True)
    numbers = tree.betti_numbers()
    return [*numbers, 0, 0, 0][: points.shape[1]]


@pytest.mark.parametrize(
    ("settings", "label", "radius", "numbers"),
    [
        ({"kind": "disks"}, 0, 0.2, [9, 0]),
        ({"kind": "disks"}, 1, 0.2, [1, 9]),
        ({"kind": "disks", "points_at": "random", "count": 8670}, 0, 0.45, [9, 0]),
        ({"kind": "disks", "points_at": "random", "count": 8670}, 1, 0.6, [1, 9]),
        ({"kind": "linked_tori", "points_per_ring": 700}, 0, 0.1, [9, 9, 0]),
        ({"kind": "linked_tori", "points_per_ring": 700}, 1, 0.1, [9, 9, 0]),
        ({"kind": "nested_shells", "points_per_unit": 2000}, 0, 0.09, [9, 0, 9]),
        ({"kind": "nested_shells", "points_per_unit": 2000}, 1, 0.1, [18, 0, 9]),
        ({"kind": "nested_shells", "core": "shell"}, 1, 0.085, [18, 0, 18]),
        ({"kind": "moons", "noise": 0.05}, 0, 0.12, [1, 0]),
        ({"kind": "moons", "noise": 0.05}, 1, 0.12, [1, 0]),
        ({"kind": "nested_spheres", "dimension": 2, "noise": 0.1, "points_per_class": 1000}, 0, 0.3, [1, 1]),
        (
            {"kind": "nested_spheres", "dimension": 3, "noise": 0.1, "points_per_class": 2000},
            1,
            1.2,
            [1, 0, 1],
        ),
    ],
    ids=lambda value: "-".join(map(str, value.values())) if isinstance(value, dict) else str(value),
)
def test_a_class_has_its_betti_numbers(settings, label, radius, numbers):
    assert betti_numbers(points_of(label, **settings), radius) == numbers


def test_the_rings_of_a_pair_are_linked():
    """Each ring goes through the other: the Gauss integral of their cores is one."""
    angle = np.linspace(0, 2 * np.pi, 400, endpoint=False)
    nothing = np.zeros_like(angle)
    first = np.column_stack([2.35 * np.cos(angle) + 2.2, 2.35 * np.sin(angle), nothing])
    second = np.column_stack([2.35 * np.cos(angle), nothing, 2.35 * np.sin(angle)])
    steps = [np.roll(each, -1, axis=0) - np.roll(each, 1, axis=0) for each in (first, second)]
    apart = first[:, None] - second[None]
    triple = np.einsum("ijk,ijk->ij", apart, np.cross(steps[0][:, None], steps[1][None]))
    linking = (triple / np.linalg.norm(apart, axis=2) ** 3).sum() / 4 / (4 * np.pi)
    assert abs(abs(linking) - 1) < 0.05


KINDS = ("nested_spheres", "disks", "linked_tori", "nested_shells", "moons")


@pytest.mark.parametrize("kind", KINDS)
def test_a_data_set_has_the_rows_that_it_says(kind):
    made, described = kind_of({"kind": kind}).make(), kind_of({"kind": kind})
    assert made.X.shape == (described.n_rows, described.n_features)
    assert {"train": len(made.train), "test": len(made.test), "full": len(made.X)} == described.rows()
    assert set(made.y.tolist()) == {0, 1}
    assert np.isfinite(made.X).all()


@pytest.mark.parametrize("kind", KINDS)
def test_a_seed_decides_the_points(kind):
    first, again, other = (kind_of({"kind": kind, "seed": seed}).make() for seed in (3, 3, 4))
    assert np.array_equal(first.X, again.X)
    assert np.array_equal(first.y, again.y)
    assert not np.array_equal(first.X, other.X)


@pytest.mark.parametrize("kind", ["linked_tori", "nested_shells"])
def test_coordinates_are_scaled_to_one(kind):
    assert np.abs(kind_of({"kind": kind}).make().X).max(axis=0) == pytest.approx([1, 1, 1])


def test_disks_on_the_grid_are_the_same_points_for_every_seed_and_so_no_draws():
    one, other = (kind_of({"kind": "disks", "seed": seed}) for seed in (0, 1))
    assert sorted(one.make().X.tolist()) == sorted(other.make().X.tolist())
    assert not one.is_random
    datasets = {name: {"kind": "disks", "seed": seed} for seed, name in enumerate(("a", "b"))}
    models = {"m": {"hidden": [3, 3, 3]}}
    assert parse_config({"datasets": datasets, "models": models}).populations() == {"a": ["a"], "b": ["b"]}
    for settings in datasets.values():
        settings["points_at"] = "random"
    assert parse_config({"datasets": datasets, "models": models}).populations() == {"a": ["a", "b"]}


@pytest.mark.parametrize(("points_at", "key", "value"), [("grid", "count", 500), ("random", "spacing", 0.3)])
def test_a_key_without_effect_is_refused_and_decides_nothing(points_at, key, value):
    with pytest.raises(ValueError, match=f"{key} has no effect on points_at: {points_at}"):
        kind_of({"kind": "disks", "points_at": points_at, key: value})
    assert key not in kind_of({"kind": "disks", "points_at": points_at}).settings
