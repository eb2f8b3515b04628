# Configuration, wildcard constraints, paths and input functions of all stages.
import math
import os
import re
import shutil
import subprocess
import sys
import time
from base64 import urlsafe_b64decode
from contextlib import suppress
from pathlib import Path

import psutil
import yaml
from snakemake.exceptions import WorkflowError
from snakemake.logging import logger
from snakemake.utils import update_config

# The package as it stands in this repository, also inside a rule's own conda environment.
SOURCES = os.path.join(workflow.basedir, "src")
sys.path.insert(0, SOURCES)
inherited = dict(os.environ).get("PYTHONPATH", "").split(os.pathsep)
os.environ.update(PYTHONPATH=os.pathsep.join(dict.fromkeys(filter(None, [SOURCES, *inherited]))))

from layertopo import storage
from layertopo.config import Cell, parse_config
from layertopo.errors import ConfigError, ResultError
from layertopo.homology.cost import Cost, estimate
from layertopo.sources import code_digest


def typed(value):
    """A value of --config, which Snakemake leaves as text inside of mappings and lists, as YAML means it."""
    if isinstance(value, dict):
        return {key: typed(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [typed(inner) for inner in value]
    try:
        return yaml.safe_load(value) if isinstance(value, str) else value
    except yaml.YAMLError:
        return value  # the check of the configuration says what is wrong with it


update_config(config, typed(dict(workflow.config_settings.config)))

try:
    CONFIG = parse_config(config)
except ConfigError as error:
    sys.exit(f"Error: {error}")

DATASET = "results/datasets/{dataset}.h5"
RUN = "results/models/{dataset}/{model}/seed{seed}"
ACTIVATIONS = "results/activations/{dataset}/{model}/seed{seed}/epoch{epoch}.h5"
DIAGRAM = "results/diagrams/{dataset}/{model}/seed{seed}/epoch{epoch}/layer{layer}/{split}/{cloud}.h5"
STATISTICS = "results/statistics/{dataset}/{model}/seed{seed}"
RUN_DISTANCES = "results/distances/{dataset}/{model}/seed{seed}.csv"
BETWEEN_DISTANCES = "results/distances/{dataset}/layer{layer}/{split}/{cloud}.csv"
FIGURES = "results/figures/{dataset}"

# The report shows PNG files, so these are always drawn.
FORMATS = sorted({"png", *CONFIG.figures.formats})
OTHER_FORMATS = [form for form in FORMATS if form != "png"]
DATA_FIGURE = f"{FIGURES}/data"
TRAINING_FIGURE = f"{FIGURES}/training"
DIAGRAM_FIGURE = f"{FIGURES}/seed{{seed}}/{{cloud}}/layer{{layer}}_{{split}}"


def memory():
    """Megabytes for jobs that run side by side: what Slurm gave, inside of its jobs, or else most of this machine's."""
    # Slurm's own variable ends at the first of the two Snakemakes inside of a job.
    given = os.environ.get("SLURM_MEM_PER_NODE") or os.environ.get("LAYERTOPO_MEM_MB")
    if given:
        os.environ.update(LAYERTOPO_MEM_MB=given)
    return int(given or 0) or int(0.9 * psutil.virtual_memory().total / 2**20)


# Jobs that run side by side may take this much and no more. Jobs sent to a cluster get what they ask for.
MEMORY = memory()
ON_THIS_MACHINE = workflow.global_resources["_nodes"].value is None
if ON_THIS_MACHINE and "mem_mb" not in workflow.global_resources:
    workflow.register_resource("mem_mb", MEMORY)

# A job of a cluster starts Snakemake twice around its own work, from a file system that may be slow.
AROUND_A_JOB = (
    Cost(seconds=0, megabytes=0)
    if ON_THIS_MACHINE and workflow.is_main_process
    else Cost(seconds=180, megabytes=300)
)


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
        "statistics": ["dataset", "model", "seed"],
    }[stage]
    settings = getattr(CONFIG, f"{stage}_settings")
    return lambda wildcards: settings(**{name: numbers(wildcards)[name] for name in names})


def diagram_cost(cell):
    """Time and memory that a diagram is expected to take, from wildcards or a cell."""
    return estimate(
        CONFIG.n_points(cell.dataset, cell.split, cell.cloud),
        CONFIG.homology.dimensions,
        CONFIG.homology.engine,
        CONFIG.homology.coefficient_field,
        n_coordinates=CONFIG.n_coordinates(cell.dataset, cell.model, int(cell.layer)),
    )


def diagram_resources(wildcards, attempt):
    """Megabytes and minutes to ask for; more with every attempt."""
    own = diagram_cost(wildcards)
    return (
        math.ceil((own.megabytes + AROUND_A_JOB.megabytes) * attempt),
        math.ceil((own.seconds + AROUND_A_JOB.seconds) / 60 * attempt),
    )


def diagram_inputs(cells):
    """Inputs and parameters of a rule that reads the diagrams of some cells."""
    return {
        "paths": [DIAGRAM.format(**vars(cell)) for cell in cells],
        "cells": [vars(cell) for cell in cells],
        "provenances": [CONFIG.diagram_settings(**vars(cell)) for cell in cells],
    }


def grouped(cells, key):
    """Cells that have a key in common, by that key."""
    groups = {}
    for cell in cells:
        groups.setdefault(key(cell), []).append(cell)
    return groups


def run(cell):
    """Training run of a cell, or of wildcards."""
    return Cell(cell.dataset, cell.model, int(cell.seed))


def layer(cell):
    """What the diagrams that are compared between networks have in common, from a cell or wildcards."""
    return cell.dataset, int(cell.layer), cell.split, cell.cloud


RUN_CELLS = grouped(CONFIG.diagrams(), run)
LAYER_CELLS = grouped(
    [cell for cell in CONFIG.diagrams() if cell.epoch == max(CONFIG.analysis.epochs)], layer
)


def run_diagrams(wildcards):
    """Inputs and parameters of a rule that reads the diagrams of one training run."""
    return diagram_inputs(RUN_CELLS[run(wildcards)])


def layer_diagrams(wildcards):
    """Inputs and parameters of a rule that compares the networks after their training."""
    return diagram_inputs(LAYER_CELLS[layer(wildcards)])


def distance_cells():
    """Cells that each file of distances is of."""
    within = {RUN_DISTANCES.format(**vars(cells[0])): cells for cells in RUN_CELLS.values()}
    between = {
        BETWEEN_DISTANCES.format(**vars(cells[0])): cells for cells in LAYER_CELLS.values() if len(cells) > 1
    }
    return within | between


DISTANCE_CELLS = distance_cells()


def claims_cloud(method):
    """Name of the cloud of a sampling method that the claims are held against: `all` or else the first; None if none will do.

    They count and measure: a greedy sample is not for counting, and only Euclidean lengths were claimed.
    """
    names = sorted(CONFIG.clouds, key=lambda name: name != "all")
    return next(
        (
            name
            for name in names
            if CONFIG.clouds[name].metric == "euclidean" and CONFIG.clouds[name].sample.method == method
        ),
        None,
    )


def place(dataset, seed, layer, split, cloud):
    """What the diagrams in one figure have in common, from wildcards or key columns."""
    return dataset, int(seed), int(layer), split, cloud


PLACES = grouped(
    CONFIG.diagrams(), lambda cell: place(cell.dataset, cell.seed, cell.layer, cell.split, cell.cloud)
)


def panels(wildcards):
    """Inputs and parameters of one figure of diagrams."""
    cells = PLACES[place(**wildcards)]
    models = dict.fromkeys(cell.model for cell in cells)
    histories = [f"{RUN}/history.csv".format(model=model, **wildcards) for model in models]
    return diagram_inputs(cells) | {"histories": histories}


def runs_of(dataset):
    """Histories and key columns of the training runs on a data set."""
    runs = [run for run in CONFIG.trainings() if run.dataset == dataset]
    return {
        "paths": [f"{RUN}/history.csv".format(**vars(run)) for run in runs],
        "cells": [vars(run) for run in runs],
    }


def figure_sources():
    """Where each figure of the report is and what it shows: the report's sections, in order."""
    keys = [dict(zip(("dataset", "seed", "layer", "split", "cloud"), place)) for place in PLACES]
    data_sets = [{"dataset": dataset} for dataset in CONFIG.datasets]
    kinds = {
        "data": (DATA_FIGURE, data_sets),
        "training": (TRAINING_FIGURE, data_sets),
        "diagrams": (DIAGRAM_FIGURE, keys),
        "diagrams_scaled": (f"{DIAGRAM_FIGURE}_scaled", keys),
        "diagrams_density": (f"{DIAGRAM_FIGURE}_density", keys),
    }
    return [
        {"kind": kind, "stem": stem.format(**key), "key": key}
        for kind, (stem, members) in kinds.items()
        for key in members
    ]


FIGURE_SOURCES = figure_sources()


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


def summary_rows(cells):
    """Keys of the rows that cells have in tables of their bars."""
    return [
        vars(cell) | {"dimension": dimension} for cell in cells for dimension in CONFIG.homology.dimensions
    ]


def table_rows():
    """Keys of the rows of the tables that have one per cell of the experiment."""
    runs = [
        vars(run) | {"epoch": epoch}
        for run in CONFIG.trainings()
        for epoch in range(CONFIG.training.epochs + 1)
    ]
    data_sets = [{"dataset": name} for name in CONFIG.datasets]
    return {"datasets": data_sets, "accuracy": runs, "summaries": summary_rows(CONFIG.diagrams())}


TABLE_ROWS = table_rows()


def command(words):
    """What a command prints; the run stops if it fails."""
    result = subprocess.run(words, capture_output=True, text=True)
    if result.returncode:
        raise WorkflowError(f"{words[0]} failed: {result.stderr.strip()}")
    return result.stdout


def cancel_jobs_of_earlier_runs():
    """End the Slurm jobs that a run in this folder left behind when it was killed, and wait until they are gone.

    They write the same files as the jobs of this run. Nothing is lost: Snakemake takes no result of a job whose
    end it did not see. No other run can be at work, for Snakemake lets one at a time into a folder.
    """
    logs = [log.read_text(errors="replace") for log in Path(".snakemake/log").glob("*.log")]
    runs = {run for log in logs for run in re.findall(r"^SLURM run ID: (\S+)$", log, re.MULTILINE)}
    if not runs or shutil.which("squeue") is None:
        return
    queue = ["squeue", "--noheader", "--format=%A", f"--name={','.join(sorted(runs))}"]
    cancelled = set()
    while left := command(queue).split():
        if new := set(left) - cancelled:
            logger.info(f"Cancelling Slurm jobs of an earlier run in this folder: {' '.join(sorted(new))}")
            command(["scancel", *new])
            cancelled |= new
        time.sleep(1)


onstart:
    if os.path.isdir("results") and not os.access("results", os.W_OK):
        raise WorkflowError(f"{os.path.abspath('results')}: read-only, nothing can be written there")
    cancel_jobs_of_earlier_runs()


def figure_targets():
    """Every figure file of the experiment."""
    return [f"{figure['stem']}.{form}" for figure in FIGURE_SOURCES for form in FORMATS]


def caption(kind):
    """Text of the caption of a kind of figure: a template in reStructuredText."""
    with open(os.path.join(workflow.basedir, "workflow", "report", f"{kind}.rst"), encoding="utf-8") as file:
        return file.read()


def targets():
    """Everything a bare `snakemake` makes."""
    tables = ("datasets", "accuracy", "summaries", "distances", "claims")
    return ["results/report.html", *(f"results/tables/{name}.csv" for name in tables), *figure_targets()]


def unsigned_results():
    """Results that are made anew where there is no record of what made them."""
    statistics = [f"{STATISTICS}.{form}".format(**vars(run)) for run in RUN_CELLS for form in ("csv", "h5")]
    return [*targets(), *statistics, *DISTANCE_CELLS]


def recorded_files():
    """Results that Snakemake has a record of: what made them, and with which parameters."""
    records = Path(".snakemake/metadata")
    files = set()
    for record in records.rglob("*"):
        name = "".join(record.relative_to(records).parts).replace("@", "")  # long names are cut in parts
        with suppress(ValueError):  # not a record
            files.add(urlsafe_b64decode(name).decode())
    return files


def check_unrecorded_results():
    """Look through results that were copied here without their records: Snakemake would compare times only.

    HDF5 files say what made them; the run stops if that is not what the configuration says. Tables,
    figures and the report do not, and are made anew, and so are the statistics of each run, tables and all.
    """
    recorded = recorded_files()
    for path, settings in stored_files():
        if path not in recorded and os.path.exists(path):
            try:
                with storage.load(path, settings):
                    pass
            except ResultError as error:
                sys.exit(f"Error: {error}")
    for path in unsigned_results():
        if path not in recorded and os.path.exists(path):
            with suppress(OSError):  # a read-only folder is refused when the run starts
                os.utime(path, (0, 0))  # older than what it shows


def check_memory():
    """Stop before a job that asks for more than there may be: Snakemake would start it all the same."""
    available = workflow.global_resources["mem_mb"].value
    for cell in CONFIG.diagrams():
        needed = diagram_cost(cell).megabytes
        if needed > available:
            sys.exit(
                f"Error: a diagram of {CONFIG.n_points(cell.dataset, cell.split, cell.cloud):,} points (data set "
                f"{cell.dataset!r}, split {cell.split!r}, cloud {cell.cloud!r}, engine {CONFIG.homology.engine!r}) "
                f"may take {needed / 1024:.1f} GB of memory, and there are {available / 1024:.1f}; lower "
                f"clouds.{cell.cloud}.sample.points, or take another engine. To try it all the same: "
                f"--resources mem_mb={math.ceil(needed)}"
            )


if workflow.is_main_process:
    check_unrecorded_results()
    if "mem_mb" in workflow.global_resources:
        check_memory()
