"""What the original study says of two networks, `good` and `bad`, held against what was measured.

Each claim is a rule from tables to a verdict; none is decided by hand. Quantities are those of the
last analysed epoch; `measured` is the median over training seeds, `low` and `high` the lowest and
the highest seed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from layertopo.distances import between_within

HOLDS, FAILS = "holds", "fails"
BY_SEED = "depends on the seed"
ABSOLUTE_ONLY = "only in absolute scale"
NOT_APPLICABLE = "not applicable"
NAN = float("nan")
#: With fewer training seeds no outcome has p < 0.05 when they are shuffled between two networks.
MIN_SEEDS = 4


@dataclass(frozen=True)
class Claim:
    """A claim of the original study.

    Attributes
    ----------
    claim : str
        In a sentence.
    quantity : str
        What `measured` is.
    claimed : str
        What the study says it is.
    """

    claim: str
    quantity: str
    claimed: str


@dataclass(frozen=True)
class Finding:
    """What was measured of a claim, and what follows."""

    verdict: str
    reason: str
    per_seed: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))  # one per seed
    test: str = ""
    p: float = NAN


@dataclass(frozen=True)
class Evidence:
    """The tables of one data set and cloud, cut down to the last analysed epoch.

    Attributes
    ----------
    accuracy, summaries, distances, datasets : DataFrame
        As in results/tables.
    hidden_layers : mapping of str to int
        Number of hidden layers of each model.
    """

    accuracy: pd.DataFrame
    summaries: pd.DataFrame
    distances: pd.DataFrame
    datasets: pd.DataFrame
    hidden_layers: Mapping[str, int]

    def runs(self, model: str, live: bool = False) -> pd.DataFrame:
        """Accuracy of each training run of a model; of those that are not dead if `live`."""
        runs = self.accuracy[self.accuracy["model"] == model]
        return runs[~runs["dead"]] if live else runs

    def live(self) -> Evidence:
        """The evidence without the dead networks."""
        dead = self.accuracy[self.accuracy["dead"]]
        gone = set(zip(dead["model"], dead["seed"], strict=True))

        def without(table: pd.DataFrame, *sides: str) -> pd.DataFrame:
            for side in sides:
                runs = zip(table[f"model{side}"], table[f"seed{side}"], strict=True)
                table = table[[run not in gone for run in runs]]
            return table

        return replace(
            self,
            accuracy=without(self.accuracy, ""),
            summaries=without(self.summaries, ""),
            distances=without(self.distances, "_a", "_b"),
        )

    def enough_runs(self) -> bool:
        """Whether a test that shuffles the runs of both networks can decide anything."""
        return min(len(self.runs(model)) for model in ("good", "bad")) >= MIN_SEEDS

    def bars(self, model: str | None = None, **where: object) -> pd.DataFrame:
        """Summaries of a model's diagrams (of both models' if None), cut down to `where`."""
        table = self.summaries
        table = table[table["model"].isin(["good", "bad"]) if model is None else table["model"] == model]
        for column, value in where.items():
            table = table[table[column] == value]
        return table

    def per_seed(self, column: str, how: str, model: str, **where: object) -> pd.Series:
        """`column` of a model's diagrams, aggregated by `how` within each seed."""
        return self.bars(model, **where).groupby("seed")[column].agg(how)


def assess(
    accuracy: pd.DataFrame,
    summaries: pd.DataFrame,
    distances: pd.DataFrame,
    datasets: pd.DataFrame,
    hidden_layers: Mapping[str, int],
) -> pd.DataFrame:
    """One row per data set and claim.

    Parameters
    ----------
    accuracy, summaries, distances, datasets : DataFrame
        As in results/tables, of one cloud.
    hidden_layers : mapping of str to int
        Number of hidden layers of each model.
    """
    rows = []
    last = (summaries if len(summaries) else accuracy)["epoch"].max()
    for dataset in datasets["dataset"]:
        evidence = Evidence(
            accuracy=_cut(accuracy, dataset, last),
            summaries=_cut(summaries, dataset, last),
            distances=_cut(distances, dataset, last),
            datasets=_cut(datasets, dataset, last),
            hidden_layers=hidden_layers,
        )
        rows += [{"dataset": dataset} | _row(name, evidence) for name in CLAIMS]
    return pd.DataFrame(rows)


def _cut(table: pd.DataFrame, dataset: str, epoch: int) -> pd.DataFrame:
    table = table[table["dataset"] == dataset]
    return table[table["epoch"] == epoch] if "epoch" in table else table


def _row(name: str, evidence: Evidence) -> dict[str, object]:
    claim, rule = CLAIMS[name]
    runs = evidence.runs("good"), evidence.runs("bad")
    if any(len(each) == 0 for each in runs) and name != "C10":
        finding = Finding(NOT_APPLICABLE, "the data set does not have both networks, named good and bad")
    else:
        finding = rule(evidence)
    values = finding.per_seed[~np.isnan(finding.per_seed)]
    some = len(values) > 0
    dead = pd.concat(runs)["dead"]
    return {
        "id": name,
        **asdict(claim),
        "measured": float(np.median(values)) if some else NAN,
        "low": float(values.min()) if some else NAN,
        "high": float(values.max()) if some else NAN,
        "n_seeds": max(len(each) for each in runs),
        "n_dead": int(dead.sum()),
        "test": finding.test,
        "p": finding.p,
        "verdict": finding.verdict,
        "reason": finding.reason,
    }


def _verdict(holds: bool) -> str:
    return HOLDS if holds else FAILS


def _share_verdict(holds: pd.Series, more_than: float) -> str:
    """Verdict of a claim that must hold in more than a share of the seeds."""
    if not holds.any():
        return FAILS
    if holds.mean() > more_than:
        return HOLDS
    return BY_SEED


def _array(values: pd.Series) -> NDArray[np.float64]:
    return values.to_numpy(dtype=np.float64)


def _text(value: float) -> str:
    return "undefined" if np.isnan(value) else f"{value:.3g}"


def good_accuracy(evidence: Evidence) -> Finding:
    """C1."""
    live = evidence.runs("good", live=True)["test_accuracy"]
    if live.empty:
        return Finding(FAILS, "every good network is dead")
    low, high = 0.91, 0.95
    return Finding(
        _verdict(low <= live.median() <= high),
        f"the median of the {len(live)} live networks is {live.median():.1%}; it must lie within 2 points of 93 %",
        _array(live),
    )


def bad_accuracy(evidence: Evidence) -> Finding:
    """C2."""
    runs = evidence.runs("bad")
    low = runs["test_accuracy"] <= 0.52
    return Finding(
        _share_verdict(low, 0.5),
        f"{low.sum()} of {len(runs)} networks have at most 52 %; {runs['dead'].sum()} of {len(runs)} are dead",
        _array(runs["test_accuracy"]),
    )


def births_and_lifetimes(evidence: Evidence) -> Finding:
    """C3."""
    keys = ["model", "seed", "layer", "split"]
    table = evidence.bars().set_index(keys)
    h0, h1 = (table[(table["dimension"] == d) & (table["bars"] > 0)] for d in (0, 1))
    both = h0.join(h1, lsuffix="_0", rsuffix="_1", how="inner")
    if both.empty:
        return Finding(NOT_APPLICABLE, "no diagram has bars in both dimensions")
    births = (both["birth_max_0"] == 0).all() and (both["birth_min_1"] > 0).all()
    shorter = both["lifetime_median_1"] < both["lifetime_median_0"]
    return Finding(
        _verdict(births and shorter.mean() >= 0.95),
        f"births {'are' if births else 'are not'} as claimed; the median lifetime of H1 is below that of H0 in "
        f"{shorter.sum()} of {len(both)} diagrams with both; it must be in 95 %",
        _array((both["lifetime_median_1"] / both["lifetime_median_0"]).groupby("seed").median()),
    )


def more_loops(evidence: Evidence) -> Finding:
    """C4."""
    counts, rates = _loops(evidence)
    if any(each.empty for each in counts.values()):
        return Finding(NOT_APPLICABLE, "H1 was not computed")
    medians = (
        f"median over seeds: good {counts['good'].median():.0f}, bad {counts['bad'].median():.0f} H1 bars a diagram; "
        f"per distinct point {_text(rates['good'].median())} and {_text(rates['bad'].median())}"
    )
    values = _array(counts["good"])
    if not evidence.enough_runs():
        return Finding(NOT_APPLICABLE, f"a test over seeds needs {MIN_SEEDS} or more; {medians}", values)
    p_count, p_rate = _loop_tests(evidence)
    verdict = FAILS if p_count >= 0.05 else (HOLDS if p_rate < 0.05 else "only in absolute count")
    return Finding(
        verdict,
        f"{medians}; p = {p_count:.3g} for the number, {p_rate:.3g} for the number per distinct point"
        + _without_dead(evidence, lambda live: "p = {:.3g} and {:.3g}".format(*_loop_tests(live))),
        values,
        "Mann-Whitney U, one-sided",
        p_count,
    )


def _loops(evidence: Evidence) -> tuple[dict[str, pd.Series], dict[str, pd.Series]]:
    """H1 bars of each seed, mean over its diagrams, and the same per distinct point; by model."""
    counts = {m: evidence.per_seed("bars", "mean", m, dimension=1) for m in ("good", "bad")}
    points = {m: evidence.per_seed("n_distinct", "mean", m, dimension=1) for m in ("good", "bad")}
    return counts, {m: counts[m] / points[m] for m in counts}


def _loop_tests(evidence: Evidence) -> list[float]:
    """p-values of "good has more", for the number of bars and for that per distinct point."""
    from scipy.stats import PermutationMethod, mannwhitneyu

    # By permutation: the formulas for large samples give too small p-values to a few ties.
    method = PermutationMethod(rng=0)
    return [
        float(mannwhitneyu(each["good"], each["bad"], alternative="greater", method=method).pvalue)
        for each in _loops(evidence)
    ]


def _without_dead(evidence: Evidence, describe: Callable[[Evidence], str]) -> str:
    """What a test says when the dead networks are left out; nothing if there are none."""
    live = evidence.live()
    if len(live.accuracy) == len(evidence.accuracy):
        return ""
    if not live.enough_runs():
        return f"; without dead networks fewer than {MIN_SEEDS} seeds are left, too few for a test"
    return f"; without dead networks {describe(live)}"


def loop_deaths(evidence: Evidence) -> Finding:
    """C5."""
    where = {"layer": 3, "split": "train", "dimension": 1}
    good, bad = (evidence.per_seed("death_max", "max", m, **where) for m in ("good", "bad"))
    scaled = [evidence.per_seed("death_max_scaled", "max", m, **where).median() for m in ("good", "bad")]
    if good.empty or bad.empty:
        return Finding(NOT_APPLICABLE, "layer 3 of the train split was not analysed")
    ranges = {"good": (0.55, 1.15), "bad": (0.05, 0.25)}  # the claimed ones, widened by half
    medians = {"good": good.median(), "bad": bad.median()}
    inside = {m: bool(ranges[m][0] <= medians[m] <= ranges[m][1]) for m in ranges}
    return Finding(
        _verdict(all(inside.values())),
        f"largest H1 death: good {_text(medians['good'])} (allowed 0.55-1.15), bad {_text(medians['bad'])} "
        f"(allowed 0.05-0.25), ratio {_text(medians['good'] / medians['bad'])}; "
        f"scale-free: good {_text(scaled[0])}, bad {_text(scaled[1])}",
        _array(good),
    )


def scale_on_test_rows(evidence: Evidence) -> Finding:
    """C6."""
    per_diagram = evidence.bars("good", split="test").groupby(["seed", "layer"])
    good, scaled = (per_diagram[f"death_max{form}"].max().groupby("seed").mean() for form in ("", "_scaled"))
    births = evidence.per_seed("birth_max", "max", "bad", split="test", layer=1, dimension=1)
    bars = evidence.per_seed("bars", "max", "bad", split="test", layer=3, dimension=1)
    if good.empty or births.empty or bars.empty:
        return Finding(NOT_APPLICABLE, "layers 1 and 3 of the test split were not analysed")
    # No loop on layer 1 means that none is born after 0.6.
    parts = [0.7 <= good.median() <= 2.1, births.fillna(0).median() <= 0.9, bars.median() == 0]
    return Finding(
        _verdict(all(parts)),
        f"good: mean of the largest deaths {_text(good.median())} (allowed 0.7-2.1); bad: largest H1 birth on "
        f"layer 1 {_text(births.median())} (at most 0.9), H1 bars on layer 3 {bars.median():.0f} (must be 0); "
        f"scale-free: good {_text(scaled.median())}",
        _array(good),
    )


def full_scale(evidence: Evidence) -> Finding:
    """C7."""

    def ratios(column: str) -> pd.Series:
        # A network of one distinct point has no death: it is of no size.
        good, bad = (evidence.per_seed(column, "max", m, split="full").fillna(0) for m in ("good", "bad"))
        return good / bad

    absolute, scaled = ratios("death_max"), ratios("death_max_scaled")
    if absolute.empty:
        return Finding(NOT_APPLICABLE, "the full split was not analysed")
    larger, larger_scaled = (each > 2 for each in (absolute, scaled))
    verdict = _share_verdict(larger, 0.9)
    if verdict == HOLDS and _share_verdict(larger_scaled, 0.9) != HOLDS:
        verdict = ABSOLUTE_ONLY
    return Finding(
        verdict,
        f"the ratio is above 2 in {larger.sum()} of {len(larger)} seeds, "
        f"scale-free in {larger_scaled.sum()} (median {_text(scaled.median())})",
        _array(absolute),
    )


def told_apart(evidence: Evidence) -> Finding:
    """C8."""
    if _distances(evidence).empty:
        return Finding(NOT_APPLICABLE, "H1 was not computed for both networks")
    if not evidence.enough_runs():
        return Finding(NOT_APPLICABLE, f"a test over seeds needs {MIN_SEEDS} or more")
    tests = _distance_tests(evidence)
    (ratio, p), (_, p_scaled) = tests
    verdict = FAILS if p >= 0.05 else (HOLDS if p_scaled < 0.05 else ABSOLUTE_ONLY)
    return Finding(
        verdict,
        f"mean distance between the networks over that within: {_ratios(tests)}"
        + _without_dead(evidence, lambda live: _ratios(_distance_tests(live))),
        np.array([ratio]),
        "permutation of networks",
        p,
    )


def _ratios(tests: list[tuple[float, float]]) -> str:
    absolute, scaled = (f"{_text(ratio)} (p = {p:.3g})" for ratio, p in tests)
    return f"{absolute}, scale-free {scaled}"


def _distances(evidence: Evidence) -> pd.DataFrame:
    """Distances of H1 between training runs of the two networks."""
    table = evidence.distances[evidence.distances["dimension"] == 1]
    return table[table["model_a"].isin(["good", "bad"]) & table["model_b"].isin(["good", "bad"])]


def _distance_tests(evidence: Evidence) -> list[tuple[float, float]]:
    """Ratio of the distances between to those within the networks, and its p-value: absolute, scale-free."""
    table = _distances(evidence)
    return [_between_within(table, column) for column in ("bottleneck", "bottleneck_scaled")]


def _between_within(table: pd.DataFrame, column: str) -> tuple[float, float]:
    """Ratio and p-value of the distances averaged over layers and splits.

    A run without a scale-free diagram, such as a dead one, has no distance to any other and is left out.
    """
    known = table.dropna(subset=column)
    runs = sorted(
        {run for side in "ab" for run in zip(known[f"model_{side}"], known[f"seed_{side}"], strict=True)}
    )
    models = [model for model, _ in runs]
    if len(set(models)) < 2:
        return NAN, NAN
    distance = np.zeros((len(runs), len(runs)))
    means = known.groupby(["model_a", "seed_a", "model_b", "seed_b"], as_index=False)[column].mean()
    for row in means.itertuples(index=False):
        i, j = runs.index((row[0], row[1])), runs.index((row[2], row[3]))
        distance[i, j] = distance[j, i] = row[4]
    return between_within(distance, models)


def circle(evidence: Evidence) -> Finding:
    """C9."""
    live = evidence.runs("good", live=True)["seed"]
    table = evidence.bars("good", dimension=1)
    table = table[table["layer"].between(1, evidence.hidden_layers["good"]) & table["seed"].isin(live)]
    if table.empty:
        return Finding(NOT_APPLICABLE, "no hidden layer of a live good network was analysed for H1")
    loops = table.groupby("seed")["significant_bars"].max().fillna(0)
    return Finding(
        _share_verdict(loops > 0, 0.5),
        f"{(loops > 0).sum()} of {len(loops)} live networks have a significant H1 loop in an analysed hidden layer "
        "(5 % level, Bonferroni within each diagram)",
        _array(loops),
    )


def disjoint_classes(evidence: Evidence) -> Finding:
    """C10."""
    accuracy = evidence.datasets["best_radius_accuracy"]
    return Finding(
        _verdict(bool((accuracy > 0.999).all())),
        f"the best threshold on the radius gets {accuracy.iloc[0]:.2%} of the rows right; more than 99.9 % are needed",
        _array(accuracy),
    )


CLAIMS: dict[str, tuple[Claim, Callable[[Evidence], Finding]]] = {
    "C1": (Claim("The good network reaches 93 %", "test accuracy, good", "93 %"), good_accuracy),
    "C2": (Claim("The bad network reaches at most 50 %", "test accuracy, bad", "at most 50 %"), bad_accuracy),
    "C3": (
        Claim(
            "H0 is born at 0; H1 is born later and lives much shorter",
            "median lifetime of H1 over that of H0",
            "below 1",
        ),
        births_and_lifetimes,
    ),
    "C4": (
        Claim("The good network shows many more H1 classes", "H1 bars a diagram, good", "more than bad"),
        more_loops,
    ),
    "C5": (
        Claim(
            "On layer 3, train, H1 lives until 0.1-0.2 in bad and until 0.7-1 in good",
            "largest H1 death, good",
            "0.7-1",
        ),
        loop_deaths,
    ),
    "C6": (
        Claim(
            "On the test set, good's classes live on average until 1.4; bad's H1 stops forming after 0.6 on "
            "layer 1 and never forms on layer 3",
            "largest death, mean over diagrams, good",
            "1.4",
        ),
        scale_on_test_rows,
    ),
    "C7": (
        Claim("On all rows, the scale of good is far larger", "largest death, good over bad", "far above 1"),
        full_scale,
    ),
    "C8": (
        Claim(
            "Persistent homology tells the two networks apart",
            "bottleneck distance of H1 between the networks over that within",
            "above 1",
        ),
        told_apart,
    ),
    "C9": (
        Claim(
            "The good network can turn the sphere into a circle", "significant H1 loops, good", "at least 1"
        ),
        circle,
    ),
    "C10": (
        Claim("The noise leaves the two classes disjoint", "accuracy of the best radius threshold", "100 %"),
        disjoint_classes,
    ),
}
