"""Claims held against components and significant loops, in tables made by hand; those of other numbers are tested beside."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
from falls_by_hand import APART, BY_RULES, FAST, HOPS, ORDERS, SLOW, THREE, Curves, judged, without_goal
from falls_by_hand import tables as tables_of

from layertopo.analysis.studies import naitzat_today as study
from layertopo.analysis.verdicts import BY_SEED, FAILS, HOLDS, NOT_APPLICABLE, Tables

judge = partial(judged, "naitzat_today")
tables = partial(tables_of, cloud=APART, columns=BY_RULES)
#: What a network still has in its last hidden layer, and in its output.
LATE, NEVER = [*FAST[:-2], 0.5, 0], [*FAST[:-1], 0.5]


def changed(held: Tables, where: str, **columns: float) -> Tables:
    """The tables with other values in some rows."""
    rows = held.summaries.copy()
    rows.loc[rows.query(where).index, list(columns)] = list(columns.values())
    return Tables(**{**vars(held), "summaries": rows})


@pytest.mark.parametrize(
    ("curves", "verdict", "measured"),
    [
        ([FAST], HOLDS, 2),
        ([LATE], FAILS, 10.5),
        ([NEVER], FAILS, 2),
        ([FAST, LATE], BY_SEED, 2 + 17 / 4),
    ],
)
def test_numbers_fall_to_one_component_for_each_class_by_the_last_hidden_layer(curves, verdict, measured):
    found = judge("P1", tables({"relu": curves}))
    assert (found["verdict"], found["measured"]) == (verdict, measured)
    assert found["reason"].startswith("beyond one component for each class")
    assert "relu 17" in found["reason"]


@pytest.mark.parametrize(("curves", "verdict"), ORDERS)
def test_relu_is_fastest_and_tanh_slowest(curves: Curves, verdict: str):
    found = judge("P2", tables(curves))
    assert found["verdict"] == verdict
    if verdict == HOLDS:
        assert found["measured"] == pytest.approx(0.7 / 9)


def test_there_are_no_other_claims():
    assert list(study.CLAIMS) == ["P1", "P2"]


def test_a_network_of_which_a_number_is_not_known_is_part_of_no_quantity_that_needs_it():
    held = tables(THREE | {"relu": [FAST, SLOW]})
    untested = {"significant_bars": np.nan}
    hidden = changed(held, "model == 'relu' and seed % 2 == 1 and layer == 4 and dimension == 1", **untested)
    assert judge("P2", held)["measured"] > judge("P2", hidden)["measured"] == pytest.approx(0.7 / 9)
    assert judge("P1", hidden)["verdict"] == judge("P1", held)["verdict"]
    last = changed(
        tables({"relu": [FAST, LATE]}), "seed % 2 == 1 and layer == 9 and dimension == 1", **untested
    )
    assert (judge("P1", last)["verdict"], judge("P1", last)["measured"]) == (HOLDS, 2)


@pytest.mark.parametrize("column", ["components", "significant_bars"])
def test_claims_apply_to_no_layer_of_which_nothing_is_known(column: str):
    tied = changed(tables(THREE), f"layer == 9 and {column} == {column}", **{column: np.nan})
    assert [judge(claim, tied)["verdict"] for claim in study.CLAIMS] == [NOT_APPLICABLE] * 2
    assert "known" in judge("P1", tied)["reason"]


def test_a_class_in_one_point_is_one_component_without_loops():
    everything = {"components": np.nan, "significant_bars": np.nan, "bars": 0}
    one_point = changed(tables(THREE), "layer >= 6", **everything)
    assert [judge(claim, one_point)["verdict"] for claim in study.CLAIMS] == [HOLDS] * 2


def test_networks_short_of_their_goal_are_left_out_and_counted():
    held = tables({"relu": [FAST, NEVER]})
    found = judge("P1", without_goal(held, held.accuracy["seed"] % 2 == 1))
    assert (found["verdict"], found["n_left_out"]) == (HOLDS, 3)
    none = without_goal(held, True)
    assert {judge(claim, none)["verdict"] for claim in study.CLAIMS} == {NOT_APPLICABLE}


@pytest.mark.parametrize(
    "cloud",
    [
        HOPS,
        HOPS | {"scale": None},
        APART | {"classes": "all"},
        APART | {"sample": {"method": "greedy"}},
    ],
    ids=["one scale", "whole numbers", "all classes", "greedy"],
)
def test_claims_apply_to_diagrams_of_random_samples_of_each_class_only(cloud):
    held = tables(THREE, clouds={"cloud": cloud})
    assert {judge(claim, held)["verdict"] for claim in study.CLAIMS} == {NOT_APPLICABLE}
    assert "components and significant loops" in judge("P1", held)["reason"]


def test_the_first_cloud_that_suits_is_looked_at():
    other = tables(THREE, clouds={"hops": HOPS, "all": APART | {"classes": "all"}, "cloud": APART})
    assert judge("P2", other)["verdict"] == HOLDS
