"""A process takes no more memory than it was given, and what it needs is said truly."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

CASES = [
    ("rng.normal(size=(n, 8))", 5000, 30, "done"),
    ("noisy_circle(n)", 12000, 30, "refused"),
    ("noisy_circle(n)", 12000, 1000, "done"),
]
SCRIPT = """
import sys
from pathlib import Path
import numpy as np
from layertopo.homology import OutOfMemoryBudgetError, persistence_diagram

def noisy_circle(n):
    angles = np.linspace(0, 2 * np.pi, n, endpoint=False)
    return np.column_stack([np.cos(angles), np.sin(angles)]) + rng.normal(size=(n, 2)) * 0.05

def megabytes(name):
    line = next(x for x in Path("/proc/self/status").read_text().splitlines() if x.startswith(name))
    return int(line.split()[1]) / 1024

rng = np.random.default_rng(0)

def cloud(n):
    return eval(sys.argv[1])

persistence_diagram(cloud(2000))  # loads the machine code, or compiles it
points = cloud(int(sys.argv[2]))
Path("/proc/self/clear_refs").write_text("5")  # the peak begins here
start = megabytes("VmRSS")
try:
    persistence_diagram(points, memory=start + float(sys.argv[3]))
    print("done", end=" ")
except OutOfMemoryBudgetError as error:
    print("refused", end=" ")
print(megabytes("VmHWM") - start)
"""


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="the system does not say the peak")
@pytest.mark.parametrize(("points", "n", "more", "outcome"), CASES)
def test_the_peak_is_within_the_budget(points: str, n: int, more: int, outcome: str) -> None:
    run = subprocess.run(
        [sys.executable, "-c", SCRIPT, points, str(n), str(more)], capture_output=True, text=True, check=True
    )
    found, taken = run.stdout.split()
    assert found == outcome
    assert float(taken) <= more
