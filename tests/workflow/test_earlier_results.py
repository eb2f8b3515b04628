"""Results that an earlier version made are taken as they are.

Those of results_of_0_1 were made before the package had a folder for each stage, from the configuration beside
them. Pictures, the report, logs and the Keras archive, which no job reads, are left out.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pandas as pd
import pytest
import yaml
from workflow_runs import Workflow

from layertopo.data import dataset
from layertopo.experiment.parse import parse_config
from layertopo.topology import diagrams
from layertopo.training import activations, networks

EARLIER = Path(__file__).parent / "results_of_0_1"
#: Columns that tables have got since.
LATER = {"class", "finite_pairs", "tied", "betti", "components"}
#: What a job makes that the analysis starts from.
STAGES = ("dataset", "train", "activations", "diagram")
KEPT = ("datasets", "models", "activations", "diagrams")


@pytest.fixture
def earlier(tmp_path: Path) -> Workflow:
    """The earlier results, copied without Snakemake's records, in a folder of their own."""
    workflow = Workflow(tmp_path / "earlier")
    workflow.configure((EARLIER / "config.yaml").read_text())
    shutil.copytree(EARLIER, workflow.root / "results", ignore=shutil.ignore_patterns("config.yaml"))
    for path in (workflow.root / "results").rglob("*"):
        os.utime(path, (1e9, 1e9))  # a clone has no times; nothing is older than what it is made from
    return workflow


def test_nothing_that_took_long_is_computed_anew(earlier):
    plan = earlier.plan()
    assert {"statistics", "run_distances", "summary_table", "claims"} < set(plan)
    assert set(plan) & set(STAGES) == set()


def test_every_stored_file_is_one_of_the_present_configuration(earlier):
    """Each is read by what reads it in a job, with the settings that it must have been made with."""
    experiment = parse_config(yaml.safe_load((EARLIER / "config.yaml").read_text()))
    (cell,) = experiment.cells()
    results = earlier.root / "results"
    data = dataset.load(results / "datasets/spheres.h5", experiment.dataset_settings("spheres"))
    weights = networks.load_epoch(
        results / "models/spheres/one/seed0/weights.h5", experiment.training_settings(cell.run), 1
    )
    layer = activations.load_layer(
        results / "activations/spheres/one/seed0/epoch1.h5",
        experiment.activation_settings(cell.run, 1),
        cell.layer,
        cell.split,
    )
    diagram = diagrams.load(
        results / "diagrams/spheres/one/seed0/epoch1/layer1/train/all.h5", experiment.diagram_settings(cell)
    )
    assert data.X.shape == (12, 2)
    assert [array.shape for array in weights] == [(2,), (2,), (), (2, 2), (2,), (2, 1), (1,)]
    assert layer.shape == (8, 2)
    assert (diagram.n_points, diagram.sample["n_rows"]) == (6, 8)


def test_the_tables_made_from_them_say_the_same_and_they_stay_as_they_were(earlier):
    before = {path: digest for kind in KEPT for path, digest in earlier.files(f"results/{kind}/**/*").items()}
    tables = ("accuracy", "summaries", "distances")
    result = earlier.run(*(f"results/tables/{name}.csv" for name in tables))
    assert result.code == 0, result.output
    assert set(result.all_jobs) & set(STAGES) == set()
    for name in tables:
        found, expected = (
            pd.read_csv(folder / f"tables/{name}.csv") for folder in (earlier.root / "results", EARLIER)
        )
        assert set(found) - set(expected) <= LATER
        pd.testing.assert_frame_equal(found[list(expected)], expected)
    assert {path: earlier.files(path)[path] for path in before} == before
