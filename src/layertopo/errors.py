"""Errors that are the user's to mend: shown as one message, never as a traceback."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager


class LayertopoError(Exception):
    """Base class of all errors with a message for the user."""


class ConfigError(LayertopoError):
    """The configuration asks for something that cannot be."""


class ResultError(LayertopoError):
    """A stored result is missing, broken, or was made with other settings."""


class FileError(LayertopoError):
    """A file that the user brings cannot be used."""


@contextmanager
def extra(name: str) -> Iterator[None]:
    """Say which extra of this package brings what is imported inside, if it is not installed.

    Raises
    ------
    ModuleNotFoundError
    """
    try:
        yield
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            f"{error.name} is not installed: pip install 'layertopo[{name}]'", name=error.name
        ) from None


def excerpt(text: str, most: int = 60) -> str:
    """Text that somebody else wrote, in one line and not too long."""
    line = " ".join(text.split())
    return line if len(line) <= most else f"{line[: most - 3]}..."


def did_you_mean(name: object, legal: Iterable[object]) -> str:
    """Hint at the legal name nearest to `name`: ``"; did you mean 'x'?"``, or nothing if none is near."""
    near = difflib.get_close_matches(str(name), [str(item) for item in legal], n=1)
    return f"; did you mean {near[0]!r}?" if near else ""
