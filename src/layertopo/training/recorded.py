"""Networks that another framework trained, as far as their activations were recorded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from pydantic import Field, StrictStr, model_validator

from layertopo import storage
from layertopo.data.dataset import Dataset
from layertopo.errors import FileError
from layertopo.record.layout import (
    SPLITS,
    EpochFile,
    Recording,
    blocks_of_layer,
    check_unchanged,
    classes_of_rows,
    open_epoch,
    read_recording,
)
from layertopo.sections import Seed
from layertopo.storage import Settings
from layertopo.training.network import Layer, Network

Folder = Annotated[StrictStr, Field(min_length=1)]


class Recorded(Network):
    """A network whose activations were recorded, by :mod:`layertopo.record` or in its layout."""

    recorded: Annotated[
        Folder | Annotated[dict[Seed, Folder], Field(min_length=1)],
        Field(description="Folder of the recording; or one for each seed of the training."),
    ]
    dataset: Annotated[
        str | None,
        Field(description="Data set whose rows were recorded; the recording is its own if left out."),
    ] = None

    @model_validator(mode="after")
    def _check(self) -> Recorded:
        if self.datasets is not None:
            raise ValueError("datasets: a recording is of one data set; name it in `dataset`")
        return self

    @property
    def folders(self) -> dict[int, str]:
        """Folder of the recording of each seed."""
        return {0: self.recorded} if isinstance(self.recorded, str) else self.recorded

    @property
    def sees(self) -> list[str] | None:
        """The data set that was recorded."""
        return None if self.dataset is None else [self.dataset]

    @cached_property
    def recordings(self) -> dict[int, Recording]:
        """What is known of the recording of each seed."""
        return {seed: read_recording(folder) for seed, folder in self.folders.items()}

    @property
    def first(self) -> Recording:
        """The recording of the first seed: all others have the same layers and rows."""
        return next(iter(self.recordings.values()))

    def look(self) -> None:
        """Read what must be known of the recordings before anything runs.

        Raises
        ------
        FileError
            If one cannot be used, or they do not belong together.
        """
        met: dict[str, int] = {}
        for seed, each in self.recordings.items():
            for what in ("layers", "rows", "classes"):
                mine, firsts = getattr(each, what), getattr(self.first, what)
                if mine != firsts or list(mine) != list(firsts):
                    raise FileError(
                        f"{each.folder}: has other {what} than {self.first.folder}: {_told(mine)}, where that has "
                        f"{_told(firsts)}"
                    )
            last = each.epochs[max(each.epochs)].sha256
            if last in met:
                raise FileError(
                    f"{each.folder}: is the recording of seed {met[last]} again; a network counts once: give each seed its own"
                )
            met[last] = seed
        if not self.all_epochs(0):
            raise FileError(f"{self.first.folder}: the recordings of the seeds have no epoch in common")

    @property
    def layer_names(self) -> list[str]:
        """Names of the layers, as they were recorded."""
        return list(self.first.layers)

    def layer_facts(self, n_features: int, n_classes: int = 2) -> list[Layer]:
        """Every layer; nothing is known of parameters."""
        return [Layer(name, units, None, None) for name, units in self.first.layers.items()]

    def all_epochs(self, trained: int) -> Sequence[int]:
        """Epochs that were recorded, of every seed."""
        return [
            epoch
            for epoch in self.first.epochs
            if all(epoch in each.epochs for each in self.recordings.values())
        ]

    def seeds(self, training: Sequence[int]) -> Sequence[int]:
        """Seeds that were recorded."""
        return list(self.folders)

    def source(self, seed: int, epochs: Sequence[int]) -> Settings:
        """What decides some epochs of a run: the digests of their files."""
        return {"recorded": [self.recordings[seed].epochs[epoch].sha256 for epoch in epochs]}

    def file(self, seed: int, epoch: int) -> str:
        """File of an epoch."""
        return str(self.recordings[seed].epochs[epoch].path)

    def unusable(self, seed: int, epoch: int, layers: Sequence[int]) -> str | None:
        """Why an epoch cannot be analysed in some layers; None if it can."""
        held: EpochFile = self.recordings[seed].epochs[epoch]
        try:
            check_unchanged(held)
        except FileError as error:
            return str(error)
        names = self.layer_names
        for layer in layers:
            if where := held.not_finite.get(names[layer]):
                return (
                    f"{held.path}: layer {names[layer]!r} holds NaN or infinity from {where} on; the training has probably "
                    "diverged; leave out the epoch or the layer"
                )
        return None


def _told(value: Any) -> str:
    items = value.items() if isinstance(value, Mapping) else value
    return (
        ", ".join(f"{item[0]} ({item[1]})" if isinstance(item, tuple) else str(item) for item in items)
        or "none"
    )


def copy_epoch(
    file: str | Path, dataset: Dataset, layers: Sequence[int], path: str | Path, provenance: Settings
) -> None:
    """Copy some layers of a recorded epoch to where the activations of an epoch lie, checked value by value.

    Parameters
    ----------
    file : path
        HDF5 file of the epoch.
    dataset : Dataset
        Whose rows were recorded.
    layers : sequence of int
    path : path
        HDF5 file to write.
    provenance : mapping
        Settings of the activations: `recorded` has the digest that was planned, `epoch` its number.

    Raises
    ------
    FileError
        If the recording changed since it was planned, is broken, is of other rows, or holds a value that is no finite
        number.
    """
    recording, epoch = read_recording(Path(file).parent), provenance["epoch"]
    if recording.epochs[epoch].sha256 != provenance["recorded"][0]:
        raise FileError(f"{file}: was recorded anew during the run; run again")
    with (
        open_epoch(recording, epoch) as source,
        storage.create(path, provenance, ["h5py", "numpy"], in_memory=False) as made,
    ):
        for split in SPLITS:
            y, own = classes_of_rows(source, recording, split), dataset.y[getattr(dataset, split)]
            if not np.array_equal(y, own):
                raise FileError(
                    f"{file}: {split}/y are not the classes of the data set's {split} rows, in their order"
                )
            storage.write(made, f"{split}/y", y)
            for layer in layers:
                name, units = list(recording.layers.items())[layer]
                held = storage.reserve(made, f"{split}/{layer}", (len(y), units))
                held.attrs["name"] = name
                start = 0
                for block in blocks_of_layer(source, recording, split, layer):
                    held[start : start + len(block)] = block
                    start += len(block)
