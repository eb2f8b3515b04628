"""A recording on disk: a folder with an index, and one HDF5 file for each epoch.

The index, `index.json`, says what is there: classes, layers, rows, and of each epoch its file with size and SHA-256.
An epoch holds ``/{split}/{layer}``, float32, shape (rows, units), and ``/{split}/y``, the number of each row's class;
layers are numbered from the input on, and have their names as attribute `name`: the layout of `results/activations`.

A recording may come from anybody. So nothing outside of the file is followed, and nothing is read before its size
has been held against the index and against what the file really holds.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from layertopo import facts
from layertopo.errors import FileError, extra

with extra("record"):
    import h5py

INDEX = "index.json"
FORMAT, VERSION = "layertopo recording", 1
SPLITS = ("train", "test")
#: Deflate makes nothing smaller than this many times; what claims to be is not there.
_MOST_COMPRESSION = 1100
#: Filters that come with HDF5 or h5py: deflate, shuffle, checksum, LZF. Any other would load a library.
_FILTERS = {1, 2, 3, 32000}
#: Bytes that are read at a time.
_BLOCK = 2**24


@dataclass(frozen=True)
class EpochFile:
    """One epoch of a recording.

    Attributes
    ----------
    path : Path
    sha256 : str
        Of the file.
    not_finite : mapping of str to str
        For each layer with a value that is no finite number, by name, where the first one is.
    """

    path: Path
    sha256: str
    not_finite: dict[str, str]


@dataclass(frozen=True)
class Recording:
    """What the index of a recording says.

    Attributes
    ----------
    folder : Path
    classes : tuple of str
        Names of the classes; none if the rows have no labels.
    layers : dict of str to int
        Units of each layer by name, from layer 0 on.
    rows : dict of str to int
        Of each split.
    epochs : dict of int to EpochFile
        Ascending.
    """

    folder: Path
    classes: tuple[str, ...]
    layers: dict[str, int]
    rows: dict[str, int]
    epochs: dict[int, EpochFile]


def read_recording(folder: str | Path) -> Recording:
    """Read the index of a recording, and look whether its files are there and whole.

    Parameters
    ----------
    folder : path
        `~` is the home directory.

    Raises
    ------
    FileError
        If it is no recording, is not finished, or lacks a file.
    """
    place = Path(folder).expanduser()
    index = _read_index(place)
    try:
        if (index["format"], index["version"]) != (FORMAT, VERSION):
            raise FileError(
                f"{place / INDEX}: is of version {index['version']!r} of {index['format']!r}, and must be of {VERSION} of "
                f"{FORMAT!r}"
            )
        if index["complete"] is not True:
            last = max((each["epoch"] for each in index["epochs"]), default=None)
            raise FileError(
                f"{place}: the recording is not finished (last epoch: {'none' if last is None else last}): its recorder "
                "was not closed. Let it end, or record again"
            )
        recording = Recording(
            place,
            tuple(str(name) for name in index["classes"]),
            {str(layer["name"]): _count(layer["units"]) for layer in index["layers"]},
            {split: _count(index["rows"][split], least=0) for split in SPLITS},
            {
                _count(each["epoch"], least=0): _epoch_file(place, each)
                for each in sorted(index["epochs"], key=lambda each: int(each["epoch"]))
            },
        )
        complete = len(recording.layers) == len(index["layers"]) and recording.layers and recording.epochs
    except (KeyError, TypeError, ValueError) as error:
        raise FileError(
            f"{place / INDEX}: not the index of a recording ({type(error).__name__}: {error})"
        ) from None
    if not complete or not recording.rows["train"]:
        raise FileError(f"{place / INDEX}: names no layer, no epoch or no training row, or a layer twice")
    return recording


def _read_index(place: Path) -> dict[str, Any]:
    try:
        index = json.loads((place / INDEX).read_text(encoding="utf-8"))
    except FileNotFoundError:
        what = "no such folder" if not place.exists() else f"no recording: there is no {INDEX} in it"
        raise FileError(f"{place}: {what}; layertopo.record makes recordings") from None
    except (OSError, ValueError) as error:
        raise FileError(f"{place / INDEX}: cannot be read ({error})") from None
    if not isinstance(index, dict):
        raise FileError(f"{place / INDEX}: not the index of a recording")
    return index


def _count(value: Any, least: int = 1) -> int:
    if type(value) is not int or value < least:
        raise ValueError(f"{value!r} where a number from {least} on is due")
    return value


def _epoch_file(place: Path, entry: dict[str, Any]) -> EpochFile:
    """One epoch of the index; its file is there, beside the index, and of the size that was written."""
    name = entry["file"]
    if Path(name).name != name:
        raise ValueError(f"the file {name!r} is not in the folder of the recording")
    path = place / name
    if not path.is_file():
        raise FileError(f"{path}: no such file, but the recording names it")
    size = path.stat().st_size
    if size != entry["bytes"]:
        raise FileError(
            f"{path}: has {size:,} bytes and was written with {entry['bytes']:,}: it is cut off, or was changed; copy the "
            "recording again"
        )
    return EpochFile(path, str(entry["sha256"]), dict(entry["not_finite"]))


def check_unchanged(epoch: EpochFile) -> None:
    """Make sure, before anything runs, that the file of an epoch is what was recorded; it is read once for each time.

    Raises
    ------
    FileError
        If its digest is not the one of the index.
    """
    _compare(epoch, facts.digest(epoch.path))


def _compare(epoch: EpochFile, digest: str) -> None:
    if digest != epoch.sha256:
        raise FileError(
            f"{epoch.path}: is not what was recorded (its digest differs): it was changed or damaged; copy the recording "
            "again, or record again"
        )


def sha256_of(path: Path) -> str:
    """Digest of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def open_epoch(recording: Recording, epoch: int) -> Iterator[h5py.File]:
    """An epoch, opened for reading after its digest was checked.

    Raises
    ------
    FileError
        If it is not the file that the index tells of, or no HDF5 file.
    """
    found = recording.epochs[epoch]
    try:
        _compare(found, sha256_of(found.path))
        file = h5py.File(found.path, "r")
    except OSError as error:
        raise FileError(f"{found.path}: cannot be read ({error})") from None
    with file:
        yield file


def classes_of_rows(file: h5py.File, recording: Recording, split: str) -> NDArray[np.int64]:
    """Number of the class of each row of a split.

    Raises
    ------
    FileError
        If they are not there, or are not those of the index.
    """
    held = _array(file, f"{split}/y", (recording.rows[split],), "i", 8)
    y: NDArray[np.int64] = np.asarray(held[()], dtype=np.int64)
    if len(y) and not 0 <= y.min() <= y.max() < max(1, len(recording.classes)):
        raise FileError(f"{file.filename}: {split}/y has numbers of classes that the index does not name")
    return y


def blocks_of_layer(
    file: h5py.File, recording: Recording, split: str, layer: int
) -> Iterator[NDArray[np.float32]]:
    """What a layer gives for the rows of a split, some rows at a time.

    Raises
    ------
    FileError
        If the layer is not there, has another shape than the index says, or holds a value that is no finite number.
    """
    name, units = list(recording.layers.items())[layer]
    rows = recording.rows[split]
    if not rows:
        return
    held = _array(file, f"{split}/{layer}", (rows, units), "f", 4)
    if held.attrs.get("name") != name:
        raise FileError(
            f"{file.filename}: layer {layer} is called {held.attrs.get('name')!r}, and {name!r} in the index"
        )
    step = max(1, _BLOCK // (4 * units))
    for start in range(0, rows, step):
        block = np.asarray(held[start : start + step], dtype=np.float32)
        wrong = np.flatnonzero(~np.isfinite(block).all(axis=1))
        if len(wrong):
            raise FileError(
                f"{file.filename}: layer {name!r}, {split} row {start + int(wrong[0])}: holds NaN or infinity; the training "
                "has probably diverged"
            )
        yield block


def _array(file: h5py.File, name: str, shape: tuple[int, ...], kind: str, size: int) -> h5py.Dataset:
    """An array of the file itself, of a known shape and type."""
    held = own_array(file, name)
    if held.shape != shape or (held.dtype.kind, held.dtype.itemsize) != (kind, size):
        raise FileError(
            f"{file.filename}: {name} is {held.dtype} of shape {held.shape}, and must be of {shape} as the index says"
        )
    return held


def own_array(file: h5py.File, name: str) -> h5py.Dataset:
    """An array that lies in the file itself and holds as much as it declares; nothing of it is read yet.

    Raises
    ------
    FileError
        If it is not there, is kept elsewhere or by a plugin, or is cut off.
    """
    where, group = f"{file.filename}: {name}", file
    for part in name.split("/"):
        if not isinstance(group, h5py.Group) or not isinstance(group.get(part, getlink=True), h5py.HardLink):
            raise FileError(f"{where} is not there, or is a link to another place, which is not followed")
        group = group[part]
    if not isinstance(group, h5py.Dataset):
        raise FileError(f"{where} is no array")
    if reason := why_not_read(group):
        raise FileError(f"{where} {reason}")
    return group


def why_not_read(array: h5py.Dataset) -> str:
    """Why the values of an array are not read: they are elsewhere, or fewer than it declares; empty if they are."""
    properties = array.id.get_create_plist()
    filters = {properties.get_filter(k)[0] for k in range(properties.get_nfilters())}
    if array.is_virtual or array.external or not filters <= _FILTERS:
        return "keeps its values outside of the file, or in a form that needs a plugin; neither is read"
    if array.nbytes > _MOST_COMPRESSION * array.id.get_storage_size():
        return f"declares {array.nbytes:,} bytes, and the file does not hold so many: it is cut off"
    return ""
