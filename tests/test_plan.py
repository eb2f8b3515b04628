"""The plan: every job counted, costs added up, and near what real runs take."""

from __future__ import annotations

import subprocess
import sys
import time
from dataclasses import astuple
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from experiment import tiny_config
from workflow_runs import FILES_MADE_FIRST, REPOSITORY

from layertopo.analysis.distances import pairs
from layertopo.experiment.cells import Cell, Experiment, Run
from layertopo.experiment.parse import parse_config
from layertopo.homology.cost import COMPILING, START, estimate
from layertopo.plan import (
    _PAIR_POWER,
    _SECONDS_PER_PAIR,
    Stage,
    between_cost,
    describe,
    elapsed,
    job_seconds,
    stages,
    within_cost,
)

SHIPPED = sorted(
    path for path in (REPOSITORY / "config").glob("**/*.yaml") if path.stem not in FILES_MADE_FIRST
)
#: Stages whose jobs differ in what they are of, and not in how much they read.
FOLDERS = {"data": "datasets", "training": "models", "activations": "activations", "diagrams": "diagrams"}


def plan(experiment: Experiment) -> dict[str, Stage]:
    return {stage.name: stage for stage in stages(experiment)}


@pytest.fixture(params=SHIPPED, ids=lambda path: path.stem)
def shipped(request) -> Experiment:
    """A configuration of this repository, with no more than three seeds: they all cost the same."""
    raw = yaml.safe_load(request.param.read_text())
    if "seeds" in raw.get("training", {}):
        raw["training"]["seeds"] = raw["training"]["seeds"][:3]
    return parse_config(raw)


def with_diagrams(shipped: Experiment) -> list[Run]:
    """Runs whose clouds are not all at one scale."""
    found = {cell.run for cell in shipped.cells() if shipped.cloud_of(cell).filtered}
    return [run for run in shipped.runs() if run in found]


def test_every_job_is_counted(shipped):
    runs = len(shipped.runs())
    assert {name: stage.jobs for name, stage in plan(shipped).items()} == {
        "data": len(shipped.config.datasets),
        "training": runs,
        "activations": runs * len(shipped.config.analysis.epochs),
        "diagrams": len(batches(shipped)),
        "statistics": runs,
        "distances": len(with_diagrams(shipped)) + len(compared(shipped)),
        **({"loops": runs} if shipped.config.loops else {}),
    }


def compared(experiment: Experiment) -> dict[tuple[str, int, str, str], list[Cell]]:
    """Diagrams that are compared between training runs, where there are two."""
    groups: dict[tuple[str, int, str, str], list[Cell]] = {}
    for cell in experiment.cells():
        if cell.epoch == experiment.epochs(cell.model)[-1] and experiment.cloud_of(cell).filtered:
            groups.setdefault((cell.dataset, cell.layer, cell.split, cell.cloud), []).append(cell)
    return {place: cells for place, cells in groups.items() if len(cells) > 1}


def batches(experiment: Experiment) -> list[tuple[str, dict[str, str]]]:
    """Rule and wildcards of each job that computes diagrams."""
    if experiment.config.analysis.batch == "diagram":
        return [("diagram", wildcards(cell)) for cell in experiment.cells()]
    return [
        ("diagram", wildcards(run) | {"epoch": str(epoch)})
        for run in experiment.runs()
        for epoch in experiment.config.analysis.epochs
    ]


def wildcards(of: Run) -> dict[str, str]:
    return {name: str(value) for name, value in of.key.items()}


def test_the_seconds_of_a_stage_are_those_of_its_jobs(shipped):
    runs = [wildcards(run) for run in shipped.runs()]
    jobs = {
        "data": [("dataset", {"dataset": name}) for name in shipped.config.datasets],
        "training": [("train", run) for run in runs],
        "activations": [
            ("activations", run | {"epoch": str(epoch)})
            for run in runs
            for epoch in shipped.config.analysis.epochs
        ],
        "diagrams": batches(shipped),
        "statistics": [("statistics", run) for run in runs],
        "distances": [("run_distances", wildcards(run)) for run in with_diagrams(shipped)]
        + [("between_distances", wildcards(cells[0])) for cells in compared(shipped).values()],
        "loops": [("loops", run) for run in runs],
    }
    for name, stage in plan(shipped).items():
        seconds = [job_seconds(shipped, rule, values) for rule, values in jobs[name]]
        assert sum(seconds) == pytest.approx(stage.seconds)
        assert max(seconds, default=0) == pytest.approx(stage.longest)


def test_the_distances_cost_what_their_pairs_do(shipped):
    """Pairs are counted one by one; for their size, all are taken to have the points of all in equal parts."""

    def expected(cells: list[Cell]) -> float:
        points = [shipped.n_points(cell.dataset, cell.split, cell.cloud) for cell in cells]
        if not points:
            return 0.0
        each = np.mean((np.array(points) / 1000) ** _PAIR_POWER)
        return len(list(pairs([cell.key for cell in cells]))) * _SECONDS_PER_PAIR * each

    for run in with_diagrams(shipped)[:: len(shipped.config.training.seeds)]:
        own = [
            cell
            for cell in shipped.cells()
            if (cell.dataset, cell.model, cell.seed) == astuple(run) and shipped.cloud_of(cell).filtered
        ]
        found = within_cost(shipped, run.dataset, run.model).seconds
        assert found == pytest.approx(expected(own))
    for (dataset, layer, split, cloud), cells in compared(shipped).items():
        found = between_cost(shipped, dataset, layer, split, cloud).seconds
        assert found == pytest.approx(expected(cells))


def test_the_largest_diagram_needs_the_memory_that_its_job_asks_for(shipped):
    homology = shipped.config.homology
    asked = []
    for cell in shipped.cells():
        points, cloud = shipped.n_points(cell.dataset, cell.split, cell.cloud), shipped.cloud_of(cell)
        graph = cloud.cloud.neighbours is not None
        if not cloud.filtered:
            asked.append(START.megabytes + COMPILING + 3 * points * points / 8 / 2**20)
            continue
        own = estimate(
            points,
            cloud.dimensions,
            homology.engine,
            homology.coefficient_field,
            n_coordinates=10 if graph else shipped.n_coordinates(cell.dataset, cell.model, cell.layer),
        )
        # Graphs have the distances of all pairs besides.
        asked.append(own.megabytes + COMPILING + (30 * (points / 1000) ** 2 if graph else 0))
    assert plan(shipped)["diagrams"].megabytes == pytest.approx(max(asked), rel=0.01)


@pytest.mark.parametrize(
    ("change", "doubled"),
    [
        ({"training": {"seeds": [0, 1]}}, {"training", "activations", "diagrams"}),
        ({"analysis": {"epochs": [0, 1]}}, {"activations", "diagrams"}),
        ({"analysis": {"splits": ["train", "test"]}}, {"diagrams"}),
        ({"clouds": {"a": {}, "b": {}}}, {"diagrams"}),
    ],
    ids=["seeds", "epochs", "splits", "clouds"],
)
def test_twice_as_many_jobs_of_a_kind_take_twice_as_long(change, doubled):
    base = {
        "datasets": tiny_config()["datasets"],
        "models": {"good": {"hidden": [4]}},
        "training": {"epochs": 3, "seeds": [0]},
        "analysis": {"epochs": [0], "layers": [1], "splits": ["train"]},
        "clouds": {"a": {}},
    }
    # Of training and test set the same number of rows, so that all diagrams cost the same.
    base["datasets"]["spheres"]["test_fraction"] = 0.5
    larger = {key: base[key] | change.get(key, {}) for key in base}
    once, twice = plan(parse_config(base)), plan(parse_config(larger))
    for name in FOLDERS:
        factor = 2 if name in doubled else 1
        assert twice[name].jobs == factor * once[name].jobs
        assert twice[name].seconds == pytest.approx(factor * once[name].seconds)
        assert twice[name].disk == pytest.approx(factor * once[name].disk)
        assert twice[name].longest == once[name].longest


def test_a_batch_takes_what_its_diagrams_do_but_starts_once():
    config = tiny_config()
    one = plan(parse_config(config))["diagrams"]
    config["analysis"]["batch"] = "epoch"
    batch = plan(parse_config(config))["diagrams"]
    start = job_seconds(parse_config(config), "claims", {})
    assert batch.seconds - batch.jobs * start == pytest.approx(one.seconds - one.jobs * start)
    assert (batch.megabytes, batch.disk) == pytest.approx((one.megabytes, one.disk))
    assert batch.jobs < one.jobs


def test_more_epochs_and_larger_networks_and_clouds_take_longer():
    small, config = plan(parse_config(tiny_config())), tiny_config()
    config["training"]["epochs"] *= 100
    config["clouds"]["all"]["sample"]["points"] = None
    config["datasets"]["spheres"]["points_per_class"] *= 100
    large = plan(parse_config(config))
    for name in ("training", "diagrams"):
        assert large[name].seconds > 1.5 * small[name].seconds
        assert large[name].megabytes > small[name].megabytes


def test_cores_share_the_work_but_not_a_job():
    plan = [Stage("a", 4, 40, 10, 1, 1), Stage("b", 1, 20, 20, 1, 1)]
    assert [elapsed(plan, cores) for cores in (1, 2, 60)] == [60, 30, 30]


def test_an_experiment_of_90000_diagrams_is_planned_at_once():
    config = tiny_config()
    config["models"] = {f"m{k}": {"hidden": [k + 1] * 5} for k in range(20)}
    config["training"] |= {"epochs": 30, "seeds": list(range(50))}
    config["analysis"] = {"epochs": list(range(0, 30, 2)), "layers": "hidden", "splits": ["train"]}
    config["clouds"]["few"] = {"sample": {"points": 20}}
    experiment = parse_config(config)
    start = time.perf_counter()
    found = plan(experiment)["diagrams"].jobs
    assert time.perf_counter() - start < 1
    assert found == 20 * 50 * 15 * 5 * 2 == 150_000


@pytest.mark.slow
def test_a_real_run_needs_less_memory_and_about_as_much_disk(finished):
    expected = plan(parse_config(tiny_config()))
    for name, folder in FOLDERS.items():
        disk = sum(path.stat().st_size for path in (finished.root / f"results/{folder}").rglob("*.*")) / 2**20
        assert 1 / 3 < expected[name].disk / disk < 3
    for name in ("training", "diagrams"):
        files = (finished.root / f"results/benchmarks/{FOLDERS[name]}").rglob("*.tsv")
        peak = max(pd.read_csv(path, sep="\t")["max_rss"].max() for path in files)
        assert peak < expected[name].megabytes < 4 * peak


def test_a_run_begins_with_its_plan(first_run):
    output = first_run[1].output
    assert output.count("The whole experiment, roughly") == 1
    assert describe(stages(parse_config(tiny_config())), 2) in output


def test_the_description_has_units_that_can_be_read():
    text = describe([Stage("diagrams", 90_000, 400_000.0, 100.0, 2048.0, 0.2)], 8)
    for words in ("90,000", "5 days", "2 min", "2.0 GB", "< 1 MB", "14 h with 8 at once"):
        assert words in text


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "layertopo.plan", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_a_plan_can_be_had_without_a_run():
    result = run(SHIPPED[0], "--cores", "8")
    assert result.returncode == 0
    assert "with 8 at once" in result.stdout


@pytest.mark.parametrize("content", [None, "a: [", "training: {epoch: 3}"])
def test_a_configuration_that_cannot_be_planned_is_refused_in_a_message(tmp_path, content):
    path = tmp_path / "config.yaml"
    if content is not None:
        path.write_text(content)
    result = run(path)
    assert result.returncode == 1
    assert result.stderr.startswith("Error: ")
    assert "Traceback" not in result.stderr
