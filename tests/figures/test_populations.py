"""Figures over many runs show what the tables say: medians, intervals, dead networks and gaps."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from drawings import cells
from populations_by_hand import MANY, ONE, betti, members, moved, networks, trajectories
from runs_by_hand import Made

from layertopo.errors import ResultError
from layertopo.figures import style
from layertopo.figures.populations import Run, groups, population_of, rows_of


def test_groups_part_the_dead_from_the_living() -> None:
    good, bad = members(MANY)
    assert (good.model, good.label) == ("good", "good (6 live)")
    assert bad.label == "bad (4 live, 2 dead)"
    assert bad.dead == [Run("draw0", 1), Run("draw1", 0)]
    assert len({good.colour, bad.colour}) == 2


def test_networks_short_of_their_goal_stand_apart_after_the_dead() -> None:
    good, bad = members(replace(MANY, short=(*MANY.dead, ("draw0", "bad", 2))))
    assert (good.label, bad.label) == ("good (6 live)", "bad (3 live, 2 dead, 1 short of the goal)")
    assert bad.runs[-1] == Run("draw0", 2)


def test_a_network_that_died_later_than_asked_is_live() -> None:
    assert groups(MANY.accuracy(), MANY.datasets, dict.fromkeys(MANY.models, 0))[1].dead == []


@pytest.mark.parametrize(
    ("datasets", "title"),
    [(["a"], "a: test rows, cloud c"), (["a", "b", "c"], "a and 2 more draws: test rows, cloud c")],
)
def test_titles(tmp_path: Path, datasets: list[str], title: str) -> None:
    sources = MANY.write_tables(tmp_path) | {"datasets": datasets, "last_epochs": MANY.last_epochs}
    sources["cloud"] = {"cloud": "c", "class": ""}
    assert population_of(sources, {"split": "test"}).title == title


def test_a_population_is_of_the_networks_on_its_draws(tmp_path: Path) -> None:
    sources = MANY.write_tables(tmp_path) | {"datasets": ["draw1"], "last_epochs": MANY.last_epochs}
    sources["cloud"] = {"cloud": "all", "class": ""}
    found = population_of(sources, {"split": "test"})
    assert [each.label for each in found.members] == ["good (3 live)", "bad (2 live, 1 dead)"]
    assert {run.dataset for each in found.members for run in each.runs} == {"draw1"}
    cut = {"accuracy": sources["accuracy"]._replace(rows=7)}
    with pytest.raises(ResultError, match="where this configuration makes 7"):
        population_of(sources | cut, {"split": "test"})


def test_rows_are_those_of_the_population_cloud_and_dimension() -> None:
    rows = rows_of(MANY.summaries(), ["draw1"], {"cloud": "all"}, dimension=1, split="train", layer=3)
    where = "dataset == 'draw1' and dimension == 1 and split == 'train' and layer == 3"
    assert rows.equals(MANY.summaries().query(where))
    assert rows_of(MANY.summaries(), ["draw1"], {"cloud": "few"}, dimension=1).empty


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
        style.save(figure, [tmp_path / f"{k}.png"], 60)
        assert (tmp_path / f"{k}.png").stat().st_size > 1000


@pytest.mark.filterwarnings("error")
def test_nothing_defined_draws_empty_panels_without_a_warning(tmp_path: Path) -> None:
    dead = tuple((run["dataset"], run["model"], run["seed"]) for run in MANY.runs)
    made = Made(datasets=MANY.datasets, seeds=MANY.seeds, epochs=(5,), dead=dead)
    betti(made, tmp_path)
    trajectories(made, "layer")
    assert np.isnan(cells(networks(made).axes[0])[0, 1])
    moved(made)
