"""How training went: losses and accuracies, epoch by epoch, and which networks died."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from layertopo.storage import Stored
from layertopo.tables import read_csv


def read(path: str | Path, epochs: int) -> pd.DataFrame:
    """Read the `history.csv` of a training of so many epochs: a row for each, and for epoch 0.

    Raises
    ------
    ResultError
        If it cannot be read, is cut off, or is of another training.
    """
    return read_csv(path, [{"epoch": epoch} for epoch in range(epochs + 1)])


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


def accuracy_table(stored: Sequence[Stored], epochs: int) -> pd.DataFrame:
    """One row per training run and epoch: loss, accuracy, and whether the network is dead.

    Parameters
    ----------
    stored : sequence of Stored
        Histories.
    epochs : int
        That each network was trained.
    """
    return pd.concat(
        [read(each.path, epochs).assign(**each.key) for each in stored],
        ignore_index=True,
    )
