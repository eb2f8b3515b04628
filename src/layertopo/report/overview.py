"""Short tables over many runs, for readers: what was significant, what varied, what was typical.

A network that is dead at the last analysed epoch, or short of a goal that it must reach, counts as such
throughout; networks of different states never share a row.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from layertopo.analysis import replicates
from layertopo.epochs import Epoch
from layertopo.tables import LIVE, RUN, at_end, states

PLACE = ["epoch", "layer", "split", "cloud", "class"]
#: Columns of `summaries.csv` that count significant bars: within the diagram, and over all of the workflow's run.
CORRECTIONS = ("significant_bars", "significant_bars_run_bonferroni", "significant_bars_run_fdr")


def with_state(table: pd.DataFrame, accuracy: pd.DataFrame, last_epochs: Mapping[str, Epoch]) -> pd.DataFrame:
    """A table of runs with the column `state`, that of the network at its last analysed epoch.

    Parameters
    ----------
    table : DataFrame
        With the columns dataset, model and seed.
    accuracy : DataFrame
        `accuracy.csv`.
    last_epochs : mapping of str to int or str
        Of each model.
    """
    end = at_end(accuracy, last_epochs).set_index(RUN)
    return table.drop(columns="state", errors="ignore").join(states(end).rename("state"), on=RUN)


def significance(summaries: pd.DataFrame, populations: Mapping[str, str]) -> pd.DataFrame:
    """How many diagrams have a significant bar.

    Parameters
    ----------
    summaries : DataFrame
        `summaries.csv` with the column `state`; see :func:`with_state`.
    populations : mapping of str to str
        Name of the population of each data set.

    Returns
    -------
    DataFrame
        For each population, model, state, dimension and place: `diagrams`; `tested`, those in which
        bars could be tested; for each of :data:`CORRECTIONS` the diagrams with a significant bar.
    """
    tested = summaries[summaries["dimension"] > 0]
    counts = pd.DataFrame(
        {"diagrams": 1, "tested": tested["significant_bars"].notna()}
        | {column: tested[column] > 0 for column in CORRECTIONS}
    )
    keys = tested[["model", "state", "dimension", *PLACE]].assign(
        population=tested["dataset"].map(populations)
    )
    return _grouped(keys, counts).sum().reset_index()


def typical(summaries: pd.DataFrame, populations: Mapping[str, str], columns: Sequence[str]) -> pd.DataFrame:
    """Medians over runs of columns of `summaries.csv`.

    Parameters
    ----------
    summaries : DataFrame
        With the column `state`; see :func:`with_state`.
    populations : mapping of str to str
        Name of the population of each data set.
    columns : sequence of str

    Returns
    -------
    DataFrame
        For each population, model, state, place and dimension: `runs` and the medians; NaN is left out.
    """
    keys = summaries[["model", "state", *PLACE, "dimension"]].assign(
        population=summaries["dataset"].map(populations)
    )
    held = _grouped(keys, summaries[list(columns)])
    return held.median().assign(runs=held.size()).reset_index()


def _grouped(keys: pd.DataFrame, values: pd.DataFrame) -> Any:
    """Values by population, model and the other keys, in the order of their first rows."""
    names = ["population", *(name for name in keys if name != "population")]
    return pd.concat([keys, values], axis=1).groupby(names, sort=False)


@dataclass(frozen=True)
class Varied:
    """A quantity of which there is one value per run."""

    name: str
    runs: pd.DataFrame  # RUN, state, and `value`; maybe `layer`


def variation(quantities: Sequence[Varied]) -> pd.DataFrame:
    """Median of quantities over live runs, its interval, and where the spread comes from.

    Returns
    -------
    DataFrame
        For each quantity, layer (NaN for what has none) and model: `live` and `left_out` runs, `median`,
        `low` and `high` (95 % interval), `draw_sd` and `training_sd` (standard deviation from draw to
        draw of the data, and from training to training on one draw), `draw_share` (share of the variance
        that is between draws). NaN for what cannot be told from so few runs.
    """
    rows = []
    for quantity in quantities:
        values = quantity.runs.assign(layer=quantity.runs.get("layer", np.nan))
        for (layer, model), own in values.groupby(["layer", "model"], sort=False, dropna=False):
            live = own[own["state"] == LIVE]
            median = low = high = np.nan
            if len(live):
                interval = replicates.median_interval(live[["value"]].to_numpy(), live["dataset"].tolist())
                median, low, high = (float(each[0]) for each in interval)
            parts = replicates.variance_components(live["value"].to_numpy(), live["dataset"].tolist())
            total = parts.draw**2 + parts.training**2
            rows.append(
                {"quantity": quantity.name, "layer": layer, "model": model}
                | {"live": len(live), "left_out": len(own) - len(live)}
                | {"median": median, "low": low, "high": high}
                | {"draw_sd": parts.draw, "training_sd": parts.training}
                | {"draw_share": parts.draw**2 / total if total > 0 else np.nan}
            )
    return pd.DataFrame(rows)


def main_quantities(
    accuracy: pd.DataFrame, summaries: pd.DataFrame, last_epochs: Mapping[str, Epoch], split: str, cloud: str
) -> list[Varied]:
    """What the runs of one population are compared by, at their last analysed epoch.

    Parameters
    ----------
    accuracy, summaries : DataFrame
        `accuracy.csv` and `summaries.csv`, of one population.
    last_epochs : mapping of str to int or str
        Of each model.
    split, cloud : str
        Of the diagrams.
    """
    known = at_end(accuracy.dropna(subset="test_accuracy"), last_epochs)
    then = known.assign(state=states(known))
    found = [Varied("test accuracy", then[[*RUN, "state"]].assign(value=then["test_accuracy"]))]
    where = (summaries["split"] == split) & (summaries["cloud"] == cloud)
    held = with_state(at_end(summaries[where], last_epochs), accuracy, last_epochs)
    dimension = min(int(held["dimension"].max()), 1)
    bars = held[held["dimension"] == dimension]
    columns = {
        "rms distance": bars["rms_distance"],
        "distinct points": bars["n_distinct"],
        f"H{dimension} classes": bars["bars"],
        f"H{dimension} classes per distinct point": bars["bars"] / bars["n_distinct"],
        f"longest H{dimension} lifetime, scale-free": bars["lifetime_max_scaled"],
        f"sum of H{dimension} lifetimes, scale-free": bars["lifetime_sum_scaled"],
        f"Betti number {dimension}": bars["betti"],
    }
    return found + [  # of a cloud at one scale, other columns are there than of a diagram
        Varied(name, bars[[*RUN, "layer", "state"]].assign(value=value))
        for name, value in columns.items()
        if value.notna().any()
    ]


@dataclass(frozen=True)
class Confusion:
    """Which classes the live networks of a kind take for which, test rows of all of them together.

    Attributes
    ----------
    networks : int
    classes : list of str
    counts : ndarray, shape (classes, classes)
        Rows of each class (down) that are taken for each class (across).
    """

    networks: int
    classes: list[str]
    counts: NDArray[np.int64]

    @property
    def shares(self) -> NDArray[np.float64]:
        """Of the rows of each class; NaN of a class that has none."""
        with np.errstate(invalid="ignore"):
            shares: NDArray[np.float64] = self.counts / self.counts.sum(axis=1, keepdims=True)
        return shares

    def mistakes(self, most: int) -> list[tuple[str, str, int, float]]:
        """The most frequent ones: class, what it is taken for, rows, and their share of those of the class."""
        wrong = np.where(np.eye(len(self.classes), dtype=bool), 0, self.counts)
        order = np.argsort(-wrong, axis=None, kind="stable")[:most]
        pairs = [divmod(int(place), len(self.classes)) for place in order if wrong.flat[place]]
        return [
            (self.classes[i], self.classes[j], int(wrong[i, j]), float(self.shares[i, j])) for i, j in pairs
        ]


def confusions(table: pd.DataFrame) -> dict[str, Confusion]:
    """By model, what its live networks take for what.

    Parameters
    ----------
    table : DataFrame
        `confusion.csv` of one population, with the column `state`; see :func:`with_state`.
    """
    found = {}
    for model, own in table[(table["split"] == "test") & (table["state"] == LIVE)].groupby(
        "model", sort=False
    ):
        classes = list(own["class"].unique())  # in the order of their numbers
        counts = own.pivot_table("rows", "class", "predicted", "sum", fill_value=0)
        networks = len(own.drop_duplicates(RUN))
        found[str(model)] = Confusion(
            networks, classes, counts.loc[classes, classes].to_numpy().astype(np.int64)
        )
    return found
