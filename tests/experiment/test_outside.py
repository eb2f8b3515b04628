"""Networks from outside in a configuration: what is understood, and what is refused, before anything runs."""

from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from lib.requests import NOTHING, Requests

from layertopo import facts
from layertopo.errors import ConfigError
from layertopo.experiment.cells import Experiment, Run
from layertopo.experiment.parse import parse_config
from layertopo.plan import diagram_cost
from layertopo.record import Recorder

SPLITS = ["train", "full"]


def record(
    folder: Path, seed: int = 0, epochs: tuple[int, ...] = (0, 5), rows: tuple[int, int] = (4, 2)
) -> None:
    rng = np.random.default_rng(seed)
    labels = [np.arange(count) % 2 for count in rows]
    with Recorder(folder, *labels, classes=["a", "b"]) as recorder:
        for epoch in epochs:
            recorder.write(
                epoch,
                *(
                    {"input": rng.normal(size=(count, 3)), "deep": np.ones((count, 2))}
                    for count in rows
                    if count
                ),
            )


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    record(tmp_path / "run", 0)
    return tmp_path


def config(folder: Path, more: dict[str, Any] | None = None, **model: Any) -> dict[str, Any]:
    entry = {"recorded": str(folder / "run"), "layers": "all", "epochs": "all"} | model
    return {"models": {"run7": entry}, "analysis": {"splits": SPLITS, "epochs": [0]}} | (more or {})


def message_of(raw: dict[str, Any]) -> str:
    with pytest.raises(ConfigError) as caught:
        parse_config(raw)
    return str(caught.value)


def test_a_recording_is_its_own_data_set(folder):
    experiment = parse_config(config(folder))
    assert experiment.runs() == [Run("run7", "run7", 0)]
    assert experiment.class_names("run7") == ("a", "b")
    assert experiment.config.datasets["run7"].rows() == {"train": 4, "test": 2, "full": 6}
    assert experiment.epochs("run7") == [0, 5]
    assert experiment.n_coordinates("run7", "run7", 1) == 2


def test_the_configuration_as_shown_in_the_report_gives_the_same_experiment(folder):
    shown = parse_config(config(folder)).config.model_dump()
    assert parse_config(shown).config.model_dump() == shown


def test_layers_may_be_names(folder):
    experiment = parse_config(config(folder, layers=["deep"]))
    assert experiment.layers("run7") == [1]
    assert "no layer named 'dep'" in message_of(config(folder, layers=["dep"]))
    assert "did you mean 'deep'?" in message_of(config(folder, layers=["dep"]))


def seeds(folder: Path, **folders: str) -> dict[int, str]:
    return {int(seed[1:]): str(folder / name) for seed, name in folders.items()}


def test_every_seed_may_have_a_recording(folder):
    record(folder / "again", 1)
    experiment = parse_config(config(folder, recorded=seeds(folder, s0="run", s7="again")))
    assert [run.seed for run in experiment.runs()] == [0, 7]
    assert experiment.drawn_seeds() == [0, 7]


def test_equal_recordings_are_one_run_and_not_two(folder):
    record(folder / "again", 0)
    raw = config(folder, recorded=seeds(folder, s0="run", s1="again"))
    assert "is the recording of seed 0 again; a network counts once" in message_of(raw)


def test_recordings_of_other_rows_are_no_seeds_of_one_network(folder):
    record(folder / "again", 1, rows=(6, 2))
    raw = config(folder, recorded=seeds(folder, s0="run", s1="again"))
    assert "again: has other rows than" in message_of(raw)


def provenance(experiment: Experiment, epoch: int) -> dict[str, Any]:
    return dict(experiment.activation_settings(experiment.runs()[0], epoch))


def test_the_content_decides_and_not_the_place(folder):
    before = parse_config(config(folder))
    moved = (folder / "run").rename(folder / "elsewhere")
    after = parse_config(config(folder, recorded=str(moved)))
    assert provenance(before, 5) == provenance(after, 5)
    assert str(folder) not in str(provenance(before, 5))
    assert provenance(before, 5) != provenance(before, 0)


def damage(path: Path) -> bytes:
    """Change one byte of a file, which keeps its size; what it held before."""
    before = path.read_bytes()
    path.write_bytes(before[:-1] + bytes([before[-1] ^ 255]))
    return before


@pytest.mark.parametrize("epoch", [0, 5])
def test_a_changed_epoch_of_the_same_size_is_refused_before_anything_runs(folder, epoch):
    parse_config(config(folder))
    path = folder / f"run/epoch{epoch}.h5"
    times = path.stat()
    before = damage(path)
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    message = message_of(config(folder))
    assert message.splitlines()[1:] == [
        f"  - {'datasets' if epoch == 0 else 'models'}.run7: {path}: is not what was recorded (its digest differs): it was "
        "changed or damaged; copy the recording again, or record again"
    ]
    path.write_bytes(before)
    parse_config(config(folder))


def test_an_epoch_that_nobody_asks_for_may_be_damaged(folder):
    damage(folder / "run/epoch5.h5")
    parse_config(config(folder, epochs=[0]))


def test_epochs_are_read_once_for_each_time(folder, monkeypatch):
    read = []
    true = facts._sha256
    monkeypatch.setattr(facts, "_sha256", lambda path: read.append(path.name) or true(path))
    for _ in range(2):
        parse_config(config(folder))
    assert sorted(read) == ["epoch0.h5", "epoch5.h5"]


def test_other_epochs_decide_nothing_of_an_epoch(folder):
    before = parse_config(config(folder))
    (folder / "run").rename(folder / "former")
    record(folder / "run", 0, (0, 5, 6))
    after = parse_config(config(folder))
    cell = before.cells()[-1]
    assert before.diagram_settings(cell) == after.diagram_settings(cell)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"recorded": "nowhere"}, "models.run7: nowhere: no such folder"),
        ({"recorded": 3}, "models.run7.recorded: got 3"),
        ({"hidden": [3]}, "models.run7: must have exactly one of the keys hidden, keras, recorded"),
        (
            {"activation": "relu"},
            "models.run7.activation: unknown key; legal keys here are recorded, dataset, ",
        ),
        ({"datasets": ["run7"]}, "name it in `dataset`"),
        ({"epochs": [0, 3]}, "models.run7.epochs: model 'run7' has no epoch 3; there is 0, 5"),
        ({"epochs": None}, None),
        ({"layers": [2]}, "has no layer 2; its layers are 0 (the input) to 1 (the output)"),
    ],
)
def test_what_does_not_fit_is_refused(folder, change, message):
    raw = config(folder, **change)
    if message is None:
        assert parse_config(raw).epochs("run7") == [0]
    else:
        assert message in message_of(raw)


def test_without_any_kind_there_is_no_network():
    raw = {"datasets": {"m": {"kind": "moons"}}, "models": {"net": {"layers": [1]}}}
    assert "models.net: must have exactly one of the keys hidden, keras, recorded" in message_of(raw)


def test_a_recording_without_test_rows_has_none_to_analyse(folder):
    record(folder / "train only", rows=(4, 0))
    raw = config(folder, recorded=str(folder / "train only"))
    parse_config(raw)
    raw["analysis"]["splits"] = ["test"]
    assert "the recording of model 'run7' has no test rows; leave out 'test'" in message_of(raw)


def test_rows_of_another_data_set_are_refused(folder):
    raw = config(folder, {"datasets": {"m": {"kind": "moons", "count": 20}}}, dataset="m")
    assert (
        "the recording has 4 train rows, and data set 'm' has 13; it is not what was recorded"
        in message_of(raw)
    )


def test_a_data_set_that_is_not_there_is_told(folder):
    raw = config(folder, {"datasets": {"moon": {"kind": "moons"}}}, dataset="moons")
    assert "models.run7.dataset: no data set is named 'moons'; there is moon; did you mean" in message_of(raw)


def test_a_recording_that_is_called_like_a_data_set_is_refused(folder):
    raw = config(folder, {"datasets": {"run7": {"kind": "moons"}}})
    assert "say `dataset: run7` if that is what was recorded" in message_of(raw)


def test_values_that_are_no_numbers_are_refused_where_they_are_analysed(folder):
    with Recorder(folder / "run", train=[0, 1], overwrite=True) as recorder:
        recorder.write(0, {"input": [0.0, 1.0], "deep": [0.0, np.nan]})
    assert "layer 'deep' holds NaN or infinity from train row 1 on" in message_of(config(folder, epochs=[0]))
    parse_config(config(folder, epochs=[0], layers=["input"]))


def test_a_default_that_does_not_fit_gives_way_to_all_there_is(folder):
    raw = {"models": {"run7": {"recorded": str(folder / "run")}}}
    experiment = parse_config(raw)
    assert (experiment.epochs("run7"), experiment.layers("run7")) == ([0, 5], [0, 1])
    assert "has no epoch 3" in message_of(raw | {"analysis": {"epochs": [0, 3]}})
    assert "has no layer 3" in message_of(raw | {"analysis": {"layers": [3]}})
    record(folder / "long", epochs=(0, 5, 10, 25))
    assert parse_config({"models": {"m": {"recorded": str(folder / "long")}}}).epochs("m") == [0, 10, 25]


@pytest.mark.parametrize("rows", [10_000, 100])
def test_a_job_of_activations_asks_for_what_its_layers_take(rows):
    """20,000 rows of 20,000 numbers are 1.6 GB, and the weights of such a layer to 10 others 0.8 MB."""
    wide = {
        "datasets": {"s": {"kind": "nested_spheres", "points_per_class": rows}},
        "models": {"m": {"hidden": [20_000, 10]}},
        "analysis": {"layers": [1, 2], "epochs": [0]},
        "clouds": {"all": {"sample": {"points": 50}}},
    }
    asked = Requests(parse_config(wide), NOTHING, float("inf")).activations(
        SimpleNamespace(dataset="s", model="m"), 1
    )
    held = 2 * rows * 20_000 * 4 / 2**20
    assert asked.megabytes >= max(1500, 750 + 2 * held)
    assert asked.megabytes < 3000 + 6 * held


def test_a_job_asks_for_the_memory_that_a_wide_layer_takes():
    wide = {
        "datasets": {"s": {"kind": "nested_spheres"}},
        "models": {"m": {"hidden": [20_000, 10]}},
        "analysis": {"layers": [1, 2], "epochs": [0]},
        "clouds": {"all": {"sample": {"points": 500}}},
    }
    experiment = parse_config(wide)
    large, small = (diagram_cost(experiment, "s", "m", layer, "full", "all").megabytes for layer in (1, 2))
    assert large - small > 24 * 20_000 * 20_000 / 2**20 - 200
    assert small < 1000
