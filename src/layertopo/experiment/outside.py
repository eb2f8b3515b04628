"""What is asked of networks that come from outside: epochs that there are, rows that they saw."""

from __future__ import annotations

import math
from collections.abc import Iterator

from layertopo.experiment.cells import Experiment
from layertopo.training.recorded import Recorded
from layertopo.training.saved import FromKeras


def epochs(experiment: Experiment) -> Iterator[str]:
    """Epochs that come from outside are there, and can be analysed."""
    for name, model in experiment.config.models.items():
        if model.trained_here:
            continue
        key, there = (
            ("analysis.epochs" if model.epochs is None else f"models.{name}.epochs"),
            experiment.all_epochs(name),
        )
        for epoch in experiment.epochs(name):
            if epoch not in there:
                shown = (
                    ", ".join(map(str, there))
                    if len(there) <= 12
                    else f"{there[0]}, {there[1]}, ..., {there[-1]}"
                )
                yield (
                    f"{key}: model {name!r} has no epoch {epoch}; there is {shown}; say `epochs` in models.{name}, or "
                    "`epochs: all`"
                )
            else:
                problems = (
                    model.unusable(seed, int(epoch), experiment.layers(name))
                    for seed in experiment.seeds(name)
                )
                yield from (f"models.{name}: {problem}" for problem in problems if problem)


def rows(experiment: Experiment) -> Iterator[str]:
    """What comes from outside saw the rows of its data set, and has those that are analysed."""
    config = experiment.config
    for name, model in config.models.items():
        if not isinstance(model, Recorded):
            continue
        recorded, own = model.first.rows, config.datasets[model.sees[0]].rows() if model.sees else {}
        for split, count in recorded.items():
            if own and own[split] != count:
                yield (
                    f"models.{name}.dataset: the recording has {count:,} {split} rows, and data set {model.dataset!r} has "
                    f"{own[split]:,}; it is not what was recorded"
                )
        for split in config.analysis.splits:
            if split in recorded and not recorded[split]:
                yield f"analysis.splits: the recording of model {name!r} has no {split} rows; leave out {split!r}"


def shapes(experiment: Experiment) -> Iterator[str]:
    """A saved model takes as many numbers a row as its data sets have."""
    for dataset, data in experiment.config.datasets.items():
        for name in experiment.models_of(dataset):
            model = experiment.config.models[name]
            if isinstance(model, FromKeras) and math.prod(model.input_shape) != data.n_features:
                shape = " x ".join(map(str, model.input_shape))
                yield (
                    f"models.{name}: takes rows of {shape} numbers, and data set {dataset!r} has {data.n_features}; name the "
                    "right one in `datasets`"
                )
