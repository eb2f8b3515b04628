"""The log of a job: all that it prints, and in a failure the reason."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest


@pytest.fixture
def job(tmp_path):
    """Function that runs lines of Python as a job; gives its exit status, its log, and what it said elsewhere."""

    def run(*lines: str) -> tuple[int, str, str]:
        log: Path = tmp_path / "logs/job.log"
        head = "from layertopo.joblog import job_log", f"with job_log({str(log)!r}) as log:"
        script = "\n".join([*head, *(f"    {line}" for line in lines)])
        finished = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
        return finished.returncode, log.read_text(), finished.stdout + finished.stderr

    return run


def test_all_that_a_job_prints_is_in_its_log_and_nowhere_else(job):
    code, log, said = job(
        "import os, subprocess, sys, warnings",
        "print('to stdout')",
        "print('to stderr', file=sys.stderr)",
        "os.write(1, b'past Python')",
        "subprocess.run(['echo', 'from a child'])",
        "warnings.warn('a warning')",
        "log.info('a message')",
    )
    assert code == 0
    assert said == ""
    printed = ("to stdout", "to stderr", "past Python", "from a child", "a warning", "a message", "done in ")
    assert [each for each in printed if each not in log] == []


@pytest.mark.parametrize("error", ["ResultError", "ConfigError"])
def test_an_error_that_the_user_can_mend_is_told_in_one_line(job, error):
    code, log, _ = job(f"from layertopo.errors import {error}", f"raise {error}('layer 3 is missing')")
    assert code == 1
    assert log.rstrip().endswith("Error: layer 3 is missing")
    assert len(log.splitlines()) == 1


def test_a_full_disk_is_told_in_one_line(job):
    code, log, _ = job("raise OSError(28, 'No space left on device', 'results/x.h5')")
    assert code == 1
    assert log.rstrip().endswith("Error: [Errno 28] No space left on device: 'results/x.h5'")
    assert len(log.splitlines()) == 1


def test_an_interruption_is_told_in_one_line(job):
    code, log, _ = job("raise KeyboardInterrupt")
    assert code == 130
    assert log.rstrip().endswith("Error: interrupted")
    assert len(log.splitlines()) == 1


def test_a_bug_leaves_its_traceback_and_ends_with_the_reason(job):
    code, log, _ = job("[][7]")
    assert code == 1
    assert "Traceback (most recent call last)" in log
    assert log.rstrip().endswith("Error: IndexError: list index out of range")


def test_too_little_memory_is_told_with_what_to_do(job):
    code, log, _ = job("raise MemoryError")
    assert code == 1
    assert "Error: out of memory; lower clouds.*.sample.points" in log.splitlines()[-1]


def test_a_crash_leaves_where_it_happened(job):
    code, log, _ = job("import ctypes", "ctypes.string_at(0)")
    assert code < 0
    assert "Segmentation fault" in log


def test_a_log_is_written_anew(job):
    job("print('first')")
    assert "first" not in job("print('second')")[1]
