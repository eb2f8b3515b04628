"""The estimate of what a diagram costs."""

from __future__ import annotations

import time
from itertools import pairwise

import numpy as np
import pytest

from layertopo.homology import persistence_diagram
from layertopo.homology.cost import estimate, room_for_a_large_loop
from layertopo.homology.engines import ENGINES


@pytest.mark.parametrize("engine", ENGINES)
def test_more_points_cost_more(engine: str) -> None:
    costs = [estimate(n, engine=engine) for n in (0, 1, 100, 1000, 10000)]
    for less, more in pairwise(costs):
        assert less.seconds < more.seconds
        assert less.megabytes < more.megabytes


def test_higher_dimensions_cost_more() -> None:
    costs = [estimate(500, range(top + 1)).seconds for top in (1, 2, 3)]
    assert costs == sorted(costs)


def test_a_large_loop_of_many_points_has_room() -> None:
    """Two rows of bits for each point, as long as they are not beyond what a job should ask for."""
    assert room_for_a_large_loop(100_000, 2) > 2 * 100_000**2 / 8 / 2**20
    assert room_for_a_large_loop(10**6, 2) == room_for_a_large_loop(1000, 2) == 0
    assert estimate(100_000, n_coordinates=2).megabytes < 400
    assert estimate(10**6, n_coordinates=2).megabytes < 1000


def test_default_experiment_fits_a_laptop() -> None:
    cost = estimate(20000)
    assert cost.seconds < 300
    assert cost.megabytes < 4000


def test_is_an_upper_estimate() -> None:
    points = np.random.default_rng(0).normal(size=(3000, 8))
    persistence_diagram(points[:50])  # compiles
    start = time.process_time()
    persistence_diagram(points)
    assert time.process_time() - start < estimate(len(points)).seconds


def test_what_an_engine_cannot_do_has_no_cost() -> None:
    with pytest.raises(ValueError, match="does not compute dimension 2"):
        estimate(100, (2,), engine="layertopo")


def test_wide_layers_take_longer() -> None:
    narrow, wide = (estimate(20_000, n_coordinates=d).seconds for d in (10, 512))
    assert wide > narrow + 200
