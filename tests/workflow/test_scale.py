"""Large experiments: what is planned, and that nothing is done once per diagram that need not be."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from experiment import large_config
from workflow_runs import Workflow

from layertopo.experiment.cells import Run
from layertopo.experiment.parse import parse_config


@pytest.fixture
def large(tmp_path):
    workflow = Workflow(tmp_path)
    workflow.configure(large_config(seeds=5, epochs=1))
    return workflow


def test_a_plan_of_900_diagrams_has_each_job_once(large):
    runs = 3 * 4 * 5  # data sets, networks, seeds
    expected = {"dataset": 3, "train": runs, "activations": runs, "diagram": runs * 5 * 3, "claims": 1}
    plan = large.plan()
    assert {rule: plan[rule] for rule in expected} == expected


def test_one_diagram_of_many_is_planned_with_what_it_needs_only(large):
    target = "results/diagrams/spheres2/gelu/seed4/epoch1/layer4/full/all.h5"
    assert large.plan(target=target) == {"dataset": 1, "train": 1, "activations": 1, "diagram": 1}


def test_the_settings_of_many_files_share_their_parts():
    experiment = parse_config(large_config(seeds=2, epochs=1))
    first, *others = map(experiment.diagram_settings, experiment.cells())
    for settings in others:
        assert settings["cloud"] is first["cloud"]
        assert settings["homology"] is first["homology"]
    assert len({id(settings["dataset"]) for settings in (first, *others)}) == 3


def test_a_change_of_settings_that_were_handed_out_reaches_no_others():
    experiment = parse_config(large_config(seeds=2, epochs=1))
    settings = [experiment.training_settings(Run("spheres0", "relu", seed)) for seed in (0, 1)]
    assert [each["training"].pop("seed") for each in settings] == [0, 1]
    assert experiment.training_settings(Run("spheres0", "relu", 0))["training"]["seed"] == 0


@pytest.mark.parametrize(
    ("modules", "heavy"),
    [
        # What the rules import, in every job of a cluster.
        (
            "layertopo.experiment.parse, layertopo.storage, layertopo.plan, layertopo.figures.catalogue, "
            "lib.outputs, lib.pictures, lib.requests, lib.digest",
            ["scipy", "pandas", "numba", "sklearn", "matplotlib", "tensorflow"],
        ),
        (
            "layertopo.topology.diagrams",
            ["scipy", "pandas", "sklearn", "matplotlib", "tensorflow", "pydantic"],
        ),
    ],
)
def test_slow_imports_wait_until_they_are_needed(modules, heavy):
    code = f"import {modules}; import sys; print(*(set({heavy}) & set(sys.modules)))"
    result = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert result.stdout.split() == []
