"""Spaces whose homology is known: the bars that stand out are the classes of the space."""

from __future__ import annotations

import numpy as np
import pytest
from clouds import c_shape, circle, torus

from layertopo.homology import persistence_diagram


def significant(points: np.ndarray, dimension: int, ratio: float = 2.0, **settings: object) -> int:
    """Number of finite bars that live at least `ratio` times as long in scale as they were old at birth."""
    dims = tuple(range(dimension + 1))
    bars = persistence_diagram(points, dimensions=dims, **settings).finite(dimension)  # type: ignore[arg-type]
    return int((bars[:, 1] > ratio * bars[:, 0]).sum())


FIGURE_EIGHT = np.vstack([circle(60), circle(60, centre=(2.0, 0.0))])
TWO_CIRCLES = np.vstack([circle(60), circle(60, centre=(5.0, 0.0))])
NESTED = np.vstack([circle(60), circle(180, 4.0)])


@pytest.mark.parametrize(
    ("points", "loops"),
    [(circle(60), 1), (FIGURE_EIGHT, 2), (TWO_CIRCLES, 2), (NESTED, 2), (np.arange(30.0)[:, None], 0)],
    ids=["circle", "figure eight", "two circles", "nested circles", "segment"],
)
@pytest.mark.parametrize("engine", ["layertopo", "gudhi", "giotto"])
def test_loops(points: np.ndarray, loops: int, engine: str) -> None:
    assert significant(points, 1, engine=engine) == loops


def test_circle_dies_where_three_points_span_it() -> None:
    """A circle of radius 1 is filled when an equilateral triangle is: at sqrt(3)."""
    bars = persistence_diagram(circle(300)).bars[1]
    np.testing.assert_allclose(bars, [[2 * np.sin(np.pi / 300), np.sqrt(3)]], rtol=1e-6)


def test_c_shape_closes_at_its_gap() -> None:
    points = c_shape()
    (bar,) = persistence_diagram(points).bars[1]
    assert bar[0] == pytest.approx(np.linalg.norm(points[0] - points[-1]), rel=1e-6)


def test_components() -> None:
    points = np.vstack([circle(20), circle(20, centre=(50.0, 0.0)), circle(20, centre=(0.0, 80.0))])
    deaths = persistence_diagram(points, dimensions=(0,)).finite(0)[:, 1]
    np.testing.assert_allclose(np.sort(deaths)[-2:], [48.0, 78.0], rtol=0.01)


def test_torus() -> None:
    """Two loops stand out; the shorter dies when its tube of radius 1 is filled, at sqrt(3)."""
    lengths = np.ptp(persistence_diagram(torus(1500)).bars[1], axis=1)
    assert np.sort(lengths)[-2] > 2 * np.sort(lengths)[-3]


def test_sphere_has_a_cavity_and_no_loop() -> None:
    i = np.arange(80) + 0.5  # a spiral of nearly even spacing
    polar, azimuth = np.arccos(1 - 2 * i / 80), np.pi * (1 + 5**0.5) * i
    sphere = np.column_stack(
        [np.cos(azimuth) * np.sin(polar), np.sin(azimuth) * np.sin(polar), np.cos(polar)]
    )
    diagram = persistence_diagram(sphere, dimensions=(0, 1, 2))
    assert (np.ptp(diagram.bars[2], axis=1) > 0.5).sum() == 1
    assert (np.ptp(diagram.bars[1], axis=1) > 0.5).sum() == 0
