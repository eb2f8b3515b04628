"""Runs that are interrupted: how, and what must hold afterwards."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import psutil
from workflow_runs import Result, Workflow

#: Files that an undisturbed run and one that was interrupted have in common, byte by byte.
STORED = ("results/**/*.h5", "results/**/*.csv")
#: What the interrupted runs make: everything but pictures.
TARGETS = tuple(f"results/tables/{name}.csv" for name in ("datasets", "networks", "confusion", "claims"))


def to_all(number: signal.Signals) -> Callable[[subprocess.Popen[str]], None]:
    """Function that sends a signal to Snakemake and all its jobs, as a terminal does."""
    return lambda process: os.killpg(process.pid, number)


def kill_snakemake_alone(process: subprocess.Popen[str]) -> None:
    """Kill Snakemake and leave its jobs to themselves."""
    process.kill()


def kill_a_job(process: subprocess.Popen[str]) -> None:
    """Kill the process of the first job that is seen, as the kernel does when memory is short."""
    while process.poll() is None:
        for child in psutil.Process(process.pid).children(recursive=True):
            with contextlib.suppress(psutil.Error):
                if any(".snakemake/scripts/" in word for word in child.cmdline()):
                    child.kill()
                    return
        time.sleep(0.05)


WAYS: dict[str, Callable[[subprocess.Popen[str]], None]] = {
    "SIGKILL": to_all(signal.SIGKILL),
    "SIGTERM": to_all(signal.SIGTERM),
    "Ctrl-C": to_all(signal.SIGINT),
    "SIGKILL of Snakemake": kill_snakemake_alone,
    "SIGKILL of a job": kill_a_job,
}


def interrupt(workflow: Workflow, way: str, jobs: int, seconds: float) -> bool:
    """Run, and interrupt the run some time after its n-th job has started (0: after its own start).

    Returns
    -------
    bool
        Whether the run was still going then.
    """
    with workflow.start(*TARGETS) as process:
        assert process.stdout is not None
        while jobs and (line := process.stdout.readline()):
            jobs -= line.startswith("Job ")
        time.sleep(seconds)
        going = process.poll() is None
        if going:
            WAYS[way](process)
        if WAYS[way] is not kill_snakemake_alone:  # its jobs go on, and keep its output open
            process.stdout.read()
    return going


def resume(workflow: Workflow, *arguments: str) -> Result:
    """Run to the end, as the messages of the interrupted run say."""
    result = workflow.run(*TARGETS, *arguments)
    if "--unlock" in result.output:
        assert workflow.run("--unlock").code == 0
        result = workflow.run(*TARGETS, *arguments)
    return result


def around_renames(before: str = "pass", after: str = "pass") -> tuple[str, ...]:
    """Lines that make a Python process run a line just before or after it renames a file to `final`."""
    return (
        *("import os", "rename = os.replace", "def replace(part, final, **options):"),
        *(f"    {before}", "    rename(part, final, **options)", f"    {after}"),
        "os.replace = replace",
    )


def write_at_start(folder: Path, *lines: str) -> None:
    """Make every Python that has the folder in PYTHONPATH run some lines at its start."""
    folder.mkdir(exist_ok=True)
    # Python runs a module of this name at its start.
    (folder / "sitecustomize.py").write_text("\n".join(lines))


def stored(workflow: Workflow) -> dict[str, str]:
    """Digest of every stored file that must repeat its bytes."""
    return {path: digest for pattern in STORED for path, digest in workflow.files(pattern).items()}


def half_written(workflow: Workflow, whole: dict[str, str]) -> list[str]:
    """Stored files under their final names that are not as an undisturbed run made them."""
    hidden = [path for path in stored(workflow) if path.rsplit("/", 1)[1].startswith(".")]
    return [
        path for path, digest in stored(workflow).items() if path not in hidden and digest != whole.get(path)
    ]


def hidden_files(workflow: Workflow) -> list[Path]:
    """Temporary files that something left behind."""
    return list((workflow.root / "results").rglob(".*"))
