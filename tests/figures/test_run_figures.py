"""Figures over many runs show what the tables say: medians, intervals, dead networks and gaps."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from runs_by_hand import GRID, Made

from layertopo.analysis import replicates
from layertopo.figures import diagrams as figures
from layertopo.figures import trajectories as run_figures
from layertopo.figures.trajectories import QUANTITIES, STEPS, Group, Run

MANY = Made(
    datasets=("draw0", "draw1"),
    seeds=(0, 1, 2),
    dead=(("draw0", "bad", 1), ("draw1", "bad", 0)),
    epochs=(0, 3, 5),
)
ONE = Made(dead=(("draw0", "bad", 0),))


def members(made: Made) -> list[Group]:
    return run_figures.groups(made.accuracy(), made.datasets, max(made.epochs))


def trajectories(made: Made, along: str, dimension: int = 1) -> Figure:
    rows = run_figures.rows_of(made.summaries(), made.datasets, "all", dimension, split="train")
    figure = run_figures.trajectory_figure(rows, members(made), along, "title")
    return figure


def betti(made: Made, folder: Path, dimension: int = 1) -> Figure:
    cells = [list(product(made.epochs, made.layers))] * len(made.runs)
    paths = made.write_statistics(folder)
    curves = run_figures.load_betti(paths, made.runs, cells, "train", "all", dimension)
    figure = run_figures.betti_figure(curves, members(made), dimension, "title")
    return figure


def networks(made: Made, distance: str = "bottleneck") -> Figure:
    rows = run_figures.rows_of(made.distances(), made.datasets, "all", 1, across="networks", split_a="train")
    figure = run_figures.network_figure(rows, members(made), made.datasets, distance, "title")
    return figure


def moved(made: Made) -> Figure:
    rows = run_figures.rows_of(made.distances(), made.datasets, "all", 1)
    figure = run_figures.moved_figure(rows, members(made), "train", "bottleneck", "title")
    return figure


def lines(axes: Axes, gid: str) -> list[np.ndarray]:
    return [np.asarray(line.get_ydata(), float) for line in axes.lines if line.get_gid() == gid]


def band(axes: Axes, gid: str) -> tuple[np.ndarray, np.ndarray]:
    """Lower and upper edge of a band, at each place from left to right."""
    (drawn,) = (each for each in axes.collections if each.get_gid() == gid)
    x, y = np.concatenate([path.vertices for path in drawn.get_paths()]).T
    places = np.unique(x)
    return np.array([y[x == at].min() for at in places]), np.array([y[x == at].max() for at in places])


def legend(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.legends[0].get_texts()]


def cells(axes: Axes) -> np.ndarray:
    (image,) = axes.images
    return np.ma.filled(image.get_array(), np.nan)


def test_groups_part_the_dead_from_the_living() -> None:
    good, bad = members(MANY)
    assert (good.model, good.label) == ("good", "good (6 live)")
    assert bad.label == "bad (4 live, 2 dead)"
    assert bad.dead == [Run("draw0", 1), Run("draw1", 0)]
    assert len({good.colour, bad.colour}) == 2


def test_a_network_that_died_later_than_asked_is_live() -> None:
    assert run_figures.groups(MANY.accuracy(), MANY.datasets, 0)[1].dead == []


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
    rows = run_figures.rows_of(MANY.summaries(), MANY.datasets, "all", 1, split="train")
    rows = rows[(rows["model"] == "good") | (rows["layer"] == 3)]
    figure = run_figures.trajectory_figure(rows, members(MANY), "layer", "title")
    (line,) = lines(figure.axes[0], "bad")
    np.testing.assert_array_equal(np.isnan(line), [True, False])


def test_heights_begin_at_zero_and_hold_every_value() -> None:
    for axes in trajectories(MANY, "layer").axes:
        low, high = axes.get_ylim()
        assert low == 0
        values = np.concatenate([line.get_ydata() for line in axes.lines])
        assert values[np.isfinite(values)].max() < high


@pytest.mark.parametrize("dimension", [0, 1])
def test_betti_curves_are_those_of_the_files(tmp_path: Path, dimension: int) -> None:
    figure = betti(MANY, tmp_path, dimension)
    good, bad = members(MANY)
    for (layer, epoch), axes in zip(product(MANY.layers, MANY.epochs), figure.axes, strict=True):
        for group in (good, bad):
            runs = [{"dataset": run.dataset, "model": group.model, "seed": run.seed} for run in group.runs]
            curves = np.array([MANY.betti(run, epoch, layer, dimension) for run in runs])
            (line,) = lines(axes, group.model)
            np.testing.assert_allclose(line, np.median(curves[: len(group.live)], axis=0))
            dead = lines(axes, f"{group.model}-dead")
            assert len(dead) == len(group.dead)
            np.testing.assert_array_equal(dead, curves[len(group.live) :].reshape(np.shape(dead)))
    assert figure.axes[-1].get_xlabel() == "Scale / rms distance"


def test_betti_curves_are_shown_where_something_changes(tmp_path: Path) -> None:
    axes = betti(MANY, tmp_path, 0).axes[0]
    left, right = axes.get_xlim()
    for line in axes.lines:
        changes = GRID[1:][np.diff(line.get_ydata()) != 0]
        assert left < changes.min() < changes.max() < right < GRID[-1]


def test_matrices_hold_the_distances_of_the_table() -> None:
    figure = networks(MANY)
    panels = [axes for axes in figure.axes if axes.images]
    assert [axes.get_title() for axes in panels] == [
        "draw0, layer 1", "draw1, layer 1", "draw0, layer 3", "draw1, layer 3",
    ]  # fmt: skip
    matrix = cells(panels[0])
    order = [("good", 0), ("good", 1), ("good", 2), ("bad", 0), ("bad", 2), ("bad", 1)]  # the dead one last
    table = MANY.distances().query(
        "dataset == 'draw0' and across == 'networks' and split_a == 'train' and layer_a == 1 and dimension == 1"
    )
    assert len(table) == 15
    for row in table.itertuples():
        a, b = order.index((row.model_a, row.seed_a)), order.index((row.model_b, row.seed_b))
        np.testing.assert_array_equal([matrix[a, b], matrix[b, a]], row.bottleneck_scaled)
    np.testing.assert_array_equal(np.diag(matrix), 0)
    assert np.isnan(matrix[5, :5]).all()
    labels = [label.get_text() for label in panels[0].get_xticklabels()]
    assert labels == ["good\n(3)", "bad\n(2)", "bad\ndead\n(1)"]


def test_matrices_share_their_colours_and_name_their_unit() -> None:
    figure = networks(MANY, "sliced_wasserstein")
    norms = {(axes.images[0].norm.vmin, axes.images[0].norm.vmax) for axes in figure.axes if axes.images}
    table = MANY.distances().query("across == 'networks' and split_a == 'train' and dimension == 1")
    assert norms == {(0, table["sliced_wasserstein_scaled"].max())}
    assert "Sliced Wasserstein distance, $H_1$ / rms distance" in [axes.get_ylabel() for axes in figure.axes]


def test_few_cells_carry_their_numbers() -> None:
    made = Made()
    table = made.distances().query(
        "across == 'networks' and split_a == 'train' and layer_a == 1 and dimension == 1"
    )
    texts = [text.get_text() for text in networks(made).axes[0].texts]
    assert texts == ["0", *[f"{table['bottleneck_scaled'].iloc[0]:.2g}"] * 2, "0"]
    assert len(networks(Made(seeds=(0, 1, 2, 3))).axes[0].texts) == 0


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


@pytest.mark.parametrize("made", [MANY, ONE, Made(models=("good",), layers=(1,), epochs=(5,), seeds=(0, 1))])
def test_every_figure_is_drawn(tmp_path: Path, made: Made) -> None:
    drawn = [
        trajectories(made, "layer"),
        trajectories(made, "epoch", 0),
        betti(made, tmp_path),
        networks(made),
        moved(made),
    ]
    for k, figure in enumerate(drawn):
        figures.save(figure, [tmp_path / f"{k}.png"], 60)
        assert (tmp_path / f"{k}.png").stat().st_size > 1000


@pytest.mark.filterwarnings("error")
def test_nothing_defined_draws_empty_panels_without_a_warning(tmp_path: Path) -> None:
    dead = tuple((run["dataset"], run["model"], run["seed"]) for run in MANY.runs)
    made = Made(datasets=MANY.datasets, seeds=MANY.seeds, epochs=(5,), dead=dead)
    betti(made, tmp_path)
    trajectories(made, "layer")
    assert np.isnan(cells(networks(made).axes[0])[0, 1])
    moved(made)


@pytest.mark.parametrize(
    ("datasets", "title"),
    [(["a"], "a: test rows, cloud c"), (["a", "b", "c"], "a and 2 more draws: test rows, cloud c")],
)
def test_titles(datasets: list[str], title: str) -> None:
    assert run_figures.figure_title(datasets, "test", "c") == title
