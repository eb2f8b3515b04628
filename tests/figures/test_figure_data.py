"""Pictures of data sets."""

from __future__ import annotations

import numpy as np
import pytest
from drawings import marks

from layertopo.data.dataset import Dataset
from layertopo.figures import data as figures
from layertopo.figures.data import data_figure, view_of
from layertopo.figures.style import class_colours, plain

FACTS = {"best_radius": 1.0, "best_radius_accuracy": 0.5}


def data_of(dimension: int) -> Dataset:
    X = np.random.default_rng(0).normal(size=(50, dimension)).astype(np.float32)
    rows = np.arange(50)
    return Dataset(X, rows % 2, rows[:30], rows[30:])


@pytest.mark.parametrize("dimension", [1, 2, 10])
def test_data_in_any_dimension(dimension: int) -> None:
    data = data_of(dimension)
    points, radii = data_figure(data, "data", FACTS, isotropic=True).axes
    drawn = marks(points)["points"]
    np.testing.assert_array_equal(drawn[:, 0], data.X[:, 0])
    assert (" of 10 " in points.get_title()) == (dimension == 10)
    assert radii.get_xlabel() == "Distance from the origin"


@pytest.mark.parametrize("dimension", [1, 2, 3, 10])
def test_without_a_radius_each_class_is_drawn_alone(dimension: int) -> None:
    data = data_of(dimension)
    together, *alone = data_figure(data, "data", {}).axes
    assert [axes.get_title() for axes in alone] == ["Class 0", "Class 1"]
    assert [axes.name for axes in (together, *alone)] == ["3d" if dimension == 3 else "rectilinear"] * 3
    for label, axes in enumerate(alone):
        (own,) = [each for each in axes.collections if each.get_gid() == "points"]
        assert len(own.get_offsets()) == (data.y == label).sum()
        assert (axes.get_xlim(), axes.get_ylim()) == (alone[0].get_xlim(), alone[0].get_ylim())


@pytest.mark.parametrize("dimension", [2, 10])
def test_a_flat_cloud_has_room_around_it(dimension: int) -> None:
    data = data_of(dimension)
    data.X[:, 0] *= 100
    for axes in data_figure(data, "data", {}).axes:
        (own,) = [each for each in axes.collections if each.get_gid() == "points"]
        width, height = np.ptp(axes.get_xlim()), np.ptp(axes.get_ylim())
        assert height / width == pytest.approx(figures.FLATTEST)
        for limits, column in zip((axes.get_xlim(), axes.get_ylim()), own.get_offsets().T, strict=True):
            assert limits[0] < column.min()
            assert column.max() < limits[1]


def test_more_than_three_coordinates_are_seen_by_principal_components() -> None:
    rng = np.random.default_rng(0)
    spread = np.array([1, 5, 0.1, 3])
    X = (rng.normal(size=(400, 4)) * spread).astype(np.float32)
    view = view_of(X, isotropic=False)
    expected = X - X.mean(axis=0)
    for component, column in enumerate((1, 3)):
        assert abs(np.corrcoef(view.points[:, component], expected[:, column])[0, 1]) > 0.99
    assert view.points.var(axis=0)[0] > view.points.var(axis=0)[1]
    assert view.title == "The points in 2 of 4 dimensions, 97% of the variance"
    turned = view_of(X @ np.linalg.qr(rng.normal(size=(4, 4)))[0].astype(np.float32), isotropic=False)
    np.testing.assert_allclose(np.abs(turned.points), np.abs(view.points), atol=1e-3)


@pytest.mark.parametrize(("count", "dimension"), [(3, 1), (10, 8), (12, 3), (20, 2), (30, 2)])
def test_any_number_of_classes(count: int, dimension: int) -> None:
    X = np.random.default_rng(0).normal(size=(120, dimension)).astype(np.float32)
    names = tuple(f"{k} $x_k$" for k in range(count))
    data = Dataset(X, np.arange(120) % count, np.arange(90), np.arange(90, 120), names)
    figure = data_figure(data, "data", {})
    figure.canvas.draw()
    together, *alone = figure.axes
    assert len(alone) == (count if count <= 20 else 0)
    for label, axes in enumerate(alone):
        assert axes.get_title().endswith(plain(names[label]))
        (own,) = [each for each in axes.collections if each.get_gid() == "points"]
        assert len(own.get_offsets()) == 120 // count
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == [plain(name) for name in names]
    (points,) = [each for each in together.collections if each.get_gid() == "points"]
    assert len(np.unique(points.get_facecolors(), axis=0)) == count


def test_rows_without_labels_are_of_one_colour_and_have_no_legend() -> None:
    data = data_of(2)
    figure = data_figure(Dataset(data.X, 0 * data.y, data.train, data.test, ()), "data", {})
    assert (len(figure.axes), figure.legends) == (1, [])


def test_coordinates_have_the_names_of_their_columns() -> None:
    data = data_of(2)
    named = Dataset(data.X, data.y, data.train, data.test, ("no", "yes"), ("Länge, $m$", "b" * 50))
    together, *alone = data_figure(named, "data", {}).axes
    assert (together.get_xlabel(), together.get_ylabel()) == (r"Länge, \$m\$", "b" * 29 + "…")
    assert [axes.get_title() for axes in alone] == ["Class no", "Class yes"]


def test_of_a_large_table_some_rows_are_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(figures, "MOST_ROWS", 1000)
    X = np.random.default_rng(0).normal(size=(3000, 2)).astype(np.float32)
    data = Dataset(X, np.arange(3000) % 2, np.arange(2000), np.arange(2000, 3000))
    together, *_ = data_figure(data, "data", {}).axes
    assert len(marks(together)["points"]) == 1000
    assert together.get_title() == "The points: 1,000 of 3,000 rows"


@pytest.mark.parametrize("count", [1, 2, 3, 10, 11, 20, 21, 60])
def test_each_class_has_a_colour_of_its_own(count: int) -> None:
    assert len(set(class_colours(count))) == count
