"""The workflow as a user runs it: what a run makes, what a change reruns, and what a mistake costs."""

from __future__ import annotations

import json
import re
import shutil
from collections import Counter
from itertools import product
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import psutil
import pytest
import yaml
from experiment import BAD_VALUES, KINDS_OF_MISTAKES, SPHERES, tiny_config, with_value
from numpy_network import layer_outputs
from workflow_runs import DRAWING_RULES, FILES_MADE_FIRST, REPOSITORY, Workflow

from layertopo.experiment.parse import parse_config
from layertopo.homology import persistence_diagram
from layertopo.topology.clouds import sample_rows

RUN = "spheres/{model}/seed0"
#: Of 2 networks: layer 3, of two splits, is the one that both have.
STATISTICS = {"statistics": 2, "run_distances": 2, "between_distances": 2}
TABLES = {
    "dataset_table": 1,
    "network_table": 1,
    "accuracy_table": 1,
    "confusion_table": 1,
    "summary_table": 1,
    "distance_table": 1,
}
TABLES |= {"claims": 1, **STATISTICS}
#: Jobs of a first run: 2 networks, 2 epochs, 2 splits, 2 layers of good and 1 of bad.
FIRST_JOBS = {"dataset": 1, "train": 2, "activations": 4, "diagram": 12, **TABLES}
DIAGRAM = "results/diagrams/spheres/good/seed0/epoch2/layer1/train/all.h5"
DIAGRAM_LOG = "results/logs/diagrams/spheres/good/seed0/epoch2/layer1/train/all.log"
ACTIVATIONS = "results/activations/spheres/good/seed0/epoch2.h5"


def table(workflow: Workflow, name: str) -> pd.DataFrame:
    return pd.read_csv(workflow.root / f"results/tables/{name}.csv")


def hidden_files(workflow: Workflow) -> list[Path]:
    """Temporary files that something left behind."""
    return list((workflow.root / "results").rglob(".*"))


# What a run makes


def test_a_dry_run_works_before_the_first_run(fresh):
    assert fresh.plan() == FIRST_JOBS
    assert not (fresh.root / "results").exists()


def test_a_run_makes_every_table_with_a_row_for_every_cell(finished):
    diagrams = len(parse_config(tiny_config()).cells())
    rows = {
        name: len(table(finished, name))
        for name in ("datasets", "networks", "accuracy", "confusion", "summaries", "distances", "claims")
    }
    assert rows == {
        "datasets": 1,
        "networks": 2 * 5,  # layers 0 to 4
        "accuracy": 2 * 3,  # networks, epochs 0 to 2
        "confusion": 2 * 2 * 4,  # networks, splits, pairs of classes
        "summaries": diagrams * 2,  # dimensions
        # Dimensions; networks: 2 splits of layer 3, the one that both have, at the last epoch. Within good: 4 pairs
        # of epochs, of layers and of splits; within bad, with one layer: 2 of epochs and of splits.
        "distances": 2 * (2 + 3 * 4 + 2 * 2),
        "claims": 10,
    }


def test_tables_have_their_key_columns_first(finished):
    keys = ["dataset", "model", "seed", "epoch", "layer", "split", "cloud", "class", "dimension"]
    assert list(table(finished, "summaries"))[:9] == keys
    assert list(table(finished, "accuracy"))[:4] == keys[:4]
    columns = [
        "id",
        "claimed",
        "measured",
        "low",
        "high",
        "n_seeds",
        "n_dead",
        "test",
        "p",
        "verdict",
        "reason",
    ]
    assert set(columns) < set(table(finished, "claims"))


def test_summaries_have_one_row_per_diagram_and_dimension(finished):
    found = table(finished, "summaries")[["model", "epoch", "layer", "split", "dimension"]]
    layers = [("good", 1), ("good", 3), ("bad", 3)]
    expected = {
        (model, epoch, layer, split, dimension)
        for (model, layer), epoch, split, dimension in product(layers, (0, 2), ("train", "full"), (0, 1))
    }
    assert Counter(found.itertuples(index=False, name=None)) == Counter(expected)


def test_the_table_of_networks_has_every_layer_as_the_stored_weights_have_it(finished, stored):
    found = table(finished, "networks").set_index(["dataset", "model", "layer"])
    assert found.index.is_unique
    for model in ("good", "bad"):
        normalisation, *dense = np.split(
            np.array([array.size for array in weights_of(stored, model, 0)]), [3]
        )
        own = dense[0].reshape(-1, 2).sum(axis=1).tolist()  # kernel and bias
        rows = found.loc[("spheres", model)]
        assert rows["parameters"].tolist() == [normalisation.sum(), *own]
        assert rows["trainable"].tolist() == [0, *own]
        with stored(f"activations/{RUN.format(model=model)}/epoch0.h5") as file:
            layers = [file[f"train/{k}"] for k in range(5)]
            assert rows["units"].tolist() == [layer.shape[1] for layer in layers]
            assert rows["name"].tolist() == [layer.attrs["name"] for layer in layers]


@pytest.fixture
def stored(finished):
    """Function that opens a file of the finished run."""

    def opened(path: str) -> h5py.File:
        return h5py.File(finished.root / "results" / path)

    return opened


def test_a_data_set_is_stored_with_its_split(stored):
    with stored("datasets/spheres.h5") as file:
        assert (file["X"].shape, file["X"].dtype) == ((120, 3), np.float32)
        assert (file["y"].shape, file["y"].dtype) == ((120,), np.int64)
        # 0.33 of 120 rows, rounded up
        assert (len(file["train"]), len(file["test"])) == (80, 40)
        assert sorted([*file["train"], *file["test"]]) == list(range(120))


def weights_of(stored, model: str, epoch: int) -> list[np.ndarray]:
    with stored(f"models/{RUN.format(model=model)}/weights.h5") as file:
        group = file[f"epoch{epoch}"]
        return [group[str(k)][()] for k in range(len(group))]


def test_weights_are_stored_for_every_epoch_in_the_order_of_keras(stored):
    with stored(f"models/{RUN.format(model='good')}/weights.h5") as file:
        assert set(file) == {"epoch0", "epoch1", "epoch2"}
    # Mean, variance and count of the normalisation, then kernel and bias of each layer.
    shapes = [(3,), (3,), (), (3, 4), (4,), (4, 3), (3,), (3, 3), (3,), (3, 1), (1,)]
    assert [array.shape for array in weights_of(stored, "good", 2)] == shapes


@pytest.mark.parametrize(
    ("model", "epoch", "split"), list(product(["good", "bad"], [0, 2], ["train", "test"]))
)
def test_stored_activations_are_those_of_the_stored_weights_on_the_rows_of_the_split(
    stored, model, epoch, split
):
    with stored("datasets/spheres.h5") as data:
        rows = data[split][()]
        X, y = data["X"][()][rows], data["y"][()][rows]
    expected = layer_outputs(weights_of(stored, model, epoch), X)
    with stored(f"activations/{RUN.format(model=model)}/epoch{epoch}.h5") as file:
        assert set(file[split]) == {"y", *map(str, range(5))}
        np.testing.assert_array_equal(file[split]["y"], y)
        for layer, values in enumerate(expected):
            assert file[split][str(layer)].dtype == np.float32
            np.testing.assert_allclose(file[split][str(layer)], values, rtol=1e-4, atol=1e-5)


def test_layer_0_is_the_input_normalised_by_the_training_rows(stored):
    with (
        stored("datasets/spheres.h5") as data,
        stored(f"activations/{RUN.format(model='bad')}/epoch0.h5") as file,
    ):
        X, train, test = (data[name][()] for name in ("X", "train", "test"))
        normalised = (X[test] - X[train].mean(axis=0)) / X[train].std(axis=0)
        np.testing.assert_allclose(file["test/0"], normalised, atol=1e-5)


def test_the_accuracy_is_that_of_the_stored_logits(finished, stored):
    accuracy = table(finished, "accuracy").set_index(["model", "epoch"])
    for model, epoch, split in product(("good", "bad"), (0, 2), ("train", "test")):
        with stored(f"activations/{RUN.format(model=model)}/epoch{epoch}.h5") as file:
            right = (file[split]["4"][:, 0] > 0) == file[split]["y"][()]
        assert accuracy.loc[(model, epoch), f"{split}_accuracy"] == right.mean()


@pytest.mark.parametrize(("layer", "split"), list(product([1, 3], ["train", "full"])))
def test_stored_diagrams_are_those_of_the_sampled_rows_of_the_stored_activations(stored, layer, split):
    parts = ("train", "test") if split == "full" else (split,)
    with stored(f"activations/{RUN.format(model='good')}/epoch2.h5") as file:
        rows = np.concatenate([file[part][str(layer)][()] for part in parts]).astype(float)
    path = f"diagrams/{RUN.format(model='good')}/epoch2/layer{layer}/{split}/all.h5"
    with stored(path) as file:
        assert (file.attrs["n_points"], json.loads(file.attrs["sample"])["n_rows"]) == (30, len(rows))
        bars = {k: file[f"H{k}"][()] for k in (0, 1)}
    sample = rows[sample_rows(len(rows), split, {"points": 30, "seed": 0})]
    expected = persistence_diagram(sample).bars
    for k in (0, 1):
        np.testing.assert_array_equal(bars[k], expected[k])


def test_every_stored_file_says_what_made_it(finished):
    for path in (finished.root / "results").rglob("*.h5"):
        with h5py.File(path) as file:
            provenance = json.loads(file.attrs["provenance"])
            assert provenance["dataset"]["points_per_class"] == 60
            assert json.loads(file.attrs["versions"])


def test_every_job_has_a_log(finished):
    logs = sorted((finished.root / "results/logs").rglob("*.log"))
    assert len(logs) >= sum(FIRST_JOBS.values())
    for log in logs:
        assert "done in" in log.read_text().splitlines()[-1]


@pytest.mark.parametrize(("kind", "suffix"), [("logs", ".log"), ("benchmarks", ".tsv")])
def test_logs_and_benchmarks_mirror_the_paths_of_the_results(finished, kind, suffix):
    results = finished.root / "results"
    for path in (results / kind).rglob(f"*{suffix}"):
        made = results / path.relative_to(results / kind).with_suffix("")
        assert list(made.parent.glob(f"{made.name}*")), f"{path} is of nothing"


def test_heavy_jobs_are_measured(finished):
    measured = len(list((finished.root / "results/benchmarks").rglob("*.tsv")))
    assert measured == FIRST_JOBS["train"] + FIRST_JOBS["diagram"]


def test_jobs_side_by_side_may_take_the_memory_of_this_machine_and_no_more(workflow):
    (workflow.root / "results/tables/claims.csv").unlink()
    provided = re.search(r'"mem_mb", (\d+)', workflow.run("results/tables/claims.csv").output)
    total = psutil.virtual_memory().total / 2**20
    assert 0.8 * total < int(provided[1]) < total


def test_nothing_temporary_is_left(finished):
    assert hidden_files(finished) == []


@pytest.mark.slow
@pytest.mark.parametrize("cores", [1, 8])
def test_results_repeat_byte_by_byte_in_another_folder_on_any_number_of_cores(finished, fresh, cores):
    result = fresh.run(*finished.files("results/tables/*.csv"), cores=cores)
    assert result.code == 0, result.output
    for pattern in ("results/**/*.h5", "results/**/*.csv"):
        expected = finished.files(pattern)
        assert len(expected) > 4
        assert fresh.files(pattern) == expected


# What is done again: see test_reruns.py for what each change reruns


def test_a_second_run_does_nothing(finished):
    assert finished.plan() == {}


def test_a_copied_folder_is_as_good_as_the_first(workflow):
    assert workflow.plan() == {}


CHANGED_TABLES = {"summary_table": 1, "distance_table": 1, "claims": 1} | STATISTICS
#: What only one network's diagrams, or only those of earlier epochs, have changed.
WITHIN_TABLES = {rule: n for rule, n in CHANGED_TABLES.items() if rule != "between_distances"}
GOOD_TABLES = WITHIN_TABLES | {"statistics": 1, "run_distances": 1}


@pytest.mark.slow
def test_an_added_layer_leaves_all_other_diagrams_as_they_were(workflow):
    before = workflow.files("results/[!lbst]*/**/*.h5")
    times = {path: (workflow.root / path).stat().st_mtime_ns for path in before}
    workflow.configure(with_value(("models", "bad", "layers"), [3, 4]))
    result = workflow.run("all")
    assert result.jobs == {"diagram": 4, **GOOD_TABLES}
    after = workflow.files("results/[!lbst]*/**/*.h5")
    assert len(after) == len(before) + 4
    assert {path: after[path] for path in before} == before
    assert {path: (workflow.root / path).stat().st_mtime_ns for path in before} == times
    assert set(table(workflow, "summaries").query("model == 'bad'")["layer"]) == {3, 4}


def test_a_deleted_diagram_is_made_again_the_same(workflow):
    before = workflow.files("results/**/*.h5")
    (workflow.root / DIAGRAM).unlink()
    assert workflow.run(DIAGRAM).jobs == {"diagram": 1}
    assert workflow.files("results/**/*.h5") == before


def test_copied_results_of_other_settings_are_refused(workflow):
    # Without its records Snakemake compares times only, and would find nothing to do.
    (workflow.root / ".snakemake").rename(workflow.root / "records")
    assert workflow.run("all", "--dry-run").jobs == TABLES
    before = workflow.files()
    workflow.configure(with_value(("training", "learning_rate"), 0.02))
    result = workflow.run("all")
    assert result.code != 0
    assert "training.learning_rate was 0.01, should be 0.02" in result.output
    assert "Traceback" not in result.output
    assert workflow.files() == before


def test_what_shows_results_is_made_anew_where_no_record_tells_how_it_was_made(workflow):
    records = workflow.root / ".snakemake/metadata"
    shutil.rmtree(records)
    records.mkdir()
    (records / "cmVzdWx0cy9vdGhlcg==").write_text("{}")  # of some other result
    workflow.configure(with_value(("figures", "dpi"), 90))
    assert set(workflow.run("all", "--dry-run").all_jobs) == DRAWING_RULES | set(TABLES)


def test_one_record_of_something_else_does_not_vouch_for_copied_results(workflow):
    records = workflow.root / ".snakemake/metadata"
    shutil.rmtree(records)
    records.mkdir()
    (records / "cmVzdWx0cy9vdGhlcg==").write_text("{}")
    workflow.configure(with_value((*SPHERES, "noise"), 0.1))
    result = workflow.run("all", "--dry-run")
    assert result.code != 0
    assert "noise was 0.75, should be 0.1" in result.output


def test_a_diagram_beyond_the_memory_is_not_begun(workflow):
    result = workflow.run("all", "--dry-run", "--resources", "mem_mb=100")
    assert result.code != 0
    assert "clouds.all.sample.points" in result.output
    assert "Traceback" not in result.output


@pytest.mark.slow
def test_claims_are_not_held_against_greedy_samples(workflow):
    greedy = {"all": {"sample": {"method": "greedy", "points": 20}}}
    workflow.configure(tiny_config() | {"clouds": greedy})
    assert workflow.run("results/tables/claims.csv").code == 0
    verdicts = table(workflow, "claims").set_index("id")["verdict"]
    assert set(verdicts[["C3", "C4", "C5", "C6", "C7", "C8", "C9"]]) == {"not applicable"}
    assert "not applicable" not in set(verdicts[["C1", "C2", "C10"]])


def test_without_a_study_no_claims_are_held_against_the_results(workflow):
    workflow.configure(with_value(("study",), "none"))
    result = workflow.run("all")
    assert result.code == 0, result.output
    assert result.all_jobs == {"claims": 1, "report": 1, "all": 1}
    claims = table(workflow, "claims")
    assert len(claims) == 0
    assert {"id", "measured", "verdict", "reason"} < set(claims)


def test_a_run_draws_every_figure_and_the_report(finished):
    figures = finished.root / "results/figures/spheres"
    # Two layers and two splits, each as it is, scaled, and as a density.
    assert len(list(figures.glob("seed0/all/*.png"))) == 2 * 2 * 3
    assert {path.name for path in figures.glob("*.png")} == {"data.png", "training.png"}
    of_runs = (
        "by_layer",
        "by_epoch",
        "betti0",
        "betti1",
        "networks_bottleneck",
        "networks_sliced_wasserstein",
        "moved",
    )
    assert {path.stem for path in figures.glob("runs/all/*.png")} == {
        f"{split}_{name}" for split in ("train", "full") for name in of_runs
    }
    assert (finished.root / "results/report.html").is_file()


# Which configuration is taken


def test_a_given_configuration_replaces_the_default_one(fresh, tmp_path):
    other = tiny_config()
    other["models"] = {"wide": {"hidden": [5, 5, 5]}}
    path = tmp_path / "other.yaml"
    path.write_text(yaml.safe_dump(other))
    result = fresh.run("all", "--dry-run", "--configfile", path)
    one_run = {rule: 1 for rule in TABLES if rule != "between_distances"}
    assert result.jobs == {"dataset": 1, "train": 1, "activations": 2, "diagram": 8, **one_run}
    assert "Train wide on spheres" in result.output
    assert "Train good" not in result.output


def test_a_given_configuration_needs_no_default_one(tmp_path):
    path = tmp_path / "only.yaml"
    path.write_text(yaml.safe_dump(tiny_config()))
    assert Workflow(tmp_path / "empty").plan("--configfile", path) == FIRST_JOBS


def test_a_single_value_can_be_overridden(fresh):
    plan = fresh.plan("--config", "analysis={epochs: [0], layers: [1, 3], splits: [train]}")
    assert plan == {
        "dataset": 1,
        "train": 2,
        "activations": 2,
        "diagram": 3,
        **TABLES,
        "between_distances": 1,
    }


@pytest.mark.parametrize(
    ("override", "diagrams"),
    [
        ("training={seeds: [0, 1]}", 24),
        ("clouds={few: {sample: {points: null}}}", 24),
        ("homology={engine: giotto}", 12),
        ("training={learning_rate: 1e-3}", 12),
    ],
)
def test_an_override_adds_to_a_given_configuration(fresh, override, diagrams):
    plan = fresh.plan("--configfile", fresh.root / "config/config.yaml", "--config", override)
    assert plan["diagram"] == diagrams


def test_a_bad_override_is_refused_like_a_bad_value(fresh):
    result = fresh.loaded_run("all", "--config", "training={epoch: 3}")
    assert result.code != 0
    assert "training.epoch: unknown key" in result.output


#: Whose plan takes long to make.
LARGE = ("replication", "naitzat")


@pytest.mark.parametrize(
    "path",
    [
        pytest.param(path, marks=pytest.mark.slow) if path.stem.startswith(LARGE) else path
        for path in sorted((REPOSITORY / "config").glob("**/*.yaml"))
        if path.stem not in FILES_MADE_FIRST
    ],
    ids=lambda path: path.name,
)
def test_shipped_configurations_can_be_run(tmp_path, path):
    experiment = parse_config(yaml.safe_load(path.read_text()))
    (tmp_path / "x/config/examples").mkdir(parents=True)
    (tmp_path / "x/config/examples/data").symlink_to(REPOSITORY / "config/examples/data")
    plan = Workflow(tmp_path / "x").plan("--configfile", path)
    epochs = len(experiment.runs()) * len(experiment.config.analysis.epochs)
    of_diagrams = sum(count for rule, count in plan.items() if rule.split("_")[0] == "diagram")
    assert of_diagrams == (
        len(experiment.cells()) if experiment.config.analysis.batch == "diagram" else epochs
    )


# What a mistake costs


@pytest.mark.parametrize("mistake", KINDS_OF_MISTAKES)
def test_a_bad_value_stops_the_run_with_a_message_and_loses_nothing(finished, tmp_path, mistake):
    key, value, fragments = BAD_VALUES[mistake]
    path = tmp_path / "bad.yaml"
    path.write_text(yaml.safe_dump(with_value(key, value)))
    before = finished.files()
    result = finished.loaded_run("all", "--configfile", path)
    assert result.code != 0
    assert [fragment for fragment in fragments if fragment not in result.output] == []
    assert "Traceback" not in result.output
    assert finished.files() == before


@pytest.mark.parametrize("content", ["datasets: [1, 2", "a: b: c", "- datasets", "datasets", ""])
def test_a_file_that_is_no_configuration_stops_the_run_and_loses_nothing(workflow, content):
    before = workflow.files()
    workflow.configure(content)
    result = workflow.loaded_run("all")
    assert result.code != 0
    assert "onfig" in result.output
    assert "YAML" in result.output
    assert "Traceback" not in result.output
    assert workflow.files() == before


def test_a_missing_configuration_is_named(tmp_path):
    result = Workflow(tmp_path).loaded_run("all")
    assert result.code != 0
    assert "config/config.yaml" in result.output
    assert "Traceback" not in result.output


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def remove_layer(path: Path) -> None:
    with h5py.File(path, "r+") as file:
        del file["train/1"]


def spoil(path: Path) -> None:
    with h5py.File(path, "r+") as file:
        file["train/1"][:] = np.nan


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (truncate, "not a whole HDF5 file"),
        pytest.param(remove_layer, "holds no array 'train/1'", marks=pytest.mark.slow),
        pytest.param(spoil, "80 of 80 rows hold NaN or infinity", marks=pytest.mark.slow),
    ],
)
def test_damaged_activations_stop_their_diagrams_with_the_reason_and_no_others(workflow, damage, reason):
    damage(workflow.root / ACTIVATIONS)
    (workflow.root / DIAGRAM).unlink()
    before = workflow.files("results/**/*.h5")
    result = workflow.run(DIAGRAM, "results/diagrams/spheres/bad/seed0/epoch2/layer3/train/all.h5")
    assert result.code != 0
    for text in (result.output, (workflow.root / DIAGRAM_LOG).read_text()):
        assert reason in text
        assert ACTIVATIONS in text
    assert "Traceback" not in (workflow.root / DIAGRAM_LOG).read_text()
    assert not (workflow.root / DIAGRAM).exists()
    assert workflow.files("results/**/*.h5") == before
    assert hidden_files(workflow) == []


def test_a_failed_job_does_not_keep_others_from_their_work(workflow):
    truncate(workflow.root / ACTIVATIONS)
    other = "results/diagrams/spheres/bad/seed0/epoch2/layer3/train/all.h5"
    for path in (DIAGRAM, other):
        (workflow.root / path).unlink()
    assert workflow.run(DIAGRAM, other, cores=1).code != 0
    assert (workflow.root / other).exists()


@pytest.mark.slow
def test_after_a_failure_the_run_goes_on_from_where_it_stopped(workflow):
    whole = (workflow.root / ACTIVATIONS).read_bytes()
    truncate(workflow.root / ACTIVATIONS)
    (workflow.root / DIAGRAM).unlink()
    assert workflow.run(DIAGRAM).code != 0
    (workflow.root / ACTIVATIONS).write_bytes(whole)
    assert workflow.run(DIAGRAM).jobs == {"diagram": 1}
