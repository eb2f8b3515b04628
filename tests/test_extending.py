"""The examples of docs/extending.md do what the page says."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pandas as pd
import pytest
from runs_by_hand import Made
from scipy.spatial.distance import pdist, squareform
from workflow_runs import REPOSITORY

from layertopo import facts
from layertopo.analysis import bar_statistics, summaries, verdicts
from layertopo.errors import FileError
from layertopo.experiment.cells import Experiment
from layertopo.experiment.config import Config
from layertopo.homology import persistence_diagram
from layertopo.plan import stages
from layertopo.topology import diagrams
from layertopo.topology.diagrams import StoredDiagram
from layertopo.topology.metrics import METRICS
from layertopo.training import activations

PAGE = (REPOSITORY / "docs/extending.md").read_text()


def example(title: str) -> ModuleType:
    """The code of a section of the page, run as a module."""
    section = next(each for each in re.split(r"^## ", PAGE, flags=re.MULTILINE) if each.startswith(title))
    module = ModuleType(title)
    sys.modules[title] = module  # dataclasses look their module up
    exec(re.search(r"```python\n(.*?)```", section, re.DOTALL)[1], vars(module))  # noqa: S102  the page's own code
    return module


def test_a_further_statistic_is_a_column_and_a_row_of_the_figures(monkeypatch):
    statistic = example("A statistic").statistic
    assert statistic.of(np.array([[0, 1], [1, 2], [0.5, 1.5]])) == pytest.approx(0)
    assert statistic.of(np.array([[0, 1], [0, 3]])) == pytest.approx(0.25)

    monkeypatch.setattr(summaries, "STATISTICS", (*bar_statistics.STATISTICS, statistic))
    points = np.random.default_rng(0).normal(size=(40, 2))
    sample = {"method": "random", "points": None, "seed": 0, "n_rows": 40, "covering_radius": None}
    diagram = StoredDiagram(**vars(persistence_diagram(points)), sample=sample)
    row = summaries.bar_summary(diagram, 1, np.full(len(diagram.bars[1]), np.nan))
    assert 0 < row["lifetime_gini"] < 1
    assert "lifetime_gini_scaled" not in row  # it has no unit
    assert (statistic.drawn_column, statistic.label) == ("lifetime_gini", "Gini of {H}\nlifetimes")


def test_a_further_study_is_held_against_the_tables(monkeypatch):
    monkeypatch.setitem(sys.modules, "layertopo.analysis.studies.deeper", example("A study"))
    made = Made(seeds=(0, 1), dead=(("draw0", "bad", 0),))
    tables = verdicts.Tables(
        accuracy=made.accuracy(),
        summaries=made.summaries(),
        distances=made.distances(),
        datasets=pd.DataFrame({"dataset": ["draw0"]}),
        clouds={"all": {"metric": "euclidean", "sample": {"method": "random"}}},
        hidden_layers={"good": 3, "bad": 3},
        populations={"draw0": ["draw0"]},
    )
    (row,) = verdicts.assess("deeper", tables).to_dict("records")
    assert (row["dataset"], row["id"], row["n_seeds"], row["n_dead"]) == ("draw0", "D1", 2, 1)
    assert row["reason"].startswith("3 of 4")
    assert row["verdict"] in (verdicts.FAILS, verdicts.BY_SEED)
    assert verdicts.study_of("deeper").ABOUT == "An example of a study."


def test_a_further_kind_of_data_is_made_and_checked():
    Ring = example("A kind of data").Ring
    ring = Ring(kind="ring", count=50, seed=3)
    made = ring.make()
    assert made.X.shape == (ring.n_rows, ring.n_features)
    assert {"train": len(made.train), "test": len(made.test), "full": len(made.X)} == ring.rows()
    radius = np.linalg.norm(made.X, axis=1)
    assert radius[made.y == 0].max() < 0.5 < radius[made.y == 1].min()
    assert np.array_equal(ring.make().X, made.X)
    with pytest.raises(ValueError, match="count"):
        Ring(kind="ring", count=2)
    with pytest.raises(ValueError, match="leaves the training or the test set empty"):
        Ring(kind="ring", count=10, test_fraction=0.99)


def test_a_further_kind_of_network_is_analysed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    module = example("A kind of network")
    rng = np.random.default_rng(0)
    np.savez("net.npz", first=rng.normal(size=(2, 6)), last=rng.normal(size=(6, 3)))

    class WithMatrices(Config):
        models: dict[str, module.Matrices]  # type: ignore[name-defined]

    raw = {
        "datasets": {"m": {"kind": "moons", "count": 60}},
        "models": {"net": {"matrices": "net.npz", "layers": ["first", "last"]}},
        "analysis": {"splits": ["train"]},
    }
    experiment = Experiment(WithMatrices.model_validate(raw))
    (network,) = experiment.config.models.values()
    network.look()
    (run,) = experiment.runs()
    assert (experiment.epochs("net"), experiment.layers("net"), network.units(2)) == ([0], [1, 2], [2, 6, 3])
    assert [stage.jobs for stage in stages(experiment)][:4] == [1, 0, 1, 2]
    settings = experiment.activation_settings(run, 0)
    assert settings["matrices"] == facts.digest("net.npz")

    made = experiment.config.datasets["m"].make()
    values = module.outputs(network.file(0, 0), settings["matrices"], made.X[made.train])
    activations.save({"train": values}, {"train": made.y[made.train]}, "epoch0.h5", settings)
    for cell in experiment.cells():
        given = experiment.diagram_settings(cell)
        diagram = diagrams.compute(Path("epoch0.h5"), settings, given, threads=1)
        assert len(diagram.bars[0]) == 40 - 1 + 1

    np.savez("net.npz", first=rng.normal(size=(2, 6)))
    with pytest.raises(FileError, match="changed during the run"):
        module.outputs("net.npz", settings["matrices"], made.X)


def test_a_further_metric_has_diagrams_and_betti_numbers(monkeypatch, tmp_path):
    metric = example("A metric").metric
    monkeypatch.setitem(METRICS, "correlation", metric)
    points = np.random.default_rng(0).normal(size=(50, 4)).astype(np.float32)
    path = tmp_path / "activations.h5"
    activations.save({"train": {"input": points}}, {"train": np.zeros(50, int)}, path, {})
    cloud = {"metric": "correlation", "sample": {"method": "random", "points": None, "seed": 0}}
    homology = {"dimensions": [0, 1], "coefficient_field": 2, "engine": "auto"}
    settings = {"layer": 0, "split": "train", "cloud": cloud, "homology": homology}
    whole = diagrams.compute(path, {}, settings, threads=1)
    distances = squareform(pdist(points.astype(float), "correlation"))
    expected = persistence_diagram(distances, metric="precomputed")
    np.testing.assert_allclose(whole.bars[1], expected.bars[1], rtol=1e-5)
    assert whole.metric == "correlation"
    at_scale = diagrams.compute(path, {}, settings | {"cloud": cloud | {"scale": 0.2}}, threads=1)
    alive = (whole.bars[1][:, 0] <= 0.2) & (whole.bars[1][:, 1] > 0.2)
    assert len(at_scale.bars[1]) == alive.sum() > 0
