# Configuration, wildcard constraints, paths and input functions of all stages.
import os
import sys

import yaml
from snakemake.exceptions import WorkflowError
from snakemake.utils import update_config

# The package as it stands in this repository, also inside a rule's own conda environment.
SOURCES = os.path.join(workflow.basedir, "src")
sys.path.insert(0, SOURCES)
inherited = dict(os.environ).get("PYTHONPATH", "").split(os.pathsep)
os.environ.update(PYTHONPATH=os.pathsep.join(dict.fromkeys(filter(None, [SOURCES, *inherited]))))

from layertopo import storage
from layertopo.config import parse_config
from layertopo.errors import ConfigError, ResultError
from layertopo.sources import code_digest


def typed(value):
    """A value of --config, which Snakemake leaves as text inside of mappings and lists, as YAML means it."""
    if isinstance(value, dict):
        return {key: typed(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [typed(inner) for inner in value]
    return yaml.safe_load(value) if isinstance(value, str) else value


update_config(config, typed(dict(workflow.config_settings.config)))

try:
    CONFIG = parse_config(config)
except ConfigError as error:
    raise WorkflowError(str(error)) from None

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


def stored_files():
    """Every HDF5 file of the experiment, and the settings that decide it."""
    for name in CONFIG.datasets:
        yield DATASET.format(dataset=name), CONFIG.dataset_settings(name)
    for run in CONFIG.trainings():
        place = vars(run)
        yield f"{RUN}/weights.h5".format(**place), CONFIG.training_settings(**place)
        for epoch in CONFIG.analysis.epochs:
            yield ACTIVATIONS.format(**place, epoch=epoch), CONFIG.activation_settings(**place, epoch=epoch)
    for cell in CONFIG.diagrams():
        yield DIAGRAM.format(**vars(cell)), CONFIG.diagram_settings(**vars(cell))


def check_results_without_records():
    """Stop on results of other settings that were copied here without Snakemake's records of them.

    Snakemake would compare times only, and call them up to date.
    """
    records = ".snakemake/metadata"
    if os.path.isdir(records) and os.listdir(records):
        return
    for path, settings in stored_files():
        if os.path.exists(path):
            try:
                with storage.load(path, settings):
                    pass
            except ResultError as error:
                raise WorkflowError(str(error)) from None


check_results_without_records()


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
