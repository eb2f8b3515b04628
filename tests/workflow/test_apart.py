"""Classes apart, graphs of neighbours and clouds at one scale, from the configuration to the report."""

from __future__ import annotations

import re

import pandas as pd
import pytest
import yaml
from experiment import Config
from workflow_runs import REPOSITORY, Workflow

from layertopo.topology import diagrams

pytestmark = pytest.mark.slow


def shrunken() -> Config:
    config = yaml.safe_load((REPOSITORY / "config/examples/classes_apart.yaml").read_text())
    config["datasets"]["rings"]["points_per_ring"] = 40
    config["models"] = {"tanh": {"hidden": [4], "activation": "tanh"}}
    config["training"] = {"epochs": 1, "seeds": [0]}
    config["analysis"] = {"epochs": [0, 1], "layers": [0, 1], "splits": ["train"], "betti_scales": [2]}
    config["clouds"]["hops"]["neighbours"] = 8
    config["clouds"]["paths"] |= {"neighbours": 3, "sample": {"points": 60}}
    config["clouds"]["all"] = {"sample": {"points": 40}}
    config["figures"] = {"formats": ["png"], "dpi": 60}
    return config


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Workflow:
    workflow = Workflow(tmp_path_factory.mktemp("apart"))
    workflow.configure(shrunken())
    result = workflow.run()
    assert result.code == 0, result.output
    return workflow


def table(run: Workflow, name: str) -> pd.DataFrame:
    return pd.read_csv(
        run.root / f"results/tables/{name}.csv", dtype={"class": str}, keep_default_na=False, na_values=[""]
    )


def test_each_class_has_files_and_rows_of_its_own(run):
    files = {path.split("/")[-1] for path in run.files("results/diagrams/**/*.h5")}
    assert files == {
        f"{name}.h5" for name in ("all", *(f"{c}.class{k}" for c in ("hops", "paths") for k in "01"))
    }
    summaries = table(run, "summaries")
    counts = summaries.fillna({"class": ""}).groupby(["cloud", "class", "dimension"]).size().to_dict()
    apart = {(cloud, k, d): 4 for cloud, top in (("hops", 3), ("paths", 2)) for k in "01" for d in range(top)}
    assert counts == apart | {("all", "", d): 4 for d in range(2)}


def test_betti_numbers_are_those_of_the_stored_diagram_and_of_the_data(run):
    summaries = table(run, "summaries").query("cloud == 'hops'")
    assert summaries["betti"].equals(summaries["essential"].astype(float))
    assert summaries["bars"].isna().all()
    stored = diagrams.load(run.root / "results/diagrams/rings/tanh/seed0/epoch0/layer0/train/hops.class1.h5")
    input_layer = summaries.query("epoch == 0 and layer == 0 and `class` == '1'").set_index("dimension")[
        "betti"
    ]
    assert [len(bars) for bars in stored.bars.values()] == input_layer.tolist()
    assert input_layer[0] == 9  # nine rings are nine components


def test_distances_are_of_clouds_with_a_filtration_and_figures_of_every_cloud(run):
    assert set(table(run, "distances")["cloud"]) == {"all", "paths"}
    figures = set(run.files("results/figures/**/*.png"))
    assert "results/figures/rings/runs/hops.class0/train_by_layer.png" in figures
    assert "results/figures/rings/runs/paths.class0/train_betti1.png" in figures
    of_means = {path.split("/")[-2] for path in figures if path.endswith("train_mean_betti.png")}
    assert of_means == {f"{cloud}.class{k}" for cloud in ("hops", "paths") for k in (0, 1)}
    assert not any("hops" in path and "train_betti" in path for path in figures)
    assert not any("seed0/hops" in path for path in figures)
    report = (run.root / "results/report.html").read_text()
    assert "paths, class 1" in report
    shown = re.findall('alt="([^"]*), class ([01]),', report)
    # Of each kind of figure the first cloud that has some is shown: here all classes together, but for one scale.
    assert {*shown} == {("Mean Betti numbers", "0"), ("Mean Betti numbers", "1")}
    assert "Which classes are taken for which" in report
    assert "Betti numbers at scale 2 only" in report


@pytest.mark.parametrize(
    ("key", "value", "diagrams_of"), [("scale", 3, 8), ("neighbours", 9, 8), ("dimensions", [0], 8)]
)
def test_a_changed_key_reruns_the_diagrams_of_its_cloud(run, key, value, diagrams_of):
    config = shrunken()
    config["clouds"]["hops"][key] = value
    run.configure(config)
    jobs = run.run("all", "--dry-run").all_jobs
    assert jobs["diagram"] == diagrams_of
    # Pictures of the other clouds read the statistics of the run, which are of all its clouds.
    assert not {"train", "activations", "run_distances", "between_distances"} & set(jobs)
