"""Data sets that are recordings: the rows that a network of another framework was shown."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field, StrictStr

from layertopo.data.dataset import Dataset
from layertopo.data.kind import DataKind
from layertopo.errors import FileError
from layertopo.record.layout import (
    INDEX,
    SPLITS,
    Recording,
    blocks_of_layer,
    check_unchanged,
    classes_of_rows,
    open_epoch,
    read_recording,
)


class RecordedRows(DataKind):
    """The rows of a recording: what its layer 0 gives in its first epoch, and their classes."""

    kind: Literal["recording"]
    path: Annotated[StrictStr, Field(min_length=1, description="Folder of the recording.")]
    digest: Annotated[
        str | None,
        Field(
            description="SHA-256 that its first epoch must have; any if left out.", pattern="^[0-9a-f]{64}$"
        ),
    ] = None

    @property
    def file(self) -> str:
        """The index of the recording."""
        path = Path(self.path)
        return str(path if path.name == INDEX else path / INDEX)

    @cached_property
    def recording(self) -> Recording:
        """What is known of the recording."""
        return read_recording(Path(self.file).parent)

    @property
    def _first(self) -> int:
        return min(self.recording.epochs)

    def look(self) -> None:
        """Read the index of the recording, and make sure that its first epoch is the file it tells of."""
        held = self.recording.epochs[self._first]
        if self.digest not in (None, held.sha256):
            raise FileError(
                f"{held.path}: is not the recording that is asked for: its digest is {held.sha256}"
            )
        check_unchanged(held)

    @property
    def n_features(self) -> int:
        """Units of layer 0."""
        return next(iter(self.recording.layers.values()))

    def rows(self) -> dict[str, int]:
        """Number of rows of each split."""
        rows = self.recording.rows
        return {**rows, "full": sum(rows.values())}

    @property
    def class_names(self) -> tuple[str, ...]:
        """Names of the classes; none if there are no labels."""
        return self.recording.classes

    @cached_property
    def settings(self) -> dict[str, Any]:
        """What decides the data: the content of the first epoch."""
        return {"kind": self.kind, "digest": self.recording.epochs[self._first].sha256}

    def make(self) -> Dataset:
        """Layer 0 and the classes, training rows first."""
        self.look()
        recording = self.recording
        with open_epoch(recording, self._first) as file:
            blocks = [block for split in SPLITS for block in blocks_of_layer(file, recording, split, 0)]
            y = np.concatenate([classes_of_rows(file, recording, split) for split in SPLITS])
        train, test = np.split(np.arange(len(y)), [recording.rows["train"]])
        return Dataset(np.concatenate(blocks), y, train, test, recording.classes)
