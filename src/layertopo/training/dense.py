"""Fully connected networks, as the configuration describes them; known without TensorFlow."""

from __future__ import annotations

from functools import cached_property
from itertools import pairwise
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, StrictBool, StrictInt, model_validator

from layertopo.sections import Number, Section
from layertopo.training.network import Layer, Network

ActivationName = Literal[
    "relu", "tanh", "sigmoid", "elu", "selu", "gelu", "silu", "leaky_relu", "softplus", "linear"
]
Initializer = Literal[
    "glorot_uniform",
    "glorot_normal",
    "he_uniform",
    "he_normal",
    "lecun_uniform",
    "lecun_normal",
    "orthogonal",
]
Output = Literal["logit", "softmax"]
_Units = Annotated[StrictInt, Field(ge=1)]
_Slope = Annotated[Number, Field(ge=0)]


class Repeated(Section):
    """Hidden layers that are all alike."""

    units: Annotated[_Units, Field(description="Units of each.")]
    layers: Annotated[StrictInt, Field(ge=1, description="How many there are.")]


class Relu(Section):
    """What may be said of a ReLU, as Keras calls it."""

    max_value: Annotated[Annotated[Number, Field(gt=0)] | None, Field(description="No value is larger.")] = (
        None
    )
    negative_slope: Annotated[_Slope, Field(description="Slope below the threshold.")] = 0.0
    threshold: Annotated[Number, Field(ge=0, description="Where it begins to rise with slope 1.")] = 0.0


class Activation(Section):
    """An activation function with its parameters: exactly one."""

    relu: Relu | None = None
    leaky_relu: Annotated[_Slope | None, Field(description="Slope below 0.")] = None
    elu: Annotated[
        Annotated[Number, Field(gt=0)] | None, Field(description="The value far below 0 is minus this.")
    ] = None

    @model_validator(mode="after")
    def _check(self) -> Activation:
        if len(self.settings) != 1:
            raise ValueError(f"names {len(self.settings)} activation functions, must name one")
        return self

    @cached_property
    def settings(self) -> dict[str, Any]:
        """The function that is named, and its parameters."""
        return self.model_dump(exclude_none=True)


class Dense(Network):
    """A fully connected network: normalised input, hidden layers, then a logit, or the probability of each class."""

    trained_here: ClassVar[bool] = True
    has_history: ClassVar[bool] = True
    gives_classes: ClassVar[bool] = True
    from_outside: ClassVar[bool] = False
    ends: ClassVar[tuple[str, str]] = ("the input, normalised unless told otherwise", "the outputs")

    hidden: Annotated[
        Annotated[list[_Units], Field(min_length=1)] | Repeated,
        Field(description="Units of each hidden layer, input side first; or so many equal ones."),
    ]
    activation: Annotated[
        ActivationName | Activation, Field(description="Activation function of the hidden layers.")
    ] = "relu"
    batch_normalization: Annotated[
        StrictBool, Field(description="Whether each hidden layer normalises before its activation.")
    ] = False
    dropout: Annotated[
        Number, Field(ge=0, lt=1, description="Share of a hidden layer's units that a step leaves out.")
    ] = 0.0
    initializer: Annotated[
        Initializer, Field(description="How the weights are drawn that training starts from.")
    ] = "glorot_uniform"
    normalize: Annotated[
        StrictBool, Field(description="Whether the input is normalised by the training rows.")
    ] = True
    output: Annotated[
        Output | None,
        Field(
            description="What the last layer gives: one logit, for two classes, or the probability of each class; "
            "null: a logit for two classes."
        ),
    ] = None

    @cached_property
    def widths(self) -> list[int]:
        """Units of each hidden layer."""
        if isinstance(self.hidden, Repeated):
            return [self.hidden.units] * self.hidden.layers
        return self.hidden

    def settings_on(self, n_classes: int) -> dict[str, Any]:
        """What decides the network itself; of the keys after `activation` those that are not at their default."""
        activation = self.activation
        said = self.model_dump(
            include={"batch_normalization", "dropout", "initializer", "normalize"}, exclude_defaults=True
        )
        if self.output_on(n_classes) == "softmax":
            said["output"] = "softmax"
        named = activation.settings if isinstance(activation, Activation) else activation
        return {"hidden": self.widths, "activation": named, **said}

    def output_on(self, n_classes: int) -> Output:
        """What the last layer gives on data of so many classes."""
        return self.output or ("logit" if n_classes == 2 else "softmax")

    @property
    def layer_names(self) -> list[str]:
        """Keras' names of the layers: input, hidden layers, outputs, which are a logit unless the model says otherwise."""
        first = "layer0_normalization" if self.normalize else "layer0_input"
        kind = "block" if self.is_block else "dense"
        hidden = [f"layer{k}_{kind}" for k in range(1, len(self.widths) + 1)]
        return [first, *hidden, f"layer{len(self.widths) + 1}_{self.output or 'logit'}"]

    @property
    def is_block(self) -> bool:
        """Whether a hidden layer is more to Keras than a Dense layer."""
        return self.batch_normalization or self.dropout > 0 or isinstance(self.activation, Activation)

    @property
    def in_words(self) -> str:
        """The hidden layers in a few words."""
        more = [str(self.activation)]
        if isinstance(self.activation, Activation):
            ((name, value),) = self.activation.settings.items()
            more = [f"{name} {value:g}" if isinstance(value, float) else str(name)]
        more += ["batch normalisation"] if self.batch_normalization else []
        more += [f"dropout {self.dropout:g}"] if self.dropout else []
        return f"{', '.join(map(str, self.widths))} units ({', '.join(more)})"

    def layer_facts(self, n_features: int, n_classes: int = 2) -> list[Layer]:
        """Every layer, from layer 0 on.

        Layer 0, where it normalises, has a mean and a variance for each feature, and how many rows they are of;
        batch normalisation has four numbers for each unit, of which two are trained.
        """
        output = self.output_on(n_classes)
        units = [n_features, *self.widths, 1 if output == "logit" else n_classes]
        dense = [a * b + b for a, b in pairwise(units)]
        of_a_unit = 2 if self.batch_normalization else 0
        first, *hidden, _ = self.layer_names
        return [
            Layer(first, n_features, 2 * n_features + 1 if self.normalize else 0, 0),
            *(
                Layer(name, n, own + 2 * of_a_unit * n, own + of_a_unit * n)
                for name, n, own in zip(hidden, self.widths, dense[:-1], strict=True)
            ),
            Layer(f"layer{self.last_layer}_{output}", units[-1], dense[-1], dense[-1]),
        ]
