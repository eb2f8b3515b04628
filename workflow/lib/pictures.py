"""Every figure of an experiment: where it lies, and what it is drawn from."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any, NamedTuple

from layertopo.analysis.names import DISTANCES
from layertopo.epochs import Epoch
from layertopo.experiment.cells import Cell, Run
from layertopo.experiment.clouds import CloudOf
from layertopo.figures.catalogue import KINDS, Kind
from layertopo.storage import Key, Stored, Table
from layertopo.training.stored import History
from lib.outputs import FIGURES, Outputs, place_of

#: What a figure is drawn from, by name.
Sources = dict[str, Any]


class Picture(NamedTuple):
    """One figure: its kind, its wildcards (and the name of its class), and its files without the format."""

    kind: str
    key: Key
    stem: str


def stem(kind: Kind) -> str:
    """Pattern of the files of a kind of figure, without the format."""
    return f"{FIGURES}/{kind.path}"


def files(sources: Sources) -> list[str]:
    """Files among the sources of a figure."""
    found: list[str] = []
    for source in sources.values():
        for each in source if isinstance(source, list) else [source]:
            if isinstance(each, (Stored, Table, History)) and each.path is not None:
                found.append(each.path)
    return found


def _class(cloud: CloudOf) -> dict[str, Any]:
    """What more there is to the key of a figure of classes apart."""
    return {"class": cloud.class_name} if cloud.class_name else {}


class Pictures:
    """Figures of an experiment."""

    def __init__(self, outputs: Outputs) -> None:
        self.outputs = outputs
        self.experiment = outputs.experiment
        # The report shows PNG files, so these are always drawn.
        self.formats = sorted({"png", *outputs.config.figures.formats})

    def targets(self) -> list[str]:
        """Every figure file."""
        return [f"{picture.stem}.{form}" for picture in self.all for form in self.formats]

    @cached_property
    def all(self) -> list[Picture]:
        """Every figure, kind by kind."""
        config = self.outputs.config
        keys: dict[str, list[Key]] = {
            "data": [{"dataset": name} for name in config.datasets],
            "training": [{"dataset": name} for name in config.datasets if self._trained_on(name)],
            "diagrams": list(self._drawn_places()),
            "loops": [key for key in self._drawn_places() if self._has_loops(key)],
            "followed": self._followed(),
            **self._of_populations(),
        }
        return [
            Picture(kind.name, key, stem(kind).format(**key))
            for kind in KINDS.values()
            for key in keys[kind.job]
        ]

    def _trained_on(self, dataset: str) -> list[Run]:
        """Runs on a data set whose history is known."""
        models = self.outputs.config.models
        return [run for run in self.outputs.runs if run.dataset == dataset and models[run.model].has_history]

    def _drawn_places(self) -> Iterator[Key]:
        """Keys of the figures of diagrams: all models and epochs of a place, for the seeds that are drawn."""
        for seed in self.experiment.drawn_seeds():
            for place in self.outputs.compared_places():
                if any(run.seed == seed for run in self.outputs.runs_at(place)):
                    of = self.experiment.clouds(place.dataset)[place.cloud]
                    yield {"dataset": place.dataset, "seed": seed, **place._asdict(), **_class(of)}

    def _has_loops(self, key: Key) -> bool:
        """Whether there are loops of the cloud of a figure."""
        cloud = self.experiment.clouds(key["dataset"])[key["cloud"]]
        return self.outputs.config.loops is not None and cloud.has_loops

    def _followed(self) -> list[Key]:
        """Keys of the figures of what becomes of the loops of all networks of a seed: one for all layers."""
        keys = [dict(key) for key in self._drawn_places() if self._has_loops(key)]
        for key in keys:
            del key["layer"]
        return list({tuple(key.items()): key for key in keys}.values())

    def _of_populations(self) -> dict[str, list[Key]]:
        """Keys of each kind of figure of all runs, where there is something to compare."""
        config = self.outputs.config
        found: dict[str, list[Key]] = {
            job: [] for job in ("trajectories", "betti", "networks", "moved", "mean_betti")
        }
        for first in self.experiment.populations():
            models = self.experiment.models_of(first)
            layers = {layer for model in models for layer in self.experiment.layers(model)}
            counts = {
                "layer": len(layers),
                "epoch": len({epoch for model in models for epoch in self.experiment.epochs(model)}),
            }
            compared = any(len(self.experiment.runs_at(first, layer)) > 1 for layer in layers)
            for name, cloud in self.experiment.clouds(first).items():
                for split in config.analysis.splits:
                    key: dict[str, Any] = {"dataset": first, "cloud": name, "split": split, **_class(cloud)}
                    found["trajectories"] += [key | {"along": each} for each in counts if counts[each] > 1]
                    found["mean_betti"] += [key] if cloud.is_counted and counts["layer"] > 1 else []
                    if not cloud.filtered:
                        continue
                    found["betti"] += [key | {"dimension": k} for k in sorted(cloud.dimensions)]
                    found["networks"] += [key | {"distance": each} for each in DISTANCES if compared]
                    found["moved"] += [key] if max(*counts.values(), len(config.analysis.splits)) > 1 else []
        return found

    # What the figures of a job are drawn from.

    def sources(self, job: str, wildcards: Any) -> Sources:
        """What the figures of a job are drawn from: stored results, tables, and plain values."""
        of_job: dict[str, Callable[[Any], Sources]] = {
            "data": self._data,
            "training": self._training,
            "diagrams": self._diagrams,
            "trajectories": self._summaries,
            "betti": self._betti,
            "loops": self._loops,
            "followed": self._lives,
            "networks": self._distances,
            "moved": self._distances,
            "mean_betti": self._summaries,
        }
        return of_job[job](wildcards)

    def inputs(self, job: str, wildcards: Any) -> list[str]:
        """Files that the figures of a job are drawn from."""
        return files(self.sources(job, wildcards))

    def _data(self, wildcards: Any) -> Sources:
        return {"dataset": self.outputs.dataset(wildcards.dataset)}

    def _training(self, wildcards: Any) -> Sources:
        return {
            **self._data(wildcards),
            "histories": self.outputs.histories(self._trained_on(wildcards.dataset)),
            "last_epochs": self.experiment.last_epochs(wildcards.dataset),
        }

    def _diagrams(self, wildcards: Any) -> Sources:
        place = place_of(wildcards)
        runs = [run for run in self.outputs.runs_at(place) if run.seed == int(wildcards.seed)]
        return {
            "diagrams": [
                self.outputs.diagram_at(place, run, epoch)
                for run in runs
                for epoch in self.experiment.epochs(run.model)
            ],
            "histories": self.outputs.histories(runs),
            "statistics": [self.outputs.statistics(run) for run in runs],
        }

    def _loops(self, wildcards: Any) -> Sources:
        place = place_of(wildcards)
        runs = [run for run in self.outputs.runs_at(place) if run.seed == int(wildcards.seed)]
        return self._loops_of(runs, lambda cell: (cell.layer, cell.split, cell.cloud) == place[1:])

    def _lives(self, wildcards: Any) -> Sources:
        of = (wildcards.dataset, int(wildcards.seed))
        runs = [run for run in self.outputs.loop_runs if (run.dataset, run.seed) == of]
        return self._loops_of(
            runs, lambda cell: (cell.split, cell.cloud) == (wildcards.split, wildcards.cloud)
        )

    def _loops_of(self, runs: list[Run], chosen: Callable[[Cell], bool]) -> Sources:
        """Loops of some runs, and the keys of the diagrams among theirs that are wanted."""
        return {
            "loops": [self.outputs.loops(run) for run in runs],
            "keys": [
                [self.experiment.key(cell) for cell in self.experiment.run_cells(run) if chosen(cell)]
                for run in runs
            ],
        }

    def _population(self, wildcards: Any) -> Sources:
        """The draws, what is followed of their diagrams, and the table that says which networks are dead."""
        cloud = self.experiment.clouds(wildcards.dataset)[wildcards.cloud]
        return {
            "accuracy": self.outputs.table("accuracy"),
            "cloud": {"cloud": cloud.recipe, "class": cloud.class_name},
            "scale": cloud.cloud.scale,
            "datasets": self.experiment.populations()[wildcards.dataset],
            "last_epochs": self.experiment.last_epochs(wildcards.dataset),
            "followed": min(max(cloud.dimensions), 1),
        }

    def _summaries(self, wildcards: Any) -> Sources:
        return self._population(wildcards) | {"summaries": self.outputs.table("summaries")}

    def _distances(self, wildcards: Any) -> Sources:
        return self._population(wildcards) | {"distances": self.outputs.table("distances")}

    def _betti(self, wildcards: Any) -> Sources:
        sources = self._population(wildcards)
        runs = [run for run in self.outputs.runs if run.dataset in sources["datasets"]]
        return sources | {
            "statistics": [self.outputs.statistics(run) for run in runs],
            "cells": [self._cells(run) for run in runs],
        }

    def _cells(self, run: Run) -> list[tuple[Epoch, int]]:
        """Epoch and layer of each diagram of a run."""
        return [
            (epoch, layer)
            for epoch in self.experiment.epochs(run.model)
            for layer in self.experiment.layers(run.model)
        ]
