"""The catalogue of figures: each kind once, drawn by a module, explained by a caption."""

from __future__ import annotations

from importlib import import_module
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from diagrams_by_hand import KEY, store, store_statistics
from loops_by_hand import Network, ring
from matplotlib.figure import Figure
from panels_by_hand import diagram, looped
from populations_by_hand import MANY

from layertopo.analysis.names import DISTANCES
from layertopo.data import dataset, kinds
from layertopo.figures.catalogue import JOBS, KINDS
from layertopo.storage import Key, Stored
from layertopo.training.stored import History

CAPTIONS = Path(__file__).parents[2] / "workflow" / "report"
#: Wildcards of a figure of any kind.
WILDCARDS: Key = KEY | {"dataset": "draw0", "along": "epoch", "dimension": "1", "distance": "bottleneck"}


def test_kinds_are_those_of_the_jobs() -> None:
    assert {name: kind.name for name, kind in KINDS.items()} == {name: name for name in KINDS}
    assert [kind for kinds in JOBS.values() for kind in kinds] == list(KINDS.values())


def test_every_kind_has_its_caption_and_no_other_is_there() -> None:
    assert {path.stem for path in CAPTIONS.glob("*.rst")} == {*KINDS, "workflow"}


def test_no_two_figures_share_a_file() -> None:
    values = {"seed": (0, 1), "cloud": ("a", "b"), "layer": (1, 2), "split": ("train", "test")}
    values |= {"along": ("layer", "epoch"), "dimension": (0, 1), "distance": tuple(DISTANCES)}
    names = [
        [name for name in values if f"{{{name}}}" in kind.path + kind.title + kind.subcategory]
        for kind in KINDS.values()
    ]
    paths = [
        kind.path.format(**dict(zip(own, chosen, strict=True)))
        for kind, own in zip(KINDS.values(), names, strict=True)
        for chosen in product(*(values[name] for name in own))
    ]
    assert len(set(paths)) == len(paths) > 50


def test_kinds_of_one_job_have_the_same_wildcards_and_tell_their_form() -> None:
    for of_job in JOBS.values():
        assert len({kind.titled(WILDCARDS) for kind in of_job}) == 1
        assert len({kind.form for kind in of_job}) == len(of_job)
        assert len(of_job) == 1 or all(kind.form for kind in of_job)


@pytest.mark.parametrize(
    ("kind", "title"),
    [
        ("data", "Data: draw0"),
        ("diagrams_scaled", "Layer 1, test rows"),
        ("trajectories", "By epoch"),
        ("betti", "Betti number 1"),
        ("networks", "Between networks: sliced wasserstein"),
    ],
)
def test_titles_are_in_words(kind: str, title: str) -> None:
    assert KINDS[kind].titled(WILDCARDS | {"distance": "sliced_wasserstein"}) == title


def of_data(folder: Path) -> dict[str, Any]:
    settings = {"kind": "nested_spheres", "points_per_class": 20, "dimension": 2}
    stored = Stored(str(folder / "data.h5"), {"dataset": "draw0"}, {"dataset": settings})
    dataset.save(kinds.make(settings), stored.path, stored.provenance)
    return {"dataset": stored}


def of_training(folder: Path) -> dict[str, Any]:
    histories = []
    for k, (run, own) in enumerate(MANY.accuracy().groupby(["dataset", "model", "seed"])):
        key = dict(zip(("dataset", "model", "seed"), run, strict=True))
        histories.append(History(key, range(6), str(folder / f"history{k}.csv")))
        own.drop(columns=list(key)).to_csv(histories[-1].path, index=False)
    return of_data(folder) | {"histories": histories, "last_epochs": MANY.last_epochs}


def of_diagrams(folder: Path) -> dict[str, Any]:
    stored = store(folder, [looped(), diagram()], [KEY, KEY | {"epoch": 5}])
    path = folder / "history.csv"
    pd.DataFrame({"epoch": range(6), "test_accuracy": 0.9, "dead": False}).to_csv(path, index=False)
    return {
        "diagrams": stored,
        "histories": [History({"model": "good"}, range(6), str(path))],
        "statistics": store_statistics(folder, stored),
    }


def of_population(folder: Path) -> dict[str, Any]:
    return MANY.write_tables(folder) | {
        "datasets": list(MANY.datasets),
        "last_epochs": MANY.last_epochs,
        "followed": 1,
        "cloud": {"cloud": "all", "class": ""},
        "scale": None,
        "statistics": MANY.write_statistics(folder),
        "cells": [list(product(MANY.epochs, MANY.layers))] * len(MANY.runs),
    }


def of_loops(folder: Path) -> dict[str, Any]:
    network = Network(folder, [[ring(60, 0)]], np.repeat([0, 1], 30))
    return {"loops": [network.stored_loops(folder)], "keys": [network.keys]}


SOURCES = {
    **{"data": of_data, "training": of_training, "diagrams": of_diagrams},
    **dict.fromkeys(("loops", "followed"), of_loops),
}
OF_RUNS = "draw0 and 1 more draws: test rows, cloud all"
HEADINGS = {
    "data": "draw0",
    "training": "draw0",
    "diagrams": "draw0, seed 0: layer 1, test rows, cloud all",
    "diagrams_scaled": "draw0, seed 0: layer 1, test rows, cloud all, scale-free",
    "diagrams_density": "draw0, seed 0: layer 1, test rows, cloud all, density",
    "trajectories": OF_RUNS,
    "betti": f"{OF_RUNS}, Betti number 1",
    "networks": f"{OF_RUNS}, distances between networks",
    "moved": f"{OF_RUNS}, distances within networks",
    "loops": "draw0, seed 0: layer 1, test rows, cloud all, loops",
    "followed": "draw0, seed 0: test rows, cloud all, loops of the last analysed epoch",
    "mean_betti": OF_RUNS,
}


@pytest.mark.parametrize("job", JOBS)
def test_every_job_is_a_module_that_draws_its_kinds(tmp_path: Path, job: str) -> None:
    module = import_module(f"layertopo.figures.{job}")
    drawn = module.draw(SOURCES.get(job, of_population)(tmp_path), WILDCARDS)
    assert list(drawn) == [kind.name for kind in JOBS[job]]
    for kind, figure in drawn.items():
        assert isinstance(figure, Figure)
        assert figure.get_suptitle().replace("\n", " ") == HEADINGS[kind]


def test_numbers_at_one_scale_name_it(tmp_path: Path) -> None:
    module = import_module("layertopo.figures.mean_betti")
    (figure,) = module.draw(of_population(tmp_path) | {"scale": 2.0}, WILDCARDS).values()
    assert figure.get_suptitle().replace("\n", " ") == f"{OF_RUNS}, at scale 2"
    assert [panel.get_title() for panel in figure.axes[:3]] == [r"$\beta_0$", r"$\beta_1$", "Total"]
