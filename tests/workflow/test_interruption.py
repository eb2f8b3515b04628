"""Runs that are killed: what they leave is whole, and the next run finishes the work to the same bytes."""

from __future__ import annotations

import shutil

import numpy as np
import pytest
from interruptions import WAYS, half_written, hidden_files, interrupt, resume, stored
from workflow_runs import Workflow

TRAINED = "results/models/spheres/bad/seed0"


@pytest.fixture
def unfinished(workflow: Workflow) -> Workflow:
    """The tiny experiment with one network still to be trained."""
    for stage in ("models/spheres/bad", "activations/spheres/bad", "diagrams/spheres/bad", "tables"):
        shutil.rmtree(workflow.root / f"results/{stage}")
    return workflow


@pytest.mark.slow
def test_a_run_that_is_interrupted_in_every_way_ends_with_the_same_bytes(finished, unfinished):
    whole = stored(finished)
    moments = np.random.default_rng(0)
    for way in WAYS:
        interrupt(unfinished, way, jobs=1, seconds=moments.uniform(0, 3))
        assert half_written(unfinished, whole) == []
    result = resume(unfinished)
    assert result.code == 0, result.output
    assert stored(unfinished) == whole
    assert hidden_files(unfinished) == []


@pytest.fixture
def killed_between_two_outputs(unfinished: Workflow, sabotage) -> Workflow:
    """The same after a run that was killed when its training had written the first of its three files."""
    with sabotage(after_rename="if 'model.keras' in str(final): os.killpg(0, 9)"):
        assert unfinished.run(f"{TRAINED}/weights.h5").code < 0
    assert [path.name for path in (unfinished.root / TRAINED).iterdir()] == ["model.keras"]
    return unfinished


@pytest.mark.slow
def test_a_lock_that_was_left_says_how_to_remove_it(killed_between_two_outputs):
    result = killed_between_two_outputs.run(f"{TRAINED}/weights.h5")
    assert result.code != 0
    assert "Directory cannot be locked" in result.output
    assert "--unlock" in result.output
    assert "Traceback" not in result.output


@pytest.mark.slow
def test_a_job_that_wrote_some_of_its_files_is_done_again(killed_between_two_outputs, finished):
    assert killed_between_two_outputs.run("--unlock").code == 0
    result = killed_between_two_outputs.run(f"{TRAINED}/weights.h5")
    assert result.code == 0, result.output
    assert result.all_jobs == {"train": 1}
    made = killed_between_two_outputs.files(f"{TRAINED}/*.[hc]*")
    assert made == finished.files(f"{TRAINED}/*.[hc]*")
    assert len(made) == 2
