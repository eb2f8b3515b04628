"""Each claim's rule, on tables made so that it holds, fails, or cannot be told."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, product

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom

from layertopo.analysis.studies.course_report import CLAIMS, between_within
from layertopo.analysis.verdicts import Tables, assess

NAN = float("nan")
SEEDS = (0, 1, 2, 3)
#: Clouds of all points, of distinct ones, and one that no claim is of.
CLOUDS = {
    "few": {"metric": "manhattan", "sample": {"method": "random"}},
    "distinct": {"metric": "euclidean", "sample": {"method": "distinct"}},
    "all": {"metric": "euclidean", "sample": {"method": "random"}},
}
MODELS = ("good", "bad")


def selected(frame: pd.DataFrame, where: dict[str, object]) -> pd.Series:
    """Rows whose columns have given values, or one of a list of values."""
    rows = pd.Series(True, index=frame.index)
    for name, wanted in where.items():
        rows &= frame[name].isin(wanted if isinstance(wanted, (list, tuple)) else [wanted])
    return rows


@dataclass
class Study:
    """Tables of two networks and two epochs for which every claim holds at the last epoch."""

    accuracy: pd.DataFrame
    summaries: pd.DataFrame
    distances: pd.DataFrame
    datasets: pd.DataFrame
    distinct: pd.DataFrame

    def set(self, table: str, column: str, value: object, epoch: int = 25, **where: object) -> Study:
        """Change a column in some rows: those of an epoch, and with given values."""
        frame = getattr(self, table)
        epochs = {name: epoch for name in ("epoch", "epoch_a") if name in frame}
        rows = selected(frame, where | epochs)
        assert rows.any(), f"nothing in {table} has {where}"
        frame.loc[rows, column] = value
        return self

    def keep(self, table: str, **where: object) -> Study:
        """Leave only the rows with given values."""
        frame = getattr(self, table)
        setattr(self, table, frame[selected(frame, where)].copy())
        return self

    def seeds(self, *seeds: int) -> Study:
        """Leave only some training seeds."""
        self.keep("accuracy", seed=seeds).keep("summaries", seed=seeds).keep("distinct", seed=seeds)
        return self.keep("distances", seed_a=seeds, seed_b=seeds)

    def kill(self, model: str, *seeds: int) -> Study:
        """Make training runs dead."""
        self.set("accuracy", "dead", True, model=model, seed=seeds)
        return self.set("accuracy", "test_accuracy", 0.5, model=model, seed=seeds)

    def draws(self, *names: str) -> Study:
        """The same runs on other draws of the data too."""
        for table in ("accuracy", "summaries", "distances", "datasets", "distinct"):
            frame = getattr(self, table)
            setattr(
                self, table, pd.concat([frame.assign(dataset=n) for n in ("d", *names)], ignore_index=True)
            )
        return self

    def findings(self, hidden: int = 3, populations: dict[str, list[str]] | None = None) -> pd.DataFrame:
        tables = Tables(
            self.accuracy,
            pd.concat([self.summaries, self.distinct], ignore_index=True),
            self.distances,
            self.datasets,
            clouds=CLOUDS,
            hidden_layers=dict.fromkeys(self.accuracy["model"].unique(), hidden),
            populations=populations or {"d": list(self.datasets["dataset"])},
        )
        return assess("course_report", tables).set_index("id")

    def verdict(self, claim: str) -> str:
        return self.findings().loc[claim, "verdict"]


@pytest.fixture
def study() -> Study:
    return whole_study()


def whole_study(seeds: Sequence[int] = SEEDS) -> Study:
    runs = [
        {"dataset": "d", "model": model, "seed": seed, "epoch": epoch}
        for model, seed, epoch in product(MODELS, seeds, (0, 25))
    ]
    accuracy = pd.DataFrame(runs).assign(dead=False)
    accuracy["test_accuracy"] = np.where(accuracy["model"] == "good", 0.93, 0.5)
    summaries = pd.DataFrame(
        [
            run
            | {"layer": layer, "split": split, "cloud": "all", "dimension": dimension}
            | bars(run, dimension, layer)
            for run, layer, split, dimension in product(runs, (1, 3), ("train", "test", "full"), (0, 1))
        ]
    )
    distances = pd.DataFrame(
        [
            {"dataset": "d", "cloud": "all", "dimension": 1, "across": "networks"}
            | {"model_a": a[0], "seed_a": a[1], "model_b": b[0], "seed_b": b[1]}
            | {f"{key}_{side}": value for side in "ab" for key, value in place.items()}
            | dict.fromkeys(("bottleneck", "sliced_wasserstein"), 1.0 if a[0] == b[0] else 5.0)
            | dict.fromkeys(("bottleneck_scaled", "sliced_wasserstein_scaled"), 0.1 if a[0] == b[0] else 0.5)
            for place in [{"epoch": e, "layer": k, "split": "full"} for e, k in product((0, 25), (1, 3))]
            for a, b in combinations(list(product(MODELS, seeds)), 2)
        ]
    )
    within = distances.assign(across="epochs", model_b="good", bottleneck=7.0)
    distances = pd.concat([distances, within], ignore_index=True)
    datasets = pd.DataFrame({"dataset": ["d"], "best_radius_accuracy": [0.9995]})
    distinct = summaries[:0].copy()
    return Study(accuracy, summaries, distances, datasets, distinct)


def bars(run: dict[str, object], dimension: int, layer: int) -> dict[str, float]:
    """Summary of one diagram; good's numbers grow a little with the seed."""
    good, shift = run["model"] == "good", 0.01 * float(run["seed"])
    if dimension == 0:
        return {
            "bars": 900 if good else 300,
            "n_points": 1000,
            "n_distinct": 901 if good else 301,
            "birth_min": 0.0,
            "birth_max": 0.0,
            "lifetime_median": 0.5,
            "death_max": 1.4 + shift if good else 0.2,
            "death_max_scaled": 0.4 if good else 0.1,
            "significant_bars": NAN,
            "tested_bars": 0,
            "p_min": NAN,
        }
    return {
        "bars": 300 + 10 * float(run["seed"]) if good else (0 if layer == 3 else 20),
        "n_points": 1000,
        "n_distinct": 901 if good else 301,
        "birth_min": 0.1,
        "birth_max": 0.8 if good else 0.5,
        "lifetime_median": 0.1,
        "death_max": 0.85 if good else 0.15,
        "death_max_scaled": 0.3 if good else 0.05,
        "significant_bars": 1.0 if good else 0.0,
        "tested_bars": 100,
        "p_min": 1e-6 if good else 0.01,
    }


def test_every_claim_holds_for_tables_made_so(study):
    assert study.findings()["verdict"].to_dict() == dict.fromkeys(CLAIMS, "holds")


def test_there_are_ten_claims(study):
    assert list(study.findings().index) == [f"C{k}" for k in range(1, 11)]


def of(model: str, **where: object) -> dict[str, object]:
    return {"model": model, **where}


ALL = {"model": MODELS}
LOOPS = {"dimension": 1}
GOOD_LOOPS, BAD_LOOPS = of("good", **LOOPS), of("bad", **LOOPS)
LAYER_3_TRAIN = {"layer": 3, "split": "train", **LOOPS}

# What is changed in the tables for which all claims hold, and what follows.
CHANGES = {
    "C1 too low": ("C1", "accuracy", "test_accuracy", 0.90, of("good"), "fails"),
    "C1 too high": ("C1", "accuracy", "test_accuracy", 0.96, of("good"), "fails"),
    "C1 just inside": ("C1", "accuracy", "test_accuracy", 0.911, of("good"), "holds"),
    "C1 one bad seed": ("C1", "accuracy", "test_accuracy", 0.7, of("good", seed=0), "depends on the seed"),
    "C2 no seed": ("C2", "accuracy", "test_accuracy", 0.64, of("bad"), "fails"),
    "C2 half": ("C2", "accuracy", "test_accuracy", 0.64, of("bad", seed=[0, 1]), "depends on the seed"),
    "C2 most": ("C2", "accuracy", "test_accuracy", 0.64, of("bad", seed=0), "depends on the seed"),
    "C3 late components": ("C3", "summaries", "birth_max", 0.1, of("good", dimension=0, seed=0), "fails"),
    "C3 loops from 0": ("C3", "summaries", "birth_min", 0.0, of("good", dimension=1, seed=0), "fails"),
    "C3 long loops": ("C3", "summaries", "lifetime_median", 0.6, of("good", dimension=1, seed=0), "fails"),
    "C3 one long of 36": (
        *("C3", "summaries", "lifetime_median", 0.6),
        *(of("good", dimension=1, seed=0, layer=1, split="test"), "holds"),
    ),
    "C3 no loops": ("C3", "summaries", "bars", 0, LOOPS | ALL, "not applicable"),
    "C4 as few loops": ("C4", "summaries", "bars", 10, LOOPS | ALL, "fails"),
    "C4 fewer loops": ("C4", "summaries", "bars", 1, GOOD_LOOPS, "fails"),
    "C4 more points": ("C4", "summaries", "n_distinct", 90_000, GOOD_LOOPS, "only in absolute count"),
    "C5 good too short": ("C5", "summaries", "death_max", 0.5, LAYER_3_TRAIN | of("good"), "fails"),
    "C5 bad too long": ("C5", "summaries", "death_max", 0.3, LAYER_3_TRAIN | of("bad"), "fails"),
    "C5 no loops in bad": ("C5", "summaries", "death_max", NAN, LAYER_3_TRAIN | of("bad"), "fails"),
    "C5 other split": ("C5", "summaries", "death_max", 9.0, GOOD_LOOPS | {"split": "test"}, "holds"),
    "C5 other layer": ("C5", "summaries", "death_max", 9.0, GOOD_LOOPS | {"layer": 1}, "holds"),
    "C6 good too short": ("C6", "summaries", "death_max", 0.6, of("good", split="test"), "fails"),
    "C6 bad too late": (
        "C6",
        "summaries",
        "birth_max",
        1.0,
        BAD_LOOPS | {"split": "test", "layer": 1},
        "fails",
    ),
    "C6 loops on layer 3": ("C6", "summaries", "bars", 1, BAD_LOOPS | {"split": "test", "layer": 3}, "fails"),
    "C6 no loops in bad": ("C6", "summaries", "birth_max", NAN, BAD_LOOPS | {"split": "test"}, "holds"),
    "C7 no larger": ("C7", "summaries", "death_max", 1.0, ALL, "fails"),
    "C7 half": ("C7", "summaries", "death_max", 1.0, ALL | {"seed": [0, 1]}, "fails"),
    "C7 most": ("C7", "summaries", "death_max", 1.0, ALL | {"seed": 0}, "depends on the seed"),
    "C7 scale only": ("C7", "summaries", "death_max_scaled", 0.3, ALL, "only in absolute scale"),
    "C8 alike": ("C8", "distances", "bottleneck", 1.0, {}, "fails"),
    "C8 scale only": ("C8", "distances", "bottleneck_scaled", 0.1, {}, "only in absolute scale"),
    "C9 no loop": ("C9", "summaries", "p_min", 0.01, GOOD_LOOPS, "fails"),
    "C9 half": (
        "C9",
        "summaries",
        "p_min",
        0.01,
        GOOD_LOOPS | {"seed": [0, 1]},
        "depends on the seed",
    ),
    "C9 too few bars": ("C9", "summaries", "p_min", NAN, GOOD_LOOPS, "fails"),
    "C9 on one layer": ("C9", "summaries", "p_min", 0.01, GOOD_LOOPS | {"layer": 1}, "holds"),
    "C10 overlap": ("C10", "datasets", "best_radius_accuracy", 0.97, {}, "fails"),
}


@pytest.mark.parametrize(
    ("claim", "table", "column", "value", "where", "verdict"), CHANGES.values(), ids=CHANGES
)
def test_the_verdict_follows_from_the_tables(study, claim, table, column, value, where, verdict):
    assert study.set(table, column, value, **where).verdict(claim) == verdict


@pytest.mark.parametrize("change", [name for name in CHANGES if not name.startswith("C10")])
def test_only_the_last_epoch_counts(study, change):
    claim, table, column, value, where, _ = CHANGES[change]
    assert study.set(table, column, value, epoch=0, **where).verdict(claim) == "holds"


def test_dead_networks_are_counted_and_left_out_of_the_good_accuracy(study):
    finding = study.kill("good", 0, 1).findings().loc["C1"]
    assert (finding["verdict"], finding["n_seeds"], finding["n_dead"]) == ("holds", 4, 2)
    assert finding["low"] == 0.93


def test_good_networks_that_are_all_dead_reach_no_accuracy(study):
    finding = study.kill("good", *SEEDS).findings().loc["C1"]
    assert finding["verdict"] == "fails"
    assert math.isnan(finding["measured"])


def test_the_share_of_dead_networks_stands_by_the_bad_accuracy(study):
    assert "1 of 4 (5%-70%) are dead" in study.kill("bad", 2).findings().loc["C2", "reason"]


def test_dead_networks_are_not_asked_for_circles(study):
    study.set("summaries", "p_min", 0.01, **GOOD_LOOPS, seed=[1, 2, 3])
    assert study.verdict("C9") == "depends on the seed"
    assert study.kill("good", 1, 2, 3).verdict("C9") == "holds"


def test_circles_are_sought_in_hidden_layers_only(study):
    # With two hidden layers, layer 3 is that of the logits.
    study.set("summaries", "p_min", 0.01, **GOOD_LOOPS, layer=1)
    assert study.findings(hidden=2).loc["C9", "verdict"] == "fails"


@pytest.mark.parametrize(
    ("collapsed", "verdict"), [(["bad"], "holds"), (["good"], "fails"), (["good", "bad"], "fails")]
)
def test_a_network_of_one_point_is_of_no_size(study, collapsed, verdict):
    for column in ("death_max", "death_max_scaled"):
        study.set("summaries", column, NAN, model=collapsed, split="full")
    assert study.verdict("C7") == verdict


@pytest.mark.parametrize(
    ("claim", "kept"),
    [
        ("C3", {"dimension": 0}),
        ("C4", {"dimension": 0}),
        ("C5", {"layer": 1}),
        ("C5", {"split": ["test", "full"]}),
        ("C6", {"layer": 3}),
        ("C6", {"split": "train"}),
        ("C7", {"split": ["train", "test"]}),
        ("C9", {"dimension": 0}),
    ],
)
def test_a_claim_on_what_was_not_analysed_is_not_applicable(study, claim, kept):
    assert study.keep("summaries", **kept).verdict(claim) == "not applicable"


@pytest.mark.parametrize("claim", ["C4", "C8"])
def test_a_test_that_so_few_seeds_cannot_pass_is_not_made(study, claim):
    # Of the 20 ways to choose 3 of 6, one or two are the clearest: p is 0.05 or more whatever was measured.
    assert study.verdict(claim) == "holds"
    assert study.seeds(0, 1, 2).verdict(claim) == "not applicable"


@pytest.mark.parametrize("models", [["good"], ["bad"], ["wide"]])
def test_without_good_and_bad_only_the_data_can_be_judged(study, models):
    if models == ["wide"]:
        for table in (study.accuracy, study.summaries):
            table["model"] = table["model"].replace("good", "wide")
    study.keep("accuracy", model=models).keep("summaries", model=models)
    study.distances = study.distances[:0]
    verdicts = study.findings()["verdict"].to_dict()
    assert verdicts == dict.fromkeys(CLAIMS, "not applicable") | {"C10": "holds"}


def test_other_networks_beside_good_and_bad_change_nothing(study):
    expected = study.findings()
    for name in ("accuracy", "summaries"):
        table = getattr(study, name)
        other = table[table["model"] == "bad"].assign(model="other")
        setattr(study, name, pd.concat([table, other], ignore_index=True))
    other = study.distances.assign(model_b="other", bottleneck=0.0)
    study.distances = pd.concat([study.distances, other], ignore_index=True)
    pd.testing.assert_frame_equal(study.findings(), expected)


def test_other_clouds_change_nothing(study):
    expected = study.findings()
    few = study.summaries.assign(cloud="few", bars=0, death_max=NAN, p_min=NAN)
    study.summaries = pd.concat([few, study.summaries], ignore_index=True)
    few = study.distances.assign(cloud="few", bottleneck=1.0, bottleneck_scaled=1.0)
    study.distances = pd.concat([few, study.distances], ignore_index=True)
    pd.testing.assert_frame_equal(study.findings(), expected)


def test_each_data_set_is_judged_by_its_own_tables(study):
    other = whole_study().set("accuracy", "test_accuracy", 0.6, model="good")
    for name in ("accuracy", "summaries", "distances", "datasets", "distinct"):
        tables = [getattr(study, name), getattr(other, name).assign(dataset="other")]
        setattr(study, name, pd.concat(tables, ignore_index=True))
    own = study.findings(populations={"d": ["d"], "other": ["other"]})
    verdicts = own.loc["C1"].set_index("dataset")["verdict"]
    assert verdicts.to_dict() == {"d": "holds", "other": "fails"}


def test_what_was_measured_is_the_median_with_its_interval(study):
    for seed, accuracy in enumerate((0.91, 0.92, 0.94, 0.95)):
        study.set("accuracy", "test_accuracy", accuracy, model="good", seed=seed)
    finding = study.findings().loc["C1"]
    assert (finding["low"], finding["measured"], finding["high"]) == (0.91, pytest.approx(0.93), 0.95)


def test_one_run_has_no_interval_and_decides(study):
    findings = study.seeds(0).findings()
    assert findings["low"].isna().all()
    assert (findings.drop(["C4", "C8"])["verdict"] == "holds").all()


def test_a_test_stands_with_its_p_value(study):
    findings = study.findings()
    # Four against four, all larger: one of 70 orders; two of them tell two groups apart.
    assert findings.loc["C4", "p"] == pytest.approx(1 / 70, abs=0.004)
    assert findings.loc["C8", "p"] == pytest.approx(2 / 70, abs=0.006)
    assert (findings["test"] != "").equals(findings["p"].notna())


def p_without_dead(reason: str) -> float:
    return float(re.search(r"without dead networks .*?p = ([0-9.e-]+)", reason).group(1))


def test_a_test_is_given_without_the_dead_networks_too():
    # The dead networks look like good ones: all six against six tell nothing, the live four against six all.
    study = whole_study(seeds=range(6)).kill("bad", 4, 5)
    study.set("summaries", "bars", 1000, model="bad", seed=(4, 5), dimension=1)
    study.set("distances", "bottleneck", 0.5, model_a="good", model_b="bad", seed_b=(4, 5), across="networks")
    findings = study.findings()
    assert findings.loc["C4", "p"] > 0.05
    # All of six larger than all of four: one of 210 orders.
    assert p_without_dead(findings.loc["C4", "reason"]) == pytest.approx(1 / 210, abs=0.003)
    assert findings.loc["C8", "measured"] < 5
    assert "without dead networks 5 (p =" in findings.loc["C8", "reason"]
    assert p_without_dead(findings.loc["C8", "reason"]) == pytest.approx(1 / 210, abs=0.003)


@pytest.mark.parametrize("claim", ["C4", "C8"])
def test_too_few_live_networks_are_not_tested(study, claim):
    assert "too few runs are left" in study.kill("bad", 2, 3).findings().loc[claim, "reason"]


def test_draws_of_the_data_are_judged_together(study):
    findings = study.seeds(0, 1).draws("e", "f").findings()
    assert (findings["n_draws"] == 3).all()
    assert (findings["n_seeds"] == 2).all()
    assert findings["verdict"].to_dict() == dict.fromkeys(CLAIMS, "holds")
    # Two against two on each of three draws: one of 6 x 6 x 6 exchanges, and both signs for distances.
    assert findings.loc["C4", "p"] == pytest.approx(1 / 216, abs=0.003)
    assert findings.loc["C8", "p"] == pytest.approx(8 / 216, abs=0.008)


def test_networks_are_exchanged_on_one_draw_only(study):
    # Much larger numbers on one draw say nothing of the networks there.
    study.draws("e").set("summaries", "bars", 10_000, dataset="e", dimension=1)
    for seed in SEEDS:
        study.set("summaries", "bars", 50 + seed, dataset="d", seed=seed, dimension=1)
    assert study.findings().loc["C4", "p"] > 0.4


def test_a_draw_that_disagrees_widens_the_interval(study):
    study.draws("e").set("accuracy", "test_accuracy", 0.96, dataset="e", model="good")
    finding = study.findings().loc["C1"]
    assert (finding["low"], finding["high"], finding["verdict"]) == (0.93, 0.96, "depends on the seed")


def test_loops_are_compared_at_equal_numbers_of_distinct_points(study):
    study.distinct = study.summaries.assign(n_points=500, n_distinct=500, cloud="distinct")
    study.distinct["bars"] = 100 + study.distinct["seed"]
    assert study.verdict("C4") == "only in absolute count"
    study.set("distinct", "bars", 200, model="good")
    assert study.verdict("C4") == "holds"
    assert "at 500 distinct points (24 diagrams of good" in study.findings().loc["C4", "reason"]


def test_diagrams_of_fewer_points_are_not_compared(study):
    study.distinct = study.summaries.assign(n_points=500, n_distinct=500, cloud="distinct")
    study.set("distinct", "bars", 5000, model="bad")
    study.set("distinct", "n_distinct", 400, model="bad", layer=3)
    study.set("distinct", "bars", 9, model="bad", layer=1)
    assert study.verdict("C4") == "holds"


def test_a_network_with_many_diagrams_has_more_chances_to_find_a_loop(study):
    study.set("summaries", "p_min", 0.0004, **GOOD_LOOPS)  # significant among 100 loops, not among 600
    assert study.verdict("C9") == "fails"
    study.set("summaries", "p_min", 0.00008, **GOOD_LOOPS)
    assert study.verdict("C9") == "holds"


def runs_on_a_line(*positions: float, models: str, draws: str | None = None) -> pd.DataFrame:
    """Distances between runs that stand on a line: of a good network (g) or a bad one (b), on draws named by a letter."""
    names = {"g": "good", "b": "bad"}
    runs = list(enumerate(zip(positions, models, draws or "d" * len(models), strict=True)))
    return pd.DataFrame(
        [
            {"dataset": e, "model_a": names[m], "seed_a": i, "model_b": names[n], "seed_b": j}
            | {"bottleneck": abs(x - y)}
            for (i, (x, m, d)), (j, (y, n, e)) in combinations(runs, 2)
            if d == e
        ]
    )


def test_networks_far_apart_are_told_apart():
    table = runs_on_a_line(0, 1, 2, 3, 100, 101, 102, 103, models="ggggbbbb")
    ratio, p = between_within(table, "bottleneck")
    # Between: 100 on average; within: 12 pairs, 5/3 on average. Of the 70 ways to choose 4 of 8, two are so clear.
    assert ratio == pytest.approx(100 / (5 / 3))
    assert p == pytest.approx(2 / 70, abs=0.006)


def test_alike_networks_are_not_told_apart():
    table = runs_on_a_line(0, 1, 2, 3, 0, 1, 2, 3, models="ggggbbbb")
    assert between_within(table, "bottleneck")[1] > 0.5
    assert between_within(runs_on_a_line(*[7] * 6, models="gggbbb"), "bottleneck") == (1, 1)


def test_draws_far_apart_do_not_tell_networks_apart():
    table = runs_on_a_line(0, 1, 2, 3, 500, 501, 502, 503, models="gbgbgbgb", draws="ddddeeee")
    ratio, p = between_within(table, "bottleneck")
    # Each draw: distances 1, 3, 1, 1 between and 2, 2 within.
    assert ratio == pytest.approx(1.5 / 2)
    assert p > 0.5


def test_runs_that_coincide_give_no_smaller_p_value_than_there_are_exchanges():
    ratio, p = between_within(runs_on_a_line(0, 0, 0, 1, 1, 1, models="gggbbb"), "bottleneck")
    assert ratio == math.inf
    assert p == pytest.approx(2 / 20, abs=0.015)


def test_one_network_alone_has_nothing_to_be_told_from():
    assert np.isnan(between_within(runs_on_a_line(0, 1, 5, models="ggg"), "bottleneck")).all()


def test_the_rate_of_false_alarms_is_that_of_the_level():
    rng = np.random.default_rng(0)
    tables = [
        runs_on_a_line(*rng.normal(size=12), models="ggbb" * 3, draws="ddddeeeeffff") for _ in range(150)
    ]
    p = np.array([between_within(table, "bottleneck")[1] for table in tables])
    # More than this many of 150 happen once in a thousand times; some there must be.
    assert 0 < np.count_nonzero(p <= 0.1) <= binom.ppf(0.999, 150, 0.1)


def test_every_verdict_has_a_reason(study):
    assert (study.findings()["reason"].str.len() > 20).all()
