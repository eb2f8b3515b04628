"""What must hold for any cloud."""

from __future__ import annotations

import gudhi
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from layertopo.homology import Diagram, greedy, persistence_diagram

SINGLE = 2.0**-23
coordinates = st.one_of(st.integers(-3, 3).map(float), st.floats(-10, 10, width=32))
clouds = st.tuples(st.integers(1, 25), st.integers(1, 4)).flatmap(
    lambda s: arrays(np.float64, s, elements=coordinates)
)
common = settings(max_examples=60, deadline=None, derandomize=True)


def same_bytes(a: Diagram, b: Diagram) -> bool:
    return all(a.bars[dim].tobytes() == b.bars[dim].tobytes() for dim in (0, 1))


def distance(a: Diagram, b: Diagram) -> float:
    return max(gudhi.bottleneck_distance(a.bars[dim], b.bars[dim]) for dim in (0, 1))


@common
@given(clouds)
def test_equals_gudhi(points: np.ndarray) -> None:
    assert same_bytes(persistence_diagram(points), persistence_diagram(points, engine="gudhi"))


@common
@given(clouds, st.randoms(use_true_random=False))
def test_order_of_points_does_not_matter(points: np.ndarray, random: object) -> None:
    order = list(range(len(points)))
    random.shuffle(order)  # type: ignore[attr-defined]
    assert same_bytes(persistence_diagram(points), persistence_diagram(points[order]))


@common
@given(clouds, st.integers(1, 3))
def test_duplicates_add_no_bar(points: np.ndarray, copies: int) -> None:
    once, more = persistence_diagram(points), persistence_diagram(np.vstack([points] * copies))
    assert same_bytes(once, more)
    assert more.n_distinct == once.n_distinct == len(once.bars[0])
    assert more.n_points == copies * once.n_points


@common
@given(clouds, st.integers(-40, 40))
def test_scaling(points: np.ndarray, exponent: int) -> None:
    """By powers of two, which round nothing, to the bit."""
    plain, scaled = persistence_diagram(points), persistence_diagram(points * 2.0**exponent)
    for dim in (0, 1):
        np.testing.assert_array_equal(plain.bars[dim] * 2.0**exponent, scaled.bars[dim])
    np.testing.assert_allclose(plain.rms_distance * 2.0**exponent, scaled.rms_distance)


@common
@given(clouds, st.integers(0, 2**32 - 1))
def test_isometry(points: np.ndarray, seed: int) -> None:
    rng = np.random.default_rng(seed)
    rotation = np.linalg.qr(rng.normal(size=(points.shape[1],) * 2))[0]
    moved = points @ rotation + rng.normal(size=points.shape[1])
    # a distance of 1e-8 of the coordinates moves by much of itself, but by little of them
    assert distance(persistence_diagram(points), persistence_diagram(moved)) <= 16 * SINGLE * 20


@common
@given(clouds, st.integers(1, 10))
def test_greedy_bound(points: np.ndarray, size: int) -> None:
    sample = greedy(points, size)
    gap = np.linalg.norm(points[:, None] - points[sample.rows], axis=2).min(axis=1).max()
    np.testing.assert_allclose(sample.radius, gap, rtol=1e-6, atol=1e-30)
    moved = distance(persistence_diagram(points), persistence_diagram(points[sample.rows]))
    assert moved <= sample.bottleneck_bound * (1 + 1e-6) + 1e-30


@common
@given(clouds)
def test_bars_are_in_order_and_alive(points: np.ndarray) -> None:
    diagram = persistence_diagram(points)
    for bars in diagram.bars.values():
        assert (bars[:, 0] < bars[:, 1]).all()
        assert sorted(bars.tolist()) == bars.tolist()
    assert (diagram.bars[0][:, 0] == 0).all()
    assert np.isinf(diagram.bars[0][:, 1]).sum() == 1
    assert np.isfinite(diagram.bars[1]).all()
