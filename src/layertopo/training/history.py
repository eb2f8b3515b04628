"""How training went: losses and accuracies, epoch by epoch, and which networks died."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from layertopo.epochs import LAST, Epoch
from layertopo.errors import ResultError
from layertopo.tables import RUN, read_csv
from layertopo.training.stored import History

#: What is known of an epoch, at least; see :func:`layertopo.training.networks.score`.
COLUMNS = ["train_loss", "train_accuracy", "test_loss", "test_accuracy", "dead"]


def read(history: History) -> pd.DataFrame:
    """Read a history: a row for each epoch, without further columns if nothing is known.

    Raises
    ------
    ResultError
        If it cannot be read, is cut off, or is of another training.
    """
    if history.path is None:
        return pd.DataFrame({"epoch": list(history.epochs)})
    epochs = history.epochs
    if history.goal is not None:
        epochs = _until_goal(read_csv(history.path), history)
    return read_csv(history.path, [{"epoch": epoch} for epoch in epochs])


def _until_goal(table: pd.DataFrame, history: History) -> list[Epoch]:
    """Epochs that a history has rows of: all of those before the one in which the goal is reached, and that one."""
    last = 0 if table.empty else int(table["epoch"].iloc[-1])
    if last != history.epochs[-1] and not table["train_accuracy"].iloc[-1:].ge(history.goal).any():
        raise ResultError(
            f"{history.path}: ends before its goal and its last epoch; delete it, and the next run makes it anew"
        )
    return [*(epoch for epoch in history.epochs if int(epoch) < last), last]


def with_numbers(table: pd.DataFrame, histories: Sequence[History]) -> pd.DataFrame:
    """A table of runs with the column `epoch_number` after `epoch`, if any epoch is called `last`.

    Parameters
    ----------
    table : DataFrame
    histories : sequence of History
        Of the runs of which an epoch is called `last`.
    """
    if not histories:
        return table
    ends = {tuple(each.key[name] for name in RUN): int(read(each)["epoch"].iloc[-1]) for each in histories}
    keys = table[[*RUN, "epoch"]].itertuples(index=False, name=None)
    numbers = [ends[run] if epoch == LAST else epoch for *names, epoch in keys for run in [tuple(names)]]
    at = list(table).index("epoch") + 1
    table.insert(at, "epoch_number", numbers)
    return table


def dead_since(history: pd.DataFrame, epoch: Epoch) -> int | None:
    """Epoch from which a network was dead without a break up to an epoch; None if it is not dead then.

    Parameters
    ----------
    history : DataFrame
        Rows of losses and accuracies of one training run.
    epoch : int or str
        The last analysed one: what is said of dead networks is said of that epoch, everywhere.
    """
    until = history if epoch == LAST else history[history["epoch"] <= epoch]
    alive = until.loc[~until["dead"], "epoch"].max()  # NaN if it never was
    after = until["epoch"] if np.isnan(alive) else until.loc[until["epoch"] > alive, "epoch"]
    return int(after.min()) if len(after) else None


def accuracy_table(histories: Sequence[History]) -> pd.DataFrame:
    """One row per run and epoch: loss, accuracy, and whether the network is dead; empty where nothing is known.

    Of runs that count only at their goal the column `reached_goal` says, in each of their rows, whether they got there.
    """
    table = pd.concat([_told(each) for each in histories], ignore_index=True)
    return table.reindex(columns=[*table, *(name for name in COLUMNS if name not in table)])


def _told(history: History) -> pd.DataFrame:
    table = read(history).assign(**history.key)
    if not history.required:
        return table
    return table.assign(reached_goal=bool(table["train_accuracy"].iloc[-1] >= history.goal))
