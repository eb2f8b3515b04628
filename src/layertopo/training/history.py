"""How training went: losses and accuracies, epoch by epoch, and which networks died."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from layertopo.storage import Key
from layertopo.tables import read_csv

#: What is known of an epoch, at least; see :func:`layertopo.training.networks.score`.
COLUMNS = ["train_loss", "train_accuracy", "test_loss", "test_accuracy", "dead"]


class History(NamedTuple):
    """The history of a run.

    Attributes
    ----------
    key : mapping
        Of the run.
    epochs : sequence of int
        That it has rows of.
    path : str or None
        Its `history.csv`; None if nothing is known of the run but its epochs.
    """

    key: Key
    epochs: Sequence[int]
    path: str | None


def read(history: History) -> pd.DataFrame:
    """Read a history: a row for each epoch, without further columns if nothing is known.

    Raises
    ------
    ResultError
        If it cannot be read, is cut off, or is of another training.
    """
    if history.path is None:
        return pd.DataFrame({"epoch": list(history.epochs)})
    return read_csv(history.path, [{"epoch": epoch} for epoch in history.epochs])


def dead_since(history: pd.DataFrame, epoch: int) -> int | None:
    """Epoch from which a network was dead without a break up to an epoch; None if it is not dead then.

    Parameters
    ----------
    history : DataFrame
        Rows of losses and accuracies of one training run.
    epoch : int
        The last analysed one: what is said of dead networks is said of that epoch, everywhere.
    """
    until = history[history["epoch"] <= epoch]
    alive = until.loc[~until["dead"], "epoch"].max()  # NaN if it never was
    after = until["epoch"] if np.isnan(alive) else until.loc[until["epoch"] > alive, "epoch"]
    return int(after.min()) if len(after) else None


def accuracy_table(histories: Sequence[History]) -> pd.DataFrame:
    """One row per run and epoch: loss, accuracy, and whether the network is dead; empty where nothing is known."""
    table = pd.concat([read(each).assign(**each.key) for each in histories], ignore_index=True)
    return table.reindex(columns=[*table, *(name for name in COLUMNS if name not in table)])
