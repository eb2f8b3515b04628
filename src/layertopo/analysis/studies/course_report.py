"""What a course report (ITMO University, 2022) says of two networks, `good` and `bad`.

Its claims are of one cloud, all points or a random sample of them, under the Euclidean distance.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import wraps

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from layertopo.analysis.replicates import arrangements, permutation_p
from layertopo.analysis.verdicts import (
    ABSOLUTE_ONLY,
    COUNT_ONLY,
    FAILS,
    HOLDS,
    NAN,
    NOT_APPLICABLE,
    OWN_RUN,
    Claim,
    Finding,
    Tables,
    all_of,
    by_draw,
    median_text,
    median_verdict,
    share,
    share_verdict,
    text,
    verdict,
    without_runs,
)
from layertopo.tables import RUN

ABOUT = (
    "A course report (ITMO University, 2022) compared two networks, here named good and bad, by the persistent "
    "homology of their layers."
)
#: The networks that the claims are of.
NETWORKS = ["good", "bad"]
LEVEL = 0.05


@dataclass(frozen=True)
class Evidence:
    """The tables of the draws of one distribution and of one cloud, cut down to the last analysed epoch.

    Attributes
    ----------
    accuracy, summaries, distances, datasets : DataFrame
        As in results/tables, distances between training runs only.
    distinct : DataFrame
        Summaries of samples of distinct points; empty if there is no such cloud.
    hidden_layers : mapping of str to int
        Number of hidden layers of each model.
    """

    accuracy: pd.DataFrame
    summaries: pd.DataFrame
    distances: pd.DataFrame
    datasets: pd.DataFrame
    distinct: pd.DataFrame
    hidden_layers: Mapping[str, int]

    @property
    def judged(self) -> pd.DataFrame:
        """Accuracy of each training run that the claims are of."""
        return self.accuracy[self.accuracy["model"].isin(NETWORKS)]

    def runs(self, model: str, live: bool = False) -> pd.DataFrame:
        """Accuracy of each training run of a model; of those that are not dead if `live`."""
        runs = self.accuracy[self.accuracy["model"] == model]
        return runs[~runs["dead"]] if live else runs

    def live(self) -> Evidence:
        """The evidence without the dead networks."""
        dead = set(self.accuracy.loc[self.accuracy["dead"], RUN].itertuples(index=False, name=None))
        return replace(
            self,
            accuracy=without_runs(self.accuracy, dead),
            summaries=without_runs(self.summaries, dead),
            distinct=without_runs(self.distinct, dead),
            distances=without_runs(self.distances, dead, "_a", "_b"),
        )

    def enough_runs(self) -> bool:
        """Whether a test that exchanges networks between the runs on one draw can decide anything."""
        return 1 / arrangements(self.judged["model"].tolist(), self.judged["dataset"].tolist()) < LEVEL

    def bars(self, model: str | None = None, /, **where: object) -> pd.DataFrame:
        """Summaries of a model's diagrams (of both models' if None), cut down to `where`."""
        return _of_both(self.summaries, model, **where)

    def per_run(self, column: str, how: str, model: str, **where: object) -> pd.Series:
        """`column` of a model's diagrams, aggregated by `how` within each training run."""
        return self.bars(model, **where).groupby(OWN_RUN)[column].agg(how)


def _of_both(table: pd.DataFrame, model: str | None = None, /, **where: object) -> pd.DataFrame:
    table = table[table["model"].isin(NETWORKS) if model is None else table["model"] == model]
    for column, value in where.items():
        table = table[table[column] == value]
    return table


def gather(tables: Tables) -> Evidence:
    """The evidence of the draws of one distribution."""
    last = tables.last_epoch()
    summaries = tables.summaries[tables.summaries["epoch"] == last]
    distances = tables.distances
    between = distances[(distances["across"] == "networks") & (distances["epoch_a"] == last)]
    return Evidence(
        accuracy=tables.accuracy[tables.accuracy["epoch"] == last],
        summaries=summaries[summaries["cloud"] == tables.cloud("random")],
        distances=between[between["cloud"] == tables.cloud("random")],
        datasets=tables.datasets,
        distinct=summaries[summaries["cloud"] == tables.cloud("distinct")],
        hidden_layers=tables.hidden_layers,
    )


def _needs_both_networks(rule: Callable[[Evidence], Finding]) -> Callable[[Evidence], Finding]:
    """The rule, where there are both networks to hold it against."""

    @wraps(rule)
    def checked(evidence: Evidence) -> Finding:
        if any(evidence.runs(model).empty for model in NETWORKS):
            return Finding(NOT_APPLICABLE, "the data set does not have both networks, named good and bad")
        return rule(evidence)

    return checked


def _points(table: pd.DataFrame) -> str:
    """How many points the diagrams have: lengths depend on it."""
    counts = sorted(table["n_points"].unique())
    return " or ".join(f"{count:,}" for count in counts) + " points"


@_needs_both_networks
def good_accuracy(evidence: Evidence) -> Finding:
    """C1."""
    live = evidence.runs("good", live=True).set_index(OWN_RUN)["test_accuracy"]
    if live.empty:
        return Finding(FAILS, "every good network is dead")
    return Finding(
        median_verdict(live, 0.91, 0.95),
        f"the median must lie within 2 points of 93 %; {live.between(0.91, 0.95).sum()} of {len(live)} live networks do",
        live,
    )


@_needs_both_networks
def bad_accuracy(evidence: Evidence) -> Finding:
    """C2."""
    runs = evidence.runs("bad").set_index(OWN_RUN)
    low = runs["test_accuracy"] <= 0.52
    live = runs.loc[~runs["dead"], "test_accuracy"]
    return Finding(
        share_verdict(low, 0.5),
        f"{share(low)} networks have at most 52 %; more than half must; {share(runs['dead'])} are dead"
        + (f"; the live ones reach {live.median():.1%}" if len(live) else ""),
        runs["test_accuracy"],
    )


@_needs_both_networks
def births_and_lifetimes(evidence: Evidence) -> Finding:
    """C3."""
    keys = [*RUN, "layer", "split"]
    table = evidence.bars().set_index(keys)
    h0, h1 = (table[(table["dimension"] == d) & (table["bars"] > 0)] for d in (0, 1))
    both = h0.merge(h1, left_index=True, right_index=True, suffixes=("_0", "_1"))
    if both.empty:
        return Finding(NOT_APPLICABLE, "no diagram has bars in both dimensions")
    births = (both["birth_max_0"] == 0).all() and (both["birth_min_1"] > 0).all()
    shorter = both["lifetime_median_1"] < both["lifetime_median_0"]
    return Finding(
        verdict(bool(births and shorter.mean() >= 0.95)),
        f"births {'are' if births else 'are not'} as claimed; the median lifetime of H1 is below that of H0 in "
        f"{shorter.sum()} of {len(both)} diagrams with both; it must be in 95 %",
        (both["lifetime_median_1"] / both["lifetime_median_0"]).groupby(OWN_RUN).median(),
    )


@_needs_both_networks
def more_loops(evidence: Evidence) -> Finding:
    """C4."""
    counts = {m: evidence.per_run("bars", "mean", m, dimension=1) for m in NETWORKS}
    if any(each.empty for each in counts.values()):
        return Finding(NOT_APPLICABLE, "H1 was not computed")
    medians = f"H1 bars a diagram: good {median_text(counts['good'])}, bad {median_text(counts['bad'])}"
    if not evidence.enough_runs():
        return Finding(NOT_APPLICABLE, f"too few runs for a test; {medians}", counts["good"])
    p_count, p_equal = _loop_tests(evidence)
    verdict = FAILS if not p_count < LEVEL else (HOLDS if p_equal < LEVEL else COUNT_ONLY)
    return Finding(
        verdict,
        f"{medians}; p = {p_count:.3g}, {_equal_form(evidence)} p = {text(p_equal)}"
        + _without_dead(evidence, lambda live: "p = {:.3g} and {:.3g}".format(*_loop_tests(live))),
        counts["good"],
        "Mann-Whitney U within draws, by permutation, one-sided",
        p_count,
    )


def _equal_form(evidence: Evidence) -> str:
    if evidence.distinct.empty:
        return "per distinct point"
    equal = _equal_clouds(evidence)
    runs = equal.groupby("model")["n_points"].count().reindex(NETWORKS, fill_value=0)
    return (
        f"at {equal['n_points'].max():,} distinct points ({runs['good']} diagrams of good have so many, "
        f"{runs['bad']} of bad)"
    )


def _equal_clouds(evidence: Evidence) -> pd.DataFrame:
    """H1 of the diagrams with as many distinct points as were asked for."""
    table = _of_both(evidence.distinct, dimension=1)
    return table[table["n_distinct"] == evidence.distinct["n_distinct"].max()]


def _loop_tests(evidence: Evidence) -> tuple[float, float]:
    """p-values of "good has more", for the number of bars and for that at equal numbers of distinct points.

    The second is per distinct point if no sample of distinct points was taken.
    """
    table = evidence.bars(dimension=1)
    counts = table.assign(value=table["bars"])
    if evidence.distinct.empty:
        equal = table.assign(value=table["bars"] / table["n_distinct"])
    else:
        equal = _equal_clouds(evidence)
        equal = equal.assign(value=equal["bars"])
    return _more(counts), _more(equal)


def _more(table: pd.DataFrame) -> float:
    """p-value of "good has the larger `value`", over layers and splits.

    Each diagram is ranked among those of the same draw, layer and split, as in the test of van Elteren
    (Bull. Inst. Int. Stat. 37, 1960); a run's score is the sum of its ranks above the mean, and
    networks are exchanged between the runs of a draw. A diagram that is not there scores nothing.
    """
    ranks = table.groupby(["dataset", "layer", "split"])["value"]
    score = ranks.rank() - (ranks.transform("count") + 1) / 2
    runs = score.groupby([table[name] for name in RUN]).sum().reset_index()
    good = (runs["model"] == "good").to_numpy()
    scores = runs["value"].to_numpy()
    return permutation_p(
        lambda orders: scores[orders][:, good].sum(axis=1), list(runs["model"]), list(runs["dataset"])
    )


def _without_dead(evidence: Evidence, describe: Callable[[Evidence], str]) -> str:
    """What a test says when the dead networks are left out; nothing if there are none."""
    live = evidence.live()
    if len(live.accuracy) == len(evidence.accuracy):
        return ""
    if not live.enough_runs():
        return "; without dead networks too few runs are left for a test"
    return f"; without dead networks {describe(live)}"


@_needs_both_networks
def loop_deaths(evidence: Evidence) -> Finding:
    """C5."""
    where: dict[str, object] = {"layer": 3, "split": "train", "dimension": 1}
    ranges = {"good": (0.55, 1.15), "bad": (0.05, 0.25)}  # the claimed ones, widened by half
    deaths = {m: evidence.per_run("death_max", "max", m, **where) for m in ranges}
    scaled = {m: evidence.per_run("death_max_scaled", "max", m, **where) for m in ranges}
    if any(each.empty for each in deaths.values()):
        return Finding(NOT_APPLICABLE, "layer 3 of the train split was not analysed")
    return Finding(
        all_of([median_verdict(deaths[m], *ranges[m]) for m in ranges]),
        f"largest H1 death at {_points(evidence.bars(**where))}: good {median_text(deaths['good'])} (allowed 0.55-1.15), "
        f"bad {median_text(deaths['bad'])} (allowed 0.05-0.25), ratio of the medians "
        f"{text(deaths['good'].median() / deaths['bad'].dropna().median())}; "
        f"scale-free: good {median_text(scaled['good'])}, bad {median_text(scaled['bad'])}",
        deaths["good"],
    )


@_needs_both_networks
def scale_on_test_rows(evidence: Evidence) -> Finding:
    """C6."""
    per_diagram = evidence.bars("good", split="test").groupby([*OWN_RUN, "layer"])
    good, scaled = (per_diagram[f"death_max{form}"].max().groupby(OWN_RUN).mean() for form in ("", "_scaled"))
    births = evidence.per_run("birth_max", "max", "bad", split="test", layer=1, dimension=1)
    bars = evidence.per_run("bars", "max", "bad", split="test", layer=3, dimension=1)
    if good.empty or births.empty or bars.empty:
        return Finding(NOT_APPLICABLE, "layers 1 and 3 of the test split were not analysed")
    births = births.fillna(0)  # no loop on layer 1 means that none is born after 0.6
    parts = [
        median_verdict(good, 0.7, 2.1),
        median_verdict(births, 0, 0.9),
        median_verdict(bars, 0, 0),
    ]
    return Finding(
        all_of(parts),
        f"at {_points(evidence.bars(split='test'))}, good: mean of the largest deaths {median_text(good)} (allowed "
        f"0.7-2.1); bad: largest H1 birth on layer 1 {median_text(births)} (at most 0.9), H1 bars on layer 3 "
        f"{median_text(bars)} (must be 0; are in {share(bars == 0)} runs); scale-free: good {median_text(scaled)}",
        good,
    )


@_needs_both_networks
def full_scale(evidence: Evidence) -> Finding:
    """C7."""

    def ratios(column: str) -> pd.Series:
        # A network of one distinct point has no death: it is of no size.
        good, bad = (evidence.per_run(column, "max", m, split="full").fillna(0) for m in NETWORKS)
        return good / bad

    absolute, scaled = ratios("death_max"), ratios("death_max_scaled")
    if absolute.empty:
        return Finding(NOT_APPLICABLE, "the full split was not analysed")
    larger, larger_scaled = (each > 2 for each in (absolute, scaled))
    verdict = share_verdict(larger, 0.9)
    if verdict == HOLDS and share_verdict(larger_scaled, 0.9) != HOLDS:
        verdict = ABSOLUTE_ONLY
    return Finding(
        verdict,
        f"the ratio at {_points(evidence.bars(split='full'))} is above 2 in {share(larger)} seeds, more than 90 % are "
        f"needed; scale-free in {share(larger_scaled)} (median {text(scaled.dropna().median())})",
        absolute,
    )


@_needs_both_networks
def told_apart(evidence: Evidence) -> Finding:
    """C8."""
    table = _distances(evidence)
    if table.empty:
        return Finding(NOT_APPLICABLE, "H1 was not computed for both networks")
    if not evidence.enough_runs():
        return Finding(NOT_APPLICABLE, "too few runs for a test")
    tests = _distance_tests(evidence)
    (_, p), (_, p_scaled), _ = tests
    verdict = FAILS if not p < LEVEL else (HOLDS if p_scaled < LEVEL else ABSOLUTE_ONLY)
    ratios = {draw: _ratio(*_matrix(part, "bottleneck")) for draw, part in table.groupby("dataset")}
    return Finding(
        verdict,
        f"mean distance between the networks over that within, on one draw: {_ratios(tests)}"
        + _without_dead(evidence, lambda live: _ratios(_distance_tests(live))),
        by_draw(pd.Series(ratios)),
        "permutation of networks within draws",
        p,
    )


def _ratios(tests: Sequence[tuple[float, float]]) -> str:
    absolute, scaled, sliced = (f"{text(ratio)} (p = {text(p)})" for ratio, p in tests)
    return f"{absolute}, scale-free {scaled}; scale-free sliced Wasserstein {sliced}"


def _distances(evidence: Evidence) -> pd.DataFrame:
    """Distances of H1 between training runs of the two networks."""
    table = evidence.distances[evidence.distances["dimension"] == 1]
    return table[table["model_a"].isin(NETWORKS) & table["model_b"].isin(NETWORKS)]


def _distance_tests(evidence: Evidence) -> list[tuple[float, float]]:
    """Ratio of the distances between to those within the networks, and its p-value, by three distances."""
    table = _distances(evidence)
    columns = ("bottleneck", "bottleneck_scaled", "sliced_wasserstein_scaled")
    return [between_within(table, column) for column in columns]


def _matrix(table: pd.DataFrame, column: str) -> tuple[pd.DataFrame, NDArray[np.float64]]:
    """Training runs and the distances between them, averaged over layers and splits; NaN between draws.

    A run without a scale-free diagram, such as a dead one, has no distance to any other and is left out.
    """
    known = table.dropna(subset=column)
    sides = [known[["dataset", f"model_{side}", f"seed_{side}"]].set_axis(RUN, axis=1) for side in "ab"]
    runs = pd.MultiIndex.from_frame(pd.concat(sides).drop_duplicates().sort_values(RUN))
    first, second = (runs.get_indexer(pd.MultiIndex.from_frame(side)) for side in sides)
    total, count = np.zeros((2, len(runs), len(runs)))
    np.add.at(total, (first, second), known[column])
    np.add.at(count, (first, second), 1)
    total, count = total + total.T, count + count.T
    distance = np.divide(total, count, out=np.full_like(total, np.nan), where=count > 0)
    return runs.to_frame(index=False), distance


def _ratio(runs: pd.DataFrame, distance: NDArray[np.float64]) -> float:
    """How much farther apart the two networks are than trainings of one of them."""
    good = (runs["model"] == "good").to_numpy()
    alike = good[:, None] == good
    within, between = (distance[where & ~np.isnan(distance)] for where in (alike, ~alike))
    if not len(within) or not len(between):
        return NAN
    if within.mean() > 0:
        return float(between.mean() / within.mean())
    return np.inf if between.mean() > 0 else 1.0


def between_within(table: pd.DataFrame, column: str) -> tuple[float, float]:
    """How much farther apart two networks are than their trainings on one draw, and whether chance could do it.

    Parameters
    ----------
    table : DataFrame
        Distances between training runs of `good` and `bad`, as in results/tables.
    column : str
        The distance.

    Returns
    -------
    ratio : float
        Mean distance between the networks over mean distance within them; NaN if one of these is unknown.
    p : float
        One-sided p-value of that ratio when networks are exchanged between the runs of a draw; NaN if no
        draw has both.
    """
    runs, distance = _matrix(table, column)
    good, known = (runs["model"] == "good").to_numpy(dtype=float), np.nan_to_num(distance)
    # All distances of a draw have one sum, so the ratio grows with the distances between.
    p = permutation_p(
        lambda orders: ((good[orders] @ known) * (1 - good[orders])).sum(axis=1),
        list(runs["model"]),
        list(runs["dataset"]),
    )
    return _ratio(runs, distance), p


@_needs_both_networks
def circle(evidence: Evidence) -> Finding:
    """C9."""
    live = pd.MultiIndex.from_frame(evidence.runs("good", live=True)[OWN_RUN])
    table = evidence.bars("good", dimension=1)
    table = table[table["layer"].between(1, evidence.hidden_layers["good"])]
    table = table[pd.MultiIndex.from_frame(table[OWN_RUN]).isin(live)]
    if table.empty:
        return Finding(NOT_APPLICABLE, "no hidden layer of a live good network was analysed for H1")
    runs = table.groupby(OWN_RUN)
    # One family for each network: Bonferroni over all loops tested in it.
    found = runs["p_min"].min() * runs["tested_bars"].sum() < LEVEL
    return Finding(
        share_verdict(found, 0.5),
        f"{share(found)} live networks have a significant H1 loop in an analysed hidden layer (5 % level, Bonferroni "
        f"over all {runs['tested_bars'].sum().median():.0f} loops tested in a network); more than half must",
        runs["significant_bars"].max().fillna(0),
    )


def disjoint_classes(evidence: Evidence) -> Finding:
    """C10."""
    table = evidence.datasets.set_index("dataset")
    if "best_radius_accuracy" not in table or table["best_radius_accuracy"].isna().any():
        return Finding(NOT_APPLICABLE, "the data are no concentric spheres")
    accuracy = table["best_radius_accuracy"]
    return Finding(
        verdict(bool((accuracy > 0.999).all())),
        f"the best threshold on the radius gets {accuracy.median():.2%} of the rows right; more than 99.9 % are needed",
        by_draw(accuracy),
    )


CLAIMS = {
    "C1": Claim("The good network reaches 93 %", "test accuracy, good", "93 %", good_accuracy),
    "C2": Claim("The bad network reaches at most 50 %", "test accuracy, bad", "at most 50 %", bad_accuracy),
    "C3": Claim(
        "H0 is born at 0; H1 is born later and lives much shorter",
        "median lifetime of H1 over that of H0",
        "below 1",
        births_and_lifetimes,
    ),
    "C4": Claim(
        "The good network shows many more H1 classes", "H1 bars a diagram, good", "more than bad", more_loops
    ),
    "C5": Claim(
        "On layer 3, train, H1 lives until 0.1-0.2 in bad and until 0.7-1 in good",
        "largest H1 death, good",
        "0.7-1",
        loop_deaths,
    ),
    "C6": Claim(
        "On the test set, good's classes live on average until 1.4; bad's H1 stops forming after 0.6 on "
        "layer 1 and never forms on layer 3",
        "largest death, mean over diagrams, good",
        "1.4",
        scale_on_test_rows,
    ),
    "C7": Claim(
        "On all rows, the scale of good is far larger",
        "largest death, good over bad",
        "far above 1",
        full_scale,
    ),
    "C8": Claim(
        "Persistent homology tells the two networks apart",
        "bottleneck distance of H1 between the networks over that within",
        "above 1",
        told_apart,
    ),
    "C9": Claim(
        "The good network can turn the sphere into a circle",
        "significant H1 loops, good",
        "at least 1",
        circle,
    ),
    "C10": Claim(
        "The noise leaves the two classes disjoint",
        "accuracy of the best radius threshold",
        "100 %",
        disjoint_classes,
    ),
}
