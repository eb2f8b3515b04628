"""Diagrams as they are drawn: every bar, on common axes, and what must be said of the network."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from drawings import legend, marks, words
from matplotlib.figure import Figure
from panels_by_hand import WITHOUT_SIGNIFICANT, diagram, greedy, looped, one_point, panel

from layertopo.figures import style
from layertopo.figures.diagrams import diagram_figure
from layertopo.figures.panels import Panel
from layertopo.topology.diagrams import StoredDiagram


def draw(*panels: Panel, scaled: bool = False) -> Figure:
    figure = diagram_figure([each.scaled() if scaled else each for each in panels], "title")
    figure.canvas.draw()
    return figure


def test_every_bar_is_drawn() -> None:
    shown = panel(diagram(), "good", 3)
    drawn = marks(draw(shown).axes[0])
    np.testing.assert_array_equal(drawn["H1"], shown.original.bars[1])
    np.testing.assert_array_equal(drawn["H0"], shown.original.finite(0))
    assert len(drawn["H0-essential"]) == 1
    assert len(drawn["H1-essential"]) == 0


def test_classes_that_never_die_stand_above_all_others() -> None:
    axes = draw(panel(diagram(), "good", 0)).axes[0]
    drawn = marks(axes)
    height = drawn["H0-essential"][0, 1]
    assert max(drawn["H0"][:, 1].max(), drawn["H1"][:, 1].max()) < height < axes.get_ylim()[1]
    assert "∞" in [label.get_text() for label in axes.get_yticklabels()]


def test_axes_are_common_and_rows_are_networks() -> None:
    panels = [panel(diagram(5 + e, s), m, e, 0.5, False) for m, s in (("a", 1), ("b", 0.5)) for e in (0, 2)]
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
    shown = panel(diagram(), "good", 0)
    drawn = marks(draw(shown, scaled=True).axes[0])
    np.testing.assert_allclose(drawn["H1"], shown.original.bars[1] / 4)


def test_a_tiny_panel_is_enlarged() -> None:
    tiny = panel(diagram(scale=1e-8), "bad", 0)
    large, small = draw(panel(diagram(), "good", 0), tiny).axes
    assert not large.child_axes
    (inset,) = small.child_axes
    np.testing.assert_array_equal(marks(inset)["H1-inset"], tiny.original.bars[1])
    assert inset.get_xlim()[1] < 1e-7


def test_titles_say_what_was_measured() -> None:
    text = words(draw(panel(diagram(), "good", 3, 0.917, False)).axes[0])
    for part in ("good, epoch 3", "91.7%", "40 of 100 points, 31 distinct", "31 $H_0$", "20 $H_1$"):
        assert part in text
    assert "dead" not in text
    assert "complete" not in text


def test_a_dead_network_is_said_to_be_dead() -> None:
    live, dead = draw(panel(diagram(), "a", 0), panel(diagram(), "a", 1, 0.5, True)).axes
    assert "dead network" in words(dead)
    assert live.get_facecolor() != dead.get_facecolor()


def test_a_diagram_that_is_not_complete_says_so() -> None:
    shown = panel(diagram(complete=False, threshold=1.2), "a", 0)
    assert "not proven complete beyond 1.2" in words(draw(shown).axes[0])
    assert "not proven complete beyond 0.3" in words(draw(shown, scaled=True).axes[0])


@pytest.mark.parametrize(("scaled", "note"), [(False, "one distinct point"), (True, "no scale is defined")])
def test_one_distinct_point(scaled: bool, note: str) -> None:
    axes = draw(panel(one_point(), "bad", 0, 0.5, True), scaled=scaled).axes[0]
    assert note in words(axes)
    assert len(marks(axes)["H0-essential"]) == (0 if scaled else 1)


@pytest.mark.parametrize("scaled", [False, True])
def test_bars_that_may_come_from_a_greedy_sample_lie_in_a_band(scaled: bool) -> None:
    axes = draw(panel(diagram(sample=greedy(0.05)), "good", 0), scaled=scaled).axes[0]
    (band,) = (each for each in axes.collections if each.get_gid() == "error-band")
    x, y = band.get_paths()[0].vertices.T
    unit = 4 if scaled else 1
    # The bottleneck bound is twice the radius: a bar more than twice as long as that is no artefact.
    assert (y - x).max() == pytest.approx(4 * 0.05 / unit)
    assert "40 farthest of 100 points" in words(axes)
    assert f"within {0.1 / unit:.3g} of the diagram of all" in words(axes)


def test_a_random_sample_has_no_band() -> None:
    axes = draw(panel(diagram(), "good", 0)).axes[0]
    assert "error-band" not in [each.get_gid() for each in axes.collections]


def test_a_significant_loop_is_outlined_and_in_the_legend() -> None:
    figure = draw(panel(looped(), "good", 0))
    np.testing.assert_allclose(marks(figure.axes[0])["significant"], [[0.5, 4]])
    assert style.SIGNIFICANT in legend(figure)


@pytest.mark.parametrize("untested", WITHOUT_SIGNIFICANT)
def test_nothing_is_outlined_without_a_significant_loop(untested: StoredDiagram) -> None:
    figure = draw(panel(untested, "good", 0))
    assert len(marks(figure.axes[0])["significant"]) == 0
    assert style.SIGNIFICANT not in legend(figure)


def test_outlines_are_those_of_the_stored_p_values() -> None:
    p = np.ones(20)
    p[[2, 5]] = 0.001
    shown = replace(panel(diagram()), p={1: p})
    for scaled in (False, True):
        outlined = marks(draw(shown, scaled=scaled).axes[0])["significant"]
        np.testing.assert_allclose(outlined, shown.original.bars[1][[2, 5]] / (4 if scaled else 1))


def test_dense_points_become_pixels(tmp_path: Path) -> None:
    births = np.linspace(0.1, 1, 15_000)
    many = diagram(bars={0: np.array([[0, np.inf]]), 1: np.column_stack([births, births * 1.1])})
    path = tmp_path / "figure.svg"
    style.save(draw(panel(many, "a", 0)), [path], dpi=100)
    assert "<image" in path.read_text()
    assert path.stat().st_size < 300_000
