"""The profiles: what they share, and what a run with the one for Slurm would send."""

from __future__ import annotations

import re

import pytest
import yaml
from experiment import with_value
from workflow_runs import REPOSITORY, Workflow


@pytest.fixture(scope="module")
def profiles() -> dict[str, dict]:
    paths = (REPOSITORY / "profiles").glob("*/config.yaml")
    return {path.parent.name: yaml.safe_load(path.read_text()) for path in paths}


def test_no_profile_says_a_thing_twice():
    for path in (REPOSITORY / "profiles").glob("*/config.yaml"):
        keys = re.findall(r"^([\w-]+):", path.read_text(), re.MULTILINE)
        assert len(keys) == len(set(keys))


def test_the_slurm_profile_keeps_what_the_default_one_sets(profiles):
    for key, value in profiles["default"].items():
        if key != "default-resources":  # which grow with the attempt there
            assert profiles["slurm"][key] == value
    assert set(profiles["default"]["default-resources"]) <= set(profiles["slurm"]["default-resources"])


@pytest.mark.parametrize("batch", ["diagram", "epoch"])
def test_all_but_the_data_set_goes_to_slurm_in_groups(fresh: Workflow, batch):
    fresh.configure(with_value(("analysis", "batch"), batch))
    # Snakemake checks the groups in a dry run: no job may wait for its own group.
    output = fresh.run("all", "--dry-run", "--workflow-profile", "profiles/slurm").output
    assert set(re.findall(r"Group job (\w+)", output)) == {"network", "diagrams", "comparisons", "summary"}
    single = re.findall(r"^Job \d+: (.*)", output, re.MULTILINE)
    assert single == ["Make data set spheres", "The report is ready: results/report.html"]


def test_a_diagram_that_no_slurm_job_can_hold_is_refused(fresh: Workflow):
    result = fresh.run(
        "all", "--dry-run", "--workflow-profile", "profiles/slurm", "--resources", "mem_mb=100"
    )
    assert result.code != 0
    assert "clouds.all.sample.points" in result.output
    assert "Traceback" not in result.output


def test_inside_of_a_slurm_job_its_memory_is_the_limit(fresh: Workflow, monkeypatch):
    monkeypatch.setenv("SLURM_MEM_PER_NODE", "1024")
    assert fresh.run("all", "--dry-run").code == 0
    monkeypatch.setenv("SLURM_MEM_PER_NODE", "102")
    result = fresh.run("all", "--dry-run")
    assert result.code != 0
    assert "there are 0.1" in result.output
