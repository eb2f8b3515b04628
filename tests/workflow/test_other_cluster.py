"""The workflow on a scheduler that Snakemake knows by three commands only: submit, status, cancel."""

from __future__ import annotations

import stat
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import pytest
from workflow_runs import Workflow

pytestmark = pytest.mark.skipif(
    find_spec("snakemake_executor_plugin_cluster_generic") is None,
    reason="no snakemake-executor-plugin-cluster-generic",
)

#: A scheduler in a folder: a job's number is that of its process, its end is a file.
SUBMIT = """#!/bin/sh
# What a job asks for comes as arguments, the job's script last.
echo "$1 $2" >> {folder}/asked
(sh "$3" > {folder}/$$.log 2>&1; echo $? > {folder}/$$.end) > /dev/null 2>&1 &
echo $$
"""
STATUS = """#!/bin/sh
if [ ! -e {folder}/$1.end ]; then echo running
elif [ "$(cat {folder}/$1.end)" = 0 ]; then echo success
else echo failed
fi
"""


@pytest.fixture
def scheduler(tmp_path: Path) -> Callable[[str], str]:
    """Path of a command of the scheduler, by name."""
    for name, text in {"submit": SUBMIT, "status": STATUS}.items():
        path = tmp_path / name
        path.write_text(text.format(folder=tmp_path))
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return lambda name: str(tmp_path / name)


@pytest.mark.slow
def test_the_profile_for_slurm_serves_another_scheduler(workflow: Workflow, finished, scheduler, tmp_path):
    made = [*workflow.root.glob("results/diagrams/**/*.h5"), workflow.root / "results/tables/claims.csv"]
    for path in made:
        path.unlink()
    result = workflow.run(
        *(path.relative_to(workflow.root) for path in made),
        *("--workflow-profile", "profiles/slurm", "--executor", "cluster-generic"),
        *("--cluster-generic-submit-cmd", scheduler("submit") + " {resources.mem_mb} {resources.runtime}"),
        *("--cluster-generic-status-cmd", scheduler("status")),
        *("--latency-wait", "5", "--seconds-between-status-checks", "1"),
    )
    assert result.code == 0, result.output
    assert workflow.files("results/**/*.h5") == finished.files("results/**/*.h5")
    assert workflow.files("results/tables/*") == finished.files("results/tables/*")
    asked = [tuple(map(int, line.split())) for line in (tmp_path / "asked").read_text().splitlines()]
    # All diagrams together, then what is computed from them, then the tables; each with its memory and time.
    assert len(asked) == 3
    assert all(megabytes >= 1000 and minutes >= 10 for megabytes, minutes in asked)
