"""Mean Betti numbers at one scale, and mean numbers of what stands out in diagrams: recounted from the table."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from drawings import band, legend, lines
from matplotlib.figure import Figure
from populations_by_hand import MANY, ONE, members
from runs_by_hand import Made

from layertopo.figures.mean_betti import NOUNS, mean_betti_figure, number_table

#: One network of `bad` is dead, one is short of its goal.
SOME = replace(MANY, dead=(("draw0", "bad", 1),), short=(("draw0", "bad", 1), ("draw1", "bad", 2)))


def numbers(made: Made) -> pd.DataFrame:
    """Rows of summaries with another Betti number in each."""
    rows = made.summaries().query("split == 'train'")
    return rows.assign(betti=np.random.default_rng(3).integers(1, 30, len(rows)))


def drawn(made: Made) -> tuple[Figure, np.ndarray]:
    figure = mean_betti_figure(number_table(numbers(made)), members(made), "title", {"0": "b0", "1": "b1"})
    return figure, np.array(figure.axes).reshape(len(made.epochs), -1)


@pytest.mark.parametrize("model", MANY.models)
def test_means_and_half_standard_deviations_are_over_live_networks_of_every_dimension_and_all(model):
    _, axes = drawn(SOME)
    assert axes.shape[1] == len(SOME.dimensions) + 1
    assert [panel.get_title() for panel in axes[0]] == ["b0", "b1", "Total"]
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


def test_a_model_without_an_epoch_that_others_have_has_no_line_there():
    rows = numbers(MANY)
    own = rows[(rows["model"] == "good") | (rows["epoch"] == MANY.epochs[0])]
    figure = mean_betti_figure(number_table(own), members(MANY), "title", {"0": "b0", "1": "b1"})
    axes = np.array(figure.axes).reshape(len(MANY.epochs), -1)
    for epoch, row in enumerate(axes):
        assert np.isfinite(lines(row[0], "good")[0]).all()
        assert all(np.isfinite(line).any() == (epoch == 0) for line in lines(row[0], "bad"))


def test_heights_begin_at_zero_and_show_a_whole_number():
    assert {panel.get_ylim()[0] for panel in drawn(MANY)[1].flat} == {0}
    table = number_table(numbers(MANY)).assign(**{"1": 0})
    figure = mean_betti_figure(table, members(MANY), "title", NOUNS)
    assert figure.axes[1].get_ylim() == (0, 1)


@pytest.mark.filterwarnings("error")
def test_of_diagrams_components_and_significant_loops_are_counted_where_they_are_known():
    rows = SOME.summaries().query("split == 'train'").reset_index(drop=True)
    points = rows["dimension"] == 0
    some = np.random.default_rng(4).integers(1, 9, len(rows))
    rows["components"] = np.where(points, some, np.nan)
    tied = ~points & (rows["layer"] == 3) & (rows["model"] == "good") & (rows["seed"] == 0)
    rows.loc[tied, "significant_bars"] = np.nan
    table = number_table(rows)
    untested = (table["layer"] == 3) & (table["model"] == "good") & (table["seed"] == 0)
    assert (table["1"].isna() == untested).all()
    assert (table["total"].isna() == untested).all()
    figure = mean_betti_figure(table, members(SOME), "title", NOUNS)
    axes = np.array(figure.axes).reshape(len(SOME.epochs), -1)
    assert [panel.get_title() for panel in axes[0]] == ["Components", "Significant loops", "Total"]
    good = rows[rows["model"] == "good"].groupby(["epoch", "dimension", "layer"])
    for row, epoch in zip(axes, SOME.epochs, strict=True):
        for panel, dimension, column in zip(row, (0, 1), ("components", "significant_bars"), strict=False):
            (line,) = lines(panel, "good")
            np.testing.assert_allclose(line, good[column].mean().loc[epoch, dimension])
