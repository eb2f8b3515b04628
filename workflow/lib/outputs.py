"""Every result of an experiment: where it lies, what it is of, and which others it is made from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Any, NamedTuple

from layertopo.epochs import LAST, Epoch, epoch_of
from layertopo.experiment.cells import Cell, Experiment, Run
from layertopo.storage import Key, Stored, Table
from layertopo.training.network import Network
from layertopo.training.stored import History, Judged

DATASET = "results/datasets/{dataset}.h5"
RUN = "results/models/{dataset}/{model}/seed{seed}"
ACTIVATIONS = "results/activations/{dataset}/{model}/seed{seed}/epoch{epoch}.h5"
DIAGRAM = "results/diagrams/{dataset}/{model}/seed{seed}/epoch{epoch}/layer{layer}/{split}/{cloud}.h5"
STATISTICS = "results/statistics/{dataset}/{model}/seed{seed}"
RUN_DISTANCES = "results/distances/{dataset}/{model}/seed{seed}.csv"
BETWEEN_DISTANCES = "results/distances/{dataset}/layer{layer}/{split}/{cloud}.csv"
LOOPS = "results/loops/{dataset}/{model}/seed{seed}.h5"
FIGURES = "results/figures/{dataset}"
TABLE = "results/tables/{table}.csv"
REPORT = "results/report.html"
#: In the order in which they are made.
TABLES = ("datasets", "networks", "accuracy", "confusion", "summaries", "distances", "claims")
#: Where loops are asked for.
LOOP_TABLES = ("loops", "loop_classes", "followed_loops")


class Place(NamedTuple):
    """What diagrams that are compared between networks have in common."""

    dataset: str
    layer: int
    split: str
    cloud: str


def run_of(wildcards: Any) -> Run:
    """Training run of a job's wildcards."""
    return Run(wildcards.dataset, wildcards.model, int(wildcards.seed))


def cell_of(wildcards: Any) -> Cell:
    """Diagram of a job's wildcards."""
    place = epoch_of(wildcards.epoch), int(wildcards.layer), wildcards.split, wildcards.cloud
    return Cell(wildcards.dataset, wildcards.model, int(wildcards.seed), *place)


def place_of(wildcards: Any) -> Place:
    """Place of a job's wildcards."""
    return Place(wildcards.dataset, int(wildcards.layer), wildcards.split, wildcards.cloud)


def paths(results: Iterable[Stored]) -> list[str]:
    """Files of some results."""
    return [result.path for result in results]


class Outputs:
    """Results of an experiment.

    On a cluster each job reads the rules anew. So what there is one of per diagram is made only when a rule
    asks for it.
    """

    def __init__(self, experiment: Experiment) -> None:
        self.experiment = experiment
        self.config = experiment.config

    # One by one.

    def dataset(self, name: str) -> Stored:
        """A data set."""
        return Stored(DATASET.format(dataset=name), {"dataset": name}, self.experiment.dataset_settings(name))

    def histories(self, runs: Iterable[Run]) -> list[History]:
        """Losses and accuracies of some runs, as far as they are known."""
        models = self.config.models
        return [
            History(
                run.key,
                list(self.experiment.history_epochs(run.model)),
                f"{RUN}/history.csv".format(**run.key) if models[run.model].has_history else None,
                self.experiment.goal(run.model),
                self.experiment.requires_goal(run.model),
            )
            for run in runs
        ]

    def data_file(self, name: str) -> str | None:
        """Outside file that a data set is read from, if it is."""
        return self.config.datasets[name].file

    def ended_histories(self) -> list[History]:
        """Histories of the runs of which an epoch is called `last`."""
        return self.histories(run for run in self.runs if LAST in self.experiment.epochs(run.model))

    def judged(self) -> list[Judged]:
        """Networks whose last layer gives a logit or probabilities, at the last epoch that is analysed."""
        last, models = self.experiment.last_epochs(), self.config.models
        return [
            Judged(
                self.activations(run, last[run.model]),
                models[run.model].last_layer,
                self.experiment.class_names(run.dataset),
                models[run.model].boundary,
            )
            for run in self.runs
            if models[run.model].gives_classes
        ]

    def weights(self, run: Run) -> Stored:
        """Weights of a training run, after every epoch."""
        path = f"{RUN}/weights.h5".format(**run.key)
        return Stored(path, run.key, self.experiment.training_settings(run))

    def network_of(self, run: Run) -> Stored:
        """What tells which libraries ran a network: its weights, or else its activations."""
        if self.config.models[run.model].trained_here:
            return self.weights(run)
        return self.activations(run, self.experiment.epochs(run.model)[0])

    def activations(self, run: Run, epoch: Epoch) -> Stored:
        """Activations of one epoch."""
        key = run.key | {"epoch": epoch}
        return Stored(ACTIVATIONS.format(**key), key, self.experiment.activation_settings(run, epoch))

    def diagram(self, cell: Cell) -> Stored:
        """A diagram."""
        return Stored(
            DIAGRAM.format(**cell.key), self.experiment.key(cell), self.experiment.diagram_settings(cell)
        )

    def statistics(self, run: Run) -> Stored:
        """p-values and Betti curves of a training run."""
        path = f"{STATISTICS}.h5".format(**run.key)
        return Stored(path, run.key, self.experiment.statistics_settings(run))

    def loops(self, run: Run) -> Stored:
        """Loops of the diagrams of a training run."""
        return Stored(LOOPS.format(**run.key), run.key, self.experiment.loops_settings(run))

    # Groups.

    @cached_property
    def runs(self) -> list[Run]:
        """Training runs."""
        return self.experiment.runs()

    @cached_property
    def cells(self) -> list[Cell]:
        """Every diagram."""
        return self.experiment.cells()

    @cached_property
    def drawn_runs(self) -> list[Run]:
        """Training runs whose diagrams are drawn one by one."""
        return [run for run in self.runs if run.seed in self.experiment.drawn_seeds()]

    def epoch_diagrams(self, run: Run, epoch: Epoch) -> list[Stored]:
        """Diagrams of one epoch of a run, in the order of their files in a batch."""
        return [self.diagram(cell) for cell in self.experiment.epoch_cells(run, epoch)]

    def run_diagrams(self, run: Run) -> list[Stored]:
        """Diagrams of a run."""
        return [self.diagram(cell) for cell in self.experiment.run_cells(run)]

    def _loop_cells(self, run: Run) -> list[Cell]:
        """Diagrams of a run whose loops are looked at one by one."""
        return [cell for cell in self.experiment.run_cells(run) if self.experiment.has_loops(cell)]

    def loop_diagrams(self, run: Run) -> list[Stored]:
        """Diagrams of a run whose loops are looked at one by one."""
        return [self.diagram(cell) for cell in self._loop_cells(run)]

    def loop_activations(self, run: Run) -> list[Stored]:
        """Activations that each of these is of."""
        epochs = {epoch: self.activations(run, epoch) for epoch in self.experiment.epochs(run.model)}
        return [epochs[cell.epoch] for cell in self._loop_cells(run)]

    def loop_keys(self, run: Run) -> list[Key]:
        """Keys of these diagrams."""
        return [self.experiment.key(cell) for cell in self._loop_cells(run)]

    def sources_of_loops(self, run: Run) -> list[Stored]:
        """All that the loops of a run are made from."""
        activations = {each.path: each for each in self.loop_activations(run)}
        return [
            self.dataset(run.dataset),
            *activations.values(),
            *self.loop_diagrams(run),
            self.statistics(run),
        ]

    @cached_property
    def loop_runs(self) -> list[Run]:
        """Runs whose loops are looked at one by one."""
        if self.config.loops is None:
            return []
        clouds = self.experiment.clouds
        return [run for run in self.runs if any(each.has_loops for each in clouds(run.dataset).values())]

    @cached_property
    def drawn_loops(self) -> list[tuple[Stored, list[Key]]]:
        """Loops of the runs whose diagrams are drawn one by one, with the keys of the diagrams."""
        return [(self.loops(run), self.loop_keys(run)) for run in self.drawn_runs if run in self.loop_runs]

    @property
    def tables(self) -> tuple[str, ...]:
        """Every table."""
        return TABLES if self.config.loops is None else (*TABLES, *LOOP_TABLES)

    def compared_diagrams(self, run: Run) -> list[Stored]:
        """Diagrams of a run that distances are of."""
        cells = self.experiment.run_cells(run)
        return [self.diagram(cell) for cell in cells if self.experiment.cloud_of(cell).filtered]

    @cached_property
    def drawn_diagrams(self) -> list[Stored]:
        """Diagrams that are drawn one by one."""
        return [each for run in self.drawn_runs for each in self.run_diagrams(run)]

    def models_by_layers(self) -> dict[tuple[int, ...], list[str]]:
        """Models that have the same layers analysed, by these layers."""
        models: dict[tuple[int, ...], list[str]] = {}
        for model in self.config.models:
            models.setdefault(tuple(self.experiment.layers(model)), []).append(model)
        return models

    def models_of_kind(self, kind: type[Network]) -> list[str]:
        """Models of a kind."""
        return [name for name, model in self.config.models.items() if type(model) is kind]

    def outside_file(self, run: Run, epoch: int = 0) -> str:
        """File from outside that the activations of an epoch are made from, or a network that is trained here."""
        return self.config.models[run.model].file(run.seed, epoch)

    def datasets_by_clouds(self) -> dict[tuple[str, ...], list[str]]:
        """Data sets that have the same clouds, by the names of these."""
        datasets: dict[tuple[str, ...], list[str]] = {}
        for dataset in self.config.datasets:
            datasets.setdefault(tuple(self.experiment.clouds(dataset)), []).append(dataset)
        return datasets

    def runs_at(self, place: Place) -> list[Run]:
        """Runs that have a layer analysed."""
        return self.experiment.runs_at(place.dataset, place.layer)

    def layer_diagrams(self, place: Place) -> list[Stored]:
        """Diagrams that are compared between networks: those of the last analysed epoch."""
        last = self.experiment.last_epochs()
        return [self.diagram_at(place, run, last[run.model]) for run in self.runs_at(place)]

    def diagram_at(self, place: Place, run: Run, epoch: Epoch) -> Stored:
        """Diagram of an epoch of a run at a place."""
        return self.diagram(
            Cell(run.dataset, run.model, run.seed, epoch, place.layer, place.split, place.cloud)
        )

    def places(self) -> list[Place]:
        """Every place of a diagram, data set by data set."""
        return [
            Place(dataset, layer, split, cloud)
            for dataset in self.config.datasets
            for layer in sorted(
                {k for m in self.experiment.models_of(dataset) for k in self.experiment.layers(m)}
            )
            for split in self.config.analysis.splits
            for cloud in self.experiment.clouds(dataset)
        ]

    def compared_places(self) -> list[Place]:
        """Places of diagrams that distances are of."""
        return [each for each in self.places() if self.experiment.clouds(each.dataset)[each.cloud].filtered]

    @cached_property
    def distances(self) -> dict[str, list[Key]]:
        """Keys of the diagrams that each file of distances is of."""
        within = {
            RUN_DISTANCES.format(**run.key): self.compared_diagrams(run)
            for run in self.runs
            if self.experiment.has_diagrams(run.dataset)
        }
        between = {
            BETWEEN_DISTANCES.format(**place._asdict()): self.layer_diagrams(place)
            for place in self.compared_places()
        }
        found = within | {path: diagrams for path, diagrams in between.items() if len(diagrams) > 1}
        return {path: [each.key for each in diagrams] for path, diagrams in found.items()}

    def signed(self) -> Iterator[Stored]:
        """Results that say what made them and that others are made from."""
        for name in self.config.datasets:
            yield self.dataset(name)
        for run in self.runs:
            if self.config.models[run.model].trained_here:
                yield self.weights(run)
            for epoch in self.experiment.epochs(run.model):
                yield self.activations(run, epoch)
        for cell in self.cells:
            yield self.diagram(cell)

    def unsigned(self) -> list[str]:
        """Results of the analysis, apart from the figures: most do not say what made them."""
        tables = [TABLE.format(table=name) for name in self.tables]
        statistics = [f"{STATISTICS}.{form}".format(**run.key) for run in self.runs for form in ("csv", "h5")]
        loops = [self.loops(run).path for run in self.loop_runs]
        return [*tables, *statistics, *loops, *self.distances]

    def versioned(self) -> list[Stored]:
        """Results that say, for all others too, which versions of the libraries made them."""
        return [
            *(self.dataset(name) for name in self.config.datasets),
            *(self.network_of(run) for run in self.runs),
            *(self.statistics(run) for run in self.runs),
        ]

    # Tables.

    #: Those that the report shows.
    shown_tables = ("datasets", "networks", "accuracy", "confusion", "summaries", "claims")

    def networks(self) -> list[Key]:
        """Every layer of every network."""
        return [
            {"dataset": dataset, "model": model, "layer": k, **layer._asdict()}
            for dataset in self.config.datasets
            for model in self.experiment.models_of(dataset)
            for k, layer in enumerate(self.experiment.network(dataset, model))
        ]

    def _summary_keys(self, run: Run) -> list[Key]:
        """Keys of the rows of a run in the table of summaries."""
        return [
            {**self.experiment.key(cell), "dimension": dimension}
            for cell in self.experiment.run_cells(run)
            for dimension in self.experiment.cloud_of(cell).dimensions
        ]

    def run_summaries(self, run: Run) -> Table:
        """Summaries of the diagrams of a run."""
        return Table(f"{STATISTICS}.csv".format(**run.key), self._summary_keys(run))

    @cached_property
    def _end_by_themselves(self) -> bool:
        """Whether some trainings end at a goal: how many epochs they have, only their histories can tell."""
        return any(self.experiment.goal(run.model) is not None for run in self.runs)

    def table(self, name: str) -> Table:
        """A table, and how many rows it must hold, if that is known."""
        rows: int | None = None
        match name:
            case "datasets":
                rows = len(self.config.datasets)
            case "networks":
                rows = len(self.networks())
            case "accuracy":
                if not self._end_by_themselves:
                    rows = sum(len(self.experiment.history_epochs(run.model)) for run in self.runs)
            case "confusion":
                rows = sum(2 * len(network.classes) ** 2 for network in self.judged())
            case "summaries":
                rows = sum(len(self.experiment.cloud_of(cell).dimensions) for cell in self.cells)
            case "distances":
                rows = sum(
                    self.experiment.pairs_within(run.model) * len(cloud.dimensions)
                    for run in self.runs
                    for cloud in self.experiment.clouds(run.dataset).values()
                    if cloud.filtered
                ) + sum(
                    self.experiment.pairs_between(*place)
                    * len(self.experiment.clouds(place.dataset)[place.cloud].dimensions)
                    for place in self.compared_places()
                )
        return Table(TABLE.format(table=name), rows)

    def keyed_tables(self, *names: str) -> dict[str, Table]:
        """Tables by name, with the keys of the rows that they must hold where rows are looked up by them."""
        tables = {name: self.table(name) for name in names}
        if "accuracy" in tables and not self._end_by_themselves:
            keys: list[Key] = [
                {**run.key, "epoch": epoch}
                for run in self.runs
                for epoch in self.experiment.history_epochs(run.model)
            ]
            tables["accuracy"] = tables["accuracy"]._replace(rows=keys)
        if "summaries" in tables:
            keys = [row for run in self.runs for row in self._summary_keys(run)]
            tables["summaries"] = tables["summaries"]._replace(rows=keys)
        return tables
