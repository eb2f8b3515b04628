"""How claims are judged, whatever the study."""

from __future__ import annotations

from types import SimpleNamespace
from typing import get_args

import numpy as np
import pandas as pd
import pytest
from runs_by_hand import Made

from layertopo.analysis import verdicts
from layertopo.analysis.verdicts import (
    COLUMNS,
    Claim,
    Finding,
    Tables,
    assess,
    by_draw,
    median_verdict,
    share_verdict,
    study_of,
)
from layertopo.experiment.config import Study
from layertopo.tables import read_csv, write_csv

EUCLIDEAN = {"metric": "euclidean", "sample": {"method": "random"}}


def tables(clouds=None) -> Tables:
    some = pd.DataFrame({"dataset": ["d"], "epoch": [3]})
    return Tables(some, some, some, some, clouds or {}, {}, {"d": ["d"]})


def test_without_a_study_the_table_has_its_header_only(tmp_path):
    write_csv(assess("none", tables()), tmp_path / "claims.csv")
    table = read_csv(tmp_path / "claims.csv", 0)
    assert list(table) == list(COLUMNS)
    assert table.empty


@pytest.mark.parametrize("name", sorted({*get_args(Study)} - {"none"}))
def test_every_study_of_the_configuration_is_a_module_of_claims(name):
    study = study_of(name)
    assert study.ABOUT
    assert callable(study.gather)
    assert all(isinstance(each, Claim) for each in study.CLAIMS.values())


@pytest.mark.parametrize(
    ("clouds", "random", "distinct"),
    [
        ({}, None, None),
        ({"few": EUCLIDEAN, "more": EUCLIDEAN}, "few", None),
        ({"few": EUCLIDEAN, "all": EUCLIDEAN}, "all", None),
        ({"all": EUCLIDEAN | {"metric": "cosine"}, "few": EUCLIDEAN}, "few", None),
        ({"all": EUCLIDEAN, "other": EUCLIDEAN | {"sample": {"method": "distinct"}}}, "all", "other"),
        ({"all": EUCLIDEAN | {"sample": {"method": "greedy"}}}, None, None),
    ],
)
def test_claims_are_of_a_euclidean_cloud_and_rather_of_all(clouds, random, distinct):
    held = tables(clouds)
    assert (held.cloud("random"), held.cloud("distinct")) == (random, distinct)


def test_a_part_of_the_tables_is_that_of_the_draws():
    both = pd.DataFrame({"dataset": ["d", "e", "f"], "epoch": [1, 2, 3]})
    part = Tables(both, both, both, both, {}, {}, {"d": ["d", "e"], "f": ["f"]}).of("d")
    for table in (part.accuracy, part.summaries, part.distances, part.datasets):
        assert list(table["dataset"]) == ["d", "e"]
    assert part.populations == {"d": ["d", "e"]}
    assert part.last_epoch() == 2


def runs(*values: float) -> pd.Series:
    return by_draw(pd.Series(values, [f"draw{k}" for k in range(len(values))]))


@pytest.mark.parametrize(
    ("values", "verdict"),
    [
        ([1.0], "holds"),
        ([3.0], "fails"),
        ([0.9, 1.0, 1.1, 1.2, 1.3, 1.4], "holds"),
        ([2.9, 3.0, 3.1, 3.2, 3.3, 3.4], "fails"),
        ([0.9, 1.0, 1.1, 3.2, 3.3, 3.4], "depends on the seed"),
        ([np.nan], "fails"),
    ],
)
def test_a_median_is_judged_by_its_interval(values, verdict):
    assert median_verdict(runs(*values), 0.5, 2.0) == verdict


@pytest.mark.parametrize(
    ("good", "of", "verdict"),
    [(1, 1, "holds"), (0, 1, "fails"), (3, 4, "depends on the seed"), (60, 64, "holds"), (4, 64, "fails")],
)
def test_a_share_is_judged_by_its_interval(good, of, verdict):
    assert share_verdict(runs(*[1.0] * good, *[0.0] * (of - good)) == 1, 0.5) == verdict


@pytest.mark.parametrize("known", [True, False])
def test_no_claim_is_held_against_networks_short_of_their_goal_and_they_are_counted(monkeypatch, known):
    study = SimpleNamespace(
        gather=lambda tables: SimpleNamespace(judged=tables.accuracy, tables=tables),
        CLAIMS={"X": Claim("c", "q", "1", lambda e: Finding("holds", f"{len(e.tables.distances)}"))},
    )
    monkeypatch.setattr(verdicts, "study_of", lambda name: study)
    made = Made(seeds=(0, 1, 2), short=(("draw0", "bad", 1),) if known else ())
    datasets = pd.DataFrame({"dataset": ["draw0"]})
    accuracy = made.accuracy().query("epoch == 5")
    held = Tables(accuracy, made.summaries(), made.distances(), datasets, {}, {}, {"draw0": ["draw0"]})
    (row,) = assess("x", held).to_dict("records")
    pairs = made.distances()
    if known:
        of_short = [(pairs[f"model_{side}"] == "bad") & (pairs[f"seed_{side}"] == 1) for side in "ab"]
        pairs = pairs[~(of_short[0] | of_short[1])]
    assert (row["n_left_out"], row["reason"]) == (int(known), f"{len(pairs)}")
    assert row["n_seeds"] == 3  # good ones have all of them
