"""How the package and the workflow hang together: imports go one way, and what is chosen by name is there."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import get_args

import pytest
from workflow_runs import REPOSITORY

from layertopo.analysis.verdicts import study_of
from layertopo.experiment.config import Study
from layertopo.figures.catalogue import JOBS, KINDS

PACKAGE = REPOSITORY / "src/layertopo"
MODULES = {path.relative_to(PACKAGE).with_suffix("").as_posix(): path for path in PACKAGE.rglob("*.py")}

#: Parts of the package from the bottom up: each may import from those before it, and from itself.
ORDER = [
    *(
        "versions",
        "errors",
        "epochs",
        "homology",
        "storage",
        "facts",
        "record",
        "sections",
        "tables",
        "joblog",
    ),
    *("data", "training", "topology", "analysis", "figures", "report"),
]
#: Beside that order: what a configuration means is on top of these, and for those only who plan or start jobs.
BELOW_EXPERIMENT = {"errors", "epochs", "homology", "sections", "data", "training", "topology"}
PLANNERS = {
    "plan": {"errors", "homology", "topology", "experiment"},
    "compare": {"errors", "storage", "experiment"},
    "choose_scale": {"errors", "homology", "storage", "data", "topology", "experiment"},
}
#: The transformer for scikit-learn stands on the engine alone.
BELOW_SKLEARN = {"errors", "homology"}
#: What homology may take of the rest: it is of use by itself.
BELOW_HOMOLOGY = {"errors", "versions"}


def imported(path: Path) -> set[str]:
    """Full names of the modules that a file imports, wherever in it the import stands."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import"
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def part_of(name: str) -> str:
    """Part of the package that a module's full name, or a name in it, is of; its front page is `__init__`."""
    part = name.split(".")[1]
    return part if (PACKAGE / part).is_dir() or part in MODULES else "__init__"


def parts_imported(path: Path) -> set[str]:
    return {part_of(name) for name in imported(path) if name.startswith("layertopo.")}


def legal(part: str) -> set[str]:
    """Parts that a part may import from."""
    if part == "__init__":
        return {"homology"}
    if part == "experiment":
        return BELOW_EXPERIMENT | {"experiment"}
    if part in PLANNERS:
        return PLANNERS[part]
    if part == "sklearn":
        return BELOW_SKLEARN
    if part == "homology":
        return BELOW_HOMOLOGY | {"homology"}
    # The version of the package, which is recorded like that of a library, stands on its front page.
    return {*ORDER[: ORDER.index(part) + 1], *(["__init__"] if part == "versions" else [])}


@pytest.mark.parametrize("module", sorted(MODULES))
def test_imports_go_one_way(module):
    part = module.split("/")[0]
    assert parts_imported(MODULES[module]) - legal(part) == set()


def test_every_part_has_its_place_in_the_order():
    assert {module.split("/")[0] for module in MODULES} == {
        *ORDER,
        *PLANNERS,
        "experiment",
        "sklearn",
        "__init__",
    }


@pytest.mark.parametrize("module", sorted(MODULES))
def test_nothing_in_the_package_knows_of_the_workflow(module):
    roots = {name.split(".")[0] for name in imported(MODULES[module])}
    assert roots & {"snakemake", "lib", "workflow"} == set()


@pytest.mark.parametrize(
    "path", sorted((REPOSITORY / "workflow/scripts").glob("*.py")), ids=lambda path: path.stem
)
def test_scripts_know_nothing_of_the_configuration_and_of_the_rules(path):
    """What they are told comes as parameters of their rule: the digest of their code is all else that counts."""
    assert parts_imported(path) & {"experiment", "plan", "compare"} == set()
    assert {name.split(".")[0] for name in imported(path)} & {"snakemake", "lib", "workflow"} == set()


def test_studies_are_the_legal_ones_and_all_of_them():
    modules = {path.stem for path in (PACKAGE / "analysis/studies").glob("*.py")} - {"__init__"}
    assert {"none", *modules} == set(get_args(Study))


@pytest.mark.parametrize("study", sorted({*get_args(Study)} - {"none"}))
def test_a_study_has_claims_and_gathers_what_they_are_held_against(study):
    module = study_of(study)
    assert module.CLAIMS
    assert callable(module.gather)


RULES = "".join(path.read_text() for path in sorted((REPOSITORY / "workflow/rules").glob("*.smk")))


def test_every_script_is_named_by_a_rule_and_every_named_one_is_there():
    named = set(re.findall(r'"\.\./scripts/(\w+)\.py"', RULES))
    assert named == {path.stem for path in (REPOSITORY / "workflow/scripts").glob("*.py")}


def test_every_rule_says_the_digest_of_its_own_script():
    pairs = re.findall(r'code=code\("(\w+)"(?:(?!\n +rule |\nrule ).)*?scripts/(\w+)\.py"', RULES, re.DOTALL)
    assert len(pairs) == RULES.count("script:") == RULES.count("code=code(")
    assert [pair for pair in pairs if pair[0] != pair[1]] == []


@pytest.mark.parametrize("job", JOBS)
def test_every_job_of_the_catalogue_has_a_module_that_draws(job):
    functions = {
        node.name
        for node in ast.parse((PACKAGE / f"figures/{job}.py").read_text()).body
        if isinstance(node, ast.FunctionDef)
    }
    assert "draw" in functions


def test_every_kind_of_figure_has_a_caption_and_every_caption_a_kind():
    captions = {path.stem for path in (REPOSITORY / "workflow/report").glob("*.rst")} - {"workflow"}
    assert captions == set(KINDS)


def test_an_environment_is_named_by_every_rule_with_a_script():
    assert RULES.count("conda:") == RULES.count("script:")
