"""What is said of the time left: it follows the jobs' expected times, and the pace of the run."""

from __future__ import annotations

import logging
import re

import pytest
from lib.progress import TimeLeft
from snakemake.logging import DefaultFormatter
from snakemake_interface_logger_plugins.common import LogEvent


class Run:
    """A run whose clock stands until it is told to go on, and what is said in it."""

    def __init__(self, expected: dict[int, float], at_once: int = 2) -> None:
        self.time, self.said, self.lost = 0.0, [], []
        self.log = logging.Logger("a run")
        self.log.addHandler(self)
        self.left = TimeLeft(expected, at_once, self.log, lambda: self.lost, now=lambda: self.time)
        self.log.addHandler(self.left)
        self.done, self.total = 0, len(expected)

    level = logging.INFO

    def handle(self, record: logging.LogRecord) -> None:
        self.said.append(DefaultFormatter().format(record))

    def finish(self, job: int, after: float) -> None:
        self.time += after
        self.done += 1
        self.log.info(f"Finished jobid: {job}", extra={"event": LogEvent.JOB_FINISHED, "job_id": job})
        progress = {"event": LogEvent.PROGRESS, "done": self.done, "total": self.total}
        self.log.info(None, extra=progress)

    @property
    def lines(self) -> list[str]:
        return [line for line in self.said if line.startswith("Roughly")]


def test_at_the_beginning_the_plan_says_how_long_it_takes():
    assert Run(dict.fromkeys(range(60), 10.0), at_once=2).left.seconds() == pytest.approx(300)
    assert Run(dict.fromkeys(range(60), 10.0), at_once=6).left.seconds() == pytest.approx(100)


@pytest.mark.parametrize("pace", [0.1, 1, 7])
def test_later_the_pace_of_the_run_does(pace):
    """Whatever the plan expected, after half of the work as much time is left as has gone."""
    run = Run(dict.fromkeys(range(2000), 10.0))
    for job in range(1000):
        run.finish(job, 10 * pace)
    assert run.left.seconds() == pytest.approx(run.time, rel=0.1)


def test_a_job_counts_for_the_time_it_is_expected_to_take():
    run = Run({0: 1000.0, 1: 1000.0} | dict.fromkeys(range(2, 102), 0.01), at_once=1)
    for job in range(2, 102):
        run.finish(job, 0.01)
    assert run.left.seconds() == pytest.approx(2000, rel=0.01)
    run.finish(0, 500)  # twice as fast as expected
    assert run.left.seconds() == pytest.approx(500, rel=0.06)


def test_it_is_said_after_the_line_of_progress_and_only_now_and_then():
    run = Run(dict.fromkeys(range(101), 1.0))
    for job in range(100):
        run.finish(job, 1.0)
    assert run.said[1:3] == ["1 of 101 steps (1%) done", run.lines[0]]
    assert [line.split(", ")[1] for line in run.lines] == [f"for {n} jobs" for n in (100, 70, 40, 10)]


def test_nothing_is_said_when_nothing_is_left():
    run = Run({0: 1.0})
    run.finish(0, 100.0)
    assert run.lines == []


def test_jobs_it_does_not_know_are_no_harm():
    run = Run({0: 1.0, 1: 1.0})
    run.finish(99, 1.0)
    assert run.lines == ["Roughly 1 s left, for 2 jobs"]


def test_jobs_that_cannot_run_any_more_are_not_waited_for():
    run = Run(dict.fromkeys(range(10), 1.0))
    run.lost = [5, 6, 7, 8, 9]
    run.finish(0, 1.0)
    assert run.lines[-1].endswith("for 4 jobs")
    for job in range(1, 5):
        run.finish(job, 100.0)
    assert len(run.lines) == 4


@pytest.mark.slow
def test_after_a_failure_what_needs_it_is_not_waited_for(workflow):
    """One network's activations are damaged: its diagram cannot run, nor the tables; another's diagrams can."""
    for path in workflow.root.glob("results/diagrams/**/*.h5"):
        path.unlink()
    damaged = workflow.root / "results/activations/spheres/bad/seed0/epoch0.h5"
    damaged.write_bytes(b"damaged")
    result = workflow.run(
        "results/tables/summaries.csv", "--rerun-triggers", "params", "--forcerun", "diagram", cores=1
    )
    assert result.code != 0
    failed = result.output.index("Error in rule diagram")
    left = re.findall(r"^Roughly .* left, for (\d+) jobs?$", result.output[failed:], re.MULTILINE)
    done = result.output[:failed].count("Finished jobid")
    assert all(int(jobs) <= 12 - done for jobs in left)


def test_a_run_says_how_much_is_left_on_the_screen_and_in_its_log(first_run):
    root, result = first_run
    logs = "".join(path.read_text() for path in (root.root / ".snakemake/log").glob("*.log"))
    line = re.compile(r"^Roughly [\d,]+ (s|min) left, for \d+ jobs$", re.MULTILINE)
    assert line.search(result.output)
    assert line.search(logs)


@pytest.mark.slow
def test_a_quiet_run_says_nothing_of_it(workflow):
    result = workflow.run("--forcerun", "dataset_table", "--quiet", "progress")
    assert result.code == 0
    assert "Table of the data sets" in result.output
    assert "Roughly" not in result.output


@pytest.mark.slow
def test_the_scheduler_looks_for_jobs_when_one_has_ended_and_not_ever_more_often(fresh):
    """Snakemake's verbose output tells each time that it looked."""
    result = fresh.run(
        "results/tables/accuracy.csv", "results/activations/spheres/good/seed0/epoch2.h5", "--verbose"
    )
    assert result.code == 0, result.output
    jobs = result.output.count("Finished jobid: ")
    assert jobs == 5
    assert result.output.count("Ready jobs: ") <= jobs + 1


@pytest.mark.slow
def test_a_limit_that_is_asked_for_is_kept(fresh):
    """The two trainings are ready together, and do not start together."""
    result = fresh.run("results/tables/accuracy.csv", "--max-jobs-per-timespan", "1/2s")
    assert result.code == 0, result.output
    assert "Execute 2 jobs" not in result.output
