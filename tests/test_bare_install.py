"""The built wheel, installed alone: it computes diagrams, brings little, and says which extra brings the rest."""

from __future__ import annotations

import subprocess
import sys
import venv
import zipfile
from pathlib import Path
from shutil import copytree, ignore_patterns

import pytest

ROOT = Path(__file__).resolve().parents[1]
CIRCLE = """
import sys
import numpy as np
from layertopo import persistence_diagram
from layertopo.homology import greedy

angles = np.linspace(0, 2 * np.pi, 50, endpoint=False)
points = np.column_stack([np.cos(angles), np.sin(angles)])
diagram = persistence_diagram(points[greedy(points, 40).rows])
print(len(diagram.bars[1]), *sorted({name.partition(".")[0] for name in sys.modules}))
"""
#: What a run of the workflow imports, and diagrams do not.
WORKFLOW = {
    "docutils",
    "gudhi",
    "h5py",
    "jinja2",
    "keras",
    "matplotlib",
    "pandas",
    "pydantic",
    "sklearn",
    "snakemake",
}


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from a copy of what git keeps of the package."""
    folder = tmp_path_factory.mktemp("wheel")
    copytree(ROOT / "src", folder / "src", ignore=ignore_patterns("__pycache__", "*.egg-info"))
    for name in ("pyproject.toml", "README.md", "LICENSE", "NOTICE"):
        (folder / name).write_bytes((ROOT / name).read_bytes())
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([*pip, "--wheel-dir", folder, folder], check=True)
    (path,) = folder.glob("*.whl")
    return path


def test_the_wheel_holds_every_file_of_the_package(wheel):
    package = ROOT / "src/layertopo"
    files = {
        path.relative_to(package.parent).as_posix()
        for path in package.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert files == {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}


def test_diagrams_import_no_package_of_the_workflow():
    done = subprocess.run([sys.executable, "-c", CIRCLE], capture_output=True, text=True, check=True)
    loops, *modules = done.stdout.split()
    assert loops == "1"
    assert WORKFLOW.isdisjoint(modules)


@pytest.fixture(scope="module")
def bare(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Interpreter of a new environment with the wheel and what it brings with it."""
    folder = tmp_path_factory.mktemp("bare")
    venv.create(folder)
    python = folder / "bin/python"
    pip = [sys.executable, "-m", "pip", "--python", python, "install", "--quiet"]
    subprocess.run([*pip, "--disable-pip-version-check", wheel], check=True)
    return python


@pytest.mark.environments
def test_a_bare_install_computes_a_diagram_with_little(bare):
    done = subprocess.run([bare, "-c", CIRCLE], capture_output=True, text=True, check=False, cwd=bare.parent)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split()[0] == "1"
    names = "from importlib.metadata import distributions as all; print(*sorted(each.name for each in all()))"
    installed = subprocess.run([bare, "-c", names], capture_output=True, text=True, check=True).stdout.split()
    assert installed == ["layertopo", "llvmlite", "numba", "numpy", "scipy"]


@pytest.mark.environments
@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ("import layertopo.storage", "h5py is not installed: pip install 'layertopo[record]'"),
        ("import layertopo.tables", "pandas is not installed: pip install 'layertopo[workflow]'"),
        ("import layertopo.plan", "yaml is not installed: pip install 'layertopo[workflow]'"),
        ("import layertopo.compare", "h5py is not installed: pip install 'layertopo[workflow]'"),
        (
            "from layertopo import persistence_diagram as compute; compute([[0, 0], [1, 0]], dimensions=(2,))",
            "engine 'gudhi' needs the package gudhi, which is not installed: pip install 'layertopo[workflow]'",
        ),
        (
            "from layertopo import persistence_diagram as compute; compute([[0, 0], [1, 0]], engine='holos')",
            "engine 'holos' needs the package holos-tda, which is not installed: pip install 'layertopo[holos]'",
        ),
    ],
)
def test_what_a_bare_install_lacks_says_which_extra_brings_it(bare, lines, message):
    done = subprocess.run([bare, "-c", lines], capture_output=True, text=True, check=False, cwd=bare.parent)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == f"ModuleNotFoundError: {message}"
