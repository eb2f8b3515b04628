"""Interrupt the tiny experiment of the tests at random moments until it is done, and hold it against an undisturbed run.

    python benchmarks/interruptions.py [--kills 25] [--seed 0]

Each run is interrupted in one of the ways of tests/interruptions.py, some time after one of its first
jobs has started, and the next one goes on from there; a run that came to its end starts over in an empty folder.
After each interruption no stored file may differ from that of the undisturbed run, and at the end all must be there.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from itertools import cycle
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from experiment import tiny_config
from interruptions import TARGETS, WAYS, half_written, hidden_files, interrupt, resume, stored
from workflow_runs import Workflow


def finished(workflow: Workflow) -> bool:
    return all((workflow.root / target).exists() for target in TARGETS)


def check_end(workflow: Workflow, whole: dict[str, str]) -> list[str]:
    """Finish the work; what is wrong then."""
    result = resume(workflow)
    if result.code:
        return [result.output]
    differing = [path for path in whole if stored(workflow).get(path) != whole[path]]
    return [*differing, *map(str, hidden_files(workflow))]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=25)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    random = np.random.default_rng(arguments.seed)
    tried = survived = 0
    with tempfile.TemporaryDirectory() as folder:
        undisturbed, workflow = Workflow(Path(folder, "undisturbed")), Workflow(Path(folder, "interrupted"))
        for each in (undisturbed, workflow):
            each.configure(tiny_config())
        if (first := resume(undisturbed)).code:
            sys.exit(first.output)
        whole = stored(undisturbed)
        ways = cycle(WAYS)
        while tried < arguments.kills:
            if finished(workflow):
                problems = check_end(workflow, whole)
                print("done;", *(problems or ["the same bytes"]), flush=True)
                shutil.rmtree(workflow.root / "results")
                if problems:
                    return 1
            way, jobs, seconds = next(ways), int(random.integers(0, 4)), random.uniform(0, 4)
            if not interrupt(workflow, way, jobs, seconds):
                continue
            unlocked = workflow.run("--unlock")
            problems = half_written(workflow, whole) + ([unlocked.output] if unlocked.code else [])
            tried += 1
            survived += not problems
            print(
                f"{way}, {seconds:.1f} s after job {jobs}:",
                f"{len(stored(workflow))} of {len(whole)} files,",
                *(problems or ["all whole"]),
                flush=True,
            )
        problems = check_end(workflow, whole)
        print("done;", *(problems or ["the same bytes"]))
    print(f"{survived} of {tried} interruptions survived")
    return int(bool(problems) or survived < tried)


if __name__ == "__main__":
    sys.exit(main())
