"""What is looked at before a run: jobs that an earlier one left, results without a record, memory, time."""

from __future__ import annotations

import itertools
import math
import os
import re
import shutil
import subprocess
import sys
import time
from base64 import urlsafe_b64decode
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
from snakemake.exceptions import WorkflowError
from snakemake.logging import logger
from snakemake.settings.enums import Quietness

from layertopo import plan, storage
from layertopo.errors import ResultError
from layertopo.experiment.cells import Cell, Experiment
from layertopo.storage import Stored
from lib import progress
from lib.requests import Requests


def memory() -> int:
    """Megabytes for jobs that run side by side: what Slurm gave, inside of its jobs, or else most of this machine's."""
    # Slurm's own variable ends at the first of the two Snakemakes inside of a job.
    given = os.environ.get("SLURM_MEM_PER_NODE") or os.environ.get("LAYERTOPO_MEM_MB")
    if given:
        os.environ.update(LAYERTOPO_MEM_MB=given)
    return int(given or 0) or int(0.9 * psutil.virtual_memory().total / 2**20)


def check_memory(experiment: Experiment, cells: Iterable[Cell], requests: Requests) -> None:
    """Stop before a diagram that asks for more than there may be: Snakemake would start it all the same."""
    for cell in cells:
        needed = requests.cost(cell).megabytes
        if needed > requests.most:
            points = experiment.n_points(cell.dataset, cell.split, cell.cloud)
            sys.exit(
                f"Error: a diagram of {points:,} points (data set {cell.dataset!r}, split {cell.split!r}, cloud "
                f"{cell.cloud!r}, engine {experiment.config.homology.engine!r}) may take {needed / 1024:.1f} GB of "
                f"memory, and there are {requests.most / 1024:.1f}; lower clouds.{cell.cloud}.sample.points, or take "
                f"another engine. To try it all the same: --resources mem_mb={math.ceil(needed)}"
            )


# Results that were copied here without their records.


def recorded_files() -> set[str]:
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


def check_unrecorded(signed: Iterable[Stored], unsigned: Iterable[str]) -> None:
    """Look through results that were copied here without their records: Snakemake would compare times only.

    Parameters
    ----------
    signed : iterable of Stored
        They say what made them; the run stops if that is not what the configuration says.
    unsigned : iterable of str
        Files that do not, and are made anew.
    """
    if not os.path.isdir("results"):
        return
    recorded = recorded_files()
    for each in signed:
        if each.path not in recorded and os.path.exists(each.path):
            try:
                with storage.load(each.path, each.provenance):
                    pass
            except ResultError as error:
                sys.exit(f"Error: {error}")
    for path in unsigned:
        if path not in recorded and os.path.exists(path):
            with suppress(OSError):  # a read-only folder is refused when the run starts
                os.utime(path, (1, 1))  # older than what it shows; 0 would be no time to Snakemake


# Jobs that an earlier run left.


def _command(words: list[str]) -> str:
    """What a command prints; the run stops if it fails."""
    result = subprocess.run(words, capture_output=True, text=True)  # noqa: S603  fixed words, and names from Snakemake's log
    if result.returncode:
        raise WorkflowError(f"{words[0]} failed: {result.stderr.strip()}")
    return result.stdout


def cancel_jobs_of_earlier_runs() -> None:
    """End the Slurm jobs that a run in this folder left behind when it was killed, and wait until they are gone.

    They write the same files as the jobs of this run. Nothing is lost: Snakemake takes no result of a job whose
    end it did not see. No other run can be at work, for Snakemake lets one at a time into a folder.
    """
    logs = [log.read_text(errors="replace") for log in Path(".snakemake", "log").glob("*.log")]
    runs = {run for log in logs for run in re.findall(r"^SLURM run ID: ([\w-]+)$", log, re.MULTILINE)}
    if not runs or shutil.which("squeue") is None:
        return
    queue = ["squeue", "--noheader", "--format=%A", f"--name={','.join(sorted(runs))}"]
    cancelled: set[str] = set()
    while left := _command(queue).split():
        if new := set(left) - cancelled:
            logger.info(f"Cancelling Slurm jobs of an earlier run in this folder: {' '.join(sorted(new))}")
            _command(["scancel", *new])
            cancelled |= new
        time.sleep(1)


# The run itself; `workflow` is Snakemake's.


def begin(workflow: Any, experiment: Experiment, at_once: int) -> None:
    """What happens just before the first job: the folder is checked, and the plan is said.

    Parameters
    ----------
    workflow : snakemake.workflow.Workflow
    experiment : Experiment
    at_once : int
        Cores, or jobs on a cluster.
    """
    if os.path.isdir("results") and not os.access("results", os.W_OK):
        raise WorkflowError(f"{os.path.abspath('results')}: read-only, nothing can be written there")
    cancel_jobs_of_earlier_runs()
    _let_the_scheduler_rest(workflow)
    print(
        *plan.brought(experiment), plan.describe(plan.stages(experiment), at_once), sep="\n", file=sys.stderr
    )
    if not {Quietness.PROGRESS, Quietness.ALL} & set(workflow.output_settings.quiet or []):
        expected = {
            job.jobid: plan.job_seconds(experiment, job.rule.name, dict(job.wildcards.items()))
            for job in workflow.dag.needrun_jobs()
            if job.rule.name != "all"
        }
        logger.addHandler(progress.TimeLeft(expected, at_once, logger, lambda: _lost_jobs(workflow)))


def _lost_jobs(workflow: Any) -> list[int]:
    """Numbers of the jobs that cannot run any more: those that failed, and what needs them."""
    failed = [each if each.is_group() else [each] for each in workflow.scheduler.failed]
    todo = list(itertools.chain.from_iterable(failed))
    lost = set(todo)
    while todo:
        new = set(workflow.dag.depending[todo.pop()]) - lost
        lost |= new
        todo += new
    return [job.jobid for job in lost]


def _let_the_scheduler_rest(workflow: Any) -> None:
    """Lift Snakemake's own limit of how many jobs start in a second, which is above what can be reached here.

    As long as there is a limit, every look for jobs to start plans another one a second later, and so does every
    job that ends (snakemake/snakemake#3744): after a thousand jobs it looks a thousand times a second.
    """
    limit = workflow.scheduling_settings.max_jobs_per_timespan
    if limit and (limit.max_jobs, limit.timespan) == (100, 1):
        workflow.scheduler.job_rate_limiter = None
