# Configuration, wildcard constraints, paths and input functions of all stages.
import os
import sys

# The package as it stands in this repository, also inside a rule's own conda environment.
SOURCES = os.path.join(workflow.basedir, "src")
sys.path.insert(0, SOURCES)
inherited = dict(os.environ).get("PYTHONPATH", "").split(os.pathsep)
os.environ.update(PYTHONPATH=os.pathsep.join(dict.fromkeys(filter(None, [SOURCES, *inherited]))))

from layertopo.config import parse_config
from layertopo.errors import ConfigError
from layertopo.sources import code_digest

try:
    CONFIG = parse_config(config)
except ConfigError as error:
    sys.exit(f"Error: {error}")

DATASET = "results/datasets/{dataset}.h5"
RUN = "results/models/{dataset}/{model}/seed{seed}"
ACTIVATIONS = "results/activations/{dataset}/{model}/seed{seed}/epoch{epoch}.h5"
DIAGRAM = "results/diagrams/{dataset}/{model}/seed{seed}/epoch{epoch}/layer{layer}/{split}/{cloud}.h5"
FIGURES = "results/figures/{dataset}"

# The report shows PNG files, so these are always drawn.
FORMATS = sorted({"png", *CONFIG.figures.formats})
VARIANTS = {"": "as they are", "_scaled": "divided by the rms distance of the cloud"}


def one_of(values):
    """Regular expression of the legal values of a wildcard."""
    return "|".join(str(value) for value in sorted(set(values)))


wildcard_constraints:
    dataset=one_of(CONFIG.datasets),
    model=one_of(CONFIG.models),
    seed=one_of(CONFIG.training.seeds),
    epoch=one_of(range(CONFIG.training.epochs + 1)),
    layer=one_of(range(max(len(model.hidden) for model in CONFIG.models.values()) + 2)),
    split="train|test|full",
    cloud=one_of(CONFIG.clouds),


def code(script):
    """Digest of a script and of the package's modules it uses: an edit reruns its stage, and no other."""
    return code_digest(os.path.join(workflow.basedir, "workflow", "scripts", f"{script}.py"))


def numbers(wildcards):
    """Wildcards with the numbers among them as numbers."""
    whole = {"seed", "epoch", "layer"}
    return {name: int(value) if name in whole else value for name, value in wildcards.items()}


def settings_of(stage):
    """Function from wildcards to the settings that decide a file of a stage."""
    names = {
        "dataset": ["dataset"],
        "training": ["dataset", "model", "seed"],
        "activation": ["dataset", "model", "seed", "epoch"],
        "diagram": ["dataset", "model", "seed", "epoch", "layer", "split", "cloud"],
    }[stage]
    settings = getattr(CONFIG, f"{stage}_settings")
    return lambda wildcards: settings(**{name: numbers(wildcards)[name] for name in names})


def diagram_inputs(cells):
    """Inputs and parameters of a rule that reads the diagrams of some cells."""
    return {
        "paths": [DIAGRAM.format(**vars(cell)) for cell in cells],
        "cells": [vars(cell) for cell in cells],
        "provenances": [CONFIG.diagram_settings(**vars(cell)) for cell in cells],
    }


def figure_targets():
    """Every figure file of the experiment."""
    places = sorted(
        {(cell.dataset, cell.seed, cell.layer, cell.split, cell.cloud) for cell in CONFIG.diagrams()}
    )
    stems = [
        f"{FIGURES}/{kind}".format(dataset=dataset)
        for dataset in CONFIG.datasets
        for kind in ("data", "training")
    ]
    stems += [
        f"{FIGURES}/seed{seed}/{cloud}/layer{layer}_{split}{variant}".format(dataset=dataset)
        for dataset, seed, layer, split, cloud in places
        for variant in VARIANTS
    ]
    return [f"{stem}.{form}" for stem in stems for form in FORMATS]


def targets():
    """Everything a bare `snakemake` makes."""
    tables = ("datasets", "accuracy", "summaries", "distances", "claims")
    return ["results/report.html", *(f"results/tables/{name}.csv" for name in tables), *figure_targets()]
