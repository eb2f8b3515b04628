"""Figures over the runs of a population made of random numbers."""

from __future__ import annotations

from itertools import product
from pathlib import Path

from matplotlib.figure import Figure
from runs_by_hand import Made

from layertopo.figures.betti import betti_figure, load_betti
from layertopo.figures.moved import moved_figure
from layertopo.figures.networks import network_figure
from layertopo.figures.populations import Group, groups, rows_of
from layertopo.figures.trajectories import trajectory_figure

MANY = Made(
    datasets=("draw0", "draw1"),
    seeds=(0, 1, 2),
    dead=(("draw0", "bad", 1), ("draw1", "bad", 0)),
    epochs=(0, 3, 5),
)
ONE = Made(dead=(("draw0", "bad", 0),))


def members(made: Made) -> list[Group]:
    return groups(made.accuracy(), made.datasets, made.last_epochs)


def trajectories(made: Made, along: str, dimension: int = 1) -> Figure:
    rows = rows_of(made.summaries(), made.datasets, {"cloud": "all"}, dimension=dimension, split="train")
    return trajectory_figure(rows, members(made), along, "title")


def betti(made: Made, folder: Path, dimension: int = 1) -> Figure:
    cells = [list(product(made.epochs, made.layers))] * len(made.runs)
    curves = load_betti(made.write_statistics(folder), cells, "train", {"cloud": "all"}, dimension)
    return betti_figure(curves, members(made), dimension, "title")


def networks(made: Made, distance: str = "bottleneck") -> Figure:
    rows = rows_of(
        made.distances(), made.datasets, {"cloud": "all"}, dimension=1, across="networks", split_a="train"
    )
    return network_figure(rows, members(made), made.datasets, distance, "title")


def moved(made: Made) -> Figure:
    rows = rows_of(made.distances(), made.datasets, {"cloud": "all"}, dimension=1)
    return moved_figure(rows, members(made), "train", "bottleneck", "title")
