"""Keras models that somebody saved, and that are trained here; known without TensorFlow once they were described."""

from __future__ import annotations

from functools import cached_property
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, StrictStr

from layertopo.errors import FileError
from layertopo.facts import locate
from layertopo.sections import Section
from layertopo.training.saved import FromKeras


class ToTrain(Section):
    """A saved model, and what its training starts from."""

    file: Annotated[StrictStr, Field(min_length=1, description="A .keras file.")]
    train: Annotated[
        Literal[True], Field(description="Whether it is trained here, once for each of training.seeds.")
    ]
    weights: Annotated[
        Literal["keep", "fresh"],
        Field(
            description="What training starts from: the weights of the file, or ones drawn anew for each seed."
        ),
    ] = "keep"


class Retrained(FromKeras):
    """A saved Keras model that is trained here as the configuration says."""

    trained_here: ClassVar[bool] = True
    has_history: ClassVar[bool] = True
    gives_classes: ClassVar[bool] = True

    keras: Annotated[ToTrain, Field(description="A saved model that is trained here.")]

    @cached_property
    def checkpoints(self) -> dict[int, str]:
        """The one file, under epoch 0."""
        path = locate(self.keras.file)
        if path.is_dir():
            raise FileError(f"{path}: is a folder; one model is trained here: name its file")
        return {0: str(path)}

    def settings_on(self, n_classes: int) -> dict[str, Any]:
        """What decides the network: the content of its file, and whether its weights are kept."""
        return {"keras": self.digests[0], "weights": self.keras.weights}

    def file(self, seed: int, epoch: int) -> str:
        """The file of the model."""
        return self.checkpoints[0]

    @property
    def boundary(self) -> float:
        """Half, of a probability."""
        return 0.5 if self.described["last_activation"] == "sigmoid" else 0.0

    def why_not_trained_on(self, n_classes: int) -> str | None:
        """Why it cannot be trained to tell so many classes apart, by its last layer; None if it can."""
        activation, layers = self.described["last_activation"], self.described["layers"]
        units = layers[-1]["shape"]
        if not any(layer["trainable"] for layer in layers):
            return "has no weight that training changes (trainable is false)"
        if len(units) != 1 or activation not in {1: ("sigmoid", "linear")}.get(
            units[0], ("softmax", "linear")
        ):
            ends = "another operation" if activation is None else f"{activation} of shape {tuple(units)}"
            return (
                f"ends in {ends}, and what loss that is trained by cannot be told; a network is trained here that ends in one "
                "unit (sigmoid, or without activation) for two classes, or in a unit for each class (softmax, or without "
                "activation)"
            )
        if max(2, units[0]) != n_classes:
            return f"tells {max(2, units[0])} classes apart, and there are {n_classes}"
        return None
