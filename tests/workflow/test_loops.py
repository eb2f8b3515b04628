"""The section `loops`: what it adds, and what a change of it computes anew."""

from __future__ import annotations

import h5py
import pandas as pd
import pytest
import yaml
from experiment import Config, tiny_config
from reruns import FIGURES_OF_LOOPS, OF_LOOPS, RULES
from workflow_runs import Workflow


def with_loops(top: int = 2, batch: str = "diagram") -> Config:
    """The tiny experiment, on circles in the plane, with loops."""
    config = tiny_config()
    config["datasets"]["spheres"] |= {"dimension": 2, "noise": 0.2}
    config["analysis"] |= {"batch": batch}
    return config | {"loops": {"top": top}}


@pytest.fixture(scope="module")
def looped(tmp_path_factory: pytest.TempPathFactory) -> Workflow:
    workflow = Workflow(tmp_path_factory.mktemp("loops"))
    workflow.configure(with_loops())
    result = workflow.run()
    assert result.code == 0, result.output
    assert set(result.all_jobs) - {"all"} == RULES | OF_LOOPS | FIGURES_OF_LOOPS
    return workflow


def plan(workflow: Workflow, folder: object, config: Config) -> dict[str, int]:
    path = workflow.root / f"{folder}.yaml"
    path.write_text(yaml.safe_dump(config))
    return workflow.quick_plan("--configfile", path)


def test_without_the_section_there_is_no_job_for_it(first_run):
    assert set(first_run[1].all_jobs) & (OF_LOOPS | FIGURES_OF_LOOPS) == set()


@pytest.mark.slow
def test_the_tables_hold_the_loops_of_every_diagram(looped):
    loops, classes, followed = (
        pd.read_csv(looped.root / f"results/tables/{name}.csv")
        for name in ("loops", "loop_classes", "followed_loops")
    )
    assert len(loops) > 5
    assert len(classes) == 2 * len(loops)
    # Two layers of one network and one of the other, each after two epochs.
    assert len(followed) == (4 * loops["model"].eq("good") + 2 * loops["model"].eq("bad")).sum()
    counts = classes.groupby(["model", "epoch", "layer", "split", "loop"])["rows"].sum()
    assert counts.tolist() == loops.set_index(counts.index.names).sort_index()["rows"].tolist()
    own = followed[(followed["epoch"] == followed["epoch_in"]) & (followed["layer"] == followed["layer_in"])]
    assert own["bounds_at"].tolist() == loops["death"].tolist()
    assert own["there_from"].tolist() == loops["birth"].tolist()
    page = (looped.root / "results/report.html").read_text()
    assert '"loops": {' in page
    assert "Followed loops" in page


@pytest.mark.slow
def test_nothing_is_computed_anew_and_another_number_of_loops_computes_no_diagram(looped):
    assert looped.quick_plan() == {}
    changed = plan(looped, "three", with_loops(top=3))
    assert set(changed) == OF_LOOPS | FIGURES_OF_LOOPS | {"report"}


@pytest.mark.slow
def test_the_section_itself_computes_the_diagrams_anew(looped):
    config = with_loops()
    del config["loops"]
    assert plan(looped, "none", config)["diagram"] == 12


@pytest.mark.slow
def test_by_the_epoch_the_files_are_the_same(looped, tmp_path):
    by_epoch = Workflow(tmp_path)
    by_epoch.configure(with_loops(batch="epoch"))
    assert by_epoch.run("results/tables/loops.csv").code == 0
    for kind in ("diagrams/**/*.h5", "loops/**/*.h5", "tables/*loop*.csv"):
        assert by_epoch.files(f"results/{kind}") == looped.files(f"results/{kind}") != {}


@pytest.mark.slow
def test_a_diagram_is_as_without_loops_but_for_what_is_kept(looped):
    path = looped.root / "results/diagrams/spheres/good/seed0/epoch2/layer1/train/all.h5"
    with h5py.File(path) as file:
        assert sorted(file) == ["H0", "H1", "relations"]
        assert len(file["relations/founding"]) >= len(file["H1"])
