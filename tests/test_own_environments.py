"""Every rule runs with nothing but what its conda environment lists, to the same bytes."""

from __future__ import annotations

import ast
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
from reruns import SCRIPTS
from workflow_runs import REPOSITORY, Workflow

from layertopo.sources import modules_used

pytestmark = [pytest.mark.environments, pytest.mark.timeout(3600)]


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


def imported_by(script: str) -> set[str]:
    """Names of all packages that a script and the modules it uses import, wherever in them."""
    path = REPOSITORY / f"workflow/scripts/{script}.py"
    nodes = [node for file in (path, *modules_used(path)) for node in ast.walk(ast.parse(file.read_text()))]
    names = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)}
    return {name.split(".")[0] for name in names}


NOTE = """
import atexit, os, sys

def note():
    script = sys.orig_argv[-1].rsplit('.', 2)[-2]
    files = {name.split('.')[0]: getattr(module, '__file__', None) or '' for name, module in sys.modules.items()}
    foreign = [name for name, file in files.items() if 'site-packages' in file and not file.startswith(sys.prefix)]
    with open(os.path.join(FOLDER, script), 'a') as notes:
        print(*foreign, file=notes)

if '.snakemake/scripts/' in sys.orig_argv[-1]:
    atexit.register(note)
"""


def test_a_run_in_the_environments_takes_nothing_from_elsewhere_and_gives_the_same_bytes(
    own_environments, finished, tmp_path
):
    # Snakemake keeps PYTHONPATH from jobs in conda environments, so the note is left in these.
    for packages in own_environments.root.glob(".snakemake/conda/*/lib/python*/site-packages"):
        (packages / "sitecustomize.py").write_text(f"FOLDER = {str(tmp_path)!r}\n{NOTE}")
    result = own_environments.run("all", "--software-deployment-method", "conda")
    assert result.code == 0, result.output
    assert stored(own_environments) == stored(finished)
    foreign = {path.name: set(path.read_text().split()) for path in tmp_path.iterdir()}
    assert set(foreign) == SCRIPTS
    # Snakemake's own packages stand at the end of every job's path, where Keras, for one, finds what it can do without.
    assert {
        script: names & imported_by(script)
        for script, names in foreign.items()
        if names & imported_by(script)
    } == {}
    assert all("snakemake" in names for names in foreign.values())


def test_versions_are_those_that_the_environments_pin(own_environments):
    with h5py.File(own_environments.root / "results/models/spheres/good/seed0/weights.h5") as file:
        pins = (REPOSITORY / "envs/training.yaml").read_text()
        for library, version in yaml.safe_load(file.attrs["versions"]).items():
            assert f"{library}=={version}" in pins
