"""What must be known of outside files before anything runs: found out once per content, and kept.

The rules are read at every start and in every job of a cluster, and files may be large. So the digest of a file is
kept with its size and times, and what was read of it with its digest: the same bytes under another name or with
another time are not read again.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from layertopo import storage
from layertopo.errors import FileError, did_you_mean
from layertopo.storage import Settings

#: Where they are kept, from the working directory.
FOLDER = Path("results/facts")


def digest(path: str | Path) -> str:
    """SHA-256 of an outside file; of a folder, that of its files' names and digests.

    A file is read only if its size or a time of it has changed since the last time.

    Parameters
    ----------
    path : path
        Relative to the working directory; `~` is the home directory.

    Returns
    -------
    str
        64 hexadecimal digits.

    Raises
    ------
    FileError
        If there is no such file, or it cannot be read.
    """
    return digest_and_facts(path)[0]


def facts(path: str | Path, question: Settings, read: Callable[[Path], dict[str, Any]]) -> dict[str, Any]:
    """What a reader finds out of an outside file or folder; it is called once for each content and question.

    Parameters
    ----------
    path : path
        As for :func:`digest`.
    question : mapping
        What is read and how, values that JSON can hold: another question is another answer. It has a key that says
        which reader it is, in which version.
    read : callable
        From the path to a mapping that JSON can hold.

    Raises
    ------
    FileError
        If there is no such file, it cannot be read, or the reader refuses it.
    """
    return digest_and_facts(path, question, read)[1]


def digest_and_facts(
    path: str | Path, question: Settings | None = None, read: Callable[[Path], dict[str, Any]] | None = None
) -> tuple[str, dict[str, Any]]:
    """Both at once; see :func:`digest` and :func:`facts`."""
    found = locate(path)
    before = _times(found)
    whole = _kept_digest(found, before)
    answer: dict[str, Any] = {}
    if read is not None:
        kept = _file_of({"digest": whole, "question": question})
        answer = _read_json(kept)
        if not answer:
            answer = read(found)
            if _times(found) != before:
                raise FileError(f"{found}: changed while it was read; run again when it is whole")
            _write_json(kept, answer)
    return whole, answer


def check(path: str | Path, planned: str, called: str | None = None) -> None:
    """Make sure that a job has read what was planned; to be called after reading.

    Parameters
    ----------
    path : path
    planned : str
        Digest.
    called : str, optional
        What the user calls it, of a copy.

    Raises
    ------
    FileError
        If the file or folder has another digest.
    """
    found = locate(path)
    if _combined(found, {name: _sha256(_inside(found, name)) for name in _times(found)}) != planned:
        raise FileError(
            f"{called or found}: changed during the run; run again, and what depends on it is made anew"
        )


def locate(path: str | Path) -> Path:
    """Path of an outside file or folder that is there.

    Raises
    ------
    FileError
        If it is not.
    """
    found = Path(path).expanduser()
    if not found.exists():
        beside = [each.name for each in found.parent.iterdir()] if found.parent.is_dir() else []
        where = "" if found.is_absolute() else f" in {Path.cwd()}"
        raise FileError(f"{found}: no such file{where}{did_you_mean(found.name, beside)}")
    return found


def _times(path: Path) -> dict[str, list[int]]:
    """Size and times of a file, or of every file in a folder by its name; hidden ones do not count."""
    files = {"": path}
    if path.is_dir():
        names = (each.relative_to(path) for each in path.rglob("*") if each.is_file())
        files = {name.as_posix(): path / name for name in sorted(names) if not _is_hidden(name)}
    try:
        stats = {name: file.stat() for name, file in files.items()}
    except OSError as error:
        raise FileError(f"{path}: cannot be read: {error.strerror}") from None
    return {name: [each.st_size, each.st_mtime_ns, each.st_ctime_ns] for name, each in stats.items()}


def _is_hidden(name: Path) -> bool:
    return any(part.startswith(".") for part in name.parts)


def _kept_digest(path: Path, times: dict[str, list[int]]) -> str:
    kept = _file_of({"path": str(path)})
    known = _read_json(kept)
    digests = {
        name: known[name][1]
        if name in known and known[name][0] == times[name]
        else _sha256(_inside(path, name))
        for name in times
    }
    if _times(path) != times:
        raise FileError(f"{path}: changed while it was read; run again when it is whole")
    now = {name: [times[name], digests[name]] for name in times}
    if now != known:
        _write_json(kept, now)
    return _combined(path, digests)


def _inside(path: Path, name: str) -> Path:
    return path / name if name else path


def _combined(path: Path, digests: dict[str, str]) -> str:
    if not path.is_dir():
        return digests[""]
    return hashlib.sha256(storage.canonical(digests).encode()).hexdigest()


def _sha256(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise FileError(f"{path}: cannot be read: {os.strerror(error.errno or 0)}") from None


def _file_of(key: Settings) -> Path:
    return FOLDER / f"{hashlib.sha256(storage.canonical(key).encode()).hexdigest()[:32]}.json"


def _read_json(path: Path) -> dict[str, Any]:
    """What is kept in a file; nothing if it is not there or broken."""
    with suppress(OSError, ValueError):
        found = json.loads(path.read_text(encoding="utf-8"))
        return found if isinstance(found, dict) else {}
    return {}


def _write_json(path: Path, value: dict[str, Any]) -> None:
    # In a folder that is read-only they are found out anew at every start.
    with suppress(OSError), storage.whole_file(path) as part:
        part.write_text(json.dumps(value), encoding="utf-8")
