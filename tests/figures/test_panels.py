"""What is loaded for the diagrams of one layer."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from diagrams_by_hand import KEY, p_values, store, store_statistics
from panels_by_hand import diagram, greedy, looped, one_point, panel

from layertopo.errors import ResultError
from layertopo.figures.panels import Panel, load_panels
from layertopo.storage import Stored
from layertopo.training.stored import History


def test_all_points_used() -> None:
    sample = {"method": "random", "points": None, "seed": 0, "n_rows": 13400, "covering_radius": None}
    assert diagram(n_points=13400, sample=sample).points_in_words() == "all 13,400 points, 31 distinct"


def sources(folder: Path, epochs: range = range(2)) -> tuple[list[Stored], list[History], list[Stored]]:
    """Two networks after epochs 0 and 1: diagrams, histories, statistics."""
    keys = [KEY | {"model": model, "epoch": epoch} for model in ("good", "bad") for epoch in (0, 1)]
    stored = store(folder, [looped(), diagram(5), diagram(40), looped(sample=greedy())], keys)
    statistics, histories = store_statistics(folder, stored), []
    for k, each in enumerate(statistics):
        rows = {"epoch": [0, 1], "test_accuracy": [0.5, 0.75 + k / 8], "dead": [False, k == 0]}
        pd.DataFrame(rows).to_csv(folder / f"history{k}.csv")
        histories.append(History(each.key, epochs, str(folder / f"history{k}.csv")))
    return stored, histories, statistics


def said(panel: Panel) -> tuple[str, int, float, bool]:
    return panel.model, panel.epoch, panel.test_accuracy, panel.dead


def test_panels_come_from_files(tmp_path: Path) -> None:
    panels = load_panels(*sources(tmp_path))
    assert list(map(said, panels)) == [
        ("good", 0, 0.5, False),
        ("good", 1, 0.75, True),
        ("bad", 0, 0.5, False),
        ("bad", 1, 0.875, False),
    ]
    for each, made in zip(panels, (looped(), diagram(5), diagram(40), looped(sample=greedy())), strict=True):
        np.testing.assert_array_equal(each.bars(1), made.bars[1])
        assert list(each.p) == [1]
        np.testing.assert_array_equal(each.p[1], p_values(made)[1])
    assert [each.tested for each in panels] == [True, False, True, False]


@pytest.mark.parametrize("kind", [0, 2], ids=["diagrams", "statistics"])
def test_files_of_other_settings_are_refused(tmp_path: Path, kind: int) -> None:
    given = sources(tmp_path)
    given[kind][1] = given[kind][1]._replace(provenance={"settings": "others"})
    with pytest.raises(ResultError, match='settings was "these", should be "others"'):
        load_panels(*given)


def test_a_history_of_another_training_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ResultError, match=r"history0\.csv: not a table of this workflow"):
        load_panels(*sources(tmp_path, range(3)))


def test_a_scaled_panel_is_in_units_of_the_rms_distance() -> None:
    absolute = panel(looped(sample=greedy(0.05), threshold=10.0))
    scaled = absolute.scaled()
    np.testing.assert_array_equal(scaled.bars(1), absolute.bars(1) / 4)
    assert scaled.extent() == absolute.extent() / 4
    assert (absolute.error_bound, scaled.error_bound) == (0.1, 0.025)
    assert (absolute.unit, scaled.unit) == ("(Euclidean distance)", "/ rms distance")
    assert scaled.diagram.threshold == 2.5


def test_one_point_has_no_scaled_bars() -> None:
    point = panel(one_point())
    assert len(point.bars(0)) == 1
    assert len(point.scaled().bars(0)) == len(point.scaled().significant()) == 0
    assert point.scaled().extent() == 0
    assert point.scaled().unit == "/ rms distance"
