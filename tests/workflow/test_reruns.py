"""A change reruns what depends on it, and nothing else: the table in docs/reruns.md."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

import pytest
import yaml
from experiment import Config, tiny_config, with_value
from reruns import (
    ALL_DIAGRAMS,
    CHANGES,
    END,
    FIGURES_OF_TABLES,
    LOST_DIAGRAMS,
    OF_DIAGRAMS,
    OF_LOOPS,
    OF_LOST_RUNS,
    OF_OUTSIDE,
    PLANNED,
    RULES,
    SCRIPT_OF_RULE,
    SCRIPTS,
    STAGES,
    TABLES_OF_DATA,
    TABLES_OF_DIAGRAMS,
    TABLES_OF_NETWORKS,
    TABLES_OF_RUNS,
    USERS,
    Change,
    edited,
)
from workflow_runs import REPOSITORY, Workflow, some_are_essential

DATASET = "results/datasets/spheres.h5"
DIAGRAM = "results/diagrams/spheres/good/seed0/epoch2/layer1/train/all.h5"
MODULES = {
    path.relative_to(REPOSITORY / "src/layertopo").with_suffix("").as_posix(): path
    for path in (REPOSITORY / "src/layertopo").rglob("*.py")
}


def plan_for(config: Config, workflow: Workflow, folder: Path) -> dict[str, int]:
    """Jobs of a run with another configuration."""
    path = folder / "changed.yaml"
    path.write_text(yaml.safe_dump(config))
    return workflow.quick_plan("--configfile", path)


def split_up(jobs: dict[str, int]) -> tuple[dict[str, int], set[str]]:
    """Number of jobs of each stage, and the other rules."""
    return {rule: n for rule, n in jobs.items() if rule in STAGES}, set(jobs) - set(STAGES)


# The configuration


@pytest.mark.parametrize("change", some_are_essential(CHANGES.values(), 2), ids=CHANGES)
def test_a_changed_value_reruns_what_depends_on_it_and_nothing_else(
    finished: Workflow, tmp_path: Path, change: Change
):
    jobs = plan_for(with_value(change.key, change.value), finished, tmp_path)
    assert split_up(jobs) == (change.jobs, change.rules)


def test_a_change_and_its_undoing_rerun_nothing(workflow):
    workflow.configure(with_value(("training", "learning_rate"), 0.02))
    assert workflow.quick_plan()
    workflow.configure(tiny_config())
    assert workflow.quick_plan() == {}


def wide_config() -> Config:
    """Two of all that the tiny experiment has one of, and little else."""
    config = tiny_config()
    spheres = config["datasets"]["spheres"]
    return config | {
        "datasets": {"spheres": spheres, "circles": spheres | {"dimension": 2}},
        "models": {
            "good": {"hidden": [3], "datasets": ["spheres"]},
            "flat": {"hidden": [2], "datasets": ["circles"]},
        },
        "training": config["training"] | {"epochs": 1, "seeds": [0, 1]},
        "analysis": {"epochs": [1], "layers": [1], "splits": ["test"]},
        "clouds": config["clouds"] | {"few": {"sample": {"points": 20}}},
    }


@pytest.fixture(scope="module")
def wide(tmp_path_factory: pytest.TempPathFactory) -> Workflow:
    """The wide experiment's folder after its run, to be read only."""
    workflow = Workflow(tmp_path_factory.mktemp("wide"))
    workflow.configure(wide_config())
    result = workflow.run("all")
    assert result.code == 0, result.output
    assert result.all_jobs["diagram"] == 8  # 2 networks, 2 seeds, 2 clouds
    return workflow


def without(section: str, name: str) -> Config:
    """The wide configuration without one entry."""
    config = wide_config()
    del config[section][name]
    return config


@pytest.mark.slow
@pytest.mark.parametrize(
    ("config", "rules"),
    [
        (wide_config() | {"training": wide_config()["training"] | {"seeds": [0]}}, (OF_LOST_RUNS - FIGURES_OF_TABLES) | {"figure_betti"}),
        (without("clouds", "few"), LOST_DIAGRAMS - {"figure_trajectories", "figure_moved"}),
        (
            wide_config() | {kind: {name: wide_config()[kind][name]} for kind, name in (("datasets", "spheres"), ("models", "good"))},
            TABLES_OF_DATA | TABLES_OF_NETWORKS | TABLES_OF_RUNS | TABLES_OF_DIAGRAMS | END | {"figure_betti", "figure_networks"},
        ),
    ],
    ids=["seed", "cloud", "data set"],
)  # fmt: skip
def test_what_is_removed_from_the_experiment_computes_nothing(wide, tmp_path, config, rules):
    assert split_up(plan_for(config, wide, tmp_path)) == ({}, rules)


# The code


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of this repository, for the edits of the tests."""
    copy = tmp_path_factory.mktemp("repository")
    for name in ("config", "envs", "profiles", "src", "workflow"):
        shutil.copytree(REPOSITORY / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(REPOSITORY / "Snakefile", copy)
    return copy


@pytest.fixture(scope="module")
def downstream(first_run) -> dict[str, set[str]]:
    """Rules that read each rule's files, directly or through others, as Snakemake draws them."""
    graph = first_run[0].run("all", "--rulegraph").output
    names = dict(re.findall(r"(\d+)\[label = \"(\w+)\"", graph))
    readers: dict[str, set[str]] = {name: set() for name in names.values()}
    for source, reader in re.findall(r"(\d+) -> (\d+)", graph):
        readers[names[source]].add(names[reader])

    def closure(rule: str) -> set[str]:
        return readers[rule].union(*(closure(reader) for reader in readers[rule])) - {"all"}

    return {rule: closure(rule) for rule in readers if rule != "all"}


def test_the_tables_of_the_tests_name_every_rule_and_every_module(downstream):
    assert set(downstream) == RULES
    assert set(USERS) == set(MODULES)
    assert {
        path.stem for path in (REPOSITORY / "workflow/scripts").glob("*.py")
    } == SCRIPTS | OF_OUTSIDE | OF_LOOPS


@pytest.fixture(scope="module")
def everything(first_run) -> dict[str, int]:
    """Jobs of the tiny experiment from its beginning."""
    return first_run[0].quick_plan("--forceall")


@pytest.fixture
def reruns_of(finished, repository, everything):
    """Function from files of the repository to the rules that an edit of them reruns, with all their jobs."""

    def rules(*paths: Path) -> set[str]:
        with edited(*(repository / path.relative_to(REPOSITORY) for path in paths)):
            jobs = Workflow(finished.root, repository).quick_plan()
        assert jobs == {rule: everything[rule] for rule in jobs}
        return set(jobs)

    return rules


def with_what_they_feed(rules: set[str], downstream: dict[str, set[str]]) -> set[str]:
    """Rules, and what is made from their results."""
    return rules.union(*(downstream[rule] for rule in rules))


# Every module's users are held to the digests of the rules in test_digest.py, and here to Snakemake's own plan.
@pytest.mark.parametrize("module", PLANNED)
def test_an_edited_module_reruns_the_rules_that_use_it_and_what_they_feed(reruns_of, downstream, module):
    assert reruns_of(MODULES[module]) == with_what_they_feed(USERS[module], downstream)


def test_the_figure_of_an_edited_module_is_drawn_anew_and_no_other(reruns_of):
    assert reruns_of(MODULES["figures/betti"]) == {"figure_betti", "report"}


@pytest.mark.parametrize("script", some_are_essential(sorted(SCRIPTS), 4))
def test_an_edited_script_reruns_its_rules_and_what_they_feed(reruns_of, downstream, script):
    rules = {rule for rule in RULES if SCRIPT_OF_RULE.get(rule, rule) == script}
    assert reruns_of(REPOSITORY / f"workflow/scripts/{script}.py") == with_what_they_feed(rules, downstream)


def test_edited_rule_files_rerun_nothing_by_themselves(reruns_of):
    files = [
        REPOSITORY / "Snakefile",
        *REPOSITORY.glob("workflow/rules/*.smk"),
        *REPOSITORY.glob("workflow/lib/*.py"),
        *REPOSITORY.glob("envs/*.yaml"),
    ]
    assert len(files) > 13
    assert reruns_of(*files) == set()


def test_an_edited_caption_redoes_the_report(reruns_of):
    assert reruns_of(REPOSITORY / "workflow/report/data.rst") == {"report"}


def test_an_edited_template_redoes_the_report(reruns_of):
    assert reruns_of(REPOSITORY / "src/layertopo/report/templates/report.css") == {"report"}


def test_a_new_clone_reruns_nothing(finished, repository):
    for path in repository.rglob("*"):
        os.utime(path)  # as git leaves them
    assert Workflow(finished.root, repository).quick_plan() == {}


@pytest.mark.slow
def test_a_new_version_of_a_library_reruns_nothing_by_itself_and_the_report_says_when_two_were_used(
    workflow, other_version
):
    before = workflow.files("results/diagrams/**/*.h5")
    with other_version("numpy", "9.9.9"):
        assert workflow.plan() == {}
        result = workflow.run(DIAGRAM, "results/report.html", "--forcerun", DIAGRAM, "report")
    assert result.code == 0, result.output
    changed = {
        path for path, digest in workflow.files("results/diagrams/**/*.h5").items() if digest != before[path]
    }
    assert changed == {DIAGRAM}
    page = (workflow.root / "results/report.html").read_text()
    assert "made by more than one version of numpy" in " ".join(page.split())


# Files


def test_only_the_content_of_a_file_counts_not_its_time(workflow):
    (workflow.root / DATASET).touch()
    assert workflow.quick_plan() == {}


def test_of_files_beyond_the_size_for_checksums_the_time_counts(workflow, everything):
    (workflow.root / DATASET).touch()
    limit = (workflow.root / DATASET).stat().st_size - 1
    assert workflow.quick_plan("--max-checksum-file-size", str(limit)) == {
        rule: n for rule, n in everything.items() if rule != "dataset"
    }


def test_a_deleted_table_is_made_anew_with_what_shows_it(workflow):
    (workflow.root / "results/tables/summaries.csv").unlink()
    assert set(workflow.quick_plan()) == {"summary_table", "figure_trajectories", *END}


def test_a_deleted_figure_is_drawn_anew_with_the_report(workflow):
    (workflow.root / "results/figures/spheres/data.png").unlink()
    assert workflow.quick_plan() == {"figure_data": 1, "report": 1}


@pytest.mark.parametrize(
    ("path", "jobs"),
    [
        (DATASET, {"dataset": 1}),
        ("results/models/spheres/good/seed0/weights.h5", {"train": 1}),
        ("results/activations/spheres/good/seed0/epoch2.h5", {"activations": 1}),
        (DIAGRAM, {"diagram": 1}),
    ],
)
def test_a_deleted_intermediate_result_is_made_anew_when_asked_for_or_needed(workflow, path, jobs):
    (workflow.root / path).unlink()
    assert workflow.quick_plan() == {}
    assert workflow.run(path, "--dry-run").all_jobs == jobs


def test_all_diagrams_deleted_are_computed_anew_by_forcing_their_rule(workflow):
    shutil.rmtree(workflow.root / "results/diagrams")
    assert split_up(workflow.quick_plan("--forcerun", "diagram")) == (ALL_DIAGRAMS, OF_DIAGRAMS)
