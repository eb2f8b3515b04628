"""Forward hooks for PyTorch, tested with the system's Python, for which Debian has PyTorch (python3-torch)."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import numpy as np
import pytest
from workflow_runs import REPOSITORY

from layertopo.record.layout import blocks_of_layer, open_epoch, read_recording

PYTHON = "/usr/bin/python3"


def has_torch() -> bool:
    command = [PYTHON, "-c", "import h5py, torch, sys; sys.exit(sys.version_info < (3, 11))"]
    return Path(PYTHON).exists() and subprocess.run(command, capture_output=True).returncode == 0


def test_hooks_record_what_the_modules_give(tmp_path):
    if not has_torch():
        pytest.skip(f"{PYTHON} has no PyTorch or h5py (Debian: apt install python3-torch python3-h5py)")
    script = Path(__file__).with_name("torch_by_hand.py")
    environment = os.environ | {"PYTHONPATH": str(REPOSITORY / "src")}
    run = subprocess.run([PYTHON, script, tmp_path / "run"], env=environment, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    recording = read_recording(tmp_path / "run")
    assert recording.classes == ("low", "high")
    assert recording.layers == {"input": 16, "0": 8, "1": 8, "2": 8, "3": 8, "4": 2}
    assert list(recording.epochs) == [0, 1, 2, 3]
    with open_epoch(recording, 3) as file:
        held = {k: np.concatenate(list(blocks_of_layer(file, recording, "test", k))) for k in (1, 2, 3, 4, 5)}
    assert held[1].min() < 0  # though the next module works in place
    np.testing.assert_array_equal(held[2], np.maximum(held[1], 0))
    np.testing.assert_array_equal(held[3], held[4])  # nothing is dropped
    np.testing.assert_array_equal(held[5], np.load(tmp_path / "run/outputs.npy"))
    named = read_recording(tmp_path / "run/in_place")
    assert named.layers == {"input_0": 16, "input": 16, "out": 2}
    with open_epoch(named, 0) as file:
        first, second = (np.concatenate(list(blocks_of_layer(file, named, "train", k))) for k in (0, 1))
    assert first.min() < 0
    np.testing.assert_array_equal(second, np.maximum(first, 0))
