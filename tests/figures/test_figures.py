"""What the figures show: every bar, on common axes, and what must be said of the network."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection
from matplotlib.figure import Figure

from layertopo.data.dataset import Dataset
from layertopo.errors import ResultError
from layertopo.figures import diagrams as figures
from layertopo.figures.diagrams import Panel
from layertopo.homology.diagram import canonical_bars
from layertopo.topology import diagrams
from layertopo.topology.diagrams import StoredDiagram


def diagram(n_h1: int = 20, scale: float = 1.0, **changes: object) -> StoredDiagram:
    rng = np.random.default_rng(n_h1)
    births = rng.uniform(0.5, 1, n_h1)
    h1 = np.column_stack([births, births * rng.uniform(1.1, 1.5, n_h1)])
    h0 = np.vstack([np.column_stack([np.zeros(30), rng.uniform(0.1, 1, 30)]), [0, np.inf]])
    made = StoredDiagram(
        bars={0: canonical_bars(h0 * scale), 1: canonical_bars(h1 * scale)},
        n_points=40,
        n_distinct=31,
        metric="euclidean",
        coefficient_field=2,
        engine="giotto",
        engine_version="0.6.2",
        threshold=np.inf,
        complete=True,
        rms_distance=4.0 * scale,
        sample={"method": "random", "points": 40, "seed": 0, "n_rows": 100, "covering_radius": None},
    )
    return replace(made, **changes)


def one_point() -> StoredDiagram:
    bars = {0: np.array([[0, np.inf]]), 1: np.empty((0, 2))}
    return diagram(bars=bars, n_distinct=1, rms_distance=np.nan)


def draw(*panels: Panel, scaled: bool = False) -> Figure:
    figure = figures.diagram_figure(panels, "title", scaled)
    figure.canvas.draw()
    return figure


def marks(axes: Axes) -> dict[str, np.ndarray]:
    return {
        str(each.get_gid()): np.asarray(each.get_offsets())
        for each in axes.collections
        if isinstance(each, PathCollection)
    }


def words(axes: Axes) -> str:
    return "\n".join([axes.get_title("left"), *(text.get_text() for text in axes.texts)])


def test_every_bar_is_drawn() -> None:
    panel = Panel("good", 3, diagram(), 0.9, False)
    drawn = marks(draw(panel).axes[0])
    np.testing.assert_array_equal(drawn["H1"], panel.diagram.bars[1])
    np.testing.assert_array_equal(drawn["H0"], panel.diagram.finite(0))
    assert len(drawn["H0-essential"]) == 1
    assert len(drawn["H1-essential"]) == 0


def test_classes_that_never_die_stand_above_all_others() -> None:
    axes = draw(Panel("good", 0, diagram(), 0.9, False)).axes[0]
    drawn = marks(axes)
    height = drawn["H0-essential"][0, 1]
    assert max(drawn["H0"][:, 1].max(), drawn["H1"][:, 1].max()) < height < axes.get_ylim()[1]
    assert "∞" in [label.get_text() for label in axes.get_yticklabels()]


def test_axes_are_common_and_rows_are_networks() -> None:
    panels = [Panel(m, e, diagram(5 + e, s), 0.5, False) for m, s in (("a", 1), ("b", 0.5)) for e in (0, 2)]
    axes = draw(*reversed(panels)).axes
    assert [each.get_title("left") for each in axes] == [
        "b, epoch 0",
        "b, epoch 2",
        "a, epoch 0",
        "a, epoch 2",
    ]
    assert len({(each.get_xlim(), each.get_ylim()) for each in axes}) == 1
    assert axes[0].get_xlim() == axes[0].get_ylim()
    assert axes[0].get_aspect() == 1


def test_scaled_bars_are_in_units_of_the_rms_distance() -> None:
    panel = Panel("good", 0, diagram(), 0.9, False)
    drawn = marks(draw(panel, scaled=True).axes[0])
    np.testing.assert_allclose(drawn["H1"], panel.diagram.bars[1] / 4)


def test_a_tiny_panel_is_enlarged() -> None:
    tiny = Panel("bad", 0, diagram(scale=1e-8), 0.9, False)
    large, small = draw(Panel("good", 0, diagram(), 0.9, False), tiny).axes
    assert not large.child_axes
    (inset,) = small.child_axes
    np.testing.assert_array_equal(marks(inset)["H1-inset"], tiny.diagram.bars[1])
    assert inset.get_xlim()[1] < 1e-7


def test_titles_say_what_was_measured() -> None:
    text = words(draw(Panel("good", 3, diagram(), 0.917, False)).axes[0])
    for part in ("good, epoch 3", "91.7%", "40 of 100 points, 31 distinct", "31 $H_0$", "20 $H_1$"):
        assert part in text
    assert "dead" not in text
    assert "complete" not in text


def test_a_dead_network_is_said_to_be_dead() -> None:
    live, dead = draw(Panel("a", 0, diagram(), 0.9, False), Panel("a", 1, diagram(), 0.5, True)).axes
    assert "dead network" in words(dead)
    assert live.get_facecolor() != dead.get_facecolor()


def test_a_diagram_that_is_not_complete_says_so() -> None:
    panel = Panel("a", 0, diagram(complete=False, threshold=1.2), 0.9, False)
    assert "not proven complete beyond 1.2" in words(draw(panel).axes[0])
    assert "not proven complete beyond 0.3" in words(draw(panel, scaled=True).axes[0])


@pytest.mark.parametrize(("scaled", "note"), [(False, "one distinct point"), (True, "no scale is defined")])
def test_one_distinct_point(scaled: bool, note: str) -> None:
    axes = draw(Panel("bad", 0, one_point(), 0.5, True), scaled=scaled).axes[0]
    assert note in words(axes)
    assert len(marks(axes)["H0-essential"]) == (0 if scaled else 1)


@pytest.mark.parametrize("scaled", [False, True])
def test_bars_that_may_come_from_a_greedy_sample_lie_in_a_band(scaled: bool) -> None:
    sample = {"method": "greedy", "points": 40, "seed": 0, "n_rows": 100, "covering_radius": 0.05}
    axes = draw(Panel("good", 0, diagram(sample=sample), 0.9, False), scaled=scaled).axes[0]
    (band,) = (each for each in axes.collections if each.get_gid() == "error-band")
    x, y = band.get_paths()[0].vertices.T
    unit = 4 if scaled else 1
    # The bottleneck bound is twice the radius: a bar more than twice as long as that is no artefact.
    assert (y - x).max() == pytest.approx(4 * 0.05 / unit)
    assert "40 farthest of 100 points" in words(axes)
    assert f"within {0.1 / unit:.3g} of the diagram of all" in words(axes)


def test_a_random_sample_has_no_band() -> None:
    axes = draw(Panel("good", 0, diagram(), 0.9, False)).axes[0]
    assert "error-band" not in [each.get_gid() for each in axes.collections]


def test_all_points_used() -> None:
    sample = {"method": "random", "points": None, "seed": 0, "n_rows": 13400, "covering_radius": None}
    assert figures.points_used(diagram(n_points=13400, sample=sample)) == "all 13,400 points, 31 distinct"


def looped(**changes: object) -> StoredDiagram:
    """One long loop among 40 short ones."""
    births = np.linspace(0.5, 1, 41)
    ratios = np.r_[8.0, np.linspace(1.01, 1.1, 40)]
    made = diagram()
    return replace(made, bars={0: made.bars[0], 1: np.column_stack([births, births * ratios])}, **changes)


def legend(figure: Figure) -> list[str]:
    return [text.get_text() for each in figure.legends for text in each.get_texts()]


def test_a_significant_loop_is_outlined_and_in_the_legend() -> None:
    figure = draw(Panel("good", 0, looped(), 0.9, False))
    np.testing.assert_allclose(marks(figure.axes[0])["significant"], [[0.5, 4]])
    assert figures.SIGNIFICANT in legend(figure)


@pytest.mark.parametrize(
    "untested",
    [
        diagram(n_h1=40),  # nothing stands out
        diagram(bars=looped().bars | {1: looped().bars[1][:29]}),  # too few bars
        looped(sample=diagram().sample | {"method": "greedy", "covering_radius": 0.05}),
    ],
)
def test_nothing_is_outlined_without_a_significant_loop(untested: StoredDiagram) -> None:
    panel = Panel("good", 0, untested, 0.9, False)
    for figure, k in ((draw(panel), 0), (figures.density_figure([panel], "title"), 1)):
        assert len(marks(figure.axes[k])["significant"]) == 0
        assert figures.SIGNIFICANT not in legend(figure)


def test_the_density_counts_every_bar() -> None:
    panels = [Panel("a", 0, looped(), 0.9, False), Panel("b", 0, diagram(), 0.9, False)]
    figure = figures.density_figure(panels, "title")
    figure.canvas.draw()
    for (strip, axes), panel in zip(
        zip(figure.axes[:4:2], figure.axes[1:4:2], strict=True), panels, strict=True
    ):
        (bins,) = (each for each in axes.collections if each.get_gid() == "H1")
        assert bins.get_array().sum() == len(panel.diagram.bars[1])
        assert sum(bar.get_width() for bar in strip.patches) == len(panel.diagram.finite(0))
        assert bins.norm.vmax >= bins.get_array().max()
    assert len({(each.get_xlim(), each.get_ylim()) for each in figure.axes[1:4:2]}) == 1
    assert "41 loops, 1 significant" in words(figure.axes[1])
    assert "20 loops, significance not testable" in words(figure.axes[3])
    # Persistence 3.5 at birth 0.5, in units of the rms distance 4.
    np.testing.assert_allclose(marks(figure.axes[1])["significant"], [[0.125, 0.875]])
    assert figures.SIGNIFICANT in legend(figure)


def test_bars_too_short_for_the_density_count_at_its_edge() -> None:
    bars = looped().bars[1].copy()
    bars[5, 1] = bars[5, 0] * (1 + 1e-12)
    figure = figures.density_figure([Panel("a", 0, diagram(bars={1: bars}), 0.9, False)], "title")
    (bins,) = (each for each in figure.axes[1].collections if each.get_gid() == "H1")
    assert bins.get_array().sum() == len(bars)
    assert figure.axes[1].get_ylim()[0] > 1e-5


@pytest.mark.parametrize("decades", [0.2, 0.8, 1.5, 1.9, 2.5, 4])
def test_no_two_labels_of_an_axis_of_the_density_touch(decades: float) -> None:
    births = np.geomspace(1, 10**decades, 40)
    bars = {0: np.empty((0, 2)), 1: np.column_stack([births, births * 1.2])}
    panels = [Panel("a", epoch, diagram(bars=bars), 0.9, False) for epoch in (0, 10, 25)]
    figure = figures.density_figure(panels, "title")
    figure.draw_without_rendering()
    for axes in figure.axes[1:6:2]:
        low, high = axes.get_xlim()
        ticks = [*axes.xaxis.get_major_ticks(), *axes.xaxis.get_minor_ticks()]
        shown = [tick.label1 for tick in ticks if low <= tick.get_loc() <= high and tick.label1.get_text()]
        boxes = sorted([label.get_window_extent() for label in shown], key=lambda box: box.x0)
        assert len(boxes) >= 1
        for left, right in pairwise(boxes):
            assert left.x1 < right.x0


def test_a_density_without_loops_says_so() -> None:
    none = Panel("b", 0, diagram(bars=looped().bars | {1: np.empty((0, 2))}), 0.9, False)
    figure = figures.density_figure([Panel("b", 1, one_point(), 0.5, True), none], "title")
    figure.canvas.draw()
    assert "no loop" in words(figure.axes[1])
    assert "one distinct point" in words(figure.axes[3])
    assert "dead network" in words(figure.axes[3])


def test_dense_points_become_pixels(tmp_path: Path) -> None:
    births = np.linspace(0.1, 1, 15_000)
    many = diagram(bars={0: np.array([[0, np.inf]]), 1: np.column_stack([births, births * 1.1])})
    path = tmp_path / "figure.svg"
    figures.save(draw(Panel("a", 0, many, 0.9, False)), [path], dpi=100)
    assert "<image" in path.read_text()
    assert path.stat().st_size < 300_000


def test_pictures_hold_no_date_and_repeat(tmp_path: Path) -> None:
    texts = []
    for name in ("a.svg", "b.svg"):
        figures.save(draw(Panel("a", 0, diagram(), 0.9, False)), [tmp_path / name], dpi=100)
        texts.append((tmp_path / name).read_text())
    assert texts[0] == texts[1]
    assert "dc:date" not in texts[0]


@pytest.mark.parametrize("form", ["png", "svg", "pdf"])
def test_every_format_is_written_whole(tmp_path: Path, form: str) -> None:
    figures.save(draw(Panel("a", 0, diagram(), 0.9, False)), [tmp_path / f"figure.{form}"], dpi=50)
    starts = {"png": b"\x89PNG", "svg": b"<?xml", "pdf": b"%PDF"}
    assert (tmp_path / f"figure.{form}").read_bytes().startswith(starts[form])
    assert len(list(tmp_path.iterdir())) == 1


def test_panels_come_from_files_and_refuse_other_settings(tmp_path: Path) -> None:
    path, history = tmp_path / "diagram.h5", tmp_path / "history.csv"
    diagrams.save(diagram(), path, {"seed": 0})
    pd.DataFrame({"epoch": [0, 1], "test_accuracy": [0.5, 0.75], "dead": [False, True]}).to_csv(history)
    key = {"model": "good", "epoch": 1}
    (panel,) = figures.load_panels([str(path)], [key], [{"seed": 0}], [str(history)], 1)
    assert (panel.model, panel.epoch, panel.test_accuracy, panel.dead) == ("good", 1, 0.75, True)
    with pytest.raises(ResultError, match="seed was 0, should be 1"):
        figures.load_panels([str(path)], [key], [{"seed": 1}], [str(history)], 1)


def history(model: str, seed: int, dead_from: int | None = None) -> pd.DataFrame:
    epochs = np.arange(4)
    columns = {f"{s}_{q}": epochs / 10 + seed for s in ("train", "test") for q in ("loss", "accuracy")}
    dead = epochs >= (99 if dead_from is None else dead_from)
    return pd.DataFrame({"model": model, "seed": seed, "epoch": epochs, "dead": dead} | columns)


def test_training_curves_of_every_run() -> None:
    table = pd.concat([history("a", 0), history("a", 1), history("b", 0, dead_from=2)])
    figure = figures.training_figure(table, "data", best_radius=0.97)
    loss, accuracy = figure.axes
    curves = [line for line in loss.lines if len(line.get_xdata()) == 4]
    assert len(curves) == 3 * 2  # runs, splits
    assert len({line.get_color() for line in curves}) == 2
    (cross,) = [line for line in loss.lines if line.get_marker() == "X"]
    assert list(cross.get_xdata()) == [2]
    assert any("97.0%" in text.get_text() for text in accuracy.texts)
    assert "dead from here on" in [text.get_text() for text in figure.legends[0].get_texts()]


def test_no_cross_without_a_dead_network() -> None:
    figure = figures.training_figure(history("a", 0), "data")
    assert all(line.get_marker() != "X" for line in figure.axes[0].lines)
    assert "dead from here on" not in [text.get_text() for text in figure.legends[0].get_texts()]


@pytest.mark.parametrize("dimension", [1, 2, 10])
def test_data_in_any_dimension(dimension: int) -> None:
    X = np.random.default_rng(0).normal(size=(50, dimension)).astype(np.float32)
    rows = np.arange(50)
    points, radii = figures.data_figure(Dataset(X, rows % 2, rows[:30], rows[30:]), "data").axes
    drawn = marks(points)["points"]
    np.testing.assert_array_equal(drawn[:, 0], X[:, 0])
    assert (" of 10 " in points.get_title()) == (dimension == 10)
    assert radii.get_xlabel() == "Distance from the origin"
