"""Claims of published studies held against what was measured: from tables to verdicts.

Each claim is a rule from tables to a verdict; none is decided by hand. Quantities are those of the
last analysed epoch. `measured` is the median over training runs, `low` and `high` its 95 % interval
(:func:`layertopo.analysis.replicates.median_interval`); data sets that are draws of one distribution are
judged together.

A rule on a median holds if its interval keeps the rule, fails if all of it breaks the rule, and else
depends on the seed. A rule on a share of the runs depends on the seed if runs disagree and the 95 %
interval of the share holds the limit. Without an interval, for one run, that run decides.

A study is a module of :mod:`layertopo.analysis.studies`. It has `ABOUT`, what the report says of it in a
sentence or two; `CLAIMS`, from a claim's name to a
:class:`Claim`, and `gather`, a function from :class:`Tables` to what the rules of its claims take,
which has the attribute `judged`: the rows of the table of accuracies, at the last analysed epoch, of the
networks that the claims are of.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib import import_module
from typing import Any, Protocol

import numpy as np
import pandas as pd

from layertopo.analysis.replicates import median_interval
from layertopo.epochs import Epoch, in_order
from layertopo.storage import Settings
from layertopo.tables import RUN

HOLDS, FAILS = "holds", "fails"
BY_SEED = "depends on the seed"
ABSOLUTE_ONLY = "only in absolute scale"
COUNT_ONLY = "only in absolute count"
NOT_APPLICABLE = "not applicable"
NAN = float("nan")
#: Columns that name a training run of a given model.
OWN_RUN = ["dataset", "seed"]


@dataclass(frozen=True)
class Finding:
    """What was measured of a claim, and what follows.

    Attributes
    ----------
    values : Series
        One per training run, by data set and seed.
    """

    verdict: str
    reason: str
    values: pd.Series = field(default_factory=lambda: by_draw(pd.Series(dtype=float)))
    test: str = ""
    p: float = NAN


@dataclass(frozen=True)
class Claim:
    """A claim of a study.

    Attributes
    ----------
    claim : str
        In a sentence.
    quantity : str
        What `measured` is.
    claimed : str
        What the study says it is.
    rule : callable
        From what the study's `gather` gives to a finding.
    """

    claim: str
    quantity: str
    claimed: str
    rule: Callable[[Any], Finding]


def by_draw(values: pd.Series) -> pd.Series:
    """Values of data sets as values of runs: one run on each."""
    return values.set_axis(pd.MultiIndex.from_product([values.index, [0]], names=OWN_RUN))


@dataclass(frozen=True)
class Tables:
    """The tables of an experiment, or the part of them that is of one distribution of data.

    Attributes
    ----------
    accuracy, summaries, distances, datasets : DataFrame
        As in results/tables.
    clouds : mapping of str to mapping
        Settings of each cloud, as in the configuration.
    hidden_layers : mapping of str to int
        Number of hidden layers of each model.
    populations : mapping of str to sequence of str
        Data sets that are draws of one distribution, by the name of the first.
    whole : Tables or None
        The tables that these are a part of.
    """

    accuracy: pd.DataFrame
    summaries: pd.DataFrame
    distances: pd.DataFrame
    datasets: pd.DataFrame
    clouds: Mapping[str, Settings]
    hidden_layers: Mapping[str, int]
    populations: Mapping[str, Sequence[str]]
    whole: Tables | None = None

    def short_of_the_goal(self) -> list[Any]:
        """Data set, model and seed of each network that is short of a goal that it must reach."""
        if "reached_goal" not in self.accuracy:
            return []
        short = self.accuracy[self.accuracy["reached_goal"].eq(False)]
        return list(dict.fromkeys(short[RUN].itertuples(index=False, name=None)))

    def without(self, runs: Collection[Any]) -> Tables:
        """What is left without some networks."""
        return replace(
            self,
            accuracy=without_runs(self.accuracy, runs),
            summaries=without_runs(self.summaries, runs),
            distances=without_runs(self.distances, runs, "_a", "_b"),
            whole=self,
        )

    def of(self, population: str) -> Tables:
        """The part that is of the draws of one distribution."""
        draws = self.populations[population]

        def cut(table: pd.DataFrame) -> pd.DataFrame:
            return table[table["dataset"].isin(draws)]

        return replace(
            self,
            accuracy=cut(self.accuracy),
            summaries=cut(self.summaries),
            distances=cut(self.distances),
            datasets=cut(self.datasets),
            clouds=clouds_of(self.clouds, population),
            populations={population: draws},
            whole=self,
        )

    def last_epoch(self) -> Epoch:
        """The last analysed epoch; of a part of no networks, that of the whole."""
        epochs = in_order((self.summaries if len(self.summaries) else self.accuracy)["epoch"])
        return self.whole.last_epoch() if self.whole and not epochs else epochs[-1]

    def cloud(self, method: str) -> str | None:
        """Cloud of a sampling method that claims are held against: `all` or else the first; None if none will do.

        Claims count and measure: only Euclidean lengths between points of all classes were claimed.
        """
        names = sorted(self.clouds, key=lambda name: name != "all")
        fitting = (
            name
            for name in names
            if self.clouds[name]["metric"] == "euclidean"
            and self.clouds[name]["sample"]["method"] == method
            and self.clouds[name].get("classes", "all") == "all"
            and self.clouds[name].get("scale") is None
        )
        return next(fitting, None)


def clouds_of(clouds: Mapping[str, Settings], population: str) -> dict[str, Settings]:
    """Those of some clouds of the configuration that a data set is seen through."""
    return {
        name: cloud for name, cloud in clouds.items() if population in (cloud.get("datasets") or [population])
    }


def without_runs(table: pd.DataFrame, runs: Collection[Any], *sides: str) -> pd.DataFrame:
    """Rows of a table that are of none of some runs.

    Parameters
    ----------
    table : DataFrame
    runs : collection of tuple
        Data set, model and seed of each.
    *sides : str
        Endings of the columns `model` and `seed`, in a table of pairs of runs.
    """
    for side in sides or ("",):
        own = table[["dataset", f"model{side}", f"seed{side}"]].itertuples(index=False, name=None)
        table = table[np.array([run not in runs for run in own], dtype=bool)]
    return table


class _Gathered(Protocol):
    judged: pd.DataFrame


class _Study(Protocol):
    ABOUT: str
    CLAIMS: Mapping[str, Claim]

    def gather(self, tables: Tables) -> _Gathered: ...


def study_of(name: str) -> _Study:
    """The module of a study."""
    module: _Study = import_module(f"layertopo.analysis.studies.{name}")
    return module


#: Columns of the table of claims.
COLUMNS = (
    *(
        "dataset",
        "id",
        "claim",
        "quantity",
        "claimed",
        "measured",
        "low",
        "high",
        "n_seeds",
        "n_draws",
        "n_dead",
        "n_left_out",
    ),
    *("test", "p", "verdict", "reason"),
)


def assess(study: str, tables: Tables) -> pd.DataFrame:
    """One row per distribution of data and claim; `dataset` is the first draw of the distribution.

    Networks that are short of a goal that they must reach are left out, and counted.

    Parameters
    ----------
    study : str
        Module of :mod:`layertopo.analysis.studies`; `none` makes no rows.
    tables : Tables
    """
    if study == "none":
        return pd.DataFrame(columns=list(COLUMNS))
    module = study_of(study)
    left_out = tables.short_of_the_goal()
    held = tables.without(left_out)
    rows = []
    for population, draws in tables.populations.items():
        part = held.of(population)
        evidence = module.gather(part)
        count = sum(dataset in draws for dataset, *_ in left_out)
        rows += [
            {"dataset": population, "id": name, "n_left_out": count}
            | _row(claim, claim.rule(evidence), evidence.judged, part)
            for name, claim in module.CLAIMS.items()
        ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _row(claim: Claim, finding: Finding, judged: pd.DataFrame, tables: Tables) -> dict[str, object]:
    interval = median_interval(finding.values, draws_of(finding.values))
    return {
        "claim": claim.claim,
        "quantity": claim.quantity,
        "claimed": claim.claimed,
        "measured": float(interval.median),
        "low": float(interval.low),
        "high": float(interval.high),
        "n_seeds": judged["seed"].nunique(),
        "n_draws": len(tables.datasets),
        "n_dead": int(judged["dead"].sum()),
        "test": finding.test,
        "p": finding.p,
        "verdict": finding.verdict,
        "reason": finding.reason,
    }


def draws_of(values: pd.Series) -> list[str]:
    return list(values.index.get_level_values("dataset"))


def verdict(holds: bool) -> str:
    return HOLDS if holds else FAILS


def median_verdict(values: pd.Series, lowest: float, highest: float) -> str:
    """Verdict of a claim that the median over runs lies in a range."""
    median, low, high = median_interval(values, draws_of(values))
    if np.isnan(low):
        low = high = median
    if lowest <= low and high <= highest:
        return HOLDS
    if low <= highest and lowest <= high:
        return BY_SEED
    return FAILS  # also if nothing is known


def all_of(verdicts: Sequence[str]) -> str:
    """Verdict of a claim with several parts."""
    return next((each for each in (FAILS, BY_SEED) if each in verdicts), HOLDS)


def share_verdict(holds: pd.Series, more_than: float) -> str:
    """Verdict of a claim that must hold in more than a share of the runs."""
    if holds.empty:
        return NOT_APPLICABLE
    low, high = _share_interval(holds)
    if 0 < holds.mean() < 1 and low <= more_than <= high:
        return BY_SEED
    return verdict(holds.mean() > more_than)


def _share_interval(holds: pd.Series) -> tuple[float, float]:
    """95 % interval of a share (Wilson, "Probable inference ...", J. Am. Stat. Assoc. 22, 1927)."""
    from scipy.stats import binomtest

    interval = binomtest(int(holds.sum()), len(holds)).proportion_ci(0.95, method="wilson")
    return float(interval.low), float(interval.high)


def share(holds: pd.Series) -> str:
    """A share of the runs in words, with its interval."""
    if holds.empty:
        return "0 of 0"
    low, high = _share_interval(holds)
    return f"{holds.sum()} of {len(holds)}" + (f" ({low:.0%}-{high:.0%})" if len(holds) > 1 else "")


def text(value: float) -> str:
    return "undefined" if np.isnan(value) else f"{value:.3g}"


def median_text(values: pd.Series) -> str:
    """Median over runs in words, with its interval."""
    median, low, high = median_interval(values, draws_of(values))
    return text(float(median)) + ("" if np.isnan(low) else f" [{text(float(low))}, {text(float(high))}]")
