"""Which classes networks take for which."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from layertopo import storage
from layertopo.training.scores import predicted
from layertopo.training.stored import Judged

COLUMNS = ["dataset", "model", "seed", "epoch", "split", "class", "predicted", "rows"]


def confusion_table(networks: Sequence[Judged]) -> pd.DataFrame:
    """How many rows of each class each network takes for each class, on the training and on the test rows.

    Parameters
    ----------
    networks : sequence of Judged

    Returns
    -------
    DataFrame
        A row for each network, split, class of the data, and class that the network takes it for.

    Raises
    ------
    ResultError
        If a file is broken or was made with other settings.
    """
    found = []
    for (path, key, provenance), layer, classes, boundary in networks:
        names = np.array(classes)
        own, taken = (each.ravel() for each in np.indices((len(names), len(names))))
        with storage.load(path, provenance) as file:
            for split in ("train", "test"):
                y, outputs = storage.read(file, f"{split}/y"), storage.read(file, f"{split}/{layer}")
                counts = np.zeros((len(names), len(names)), np.int64)
                np.add.at(counts, (y, predicted(outputs, boundary)), 1)
                pairs = {"class": names[own], "predicted": names[taken], "rows": counts.ravel()}
                found.append(pd.DataFrame(pairs).assign(**key, split=split))
    return pd.concat(found, ignore_index=True)[COLUMNS] if found else pd.DataFrame(columns=COLUMNS)
