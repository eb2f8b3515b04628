"""Fully connected networks, as the configuration describes them; known without TensorFlow."""

from __future__ import annotations

from functools import cached_property
from itertools import pairwise
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import Field, StrictInt

from layertopo.sections import Section

Activation = Literal[
    "relu", "tanh", "sigmoid", "elu", "selu", "gelu", "silu", "leaky_relu", "softplus", "linear"
]


class Layer(NamedTuple):
    """A layer of a network.

    Attributes
    ----------
    name : str
        Keras' name.
    units : int
        Numbers that it gives for a row.
    parameters, trainable : int
        All of them, and those that training changes.
    """

    name: str
    units: int
    parameters: int
    trainable: int


class Dense(Section):
    """A fully connected network: normalised input, hidden layers, then one unit, the logit."""

    hidden: Annotated[
        list[Annotated[StrictInt, Field(ge=1)]],
        Field(min_length=1, description="Units of each hidden layer, input side first."),
    ]
    activation: Annotated[Activation, Field(description="Activation function of the hidden layers.")] = "relu"

    @cached_property
    def settings(self) -> dict[str, Any]:
        """What decides the network itself."""
        return self.model_dump(include={"hidden", "activation"})

    @property
    def last_layer(self) -> int:
        """Number of the last layer, the logits; 0 is the normalised input, and between them are the hidden ones."""
        return len(self.hidden) + 1

    def units(self, n_features: int) -> list[int]:
        """What each layer gives for a row of the data, from layer 0 on."""
        return [n_features, *self.hidden, 1]

    def layer_facts(self, n_features: int) -> list[Layer]:
        """Every layer, from layer 0 on.

        Layer 0 normalises: a mean and a variance for each feature, and how many rows they are of.
        """
        units = self.units(n_features)
        hidden = [f"layer{k}_dense" for k in range(1, self.last_layer)]
        weights = [a * b + b for a, b in pairwise(units)]
        return [
            Layer("layer0_normalization", n_features, 2 * n_features + 1, 0),
            *(
                Layer(name, count, own, own)
                for name, count, own in zip(
                    [*hidden, f"layer{self.last_layer}_logit"], units[1:], weights, strict=True
                )
            ),
        ]
