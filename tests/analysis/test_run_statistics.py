"""The statistics of runs: what is kept of each, and the table of all of them."""

from __future__ import annotations

import json
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import pytest
from diagrams_by_hand import diagram

from layertopo import storage, tables
from layertopo.analysis.run_statistics import BETTI_GRID, p_values_of, run_statistics, save, summary_table
from layertopo.analysis.significance import LEVEL, p_values
from layertopo.errors import ResultError
from layertopo.homology import persistence_diagram
from layertopo.storage import Stored, Table
from layertopo.topology import diagrams

SCALES = (0.05, 0.5)
RUNS = [{"dataset": "spheres", "model": "good", "seed": seed} for seed in (0, 1)]


def circle(n: int, noise: float, seed: int) -> np.ndarray:
    """Points around the unit circle; with much noise, hardly any circle."""
    rng = np.random.default_rng(seed)
    angle = rng.uniform(0, 2 * np.pi, n)
    return np.column_stack([np.cos(angle), np.sin(angle)]) + rng.normal(scale=noise, size=(n, 2))


CLOUDS = [[circle(400, 0.1, 0), circle(200, 1.0, 1)], [circle(200, 1.0, 2), circle(20, 0.5, 3)]]
#: Loops of each diagram, born and died.
LOOPS = [[persistence_diagram(cloud).bars[1] for cloud in run] for run in CLOUDS]


class Folder:
    """Files of two runs of two layers each, as the workflow's rules write them."""

    def __init__(self, root: Path) -> None:
        self.tables: list[Table] = []
        self.arrays: list[Stored] = []
        for run, own in enumerate(LOOPS):
            cells = [
                RUNS[run] | {"epoch": 3, "layer": k, "split": "full", "cloud": "all", "class": ""}
                for k in (1, 2)
            ]
            stored = [Stored(str(root / f"{run}{cell['layer']}.h5"), cell, {"run": run}) for cell in cells]
            for each, loops in zip(stored, own, strict=True):
                diagrams.save(diagram(h1=loops), each.path, each.provenance)
            table, arrays = run_statistics(stored, SCALES)
            rows = [cell | {"dimension": k} for cell in cells for k in (0, 1)]
            self.tables.append(Table(str(root / f"{run}.csv"), rows))
            self.arrays.append(Stored(str(root / f"{run}_arrays.h5"), RUNS[run], {"run": run}))
            tables.write_csv(table, self.tables[-1].path)
            save(arrays, self.arrays[-1].path, {"run": run}, [each.path for each in stored])

    def summary(self) -> pd.DataFrame:
        return summary_table(self.tables, self.arrays)


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Folder:
    return Folder(tmp_path_factory.mktemp("statistics"))


def test_a_run_keeps_the_p_value_of_each_loop_and_its_betti_curves(folder):
    with storage.load(folder.arrays[0].path, {"run": 0}) as file:
        for k, loops in enumerate(LOOPS[0], 1):
            p = storage.read(file, f"epoch3/layer{k}/full/all/H1_p")
            np.testing.assert_array_equal(p, p_values(loops))
            curve = storage.read(file, f"epoch3/layer{k}/full/all/H1_betti")
            at = 2.0 * BETTI_GRID[:, None]  # the rms distance of diagrams by hand is 2
            np.testing.assert_array_equal(curve, ((loops[:, 0] <= at) & (at < loops[:, 1])).sum(axis=1))
        assert "epoch3/layer1/full/all/H0_p" not in file


def test_p_values_are_read_by_the_key_of_the_diagram_and_of_these_settings_only(folder):
    stored, cell = folder.arrays[0], folder.tables[0].rows[0]
    with p_values_of(stored) as read:
        np.testing.assert_array_equal(read(cell, 1), p_values(LOOPS[0][0]))
        with pytest.raises(ResultError, match="holds no array"):
            read(cell | {"layer": 7}, 1)
    with (
        pytest.raises(ResultError, match="run was 0, should be 7"),
        p_values_of(stored._replace(provenance={"run": 7})),
    ):
        pass


def test_the_table_of_all_runs_has_the_rows_of_each_in_order(folder):
    table = folder.summary()
    expected = pd.DataFrame([row for each in folder.tables for row in each.rows])
    pd.testing.assert_frame_equal(table[list(expected)], expected)
    parts = pd.concat(map(tables.read, folder.tables), ignore_index=True)
    pd.testing.assert_frame_equal(table[list(parts)], parts)


def test_corrections_over_the_whole_run_are_those_of_all_p_values_at_once(folder):
    """Against Bonferroni and Benjamini-Hochberg by their definitions, over all bars together."""
    every = [p_values(loops) for run in LOOPS for loops in run]
    p = np.concatenate([each[~np.isnan(each)] for each in every])
    found = {"bonferroni": LEVEL / len(p)}
    ordered = np.sort(p)
    below = np.flatnonzero(ordered <= LEVEL * np.arange(1, len(p) + 1) / len(p))
    found["fdr"] = ordered[below[-1]]
    table = folder.summary()
    h1 = table[table["dimension"] == 1]
    assert h1["tested_bars"].tolist()[:3] == [(~np.isnan(each)).sum() for each in every[:3]]
    for name, limit in found.items():
        counted = h1[f"significant_bars_run_{name}"].tolist()
        assert counted[:3] == [(each <= limit).sum() for each in every[:3]]
        assert counted[0] >= 1  # the circle
        assert np.isnan(counted[3])  # too few bars to be tested
    assert table.loc[table["dimension"] == 0, "significant_bars_run_fdr"].isna().all()


def test_files_of_another_run_are_refused(folder):
    with pytest.raises(ResultError, match=r"0_arrays\.h5"):
        summary_table(folder.tables, [folder.arrays[0]._replace(provenance={"run": 7}), folder.arrays[1]])
    exchanged = [
        Table(path, rows) for (path, _), (_, rows) in zip(folder.tables[::-1], folder.tables, strict=True)
    ]
    with pytest.raises(ResultError, match=r"1\.csv: not a table of this workflow"):
        summary_table(exchanged, folder.arrays)


def test_the_versions_that_made_the_diagrams_are_passed_on(tmp_path):
    """The report learns of them without opening every diagram."""
    key = {"epoch": 0, "layer": 1, "split": "full", "cloud": "all"}
    paths = [str(tmp_path / f"{k}.h5") for k in (0, 1)]
    for path, version in zip(paths, ("1.0", "2.0"), strict=True):
        diagrams.save(diagram(h1=[[1, 2]]), path, {})
        with h5py.File(path, "r+") as file:
            file.attrs["versions"] = json.dumps({"an engine": version})
    stored = [Stored(path, key | {"layer": k}, {}) for k, path in enumerate(paths)]
    _, arrays = run_statistics(stored, SCALES)
    save(arrays, tmp_path / "arrays.h5", {}, paths)
    found = storage.versions([tmp_path / "arrays.h5"])
    assert found["an engine"] == ["1.0", "2.0"]
    assert len(found["numpy"]) == 1
