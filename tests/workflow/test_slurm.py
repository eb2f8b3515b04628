"""The workflow on a real Slurm of two nodes: the same bytes; jobs that Slurm kills, and a Snakemake that is killed."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
import slurm_cluster
from experiment import tiny_config
from interruptions import TARGETS, around_renames, hidden_files, resume, stored, write_at_start
from workflow_runs import Result, Workflow

from layertopo.compare import differences

MISSING = slurm_cluster.missing() or (
    None if find_spec("snakemake_executor_plugin_slurm") else "no snakemake-executor-plugin-slurm"
)
pytestmark = [pytest.mark.slurm, pytest.mark.skipif(MISSING is not None, reason=str(MISSING))]

#: The profile as it is; but this cluster has no accounting, and a test does not wait for rare looks at the queue.
PROFILE = (
    *("--workflow-profile", "profiles/slurm", "--slurm-status-command", "squeue", "--latency-wait", "5"),
    *("--seconds-between-status-checks", "2", "--slurm-init-seconds-before-status-checks", "2"),
)
DATASET = "results/datasets/spheres.h5"


def slurm_jobs(output: str) -> list[dict[str, str]]:
    """Every Slurm job of a run, in order: number, state, node, memory, rules in it."""
    run = next(line.split()[-1] for line in output.splitlines() if line.startswith("SLURM run ID:"))
    listed = subprocess.check_output(
        ["squeue", "--noheader", "--states=all", "--sort=i", f"--name={run}", "--format=%A|%T|%N|%m|%k"],
        text=True,
    )
    names = ("number", "state", "node", "memory", "comment")
    return [dict(zip(names, line.split("|"), strict=True)) for line in listed.splitlines()]


def states(output: str, rule: str) -> list[str]:
    """How the Slurm jobs with a rule ended, in order."""
    return [job["state"] for job in slurm_jobs(output) if rule in job["comment"]]


@pytest.fixture(scope="module", autouse=True)
def _cluster() -> Iterator[None]:
    with slurm_cluster.cluster():
        yield


def sleep_once(marker: Path, name: str) -> str:
    """Line for a sabotage: the first process that is about to name its result so sleeps for ever, and leaves a marker."""
    return (
        f"if str(final).endswith({name!r}) and not os.path.exists({str(marker)!r}): "
        f"open({str(marker)!r}, 'w').close(); __import__('time').sleep(3600)"
    )


@pytest.fixture(scope="module")
def overtime(tmp_path_factory: pytest.TempPathFactory, _cluster) -> Iterator[subprocess.Popen[str]]:
    """A run, going on beside the other tests, whose one job hangs the first time; its limit is a minute."""
    folder = tmp_path_factory.mktemp("overtime")
    workflow = Workflow(folder / "run")
    workflow.configure(tiny_config())
    write_at_start(folder / "sabotage", *around_renames(sleep_once(folder / "marker", "spheres.h5")))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(folder / "sabotage"), prepend=":")
        process = workflow.start(DATASET, *PROFILE, "--set-resources", "dataset:runtime=1 * attempt")
    with process:
        yield process
        process.terminate()


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, overtime) -> tuple[Workflow, Result]:
    """The tiny experiment on the cluster; its data set gets too little memory at first."""
    workflow = Workflow(tmp_path_factory.mktemp("slurm"))
    workflow.configure(tiny_config())
    little = ("--set-resources", "dataset:mem_mb=60 * attempt ** 4")
    return workflow, workflow.run(*TARGETS, *PROFILE, *little, "--slurm-keep-successful-logs")


def test_results_are_the_same_bytes_as_on_one_machine(run, finished):
    workflow, result = run
    assert result.code == 0, result.output
    assert list(differences(workflow.root / "results", finished.root / "results")) == []
    assert hidden_files(workflow) == []


def test_jobs_run_on_both_nodes_and_small_ones_together(run):
    jobs = slurm_jobs(run[1].output)
    assert {job["node"] for job in jobs} == set(slurm_cluster.NODES)
    n_rules = sum(run[1].all_jobs.values())
    assert n_rules > 20
    # The data set, twice; two networks; all diagrams; all statistics and distances; all tables; and those of the
    # networks' layers and of classes taken for others, which none of the others is made from.
    assert len(jobs) == 9


def test_jobs_of_a_group_share_the_memory_that_slurm_gave(run):
    (job,) = (job for job in slurm_jobs(run[1].output) if "diagrams_" in job["comment"])
    (log,) = (run[0].root / ".snakemake/slurm_logs").rglob(f"{job['number']}.log")
    provided = re.search(r'Provided resources: mem_mb=Resource\("mem_mb", (\d+)\)', log.read_text())
    assert f"{provided[1]}M" == job["memory"]


def test_a_job_that_is_killed_for_memory_gets_more_and_succeeds(run):
    killed, again = states(run[1].output, "dataset_wildcards")
    assert killed in ("OUT_OF_MEMORY", "FAILED")  # the latter where no cgroup counts the memory
    assert again == "COMPLETED"


def test_a_run_goes_on_after_its_kill_and_no_file_has_two_writers(workflow, finished, tmp_path, monkeypatch):
    for stage in ("models/spheres/bad", "activations/spheres/bad", "diagrams/spheres/bad"):
        shutil.rmtree(workflow.root / f"results/{stage}")
    for table in (workflow.root / "results/tables").iterdir():
        if table.stem not in ("datasets", "networks"):  # which need nothing of the bad network
            table.unlink()
    marker, log = tmp_path / "marker", tmp_path / "renamed"
    sleep = sleep_once(marker, "bad/seed0/weights.h5")
    tell = f"print(final, file=open({str(log)!r}, 'a'))"
    write_at_start(tmp_path / "sabotage", *around_renames(sleep, tell))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "sabotage"), prepend=":")
    with workflow.start(*TARGETS, *PROFILE) as process:
        slurm_cluster.wait_until(marker.exists, "a job at its second file", seconds=120)
        process.kill()
        before = process.communicate()[0]
    assert states(before, "train") == ["RUNNING"]
    result = resume(workflow, *PROFILE)
    assert result.code == 0, result.output
    (left,) = slurm_jobs(before)
    assert left["state"] == "CANCELLED"
    assert f"Cancelling Slurm jobs of an earlier run in this folder: {left['number']}\n" in result.output
    assert stored(workflow) == stored(finished)
    renamed = Counter(line for line in log.read_text().splitlines() if line.startswith("results/"))
    # The first file of the job that was cancelled, and then again with the others.
    assert renamed.pop("results/models/spheres/bad/seed0/model.keras") == 2
    assert len(renamed) > 8
    assert set(renamed.values()) == {1}


def test_a_job_that_is_killed_for_time_gets_more_and_succeeds(overtime):
    output = overtime.communicate(timeout=180)[0]
    assert overtime.returncode == 0, output
    assert states(output, "dataset") == ["TIMEOUT", "COMPLETED"]
