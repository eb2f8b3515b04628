"""Statistics of one training run, each diagram read once, and the table of all runs.

A run has rows for the tables, and arrays kept in HDF5: per diagram, in the group that :func:`place`
names, ``H{k}_p``, the p-value of each bar in the diagram's order (k >= 1; NaN: not tested), and
``H{k}_betti``, the Betti number at each scale of ``/betti_grid``, which is in units of the cloud's
rms distance.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from layertopo import storage, tables
from layertopo.analysis.significance import LEVEL, bonferroni, diagram_p_values, false_discoveries, testable
from layertopo.analysis.summaries import bar_summary, betti, cloud_summary
from layertopo.storage import Key, Settings, Stored, Table
from layertopo.topology import diagrams

#: Scales of the Betti curves in units of the rms distance, 4 % apart: from the gaps between thousands of points on
#: curves to beyond the death of a circle's loop (1.2) and the gap between two far clusters (1.4).
BETTI_GRID = np.geomspace(1e-4, 3, 256)

#: Key columns that tell the diagrams of a run apart.
PLACE = ["epoch", "layer", "split", "cloud", "class"]

Arrays = Mapping[str, NDArray[np.float64]]


def place(key: Key) -> str:
    """Group of a diagram's arrays."""
    # The name of a class may hold a slash, which parts groups.
    own = f".{quote(key['class'], safe='')}" if key.get("class") else ""
    return f"epoch{key['epoch']}/layer{key['layer']}/{key['split']}/{key['cloud']}{own}"


@contextmanager
def p_values_of(stored: Stored) -> Iterator[Callable[[Key, int], NDArray[np.float64]]]:
    """Function from a diagram's key and a dimension >= 1 to the p-value of each of its bars.

    Raises
    ------
    ResultError
        If the file of the run's statistics is broken or was made with other settings.
    """
    with storage.load(stored.path, stored.provenance) as file:
        yield lambda key, dimension: storage.read(file, f"{place(key)}/H{dimension}_p")


def run_statistics(stored: Sequence[Stored], betti_scales: Sequence[float]) -> tuple[pd.DataFrame, Arrays]:
    """Statistics of the diagrams of one training run.

    Parameters
    ----------
    stored : sequence of Stored
        The diagrams.
    betti_scales : sequence of float
        Scales of the Betti numbers in the table, as lengths and in units of the rms distance.

    Returns
    -------
    table : DataFrame
        One row per diagram and dimension; see :func:`layertopo.analysis.summaries.cloud_summary` and
        :func:`layertopo.analysis.summaries.bar_summary`.
    arrays : mapping of str to ndarray
        p-values and Betti curves, by their name in the file.

    Raises
    ------
    ResultError
        If a diagram is broken or was made with other settings.
    """
    rows = []
    arrays: dict[str, NDArray[np.float64]] = {"betti_grid": BETTI_GRID}
    for path, key, provenance in stored:
        diagram = diagrams.load(path, provenance)
        for k in diagram.dimensions:
            bars, name = diagram.bars[k], f"{place(key)}/H{k}"
            p = diagram_p_values(diagram, k) if testable(diagram, k) else np.full(len(bars), np.nan)
            if k >= 1:
                arrays[f"{name}_p"] = p
            if diagram.scale is None:
                arrays[f"{name}_betti"] = betti(bars, BETTI_GRID * diagram.rms_distance)
            rows.append(
                dict(key)
                | {"dimension": k}
                | cloud_summary(diagram)
                | bar_summary(diagram, k, p, betti_scales)
            )
    return pd.DataFrame(rows), arrays


def save(arrays: Arrays, path: str | Path, provenance: Settings, sources: Sequence[str]) -> None:
    """Write the arrays of a run to HDF5, with the versions of the libraries that made its diagrams, the `sources`."""
    with storage.create(path, provenance, ["numpy"]) as file:
        file.attrs["source_versions"] = storage.canonical(storage.versions(sources))
        for name, array in arrays.items():
            storage.write(file, name, array)


def summary_table(run_tables: Sequence[Table], arrays: Sequence[Stored]) -> pd.DataFrame:
    """The tables of all runs in one, with the corrections for all tests of the workflow's run.

    Parameters
    ----------
    run_tables : sequence of Table
        Of each run, with the keys of its rows.
    arrays : sequence of Stored
        Of each run, in the same order.

    Returns
    -------
    DataFrame
        With two columns more, NaN where no bar was tested: `significant_bars_run_bonferroni`, bars
        significant at the 5 % level after Bonferroni's correction over all tested bars of all rows,
        and `significant_bars_run_fdr`, bars found where 5 % of all finds are false on average.

    Raises
    ------
    ResultError
        If a file is broken, is of other rows, or was made with other settings.
    """
    parts = [tables.read(each) for each in run_tables]
    table = pd.concat(parts, ignore_index=True)
    low = [each for part, stored in zip(parts, arrays, strict=True) for each in _low_p_values(part, stored)]
    row = np.repeat(np.arange(len(table)), [len(each) for each in low])
    p, n_tests = np.concatenate(low), int(table["tested_bars"].sum())
    corrected = {"bonferroni": bonferroni(p, n_tests), "fdr": false_discoveries(p, n_tests)}
    first = list(table).index("significant_bars") + 1
    for shift, (name, rejected) in enumerate(corrected.items()):
        found = np.bincount(row[rejected], minlength=len(table))
        table.insert(
            first + shift,
            f"significant_bars_run_{name}",
            np.where(table["tested_bars"] > 0, found, np.nan),
        )
    return table


def _low_p_values(table: pd.DataFrame, stored: Stored) -> list[NDArray[np.float64]]:
    """p-values up to the level, the only ones that any correction can leave below it, of each row."""
    with p_values_of(stored) as read:
        found = [
            read(dict(zip(PLACE, place, strict=True)), dimension) if dimension else np.empty(0)
            for *place, dimension in table[[*PLACE, "dimension"]].itertuples(index=False, name=None)
        ]
    return [p[p <= LEVEL] for p in found]
