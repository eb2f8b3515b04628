"""Fixtures that several test modules share."""

from __future__ import annotations

import fcntl
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest
from experiment import Config, tiny_config
from interruptions import around_renames, write_at_start
from workflow_runs import Result, Workflow


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call() -> Iterator[None]:
    """Where no giotto-tda can be had, what is held against it is not tested."""
    try:
        return (yield)
    except ModuleNotFoundError as error:
        if sys.version_info >= (3, 13) and (error.name or "").startswith(("gtda", "giotto-")):
            pytest.skip("there is no giotto-tda for this Python")
        raise


@pytest.fixture
def config() -> Config:
    """A new copy of the tiny experiment's configuration."""
    return tiny_config()


def shared_by_processes(tmp_path_factory: pytest.TempPathFactory, name: str) -> Path:
    """Folder that is the same for all processes of one run of the tests."""
    own = tmp_path_factory.getbasetemp()
    return (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / name


@pytest.fixture(scope="session")
def first_run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Workflow, Result]:
    """The tiny experiment, run once for all tests, and what the run said: a copy for each process."""
    shared = shared_by_processes(tmp_path_factory, "tiny-experiment")
    said = shared.with_suffix(".log")
    with shared.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not said.exists():
            workflow = Workflow(shared)
            workflow.configure(tiny_config())
            result = workflow.run("all")
            assert result.code == 0, result.output
            said.write_text(result.output)
    copy = shutil.copytree(shared, tmp_path_factory.mktemp("finished") / "copy")
    return Workflow(copy), Result(0, said.read_text())


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
def at_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., AbstractContextManager[None]]:
    """Function that makes every Python process, and so every job, run some lines at its start."""

    @contextmanager
    def of_every_process(*lines: str) -> Iterator[None]:
        folder = tmp_path / "at_start"
        write_at_start(folder, *lines)
        with monkeypatch.context() as patch:
            patch.setenv("PYTHONPATH", str(folder), prepend=os.pathsep)
            yield

    return of_every_process


@pytest.fixture
def sabotage(
    at_start: Callable[..., AbstractContextManager[None]],
) -> Callable[..., AbstractContextManager[None]]:
    """Function that makes every job run a line of Python just before or after it renames a file to `final`."""

    def at(before_rename: str = "pass", after_rename: str = "pass") -> AbstractContextManager[None]:
        return at_start(*around_renames(before_rename, after_rename))

    return at


@pytest.fixture
def other_version(
    at_start: Callable[..., AbstractContextManager[None]],
) -> Callable[[str, str], AbstractContextManager[None]]:
    """Function that makes every process believe in another version of a library."""

    def believed(library: str, version: str) -> AbstractContextManager[None]:
        return at_start(
            "from importlib import metadata",
            "true = metadata.version",
            f"metadata.version = lambda name: {version!r} if name == {library!r} else true(name)",
        )

    return believed
