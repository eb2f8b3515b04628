"""Mean Betti numbers at one scale: recounted from the table."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from drawings import band, legend, lines
from matplotlib.figure import Figure
from populations_by_hand import MANY, ONE, members
from runs_by_hand import Made

from layertopo.figures.mean_betti import betti_table, mean_betti_figure

#: One network of `bad` is dead, one is short of its goal.
SOME = replace(MANY, dead=(("draw0", "bad", 1),), short=(("draw0", "bad", 1), ("draw1", "bad", 2)))


def numbers(made: Made) -> pd.DataFrame:
    """Rows of summaries with another Betti number in each."""
    rows = made.summaries().query("split == 'train'")
    return rows.assign(betti=np.random.default_rng(3).integers(1, 30, len(rows)))


def drawn(made: Made) -> tuple[Figure, np.ndarray]:
    figure = mean_betti_figure(betti_table(numbers(made)), members(made), "title")
    return figure, np.array(figure.axes).reshape(len(made.epochs), -1)


@pytest.mark.parametrize("model", MANY.models)
def test_means_and_half_standard_deviations_are_over_live_networks_of_every_dimension_and_all(model):
    _, axes = drawn(SOME)
    assert axes.shape[1] == len(SOME.dimensions) + 1
    assert [panel.get_title() for panel in axes[0]] == [r"$\beta_0$", r"$\beta_1$", "Total"]
    rows = numbers(SOME).query("model == @model")
    left_out = [
        run in SOME.short for run in rows[["dataset", "model", "seed"]].itertuples(index=False, name=None)
    ]
    live = rows[~np.array(left_out)]
    for row, epoch in zip(axes, SOME.epochs, strict=True):
        runs = live[live["epoch"] == epoch].pivot_table("betti", ["dataset", "seed", "dimension"], "layer")
        parts = [runs.xs(k, level="dimension") for k in SOME.dimensions]
        for panel, part in zip(row, [*parts, sum(parts)], strict=True):
            assert len(part) == (6 if model == "good" else 4)
            (line,) = lines(panel, model)
            np.testing.assert_allclose(line, part.mean())
            low, high = band(panel, f"{model}-band")
            np.testing.assert_allclose((high - low) / 2, part.std() / 2)
            np.testing.assert_allclose((high + low) / 2, part.mean())


def test_networks_that_are_left_out_are_counted():
    assert legend(drawn(SOME)[0])[:2] == ["good (6 live)", "bad (4 live, 1 dead, 1 short of the goal)"]


@pytest.mark.filterwarnings("error")
def test_one_network_has_a_line_without_a_band_and_none_has_neither():
    figure, axes = drawn(ONE)
    band_of_many = "half a standard deviation to either side"
    assert band_of_many not in legend(figure)
    assert band_of_many in legend(drawn(MANY)[0])
    (line,) = lines(axes[0, 0], "good")
    assert np.isfinite(line).all()
    assert not any(len(each.get_paths()) for each in axes[0, 0].collections)
    (none,) = lines(axes[0, 0], "bad")
    assert np.isnan(none).all()


def test_heights_begin_at_zero():
    assert {panel.get_ylim()[0] for panel in drawn(MANY)[1].flat} == {0}
