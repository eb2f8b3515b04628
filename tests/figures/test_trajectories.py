"""Summaries from layer to layer and from epoch to epoch."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from drawings import band, legend, lines
from populations_by_hand import MANY, ONE, members, trajectories
from runs_by_hand import Made

from layertopo.analysis import replicates
from layertopo.figures.populations import rows_of
from layertopo.figures.trajectories import QUANTITIES, betti_numbers, positions, trajectory_figure


@pytest.mark.parametrize(("along", "other"), [("layer", "epoch"), ("epoch", "layer")])
def test_trajectories_are_medians_over_live_runs(along: str, other: str) -> None:
    figure = trajectories(MANY, along)
    columns = sorted({cell[other] for cell in MANY.diagrams()})
    axes = np.array(figure.axes).reshape(len(QUANTITIES), len(columns))
    table = MANY.summaries().query("split == 'train' and dimension == 1 and model == 'bad'")
    dead = [(run.dataset, run.seed) for run in members(MANY)[1].dead]
    table = table.assign(dead=[run in dead for run in zip(table["dataset"], table["seed"], strict=True)])
    for row, quantity in enumerate(QUANTITIES):
        for column, value in enumerate(columns):
            mine = table[table[other] == value]
            (line,) = lines(axes[row, column], "bad")
            expected = mine[~mine["dead"]].groupby(along)[quantity.column].median()
            np.testing.assert_allclose(line, expected)
            ghosts = lines(axes[row, column], "bad-dead")
            expected = [own[quantity.column] for _, own in mine[mine["dead"]].groupby(["dataset", "seed"])]
            np.testing.assert_array_equal(ghosts, expected)


def test_bands_are_intervals_over_draws_and_seeds() -> None:
    figure = trajectories(MANY, "layer")
    axes = figure.axes[2 * 3]  # number of classes, epoch 0
    table = MANY.summaries().query("split == 'train' and dimension == 1 and model == 'good' and epoch == 0")
    values = table.pivot_table("bars", ["dataset", "seed"], "layer")
    interval = replicates.median_interval(values.to_numpy(), values.index.get_level_values(0).tolist())
    low, high = band(axes, "good-band")
    np.testing.assert_allclose(low, interval.low)
    np.testing.assert_allclose(high, interval.high)
    assert any("interval" in text for text in legend(figure))


def test_the_legend_counts_the_dead() -> None:
    assert legend(trajectories(MANY, "layer"))[:2] == ["good (6 live)", "bad (4 live, 2 dead)"]
    assert "a network that is dead in the end" in legend(trajectories(MANY, "layer"))
    assert "a network that is dead in the end" not in legend(trajectories(Made(), "layer"))


def test_networks_short_of_their_goal_have_lines_of_their_own_and_enter_no_median() -> None:
    made = replace(MANY, dead=(), short=(("draw0", "bad", 0), ("draw1", "bad", 2)))
    figure = trajectories(made, "layer")
    assert "a network that is short of the goal in the end" in legend(figure)
    axes = figure.axes[2 * 3]  # number of classes, epoch 0
    table = made.summaries().query("split == 'train' and dimension == 1 and model == 'bad' and epoch == 0")
    runs = table.pivot_table("bars", ["dataset", "seed"], "layer")
    (line,) = lines(axes, "bad")
    left_out = [("draw0", 0), ("draw1", 2)]
    np.testing.assert_array_equal(line, runs.drop(left_out).median())
    np.testing.assert_array_equal(lines(axes, "bad-short of the goal"), runs.loc[left_out])


def test_one_network_has_a_line_and_no_band() -> None:
    figure = trajectories(ONE, "epoch")
    assert "one network: no interval" in legend(figure)
    assert not any("interval of" in text for text in legend(figure))
    axes = figure.axes[0]
    assert [len(line) for line in lines(axes, "good")] == [2]
    assert np.isnan(
        np.concatenate(
            [path.vertices for each in axes.collections for path in each.get_paths()] or [[np.nan]]
        )
    ).all()
    assert lines(axes, "bad") == []
    assert len(lines(axes, "bad-dead")) == 1


def test_models_of_other_layers_leave_gaps() -> None:
    rows = rows_of(MANY.summaries(), MANY.datasets, {"cloud": "all"}, dimension=1, split="train")
    rows = rows[(rows["model"] == "good") | (rows["layer"] == 3)]
    figure = trajectory_figure(rows, members(MANY), "layer", "title")
    (line,) = lines(figure.axes[0], "bad")
    np.testing.assert_array_equal(np.isnan(line), [True, False])


def test_heights_begin_at_zero_and_hold_every_value() -> None:
    for axes in trajectories(MANY, "layer").axes:
        low, high = axes.get_ylim()
        assert low == 0
        values = np.concatenate([line.get_ydata() for line in axes.lines])
        assert values[np.isfinite(values)].max() < high


def test_at_one_scale_the_betti_numbers_are_followed_in_all_dimensions() -> None:
    rows = MANY.summaries().query("split == 'train'")
    table, quantities = betti_numbers(rows.assign(betti=10.0 * rows["dimension"] + rows["layer"]))
    figure = trajectory_figure(table, members(MANY), "layer", "title", quantities)
    assert [quantity.column for quantity in quantities] == ["n_distinct", "betti_0", "betti_1"]
    axes = np.array(figure.axes).reshape(3, len(MANY.epochs))
    for dimension in (0, 1):
        for place in axes[1 + dimension]:
            (line,) = lines(place, "good")
            np.testing.assert_array_equal(line, [10 * dimension + layer for layer in MANY.layers])


def test_the_last_epoch_stands_at_the_median_of_its_numbers():
    epochs = pd.Series([0, "last", 0, "last"], dtype=object)
    summaries = pd.DataFrame({"epoch": epochs, "epoch_number": [0, 7, 0, 9]})
    assert positions(summaries, [0, "last"]) == [0.0, 8.0]
    assert positions(summaries, [0, 5]) == [0.0, 5.0]
