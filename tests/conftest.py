"""Fixtures that several test modules share."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest
from experiment import Config, tiny_config
from interruptions import write_sabotage
from workflow_runs import Result, Workflow


@pytest.fixture
def config() -> Config:
    """A new copy of the tiny experiment's configuration."""
    return tiny_config()


@pytest.fixture(scope="session")
def first_run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Workflow, Result]:
    """The tiny experiment, run once for all tests, and what the run said."""
    workflow = Workflow(tmp_path_factory.mktemp("finished"))
    workflow.configure(tiny_config())
    result = workflow.run("all")
    assert result.code == 0, result.output
    return workflow, result


@pytest.fixture
def finished(first_run: tuple[Workflow, Result]) -> Workflow:
    """The tiny experiment's folder after its run, to be read only."""
    return first_run[0]


@pytest.fixture
def workflow(finished: Workflow, tmp_path: Path) -> Workflow:
    """The tiny experiment's folder after its run, copied so that a test may change it."""
    return Workflow(shutil.copytree(finished.root, tmp_path / "copy"))


@pytest.fixture
def fresh(tmp_path: Path, config: Config) -> Workflow:
    """The tiny experiment's folder before its first run."""
    workflow = Workflow(tmp_path / "fresh")
    workflow.configure(config)
    return workflow


@pytest.fixture
def sabotage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., AbstractContextManager[None]]:
    """Function that makes every job run a line of Python just before or after it renames a file to `final`."""

    @contextmanager
    def at(before_rename: str = "pass", after_rename: str = "pass") -> Iterator[None]:
        folder = tmp_path / "sabotage"
        write_sabotage(folder, before_rename, after_rename)
        with monkeypatch.context() as patch:
            patch.setenv("PYTHONPATH", str(folder), prepend=os.pathsep)
            yield

    return at
