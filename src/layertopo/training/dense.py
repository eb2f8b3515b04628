"""Fully connected networks, as the configuration describes them; known without TensorFlow."""

from __future__ import annotations

from functools import cached_property
from itertools import pairwise
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, StrictInt

from layertopo.training.network import Layer, Network

Activation = Literal[
    "relu", "tanh", "sigmoid", "elu", "selu", "gelu", "silu", "leaky_relu", "softplus", "linear"
]


class Dense(Network):
    """A fully connected network: normalised input, hidden layers, then one unit, the logit."""

    trained_here: ClassVar[bool] = True
    has_history: ClassVar[bool] = True
    ends: ClassVar[tuple[str, str]] = ("the normalised input", "the logits")

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
    def layer_names(self) -> list[str]:
        """Keras' names of the layers: normalised input, hidden layers, logits."""
        hidden = [f"layer{k}_dense" for k in range(1, len(self.hidden) + 1)]
        return ["layer0_normalization", *hidden, f"layer{len(self.hidden) + 1}_logit"]

    def layer_facts(self, n_features: int) -> list[Layer]:
        """Every layer, from layer 0 on.

        Layer 0 normalises: a mean and a variance for each feature, and how many rows they are of.
        """
        units = [n_features, *self.hidden, 1]
        weights = [a * b + b for a, b in pairwise(units)]
        first, *others = self.layer_names
        return [
            Layer(first, n_features, 2 * n_features + 1, 0),
            *(
                Layer(name, count, own, own)
                for name, count, own in zip(others, units[1:], weights, strict=True)
            ),
        ]
