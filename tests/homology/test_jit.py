"""Machine code is kept between processes, and never that of other sources."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from workflow_runs import REPOSITORY

KERNELS = """
from layertopo.homology.jit import jit
from layertopo.homology.inner import inner

@jit
def outer(x):
    return inner(x) + 1
"""


def answer(folder: Path) -> str:
    """What the outer kernel gives in a new process, and whether it was compiled there."""
    line = (
        "from layertopo.homology.outer import outer; print(outer(1), sum(outer.stats.cache_misses.values()))"
    )
    run = subprocess.run(
        [sys.executable, "-c", line],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": str(folder)},
    )
    return run.stdout.strip()


def test_an_edited_kernel_is_compiled_into_those_that_call_it(tmp_path):
    shutil.copytree(
        REPOSITORY / "src/layertopo", tmp_path / "layertopo", ignore=shutil.ignore_patterns("__pycache__")
    )
    homology = tmp_path / "layertopo/homology"
    (homology / "outer.py").write_text(KERNELS)
    inner = "from layertopo.homology.jit import jit\n\n@jit\ndef inner(x):\n    return {} * x\n"
    (homology / "inner.py").write_text(inner.format(2))
    assert answer(tmp_path) == "3 1"
    assert answer(tmp_path) == "3 0"  # as it was kept
    (homology / "inner.py").write_text(inner.format(5))
    assert answer(tmp_path) == "6 1"
