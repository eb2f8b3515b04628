"""Statistics of the bars of one dimension that die: each once, with what figures need to know of it.

A further one is a function and an entry in :data:`STATISTICS`: it is then a column of the tables, scale-free
as well if it is measured in lengths, and, if it has a label, a row of the figures of summaries.

Sources: persistence entropy: Atienza, Gonzalez-Diaz and Soriano-Trigueros, "On the stability of persistent
entropy and new summary functions for topological data analysis", Pattern Recognition 107, 2020. Total
persistence: Cohen-Steiner, Edelsbrunner, Harer and Mileyko, "Lipschitz functions have L_p-stable
persistence", Found. Comput. Math. 10, 2010. Landscapes: Bubenik, "Statistical topological data analysis using
persistence landscapes", J. Mach. Learn. Res. 16, 2015.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import SupportsFloat

import numpy as np
from numpy.typing import NDArray

Bars = NDArray[np.float64]


@dataclass(frozen=True)
class Statistic:
    """A number that sums up bars.

    Attributes
    ----------
    column : str
        Its name in tables.
    compute : callable
        From births and deaths, shape (n, 2), all finite, to the number.
    power : float
        Power of a length that it is measured in; 0 if it has no unit.
    least : int
        With fewer bars it is not defined: NaN.
    label : str
        Axis in the figures of summaries, `{H}` for the dimension; empty if it is not drawn. What is measured in
        lengths is drawn scale-free.
    """

    column: str
    compute: Callable[[Bars], SupportsFloat]
    power: float = 0.0
    least: int = 1
    label: str = ""

    def of(self, bars: Bars) -> float:
        """The number; NaN for too few bars."""
        return float(self.compute(bars)) if len(bars) >= self.least else np.nan

    def scaled(self, value: float, rms_distance: float) -> float:
        """A value in units of the rms distance."""
        return value / rms_distance**self.power

    @property
    def drawn_column(self) -> str:
        """Column that the figures of summaries show."""
        return f"{self.column}_scaled" if self.power else self.column


def _lifetimes(bars: Bars) -> NDArray[np.float64]:
    return np.asarray(bars[:, 1] - bars[:, 0])


def _heights(bars: Bars) -> NDArray[np.float64]:
    """A bar's tent in the persistence landscape is half its lifetime high; all levels together are all tents."""
    return _lifetimes(bars) / 2


def _to_longest(bars: Bars, rank: int) -> float:
    """Lifetime of the bar of a rank, 0 for the longest, over that of the longest."""
    longest_first = np.sort(_lifetimes(bars))[::-1]
    return float(longest_first[rank] / longest_first[0])


def _entropy(bars: Bars) -> float:
    """Persistence entropy of the lifetimes, in nats."""
    lifetimes = np.sort(_lifetimes(bars))[::-1]
    share = lifetimes / lifetimes.sum()
    return float(-(share * np.log(share)).sum())


def _quantile(share: float, bars: Bars) -> float:
    return float(np.quantile(_lifetimes(bars), share))


STATISTICS = (
    Statistic("second_to_longest", lambda bars: _to_longest(bars, 1), least=2),
    Statistic("third_to_longest", lambda bars: _to_longest(bars, 2), least=3),
    Statistic("entropy", _entropy),
    Statistic(
        "entropy_normalised",
        lambda bars: _entropy(bars) / np.log(len(bars)),
        least=2,
        label="Entropy of {H}\nlifetimes\n/ log(classes)",
    ),
    Statistic("birth_min", lambda bars: bars[:, 0].min(), power=1),
    Statistic("birth_max", lambda bars: bars[:, 0].max(), power=1),
    Statistic("death_min", lambda bars: bars[:, 1].min(), power=1),
    Statistic("death_max", lambda bars: bars[:, 1].max(), power=1),
    Statistic(
        "lifetime_max",
        lambda bars: _lifetimes(bars).max(),
        power=1,
        label="Longest {H}\nlifetime\n/ rms distance",
    ),
    Statistic("lifetime_mean", lambda bars: _lifetimes(bars).mean(), power=1),
    Statistic("lifetime_median", lambda bars: np.median(_lifetimes(bars)), power=1),
    Statistic("lifetime_sd", lambda bars: _lifetimes(bars).std(), power=1),
    *(
        Statistic(f"lifetime_{name}", partial(_quantile, share), power=1)
        for name, share in (("q10", 0.1), ("q25", 0.25), ("q75", 0.75), ("q90", 0.9), ("q99", 0.99))
    ),
    Statistic(
        "lifetime_sum",
        lambda bars: _lifetimes(bars).sum(),
        power=1,
        least=0,
        label="Sum of {H}\nlifetimes\n/ rms distance",
    ),
    Statistic("total_persistence_2", lambda bars: (_lifetimes(bars) ** 2).sum(), power=2, least=0),
    Statistic("landscape_1", lambda bars: (_heights(bars) ** 2).sum(), power=2, least=0),
    Statistic("landscape_2", lambda bars: np.sqrt((2 * _heights(bars) ** 3 / 3).sum()), power=1.5, least=0),
    Statistic("landscape_max", lambda bars: _heights(bars).max(initial=0.0), power=1, least=0),
)
