"""With `analysis.batch: epoch` one job computes all diagrams of an epoch: the same files, in fewer jobs."""

from __future__ import annotations

import h5py
import pytest
import yaml
from experiment import Config, Key, tiny_config
from workflow_runs import Workflow

#: Jobs of all diagrams: 2 epochs of the good network, of which layers 1 and 3 are analysed, and of the bad one.
ALL = {"diagram_1_3": 2, "diagram_3": 2}


def batched(*changes: tuple[Key, object]) -> Config:
    config = tiny_config()
    for key, value in ((("analysis", "batch"), "epoch"), *changes):
        section = config
        for part in key[:-1]:
            section = section[part]
        section[key[-1]] = value
    return config


@pytest.fixture(scope="module")
def by_epoch(tmp_path_factory: pytest.TempPathFactory) -> Workflow:
    """The tiny experiment's tables, its diagrams computed by the epoch."""
    workflow = Workflow(tmp_path_factory.mktemp("by_epoch"))
    workflow.configure(batched())
    result = workflow.run("results/tables/summaries.csv", "results/tables/distances.csv")
    assert result.code == 0, result.output
    assert diagram_jobs(result.all_jobs) == ALL
    return workflow


def diagram_jobs(jobs: dict[str, int]) -> dict[str, int]:
    return {rule: n for rule, n in jobs.items() if rule.startswith("diagram")}


@pytest.mark.parametrize(
    "kind", ["diagrams/**/*.h5", "statistics/**/*.*", "tables/summaries.csv", "tables/distances.csv"]
)
@pytest.mark.slow
def test_the_files_are_those_of_a_job_for_each_diagram(by_epoch, finished, kind):
    files = by_epoch.files(f"results/{kind}")
    assert files
    assert files == finished.files(f"results/{kind}")


@pytest.mark.parametrize(
    ("change", "jobs"),
    [
        ((("figures", "dpi"), 60), {}),
        ((("figures", "dpi"), 70), {}),
        ((("training", "seeds"), [0, 1]), ALL),
        ((("analysis", "epochs"), [0, 1, 2]), {"diagram_1_3": 1, "diagram_3": 1}),
        ((("models", "wide"), {"hidden": [3, 3, 3]}), {"diagram_1_3": 2}),
        ((("models", "bad", "activation"), "tanh"), {"diagram_3": 2}),
        ((("analysis", "layers"), [1, 2, 3]), {"diagram_1_2_3": 2}),
        (
            (("models", "bad", "layers"), [1, 3]),
            {"diagram": 2},
        ),  # one rule: all networks have the same layers
        ((("clouds", "few"), {"sample": {"points": 20}}), ALL),
        ((("homology", "engine"), "gudhi"), ALL),
        ((("analysis", "batch"), "diagram"), {"diagram": 12}),
    ],
    ids=lambda value: ".".join(map(str, value[0])) if isinstance(value, tuple) else "",
)
@pytest.mark.slow
def test_a_change_reruns_whole_epochs_and_only_those_it_touches(by_epoch, tmp_path, change, jobs):
    path = tmp_path / "changed.yaml"
    path.write_text(yaml.safe_dump(batched(change)))
    assert diagram_jobs(by_epoch.quick_plan("--configfile", path)) == jobs


@pytest.mark.slow
def test_a_failure_leaves_none_of_the_epochs_diagrams(fresh):
    """Nothing half done is taken for whole: the files of a job go together."""
    fresh.configure(batched())
    folder = "results/diagrams/spheres/good/seed0/epoch2"
    activations = fresh.root / "results/activations/spheres/good/seed0/epoch2.h5"
    assert fresh.run(str(activations.relative_to(fresh.root))).code == 0
    with h5py.File(activations, "r+") as file:
        del file["train/3"]
    result = fresh.run(f"{folder}/layer1/train/all.h5", "--rerun-triggers", "params")
    assert result.code != 0
    assert "layer 1, train, 30 of 80 rows" in result.output  # its diagram was written
    assert "epoch2.h5" in result.output
    assert not list((fresh.root / folder).rglob("*.h5"))
