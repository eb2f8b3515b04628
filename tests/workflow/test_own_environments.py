"""Every script finds what it imports in its own conda environment; a run in these gives the same bytes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import h5py
import pytest
import yaml
from environments import environments_of_scripts, imports_of
from experiment import tiny_config
from interruptions import stored
from workflow_runs import REPOSITORY, Workflow

pytestmark = [
    pytest.mark.environments,
    pytest.mark.timeout(3600),
    pytest.mark.skipif(
        sys.version_info >= (3, 13),
        reason="the stand-in for conda uses this Python, without giotto-tda from 3.13 on",
    ),
]


@pytest.fixture(scope="module")
def own_environments(tmp_path_factory: pytest.TempPathFactory) -> Workflow:
    """A folder with the three environments, before the first run, where `conda` is the stand-in of the tests."""
    workflow = Workflow(tmp_path_factory.mktemp("own"))
    workflow.configure(tiny_config())
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", str(Path(sys.executable).parent), prepend=os.pathsep)
        patch.setenv("PATH", str(REPOSITORY / "tests/conda/bin"), prepend=os.pathsep)
        result = workflow.run("all", "--software-deployment-method", "conda", "--conda-create-envs-only")
        assert result.code == 0, result.output
        yield workflow


def python_of(environment: str, workflow: Workflow) -> Path:
    """Interpreter of the environment that was made from a file of envs/."""
    text = (REPOSITORY / f"envs/{environment}.yaml").read_text()
    (made,) = (path for path in workflow.root.glob(".snakemake/conda/*.yaml") if path.read_text() == text)
    return made.with_suffix("") / "bin/python"


@pytest.mark.parametrize(("script", "environment"), sorted(environments_of_scripts().items()))
def test_what_a_script_imports_is_in_its_environment(own_environments, script, environment):
    # Without Snakemake's own packages, which it puts at the end of the path of every job.
    done = subprocess.run(
        [python_of(environment, own_environments), "-c", imports_of(script)],
        env={"PYTHONPATH": str(REPOSITORY / "src"), "PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_a_run_in_the_environments_gives_the_same_bytes(own_environments, finished):
    result = own_environments.run("all", "--software-deployment-method", "conda")
    assert result.code == 0, result.output
    assert stored(own_environments) == stored(finished)


def test_the_environment_of_diagrams_has_every_engine(own_environments):
    lines = (
        "from layertopo import persistence_diagram as compute",
        "square = [[0, 0], [1, 0], [0, 1], [1, 1]]",
        "print(*(len(compute(square, engine=each).bars[1]) for each in ('layertopo', 'giotto', 'gudhi', 'holos')))",
    )
    done = subprocess.run(
        [python_of("topology", own_environments), "-c", "\n".join(lines)],
        env={"PYTHONPATH": str(REPOSITORY / "src"), "PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.split() == ["1"] * 4, done.stderr


def test_versions_are_those_that_the_environments_pin(own_environments):
    with h5py.File(own_environments.root / "results/models/spheres/good/seed0/weights.h5") as file:
        pins = (REPOSITORY / "envs/training.yaml").read_text()
        for library, version in yaml.safe_load(file.attrs["versions"]).items():
            assert f"{library}=={version}" in pins
