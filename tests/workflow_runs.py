"""Snakemake run on a folder, as a user would run it, and what it says and does."""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import re
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import yaml
from experiment import Config

#: Examples of networks from outside, whose files a script makes first (tests/workflow/test_outside_networks.py).
FILES_MADE_FIRST = {"keras_model", "keras_model_trained", "recording"}
REPOSITORY = Path(__file__).resolve().parents[1]

#: Rules that draw; the tests of the other stages look past them.
DRAWING_RULES = {
    *("figure_data", "figure_training", "figure_diagrams", "figure_trajectories", "figure_betti"),
    *("figure_networks", "figure_moved", "report", "all"),
}


def some_are_essential(cases: Iterable[Any], every: int) -> list[Any]:
    """Cases of a test, for `parametrize`: one in so many is among the fast tests, the others are slow ones."""
    values = [case if type(case) is tuple else (case,) for case in cases]
    return [
        pytest.param(*each, marks=[pytest.mark.slow] if k % every else []) for k, each in enumerate(values)
    ]


# Snakemake takes longer to load than to plan: many plans share one process that has loaded it.
_planners = multiprocessing.get_context("forkserver")
_planners.set_forkserver_preload(["snakemake.api", "snakemake.cli"])
_ENVIRONMENT = dict(os.environ)


def without_pytest(environment: Mapping[str, str]) -> dict[str, str]:
    """Environment variables but those with which pytest says where it is."""
    return {name: value for name, value in environment.items() if not name.startswith("PYTEST_")}


def _snakemake(arguments: list[str], folder: Path, output: Path) -> None:
    from snakemake.cli import main

    with output.open("wb") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    os.chdir(folder)
    main(arguments)


@dataclass(frozen=True)
class Result:
    """How a command ended, and what it said."""

    code: int
    output: str

    @property
    def jobs(self) -> dict[str, int]:
        """Number of jobs of each rule in Snakemake's plan, without those that draw."""
        return {rule: n for rule, n in self.all_jobs.items() if rule not in DRAWING_RULES}

    @property
    def all_jobs(self) -> dict[str, int]:
        """Number of jobs of each rule in Snakemake's plan."""
        assert self.code == 0, self.output
        table = re.search(r"^Job stats:\n(?P<rows>.*?)^total\s", self.output, re.MULTILINE | re.DOTALL)
        if table is None:
            assert "Nothing to be done" in self.output, self.output
            return {}
        return {rule: int(n) for rule, n in re.findall(r"^(\w+) +(\d+)$", table["rows"], re.MULTILINE)}


@dataclass(frozen=True)
class Workflow:
    """A folder with a configuration in config/config.yaml, and the repository that runs it."""

    root: Path
    repository: Path = REPOSITORY

    def configure(self, config: Config | str) -> None:
        """Write the configuration, a text as it is."""
        path = self.root / "config/config.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(config if isinstance(config, str) else yaml.safe_dump(config))

    def _arguments(self, *arguments: str | Path, cores: int = 2) -> list[str]:
        where = ["--snakefile", self.repository / "Snakefile", "--directory", self.root]
        return [str(each) for each in (*where, "--cores", cores, *arguments)]

    def start(self, *arguments: str | Path, cores: int = 2, **options: Any) -> subprocess.Popen[str]:
        """Start Snakemake on the folder, in a process group of its own."""
        return subprocess.Popen(
            [sys.executable, "-m", "snakemake", *self._arguments(*arguments, cores=cores)],
            cwd=self.repository,
            env=os.environ | {"NO_COLOR": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
            **options,
        )

    def run(self, *arguments: str | Path, cores: int = 2, **options: Any) -> Result:
        """Run Snakemake on the folder; only to plan, in a process that has loaded it already."""
        if (
            "--dry-run" in arguments
            and not options
            and without_pytest(os.environ) == without_pytest(_ENVIRONMENT)
        ):
            return self.loaded_run(*arguments, cores=cores)
        with self.start(*arguments, cores=cores, **options) as process:
            output, _ = process.communicate()
        return Result(process.returncode, output)

    def plan(self, *arguments: str | Path, target: str = "all") -> dict[str, int]:
        """Jobs that a run would do, by rule."""
        return self.run(target, "--dry-run", *arguments).jobs

    def loaded_run(self, *arguments: str | Path, cores: int = 2) -> Result:
        """Run Snakemake on the folder in a process that has loaded it already, with the environment of the first one."""
        with TemporaryDirectory() as folder:
            output = Path(folder, "output")
            command = self._arguments(*arguments, cores=cores)
            process = _planners.Process(target=_snakemake, args=(command, self.repository, output))
            process.start()
            process.join()
            return Result(process.exitcode or 0, output.read_text())

    def quick_plan(self, *arguments: str | Path) -> dict[str, int]:
        """Jobs that a run would do, by rule, those that draw among them."""
        jobs = self.loaded_run("all", "--dry-run", *arguments).all_jobs
        assert jobs.pop("all", 1) == 1
        return jobs

    def files(self, pattern: str = "results/**/*") -> dict[str, str]:
        """Digest of every file whose path fits the pattern."""
        return {
            path.relative_to(self.root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(self.root.glob(pattern))
            if path.is_file()
        }
