"""An edited module reruns the stages that use it, and no other."""

from __future__ import annotations

import ast
import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from reruns import SCRIPTS, USERS, edited
from workflow_runs import REPOSITORY


@pytest.fixture(scope="module")
def copy(tmp_path_factory) -> Path:
    """The package and the scripts, copied so that a test may edit them."""
    folder = tmp_path_factory.mktemp("sources")
    shutil.copytree(REPOSITORY / "src/layertopo", folder / "layertopo")
    shutil.copytree(REPOSITORY / "workflow/scripts", folder / "scripts")
    return folder


def load_sources(package: Path):
    """The module `sources` of a copy of the package, as a new process would load it."""
    spec = importlib.util.spec_from_file_location("copied_sources", package / "sources.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def digests(copy: Path) -> dict[str, str]:
    sources = load_sources(copy / "layertopo")
    return {script: sources.code_digest(copy / f"scripts/{script}.py") for script in SCRIPTS}


@pytest.fixture(scope="module")
def before(copy) -> dict[str, str]:
    """Digests of the scripts as they are."""
    return digests(copy)


def changed_by_editing(path: Path, copy: Path, before: dict[str, str]) -> set[str]:
    with edited(path):
        after = digests(copy)
    return {script for script in SCRIPTS if before[script] != after[script]}


@pytest.mark.parametrize(("module", "scripts"), USERS.items(), ids=USERS)
def test_editing_a_module_changes_the_digests_of_the_scripts_that_use_it(copy, before, module, scripts):
    assert changed_by_editing(copy / f"layertopo/{module}.py", copy, before) == scripts


def test_editing_a_script_changes_its_digest(copy, before):
    assert changed_by_editing(copy / "scripts/train.py", copy, before) == {"train"}


def test_the_digest_does_not_depend_on_the_folder(copy, before, tmp_path):
    assert digests(shutil.copytree(copy, tmp_path / "elsewhere")) == before


@pytest.mark.parametrize("script", sorted(SCRIPTS))
def test_the_digest_covers_every_module_that_the_script_loads(script):
    path = REPOSITORY / f"workflow/scripts/{script}.py"
    imports = [
        ast.unparse(node) for node in ast.parse(path.read_text()).body if isinstance(node, ast.ImportFrom)
    ]
    # The package's front page is loaded before any module; what it loads is not the script's doing.
    lines = ["import sys, layertopo", "front = set(sys.modules)", *imports]
    lines += [
        "print(*(m.__file__ for n, m in sys.modules.items() if n.startswith('layertopo.') and n not in front))"
    ]
    loaded = subprocess.run(
        [sys.executable, "-c", "\n".join(lines)], capture_output=True, text=True, check=True
    )
    used = load_sources(REPOSITORY / "src/layertopo").modules_used(path)
    assert {Path(name) for name in loaded.stdout.split()} <= used
