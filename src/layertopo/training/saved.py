"""Keras models that somebody saved; known without TensorFlow once they were described."""

from __future__ import annotations

import json
import math
import re
import subprocess
import sys
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, StrictStr, model_validator

from layertopo import facts
from layertopo.errors import FileError
from layertopo.sections import Section
from layertopo.storage import Settings
from layertopo.training import archive
from layertopo.training.network import Layer, Network

#: Readers of archives, in their versions: see :func:`layertopo.facts.facts`.
_LOOK, _DESCRIBE = {"reader": "keras archive 2"}, {"reader": "keras layers 2"}


class FromKeras(Network):
    """A network of a saved Keras model: Sequential or functional, of Keras' own layers, with one input and one output."""

    needs_tensorflow: ClassVar[bool] = True

    @model_validator(mode="before")
    @classmethod
    def _said_beside(cls, raw: Any) -> Any:
        """`train` and `weights` may also stand beside the file: this writes it out."""
        if not isinstance(raw, Mapping) or not isinstance(raw.get("keras"), str):
            return raw
        beside = {key: raw[key] for key in ("train", "weights") if key in raw}
        if not beside:
            return raw
        rest = {key: value for key, value in raw.items() if key not in beside}
        return rest | {"keras": {"file": raw["keras"], **beside}}

    @property
    @abstractmethod
    def checkpoints(self) -> dict[int, str]:
        """File of each epoch that was saved; that of a single model is 0."""

    @cached_property
    def digests(self) -> dict[int, str]:
        """Digest of the file of each epoch, all of which are looked through."""
        digests, first = {}, None
        for epoch, path in self.checkpoints.items():
            digests[epoch], found = facts.digest_and_facts(path, _LOOK, archive.read)
            first = first or found
            if found != first:
                raise FileError(
                    f"{path}: is another network than {next(iter(self.checkpoints.values()))}; checkpoints are of one"
                )
        return digests

    @cached_property
    def described(self) -> dict[str, Any]:
        """What Keras says of the model: see :func:`layertopo.training.saved_outputs.describe`."""
        return facts.facts(next(iter(self.checkpoints.values())), _DESCRIBE, _describe)

    def look(self) -> None:
        """Look through the archives, and have the first described."""
        if self.digests:
            _ = self.described

    @property
    def layer_names(self) -> list[str]:
        """Keras' names of the input and of the layers that have one output."""
        return [layer["name"] for layer in self.described["layers"]]

    def why_no_layer(self, name: str) -> str | None:
        """Why a layer of the model cannot be analysed."""
        reason: str | None = self.described["left_out"].get(name)
        return reason

    def layer_facts(self, n_features: int, n_classes: int = 2) -> list[Layer]:
        """Every layer, outputs flattened."""
        return [
            Layer(layer["name"], math.prod(layer["shape"]), layer["parameters"], layer["trainable"])
            for layer in self.described["layers"]
        ]

    def products(self, n_features: int, n_classes: int = 2) -> int:
        """Products of a weight and a number: a layer of images has its weights at every place."""
        layers = self.described["layers"]
        return sum(layer["parameters"] * math.prod(layer["shape"][:-1]) for layer in layers)

    @property
    def input_shape(self) -> tuple[int, ...]:
        """Shape of a row as the model takes it."""
        return tuple(self.described["layers"][0]["shape"])


class AsItIs(Section):
    """A saved model that is taken as it is."""

    file: Annotated[StrictStr, Field(min_length=1, description="As `keras` itself.")]
    train: Annotated[Literal[False], Field(description="Whether it is trained here.")] = False


class Saved(FromKeras):
    """A saved Keras model as it is, or the checkpoints of its training."""

    keras: Annotated[
        Annotated[StrictStr, Field(min_length=1)] | AsItIs,
        Field(
            description="A .keras file; or a folder of them, or a pattern with {epoch}, which are checkpoints of one training.",
        ),
    ]

    @cached_property
    def checkpoints(self) -> dict[int, str]:
        """File of each epoch; that of a single model is 0."""
        return _checkpoints(self.keras if isinstance(self.keras, str) else self.keras.file)

    def all_epochs(self, trained: int) -> Sequence[int]:
        """Epochs of the checkpoints; 0 of a single model."""
        return list(self.checkpoints)

    @property
    def has_one_epoch(self) -> bool:
        """Whether it is a single model."""
        return list(self.checkpoints) == [0]

    def seeds(self, training: Sequence[int]) -> Sequence[int]:
        """One run: it is the same whatever the seeds are."""
        return [0]

    def source(self, seed: int, epochs: Sequence[int]) -> Settings:
        """What decides some epochs: the digests of their files."""
        return {"keras": [self.digests[epoch] for epoch in epochs]}

    def file(self, seed: int, epoch: int) -> str:
        """File of an epoch."""
        return self.checkpoints[epoch]


def _checkpoints(given: str) -> dict[int, str]:
    """Files by their epochs, ascending."""
    if "{epoch" in given:
        return _matching(given)
    path = facts.locate(given)
    if not path.is_dir():
        return {0: str(path)}
    found: dict[int, str] = {}
    files = sorted(path.glob("*.keras"))
    if not files:
        raise FileError(f"{path}: there is no .keras file in it")
    for file, epoch in zip(files, _epochs_of([file.stem for file in files]), strict=True):
        if epoch is None or epoch in found:
            raise FileError(
                f"{file}: which epoch it is of cannot be told from its name; give a pattern, such as {path}/name-{{epoch}}.keras"
            )
        found[epoch] = str(file)
    return dict(sorted(found.items()))


def _epochs_of(names: Sequence[str]) -> list[int | None]:
    """Number in each name after the word epoch; or else the only one there, or the only one that differs."""
    marked = [re.search(r"epoch[^0-9]{0,2}(\d+)", name, re.IGNORECASE) for name in names]
    if all(marked):
        return [int(each[1]) for each in marked if each]
    numbers = [re.findall(r"\d+", name) for name in names]
    if len({*map(len, numbers)}) > 1:
        return [None] * len(names)
    columns = list(zip(*numbers, strict=True))
    differing = (
        [column for column in columns if len({*map(int, column)}) > 1] if len(columns) > 1 else columns
    )
    return [*map(int, differing[0])] if len(differing) == 1 else [None] * len(names)


def _matching(pattern: str) -> dict[int, str]:
    """Files that fit a pattern, such as Keras' ModelCheckpoint takes: {epoch} is a number, other fields are anything."""
    path = Path(pattern).expanduser()
    folder, parts = path.parent, re.split(r"(\{[^}]*\})", path.name)
    epoch_seen = False
    expression = ""
    for part in parts:
        if part.startswith("{epoch"):
            expression += r"(?P=epoch)" if epoch_seen else r"(?P<epoch>\d+)"
            epoch_seen = True
        else:
            expression += ".+" if part.startswith("{") else re.escape(part)
    if not epoch_seen:
        raise FileError(
            f"{pattern}: {{epoch}} stands in the name of a folder, and must be in that of the file"
        )
    found: dict[int, str] = {}
    for file in sorted(folder.glob("*")) if folder.is_dir() else ():
        match = re.fullmatch(expression, file.name)
        if match:
            epoch = int(match["epoch"])
            if epoch in found:
                raise FileError(f"{file}: is a second file of epoch {epoch}; the first is {found[epoch]}")
            found[epoch] = str(file)
    if not found:
        raise FileError(f"{pattern}: no file fits the pattern")
    return dict(sorted(found.items()))


def _describe(path: Path) -> dict[str, Any]:
    """Have Keras describe a model, in a process of its own: none that reads the rules loads TensorFlow."""
    command = [sys.executable, "-m", "layertopo.training.saved_outputs", str(path)]
    run = subprocess.run(command, capture_output=True, text=True)  # noqa: S603  our own module
    try:
        found: dict[str, Any] = json.loads(run.stdout.splitlines()[-1])
    except (IndexError, ValueError):
        last = (run.stderr.strip().splitlines() or ["no message"])[-1]
        raise FileError(f"{path}: Keras cannot load it: {last}") from None
    if "refused" in found:
        raise FileError(f"{path}: {found['refused']}")
    return found
