"""What an experiment will take: jobs, time, memory, disk. Rough, from its configuration alone.

    python -m layertopo.plan config/config.yaml --cores 8

The times of diagrams come from :mod:`layertopo.homology.cost`, all others from measured runs of the
default, the quick and the replication experiment. Tables, figures and the report, some seconds each,
are left out.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from pathlib import Path
from typing import NamedTuple

from layertopo.errors import ConfigError, extra
from layertopo.homology.cost import COMPILING, START, Cost, estimate, room_for_a_large_loop
from layertopo.homology.memory import bytes_to_collapse

with extra("workflow"):
    import yaml

    from layertopo.experiment.cells import Experiment
    from layertopo.experiment.parse import parse_config
    from layertopo.topology.metrics import METRICS

#: Seconds of one core that Snakemake and the interpreter take for any job, and megabytes.
_JOB = Cost(3.0, 200.0)
#: Seconds and megabytes of a job to load TensorFlow and build a network.
_TENSORFLOW = Cost(4.0, 750.0)
#: Bytes of a value of a layer in the job of a diagram: as it was read, as a number of the engine, and turned.
_BYTES_PER_VALUE = 28
#: Seconds to read, check and write a megabyte (as it is kept) of a text file.
_SECONDS_PER_MB = 0.12
#: Seconds of a training, beside its start: for each epoch, for each step, and for each product of a weight and a row,
#: forwards and backwards; and for each row that a network is judged by.
_SECONDS_PER_EPOCH, _SECONDS_PER_STEP, _SECONDS_PER_PRODUCT, _SECONDS_PER_ROW = 0.045, 0.0004, 5e-10, 2e-7
#: How often what the layers give for a batch is held while the gradient is computed.
_COPIES = 3
#: Estimates of diagrams are upper ones; those of the default experiment took about this part of them.
_SHARE = 0.2
#: Seconds of a diagram at one scale for all pairs of 1,000 points, at most.
_SECONDS_AT_SCALE = 0.15
#: Seconds to read, check and compress a megabyte of activations.
_SECONDS_PER_MEGABYTE = 0.06
#: Seconds of the distances between two diagrams of 1,000 points (two kinds, absolute and scale-free, H0 and H1), and
#: the power of the number of points that they grow with.
_SECONDS_PER_PAIR, _PAIR_POWER = 0.008, 1.4
#: Seconds to find the loops of a diagram again, for each point.
_SECONDS_OF_LOOPS = 1e-4
#: Bytes for each point of a diagram that is held to be compared, and of one that is being compared.
_HELD, _COMPARED = 100, 5000
#: Megabytes of an HDF5 file but for its arrays.
_FILE = 0.015


class Stage(NamedTuple):
    """Jobs of one kind.

    Attributes
    ----------
    name : str
    jobs : int
    seconds : float
        Time of all jobs together, on one core each.
    longest : float
        Seconds of the longest job.
    megabytes : float
        Memory of the largest job.
    disk : float
        Megabytes of all its files.
    """

    name: str
    jobs: int
    seconds: float
    longest: float
    megabytes: float
    disk: float


class _Jobs(NamedTuple):
    """Equal jobs."""

    number: int
    seconds: float
    megabytes: float
    disk: float


def stages(experiment: Experiment) -> list[Stage]:
    """Every stage of the experiment, in order; equal jobs are taken together, so that it takes no time itself."""
    kinds = {
        "data": _data,
        "training": _training,
        "activations": _activations,
        "diagrams": _diagrams,
        "statistics": _statistics,
        "distances": _distances,
        **({"loops": _loops} if experiment.config.loops else {}),
    }
    return [_stage(name, list(jobs(experiment))) for name, jobs in kinds.items()]


def job_seconds(experiment: Experiment, rule: str, wildcards: Mapping[str, str]) -> float:
    """Seconds of one core that one job is expected to take.

    Parameters
    ----------
    experiment : Experiment
    rule : str
        Name of the rule.
    wildcards : mapping of str to str
        Of the job, by name.
    """
    dataset, model, layer, split, cloud = (
        wildcards.get(name, "") for name in ("dataset", "model", "layer", "split", "cloud")
    )
    if rule == "dataset":
        return dataset_cost(experiment, dataset).seconds
    if rule in ("train", "retrain"):
        return _JOB.seconds + training_cost(experiment, dataset, model).seconds
    if rule in ("recorded_activations", "keras_activations", "retrained_activations"):
        return outside_activations_cost(experiment, dataset, model).seconds
    if rule == "activations":
        return activations_cost(experiment, dataset, model).seconds
    if rule.startswith("diagram"):
        if experiment.config.analysis.batch == "epoch":
            return _batch(experiment, dataset, model).seconds
        return _diagram_seconds(diagram_cost(experiment, dataset, model, int(layer), split, cloud))
    if rule == "run_distances":
        return _JOB.seconds + within_cost(experiment, dataset, model).seconds
    if rule == "loops":
        return _JOB.seconds + loops_cost(experiment, dataset, model).seconds
    if rule == "between_distances":
        return _JOB.seconds + between_cost(experiment, dataset, int(layer), split, cloud).seconds
    return _JOB.seconds


def within_cost(experiment: Experiment, dataset: str, model: str) -> Cost:
    """Time and memory of the distances between the diagrams of one training run."""
    config = experiment.config
    points = [
        experiment.n_points(dataset, split, name)
        for split in config.analysis.splits
        for name, cloud in experiment.clouds(dataset).items()
        if cloud.filtered
    ]
    diagrams = len(experiment.epochs(model)) * len(experiment.layers(model)) * len(points)
    clouds = len(points) // len(config.analysis.splits)
    return _distances_cost(diagrams, clouds * experiment.pairs_within(model), points)


def between_cost(experiment: Experiment, dataset: str, layer: int, split: str, cloud: str) -> Cost:
    """Time and memory of the distances between all training runs on a data set, in one layer, split and cloud."""
    runs = len(experiment.runs_at(dataset, layer))
    pairs = experiment.pairs_between(dataset, layer)
    return _distances_cost(runs, pairs, [experiment.n_points(dataset, split, cloud)])


def loops_cost(experiment: Experiment, dataset: str, model: str) -> Cost:
    """Time and memory of the loops of one training run: each cloud is taken up twice, without its sweep."""
    epochs, clouds = len(experiment.epochs(model)), experiment.clouds(dataset)
    places = [place for place in _places(experiment, dataset, model) if clouds[place[-1]].has_loops]
    points = sum(experiment.n_points(dataset, split, cloud) for _, split, cloud in places)
    costs = [diagram_cost(experiment, dataset, model, *place) for place in places]
    return Cost(epochs * points * _SECONDS_OF_LOOPS, max(cost.megabytes for cost in costs))


def _distances_cost(diagrams: int, pairs: int, points: Sequence[int]) -> Cost:
    """Of so many pairs of diagrams, which have these numbers of points equally often."""
    if not points:
        return Cost(0.0, _JOB.megabytes)
    each = sum((n / 1000) ** _PAIR_POWER for n in points) / len(points)
    return Cost(
        pairs * _SECONDS_PER_PAIR * each,
        _JOB.megabytes + max(points) * (_HELD * diagrams + _COMPARED) / 2**20,
    )


def elapsed(plan: Sequence[Stage], cores: int) -> float:
    """Seconds from start to end with so many jobs at once: no less than one job of each stage, the longest, takes."""
    together = sum(stage.seconds for stage in plan) / cores
    return max(together, sum(stage.longest for stage in plan))


def describe(plan: Sequence[Stage], cores: int) -> str:
    """The plan in words, one stage a line."""
    rows = [("", "jobs", "time, one core", "longest job", "memory of a job", "disk")]
    rows += [
        (
            each.name,
            f"{each.jobs:,}",
            duration(each.seconds),
            duration(each.longest),
            _size(each.megabytes),
            _size(each.disk),
        )
        for each in plan
    ]
    widths = [max(len(row[k]) for row in rows) for k in range(len(rows[0]))]
    lines = ["  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) for row in rows]
    disk, time = _size(sum(each.disk for each in plan)), duration(elapsed(plan, cores))
    return "\n".join(
        [
            "The whole experiment, roughly; what is there already is not made again:",
            *lines,
            f"Together about {time} with {cores} at once, and {disk} on disk; then tables, figures and the report.",
        ]
    )


def brought(experiment: Experiment) -> list[str]:
    """What was found in each file of data that the user brings, a line each."""
    return [
        f"Data set {name}: {data.summary()}"
        for name, data in experiment.config.datasets.items()
        if data.file is not None
    ]


def _stage(name: str, jobs: Sequence[_Jobs]) -> Stage:
    return Stage(
        name,
        sum(each.number for each in jobs),
        sum(each.number * each.seconds for each in jobs),
        max((each.seconds for each in jobs), default=0.0),
        max((each.megabytes for each in jobs), default=0.0),
        sum(each.number * each.disk for each in jobs),
    )


def dataset_cost(experiment: Experiment, dataset: str) -> Cost:
    """Time and memory to make a data set, or to read it from a file."""
    values = _data_megabytes(experiment, dataset)
    if experiment.config.datasets[dataset].file is None:
        return Cost(_JOB.seconds, _JOB.megabytes + 5 * values)
    return Cost(_JOB.seconds + _SECONDS_PER_MB * values, _JOB.megabytes + 8 * values)


def _data_megabytes(experiment: Experiment, dataset: str) -> float:
    data = experiment.config.datasets[dataset]
    return data.rows()["full"] * (4 * data.n_features + 16) / 2**20


def _data(experiment: Experiment) -> Iterator[_Jobs]:
    for dataset in experiment.config.datasets:
        cost = dataset_cost(experiment, dataset)
        yield _Jobs(1, cost.seconds, cost.megabytes, _data_megabytes(experiment, dataset) + _FILE)


def _runs(experiment: Experiment) -> Iterator[tuple[str, str, list[int]]]:
    """Data set, model, and its units, the input first."""
    for dataset in experiment.config.datasets:
        for model in experiment.models_of(dataset):
            yield (
                dataset,
                model,
                [layer.units for layer in experiment.network(dataset, model)],
            )


def training_cost(experiment: Experiment, dataset: str, model: str) -> Cost:
    """Time and memory that a training is expected to take, if it goes on to its last epoch."""
    training, rows = experiment.config.training, experiment.config.datasets[dataset].rows()
    layers, network = experiment.network(dataset, model), experiment.config.models[model]
    products = network.products(layers[0].units, experiment.n_classes(dataset))
    steps = training.epochs * -(-rows["train"] // training.batch_size)
    step = _SECONDS_PER_STEP + training.batch_size * products * _SECONDS_PER_PRODUCT
    judged = len(experiment.history_epochs(model)) if training.until is None else training.epochs
    judging = judged * rows["full"] * (_SECONDS_PER_ROW + products * _SECONDS_PER_PRODUCT / 3)
    if network.from_outside:  # all layers of a batch at a time
        held = rows["full"] * layers[0].units + _COPIES * training.batch_size * sum(
            layer.units for layer in layers
        )
    else:  # a layer of all rows at a time
        held = rows["full"] * max(layer.units for layer in layers)
    return Cost(
        _TENSORFLOW.seconds + training.epochs * _SECONDS_PER_EPOCH + steps * step + judging,
        _TENSORFLOW.megabytes
        + (500 if network.from_outside else 0)
        + 5 * 4 * held / 2**20
        + 2 * _weights(experiment, dataset, model),
    )


def _weights(experiment: Experiment, dataset: str, model: str) -> float:
    """Megabytes of the weights that a training leaves."""
    parameters = sum(layer.parameters or 0 for layer in experiment.network(dataset, model))
    return experiment.kept_epochs(model) * 4 * parameters / 2**20


def _training(experiment: Experiment) -> Iterator[_Jobs]:
    for dataset, model, _ in _runs(experiment):
        if not experiment.config.models[model].trained_here:
            continue
        cost = training_cost(experiment, dataset, model)
        disk = _weights(experiment, dataset, model) + 0.1  # with the Keras archive
        yield _Jobs(len(experiment.seeds(model)), _JOB.seconds + cost.seconds, cost.megabytes, disk)


def _activations(experiment: Experiment) -> Iterator[_Jobs]:
    for dataset, model, units in _runs(experiment):
        if experiment.config.models[model].from_outside:
            cost = outside_activations_cost(experiment, dataset, model)
            disk = _megabytes_of_layers(experiment, dataset, model) + _FILE
            yield _Jobs(_epochs_of_runs(experiment, model), cost.seconds, cost.megabytes, disk)
            continue
        cost = activations_cost(experiment, dataset, model)
        disk = _megabytes_of_units(experiment, dataset, units) + _FILE
        yield _Jobs(_epochs_of_runs(experiment, model), cost.seconds, cost.megabytes, disk)


def _megabytes_of_units(experiment: Experiment, dataset: str, units: Sequence[int]) -> float:
    return experiment.config.datasets[dataset].rows()["full"] * 4 * sum(units) / 2**20


def activations_cost(experiment: Experiment, dataset: str, model: str) -> Cost:
    """Time and memory of the activations of one epoch of a network that is described here: all layers at once."""
    layers = experiment.network(dataset, model)
    values = _megabytes_of_units(experiment, dataset, [layer.units for layer in layers])
    weights = 4 * sum(layer.parameters or 0 for layer in layers) / 2**20
    return Cost(
        _JOB.seconds + _TENSORFLOW.seconds + _SECONDS_PER_MEGABYTE * values,
        _TENSORFLOW.megabytes + 3 * values + 3 * weights,
    )


def _megabytes_of_layers(experiment: Experiment, dataset: str, model: str) -> float:
    """Of the activations of one epoch, in the layers that are kept."""
    units = [experiment.n_coordinates(dataset, model, layer) for layer in experiment.kept_layers(model)]
    return _megabytes_of_units(experiment, dataset, units)


def outside_activations_cost(experiment: Experiment, dataset: str, model: str) -> Cost:
    """Time and memory of the activations of one epoch of a network from outside: they pass in parts."""
    data = experiment.config.datasets[dataset]
    rows = data.rows()["full"] * 4 * data.n_features / 2**20
    own = Cost(_JOB.seconds, _JOB.megabytes + 100)
    if experiment.config.models[model].needs_tensorflow:
        weights = 4 * sum(layer.parameters or 0 for layer in experiment.network(dataset, model)) / 2**20
        own = Cost(_JOB.seconds + _TENSORFLOW.seconds, _TENSORFLOW.megabytes + 4 * weights + 500)
    values = _megabytes_of_layers(experiment, dataset, model)
    return Cost(own.seconds + _SECONDS_PER_MEGABYTE * values, own.megabytes + 3 * rows)


def _epochs_of_runs(experiment: Experiment, model: str) -> int:
    """Epochs that are analysed, of all runs of a model on a data set together."""
    return len(experiment.seeds(model)) * len(experiment.epochs(model))


def diagram_cost(
    experiment: Experiment, dataset: str, model: str, layer: int, split: str, cloud: str
) -> Cost:
    """Time and memory that a diagram is expected to take, at most."""
    of, points = experiment.clouds(dataset)[cloud], experiment.n_points(dataset, split, cloud)
    metric, pairs = METRICS[of.cloud.metric], (points / 1000) ** 2
    beside = COMPILING + _megabytes_to_read(experiment, dataset, model, layer, split)
    if not of.filtered:  # points and edges are taken away, on rows of bits, before homology is computed
        rows = bytes_to_collapse(points) / 2**20
        return Cost(START.seconds + pairs * _SECONDS_AT_SCALE, START.megabytes + rows + beside)
    # A graph's distances are given, and as hard as those of points of a few coordinates.
    coordinates = experiment.n_coordinates(dataset, model, layer) if metric.native else 10
    homology = of.homology
    cost = estimate(
        points, homology.dimensions, homology.engine, homology.coefficient_field, n_coordinates=coordinates
    )
    beside += room_for_a_large_loop(points, coordinates)
    own = Cost(0.0, 0.0) if metric.native else Cost(pairs * metric.seconds, pairs * metric.megabytes)
    return Cost(cost.seconds + own.seconds, cost.megabytes + own.megabytes + beside)


def _megabytes_to_read(experiment: Experiment, dataset: str, model: str, layer: int, split: str) -> float:
    """Of all rows of a layer, of which the points are taken, beyond what the estimate of a diagram has for them."""
    rows = experiment.config.datasets[dataset].rows()[split]
    values = rows * experiment.n_coordinates(dataset, model, layer)
    return max(0.0, _BYTES_PER_VALUE * values / 2**20 - 100)


def _diagram_seconds(cost: Cost) -> float:
    return _JOB.seconds + _SHARE * (cost.seconds - START.seconds)


def _places(experiment: Experiment, dataset: str, model: str) -> Iterator[tuple[int, str, str]]:
    """Layer, split and cloud of the diagrams of one epoch of a network."""
    return product(experiment.layers(model), experiment.config.analysis.splits, experiment.clouds(dataset))


def _diagrams(experiment: Experiment) -> Iterator[_Jobs]:
    for dataset, model, _ in _runs(experiment):
        count = _epochs_of_runs(experiment, model)
        if experiment.config.analysis.batch == "epoch":
            yield _batch(experiment, dataset, model)._replace(number=count)
        else:
            yield from _epoch(experiment, dataset, model, count)


def _epoch(experiment: Experiment, dataset: str, model: str, count: int) -> Iterator[_Jobs]:
    """Diagrams of one epoch of a network, each as many times as given."""
    for layer, split, cloud in _places(experiment, dataset, model):
        cost = diagram_cost(experiment, dataset, model, layer, split, cloud)
        n = experiment.n_points(dataset, split, cloud)
        yield _Jobs(count, _diagram_seconds(cost), cost.megabytes, 24 * n / 2**20 + _FILE)


def _batch(experiment: Experiment, dataset: str, model: str) -> _Jobs:
    """All diagrams of one epoch of a network."""
    each = list(_epoch(experiment, dataset, model, 1))
    seconds = sum(diagram.seconds - _JOB.seconds for diagram in each)
    return _Jobs(
        1,
        _JOB.seconds + seconds,
        max(diagram.megabytes for diagram in each),
        sum(diagram.disk for diagram in each),
    )


def _statistics(experiment: Experiment) -> Iterator[_Jobs]:
    for dataset, model, _ in _runs(experiment):
        points = sum(
            experiment.n_points(dataset, split, cloud)
            for _, split, cloud in _places(experiment, dataset, model)
        )
        disk = len(experiment.epochs(model)) * 20 * points / 2**20 + _FILE
        yield _Jobs(len(experiment.seeds(model)), _JOB.seconds, _JOB.megabytes + 5 * disk, disk)


def _loops(experiment: Experiment) -> Iterator[_Jobs]:
    for dataset, model, _ in _runs(experiment):
        if any(cloud.has_loops for cloud in experiment.clouds(dataset).values()):
            cost = loops_cost(experiment, dataset, model)
            yield _Jobs(len(experiment.seeds(model)), _JOB.seconds + cost.seconds, cost.megabytes, _FILE)


def _distances(experiment: Experiment) -> Iterator[_Jobs]:
    for dataset, model, _ in _runs(experiment):
        if experiment.has_diagrams(dataset):
            cost = within_cost(experiment, dataset, model)
            yield _Jobs(len(experiment.seeds(model)), _JOB.seconds + cost.seconds, cost.megabytes, _FILE)
    for dataset in experiment.config.datasets:
        places = {
            place for model in experiment.models_of(dataset) for place in _places(experiment, dataset, model)
        }
        for layer, split, cloud in sorted(places):
            cost = between_cost(experiment, dataset, layer, split, cloud)
            filtered = experiment.clouds(dataset)[cloud].filtered
            if cost.seconds and filtered:  # of one run, and of Betti numbers, there is nothing to compare
                yield _Jobs(1, _JOB.seconds + cost.seconds, cost.megabytes, _FILE)


def duration(seconds: float) -> str:
    """A time in words, rounded to one unit."""
    for unit, size in (("days", 86400), ("h", 3600), ("min", 60)):
        if seconds >= 1.5 * size:
            return f"{seconds / size:,.0f} {unit}"
    return f"{seconds:.0f} s"


def _size(megabytes: float) -> str:
    if megabytes >= 1000:
        return f"{megabytes / 1024:,.1f} GB"
    return f"{megabytes:.0f} MB" if megabytes >= 1 else "< 1 MB"


def main() -> None:
    """Print the plan of a configuration file."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("config", nargs="?", default="config/config.yaml")
    parser.add_argument("--cores", type=int, default=1)
    arguments = parser.parse_args()
    try:
        experiment = parse_config(yaml.safe_load(Path(arguments.config).read_text(encoding="utf-8")))
    except (ConfigError, OSError, yaml.YAMLError) as error:
        sys.exit(f"Error: {error}")
    print("\n".join([*brought(experiment), describe(stages(experiment), max(1, arguments.cores))]))


if __name__ == "__main__":
    main()
