"""Distances within networks."""

from __future__ import annotations

from itertools import product

import numpy as np
from drawings import cells
from matplotlib.figure import Figure
from populations_by_hand import MANY, members, moved
from runs_by_hand import Made

from layertopo.figures.heat_maps import draw_cells, norm_of
from layertopo.figures.moved import STEPS


def test_distances_within_runs_are_medians_over_live_and_dead_runs_apart() -> None:
    figure = moved(MANY)
    panels = np.array([axes for axes in figure.axes if axes.get_ylabel()[:10] != "Bottleneck"]).reshape(3, 3)
    assert [axes.get_title() for axes in panels[0]] == ["good, 6 live", "bad, 4 live", "bad, 2 dead"]
    bad = members(MANY)[1]
    table = MANY.distances().query(
        "model_a == 'bad' and dimension == 1 and across == 'epochs' and split_a == 'train'"
    )
    assert [label.get_text() for label in panels[1, 0].get_yticklabels()] == ["0 – 3", "0 – 5", "3 – 5"]
    for column, runs in ((1, bad.live), (2, bad.dead)):
        held = [(row.dataset, row.seed_a) in runs for row in table.itertuples()]
        own = table[held]
        for (row, pair), (place, layer) in product(
            enumerate([(0, 3), (0, 5), (3, 5)]), enumerate(MANY.layers)
        ):
            one = own[(own["epoch_a"] == pair[0]) & (own["epoch_b"] == pair[1]) & (own["layer_a"] == layer)]
            assert len(one) == len(runs)
            np.testing.assert_array_equal(
                cells(panels[1, column])[row, place], one["bottleneck_scaled"].median()
            )


def test_what_cannot_be_compared_is_left_out() -> None:
    figure = moved(Made(layers=(1,), splits=("train",)))
    assert [axes.get_ylabel() for axes in figure.axes if axes.images] == ["Between\nepochs", ""]


def test_steps_are_those_of_the_table() -> None:
    assert {step.across for step in STEPS} | {"networks"} == set(MANY.distances()["across"])


def test_an_infinite_distance_is_dark_and_written_as_such() -> None:
    values = np.array([[1.0, np.inf], [np.nan, 2.0]])
    norm = norm_of([values])
    axes = Figure().subplots()
    draw_cells(axes, values, norm)
    assert norm.vmax == 2
    assert [text.get_text() for text in axes.texts] == ["1", "∞", "–", "2"]
    np.testing.assert_array_equal(axes.images[0].get_array().filled(np.nan), [[1, 2], [np.nan, 2]])
