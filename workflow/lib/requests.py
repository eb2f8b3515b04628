"""Megabytes and minutes that a job asks for; more with every attempt."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from layertopo import plan
from layertopo.epochs import epoch_of
from layertopo.experiment.cells import Cell, Experiment
from layertopo.homology.cost import START, Cost
from lib.outputs import cell_of, place_of, run_of

#: A job of a cluster starts Snakemake twice around its own work, from a file system that may be slow.
ON_A_CLUSTER = Cost(seconds=180, megabytes=300)
NOTHING = Cost(seconds=0, megabytes=0)


class Asked(NamedTuple):
    """What a job asks for."""

    megabytes: int
    minutes: int
    #: What of the megabytes is for the engine's process, and not for what runs around it.
    engine: int


class Requests:
    """What the jobs of an experiment ask for.

    Parameters
    ----------
    experiment : Experiment
    around : Cost
        What comes on top of a job's own work.
    most : float
        Megabytes that jobs side by side may take.
    """

    def __init__(self, experiment: Experiment, around: Cost, most: float) -> None:
        self.experiment = experiment
        self.around = around
        self.most = most
        self._costs: dict[tuple[Any, ...], Cost] = {}

    def cost(self, cell: Cell) -> Cost:
        """Time and memory that a diagram is expected to take."""
        alike = cell.dataset, cell.model, cell.layer, cell.split, cell.cloud
        if alike not in self._costs:
            self._costs[alike] = plan.diagram_cost(self.experiment, *alike)
        return self._costs[alike]

    def _asked(self, seconds: float, megabytes: float, attempt: int) -> Asked:
        return Asked(
            math.ceil((megabytes + self.around.megabytes) * attempt),
            math.ceil((seconds + self.around.seconds) / 60 * attempt),
            math.ceil(megabytes * attempt),
        )

    def dataset(self, wildcards: Any, attempt: int) -> Asked:
        """Of a data set."""
        cost = plan.dataset_cost(self.experiment, wildcards.dataset)
        return self._asked(60 + 3 * cost.seconds, max(1000, cost.megabytes), attempt)

    def diagram(self, wildcards: Any, attempt: int) -> Asked:
        """Of one diagram."""
        cost = self.cost(cell_of(wildcards))
        return self._asked(cost.seconds, cost.megabytes, attempt)

    def batch(self, wildcards: Any, attempt: int) -> Asked:
        """Of the diagrams of one epoch of a network, one after the other."""
        run = run_of(wildcards)
        costs = [self.cost(cell) for cell in self.experiment.epoch_cells(run, epoch_of(wildcards.epoch))]
        seconds = START.seconds + sum(cost.seconds - START.seconds for cost in costs)
        return self._asked(seconds, max(cost.megabytes for cost in costs), attempt)

    def activations(self, wildcards: Any, attempt: int) -> Asked:
        """Of the activations of one epoch of a network that is described here."""
        cost = plan.activations_cost(self.experiment, wildcards.dataset, wildcards.model)
        asked = self._asked(5 * cost.seconds, 1.5 * cost.megabytes, attempt)
        return asked._replace(
            megabytes=max(1500 * attempt, asked.megabytes), minutes=max(10 * attempt, asked.minutes)
        )

    def outside_activations(self, wildcards: Any, attempt: int) -> Asked:
        """Of the activations of one epoch of a network from outside."""
        cost = plan.outside_activations_cost(self.experiment, wildcards.dataset, wildcards.model)
        return self._asked(60 + 5 * cost.seconds, 2 * cost.megabytes, attempt)

    def training(self, wildcards: Any, attempt: int) -> Asked:
        """Of a training; a slow machine takes several times as long as planned."""
        cost = plan.training_cost(self.experiment, wildcards.dataset, wildcards.model)
        return Asked(
            math.ceil(max(1500, 1.5 * cost.megabytes + self.around.megabytes) * attempt),
            math.ceil(max(30, 3 * cost.seconds / 60) * attempt),
            0,
        )

    def within(self, wildcards: Any, attempt: int) -> Asked:
        """Of the distances within one training run."""
        return self._distances(plan.within_cost(self.experiment, wildcards.dataset, wildcards.model), attempt)

    def between(self, wildcards: Any, attempt: int) -> Asked:
        """Of the distances between the training runs."""
        return self._distances(plan.between_cost(self.experiment, *place_of(wildcards)), attempt)

    def loops(self, wildcards: Any, attempt: int) -> Asked:
        """Of the loops of one training run."""
        cost = plan.loops_cost(self.experiment, wildcards.dataset, wildcards.model)
        return self._asked(60 + 20 * cost.seconds, max(1000, cost.megabytes), attempt)

    def _distances(self, cost: Cost, attempt: int) -> Asked:
        """Some pairs take several times as long as others."""
        asked = self._asked(60 + 5 * cost.seconds, max(1000, 2 * cost.megabytes), attempt)
        return asked._replace(megabytes=math.ceil(min(asked.megabytes, self.most)))
