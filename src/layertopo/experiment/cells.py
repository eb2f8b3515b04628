"""The experiment: what a configuration means, run by run and diagram by diagram, and what decides each result."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from math import comb, prod
from typing import Any

from layertopo.epochs import LAST, Epoch, in_order
from layertopo.experiment.clouds import CloudOf, clouds_of
from layertopo.experiment.config import Analysis, Config
from layertopo.training.dense import Dense
from layertopo.training.length import epochs_with_a_row, leaves_weights
from layertopo.training.network import Layer

_DEFAULT = Analysis()


@dataclass(frozen=True)
class Run:
    """One run: a network, a data set, a seed."""

    dataset: str
    model: str
    seed: int

    @property
    def key(self) -> dict[str, Any]:
        """Key columns and their values."""
        return asdict(self)


@dataclass(frozen=True)
class Cell(Run):
    """One diagram of a training run; its cloud is called as in :meth:`Experiment.clouds`."""

    epoch: Epoch
    layer: int
    split: str
    cloud: str

    @property
    def run(self) -> Run:
        """The training run it is of."""
        return Run(self.dataset, self.model, self.seed)


@dataclass(frozen=True)
class Experiment:
    """A configuration that was checked, and everything that follows from it alone."""

    config: Config

    def models_of(self, dataset: str) -> list[str]:
        """Models that see a data set."""
        return [
            name for name, model in self.config.models.items() if model.sees is None or dataset in model.sees
        ]

    def runs(self) -> list[Run]:
        """Every run."""
        return [
            Run(dataset, model, seed)
            for dataset in self.config.datasets
            for model in self.models_of(dataset)
            for seed in self.seeds(model)
        ]

    def seeds(self, model: str) -> Sequence[int]:
        """Seeds of a model's runs."""
        return self.config.models[model].seeds(self.config.training.seeds)

    def all_seeds(self) -> list[int]:
        """Seeds of all runs, each once."""
        return list(dict.fromkeys(seed for model in self.config.models for seed in self.seeds(model)))

    def all_epochs(self, model: str) -> Sequence[int]:
        """Every epoch that there is of a model; 0 is before the first training step."""
        return self.config.models[model].all_epochs(self.config.training.epochs)

    def epochs(self, model: str) -> list[Epoch]:
        """Epochs of a model that are analysed, ascending; what is not trained here has its last one by number."""
        network, there = self.config.models[model], self.all_epochs(model)
        chosen = self._chosen_epochs(model)
        if chosen == "all":
            return list(there)
        last: Epoch = there[-1] if there and not network.trained_here else LAST
        return in_order(last if epoch == LAST else epoch for epoch in chosen)

    def _chosen_epochs(self, model: str) -> Sequence[Epoch] | str:
        network, common = self.config.models[model], self.config.analysis.epochs
        if network.epochs is not None or network.has_one_epoch:
            return network.epochs or "all"
        if not network.trained_here and common == _DEFAULT.epochs and {*common} - {*self.all_epochs(model)}:
            return "all"  # a default that does not fit what comes from outside gives way
        return common

    def last_epochs(self, dataset: str | None = None) -> dict[str, Epoch]:
        """For each model (on a data set) the last analysed epoch: what is said of a network's end is said of then."""
        models = self.models_of(dataset) if dataset else self.config.models
        return {model: self.epochs(model)[-1] for model in models}

    def history_epochs(self, model: str) -> Sequence[Epoch]:
        """Epochs of a model that the table of accuracies has rows of, if training goes on to its end."""
        if not self.config.models[model].has_history:
            return self.epochs(model)
        return epochs_with_a_row(self._training_of(model))

    def hidden_in_words(self) -> dict[str, str]:
        """The hidden layers of each model that the configuration describes."""
        return {
            name: model.in_words for name, model in self.config.models.items() if isinstance(model, Dense)
        }

    def goal(self, model: str) -> float | None:
        """Accuracy on the training rows at which the training of a model ends, if it does."""
        until = self.config.training.until
        return until.train_accuracy if until and self.config.models[model].trained_here else None

    def requires_goal(self, model: str) -> bool:
        """Whether a network of a model counts only if its training has reached the goal."""
        until = self.config.training.until
        return bool(until and until.required and self.goal(model) is not None)

    def kept_epochs(self, model: str) -> int:
        """How many epochs of a training leave their weights, at most."""
        training = self._training_of(model)
        return sum(leaves_weights(training, epoch) for epoch in range(training["epochs"])) + 1

    def layers(self, model: str) -> list[int]:
        """Layers of a model that are analysed, ascending."""
        network = self.config.models[model]
        chosen = self.chosen_layers(model)
        if isinstance(chosen, str):
            first, last = (1, network.last_layer - 1) if chosen == "hidden" else (0, network.last_layer)
            return list(range(first, last + 1))
        names = network.layer_names
        return sorted({names.index(layer) if isinstance(layer, str) else layer for layer in chosen})

    @cached_property
    def _clouds(self) -> dict[str, dict[str, CloudOf]]:
        return {
            dataset: clouds_of(self.config, dataset, self.class_names(dataset))
            for dataset in self.config.datasets
        }

    def clouds(self, dataset: str) -> dict[str, CloudOf]:
        """Clouds of each layer's points, by the names of their files: of classes apart there is one each."""
        return self._clouds[dataset]

    def has_diagrams(self, dataset: str) -> bool:
        """Whether some clouds of a data set have diagrams, and not just Betti numbers at one scale."""
        return any(cloud.filtered for cloud in self.clouds(dataset).values())

    def cloud_of(self, cell: Cell) -> CloudOf:
        """Cloud of a diagram."""
        return self.clouds(cell.dataset)[cell.cloud]

    def has_loops(self, cell: Cell) -> bool:
        """Whether the loops of a diagram are looked at one by one."""
        return self.config.loops is not None and self.cloud_of(cell).has_loops

    def key(self, cell: Cell) -> dict[str, Any]:
        """Key columns of a diagram and their values, as they are in tables."""
        cloud = self.cloud_of(cell)
        return cell.key | {"cloud": cloud.recipe, "class": cloud.class_name}

    def chosen_layers(self, model: str) -> str | Sequence[int | str]:
        """What the configuration says of a model's layers."""
        network, common = self.config.models[model], self.config.analysis.layers
        if network.layers is not None:
            return network.layers
        there = range(network.last_layer + 1)
        if network.from_outside and common == _DEFAULT.layers and {*common} - {*there}:
            return "all"  # a default that does not fit what comes from outside gives way
        return common

    def epoch_cells(self, run: Run, epoch: Epoch) -> list[Cell]:
        """Every diagram of one epoch of a run, in the order of the tables' key columns."""
        return [
            Cell(run.dataset, run.model, run.seed, epoch, layer, split, cloud)
            for layer in self.layers(run.model)
            for split in self.config.analysis.splits
            for cloud in self.clouds(run.dataset)
        ]

    def run_cells(self, run: Run) -> list[Cell]:
        """Every diagram of a run, in the order of the tables' key columns."""
        return [cell for epoch in self.epochs(run.model) for cell in self.epoch_cells(run, epoch)]

    def cells(self) -> list[Cell]:
        """Every diagram, in the order of the tables' key columns."""
        return [cell for run in self.runs() for cell in self.run_cells(run)]

    def drawn_seeds(self) -> list[int]:
        """Seeds whose diagrams are drawn one by one."""
        seeds = self.config.figures.seeds
        return self.all_seeds() if seeds == "all" else seeds

    def populations(self) -> dict[str, list[str]]:
        """Data sets that are draws of one distribution, by the name of the first of them.

        Those are the ones that differ in `seed` only, which gives them other points, and have the same models and clouds.
        """
        first: dict[tuple[str, ...], str] = {}
        draws: dict[str, list[str]] = {}
        for name, dataset in self.config.datasets.items():
            alone = () if dataset.is_random else (name,)
            seen = tuple(self.models_of(name)), tuple(self.clouds(name))
            distribution = (dataset.model_dump_json(exclude={"seed"}), *seen, *alone)
            draws.setdefault(first.setdefault(distribution, name), []).append(name)
        return draws

    def n_points(self, dataset: str, split: str, cloud: str) -> int:
        """Points of a cloud; of some classes, no less than there are: which of them a split has is not known yet."""
        data, of = self.config.datasets[dataset], self.clouds(dataset)[cloud]
        rows = data.rows()[split]
        if of.classes is not None:
            rows = min(rows, len(of.classes) * data.largest_class)
        return min(rows, of.cloud.sample.points or rows)

    def n_coordinates(self, dataset: str, model: str, layer: int) -> int:
        """Coordinates of a layer's points."""
        return self.network(dataset, model)[layer].units

    def n_classes(self, dataset: str) -> int:
        """Number of classes of a data set; 0 if its rows have no labels."""
        return len(self.class_names(dataset))

    def class_names(self, dataset: str) -> tuple[str, ...]:
        """Names of the classes of a data set, in the order of their numbers."""
        return self.config.datasets[dataset].class_names

    def network(self, dataset: str, model: str) -> list[Layer]:
        """Every layer of a network, from layer 0 on."""
        n_features = self.config.datasets[dataset].n_features
        return self.config.models[model].layer_facts(n_features, self.n_classes(dataset))

    def pairs_within(self, model: str) -> int:
        """How many pairs of diagrams of a run and a cloud are compared: those that differ in epoch, layer or split."""
        counts = [len(each) for each in (self.epochs(model), self.layers(model), self.config.analysis.splits)]
        return sum(prod(counts) // count * comb(count, 2) for count in counts)

    def pairs_between(self, dataset: str, layer: int, *_: str) -> int:
        """How many pairs of runs on a data set are compared in a layer, for each split and cloud."""
        return comb(len(self.runs_at(dataset, layer)), 2)

    def runs_at(self, dataset: str, layer: int) -> list[Run]:
        """Runs on a data set that have a layer analysed."""
        return [
            Run(dataset, model, seed)
            for model in self.models_of(dataset)
            if layer in self.layers(model)
            for seed in self.seeds(model)
        ]

    # Provenance: the settings that decide a file, and nothing that does not. The parts are shared between
    # files, because there may be many: they are not to be changed.

    def dataset_settings(self, dataset: str) -> Mapping[str, Any]:
        """Settings that decide a data set."""
        return {"dataset": self.config.datasets[dataset].settings}

    def training_settings(self, run: Run) -> Mapping[str, Any]:
        """Settings that decide a training run."""
        return {
            **self.dataset_settings(run.dataset),
            "model": self.config.models[run.model].settings_on(self.n_classes(run.dataset)),
            "training": self._training_of(run.model) | {"seed": run.seed},
        }

    def _training_of(self, model: str) -> dict[str, Any]:
        """Settings of the training of a model; which epochs leave their weights is one of them if not all do."""
        training = self.config.training
        if training.keeps_all:
            return training.settings
        left = [epoch for epoch in self.epochs(model) if epoch not in (0, training.epochs, LAST)]
        return training.settings | {"keep": left}

    def run_settings(self, run: Run, epochs: Sequence[Epoch]) -> Mapping[str, Any]:
        """Settings that decide some epochs of a run: those of its training, or the content of what comes from outside."""
        network = self.config.models[run.model]
        if network.trained_here:
            return self.training_settings(run)
        return {**self.dataset_settings(run.dataset), **network.source(run.seed, list(map(int, epochs)))}

    def activation_settings(self, run: Run, epoch: Epoch) -> Mapping[str, Any]:
        """Settings that decide the activations of one epoch; of networks from outside, only some layers are kept."""
        network = self.config.models[run.model]
        layers = {"layers": self.kept_layers(run.model)} if network.from_outside else {}
        return {**self.run_settings(run, [epoch]), **layers, "epoch": epoch}

    def kept_layers(self, model: str) -> list[int]:
        """Layers of a network from outside whose activations are kept: those that are analysed or tell its classes."""
        network = self.config.models[model]
        return sorted({*self.layers(model), *([network.last_layer] if network.gives_classes else [])})

    def diagram_settings(self, cell: Cell) -> Mapping[str, Any]:
        """Settings that decide a diagram."""
        cloud = self.cloud_of(cell)
        return {
            **self.run_settings(cell, [cell.epoch]),
            "epoch": cell.epoch,
            "layer": cell.layer,
            "split": cell.split,
            "cloud": cloud.settings,
            "homology": cloud.homology.settings,
            **({"relations": True} if self.has_loops(cell) else {}),
        }

    def statistics_settings(self, run: Run) -> Mapping[str, Any]:
        """Settings that decide the statistics of the diagrams of a training run."""
        return {
            **self.run_settings(run, self.epochs(run.model)),
            "epochs": self.epochs(run.model),
            "layers": self.layers(run.model),
            "splits": self.config.analysis.splits,
            "clouds": {name: self._of_statistics(cloud) for name, cloud in self.clouds(run.dataset).items()},
            "homology": self.config.homology.settings,
        }

    def loops_settings(self, run: Run) -> Mapping[str, Any]:
        """Settings that decide which loops of a run are looked at, and what becomes of them."""
        loops = self.config.loops
        return {**self.statistics_settings(run), "loops": loops.model_dump() if loops else None}

    @staticmethod
    def _of_statistics(cloud: CloudOf) -> Mapping[str, Any]:
        own = cloud.cloud.dimensions
        return cloud.settings if own is None else cloud.settings | {"dimensions": own}
