"""How long Snakemake takes to plan experiments of up to 90,000 diagrams, and with how much memory.

    python benchmarks/dag.py [--diagrams 900 9000 90000] [--batch diagram epoch] [--snakefile Snakefile]

Nothing is computed: every measurement is a dry run in an empty folder. `plan` plans the whole experiment. `one
job` plans one diagram of it, which is what a job on a cluster does before it starts to compute: it reads the rules of
the whole experiment, but needs one path through it. CPU time counts user and system; it hardly depends
on what else runs on the machine, wall time does. To compare two versions, give the Snakefile of the other one.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from itertools import product
from pathlib import Path
from typing import NamedTuple

import yaml

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from experiment import large_config
from workflow_runs import REPOSITORY

DIAGRAM = "results/diagrams/spheres0/relu/seed0/epoch1/layer1/train/all.h5"
#: Seeds and epochs of each size: with 3 data sets, 4 networks, 5 layers and 3 splits.
SIZES = {900: (5, 1), 9_000: (5, 10), 90_000: (50, 10)}


class Measurement(NamedTuple):
    """Jobs in the plan, seconds, and megabytes (2**20 bytes) at the peak."""

    jobs: int
    wall: float
    cpu: float
    megabytes: float


def measure(snakefile: Path, folder: Path, *targets: str) -> Measurement:
    """Dry run in a folder that holds a configuration."""
    command = [sys.executable, "-m", "snakemake", "--snakefile", snakefile, "--directory", folder]
    source = str(snakefile.parent / "src")
    start = time.perf_counter()
    with tempfile.TemporaryFile("w+") as output:
        process = subprocess.Popen(
            [*command, "--dry-run", "--cores", "1", "--nolock", "--quiet", "rules", "--", *targets],
            stdout=output,
            stderr=subprocess.STDOUT,
            env=os.environ | {"PYTHONPATH": source},
        )
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
        output.seek(0)
        text = output.read()
    total = re.search(r"^total +(\d+)$", text, re.MULTILINE)
    if status or not total:
        sys.exit(text)
    unit = 2**20 if sys.platform == "darwin" else 2**10
    return Measurement(int(total[1]), wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / unit)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--diagrams", type=int, nargs="+", choices=SIZES, default=list(SIZES))
    parser.add_argument("--batch", nargs="+", choices=["diagram", "epoch"], default=["diagram", "epoch"])
    parser.add_argument("--snakefile", type=Path, default=REPOSITORY / "Snakefile")
    arguments = parser.parse_args()
    print(f"{'diagrams':>8}  {'batch':7}  {'what':7} {'jobs':>7} {'wall s':>8} {'CPU s':>8} {'MB':>6}")
    for diagrams, batch in product(arguments.diagrams, arguments.batch):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "config/config.yaml")
            path.parent.mkdir()
            config = large_config(*SIZES[diagrams])
            config["analysis"]["batch"] = batch
            path.write_text(yaml.safe_dump(config))
            for what, target in (("plan", "all"), ("one job", DIAGRAM)):
                jobs, wall, cpu, megabytes = measure(arguments.snakefile.resolve(), Path(folder), target)
                row = f"{diagrams:8,}  {batch:7}  {what:7} {jobs:7,} {wall:8.1f} {cpu:8.1f} {megabytes:6.0f}"
                print(row, flush=True)


if __name__ == "__main__":
    main()
