"""Networks of many makes, trained until a goal, through the whole workflow."""

from __future__ import annotations

import pandas as pd
import pytest
import yaml
from experiment import tiny_config
from workflow_runs import REPOSITORY, Workflow

from layertopo import storage

EXAMPLE = REPOSITORY / "config/examples/classes.yaml"


def tables_of(workflow: Workflow, *names: str) -> list[pd.DataFrame]:
    return [pd.read_csv(workflow.root / f"results/tables/{name}.csv") for name in names]


@pytest.mark.slow
def test_the_example_of_ten_classes_runs_shrunken(tmp_path):
    workflow = Workflow(tmp_path / "classes")
    config = yaml.safe_load(EXAMPLE.read_text())
    config["training"] |= {"until": {"train_accuracy": 0.5}, "seeds": [0]}
    config["analysis"] |= {"layers": [1, 4], "batch": "epoch"}
    config["clouds"] = {"few": {"sample": {"points": 40}}}
    workflow.configure(config)
    result = workflow.run()
    assert result.code == 0, result.output

    accuracy, confusion, summaries, networks = tables_of(
        workflow, "accuracy", "confusion", "summaries", "networks"
    )
    ends = accuracy.groupby("model").tail(1).set_index("model")
    assert (ends["train_accuracy"] >= 0.5).all()
    assert set(summaries["epoch"].astype(str)) == {"0", "last"}
    last = summaries[summaries["epoch"] == "last"]
    assert (last["epoch_number"] == last["model"].map(ends["epoch"])).all()
    test = confusion[confusion["split"] == "test"]
    right = test[test["class"] == test["predicted"]]
    shares = right.groupby("model")["rows"].sum() / test.groupby("model")["rows"].sum()
    assert shares.to_dict() == pytest.approx(ends["test_accuracy"].to_dict())
    assert networks.groupby("model")["name"].last().to_dict() == dict.fromkeys(
        ("modern", "plain"), "layer4_softmax"
    )
    with storage.load(workflow.root / "results/activations/digits/modern/seed0/epochlast.h5") as file:
        assert storage.read(file, "test/4").sum(axis=1) == pytest.approx(1)
    report = (workflow.root / "results/report.html").read_text()
    assert "the last layer has one unit for each class, its probability" in report
    assert "at the end of training" in report
    assert workflow.run("all", "--dry-run").all_jobs == {}


@pytest.mark.slow
def test_another_epoch_of_a_long_training_that_keeps_few_trains_again(tmp_path):
    workflow = Workflow(tmp_path / "few")
    config = tiny_config()
    config["training"] |= {"epochs": 6, "keep": "analysed"}
    config["models"] = {"good": config["models"]["good"]}
    config["analysis"] = {"epochs": [0, 3], "layers": [1], "splits": ["train"]}
    workflow.configure(config)
    assert workflow.run().code == 0
    with storage.load(workflow.root / "results/models/spheres/good/seed0/weights.h5") as file:
        assert set(file) == {"epoch0", "epoch3", "epoch6"}
    config["analysis"]["epochs"] = [0, 3, "last"]
    workflow.configure(config)
    assert workflow.plan()["activations"] == 1
    assert "train" not in workflow.plan()
    config["analysis"]["epochs"] = [0, 4]
    workflow.configure(config)
    assert workflow.plan()["train"] == 1
