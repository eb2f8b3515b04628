"""The log of one job: what it prints, how long it took and with how much memory, and in a failure the reason."""

from __future__ import annotations

import faulthandler
import logging
import os
import resource
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from layertopo.errors import LayertopoError

logger = logging.getLogger("layertopo")


def peak_megabytes() -> float:
    """Most memory that this process ever held, in MB (2**20 bytes).

    As the system counts it: whoever looks at a process now and then misses its peak.
    """
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 2 ** (20 if sys.platform == "darwin" else 10)  # bytes there, kilobytes elsewhere


def now_and_then(say: Callable[..., object], seconds: float = 30.0) -> Callable[..., None]:
    """Function that says something only if nothing was said for so many seconds, nor since it was made."""
    last = time.monotonic()

    def sometimes(*words: object) -> None:
        nonlocal last
        if time.monotonic() - last >= seconds:
            last = time.monotonic()
            say(*words)

    return sometimes


@contextmanager
def job_log(path: str | Path) -> Iterator[logging.Logger]:
    """Send everything that the block prints, libraries included, to the file `path`.

    A failure ends the process with status 1 after its reason stands in the log: one line for an
    error that the user can mend, a traceback for any other.

    Parameters
    ----------
    path : path
        Log file, written anew.
    """
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_TRUNC | os.O_APPEND, 0o644)
    # The descriptors, not sys.stdout: compiled libraries print past Python.
    sys.stdout.flush()
    sys.stderr.flush()
    screen = os.dup(2)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    faulthandler.enable()
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(message)s", force=True)
    start = time.perf_counter()
    try:
        yield logger
    except LayertopoError as error:
        logger.error("Error: %s", error)
        sys.exit(1)
    except KeyboardInterrupt:
        logger.error("Error: interrupted")
        sys.exit(130)
    except MemoryError:
        traceback.print_exc()
        logger.error("Error: out of memory; lower clouds.*.sample.points, or give the job more memory")
        sys.exit(1)
    except OSError as error:
        try:
            os.write(descriptor, f"Error: {error}\n".encode())
        except OSError:  # the disk of the log is full as well
            os.write(screen, f"Error: {error}\n".encode())
        sys.exit(1)
    except Exception as error:
        traceback.print_exc()
        logger.error("Error: %s: %s", type(error).__name__, error)
        sys.exit(1)
    seconds = time.perf_counter() - start
    logger.info("done in %.1f s, with at most %.0f MB of memory", seconds, peak_megabytes())
