"""The lines of the README's second section work."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml
from workflow_runs import REPOSITORY

from layertopo.experiment.cells import Experiment
from layertopo.experiment.parse import parse_config
from layertopo.training.networks import prepare_tensorflow

SECTION = re.split("^## ", (REPOSITORY / "README.md").read_text(), flags=re.MULTILINE)[2]
RNG = np.random.default_rng(0)
BASE = {"datasets": {"m": {"kind": "moons", "count": 40}}, "models": {"m": {"hidden": [3, 3, 3]}}}


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def block(title: str, language: str = "yaml") -> str:
    return re.search(rf"\*\*{title}.*?```{language}\n(.*?)```", SECTION, re.DOTALL)[1]


def experiment(title: str, **more: Any) -> Experiment:
    lines: dict[str, Any] = yaml.safe_load(block(title))
    return parse_config({**BASE, **lines, **more})


def test_it_is_the_second_section_and_every_example_is_named():
    assert SECTION.startswith("Your data, your network")
    examples = {path.stem for path in (REPOSITORY / "config/examples").glob("*.yaml")}
    named = set(re.findall(r"`(\w+)`", SECTION.split("A complete file for each")[1]))
    assert named <= examples


def test_data_sets(folder):
    (folder / "data").mkdir()
    table = {"length": RNG.normal(size=30), "width": RNG.normal(size=30), "species": ["a", "b", "c"] * 10}
    pd.DataFrame(table).to_csv("data/mine.csv", index=False)
    found = experiment("Data sets")
    assert found.class_names("mine") == ("a", "b", "c")
    assert found.n_classes("digits") == 10
    assert found.n_classes("rings") == 2


def test_networks():
    found = experiment("Networks")
    assert found.layers("deep") == list(range(1, 10))
    assert found.epochs("deep") == [0, "last"]
    assert len(found.runs()) == 3


def test_a_saved_keras_model(folder):
    prepare_tensorflow(0)
    import keras

    (folder / "models").mkdir()
    model = keras.Sequential(
        [keras.Input((2,)), keras.layers.Dense(4), keras.layers.Dense(1, "sigmoid")], name="net"
    )
    for name in ("net", "net-01", "net-10"):
        model.save(f"models/{name}.keras")
    found = experiment("A saved Keras model", training={"epochs": 25, "seeds": [0, 1]})
    runs = {model: [run.seed for run in found.runs() if run.model == model] for model in found.config.models}
    assert runs == {"net": [0], "again": [0, 1], "checkpoints": [0]}
    assert found.epochs("checkpoints") == [1, 10]
    assert found.layers("checkpoints") == [0, 1, 2]


def test_any_other_framework():
    rows = {"train": 6, "test": 4}
    given = {f"X_{split}": RNG.normal(size=(n, 3)) for split, n in rows.items()}
    given |= {f"H_{split}": RNG.normal(size=(n, 2)) for split, n in rows.items()}
    given |= {f"y_{split}": ["yes", "no"] * (n // 2) for split, n in rows.items()}
    exec(block("Any other framework", "python"), dict(given))  # noqa: S102  the README's own code
    found = parse_config(yaml.safe_load(block("Any other framework")))
    assert found.class_names("run7") == ("no", "yes")
    assert found.config.models["run7"].units(3) == [3, 2]


def test_clouds():
    found = experiment("Clouds")
    assert set(found.clouds("m")) == {f"{name}.class{k}" for name in ("apart", "hops") for k in (0, 1)}
