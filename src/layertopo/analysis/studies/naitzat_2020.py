"""What Naitzat, Zhitnikov and Lim found of well-trained networks, layer by layer.

"Topology of deep neural networks", J. Mach. Learn. Res. 21(184), 2020. The claims are of networks named by their
activations, `relu`, `leaky_relu` and `tanh`; of shallower ones (`relu_3`, `relu_6`, by the number of their hidden layers)
and of such with a bottleneck in the middle (`relu_bottleneck`); and of data sets named `d1`, `d2` and `d3`. They are held
against the first cloud at one scale whose classes are apart, at the last analysed epoch.

The *number* of a layer is the sum of its Betti numbers over classes and dimensions; its *excess* is what it has beyond one
component for each class, the least that there can be. The excess *left* at a layer is that over the excess of the input.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd

from layertopo.analysis.counted import counted
from layertopo.analysis.replicates import median_interval
from layertopo.analysis.verdicts import (
    BY_SEED,
    FAILS,
    HOLDS,
    NOT_APPLICABLE,
    OWN_RUN,
    Claim,
    Finding,
    Tables,
    all_of,
    draws_of,
    median_text,
    median_verdict,
)
from layertopo.storage import Settings

ABOUT = (
    "Naitzat, Zhitnikov and Lim (Topology of deep neural networks, 2020) followed the Betti numbers of each class of the "
    "data through the layers of well-trained networks."
)
#: Activations that the claims are of, by how fast they are claimed to simplify.
ACTIVATIONS = ("relu", "leaky_relu", "tanh")
#: Hidden layers of the shallow networks, and of those in between.
SHALLOW, BETWEEN = 3, 6
#: More than this share of the change in the last half of the layers is "mostly there"; "evenly" is neither half with more.
MOSTLY = 2 / 3
#: Disks, linked rings and nested shells: the loops of the second are claimed to last longest.
DISKS, RINGS, SHELLS = "d1", "d2", "d3"
#: Where a cloud is of too few points to be counted, or of lengths that repeat, in all networks.
UNKNOWN = Finding(NOT_APPLICABLE, "the numbers of the last layers are known of no network")
#: Where no share can be told.
SIMPLE = Finding(
    NOT_APPLICABLE, "the input is as simple as can be, nothing changes, or numbers are not known"
)


@dataclass(frozen=True)
class Evidence:
    """Numbers of the networks on the draws of one distribution.

    Attributes
    ----------
    judged : DataFrame
        Accuracy of each network, at the last analysed epoch.
    rows : DataFrame
        Rows of the table of summaries of one cloud and split at the last analysed epoch, with the `number` of each.
    read : str
        What is counted, in words.
    hidden_layers : mapping of str to int
        Number of hidden layers of each model.
    population : str
        Name of the distribution.
    beside : mapping of str to Evidence
        The same of each distribution of the experiment; empty in these.
    """

    judged: pd.DataFrame
    rows: pd.DataFrame
    read: str
    hidden_layers: Mapping[str, int]
    population: str
    beside: Mapping[str, Evidence]

    def numbers(self, model: str, dimension: int | None = None) -> pd.DataFrame:
        """Sum of the numbers over classes, and over dimensions unless one is given: rows are runs, columns layers.

        NaN if one of them is not known; empty if not every layer from the input to the output was analysed.
        """
        own = self.rows[self.rows["model"] == model]
        if dimension is not None:
            own = own[own["dimension"] == dimension]
        sums = own.groupby([*OWN_RUN, "layer"])["number"].sum(skipna=False)
        table = sums.unstack("layer")  # noqa: PD010  a pivot table leaves out layers of which nothing is known
        whole = list(table) == list(range(self.hidden_layers.get(model, 0) + 2))
        return table if whole else table[:0]

    def excess(self, model: str, dimension: int | None = None) -> pd.DataFrame:
        """Numbers beyond one component for each class."""
        least = self.rows["class"].nunique() if dimension in (None, 0) else 0
        return self.numbers(model, dimension) - least

    def left(self, model: str, dimension: int | None = None) -> pd.Series:
        """Excess left, mean over the hidden layers, of each run: the smaller, the faster it falls; NaN if one is not known."""
        excess = self.excess(model, dimension)
        if excess.empty:
            return pd.Series(dtype=float, index=excess.index)
        hidden = excess[excess.columns[1:-1]].mean(axis=1, skipna=False)
        return hidden / excess[0].where(excess[0] > 0)

    def change(self, model: str) -> pd.DataFrame:
        """Share of all change of the number that each layer after the input makes, up or down, of each run."""
        steps = self.numbers(model).diff(axis=1).iloc[:, 1:].abs()
        total = steps.sum(axis=1)
        return steps.div(total.where(total > 0), axis=0)

    def having(self, *variants: str) -> list[str]:
        """Activations of which there are networks that count of each of some variants, such as `_3`."""
        return [
            name
            for name in ACTIVATIONS
            if all(len(self.numbers(f"{name}{variant}")) for variant in ("", *variants))
        ]


def gather(tables: Tables) -> Evidence:
    """The evidence of the draws of one distribution, and beside it that of the others."""
    return evidence_of(tables, lambda cloud: cloud.get("scale") is not None, "Betti numbers at one scale")


def evidence_of(tables: Tables, suits: Callable[[Settings], bool], read: str) -> Evidence:
    """The evidence of the first cloud of classes apart that suits, and beside it that of the other distributions.

    Parameters
    ----------
    tables : Tables
        Of the draws of one distribution.
    suits : callable
        Whether the cloud of some settings is one that numbers can be read from.
    read : str
        What is counted of it, in words.
    """
    whole = tables.whole
    beside = {name: _evidence(whole.of(name), suits, read, {}) for name in whole.populations} if whole else {}
    return _evidence(tables, suits, read, beside)


def _evidence(
    tables: Tables, suits: Callable[[Settings], bool], read: str, beside: Mapping[str, Evidence]
) -> Evidence:
    apart = (
        name
        for name, cloud in tables.clouds.items()
        if cloud.get("classes", "all") == "each" and suits(cloud)
    )
    last = tables.last_epoch()
    own = tables.summaries
    own = own[(own["epoch"] == last) & (own["cloud"] == next(apart, None))]
    own = own[own["split"] == own["split"].iloc[0]] if len(own) else own
    accuracy = tables.accuracy
    return Evidence(
        accuracy[(accuracy["epoch"] == last) & accuracy["model"].str.startswith(ACTIVATIONS)],
        own.assign(number=counted(own)),
        read,
        tables.hidden_layers,
        next(iter(tables.populations)),
        beside,
    )


def below(lower: pd.Series, higher: pd.Series) -> str:
    """Verdict of a claim that one median over runs lies below another.

    It holds, or fails, if the intervals of the two are apart; the medians themselves decide where there is one run each.
    """
    (lower_low, lower_high), (higher_low, higher_high) = _interval(lower), _interval(higher)
    if lower_high < higher_low:
        return HOLDS
    return FAILS if lower_low > higher_high else BY_SEED


def _interval(values: pd.Series) -> tuple[float, float]:
    """Interval of the median, or the median of one run, without digits that are rounding alone."""
    median, low, high = (round(float(each), 9) for each in median_interval(values, draws_of(values)))
    return (median, median) if np.isnan(low) else (low, high)


def needs_activations(
    rule: Callable[[Evidence, list[str]], Finding], *variants: str
) -> Callable[[Evidence], Finding]:
    """A rule of those activations of which there are networks that count, of each of the variants that it compares."""

    def checked(evidence: Evidence) -> Finding:
        names = evidence.having(*variants)
        if not names:
            which = " and ".join(f"{ACTIVATIONS[0]}{variant}" for variant in ("", *variants))
            return Finding(
                NOT_APPLICABLE,
                f"no networks named {which} (or the like) that count, with {evidence.read} of each class in every layer",
            )
        return rule(evidence, names)

    return checked


def _each(names: Sequence[str], describe: Callable[[str], str]) -> str:
    return "; ".join(f"{name} {describe(name)}" for name in names)


def falls_to_one(evidence: Evidence, names: list[str], last: int = 1) -> Finding:
    """P1, of so many of the last layers."""
    excess = {name: evidence.excess(name) for name in names}
    ends = [values for table in excess.values() for _, values in table.iloc[:, -last:].items()]
    if any(values.isna().all() for values in ends):
        return UNKNOWN
    return Finding(
        all_of([median_verdict(values, 0, 0) for values in ends]),
        "beyond one component for each class, from the input to the last hidden layer and the output: "
        + _each(names, lambda name: ", ".join(median_text(excess[name].iloc[:, k]) for k in (0, -2, -1))),
        pd.concat([evidence.numbers(name).iloc[:, -last] for name in names]),
    )


def relu_is_fastest(evidence: Evidence, names: list[str]) -> Finding:
    """P2."""
    if names != list(ACTIVATIONS):
        return Finding(NOT_APPLICABLE, f"networks that count are there of {', '.join(names)} only")
    left = {name: evidence.left(name).dropna() for name in names}
    if any(values.empty for values in left.values()):
        return SIMPLE
    return Finding(
        all_of([below(left[faster], left[slower]) for faster, slower in pairwise(names)]),
        "excess left, mean over the hidden layers: "
        + _each(names, lambda name: median_text(left[name]))
        + "; intervals must be apart, in this order",
        left[names[0]],
    )


def last_half(change: pd.DataFrame) -> pd.Series:
    """Share of the change that the last half of the layers makes; a layer in the middle counts half."""
    place = np.arange(1, change.shape[1] + 1) - (change.shape[1] + 1) / 2
    return (change * np.heaviside(place, 0.5)).sum(axis=1, min_count=1).dropna()


def shallow_change_late(evidence: Evidence, names: list[str]) -> Finding:
    """P3."""

    def share(name: str, variant: str) -> pd.Series:
        return last_half(evidence.change(f"{name}{variant}"))

    shallow, deep = ({name: share(name, variant) for name in names} for variant in (f"_{SHALLOW}", ""))
    if any(values.empty for values in (*shallow.values(), *deep.values())):
        return SIMPLE
    parts = [median_verdict(values, MOSTLY, 1) for values in shallow.values()]
    parts += [median_verdict(values, 1 - MOSTLY, MOSTLY) for values in deep.values()]
    return Finding(
        all_of(parts),
        "share of the change in the last half of the layers: "
        + _each(
            names,
            lambda name: ", ".join(
                f"{evidence.hidden_layers[f'{name}{variant}']} hidden layers {median_text(share(name, variant))}"
                for variant in (f"_{SHALLOW}", f"_{BETWEEN}", "")
                if len(share(name, variant))
            ),
        )
        + f"; at least {MOSTLY:.0%} in the shallow, between {1 - MOSTLY:.0%} and {MOSTLY:.0%} in the deep",
        pd.concat(shallow.values()),
    )


def bottleneck_forces_change(evidence: Evidence, names: list[str]) -> Finding:
    """P4."""

    def share(model: str) -> pd.Series:
        return evidence.change(model)[_middle(evidence, model)].dropna()

    plain, narrow = ({name: share(f"{name}{variant}") for name in names} for variant in ("", "_bottleneck"))
    if any(values.empty for values in (*plain.values(), *narrow.values())):
        return SIMPLE
    return Finding(
        all_of([below(plain[name], narrow[name]) for name in names]),
        "share of the change at the bottleneck, and at the same layer without: "
        + _each(names, lambda name: f"{median_text(narrow[name])}, {median_text(plain[name])}")
        + "; intervals must be apart",
        pd.concat(narrow.values()),
    )


def _middle(evidence: Evidence, model: str) -> int:
    """The hidden layer in the middle."""
    return (evidence.hidden_layers[model] + 1) // 2


def linked_loops_last(evidence: Evidence, names: list[str]) -> Finding:
    """P5."""
    if not {DISKS, RINGS, SHELLS} <= {*evidence.beside}:
        return Finding(
            NOT_APPLICABLE, f"needs data sets named {DISKS}, {RINGS} and {SHELLS} in one experiment"
        )
    if evidence.population != RINGS:
        return Finding(NOT_APPLICABLE, f"is of {RINGS}, where it is held against all three")
    names = [name for name in names if all(len(evidence.beside[each].left(name)) for each in (DISKS, SHELLS))]
    if not names:
        return Finding(NOT_APPLICABLE, "no networks that count on all three data sets")
    loops = {name: evidence.left(name, 1).dropna() for name in names}
    others = {
        name: {f"components of {RINGS}": evidence.left(name, 0).dropna()}
        | {each: evidence.beside[each].left(name).dropna() for each in (DISKS, SHELLS)}
        for name in names
    }
    if any(values.empty for name in names for values in (loops[name], *others[name].values())):
        return SIMPLE
    return Finding(
        all_of([below(left, loops[name]) for name in names for left in others[name].values()]),
        f"excess left, mean over the hidden layers, of the loops of {RINGS}: "
        + _each(
            names,
            lambda name: (
                f"{median_text(loops[name])}, against "
                + ", ".join(f"{median_text(left)} ({what})" for what, left in others[name].items())
            ),
        )
        + "; intervals must be apart",
        pd.concat(loops.values()),
    )


CLAIMS = {
    "P1": Claim(
        "Betti numbers of each class fall along the layers to (1, 0, 0)",
        "sum of the Betti numbers of both classes at the output",
        "2",
        needs_activations(falls_to_one),
    ),
    "P2": Claim(
        "They fall fastest with ReLU, then with leaky ReLU, and slowest with tanh",
        "excess left, mean over the hidden layers, ReLU",
        "below leaky ReLU, and that below tanh",
        needs_activations(relu_is_fastest),
    ),
    "P3": Claim(
        "Shallow networks change topology mostly in their last layers, deep ones evenly",
        "share of the change in the last half of the layers, shallow networks",
        "most in shallow, half in deep networks",
        needs_activations(shallow_change_late, f"_{SHALLOW}"),
    ),
    "P4": Claim(
        "A bottleneck forces a large change at it",
        "share of the change at the bottleneck",
        "more than without a bottleneck",
        needs_activations(bottleneck_forces_change, "_bottleneck"),
    ),
    "P5": Claim(
        "The loops of the linked rings are the hardest",
        "excess left of the loops of the linked rings, mean over the hidden layers",
        "more than of all else",
        needs_activations(linked_loops_last),
    ),
}
