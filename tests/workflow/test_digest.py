"""An edited module reruns the rules that use it, and no other."""

from __future__ import annotations

import ast
import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
from reruns import NAMED, RULES, SCRIPT_OF_RULE, USERS, edited
from workflow_runs import REPOSITORY


@pytest.fixture(scope="module")
def copy(tmp_path_factory) -> Path:
    """The package, the scripts and what only rules need, copied so that a test may edit them."""
    folder = tmp_path_factory.mktemp("sources")
    for name in ("src", "workflow"):
        shutil.copytree(REPOSITORY / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


def load_digest(repository: Path) -> ModuleType:
    """The module `digest` of a copy of the repository, as a new process would load it."""
    spec = importlib.util.spec_from_file_location("copied_digest", repository / "workflow/lib/digest.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def script_of(rule: str, repository: Path) -> Path:
    return repository / f"workflow/scripts/{SCRIPT_OF_RULE.get(rule, rule)}.py"


def named(rule: str) -> list[str]:
    return [NAMED[rule]] if rule in NAMED else []


def digests(copy: Path) -> dict[str, str]:
    digest = load_digest(copy)
    return {rule: digest.code_digest(script_of(rule, copy), *named(rule)) for rule in RULES}


@pytest.fixture(scope="module")
def before(copy) -> dict[str, str]:
    """Digests of the rules' code as it is."""
    return digests(copy)


def changed_by_editing(path: Path, copy: Path, before: dict[str, str]) -> set[str]:
    with edited(path):
        after = digests(copy)
    return {rule for rule in RULES if before[rule] != after[rule]}


@pytest.mark.parametrize(("module", "rules"), USERS.items(), ids=USERS)
def test_editing_a_module_changes_the_digests_of_the_rules_that_use_it(copy, before, module, rules):
    assert changed_by_editing(copy / f"src/layertopo/{module}.py", copy, before) == rules


@pytest.mark.parametrize(
    "path", sorted((REPOSITORY / "workflow/lib").glob("*.py")), ids=lambda path: path.stem
)
def test_editing_what_only_rules_need_changes_no_digest(copy, before, path):
    assert changed_by_editing(copy / path.relative_to(REPOSITORY), copy, before) == set()


@pytest.mark.parametrize(
    ("script", "rules"),
    [
        ("train", {"train"}),
        ("distances", {"run_distances", "between_distances"}),
        ("figure", {rule for rule in RULES if rule.startswith("figure_")}),
    ],
)
def test_editing_a_script_changes_its_digest(copy, before, script, rules):
    assert changed_by_editing(copy / f"workflow/scripts/{script}.py", copy, before) == rules


def test_the_digest_does_not_depend_on_the_folder(copy, before, tmp_path):
    assert digests(shutil.copytree(copy, tmp_path / "elsewhere")) == before


def test_no_two_rules_that_share_a_script_and_name_different_modules_share_a_digest(before):
    figures = {rule: digest for rule, digest in before.items() if rule.startswith("figure_")}
    assert len(set(figures.values())) == len(figures) == 7


@pytest.mark.parametrize("rule", sorted(RULES))
def test_the_digest_covers_every_module_that_the_script_loads(rule):
    path = script_of(rule, REPOSITORY)
    imports = [
        ast.unparse(node) for node in ast.parse(path.read_text()).body if isinstance(node, ast.ImportFrom)
    ]
    imports += [f"import {module}" for module in named(rule)]
    # The package's front page is loaded before any module; what it loads is not the script's doing.
    lines = ["import sys, layertopo", "front = set(sys.modules)", *imports]
    lines += [
        "print(*(m.__file__ for n, m in sys.modules.items() if n.startswith('layertopo.') and n not in front))"
    ]
    loaded = subprocess.run(
        [sys.executable, "-c", "\n".join(lines)], capture_output=True, text=True, check=True
    )
    used = load_digest(REPOSITORY).modules_used(path, *named(rule))
    assert {Path(name) for name in loaded.stdout.split()} <= used
