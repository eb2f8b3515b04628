"""The writer of recordings."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from layertopo import storage
from layertopo.errors import extra
from layertopo.record.layout import FORMAT, INDEX, SPLITS, VERSION, sha256_of

with extra("record"):
    import h5py


class Recorder:
    """Records the activations of one training run, epoch by epoch, in a folder of its own.

    It is used as a context, and the recording is finished when that ends without an error; what was not finished is
    refused by the workflow.

    Parameters
    ----------
    folder : path
        Made if it is not there. A recording that is in it is refused, unless `overwrite`.
    train, test : array_like
        Label of each row: numbers or text. Rows keep their order in all epochs and layers. There may be no test rows.
        Labels that are all equal are those of data without classes.
    classes : sequence of str, optional
        Names of the classes, where the labels are their numbers from 0 on. Else the names are the labels themselves,
        sorted.
    overwrite : bool
        Whether a recording in the folder is replaced.

    Raises
    ------
    FileExistsError
        If there is a recording already.
    ValueError
        If labels do not fit the names of the classes.
    """

    def __init__(
        self,
        folder: str | Path,
        train: ArrayLike,
        test: ArrayLike = (),
        classes: Sequence[str] | None = None,
        overwrite: bool = False,
    ) -> None:
        self.folder = Path(folder).expanduser()
        labels = {"train": np.asarray(train), "test": np.asarray(test)}
        self.classes, self.y = _numbered(labels, classes)
        self.layers: dict[str, int] = {}
        self._epochs: dict[int, dict[str, Any]] = {}
        if (self.folder / INDEX).exists() and not overwrite:
            raise FileExistsError(f"{self.folder}: holds a recording; take another folder, or overwrite=True")
        self.folder.mkdir(parents=True, exist_ok=True)
        self._write_index(complete=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.close()

    def close(self) -> None:
        """Finish the recording."""
        self._write_index(complete=True)

    def write(
        self, epoch: int, train: Mapping[str, ArrayLike], test: Mapping[str, ArrayLike] | None = None
    ) -> None:
        """Record one epoch at once.

        Parameters
        ----------
        epoch : int
            0 is before the first training step.
        train, test : mapping of str to array_like
            What each layer gives for the rows of the split, by name, the input first: the order is that of their numbers.
            An array has a row for each label; rows that are not flat are flattened.

        Raises
        ------
        ValueError
            If the layers or their sizes are not those of the other epochs, or rows are missing.
        """
        with self.epoch(epoch) as writer:
            for split, layers in (("train", train), ("test", test or {})):
                if layers:
                    writer.add(split, layers)

    @contextmanager
    def epoch(self, epoch: int) -> Iterator[EpochWriter]:
        """Record one epoch in parts: a context that gives an :class:`EpochWriter`.

        Raises
        ------
        ValueError
            As :meth:`write`; of an epoch that is recorded already, too.
        """
        if epoch != int(epoch) or epoch < 0:
            raise ValueError(f"epoch {epoch!r}: must be a whole number from 0 on")
        epoch = int(epoch)
        if epoch in self._epochs:
            raise ValueError(f"epoch {epoch} is recorded already")
        path = self.folder / f"epoch{epoch}.h5"
        with storage.whole_file(path) as part:
            with h5py.File(part, "w", libver=("earliest", "v110"), rdcc_nbytes=2**23) as file:
                writer = EpochWriter(file, self.layers, self.y)
                yield writer
                writer.finish()
            digest, size = sha256_of(part), part.stat().st_size
        self.layers = writer.layers
        self._epochs[epoch] = {
            "epoch": epoch,
            "file": path.name,
            "bytes": size,
            "sha256": digest,
            "not_finite": writer.not_finite,
        }
        self._write_index(complete=False)

    def _write_index(self, complete: bool) -> None:
        index = {
            "format": FORMAT,
            "version": VERSION,
            "complete": complete,
            "classes": self.classes,
            "layers": [{"name": name, "units": units} for name, units in self.layers.items()],
            "rows": {split: len(self.y[split]) for split in SPLITS},
            "epochs": [self._epochs[epoch] for epoch in sorted(self._epochs)],
        }
        with storage.whole_file(self.folder / INDEX) as part:
            part.write_text(json.dumps(index, indent=1) + "\n", encoding="utf-8")


class EpochWriter:
    """One epoch that is being recorded."""

    def __init__(
        self, file: h5py.File, layers: Mapping[str, int], y: Mapping[str, NDArray[np.int64]]
    ) -> None:
        self.layers = dict(layers)
        self.not_finite: dict[str, str] = {}
        self._file, self._y = file, y
        self._done = {split: dict.fromkeys(self.layers, 0) for split in SPLITS}
        for split in SPLITS:
            storage.write(file, f"{split}/y", y[split])

    def add(self, split: str, layers: Mapping[str, ArrayLike]) -> None:
        """Append rows: the next batch of a split.

        Parameters
        ----------
        split : {"train", "test"}
        layers : mapping of str to array_like
            What each layer gives for these rows, the input first.
        """
        if split not in SPLITS:
            raise ValueError(f"split {split!r}: must be 'train' or 'test'")
        values = {str(name): _flat(name, rows) for name, rows in layers.items()}
        if not self.layers:
            self.layers = {name: rows.shape[1] for name, rows in values.items()}
            self._done = {each: dict.fromkeys(self.layers, 0) for each in SPLITS}
        if list(values) != list(self.layers):
            raise ValueError(f"layers {', '.join(values)}: before, they were {', '.join(self.layers)}")
        for number, (name, rows) in enumerate(values.items()):
            self._append(split, number, name, rows)

    def _append(self, split: str, number: int, name: str, rows: NDArray[np.float32]) -> None:
        whole, start = len(self._y[split]), self._done[split][name]
        end = start + len(rows)
        if rows.shape[1] != self.layers[name]:
            raise ValueError(f"layer {name!r}: gives {rows.shape[1]} units, and {self.layers[name]} before")
        if end > whole:
            raise ValueError(f"layer {name!r}, {split}: {end} rows for {whole} labels")
        path = f"{split}/{number}"
        if path not in self._file:
            storage.reserve(self._file, path, (whole, rows.shape[1])).attrs["name"] = name
        self._file[path][start:end] = rows
        self._done[split][name] = end
        wrong = np.flatnonzero(~np.isfinite(rows).all(axis=1))
        if len(wrong):
            self.not_finite.setdefault(name, f"{split} row {start + int(wrong[0])}")

    def finish(self) -> None:
        """Make sure that all rows are there."""
        if not self.layers:
            raise ValueError("no layer was recorded")
        for split in SPLITS:
            for name, rows in self._done[split].items():
                if rows != len(self._y[split]):
                    raise ValueError(f"layer {name!r}, {split}: {rows} rows for {len(self._y[split])} labels")


def name_of_input(layers: Iterable[str]) -> str:
    """Name of layer 0, the input, beside others: `input`, unless one of these is called so."""
    name = "input"
    while name in layers:
        name = f"{name}_0"
    return name


def _numbered(
    labels: Mapping[str, NDArray[Any]], classes: Sequence[str] | None
) -> tuple[list[str], dict[str, NDArray[np.int64]]]:
    """Names of the classes, and the number of each row's class."""
    if any(each.ndim != 1 for each in labels.values()) or not len(labels["train"]):
        raise ValueError("labels: one for each row, and at least one training row")
    if classes is not None and len({*map(str, classes)}) < len(classes):
        raise ValueError(f"classes: a name is there twice: {', '.join(map(str, classes))}")
    held = [each for each in labels.values() if len(each)]
    for split, each in labels.items():
        missing = [
            k for k, label in enumerate(each.tolist()) if label is None or label != label or label == ""
        ]
        if missing:
            raise ValueError(f"labels: {split} row {missing[0] + 1} has none")
    if classes is not None:
        numbers = np.concatenate(held)
        if numbers.dtype.kind not in "iub" or numbers.min() < 0 or numbers.max() >= len(classes):
            raise ValueError(
                f"labels must be numbers from 0 to {len(classes) - 1}, one for each of the classes"
            )
        return list(map(str, classes)), {split: each.astype(np.int64) for split, each in labels.items()}
    names = np.unique(np.concatenate(held))
    shown = [str(int(name)) if names.dtype.kind == "f" and name == int(name) else str(name) for name in names]
    y = {split: np.searchsorted(names, each).astype(np.int64) for split, each in labels.items()}
    return (shown if len(shown) > 1 else []), y


def _flat(name: str, rows: ArrayLike) -> NDArray[np.float32]:
    """Rows as float32, shape (n, units)."""
    held = np.asarray(rows)
    if held.dtype.kind in "cSUMm":  # float32 would lose a part of it, or make numbers of text and times
        raise ValueError(f"layer {name!r}: is of type {held.dtype}, must be real numbers")
    values = held.astype(np.float32, copy=False)
    if values.ndim == 0 or values.size == 0:
        raise ValueError(f"layer {name!r}: holds no rows")
    return values.reshape(len(values), -1)
