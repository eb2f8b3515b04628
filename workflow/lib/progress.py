"""How long a running workflow will still take, said while it runs."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Mapping

from layertopo import plan

#: Expected seconds of one core that must be done before the pace of the run counts as much as the plan's.
_SLOW_TO_TRUST = 60.0


class TimeLeft(logging.Handler):
    """Says after Snakemake's line of progress, now and then, how long the rest will take.

    Steps are no measure of that: one diagram may take a thousand times as long as another. So every job
    counts for the time it is expected to take, and the pace is that of the run so far; at its
    beginning, that of the plan.

    Parameters
    ----------
    expected : mapping of int to float
        Expected seconds of one core of each job that is to be done, by Snakemake's number of the job.
    at_once : int
        Cores, or jobs on a cluster.
    log : Logger
        Snakemake's own, to which this handler is added: what it says goes where Snakemake's lines go.
    lost : callable
        Numbers of the jobs that cannot run any more: those that failed, and what needs them.
    every : float
        Seconds between two such lines.
    now : callable
        Clock, in seconds.
    """

    def __init__(
        self,
        expected: Mapping[int, float],
        at_once: int,
        log: logging.Logger,
        lost: Callable[[], Iterable[int]] = tuple,
        every: float = 30.0,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__()
        self._expected = dict(expected)
        self._all = sum(self._expected.values())
        self._at_once, self._log, self._lost = at_once, log, lost
        self._every, self._now = every, now
        self._start, self._last = now(), -float("inf")

    def seconds(self) -> float:
        """Seconds that the rest will take, roughly."""
        left = sum(self._expected.values())
        done = self._all - left
        pace = (self._now() - self._start + _SLOW_TO_TRUST / self._at_once) / (done + _SLOW_TO_TRUST)
        return pace * left

    def emit(self, record: logging.LogRecord) -> None:
        """Take note of a job that has ended; after a line of progress, say what is left."""
        event = getattr(record, "event", None)
        if event == "job_finished":
            self._expected.pop(record.__dict__["job_id"], None)
        elif event == "progress" and self._now() - self._last >= self._every:
            for job in self._lost():
                self._all -= self._expected.pop(job, 0.0)
            if not self._expected:
                return
            self._last = self._now()
            jobs = f"{len(self._expected):,} job{'s' if len(self._expected) > 1 else ''}"
            self._log.info(f"Roughly {plan.duration(self.seconds())} left, for {jobs}")
