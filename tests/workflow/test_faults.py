"""What goes wrong outside of the workflow: each fault ends in a clear error or in the right result."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import h5py
import numpy as np
import pytest
from experiment import tiny_config, with_value
from interruptions import TARGETS, hidden_files, stored
from workflow_runs import Workflow, some_are_essential

from layertopo.experiment.cells import Run
from layertopo.experiment.parse import parse_config
from layertopo.training import activations

RUN = "spheres/good/seed0"
DATASET = "results/datasets/spheres.h5"
WEIGHTS = f"results/models/{RUN}/weights.h5"
HISTORY = f"results/models/{RUN}/history.csv"
ACTIVATIONS = f"results/activations/{RUN}/epoch2.h5"
DIAGRAM = f"results/diagrams/{RUN}/epoch2/layer3/train/all.h5"
FIGURE = "results/figures/spheres/seed0/all/layer3_train.png"
TABLES = "results/tables/{}.csv"

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a file system")


@contextlib.contextmanager
def own_disk(folder: Path) -> Iterator[Path]:
    """A folder with its contents on a file system of its own, which is taken off after the test."""
    aside = folder.with_name("aside")
    folder.rename(aside)
    folder.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", folder], check=False).returncode:
        pytest.skip("no file system can be mounted here")
    try:
        shutil.copytree(aside, folder, dirs_exist_ok=True)
        yield folder
    finally:
        subprocess.run(["umount", folder], check=True)


@pytest.fixture
def disk(workflow):
    """The results folder of the finished workflow, on a disk of its own."""
    with own_disk(workflow.root / "results") as folder:
        yield folder


@pytest.fixture
def disk_of_records(workflow):
    """The folder of Snakemake's records, on a disk of its own."""
    with own_disk(workflow.root / ".snakemake") as folder:
        yield folder


def fill(disk: Path) -> Path:
    """A file that takes all that is left of the disk."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(4096))
    return filler


# Damaged files


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def empty(path: Path) -> None:
    path.write_bytes(b"")


def overwrite_with_noise(path: Path) -> None:
    path.write_bytes(bytes(range(256)) * 40)


def replace_with_foreign_hdf5(path: Path) -> None:
    with h5py.File(path, "w") as file:
        file["X"] = [1.0]


def replace_with_foreign_csv(path: Path) -> None:
    path.write_text("a,b\n1,2\n")


def lose_the_last_row(path: Path) -> None:
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:-1]))


def claim_other_settings(path: Path) -> None:
    with h5py.File(path, "r+") as file:
        file.attrs["provenance"] = file.attrs["provenance"].replace('"seed": 0', '"seed": 5')


#: A file, what happens to it, what is made from it, and what the message says.
DAMAGES = [
    (DATASET, truncate, WEIGHTS, "not a whole HDF5 file"),
    (DATASET, replace_with_foreign_hdf5, TABLES.format("datasets"), "not a file of this workflow"),
    (WEIGHTS, empty, ACTIVATIONS, "not a whole HDF5 file"),
    (WEIGHTS, claim_other_settings, ACTIVATIONS, "training.seed was 5, should be 0"),
    (ACTIVATIONS, overwrite_with_noise, DIAGRAM, "not a whole HDF5 file"),
    (ACTIVATIONS, replace_with_foreign_hdf5, DIAGRAM, "not a file of this workflow"),
    (DIAGRAM, truncate, TABLES.format("summaries"), "not a whole HDF5 file"),
    (DIAGRAM, claim_other_settings, TABLES.format("distances"), "seed was 5, should be 0"),
    (HISTORY, truncate, TABLES.format("accuracy"), "not a table of this workflow"),
    (HISTORY, lose_the_last_row, TABLES.format("accuracy"), "1 are missing"),
    (HISTORY, replace_with_foreign_csv, FIGURE, "without the columns epoch"),
    (TABLES.format("summaries"), lose_the_last_row, TABLES.format("claims"), "1 are missing"),
    (TABLES.format("accuracy"), replace_with_foreign_csv, TABLES.format("claims"), "without the columns"),
    (TABLES.format("datasets"), empty, TABLES.format("claims"), "not a table of this workflow"),
    (
        TABLES.format("distances"),
        overwrite_with_noise,
        TABLES.format("claims"),
        "not a table of this workflow",
    ),
]


def short(value: object) -> str:
    return (
        value.rsplit("/", 1)[1] if isinstance(value, str) and "/" in value else getattr(value, "__name__", "")
    )


@pytest.mark.parametrize(("path", "damage", "made", "reason"), some_are_essential(DAMAGES, 3), ids=short)
def test_a_damaged_file_stops_what_is_made_from_it_with_the_reason(workflow, path, damage, made, reason):
    for output in workflow.root.glob(f"{Path(made).with_suffix('')}*"):
        output.unlink()
    damage(workflow.root / path)
    result = workflow.run(made)
    assert result.code != 0
    assert path in result.output
    assert reason in result.output
    assert "Traceback" not in result.output
    assert not (workflow.root / made).exists()


# The machine


STAGES = [DATASET, WEIGHTS, ACTIVATIONS, DIAGRAM, TABLES.format("summaries"), FIGURE]


@needs_root
@pytest.mark.parametrize("made", STAGES, ids=short)
@pytest.mark.slow
def test_a_full_disk_is_named_and_once_there_is_space_the_run_goes_on_to_the_same_bytes(
    workflow, finished, disk, made
):
    (workflow.root / made).unlink()
    filler = fill(disk)
    result = workflow.run(made)
    assert result.code != 0
    assert "No space left on device" in result.output
    assert "Traceback" not in result.output
    assert not (workflow.root / made).exists()
    filler.unlink()
    assert workflow.run(made).code == 0
    assert stored(workflow) == stored(finished)
    assert hidden_files(workflow) == []


@needs_root
@pytest.mark.slow
def test_a_full_disk_under_the_records_is_named_and_once_there_is_space_the_run_goes_on(
    workflow, finished, disk_of_records
):
    (workflow.root / DIAGRAM).unlink()
    filler = fill(disk_of_records)
    result = workflow.run(DIAGRAM)
    assert result.code != 0
    assert "No space left on device" in result.output
    filler.unlink()
    result = workflow.run(DIAGRAM)
    if "--unlock" in result.output:
        assert workflow.run("--unlock").code == 0
        result = workflow.run(DIAGRAM)
    assert result.code == 0, result.output
    assert stored(workflow) == stored(finished)
    assert hidden_files(workflow) == []
    assert workflow.plan() == {}


@needs_root
def test_a_read_only_results_folder_stops_the_run_and_can_still_be_planned(workflow, disk):
    (workflow.root / DIAGRAM).unlink()
    subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
    assert workflow.plan(target=DIAGRAM) == {"diagram": 1}
    result = workflow.run(DIAGRAM)
    assert result.code != 0
    assert "results: read-only, nothing can be written there" in result.output
    assert "Traceback" not in result.output


OTHER = DIAGRAM.replace("train", "full")


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("raise MemoryError", "out of memory; lower clouds.*.sample.points"),
        ("os.kill(os.getpid(), 9)", "Signals.SIGKILL"),
    ],
)
@pytest.mark.slow
def test_a_job_that_dies_is_named_and_others_go_on(workflow, finished, sabotage, fault, reason):
    for path in (DIAGRAM, OTHER):
        (workflow.root / path).unlink()
    with sabotage(before_rename=f"if '{DIAGRAM}' in str(final): {fault}"):
        result = workflow.run(DIAGRAM, OTHER)
    assert result.code != 0
    assert reason in result.output
    assert DIAGRAM in result.output
    assert not (workflow.root / DIAGRAM).exists()
    assert (workflow.root / OTHER).exists()
    assert workflow.run(DIAGRAM).all_jobs == {"diagram": 1}
    assert stored(workflow) == stored(finished)
    assert hidden_files(workflow) == []


LIMIT = (
    "import sys",
    "if any(word.endswith('.diagram.py') for word in sys.orig_argv):",
)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits the memory of a process")
@pytest.mark.slow
def test_a_diagram_that_the_system_gives_no_memory_says_so_and_is_made_once_there_is_some(
    tmp_path, config, at_start
):
    config["datasets"]["spheres"] |= {"points_per_class": 6000, "dimension": 4}
    config["clouds"]["all"]["sample"]["points"] = 50
    workflow, path = (
        Workflow(tmp_path / "large"),
        "results/diagrams/spheres/good/seed0/epoch2/layer3/full/{}.h5",
    )
    config["clouds"]["large"] = {}
    workflow.configure(config)
    config["models"]["good"]["hidden"] = [4, 3, 40]  # of so many coordinates all distances are kept
    workflow.configure(config)
    rows = np.random.default_rng(0).normal(size=(12000, 40)).astype(np.float32)
    parts = {"train": rows[:8040], "test": rows[8040:]}
    settings = parse_config(config).activation_settings(Run("spheres", "good", 0), 2)
    layers = {split: {f"layer{k}": part for k in range(5)} for split, part in parts.items()}
    classes = {split: np.zeros(len(part)) for split, part in parts.items()}
    activations.save(layers, classes, workflow.root / ACTIVATIONS, settings)

    # As much as a small diagram takes, and a little more.
    peak = tmp_path / "peak"
    measure = f"open({str(peak)!r}, 'w').write(re.search(r'VmPeak:\\s+(\\d+)', open('/proc/self/status').read())[1])"
    with at_start(*LIMIT, f"    import atexit, re; atexit.register(lambda: {measure})"):
        assert workflow.run(path.format("all")).code == 0
    limit = (int(peak.read_text()) + 40 * 1024) * 1024
    with at_start(*LIMIT, f"    import resource; resource.setrlimit(resource.RLIMIT_AS, ({limit}, {limit}))"):
        result = workflow.run(path.format("large"))
    assert result.code != 0
    assert "out of memory; lower clouds.*.sample.points, or give the job more memory" in result.output
    assert not (workflow.root / path.format("large")).exists()
    assert hidden_files(workflow) == []
    assert workflow.run(path.format("large")).all_jobs == {"diagram": 1}


@pytest.mark.slow
def test_results_of_the_future_are_kept_and_new_ones_wait_until_their_times_are_mended(workflow, finished):
    """As a clock that was set back leaves them."""
    (workflow.root / DIAGRAM).unlink()
    tomorrow = time.time() + 86400
    for path in workflow.root.rglob("*"):
        os.utime(path, (tomorrow, tomorrow))
    assert workflow.plan() == {}
    result = workflow.run(DIAGRAM)
    assert result.code != 0
    assert "older modification time" in result.output
    assert "clock skew" in result.output
    assert not (workflow.root / DIAGRAM).exists()
    subprocess.run("find results -newermt now -exec touch {} +", shell=True, cwd=workflow.root, check=True)  # noqa: S602
    assert workflow.run(DIAGRAM).all_jobs == {"diagram": 1}
    assert workflow.plan() == {}
    assert stored(workflow) == stored(finished)


# The folder


@pytest.mark.slow
def test_a_second_run_in_the_same_folder_is_refused_and_the_first_goes_on(workflow, finished):
    (workflow.root / ACTIVATIONS).unlink()
    with workflow.start(ACTIVATIONS) as first:
        while not first.stdout.readline().startswith("Job "):
            pass
        second = workflow.run("all")
        first.communicate()
    assert second.code != 0
    assert "make sure that no other Snakemake process" in second.output
    assert "Traceback" not in second.output
    assert first.returncode == 0
    assert workflow.files(ACTIVATIONS) == finished.files(ACTIVATIONS)


@pytest.mark.slow
def test_a_path_may_have_spaces_and_letters_of_any_language(finished, tmp_path):
    workflow = Workflow(tmp_path / "Ergebnisse für Zoë 拓扑 'x' {y}")
    workflow.configure(tiny_config())
    result = workflow.run(*TARGETS, FIGURE)
    assert result.code == 0, result.output
    assert (workflow.root / FIGURE).exists()
    assert stored(workflow) == stored(finished)


@pytest.fixture
def copied(finished: Workflow, tmp_path: Path) -> Workflow:
    """The results in another folder, without Snakemake's records of them."""
    workflow = Workflow(tmp_path / "elsewhere")
    workflow.configure(tiny_config())
    shutil.copytree(finished.root / "results", workflow.root / "results")
    return workflow


TABLE_RULES = {
    *("statistics", "run_distances", "between_distances"),
    *(
        "dataset_table",
        "network_table",
        "accuracy_table",
        "confusion_table",
        "summary_table",
        "distance_table",
        "claims",
    ),
}


def test_of_copied_results_only_the_tables_are_made_anew(copied):
    assert set(copied.plan()) == TABLE_RULES


@pytest.mark.slow
@pytest.mark.parametrize(
    ("key", "value"), [(("analysis", "splits"), ["train"]), (("models", "good", "layers"), [3])]
)
def test_tables_of_a_larger_experiment_are_made_anew(copied, key, value):
    copied.configure(with_value(key, value))
    assert set(copied.plan()) == TABLE_RULES


@pytest.mark.parametrize(
    ("key", "value", "reason"),
    [
        (("datasets", "spheres", "seed"), 1, "dataset.seed was 0, should be 1"),
        (("homology", "dimensions"), [0], "homology.dimensions"),
    ],
    ids=lambda value: ".".join(value) if isinstance(value, tuple) else None,
)
def test_copied_results_of_another_experiment_are_refused(copied, key, value, reason):
    copied.configure(with_value(key, value))
    before = copied.files()
    result = copied.run("all")
    assert result.code != 0
    assert reason in result.output
    assert "elete" in result.output
    assert "Traceback" not in result.output
    assert copied.files() == before
