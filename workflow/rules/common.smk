# Configuration, wildcard constraints, paths and input functions of all stages.
import itertools
import math
import os
import re
import shutil
import subprocess
import sys
import time
from base64 import urlsafe_b64decode
from contextlib import suppress
from functools import cache
from pathlib import Path

import psutil
import yaml
from snakemake.exceptions import WorkflowError
from snakemake.logging import logger
from snakemake.settings.enums import Quietness
from snakemake.utils import update_config

# The package as it stands in this repository, also inside a rule's own conda environment.
SOURCES = os.path.join(workflow.basedir, "src")
sys.path[:0] = [SOURCES, os.path.join(workflow.basedir, "workflow")]
inherited = dict(os.environ).get("PYTHONPATH", "").split(os.pathsep)
os.environ.update(PYTHONPATH=os.pathsep.join(dict.fromkeys(filter(None, [SOURCES, *inherited]))))

from layertopo import plan, storage
from lib import progress
from layertopo.experiment.config import Cell, DiagramCell, parse_config
from layertopo.errors import ConfigError, ResultError
from layertopo.homology.cost import START, Cost
from lib.digest import code_digest


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
# Of all runs of a population; its data set is the first draw.
RUNS_FIGURE = f"{FIGURES}/runs/{{cloud}}/{{split}}"
TRAJECTORY_FIGURE = f"{RUNS_FIGURE}_by_{{along}}"
BETTI_FIGURE = f"{RUNS_FIGURE}_betti{{dimension}}"
NETWORK_FIGURE = f"{RUNS_FIGURE}_networks_{{distance}}"
MOVED_FIGURE = f"{RUNS_FIGURE}_moved"
# Distances between networks that are drawn.
DISTANCES = ("bottleneck", "sliced_wasserstein")


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
    along="layer|epoch",
    dimension=one_of(CONFIG.homology.dimensions),
    distance=one_of(DISTANCES),


def code(script):
    """Digest of a script and of the package's modules it uses: an edit reruns its stage, and no other."""
    return code_digest(os.path.join(workflow.basedir, "workflow", "scripts", f"{script}.py"))


def settings_of(stage):
    """Function from wildcards to the settings that decide a file of a stage."""
    names = {
        "dataset": ["dataset"],
        "training": ["dataset", "model", "seed"],
        "activation": ["dataset", "model", "seed", "epoch"],
        "diagram": ["dataset", "model", "seed", "epoch", "layer", "split", "cloud"],
        "statistics": ["dataset", "model", "seed"],
    }[stage]
    numbers = {"seed", "epoch", "layer"}
    settings = getattr(CONFIG, f"{stage}_settings")
    return lambda wildcards: settings(
        *(int(wildcards[name]) if name in numbers else wildcards[name] for name in names)
    )


diagram_settings = settings_of("diagram")


@cache
def diagram_cost(dataset, model, layer, split, cloud):
    """Time and memory that a diagram is expected to take."""
    return plan.diagram_cost(CONFIG, dataset, model, layer, split, cloud)


def cost_of(cell):
    """Time and memory that a diagram is expected to take, from wildcards or a cell."""
    return diagram_cost(cell.dataset, cell.model, int(cell.layer), cell.split, cell.cloud)


def diagram_resources(wildcards, attempt):
    """Megabytes and minutes to ask for; more with every attempt."""
    own = cost_of(wildcards)
    return (
        math.ceil((own.megabytes + AROUND_A_JOB.megabytes) * attempt),
        math.ceil((own.seconds + AROUND_A_JOB.seconds) / 60 * attempt),
    )


def models_by_layers():
    """Models that have the same layers analysed, by these layers."""
    models = {}
    for model in CONFIG.models:
        models.setdefault(tuple(CONFIG.layers(model)), []).append(model)
    return models


def batch_rule(layers):
    """Name of the rule for the diagrams of networks that have these layers analysed."""
    alike = len(models_by_layers()) == 1
    return "diagram" if alike else "_".join(["diagram", *map(str, layers)])


def batch_cells(wildcards):
    """Cells of the diagrams of one epoch of a network, in the order of their files."""
    layers, splits, clouds = CONFIG.layers(wildcards.model), CONFIG.analysis.splits, CONFIG.clouds
    run = wildcards.dataset, wildcards.model, int(wildcards.seed), int(wildcards.epoch)
    return [DiagramCell(*run, *place) for place in itertools.product(layers, splits, clouds)]


def batch_settings(wildcards):
    """Settings of the diagrams of one epoch of a network."""
    return [CONFIG.diagram_settings(**vars(cell)) for cell in batch_cells(wildcards)]


def batch_resources(wildcards, attempt):
    """Megabytes and minutes to ask for, for the diagrams of one epoch of a network, one after the other."""
    costs = [cost_of(cell) for cell in batch_cells(wildcards)]
    seconds = START.seconds + sum(cost.seconds - START.seconds for cost in costs)
    return (
        math.ceil((max(cost.megabytes for cost in costs) + AROUND_A_JOB.megabytes) * attempt),
        math.ceil((seconds + AROUND_A_JOB.seconds) / 60 * attempt),
    )


def distance_resources(cost, attempt):
    """Megabytes and minutes to ask for; some pairs take several times as long as others."""
    most = workflow.global_resources["mem_mb"].value if "mem_mb" in workflow.global_resources else math.inf
    return (
        math.ceil(min((max(1000, 2 * cost.megabytes) + AROUND_A_JOB.megabytes) * attempt, most)),
        math.ceil((60 + 5 * cost.seconds + AROUND_A_JOB.seconds) / 60 * attempt),
    )


def within_resources(wildcards, attempt):
    """Megabytes and minutes to ask for, for the distances within one training run."""
    return distance_resources(plan.within_cost(CONFIG, wildcards.dataset, wildcards.model), attempt)


def between_resources(wildcards, attempt):
    """Megabytes and minutes to ask for, for the distances between the training runs."""
    return distance_resources(plan.between_cost(CONFIG, *layer(wildcards)), attempt)


# On a cluster each job reads these rules anew. So what there is one of per diagram is made only when a rule asks
# for it, in a function, and once.
@cache
def all_cells():
    """Every diagram."""
    return CONFIG.diagrams()


def diagram_inputs(cells):
    """Inputs and parameters of a rule that reads the diagrams of some cells."""
    return {
        "paths": [DIAGRAM.format(**vars(cell)) for cell in cells],
        "cells": [vars(cell) for cell in cells],
        "provenances": [CONFIG.diagram_settings(**vars(cell)) for cell in cells],
    }


@cache
def drawn_cells():
    """Diagrams that are drawn one by one."""
    seeds = CONFIG.drawn_seeds()
    return [cell for cell in all_cells() if cell.seed in seeds]


@cache
def drawn_diagrams():
    """Inputs and parameters of a rule that reads every diagram that is drawn."""
    return diagram_inputs(drawn_cells())


def drawn_runs():
    """Training runs whose diagrams are drawn."""
    return [run for run in CONFIG.trainings() if run.seed in CONFIG.drawn_seeds()]


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


@cache
def run_cells():
    """Cells of each training run."""
    return grouped(all_cells(), run)


@cache
def layer_cells():
    """Cells that are compared between networks: those of the last analysed epoch."""
    return grouped([cell for cell in all_cells() if cell.epoch == max(CONFIG.analysis.epochs)], layer)


@cache
def diagrams_of(run):
    """Inputs and parameters of a rule that reads the diagrams of one training run."""
    return diagram_inputs(run_cells()[run])


def run_diagrams(wildcards):
    """Inputs and parameters of a rule that reads the diagrams of one training run, from wildcards."""
    return diagrams_of(run(wildcards))


def layer_diagrams(wildcards):
    """Inputs and parameters of a rule that compares the networks after their training."""
    return diagram_inputs(layer_cells()[layer(wildcards)])


@cache
def distance_cells():
    """Cells that each file of distances is of."""
    within = {RUN_DISTANCES.format(**vars(cells[0])): cells for cells in run_cells().values()}
    between = {
        BETWEEN_DISTANCES.format(**vars(cells[0])): cells
        for cells in layer_cells().values()
        if len(cells) > 1
    }
    return within | between


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


@cache
def cells_by_place():
    """Cells of each figure of diagrams: all models and epochs, for the seeds that are drawn."""
    return grouped(
        drawn_cells(), lambda cell: place(cell.dataset, cell.seed, cell.layer, cell.split, cell.cloud)
    )


def panels(wildcards):
    """Inputs and parameters of one figure of diagrams."""
    cells = cells_by_place()[place(**wildcards)]
    models = dict.fromkeys(cell.model for cell in cells)
    histories = [f"{RUN}/history.csv".format(model=model, **wildcards) for model in models]
    return diagram_inputs(cells) | {"histories": histories}


def population(wildcards):
    """Parameters of a figure of all runs: the draws, and the epoch at which a dead network counts as dead."""
    return {
        "datasets": CONFIG.populations()[wildcards.dataset],
        "epoch": max(CONFIG.analysis.epochs),
        "followed": min(max(CONFIG.homology.dimensions), 1),
    }


def betti_inputs(wildcards):
    """Inputs and parameters of a figure of Betti curves: every run of a population."""
    draws = CONFIG.populations()[wildcards.dataset]
    runs = [run for run in CONFIG.trainings() if run.dataset in draws]
    return {
        "paths": [f"{STATISTICS}.h5".format(**vars(run)) for run in runs],
        "runs": [vars(run) for run in runs],
        "cells": [
            [(epoch, layer) for epoch in sorted(CONFIG.analysis.epochs) for layer in CONFIG.layers(run.model)]
            for run in runs
        ],
    }


def runs_of(dataset):
    """Histories and key columns of the training runs on a data set."""
    runs = [run for run in CONFIG.trainings() if run.dataset == dataset]
    return {
        "paths": [f"{RUN}/history.csv".format(**vars(run)) for run in runs],
        "cells": [vars(run) for run in runs],
    }


def run_figures():
    """Key columns of each kind of figure of all runs, where there is something to compare."""
    found = {"trajectories": [], "betti": [], "networks": [], "moved": []}
    for first, draws in CONFIG.populations().items():
        own = [cell for cell in all_cells() if cell.dataset in draws]
        counts = {name: len({getattr(cell, name) for cell in own}) for name in ("layer", "epoch", "split")}
        networks = len(CONFIG.models_of(first)) * len(CONFIG.training.seeds)
        for cloud, split in dict.fromkeys((cell.cloud, cell.split) for cell in own):
            key = {"dataset": first, "cloud": cloud, "split": split}
            found["trajectories"] += [
                key | {"along": name} for name in ("layer", "epoch") if counts[name] > 1
            ]
            found["betti"] += [key | {"dimension": k} for k in sorted(CONFIG.homology.dimensions)]
            found["networks"] += [key | {"distance": distance} for distance in DISTANCES if networks > 1]
            found["moved"] += [key] if max(counts.values()) > 1 else []
    return found


@cache
def figure_sources():
    """Where each figure of the report is and what it shows, kind by kind."""
    keys = [dict(zip(("dataset", "seed", "layer", "split", "cloud"), place)) for place in cells_by_place()]
    data_sets = [{"dataset": dataset} for dataset in CONFIG.datasets]
    of_runs = run_figures()
    kinds = {
        "data": (DATA_FIGURE, data_sets),
        "training": (TRAINING_FIGURE, data_sets),
        "trajectories": (TRAJECTORY_FIGURE, of_runs["trajectories"]),
        "betti": (BETTI_FIGURE, of_runs["betti"]),
        "networks": (NETWORK_FIGURE, of_runs["networks"]),
        "moved": (MOVED_FIGURE, of_runs["moved"]),
        "diagrams": (DIAGRAM_FIGURE, keys),
        "diagrams_scaled": (f"{DIAGRAM_FIGURE}_scaled", keys),
        "diagrams_density": (f"{DIAGRAM_FIGURE}_density", keys),
    }
    return [
        {"kind": kind, "stem": stem.format(**key), "key": key}
        for kind, (stem, members) in kinds.items()
        for key in members
    ]


def stored_files():
    """Every HDF5 file of the experiment, and the settings that decide it."""
    for name in CONFIG.datasets:
        yield DATASET.format(dataset=name), CONFIG.dataset_settings(name)
    for run in CONFIG.trainings():
        place = vars(run)
        yield f"{RUN}/weights.h5".format(**place), CONFIG.training_settings(**place)
        for epoch in CONFIG.analysis.epochs:
            yield ACTIVATIONS.format(**place, epoch=epoch), CONFIG.activation_settings(**place, epoch=epoch)
    for cell in all_cells():
        yield DIAGRAM.format(**vars(cell)), CONFIG.diagram_settings(**vars(cell))


def summary_rows(cells):
    """Keys of the rows that cells have in tables of their bars."""
    return [
        vars(cell) | {"dimension": dimension} for cell in cells for dimension in CONFIG.homology.dimensions
    ]


@cache
def table_rows():
    """Keys of the rows of the tables that have one per cell of the experiment."""
    runs = [
        vars(run) | {"epoch": epoch}
        for run in CONFIG.trainings()
        for epoch in range(CONFIG.training.epochs + 1)
    ]
    data_sets = [{"dataset": name} for name in CONFIG.datasets]
    return {"datasets": data_sets, "accuracy": runs, "summaries": summary_rows(all_cells())}


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
    logs = [log.read_text(errors="replace") for log in Path(".snakemake", "log").glob("*.log")]
    runs = {run for log in logs for run in re.findall(r"^SLURM run ID: ([\w-]+)$", log, re.MULTILINE)}
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


def expected_seconds():
    """Seconds that each job of this run is expected to take."""
    return {
        job.jobid: plan.job_seconds(CONFIG, job.rule.name, dict(job.wildcards.items()))
        for job in workflow.dag.needrun_jobs()
        if job.rule.name != "all"
    }


def lost_jobs():
    """Numbers of the jobs that cannot run any more: those that failed, and what needs them."""
    failed = [each if each.is_group() else [each] for each in workflow.scheduler.failed]
    todo = list(itertools.chain.from_iterable(failed))
    lost = set(todo)
    while todo:
        new = set(workflow.dag.depending[todo.pop()]) - lost
        lost |= new
        todo += new
    return [job.jobid for job in lost]


def let_the_scheduler_rest():
    """Lift Snakemake's own limit of how many jobs start in a second, which is above what can be reached here.

    As long as there is a limit, every look for jobs to start plans another one a second later, and so does every
    job that ends (snakemake/snakemake#3744): after a thousand jobs it looks a thousand times a second.
    """
    limit = workflow.scheduling_settings.max_jobs_per_timespan
    if limit and (limit.max_jobs, limit.timespan) == (100, 1):
        workflow.scheduler.job_rate_limiter = None


onstart:
    if os.path.isdir("results") and not os.access("results", os.W_OK):
        raise WorkflowError(f"{os.path.abspath('results')}: read-only, nothing can be written there")
    cancel_jobs_of_earlier_runs()
    let_the_scheduler_rest()
    at_once = workflow.cores if ON_THIS_MACHINE else workflow.global_resources["_nodes"].value
    print(plan.describe(plan.stages(CONFIG), at_once), file=sys.stderr)
    if not {Quietness.PROGRESS, Quietness.ALL} & set(workflow.output_settings.quiet or []):
        logger.addHandler(progress.TimeLeft(expected_seconds(), at_once, logger, lost_jobs))


def figure_targets():
    """Every figure file of the experiment."""
    return [f"{figure['stem']}.{form}" for figure in figure_sources() for form in FORMATS]


def caption(kind):
    """Text of the caption of a kind of figure: a template in reStructuredText."""
    with open(os.path.join(workflow.basedir, "workflow", "report", f"{kind}.rst"), encoding="utf-8") as file:
        return file.read()


def captions():
    """Text of the captions of every kind of figure."""
    return {kind: caption(kind) for kind in dict.fromkeys(figure["kind"] for figure in figure_sources())}


def targets():
    """Everything a bare `snakemake` makes."""
    tables = ("datasets", "accuracy", "summaries", "distances", "claims")
    return ["results/report.html", *(f"results/tables/{name}.csv" for name in tables), *figure_targets()]


def unsigned_results():
    """Results that are made anew where there is no record of what made them."""
    statistics = [f"{STATISTICS}.{form}".format(**vars(run)) for run in run_cells() for form in ("csv", "h5")]
    return [*targets(), *statistics, *distance_cells()]


def recorded_files():
    """Results that Snakemake has a record of: what made them, and with which parameters."""
    records = os.path.join(".snakemake", "metadata")
    files = set()
    for folder, _, names in os.walk(records):
        start = "" if folder == records else os.path.relpath(folder, records)  # long names are cut in parts
        for name in names:
            with suppress(ValueError):  # not a record
                encoded = os.path.join(start, name).replace(os.sep, "").replace("@", "")
                files.add(urlsafe_b64decode(encoded).decode())
    return files


def check_unrecorded_results():
    """Look through results that were copied here without their records: Snakemake would compare times only.

    HDF5 files say what made them; the run stops if that is not what the configuration says. Tables,
    figures and the report do not, and are made anew, and so are the statistics of each run, tables and all.
    """
    if not os.path.isdir("results"):
        return
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
                os.utime(path, (1, 1))  # older than what it shows; 0 would be no time to Snakemake


def check_memory():
    """Stop before a job that asks for more than there may be: Snakemake would start it all the same."""
    available = workflow.global_resources["mem_mb"].value
    for cell in all_cells():
        needed = cost_of(cell).megabytes
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
