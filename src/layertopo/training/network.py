"""What every kind of network says of itself, whether it is trained here or comes from elsewhere."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Annotated, Any, ClassVar, Literal, NamedTuple

from pydantic import Field, StrictInt, StrictStr

from layertopo.sections import Once, Section
from layertopo.storage import Settings

#: A list of layers: numbers or names.
LayerList = Annotated[
    list[Annotated[StrictInt, Field(ge=0)] | Annotated[StrictStr, Field(min_length=1)]],
    Field(min_length=1),
    Once,
]
Layers = Literal["all", "hidden"] | LayerList
Epochs = Annotated[list[Annotated[StrictInt, Field(ge=0)] | Literal["last"]], Field(min_length=1), Once]


class Layer(NamedTuple):
    """A layer of a network.

    Attributes
    ----------
    name : str
        As the framework has it.
    units : int
        Numbers that it gives for a row.
    parameters, trainable : int or None
        All of them, and those that training changes; None if nothing is known of them.
    """

    name: str
    units: int
    parameters: int | None
    trainable: int | None


class Network(Section):
    """A network: where it comes from, and what of it is analysed.

    A kind of network is a subclass; its first field is the key that an entry of `models` is told by.
    """

    #: Whether it is trained here, once for each of training.seeds, and its weights kept epoch by epoch.
    trained_here: ClassVar[bool] = False
    #: Whether losses, accuracies and dead networks are known of it.
    has_history: ClassVar[bool] = False
    #: Whether its last layer gives a logit or the probability of each class, and is kept whatever layers are analysed.
    gives_classes: ClassVar[bool] = False
    #: Whether a file says what its layers are: there may be many and wide ones, so only the analysed ones are kept.
    from_outside: ClassVar[bool] = True
    #: Whether TensorFlow runs it.
    needs_tensorflow: ClassVar[bool] = False
    #: What its first and last layer are.
    ends: ClassVar[tuple[str, str]] = ("the input", "the output")

    datasets: Annotated[
        Annotated[list[str], Field(min_length=1), Once] | None,
        Field(description="Data sets that it sees; all of them if left out."),
    ] = None
    layers: Annotated[
        Layers | None, Field(description="Layers to analyse; those of analysis.layers if left out.")
    ] = None
    epochs: Annotated[
        Literal["all"] | Epochs | None,
        Field(description="Epochs to analyse; those of analysis.epochs if left out."),
    ] = None

    @property
    def has_one_epoch(self) -> bool:
        """Whether it is one network and no training, so that no epochs need be chosen."""
        return False

    def settings_on(self, n_classes: int) -> dict[str, Any]:
        """What decides a network that is trained here, on data of so many classes."""
        raise NotImplementedError

    def why_not_trained_on(self, n_classes: int) -> str | None:
        """Why a network that is trained here cannot be on data of so many classes; None if it can."""
        return None

    @property
    def sees(self) -> list[str] | None:
        """Names of the data sets that it sees; None for all."""
        return self.datasets

    def why_no_layer(self, name: str) -> str | None:
        """Why something in the network that has this name is no layer that can be analysed; None if there is none."""
        return None

    def look(self) -> None:
        """Find out of outside files what must be known before anything runs.

        Raises
        ------
        FileError
            If they cannot be used.
        """

    def source(self, seed: int, epochs: Sequence[int]) -> Settings:
        """What decides some epochs of a run that is not trained here: the digests of its files."""
        raise NotImplementedError

    def file(self, seed: int, epoch: int) -> str:
        """File from outside that the activations of an epoch are made from, of what is not trained here."""
        raise NotImplementedError

    def unusable(self, seed: int, epoch: int, layers: Sequence[int]) -> str | None:
        """Why an epoch cannot be analysed in some layers, as far as is known; None if it can."""
        return None

    @property
    def boundary(self) -> float:
        """What the output of a network with a single one must exceed for class 1: 0 of a logit."""
        return 0.0

    @property
    @abstractmethod
    def layer_names(self) -> list[str]:
        """Names of its layers, from layer 0 on."""

    @abstractmethod
    def layer_facts(self, n_features: int, n_classes: int = 2) -> list[Layer]:
        """Every layer, from layer 0 on, of the network that sees rows of so many features and classes."""

    @property
    def last_layer(self) -> int:
        """Number of the last layer, the outputs; 0 is the input, and between them are the hidden ones."""
        return len(self.layer_names) - 1

    def products(self, n_features: int, n_classes: int = 2) -> int:
        """Products of a weight and a number that it takes to run a row."""
        return sum(layer.parameters or 0 for layer in self.layer_facts(n_features, n_classes))

    def units(self, n_features: int, n_classes: int = 2) -> list[int]:
        """What each layer gives for a row of the data, from layer 0 on."""
        return [layer.units for layer in self.layer_facts(n_features, n_classes)]

    def all_epochs(self, trained: int) -> Sequence[int]:
        """Every epoch that there is, where networks are trained for so many; 0 is before the first step."""
        return range(trained + 1)

    def seeds(self, training: Sequence[int]) -> Sequence[int]:
        """Seeds of its runs, where networks are trained with the given ones."""
        return training
