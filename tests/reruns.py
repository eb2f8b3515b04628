"""What a change must rerun: the tables that a new rule, script or module is to be added to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from experiment import SPHERES, Key, tiny_config

# Rules that analyse or draw, by what they read. A rule with one job for the whole experiment is also
# redone when something it read is no longer part of the experiment; a figure of something else is not.
TABLES_OF_DATA = {"dataset_table"}
TABLES_OF_NETWORKS = {"network_table"}
TABLES_OF_RUNS = {"accuracy_table", "confusion_table"}
WITHIN_A_RUN = {"statistics", "run_distances"}
BETWEEN_RUNS = {"between_distances"}  # one job per layer that several runs have, at the last analysed epoch
TABLES_OF_DIAGRAMS = {"summary_table", "distance_table"}
FIGURES_OF_DATA = {"figure_data"}
FIGURES_OF_RUNS = {"figure_training"}
# Of the statistics of the runs as well, so they are redone with these.
FIGURES_OF_DIAGRAMS = {"figure_diagrams"}
# Of tables of all runs, so they are redone with these.
FIGURES_OF_TABLES = {"figure_trajectories", "figure_betti", "figure_networks", "figure_moved"}
# Of clouds at one scale and of classes apart, of which the experiment of the tests has none.
FIGURES_AT_SCALE = {"figure_mean_betti"}
END = {"claims", "report"}

OF_DATA = TABLES_OF_DATA | TABLES_OF_NETWORKS | FIGURES_OF_DATA
OF_RUNS = TABLES_OF_RUNS | FIGURES_OF_RUNS
OF_ONE_RUN = WITHIN_A_RUN | TABLES_OF_DIAGRAMS | FIGURES_OF_DIAGRAMS | FIGURES_OF_TABLES | END
OF_DIAGRAMS = OF_ONE_RUN | BETWEEN_RUNS
OF_TRAINING = OF_RUNS | OF_DIAGRAMS
ANALYSIS = OF_DATA | OF_TRAINING
FIGURES = FIGURES_OF_DATA | FIGURES_OF_RUNS | FIGURES_OF_DIAGRAMS | FIGURES_OF_TABLES
DRAWING = FIGURES | {"report"}
STAGES = ("dataset", "train", "activations", "diagram")
RULES = {*STAGES, *ANALYSIS}
#: Training and activations of networks from outside, of which the experiment of the tests has none.
OF_OUTSIDE = {"recorded_activations", "keras_activations", "retrain", "retrained_activations"}
#: What there is only where loops are asked for, which the experiment of the tests does not: tests/workflow/test_loops.py.
OF_LOOPS = {"loops", "loop_tables"}
FIGURES_OF_LOOPS = {"figure_loops", "figure_followed"}

#: Scripts of the rules that do not have one of their own name.
SCRIPT_OF_RULE = {
    "statistics": "run_statistics",
    "run_distances": "distances",
    "between_distances": "distances",
    **dict.fromkeys(FIGURES | FIGURES_OF_LOOPS | FIGURES_AT_SCALE, "figure"),
}
SCRIPTS = {SCRIPT_OF_RULE.get(rule, rule) for rule in RULES}
STUDY = "layertopo.analysis.studies.course_report"
#: Modules that a rule names because its script finds out as it runs which one it takes.
NAMED = {"claims": STUDY, "report": STUDY} | {
    rule: rule.replace("figure_", "layertopo.figures.")
    for rule in FIGURES | FIGURES_OF_LOOPS | FIGURES_AT_SCALE
}

# Rules whose results the modules of the package decide, by what their scripts do with them.
RULES_OF_STATISTICS = {"statistics", "summary_table"}
RULES_OF_DISTANCES = {"run_distances", "between_distances", "distance_table"}
READERS_OF_STATISTICS = RULES_OF_STATISTICS | {"figure_diagrams", "figure_betti", "report"}
READERS_OF_DIAGRAMS = {"diagram"} | READERS_OF_STATISTICS | RULES_OF_DISTANCES
READERS_OF_HISTORIES = {"accuracy_table", "confusion_table", "figure_training", "figure_diagrams", "report"}
MAKERS_OF_DATA = {"dataset", "dataset_table", "figure_data", "figure_training"}
READERS_OF_DATA = MAKERS_OF_DATA | {"train", "activations", "report"}
NETWORKS = {"train", "activations"}
READERS_OF_TABLES = RULES - {"dataset", "activations", "diagram", "figure_data"}
#: Rules that an edit of a module reruns by itself; what is made from their results follows.
USERS: dict[str, set[str]] = {
    "__init__": set(),
    "choose_scale": set(),
    "compare": set(),
    "epochs": READERS_OF_TABLES | NETWORKS,
    "errors": RULES,
    "facts": MAKERS_OF_DATA,
    "joblog": RULES,
    "plan": set(),
    "sklearn": set(),
    "sections": MAKERS_OF_DATA | NETWORKS,
    "storage": RULES,
    "tables": READERS_OF_TABLES,
    "versions": RULES,
    "analysis/__init__": READERS_OF_STATISTICS | RULES_OF_DISTANCES | FIGURES_OF_TABLES | {"claims"},
    "analysis/bar_statistics": READERS_OF_STATISTICS | {"figure_trajectories"},
    "analysis/components": READERS_OF_STATISTICS,
    "analysis/counted": set(),  # of other studies, and of classes apart
    "analysis/distances": RULES_OF_DISTANCES,
    "analysis/followed": set(),
    "analysis/loops": {"report"},
    "analysis/run_loops": set(),
    "analysis/names": RULES_OF_DISTANCES | FIGURES_OF_DIAGRAMS | FIGURES_OF_TABLES | {"report"},
    "analysis/replicates": FIGURES_OF_TABLES | END,
    "analysis/run_statistics": READERS_OF_STATISTICS,
    "analysis/significance": READERS_OF_STATISTICS,
    "analysis/studies/__init__": END,
    "analysis/studies/course_report": END,
    "analysis/studies/naitzat_2020": set(),  # of another study
    "analysis/studies/naitzat_today": set(),
    "analysis/summaries": READERS_OF_STATISTICS,
    "analysis/verdicts": END,
    "data/__init__": READERS_OF_DATA,
    "data/dataset": READERS_OF_DATA,
    "data/kinds": MAKERS_OF_DATA,
    **{
        f"data/{kind}": MAKERS_OF_DATA
        for kind in (
            *("checks", "contents", "delimited", "digits", "disks", "kind", "linked_tori", "moons"),
            *("nested_shells", "nested_spheres", "own_file", "recording", "shapes"),
        )
    },
    "data/plane": FIGURES_OF_DATA | {"report"},
    # What a configuration means reaches the rules as their parameters.
    "experiment/__init__": set(),
    "experiment/cells": set(),
    "experiment/clouds": set(),
    "experiment/config": set(),
    "experiment/outside": set(),
    "experiment/parse": set(),
    "figures/__init__": DRAWING,
    "figures/betti": {"figure_betti"},
    "figures/catalogue": {"report"},
    "figures/data": {"figure_data"},
    "figures/density": {"figure_diagrams"},
    "figures/diagrams": {"figure_diagrams"},
    "figures/followed": set(),
    "figures/loops": set(),
    "figures/heat_maps": {"figure_networks", "figure_moved"},
    "figures/mean_betti": set(),
    "figures/moved": {"figure_moved"},
    "figures/networks": {"figure_networks"},
    "figures/panels": {"figure_diagrams"},
    "figures/populations": FIGURES_OF_TABLES,
    "figures/style": DRAWING,
    "figures/training": {"figure_training"},
    "figures/trajectories": {"figure_trajectories"},
    "homology/__init__": READERS_OF_DIAGRAMS,
    "homology/barcode": READERS_OF_DIAGRAMS,
    "homology/bits": READERS_OF_DIAGRAMS,
    "homology/chains": READERS_OF_DIAGRAMS,
    "homology/circles": READERS_OF_DIAGRAMS,
    "homology/classes": READERS_OF_DIAGRAMS,
    "homology/cloud": READERS_OF_DIAGRAMS,
    "homology/collapse": READERS_OF_DIAGRAMS,
    "homology/cost": set(),
    "homology/cycles": READERS_OF_DIAGRAMS,
    "homology/diagram": READERS_OF_DIAGRAMS,
    "homology/engines": READERS_OF_DIAGRAMS,
    "homology/jit": READERS_OF_DIAGRAMS,
    "homology/lune": READERS_OF_DIAGRAMS,
    "homology/memory": READERS_OF_DIAGRAMS,
    "homology/neighbours": READERS_OF_DIAGRAMS,
    "homology/ranges": READERS_OF_DIAGRAMS,
    "homology/rips": READERS_OF_DIAGRAMS,
    "homology/sampling": READERS_OF_DIAGRAMS,
    "homology/space": READERS_OF_DIAGRAMS,
    "homology/sweep": READERS_OF_DIAGRAMS,
    "homology/tree": READERS_OF_DIAGRAMS,
    "homology/truncation": READERS_OF_DIAGRAMS,
    "homology/values": READERS_OF_DIAGRAMS,
    "homology/vertices": READERS_OF_DIAGRAMS,
    "report/__init__": {"report"},
    "report/overview": {"report"},
    "report/page": {"report"},
    "report/viewer": {"report"},
    "topology/__init__": READERS_OF_DIAGRAMS,
    "topology/at_scale": READERS_OF_DIAGRAMS,
    "topology/choice": set(),
    "topology/clouds": READERS_OF_DIAGRAMS,
    "topology/diagrams": READERS_OF_DIAGRAMS,
    "topology/metrics": READERS_OF_DIAGRAMS,
    "training/__init__": NETWORKS | READERS_OF_DIAGRAMS | READERS_OF_HISTORIES,
    "training/activations": {"activations"} | READERS_OF_DIAGRAMS,
    "training/dense": NETWORKS,
    "training/confusion": {"confusion_table"},
    "training/history": READERS_OF_HISTORIES | {"summary_table"},
    "training/length": NETWORKS,
    "training/network": NETWORKS,
    "training/networks": NETWORKS,
    "training/stored": READERS_OF_HISTORIES | {"confusion_table", "summary_table"},
    "training/scores": NETWORKS | {"confusion_table"},
    "record/__init__": MAKERS_OF_DATA,
    "record/keras": set(),
    "record/layout": MAKERS_OF_DATA,
    "record/torch": set(),
    "record/writer": MAKERS_OF_DATA,
    "training/archive": set(),
    "training/recorded": set(),
    "training/retrained": set(),
    "training/retraining": set(),
    "training/saved": set(),
    "training/saved_outputs": set(),
}
#: Modules whose edit is also planned by Snakemake, which takes longer: of each stage one, and of each job that draws.
PLANNED = (
    *(
        "sections",
        "tables",
        "plan",
        "experiment/parse",
        "data/kinds",
        "training/history",
        "topology/diagrams",
    ),
    *("homology/cost", "analysis/names", "analysis/studies/course_report", "figures/catalogue"),
    *(f"figures/{rule.removeprefix('figure_')}" for rule in sorted(FIGURES)),
    "report/viewer",
)


@dataclass(frozen=True)
class Change:
    """A value of the tiny experiment's configuration, and what it reruns.

    Attributes
    ----------
    key, value : tuple of str, object
        What is set, and to what.
    jobs : dict
        Number of jobs of each of `STAGES`.
    rules : set
        Rules that analyse or draw.
    """

    key: Key
    value: object
    jobs: dict[str, int] = field(default_factory=dict)
    rules: set[str] = field(default_factory=set)


def _entry(section: str, name: str, **values: Any) -> dict[str, Any]:
    """An entry of the tiny experiment with some values changed."""
    return tiny_config()[section][name] | values


# The tiny experiment: 2 networks (3 analysed layers), 2 epochs, 2 splits.
ALL_DIAGRAMS = {"diagram": 12}
ALL_RUNS = {"train": 2, "activations": 4, **ALL_DIAGRAMS}
ALL_DATA = {"dataset": 1, **ALL_RUNS}
OF_LOST_RUNS = OF_RUNS | TABLES_OF_DIAGRAMS | FIGURES_OF_TABLES | END
LOST_DIAGRAMS = OF_ONE_RUN

CHANGES: dict[str, Change] = {
    "nothing": Change(("figures", "dpi"), 60),
    "a default is spelt out": Change(("homology", "coefficient_field"), 2),
    # What is shown
    "resolution": Change(("figures", "dpi"), 90, {}, DRAWING),
    "format": Change(("figures", "formats"), ["png", "svg"], {}, DRAWING),
    "study": Change(("study",), "none", {}, END),
    # What is analysed
    "layer added": Change(("analysis", "layers"), [1, 2, 3], {"diagram": 4}, OF_ONE_RUN),
    "layer of one model added": Change(("models", "bad", "layers"), [1, 3], {"diagram": 4}, OF_DIAGRAMS),
    "layer removed": Change(("analysis", "layers"), [3], {}, LOST_DIAGRAMS),
    "split added": Change(("analysis", "splits"), ["train", "full", "test"], {"diagram": 6}, OF_DIAGRAMS),
    "split removed": Change(("analysis", "splits"), ["train"], {}, LOST_DIAGRAMS),
    "cloud added": Change(("clouds", "few"), {"sample": {"points": 20}}, ALL_DIAGRAMS, OF_DIAGRAMS),
    "epoch added": Change(
        ("analysis", "epochs"),
        [0, 1, 2],
        {"activations": 2, "diagram": 6},
        OF_ONE_RUN,
    ),
    "epoch removed": Change(("analysis", "epochs"), [2], {}, OF_ONE_RUN),
    # The figure of the training says which networks are dead in the last analysed epoch.
    "last epoch removed": Change(
        ("analysis", "epochs"), [0], {}, OF_DIAGRAMS | FIGURES_OF_RUNS | {"confusion_table"}
    ),
    # What is computed
    "dimensions": Change(("homology", "dimensions"), [1], ALL_DIAGRAMS, OF_DIAGRAMS),
    "engine": Change(("homology", "engine"), "gudhi", ALL_DIAGRAMS, OF_DIAGRAMS),
    "field": Change(("homology", "coefficient_field"), 3, ALL_DIAGRAMS, OF_DIAGRAMS),
    "size of the sample": Change(("clouds", "all", "sample", "points"), 25, ALL_DIAGRAMS, OF_DIAGRAMS),
    "seed of the sample": Change(("clouds", "all", "sample", "seed"), 1, ALL_DIAGRAMS, OF_DIAGRAMS),
    "metric": Change(("clouds", "all", "metric"), "manhattan", ALL_DIAGRAMS, OF_DIAGRAMS),
    # Of one cloud there become two, and those that were compared are gone.
    "classes apart": Change(
        ("clouds", "all", "classes"),
        "each",
        {"diagram": 24},
        OF_DIAGRAMS | FIGURES_AT_SCALE,  # classes apart have components and loops that are counted
    ),
    "dimensions of one cloud": Change(("clouds", "all", "dimensions"), [0], ALL_DIAGRAMS, OF_DIAGRAMS),
    "graph of neighbours added": Change(
        ("clouds", "hops"), {"metric": "hops", "neighbours": 4}, ALL_DIAGRAMS, OF_DIAGRAMS
    ),
    "one scale": Change(
        ("clouds", "all", "scale"),
        2.0,
        ALL_DIAGRAMS,
        (OF_ONE_RUN | FIGURES_AT_SCALE)
        - FIGURES_OF_DIAGRAMS
        - {"run_distances", "figure_betti", "figure_networks", "figure_moved"},
    ),
    # What is trained
    "seed added": Change(("training", "seeds"), [0, 7], ALL_RUNS, OF_TRAINING),
    "seed changed": Change(("training", "seeds"), [7], ALL_RUNS, OF_TRAINING),
    "model added": Change(
        ("models", "wide"),
        {"hidden": [5, 5, 5], "activation": "tanh"},
        {"train": 1, "activations": 2, "diagram": 8},
        OF_TRAINING | TABLES_OF_NETWORKS,
    ),
    "model changed": Change(
        ("models", "bad", "activation"), "tanh", {"train": 1, "activations": 2, "diagram": 4}, OF_TRAINING
    ),
    "model removed": Change(
        ("models",),
        {"good": _entry("models", "good")},
        {},
        (OF_LOST_RUNS | FIGURES_OF_DIAGRAMS | TABLES_OF_NETWORKS) - {"figure_networks"},
    ),
    "more epochs": Change(("training", "epochs"), 3, ALL_RUNS, OF_TRAINING),
    "schedule": Change(
        ("training", "learning_rate"), {"start": 0.01, "halve_every": 50}, ALL_RUNS, OF_TRAINING
    ),
    "all are kept anyway": Change(("training", "keep"), "all", {}, {"report"}),
    "fewer are kept": Change(("training", "keep"), "analysed", ALL_RUNS, OF_TRAINING),
    "dropout": Change(
        ("models", "bad", "dropout"),
        0.5,
        {"train": 1, "activations": 2, "diagram": 4},
        OF_TRAINING | TABLES_OF_NETWORKS,
    ),
    "what it is anyway": Change(("models", "bad", "output"), "logit", {}, {"report"}),
    "learning rate": Change(("training", "learning_rate"), 0.02, ALL_RUNS, OF_TRAINING),
    "batch size": Change(("training", "batch_size"), 8, ALL_RUNS, OF_TRAINING),
    "optimizer": Change(("training", "optimizer"), "sgd", ALL_RUNS, OF_TRAINING),
    # What the data are
    "data set added": Change(
        ("datasets", "circles"), _entry("datasets", "spheres", dimension=2), ALL_DATA, ANALYSIS
    ),
    "data set replaced": Change(
        ("datasets",), {"circles": _entry("datasets", "spheres", dimension=2)}, ALL_DATA, ANALYSIS
    ),
    "noise": Change((*SPHERES, "noise"), 0.5, ALL_DATA, ANALYSIS),
    "noise spelt out": Change((*SPHERES, "noise"), 0.75, {}, {"report"}),  # what `auto` stands for
    "seed of the data": Change((*SPHERES, "seed"), 1, ALL_DATA, ANALYSIS),
    "seed of the split": Change((*SPHERES, "split_seed"), 1, ALL_DATA, ANALYSIS),
}


@contextmanager
def edited(*paths: Path) -> Iterator[None]:
    """Files with one more line, for the time of the block."""
    texts = {path: path.read_text() for path in paths}
    for path, text in texts.items():
        path.write_text(f"{text}\n# edited\n")
    yield
    for path, text in texts.items():
        path.write_text(text)
