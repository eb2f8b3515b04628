# The configuration, what wildcards may be, and what all rules share. What there is of results, and what a job asks
# for, is in workflow/lib.
import os
import re
import sys
from pathlib import Path

import yaml
from snakemake.utils import update_config

# The package as it stands in this repository, also inside a rule's own conda environment.
SOURCES = os.path.join(workflow.basedir, "src")
sys.path[:0] = [SOURCES, os.path.join(workflow.basedir, "workflow")]
inherited = dict(os.environ).get("PYTHONPATH", "").split(os.pathsep)
os.environ.update(PYTHONPATH=os.pathsep.join(dict.fromkeys(filter(None, [SOURCES, *inherited]))))

from layertopo.analysis.names import DISTANCES
from layertopo.epochs import LAST, epoch_of
from layertopo.errors import ConfigError
from layertopo.experiment.clouds import dimensions
from layertopo.experiment.parse import parse_config
from layertopo.figures.catalogue import JOBS, KINDS
from layertopo.training.dense import Dense
from layertopo.training.recorded import Recorded
from layertopo.training.retrained import Retrained
from layertopo.training.saved import Saved
from lib import at_start
from lib.digest import code_digest
from lib.outputs import (
    ACTIVATIONS,
    BETWEEN_DISTANCES,
    DATASET,
    DIAGRAM,
    LOOP_TABLES,
    LOOPS,
    REPORT,
    RUN,
    RUN_DISTANCES,
    STATISTICS,
    TABLE,
    Outputs,
    cell_of,
    paths,
    place_of,
    run_of,
)
from lib.pictures import Pictures, stem
from lib.requests import NOTHING, ON_A_CLUSTER, Requests


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
    EXPERIMENT = parse_config(config)
except ConfigError as error:
    sys.exit(f"Error: {error}")
CONFIG = EXPERIMENT.config
OUTPUTS = Outputs(EXPERIMENT)
PICTURES = Pictures(OUTPUTS)

# Jobs that run side by side may take this much and no more. Jobs sent to a cluster get what they ask for; inside of one
# there are two Snakemakes, of which the first tells the second what Slurm gave.
HERE = at_start.memory()
ON_THIS_MACHINE = workflow.global_resources["_nodes"].value is None
if ON_THIS_MACHINE and "mem_mb" not in workflow.global_resources:
    workflow.register_resource("mem_mb", HERE)
MEMORY = workflow.global_resources["mem_mb"].value if "mem_mb" in workflow.global_resources else float("inf")
REQUESTS = Requests(
    EXPERIMENT, NOTHING if ON_THIS_MACHINE and workflow.is_main_process else ON_A_CLUSTER, MEMORY
)


def one_of(values):
    """Regular expression of the legal values of a wildcard; of none, one that nothing fits."""
    return "|".join(sorted(set(map(str, values)))) or "(?!)"


wildcard_constraints:
    dataset=one_of(CONFIG.datasets),
    model=one_of(CONFIG.models),
    seed=one_of(EXPERIMENT.all_seeds()),
    epoch=one_of([LAST, *(epoch for model in CONFIG.models for epoch in EXPERIMENT.all_epochs(model))]),
    layer=one_of(range(max(model.last_layer for model in CONFIG.models.values()) + 1)),
    split="train|test|full",
    cloud=one_of(re.escape(cloud) for dataset in CONFIG.datasets for cloud in EXPERIMENT.clouds(dataset)),
    along="layer|epoch",
    dimension="0|1|2",
    distance=one_of(DISTANCES),


def code(script, *modules):
    """Digest of a script and of the package's modules it uses: an edit reruns its stage, and no other."""
    return code_digest(os.path.join(workflow.basedir, "workflow", "scripts", f"{script}.py"), *modules)


# The module of the study, which scripts choose as they run.
STUDY = [] if CONFIG.study == "none" else [f"layertopo.analysis.studies.{CONFIG.study}"]


def caption(kind):
    """Text of the caption of a kind of figure: a template in reStructuredText."""
    return Path(workflow.basedir, "workflow", "report", f"{kind}.rst").read_text(encoding="utf-8")


onstart:
    at_start.begin(
        workflow,
        EXPERIMENT,
        workflow.cores if ON_THIS_MACHINE else workflow.global_resources["_nodes"].value,
    )


if workflow.is_main_process:
    at_start.check_unrecorded(OUTPUTS.signed(), [*PICTURES.targets(), REPORT, *OUTPUTS.unsigned()])
    if MEMORY < float("inf"):
        at_start.check_memory(EXPERIMENT, OUTPUTS.cells, REQUESTS)
