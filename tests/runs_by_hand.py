"""Tables of an experiment of several draws and seeds, made of random numbers: in the form of the workflow's own."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import combinations, product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from layertopo import storage, tables
from layertopo.storage import Stored, Table

NAN = float("nan")
#: Scales of the Betti curves.
GRID = np.geomspace(1e-3, 3, 31)
LENGTHS = ("lifetime_max", "lifetime_sum", "lifetime_median", "death_max")


@dataclass(frozen=True)
class Made:
    """An experiment: every run has every layer, epoch, split and cloud."""

    datasets: tuple[str, ...] = ("draw0",)
    models: tuple[str, ...] = ("good", "bad")
    seeds: tuple[int, ...] = (0,)
    epochs: tuple[int, ...] = (0, 5)
    layers: tuple[int, ...] = (1, 3)
    splits: tuple[str, ...] = ("train", "test")
    clouds: tuple[str, ...] = ("all",)
    dimensions: tuple[int, ...] = (0, 1)
    dead: tuple[tuple[str, str, int], ...] = ()
    #: Networks that are short of a goal; with none of them, there is no goal that must be reached.
    short: tuple[tuple[str, str, int], ...] = ()

    @property
    def runs(self) -> list[dict[str, Any]]:
        names = ("dataset", "model", "seed")
        return [dict(zip(names, run, strict=True)) for run in product(self.datasets, self.models, self.seeds)]

    @property
    def last_epochs(self) -> dict[str, int]:
        return dict.fromkeys(self.models, max(self.epochs))

    def is_dead(self, run: dict[str, Any], epoch: int) -> bool:
        return tuple(run.values()) in self.dead and epoch > 0

    @cache  # noqa: B019  there are few
    def accuracy(self) -> pd.DataFrame:
        rng = np.random.default_rng(1)
        rows = []
        for run, epoch in product(self.runs, range(max(self.epochs) + 1)):
            dead = self.is_dead(run, epoch)
            good = 0.5 if dead else 0.9 + rng.normal(scale=0.01)
            columns = {
                f"{split}_{name}": value
                for split in ("train", "test")
                for name, value in (
                    ("loss", 1 - good),
                    ("accuracy", good),
                    ("accuracy_logit_above_half", good),
                )
            }
            told = {"reached_goal": tuple(run.values()) not in self.short} if self.short else {}
            rows.append(run | {"epoch": epoch, "dead": dead} | told | columns)
        return pd.DataFrame(rows)

    def diagrams(self) -> list[dict[str, Any]]:
        places = product(self.epochs, self.layers, self.splits, self.clouds, [""])
        names = ("epoch", "layer", "split", "cloud", "class")
        return [run | dict(zip(names, place, strict=True)) for run, place in product(self.runs, list(places))]

    @cache  # noqa: B019  there are few
    def summaries(self) -> pd.DataFrame:
        """A dead network's diagrams are of one point: no bars, no scale."""
        rng = np.random.default_rng(2)
        rows = []
        for cell, dimension in product(self.diagrams(), self.dimensions):
            dead = self.is_dead({key: cell[key] for key in ("dataset", "model", "seed")}, cell["epoch"])
            level = (self.models.index(cell["model"]) + 1) * (1 + cell["layer"] + 0.1 * cell["epoch"])
            bars = 0 if dead else int(100 * level + rng.integers(20))
            lengths = {name: NAN if dead else level * 0.1 + rng.normal(scale=0.02) for name in LENGTHS}
            tested = NAN if dimension == 0 or dead else bars
            rows.append(
                cell
                | {
                    "dimension": dimension,
                    "n_points": 1000,
                    "n_distinct": 1 if dead else 1000 - cell["layer"],
                }
                | {"rms_distance": NAN if dead else level, "threshold": 3.0, "complete": cell["epoch"] == 0}
                | {"engine": "giotto", "engine_version": "0.6.2", "n_rows": 2000, "sample": "random"}
                | {"error_bound": NAN, "bars": bars, "essential": 1 - dimension, "tested_bars": tested}
                | {"rounding_bars": 0, "p_min": NAN if dead else 0.5**level}
                | {name: NAN if np.isnan(tested) else float(rng.integers(3)) for name in SIGNIFICANT}
                | {"entropy": NAN if dead else 4.0, "entropy_normalised": NAN if dead else 0.95}
                | lengths
                | {f"{name}_scaled": value / level for name, value in lengths.items()}
                | {"finite_pairs": 1.0, "tied": 0.0, "betti": NAN, "components": NAN if dimension else 1.0}
            )
        return pd.DataFrame(rows)

    @cache  # noqa: B019  there are few
    def distances(self) -> pd.DataFrame:
        rng = np.random.default_rng(3)
        rows = []
        for a, b in combinations(self.diagrams(), 2):
            if (a["dataset"], a["cloud"]) != (b["dataset"], b["cloud"]):
                continue
            differ = [key for key in a if a[key] != b[key]]
            across = {("epoch",): "epochs", ("layer",): "layers", ("split",): "splits"}.get(tuple(differ))
            if set(differ) <= {"model", "seed"} and a["epoch"] == max(self.epochs):
                across = "networks"
            if across is None:
                continue
            sides = {
                f"{key}_{side}": each[key]
                for side, each in (("a", a), ("b", b))
                for key in ("model", "seed", "epoch", "layer", "split")
            }
            for dimension in self.dimensions:
                near, far = rng.uniform(0.05, 0.1), rng.uniform(0.2, 0.5)
                length = near if a["model"] == b["model"] else far
                undefined = any(
                    self.is_dead({k: e[k] for k in ("dataset", "model", "seed")}, e["epoch"]) for e in (a, b)
                )
                rows.append(
                    {"dataset": a["dataset"], "cloud": a["cloud"], "class": ""}
                    | {"dimension": dimension, "across": across}
                    | sides
                    | {"bottleneck": length, "bottleneck_scaled": NAN if undefined else length / 2}
                    | {
                        "sliced_wasserstein": length,
                        "sliced_wasserstein_scaled": NAN if undefined else length * 10,
                    }
                )
        return pd.DataFrame(rows)

    def betti(self, run: dict[str, Any], epoch: int, layer: int, dimension: int) -> np.ndarray:
        if self.is_dead(run, epoch):
            return np.full(len(GRID), NAN)
        height = 100 * (run["seed"] + 1) * (1 + self.models.index(run["model"]))
        if dimension == 0:
            return np.maximum(1, np.floor(height * np.exp(-GRID * (3 + layer))))
        return np.floor(height * GRID * np.exp(-(GRID**2) * (5 + layer)))

    def write_statistics(self, folder: Path) -> list[Stored]:
        """A file for each run, in the order of `runs`."""
        stored = []
        for k, run in enumerate(self.runs):
            stored.append(Stored(str(folder / f"statistics{k}.h5"), run, run))
            with storage.create(stored[-1].path, run, []) as file:
                storage.write(file, "betti_grid", GRID)
                for epoch, layer, split, cloud in product(self.epochs, self.layers, self.splits, self.clouds):
                    group = file.create_group(f"epoch{epoch}/layer{layer}/{split}/{cloud}")
                    for dimension in self.dimensions:
                        group[f"H{dimension}_betti"] = self.betti(run, epoch, layer, dimension)
        return stored

    def write_tables(self, folder: Path) -> dict[str, Table]:
        """`accuracy`, `summaries` and `distances`."""
        written = {}
        for name in ("accuracy", "summaries", "distances"):
            frame = getattr(self, name)()
            written[name] = Table(str(folder / f"{name}.csv"), len(frame))
            tables.write_csv(frame, written[name].path)
        return written


SIGNIFICANT = ("significant_bars", "significant_bars_run_bonferroni", "significant_bars_run_fdr")
