"""Networks that were not trained here: the shipped examples, shrunken, from the script that makes their files to the report."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pandas as pd
import pytest
import yaml
from workflow_runs import REPOSITORY, Workflow

EXAMPLES = REPOSITORY / "config/examples"
SMALL: dict[str, Any] = {
    "analysis": {"splits": ["train"]},
    "clouds": {"all": {"sample": {"points": 40}}},
    "figures": {"formats": ["png"], "dpi": 60},
}
pytestmark = pytest.mark.slow


def made(
    folder: Path,
    script: str,
    config: str,
    more: dict[str, Any] | None = None,
    **models: dict[str, Any],
) -> Workflow:
    """A folder with the files of an example and its configuration, with fewer diagrams."""
    subprocess.run([sys.executable, EXAMPLES / script], cwd=folder, check=True, capture_output=True)
    workflow = Workflow(folder)
    raw = yaml.safe_load((EXAMPLES / config).read_text()) | SMALL | (more or {})
    for name, entry in models.items():
        raw["models"][name] |= entry
    workflow.configure(raw)
    return workflow


def table(workflow: Workflow, name: str) -> pd.DataFrame:
    return pd.read_csv(workflow.root / f"results/tables/{name}.csv")


def finished(workflow: Workflow) -> None:
    result = workflow.run()
    assert result.code == 0, result.output
    assert workflow.plan() == {}


def test_a_recording_of_scikit_learn(tmp_path):
    few = {"epochs": [1, 100], "layers": ["input", "layer 3"]}
    workflow = made(tmp_path, "make_recording.py", "recording.yaml", mlp=few)
    finished(workflow)
    summaries = table(workflow, "summaries")
    assert set(summaries["seed"]) == {0, 1}
    assert set(summaries["epoch"]) == {1, 100}
    assert set(summaries["layer"]) == {0, 3}
    assert table(workflow, "networks")["name"].tolist() == ["input", *(f"layer {k}" for k in range(1, 5))]
    assert table(workflow, "networks")["parameters"].isna().all()
    assert table(workflow, "accuracy")["test_accuracy"].isna().all()
    assert not (tmp_path / "results/figures/mlp/training.png").exists()
    with (
        h5py.File(tmp_path / "recordings/mlp-1/epoch100.h5") as recorded,
        h5py.File(tmp_path / "results/activations/mlp/mlp/seed1/epoch100.h5") as taken,
    ):
        np.testing.assert_array_equal(taken["train/3"], recorded["train/3"])
        assert sorted(taken["train"]) == ["0", "3", "y"]
    page = (tmp_path / "results/report.html").read_text()
    assert "What <code>mlp</code> gives was recorded elsewhere, 2 runs (seeds)." in page
    assert "trained for" not in page

    damaged = tmp_path / "recordings/mlp-1/epoch100.h5"
    whole = damaged.read_bytes()
    for content, message in (
        (whole[:-100], "it is cut off, or was changed"),
        (whole[:-1] + b"!", "is not what was recorded (its digest differs)"),
    ):
        damaged.write_bytes(content)
        result = workflow.run("--dry-run")
        assert result.code != 0
        assert message in result.output
        assert "Traceback" not in result.output
    damaged.write_bytes(whole)
    assert workflow.run("all", "--dry-run").all_jobs == {}


def test_a_keras_model_and_its_checkpoints(tmp_path):
    final, training = {"layers": ["conv1", "classes"]}, {"layers": ["conv1"], "epochs": [0, 12]}
    workflow = made(tmp_path, "make_keras_model.py", "keras_model.yaml", final=final, training=training)
    finished(workflow)
    summaries = table(workflow, "summaries")
    assert set(map(tuple, summaries[["model", "epoch", "layer"]].to_numpy())) == {
        *(("final", 0, 2), ("final", 0, 6), ("training", 0, 2), ("training", 12, 2)),
    }
    same = summaries.query("layer == 2 and (model == 'final' or epoch == 12)")
    assert len(same.drop_duplicates(["dimension", "rms_distance", "bars"])) == 2  # one for each dimension
    layers = table(workflow, "networks").query("model == 'final'")
    assert layers["units"].tolist() == [64, 64, 432, 192, 192, 24, 10]
    assert (
        "<code>final</code> is a saved Keras model, taken as it is."
        in (tmp_path / "results/report.html").read_text()
    )


def test_a_keras_model_that_is_trained_here(tmp_path):
    few = {"layers": ["conv1", "dense"]}
    training = {"epochs": 2, "batch_size": 50, "seeds": [0, 1], "learning_rate": 0.002}
    more = {"training": training, "analysis": {"epochs": [0, "last"], "splits": ["train"], "batch": "epoch"}}
    workflow = made(
        tmp_path,
        "make_keras_model.py",
        "keras_model_trained.yaml",
        more,
        further=few,
        anew=few | {"epochs": [2]},
    )
    finished(workflow)
    accuracy, confusion = table(workflow, "accuracy"), table(workflow, "confusion")
    assert set(map(tuple, accuracy[["model", "seed", "epoch"]].to_numpy())) == {
        (model, seed, epoch) for model in ("further", "anew") for seed in (0, 1) for epoch in (0, 1, 2)
    }
    start = accuracy[accuracy["epoch"] == 0].set_index(["model", "seed"])["train_accuracy"]
    assert start["further", 0] == start["further", 1] > 0.8 > start["anew"].max()
    assert start["anew", 0] != start["anew", 1]
    test = confusion[confusion["split"] == "test"]
    shares = test[test["class"] == test["predicted"]].groupby(["model", "seed"])["rows"].sum() / 594
    end = accuracy[accuracy["epoch"] == 2].set_index(["model", "seed"])["test_accuracy"]
    assert shares.to_dict() == pytest.approx(end.to_dict())
    with h5py.File(tmp_path / "results/activations/digits/further/seed1/epochlast.h5") as stored:
        assert sorted(stored["train"]) == ["2", "5", "6", "y"]
    assert (tmp_path / "results/figures/digits/training.png").exists()
    page = (tmp_path / "results/report.html").read_text()
    assert "<code>anew</code> is a saved Keras model, trained here from fresh weights." in page
    assert "4 networks were trained for 2" in page
    assert "The hidden layers have" not in page

    # The same bytes under another name are the same model.
    (tmp_path / "models/digits-03.keras").rename(tmp_path / "models/renamed.keras")
    config = (tmp_path / "config/config.yaml").read_text()
    (tmp_path / "config/config.yaml").write_text(config.replace("digits-03", "renamed"))
    assert set(workflow.run("all", "--dry-run").all_jobs) == {"report", "all"}
