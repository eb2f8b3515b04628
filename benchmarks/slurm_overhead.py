"""What Slurm costs: the tiny experiment of the tests on this machine, on Slurm, and on Slurm without groups.

    python benchmarks/slurm_overhead.py [TARGET ...]

Starts a cluster of two nodes on this machine (Debian, root), as the tests do; all three have the same cores.
Prints a table: wall time, jobs, Slurm jobs, and what each of these took beyond the work in it.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

import slurm_cluster
from experiment import tiny_config
from interruptions import TARGETS
from workflow_runs import Workflow

SLURM = (
    *("--workflow-profile", "profiles/slurm", "--slurm-status-command", "squeue"),
    *("--seconds-between-status-checks", "2", "--slurm-init-seconds-before-status-checks", "2"),
)
#: Groups given on the command line replace the profile's.
WAYS = {"local": (), "Slurm": SLURM, "Slurm, no groups": (*SLURM, "--groups", "dataset=dataset")}


def seconds(clock: str) -> int:
    """Seconds of Slurm's hours:minutes:seconds; no job here runs for days."""
    hours, minutes, rest = clock.split(":")
    return 3600 * int(hours) + 60 * int(minutes) + int(rest)


def times_in_slurm(output: str) -> list[int]:
    """Seconds that each Slurm job of a run took."""
    run = re.search(r"^SLURM run ID: (\S+)$", output, re.MULTILINE)
    if run is None:
        return []
    shown = subprocess.check_output(["scontrol", "show", "jobs", "--oneliner"], text=True)
    jobs = [line for line in shown.splitlines() if f"JobName={run[1]} " in line]
    return [seconds(re.search(r"RunTime=(\S+)", job)[1]) for job in jobs]


def times_of_work(workflow: Workflow) -> list[float]:
    """Seconds that each job took inside its script, as its log says."""
    logs = (workflow.root / "results/logs").rglob("*.log")
    return [float(re.search(r"done in (\S+) s", log.read_text())[1]) for log in logs]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("targets", nargs="*", default=TARGETS, help="what to make (default: all tables)")
    targets = parser.parse_args().targets
    if reason := slurm_cluster.missing():
        sys.exit(reason)
    print("| where | wall time (s) | jobs | Slurm jobs | work (s) | beyond the work, per Slurm job (s) |")
    print("| --- | --- | --- | --- | --- | --- |")
    with slurm_cluster.cluster(), tempfile.TemporaryDirectory() as folder:
        for way, options in WAYS.items():
            workflow = Workflow(Path(folder, way))
            workflow.configure(tiny_config())
            start = time.perf_counter()
            result = workflow.run(*targets, *options)
            wall = time.perf_counter() - start
            if result.code:
                sys.exit(result.output)
            work, inside = times_of_work(workflow), times_in_slurm(result.output)
            # In a group jobs run side by side: only single ones can be told from their work.
            beyond = f"{(sum(inside) - sum(work)) / len(inside):.0f}" if len(inside) == len(work) else ""
            print(
                f"| {way} | {wall:.0f} | {len(work)} | {len(inside)} | {sum(work):.0f} | {beyond} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
