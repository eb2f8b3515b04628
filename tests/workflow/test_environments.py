"""The conda environments and the ranges agree with the lock file."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
import yaml
from environments import environments_of_scripts, imports_of
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from reruns import OF_LOOPS, OF_OUTSIDE, SCRIPTS

ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENTS = sorted((ROOT / "envs").glob("*.yaml"))


def locked() -> dict[str, str]:
    pins = re.findall(r"^([\w.-]+)==([^\s;]+)", (ROOT / "requirements.lock").read_text(), re.MULTILINE)
    return {name.lower(): version for name, version in pins}


def pinned(path: Path) -> list[Requirement]:
    """What the pip section of an environment asks for."""
    dependencies = yaml.safe_load(path.read_text())["dependencies"]
    (pip,) = (entry["pip"] for entry in dependencies if isinstance(entry, dict))
    return [Requirement(line) for line in pip]


@pytest.mark.parametrize("path", ENVIRONMENTS, ids=lambda path: path.stem)
def test_an_environment_pins_what_the_lock_pins(path):
    requirements = pinned(path)
    assert len(requirements) > 3
    for requirement in requirements:
        assert str(requirement.specifier) == f"=={locked()[requirement.name]}"


@pytest.mark.parametrize("path", ENVIRONMENTS, ids=lambda path: path.stem)
def test_an_environment_has_a_python_that_the_package_takes(path):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    python = yaml.safe_load(path.read_text())["dependencies"][0]
    assert Requirement(f"python{project['requires-python']}").specifier.contains(python.split("=")[1])


def test_every_script_has_an_environment_and_every_environment_a_script():
    assert set(environments_of_scripts()) == SCRIPTS | OF_OUTSIDE | OF_LOOPS
    assert set(environments_of_scripts().values()) == {path.stem for path in ENVIRONMENTS}


def with_requirements(names: set[str]) -> set[str]:
    """Distributions, and all that they bring with them."""
    found: set[str] = set()
    todo = {canonicalize_name(name) for name in names}
    while todo:
        name = todo.pop()
        found.add(name)
        lines = map(Requirement, metadata.requires(name) or [])
        needed = {
            canonicalize_name(line.name)
            for line in lines
            if not line.marker or line.marker.evaluate({"extra": ""})
        }
        todo |= needed - found
    return found


@pytest.mark.slow
@pytest.mark.parametrize(("script", "environment"), sorted(environments_of_scripts().items()))
def test_what_a_script_imports_comes_with_its_environment(script, environment):
    lines = (
        "import sys",
        "before = set(sys.modules)",
        imports_of(script),
        "new = [m for n, m in sys.modules.items() if n not in before and 'site-packages' in (getattr(m, '__file__', None) or '')]",
        "print(*{m.__name__.split('.')[0] for m in new})",
    )
    done = subprocess.run(
        [sys.executable, "-c", "\n".join(lines)], capture_output=True, text=True, check=True, cwd=ROOT
    )
    providers = metadata.packages_distributions()
    loaded = {canonicalize_name(providers[name][0]) for name in done.stdout.split() if name in providers}
    here = {
        line.name
        for line in pinned(ROOT / f"envs/{environment}.yaml")
        if not line.marker or line.marker.evaluate()
    }
    assert loaded - {"layertopo"} <= with_requirements(here)
    assert "numpy" in loaded


def test_an_environment_with_what_giotto_tda_needs_gets_it_at_the_version_of_the_lock():
    needs = {"giotto-ph", "igraph", "ipywidgets", "joblib", "plotly", "pyflagser", "scikit-learn"}
    for path in ENVIRONMENTS:
        script = path.with_suffix(".post-deploy.sh")
        assert script.exists() == ("giotto-ph" in path.read_text())
        if script.exists():
            assert needs <= {requirement.name for requirement in pinned(path)}
            assert f"--no-deps giotto-tda=={locked()['giotto-tda']}\n" in script.read_text()


def test_the_lock_is_within_the_ranges_of_the_package():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    extras = project["project"]["optional-dependencies"].values()
    groups = project["dependency-groups"].values()
    lines = [*project["project"]["dependencies"], *(line for each in (*extras, *groups) for line in each)]
    for requirement in map(Requirement, lines):
        assert requirement.specifier.contains(locked()[requirement.name.lower()])


def test_the_lock_holds_one_version_of_each_package():
    names = re.findall(r"^([\w.-]+)==", (ROOT / "requirements.lock").read_text(), re.MULTILINE)
    assert len(names) == len(set(names))


def test_only_the_pin_of_giotto_tda_is_not_kept():
    """Its metadata ask for an older scikit-learn than it works with; all other packages get what they ask for."""
    check = [sys.executable, "-m", "pip", "check", "--disable-pip-version-check"]
    found = subprocess.run(check, capture_output=True, text=True, check=False).stdout.splitlines()
    if sys.version_info < (3, 13):
        pin = f"giotto-tda 0.6.2 has requirement scikit-learn==1.3.2, but you have scikit-learn {locked()['scikit-learn']}."
        assert found == [pin]
    else:
        assert found == ["No broken requirements found."]


def test_every_package_in_the_lock_has_a_hash_and_none_an_address():
    text = (ROOT / "requirements.lock").read_text()
    entries = re.split(r"^(?=[\w.-]+==)", text, flags=re.MULTILINE)[1:]
    assert all("--hash=sha256:" in entry for entry in entries)
    assert "://" not in text
