"""Short tables over many runs: recounted from the long ones."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from runs_by_hand import SIGNIFICANT, Made

from layertopo.analysis import replicates
from layertopo.report import overview
from layertopo.report.overview import Varied
from layertopo.tables import states

MADE = Made(
    datasets=("a0", "a1"), seeds=(0, 1, 2), dead=(("a0", "bad", 1), ("a1", "bad", 0), ("a1", "bad", 2))
)
POPULATIONS = {"a0": "a0", "a1": "a0"}


def summaries() -> pd.DataFrame:
    return overview.with_state(MADE.summaries(), MADE.accuracy(), MADE.last_epochs)


def test_the_state_is_that_of_the_epoch() -> None:
    dead = summaries().query("state == 'dead'")
    assert set(dead[["dataset", "model", "seed"]].itertuples(index=False, name=None)) == set(MADE.dead)
    at_start = overview.with_state(summaries(), MADE.accuracy(), dict.fromkeys(MADE.models, 0))
    assert set(at_start["state"]) == {"live"}


def test_significance_is_counted_per_place_and_state() -> None:
    table = overview.significance(summaries(), POPULATIONS)
    assert len(table) == 3 * 2 * 2 * 2  # good, bad, dead bad; epochs, layers, splits
    assert table["diagrams"].sum() == len(MADE.diagrams())
    row = table.query(
        "model == 'bad' and state == 'live' and epoch == 5 and layer == 3 and split == 'test'"
    ).iloc[0]
    own = MADE.summaries().query(
        "model == 'bad' and epoch == 5 and layer == 3 and split == 'test' and dimension == 1"
    )
    live = own[own["bars"] > 0]
    assert (row["diagrams"], row["tested"]) == (3, 3)
    for column in SIGNIFICANT:
        assert row[column] == (live[column] > 0).sum()
    (gone,) = table.query("state == 'dead' and epoch == 5 and layer == 3 and split == 'test'").to_dict(
        "records"
    )
    assert (gone["diagrams"], gone["tested"], gone["significant_bars"]) == (3, 0, 0)


def test_populations_do_not_mix() -> None:
    table = overview.significance(summaries(), {"a0": "a0", "a1": "a1"})
    assert dict(table.groupby("population")["diagrams"].sum()) == {"a0": 48, "a1": 48}


def test_typical_values_are_medians_over_runs() -> None:
    table = overview.typical(summaries(), POPULATIONS, ["bars", "lifetime_max_scaled"])
    where = "model == 'bad' and epoch == 0 and layer == 1 and split == 'train' and dimension == 1"
    dead, live = (table.query(f"{where} and state == '{state}'").iloc[0] for state in ("dead", "live"))
    own = summaries().query(where)
    assert (live["runs"], dead["runs"]) == (3, 3)
    assert live["bars"] == own.query("state == 'live'")["bars"].median()
    assert dead["lifetime_max_scaled"] == own.query("state == 'dead'")["lifetime_max_scaled"].median()


def test_variation_is_that_of_live_runs() -> None:
    values = MADE.accuracy().query("epoch == 5").rename(columns={"test_accuracy": "value"})
    values = values.assign(state=states(values))
    good, bad = overview.variation([Varied("accuracy", values)]).to_dict("records")
    live = values.query("model == 'bad' and state == 'live'")
    interval = replicates.median_interval(live[["value"]].to_numpy(), list(live["dataset"]))
    assert (bad["live"], bad["left_out"], good["left_out"]) == (3, 3, 0)
    assert (bad["median"], bad["low"], bad["high"]) == tuple(each[0] for each in interval)
    parts = replicates.variance_components(live["value"], list(live["dataset"]))
    assert (bad["draw_sd"], bad["training_sd"]) == parts
    assert bad["draw_share"] == pytest.approx(parts.draw**2 / (parts.draw**2 + parts.training**2))


def test_all_the_spread_may_come_from_the_draws() -> None:
    runs = [
        {"dataset": d, "model": "m", "seed": s, "state": "live", "value": float(d)}
        for d in "123"
        for s in (0, 1)
    ]
    (row,) = overview.variation([Varied("x", pd.DataFrame(runs))]).to_dict("records")
    assert (row["draw_share"], row["training_sd"], row["draw_sd"]) == (1, 0, 1)


def test_one_run_has_no_interval_and_no_spread() -> None:
    one = pd.DataFrame([{"dataset": "d", "model": "m", "seed": 0, "state": "live", "value": 2.0}])
    (row,) = overview.variation([Varied("x", one)]).to_dict("records")
    assert row["median"] == 2
    assert np.isnan([row[name] for name in ("low", "high", "draw_sd", "training_sd", "draw_share")]).all()


def test_main_quantities_have_a_value_per_run_and_layer() -> None:
    table = overview.variation(
        overview.main_quantities(MADE.accuracy(), MADE.summaries(), MADE.last_epochs, "train", "all")
    )
    assert table["quantity"].iloc[0] == "test accuracy"
    bars = table.query("quantity == 'H1 classes' and layer == 3 and model == 'good'").iloc[0]
    own = MADE.summaries().query(
        "epoch == 5 and split == 'train' and layer == 3 and model == 'good' and dimension == 1"
    )
    assert bars["median"] == own["bars"].median()
    assert (bars["live"], bars["left_out"]) == (6, 0)
    assert table["layer"].isna().sum() == 2


def test_without_a_live_run_nothing_is_told_but_the_numbers_of_runs() -> None:
    runs = [{"dataset": "d", "model": "m", "seed": s, "state": "dead", "value": 1.0} for s in (0, 1)]
    (row,) = overview.variation([Varied("x", pd.DataFrame(runs))]).to_dict("records")
    assert (row["live"], row["left_out"]) == (0, 2)
    assert np.isnan(row["median"])


def test_without_loops_nothing_is_tested_and_components_are_followed() -> None:
    made = Made(dimensions=(0,), seeds=(0, 1))
    held = overview.with_state(made.summaries(), made.accuracy(), made.last_epochs)
    assert overview.significance(held, {"draw0": "draw0"}).empty
    names = [
        each.name
        for each in overview.main_quantities(
            made.accuracy(), made.summaries(), made.last_epochs, "train", "all"
        )
    ]
    assert "H0 classes" in names


def test_networks_short_of_a_goal_that_they_must_reach_are_in_no_median():
    made = Made(
        seeds=(0, 1, 2), dead=(("draw0", "bad", 1),), short=(("draw0", "bad", 0), ("draw0", "bad", 1))
    )
    held = overview.with_state(made.summaries(), made.accuracy(), made.last_epochs)
    bad = held.query("model == 'bad'").groupby("seed")["state"].unique().map(list).to_dict()
    assert bad == {0: ["short of the goal"], 1: ["dead"], 2: ["live"]}  # a dead one is never at its goal
    found = overview.variation(
        overview.main_quantities(made.accuracy(), made.summaries(), made.last_epochs, "train", "all")
    )
    row = found.query("quantity == 'H1 classes' and model == 'bad' and layer == 1").iloc[0]
    own = made.summaries().query(
        "model == 'bad' and seed == 2 and epoch == 5 and layer == 1 and split == 'train'"
    )
    assert (row["live"], row["left_out"]) == (1, 2)
    assert row["median"] == own.query("dimension == 1")["bars"].item()
