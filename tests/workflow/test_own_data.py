"""Data from a file that somebody brings, through the whole workflow."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml
from experiment import Config
from reruns import RULES
from workflow_runs import REPOSITORY, Workflow

from layertopo import storage

EXAMPLES = REPOSITORY / "config/examples"


def write_table(path: Path, seed: int = 0) -> None:
    """A table as a spreadsheet saves it in half of Europe, with an awkward name and awkward names in it."""
    rng = np.random.default_rng(seed)
    kinds = np.where(np.arange(60) % 2, "yes", "no & <i>$q$</i>")
    table = pd.DataFrame(rng.normal(size=(60, 2)).round(3), columns=["Länge $x$ in m", "größe <b>"])
    path.parent.mkdir(exist_ok=True)
    table.assign(**{"class": kinds}).to_csv(path, sep=";", decimal=",", index=False, encoding="cp1252")


def shrunken(config: Config, **changes: Any) -> Config:
    """An experiment with as little work as it can have."""
    return config | {
        "training": {"epochs": 1, "seeds": [0]},
        "analysis": {"epochs": [1], "layers": [1], "splits": ["train"]},
        "clouds": {"few": {"sample": {"points": 30}}},
        "figures": {"formats": ["png"], "dpi": 60},
        **changes,
    }


def numbers_of(workflow: Workflow) -> dict[str, str]:
    """Digest of each result that repeats byte by byte."""
    return workflow.files("results/**/*.h5") | workflow.files("results/**/*.csv")


@pytest.fixture
def mine(tmp_path) -> Workflow:
    """A folder with a table, and an experiment on it."""
    workflow = Workflow(tmp_path / "mine")
    data = {"kind": "file", "path": "data/größe & so.csv", "label": "class"}
    workflow.configure(
        shrunken({"datasets": {"mine": data}, "models": {"m": {"hidden": [3, 3, 3], "activation": "relu"}}})
    )
    write_table(workflow.root / "data/größe & so.csv")
    return workflow


def test_a_dry_run_writes_the_facts_of_the_file_and_nothing_else(mine):
    assert mine.plan()["dataset"] == 1
    written = {path.split("/")[0] for path in mine.files("**/*") if not path.startswith(".")}
    assert written == {"config", "data", "results"}
    assert set(mine.files()) == set(mine.files("results/facts/*"))


def test_a_bad_file_stops_before_any_job_with_one_message(mine):
    table = mine.root / "data/größe & so.csv"
    lines = table.read_text(encoding="cp1252").splitlines()
    lines[5] = lines[5].replace(lines[5].split(";")[0], "n. a.")
    table.write_text("\n".join(lines), encoding="cp1252")
    result = mine.run("--dry-run")
    assert result.code != 0
    assert (
        "datasets.mine: data/größe & so.csv: column 'Länge $x$ in m', row 5: 'n. a.' is text" in result.output
    )
    assert "Traceback" not in result.output


@pytest.mark.slow
def test_a_table_of_ones_own_from_its_file_to_the_report(mine):
    result = mine.run()
    assert result.code == 0, result.output
    assert (
        "Data set mine: 40 rows for training and 20 for test, 2 features, 2 classes: no & <i>$q$</i>, yes"
        in (result.output)
    )
    report = (mine.root / "results/report.html").read_text()
    assert "größe &lt;b&gt;" in report
    assert "no &amp; &lt;i&gt;$q$&lt;/i&gt;" in report
    with storage.load(mine.root / "results/datasets/mine.h5") as file:
        assert "größe" not in file.attrs["provenance"]
        assert storage.read_texts(file, "classes") == ("no & <i>$q$</i>", "yes")
    before = numbers_of(mine)

    # A new time, and the same bytes elsewhere.
    (mine.root / "data/größe & so.csv").touch()
    assert mine.run("all", "--dry-run").all_jobs == {}
    elsewhere = Workflow(mine.root.with_name("elsewhere"))
    shutil.copytree(mine.root / "config", elsewhere.root / "config")
    write_table(elsewhere.root / "data/größe & so.csv")
    assert elsewhere.run().code == 0
    assert numbers_of(elsewhere) == before

    # Under another name.
    (mine.root / "data/größe & so.csv").rename(mine.root / "data/moved.csv")
    config = (mine.root / "config/config.yaml").read_text()
    moved = yaml.safe_load(config)
    moved["datasets"]["mine"]["path"] = "data/moved.csv"
    mine.configure(moved)
    assert set(mine.run("all", "--dry-run").all_jobs) == {"report", "all"}
    mine.configure(config)

    # Other content.
    write_table(mine.root / "data/größe & so.csv", seed=1)
    jobs = mine.run("all", "--dry-run").all_jobs
    assert jobs["train"] == jobs["dataset"] == 1
    assert set(jobs) - {"all"} <= RULES


@pytest.mark.slow
@pytest.mark.parametrize("name", ["own_table", "digits"])
def test_an_example_on_data_of_its_own_runs_shrunken(tmp_path, name):
    workflow = Workflow(tmp_path / name)
    shutil.copytree(EXAMPLES / "data", workflow.root / "config/examples/data")
    config = yaml.safe_load((EXAMPLES / f"{name}.yaml").read_text())
    workflow.configure(shrunken(config, analysis=config["analysis"] | {"epochs": [0, 1], "layers": [1]}))
    result = workflow.run()
    assert result.code == 0, result.output
    assert (workflow.root / "results/report.html").exists()
