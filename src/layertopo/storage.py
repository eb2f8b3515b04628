"""HDF5 files that are whole or absent, repeat byte by byte, and carry what made them.

Every file has two attributes: `provenance`, the settings that made it (JSON), and `versions`, the
libraries that computed it. A reader states the provenance it expects; a file made with other
settings is refused, so that a results folder that was copied or moved never goes silently stale.
"""

from __future__ import annotations

import glob
import json
import math
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from layertopo.errors import ResultError, extra
from layertopo.versions import version

with extra("record"):
    import h5py

Settings = Mapping[str, Any]
Key = Mapping[str, Any]


class Stored(NamedTuple):
    """A result on disk.

    Attributes
    ----------
    path : str
    key : mapping
        What it is of: key columns and their values.
    provenance : mapping
        Settings that it must have been made with.
    """

    path: str
    key: Key
    provenance: Settings


class Table(NamedTuple):
    """A table on disk.

    Attributes
    ----------
    path : str
    rows : int, sequence of mapping, or None
        How many rows it must hold; or their keys, each once; or nothing is known of them.
    """

    path: str
    rows: int | Sequence[Key] | None


@contextmanager
def whole_file(path: str | Path) -> Iterator[Path]:
    """A temporary name beside `path`, renamed to `path` when the block ends without an error.

    The temporary name keeps the suffix, which some writers take the format from, and is the
    process's own, also where machines share a folder: a job that outlived a killed workflow never
    writes into the file of the one that does its work again. What killed jobs left is removed by the next.
    """
    final = Path(path)
    final.parent.mkdir(parents=True, exist_ok=True)
    for left in final.parent.glob(f".part-{glob.escape(final.stem)}.*{glob.escape(final.suffix)}"):
        left.unlink(missing_ok=True)
    part = final.with_name(f".part-{final.stem}.{os.uname().nodename}-{os.getpid()}{final.suffix}")
    try:
        yield part
        with part.open("rb") as written:
            os.fsync(written.fileno())  # or after a power loss the name may stand for an empty file
        os.replace(part, final)
    except OSError as error:
        error.filename = error.filename or str(final)
        raise
    finally:
        part.unlink(missing_ok=True)


@contextmanager
def create(
    path: str | Path, provenance: Settings, libraries: Sequence[str], in_memory: bool = True
) -> Iterator[h5py.File]:
    """New HDF5 file at `path`, there only when whole.

    Parameters
    ----------
    path : path
    provenance : mapping
        Settings that make the file: values that JSON can hold.
    libraries : sequence of str
        Distributions whose versions are recorded.
    in_memory : bool
        Whether the file is made in memory and written in one go: HDF5 itself does not stop cleanly where the disk is
        full. What may be too large for that is written bit by bit.
    """
    how: dict[str, Any] = {"driver": "core", "backing_store": False} if in_memory else {"rdcc_nbytes": 2**23}
    with (
        whole_file(path) as part,
        h5py.File(part, "w", libver=("earliest", "v110"), **how) as file,
    ):
        file.attrs["provenance"] = canonical(provenance)
        file.attrs["versions"] = canonical({name: version(name) for name in libraries})
        yield file
        file.flush()
        if in_memory:
            part.write_bytes(file.id.get_file_image())


@contextmanager
def load(path: str | Path, provenance: Settings | None = None) -> Iterator[h5py.File]:
    """Open the HDF5 file at `path` for reading.

    Parameters
    ----------
    path : path
    provenance : mapping, optional
        Settings the file must have been made with.

    Raises
    ------
    ResultError
        If the file is missing, may not be read, is in use, is not a whole HDF5 file, or was made with
        other settings.
    """
    try:
        file = h5py.File(path, "r")
    except FileNotFoundError:
        raise ResultError(f"{path}: no such file") from None
    except BlockingIOError:
        raise ResultError(f"{path}: another program is writing to it; let that end, and run again") from None
    except OSError as error:
        if error.errno is not None:  # the system does not let us have it; HDF5's own errors have no number
            raise ResultError(f"{path}: cannot be read: {os.strerror(error.errno)}") from None
        raise ResultError(
            f"{path}: not a whole HDF5 file ({error}); delete it, and the next run makes it anew"
        ) from None
    with file:
        if provenance is not None:
            _check_provenance(path, file, provenance)
        yield file


def read(file: h5py.File, name: str, count: int | None = None) -> NDArray[Any]:
    """Array `name` of an open file, or its first rows only.

    Raises
    ------
    ResultError
        If the file has no such array or it cannot be read.
    """
    if not isinstance(file.get(name), h5py.Dataset):
        raise ResultError(
            f"{file.filename}: holds no array {name!r}; delete it, and the next run makes it anew"
        )
    try:
        return file[name][() if count is None else slice(count)]
    except OSError as error:
        raise ResultError(
            f"{file.filename}: array {name!r} cannot be read ({error}); delete it, and the next run makes it anew"
        ) from None


def attribute(file: h5py.File, name: str) -> Any:
    """Attribute `name` of an open file, as a plain Python value.

    Raises
    ------
    ResultError
        If the file has no such attribute.
    """
    if name not in file.attrs:
        raise ResultError(
            f"{file.filename}: holds no attribute {name!r}; delete it, and the next run makes it anew"
        )
    value = file.attrs[name]
    return value.tolist() if isinstance(value, (np.generic, np.ndarray)) else value


def versions(paths: Iterable[str | Path]) -> dict[str, list[str]]:
    """Libraries that made some files and what these were made from, as far as they say, and their versions, sorted."""
    found: dict[str, set[str]] = {}
    for path in paths:
        with load(path) as file:
            for name, own in json.loads(attribute(file, "versions")).items():
                found.setdefault(name, set()).add(own)
            for name, earlier in json.loads(file.attrs.get("source_versions", "{}")).items():
                found.setdefault(name, set()).update(earlier)
    return {name: sorted(found[name]) for name in sorted(found)}


def write(group: h5py.Group, name: str, array: NDArray[Any]) -> h5py.Dataset:
    """Store an array under `name`: chunked and compressed, unless it is too small to gain by it."""
    return group.create_dataset(name, data=array, **_form(array.shape, array.dtype.itemsize))


def reserve(group: h5py.Group, name: str, shape: tuple[int, ...]) -> h5py.Dataset:
    """Room for an array of float32 that is filled bit by bit, in the form that :func:`write` gives it."""
    return group.create_dataset(name, shape, np.float32, **_form(shape, 4))


def _form(shape: tuple[int, ...], itemsize: int) -> dict[str, Any]:
    """How an array is kept."""
    size = itemsize * math.prod(shape)
    if size < 4096:
        return {}
    rows = max(1, min(shape[0], 2**20 // max(1, size // shape[0])))
    return {
        "chunks": (rows, *shape[1:]),
        "compression": "gzip",
        "compression_opts": 4,
        "shuffle": True,
    }


def write_texts(group: h5py.Group, name: str, texts: Sequence[str]) -> None:
    """Store texts under `name`."""
    encoded = [text.encode() for text in texts]
    longest = max([1, *map(len, encoded)])
    group.create_dataset(name, data=np.array(encoded, dtype=h5py.string_dtype("utf-8", longest)))


def read_texts(file: h5py.File, name: str) -> tuple[str, ...]:
    """Texts that :func:`write_texts` stored.

    Raises
    ------
    ResultError
        If the file has no such array or it cannot be read.
    """
    return tuple(text.decode() for text in read(file, name).tolist())


def canonical(value: Settings) -> str:
    """JSON of `value` with sorted keys: equal settings give equal text."""
    return json.dumps(value, sort_keys=True, default=_plain)


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, (tuple, set, frozenset)):
        return list(value)
    raise TypeError(f"{value!r} has no JSON form")


def _check_provenance(path: str | Path, file: h5py.File, expected: Settings) -> None:
    try:
        stored = json.loads(file.attrs["provenance"])
    except (KeyError, TypeError, ValueError):
        raise ResultError(
            f"{path}: not a file of this workflow (it does not say what made it); move it away"
        ) from None
    changes = _differences(stored, json.loads(canonical(expected)))
    if changes:
        raise ResultError(
            f"{path}: was made with other settings than the configuration's: {'; '.join(changes)}. "
            "Delete it to have it made anew, or take the configuration or results folder it belongs to"
        )


def _differences(stored: Any, expected: Any, key: str = "") -> list[str]:
    """What differs, key by key, as `key was X, should be Y`."""
    if isinstance(stored, dict) and isinstance(expected, dict):
        return [
            change
            for name in sorted({*stored, *expected})
            for change in _differences(
                stored.get(name, _ABSENT), expected.get(name, _ABSENT), f"{key}.{name}".lstrip(".")
            )
        ]
    was, should_be = ("absent" if each is _ABSENT else canonical(each) for each in (stored, expected))
    return [] if was == should_be else [f"{key} was {was}, should be {should_be}"]


_ABSENT = object()
