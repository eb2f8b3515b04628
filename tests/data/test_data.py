"""Data sets: the geometry of the points, their noise and order, and the split."""

from __future__ import annotations

import h5py
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.model_selection import train_test_split

from layertopo.data import dataset as data
from layertopo.data import kinds
from layertopo.data.nested_spheres import NestedSpheres, best_radius_accuracy
from layertopo.errors import ResultError
from layertopo.storage import Stored

RADII = [3.0, 6.0]


def spheres(n: int = 500, d: int = 3, noise: float = 0.0, seed: int = 0):
    made = NestedSpheres(
        kind="nested_spheres", points_per_class=n, dimension=d, radii=RADII, noise=noise, seed=seed
    ).make()
    return made.X, made.y


@pytest.mark.parametrize("d", [1, 2, 3, 10])
def test_without_noise_every_point_lies_on_the_sphere_of_its_class(d):
    X, y = spheres(d=d)
    np.testing.assert_allclose(np.linalg.norm(X, axis=1), np.take(RADII, y), rtol=1e-6)


@pytest.mark.parametrize("d", [1, 2, 10])
def test_there_are_as_many_points_of_each_class_as_asked_for(d):
    X, y = spheres(n=123, d=d)
    assert X.shape == (246, d)
    assert np.bincount(y).tolist() == [123, 123]
    assert (X.dtype, y.dtype) == (np.float32, np.int64)


def test_directions_are_uniform_on_the_sphere():
    X, y = spheres(n=10_000, d=3)
    directions = X / np.take(RADII, y)[:, None]
    # Per coordinate the variance is 1/d; bounds are five standard errors.
    error = 5 * np.sqrt(1 / 3 / len(X))
    np.testing.assert_allclose(directions.mean(axis=0), 0, atol=error)
    np.testing.assert_allclose(np.cov(directions.T), np.eye(3) / 3, atol=error)


def test_the_noise_is_gaussian_with_the_given_deviation_in_every_coordinate():
    # The generator draws the same directions and the same order whatever the noise.
    noise = spheres(n=5000, d=4, noise=0.75)[0] - spheres(n=5000, d=4, noise=0.0)[0]
    error = 5 * 0.75 / np.sqrt(len(noise))
    np.testing.assert_allclose(noise.mean(axis=0), 0, atol=error)
    np.testing.assert_allclose(noise.std(axis=0), 0.75, atol=error / np.sqrt(2))
    standard = noise.ravel() / 0.75
    assert np.mean(np.abs(standard) < 1) == pytest.approx(0.6827, abs=5 * np.sqrt(0.22 / standard.size))


def test_rows_are_shuffled():
    _, y = spheres(n=5000)
    # The number of ones in the first half is hypergeometric, with deviation sqrt(n / 8) for 2n rows.
    assert y[:5000].sum() == pytest.approx(2500, abs=5 * np.sqrt(5000 / 8))


def test_the_same_seed_gives_the_same_points():
    for first, second in zip(spheres(noise=0.5), spheres(noise=0.5), strict=True):
        np.testing.assert_array_equal(first, second)


def test_another_seed_gives_other_points():
    assert not np.isin(spheres(seed=0)[0], spheres(seed=1)[0]).any()


@pytest.mark.parametrize(("n", "fraction"), [(20_000, 0.33), (7, 0.5), (120, 0.01), (120, 0.99)])
def test_the_split_is_that_of_scikit_learn_on_the_rows_themselves(n, fraction):
    values = np.random.default_rng(0).random(n)
    train, test = data.split(n, fraction, 42)
    expected_train, expected_test = train_test_split(values, test_size=fraction, random_state=42)
    np.testing.assert_array_equal(values[train], expected_train)
    np.testing.assert_array_equal(values[test], expected_test)


def test_the_original_split_has_13400_rows_for_training_and_6600_for_test():
    train, test = data.split(20_000, 0.33, 42)
    assert (len(train), len(test)) == (13_400, 6_600)


def test_the_split_takes_every_row_once():
    train, test = data.split(101, 0.33, 1)
    assert sorted([*train, *test]) == list(range(101))


@given(
    n=st.integers(2, 200),
    fraction=st.floats(0, 1, exclude_min=True, exclude_max=True),
)
def test_a_configuration_is_accepted_only_if_its_split_can_be_made(n, fraction):
    settings = {"kind": "nested_spheres", "points_per_class": n, "test_fraction": fraction}
    try:
        NestedSpheres(**settings)
    except ValueError:
        with pytest.raises(ValueError, match="resulting train set will be empty"):
            data.split(2 * n, fraction, 0)
    else:
        train, test = data.split(2 * n, fraction, 0)
        assert len(train) > 0
        assert len(test) > 0


def dataset(**changes) -> data.Dataset:
    return kinds.make(
        NestedSpheres(**({"kind": "nested_spheres", "points_per_class": 40} | changes)).settings
    )


def test_the_seed_of_the_split_leaves_the_points_alone():
    first, second = dataset(), dataset(split_seed=1)
    np.testing.assert_array_equal(first.X, second.X)
    assert first.train.tolist() != second.train.tolist()


def test_automatic_noise_is_a_quarter_of_the_gap():
    np.testing.assert_array_equal(dataset(radii=[2, 8]).X, dataset(radii=[2, 8], noise=1.5).X)


def test_a_stored_data_set_reads_back_the_same(tmp_path):
    made = dataset(dimension=2)
    data.save(made, tmp_path / "x.h5", {"dataset": 1})
    read = data.load(tmp_path / "x.h5", {"dataset": 1})
    for name in ("X", "y", "train", "test"):
        np.testing.assert_array_equal(getattr(read, name), getattr(made, name), strict=True)


@pytest.mark.parametrize("names", [("0", "1"), ("no", "weiß"), ()])
def test_names_of_classes_and_coordinates_are_kept_where_they_are_no_numbers(tmp_path, names):
    made = dataset(dimension=2)
    y = made.y if names else 0 * made.y
    named = data.Dataset(made.X, y, made.train, made.test, names, ("Länge", "b"))
    data.save(named, tmp_path / "x.h5", {"dataset": 1})
    read = data.load(tmp_path / "x.h5")
    assert (read.classes, read.features) == (names, ("Länge", "b"))
    first = data.first_rows(tmp_path / "x.h5", count=2)
    assert first.labels == ([names[k] for k in made.y[:2]] if names else None)
    with h5py.File(tmp_path / "x.h5") as file:
        assert ("classes" in file) == (names != ("0", "1"))


def test_a_data_set_of_other_settings_is_refused(tmp_path):
    data.save(dataset(), tmp_path / "x.h5", {"dataset": {"seed": 0}})
    with pytest.raises(ResultError, match=r"dataset\.seed was 0, should be 1"):
        data.load(tmp_path / "x.h5", {"dataset": {"seed": 1}})


def right_beyond(threshold: float, radius, y) -> float:
    """Accuracy of "class 1 beyond the threshold"."""
    return np.mean((radius > threshold) == y)


# Few values, so that radii coincide, within a class and across.
radii_and_classes = st.integers(1, 12).flatmap(
    lambda n: st.tuples(
        arrays(np.float32, n, elements=st.integers(1, 5).map(float)),
        arrays(np.int64, n, elements=st.integers(0, 1)),
    )
)


@given(radii_and_classes)
def test_the_best_radius_is_as_good_as_any(case):
    radius, y = case
    accuracy, threshold = best_radius_accuracy(radius[:, None], y)
    best = max(right_beyond(t, radius, y) for t in (0.0, *radius))
    assert accuracy == pytest.approx(best)
    assert right_beyond(threshold, radius, y) == pytest.approx(accuracy)


def test_separate_spheres_are_told_apart_by_their_radius():
    accuracy, threshold = best_radius_accuracy(*spheres())
    assert accuracy == 1
    assert RADII[0] < threshold < RADII[1]


def test_the_best_radius_of_adjacent_floating_point_numbers_lies_between_them():
    low = np.float32(3)
    radius = np.array([low, np.nextafter(low, np.float32(4))])
    accuracy, threshold = best_radius_accuracy(radius[:, None], np.array([0, 1]))
    assert accuracy == 1
    assert radius[0] <= threshold < radius[1]


def test_the_table_of_data_sets_has_their_sizes_and_what_their_kind_knows_of_them(tmp_path):
    stored = []
    for name, changes in {"flat": {"dimension": 2}, "deep": {"dimension": 5, "test_fraction": 0.5}}.items():
        settings = NestedSpheres(kind="nested_spheres", points_per_class=40, **changes).settings
        stored.append(Stored(str(tmp_path / f"{name}.h5"), {"dataset": name}, {"dataset": settings}))
        data.save(kinds.make(settings), stored[-1].path, stored[-1].provenance)
    found = kinds.dataset_table(stored)
    sizes = ["dataset", "n_rows", "n_train", "n_test", "n_features"]
    assert found[sizes].to_numpy().tolist() == [["flat", 80, 53, 27, 2], ["deep", 80, 40, 40, 5]]
    for (_, row), each in zip(found.iterrows(), stored, strict=True):
        held = data.load(each.path)
        best = (row["best_radius_accuracy"], row["best_radius"])
        assert best == best_radius_accuracy(held.X, held.y)


def test_the_first_rows_are_points_and_their_classes(tmp_path):
    made = dataset()
    data.save(made, tmp_path / "x.h5", {"dataset": 1})
    first = data.first_rows(tmp_path / "x.h5", {"dataset": 1}, 3)
    np.testing.assert_array_equal(first.points, made.X[:3])
    assert first.labels == [str(label) for label in made.y[:3]]
    assert first.features == ()


@pytest.mark.parametrize("fraction", [0.33, 0.5, 0.01])
def test_a_data_set_has_the_rows_that_are_foretold(fraction):
    kind = NestedSpheres(kind="nested_spheres", points_per_class=40, dimension=4, test_fraction=fraction)
    made = kind.make()
    assert kind.rows() == {"train": len(made.train), "test": len(made.test), "full": len(made.X)}
    assert kind.n_features == made.X.shape[1]
    assert kinds.kind_of(kind.settings).settings == kind.settings
