"""The configuration: what it may say, what it means, and every cell of the experiment it describes.

One set of models is the source of the checks, of the JSON Schema (:func:`json_schema`) and of the
settings that each stage is given.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import Annotated, Any, Literal, get_args, get_origin

from layertopo.errors import ConfigError, did_you_mean, extra
from layertopo.homology.cloud import MAX_POINTS
from layertopo.homology.engines import check_prime, resolve

with extra("workflow"):
    from pydantic import (
        BaseModel,
        BeforeValidator,
        ConfigDict,
        Field,
        FiniteFloat,
        StrictInt,
        ValidationError,
        model_validator,
    )
    from pydantic_core import ErrorDetails

NAME_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9_-]*$"

Split = Literal["train", "test", "full"]
Format = Literal["png", "svg", "pdf"]
Activation = Literal[
    "relu", "tanh", "sigmoid", "elu", "selu", "gelu", "silu", "leaky_relu", "softplus", "linear"
]
Optimizer = Literal["adam", "adamw", "nadam", "rmsprop", "sgd"]


def _no_repeats(values: Any) -> Any:
    if isinstance(values, list):
        repeated = [value for k, value in enumerate(values) if value in values[:k]]
        if repeated:
            raise ValueError(f"lists {repeated[0]!r} twice; list each value once")
    return values


def _no_truth_value(value: Any) -> Any:
    if isinstance(value, bool):  # YAML's on and off, which would pass for 1 and 0
        raise ValueError(f"got {value}, must be a finite number")
    return value


Once = BeforeValidator(_no_repeats)
Number = Annotated[FiniteFloat, BeforeValidator(_no_truth_value)]
Seed = Annotated[StrictInt, Field(ge=0, le=2**32 - 1)]
Layers = (
    Literal["all", "hidden"] | Annotated[list[Annotated[StrictInt, Field(ge=0)]], Field(min_length=1), Once]
)


class Section(BaseModel):
    """A mapping of the configuration: unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class NestedSpheres(Section):
    """Two concentric noisy spheres, one per class."""

    kind: Literal["nested_spheres"]
    points_per_class: Annotated[StrictInt, Field(ge=2, description="Points on each sphere.")] = 10_000
    dimension: Annotated[StrictInt, Field(ge=1, description="Dimension of the space: 2 gives circles.")] = 10
    radii: Annotated[
        list[Annotated[Number, Field(gt=0)]],
        Field(min_length=2, max_length=2, description="Radius of class 0, then the larger one of class 1."),
    ] = [3.0, 6.0]
    noise: Annotated[
        Literal["auto"] | Annotated[Number, Field(ge=0)],
        Field(description="Standard deviation per coordinate; auto: a quarter of the gap between the radii."),
    ] = "auto"
    seed: Annotated[Seed, Field(description="Seed of the points.")] = 0
    test_fraction: Annotated[Number, Field(gt=0, lt=1, description="Share of the rows in the test set.")] = (
        0.33
    )
    split_seed: Annotated[Seed, Field(description="Seed of the split.")] = 42

    @model_validator(mode="after")
    def _check(self) -> NestedSpheres:
        if self.radii[0] >= self.radii[1]:
            raise ValueError(f"radii must increase, from class 0 to class 1, got {self.radii}")
        if 0 in self.rows().values():
            raise ValueError(
                f"test_fraction {self.test_fraction} of {self.rows()['full']} rows leaves the training or the test "
                "set empty"
            )
        return self

    def rows(self) -> dict[str, int]:
        """Number of rows of each split."""
        full = 2 * self.points_per_class
        test = math.ceil(self.test_fraction * full)  # as scikit-learn rounds
        return {"train": full - test, "test": test, "full": full}

    @cached_property
    def settings(self) -> dict[str, Any]:
        """What the generator needs, the noise resolved."""
        noise = (self.radii[1] - self.radii[0]) / 4 if self.noise == "auto" else self.noise
        return self.model_dump() | {"noise": noise}


class Model(Section):
    """A fully connected network: hidden layers, then one unit, the logit."""

    hidden: Annotated[
        list[Annotated[StrictInt, Field(ge=1)]],
        Field(min_length=1, description="Units of each hidden layer, input side first."),
    ]
    activation: Annotated[Activation, Field(description="Activation function of the hidden layers.")] = "relu"
    datasets: Annotated[
        Annotated[list[str], Field(min_length=1), Once] | None,
        Field(description="Data sets to train on; all of them if left out."),
    ] = None
    layers: Annotated[
        Layers | None, Field(description="Layers to analyse; those of analysis.layers if left out.")
    ] = None

    @cached_property
    def settings(self) -> dict[str, Any]:
        """What decides the network itself."""
        return self.model_dump(include={"hidden", "activation"})


class Training(Section):
    """How every network is trained."""

    epochs: Annotated[StrictInt, Field(ge=1, description="Passes over the training set.")] = 25
    batch_size: Annotated[StrictInt, Field(ge=1, description="Rows per step.")] = 32
    optimizer: Annotated[Optimizer, Field(description="Keras' name of the optimizer.")] = "adam"
    learning_rate: Annotated[Number, Field(gt=0, description="Step size of the optimizer.")] = 0.001
    seeds: Annotated[
        list[Seed], Field(min_length=1, description="One training run per seed, for each model."), Once
    ] = [0]

    @cached_property
    def settings(self) -> dict[str, Any]:
        """What decides one training run, but for its seed."""
        return self.model_dump(exclude={"seeds"})


class Analysis(Section):
    """Which activations get a diagram."""

    epochs: Annotated[
        list[Annotated[StrictInt, Field(ge=0)]],
        Field(min_length=1, description="Epochs; 0 is before the first training step."),
        Once,
    ] = [0, 10, 25]
    layers: Annotated[
        Layers,
        Field(description="Layers by number (0: normalised input, last: logits), or `all`, or `hidden`."),
    ] = [1, 3]
    splits: Annotated[
        list[Split], Field(min_length=1, description="full is train and test together."), Once
    ] = [
        "train",
        "test",
        "full",
    ]
    betti_scales: Annotated[
        list[Annotated[Number, Field(gt=0)]],
        Field(
            description="Scales at which Betti numbers are tabled, as lengths and in units of the rms distance."
        ),
        Once,
    ] = [0.02, 0.05, 0.1, 0.2, 0.5]
    batch: Annotated[
        Literal["diagram", "epoch"],
        Field(
            description="What one job computes: a diagram, or all diagrams of an epoch of a network; the latter for "
            "thousands of small ones."
        ),
    ] = "diagram"


class Sample(Section):
    """Which rows of a layer become points."""

    method: Annotated[
        Literal["random", "distinct", "greedy"],
        Field(
            description="random: the same rows for every epoch and layer; distinct: the same, but equal points "
            "count once; greedy: farthest points, per cloud."
        ),
    ] = "random"
    points: Annotated[
        Annotated[StrictInt, Field(ge=2)] | None, Field(description="Number of points; null: every row.")
    ] = None
    seed: Annotated[Seed, Field(description="Seed of the choice; of the first point of a greedy one.")] = 0


class Cloud(Section):
    """How a layer's rows become a point cloud."""

    metric: Annotated[
        Literal["euclidean", "manhattan", "chebyshev", "cosine"],
        Field(description="Distance between points."),
    ] = "euclidean"
    sample: Sample = Sample()

    @cached_property
    def settings(self) -> dict[str, Any]:
        """What decides the points and their distances."""
        return self.model_dump()

    @model_validator(mode="after")
    def _check(self) -> Cloud:
        if self.sample.method == "greedy" and self.sample.points is None:
            raise ValueError("sample.points: a greedy sample needs a number of points, but it is null")
        if self.sample.method == "greedy" and self.metric == "cosine":
            raise ValueError(
                "metric: a greedy sample is for its error bound, which cosine, not being a metric, does not have; "
                "take euclidean, manhattan or chebyshev"
            )
        return self


class Homology(Section):
    """What is computed of every cloud."""

    dimensions: Annotated[
        list[Annotated[StrictInt, Field(ge=0, le=2)]],
        Field(min_length=1, description="Homology dimensions."),
        Once,
    ] = [0, 1]
    coefficient_field: Annotated[StrictInt, Field(ge=2, description="Prime p of the coefficients Z/p.")] = 2
    engine: Annotated[
        Literal["auto", "layertopo", "giotto", "gudhi", "holos"],
        Field(description="What computes the diagrams; auto takes the fastest that can."),
    ] = "auto"

    @cached_property
    def settings(self) -> dict[str, Any]:
        """What decides the bars of a cloud."""
        return self.model_dump()

    @model_validator(mode="after")
    def _check(self) -> Homology:
        check_prime(self.coefficient_field)
        resolve(self.engine, max(self.dimensions), self.coefficient_field)
        return self


class Figures(Section):
    """How figures are drawn."""

    formats: Annotated[list[Format], Field(min_length=1, description="File formats."), Once] = ["png", "svg"]
    dpi: Annotated[
        StrictInt, Field(ge=50, le=1200, description="Pixels per inch of PNG and of dense points.")
    ] = 150
    seeds: Annotated[
        Literal["all"] | Annotated[list[Seed], Field(min_length=1), Once],
        Field(
            description="Training seeds whose diagrams are drawn one by one and are in the report; `all`, or some "
            "of training.seeds."
        ),
    ] = "all"


Name = Annotated[str, Field(pattern=NAME_PATTERN)]


def _entries(description: str) -> Any:
    """Field of a mapping whose keys are names that the user chooses."""
    return Field(min_length=1, description=description, json_schema_extra={"additionalProperties": False})


class Config(Section):
    """The whole configuration."""

    datasets: Annotated[dict[Name, NestedSpheres], _entries("Data sets by name.")]
    models: Annotated[dict[Name, Model], _entries("Networks by name.")]
    training: Training = Training()
    analysis: Analysis = Analysis()
    clouds: Annotated[dict[Name, Cloud], _entries("Point cloud recipes by name.")] = {"all": Cloud()}
    homology: Homology = Homology()
    figures: Figures = Figures()

    @model_validator(mode="after")
    def _check(self) -> Config:
        problems = [
            *self._name_problems(),
            *self._dataset_problems(),
            *self._epoch_problems(),
            *self._layer_problems(),
            *self._size_problems(),
            *self._drawn_seed_problems(),
        ]
        if problems:
            raise ValueError("\n".join(problems))
        return self

    def _dataset_problems(self) -> Iterator[str]:
        for name, model in self.models.items():
            for dataset in model.datasets or ():
                if dataset not in self.datasets:
                    yield (
                        f"models.{name}.datasets: no data set is named {dataset!r}; "
                        f"there is {', '.join(self.datasets)}{did_you_mean(dataset, self.datasets)}"
                    )

        for dataset in self.datasets:
            if not self.models_of(dataset):
                yield f"datasets.{dataset}: no model is trained on it; name it in a model's `datasets`, or drop it"

    def _name_problems(self) -> Iterator[str]:
        """Names become folders, and some disks do not tell upper from lower case."""
        for key in ("datasets", "models", "clouds"):
            first: dict[str, str] = {}
            for name in getattr(self, key):
                other = first.setdefault(name.casefold(), name)
                if other != name:
                    yield f"{key}: {other!r} and {name!r} differ in upper and lower case only; rename one"

    def _size_problems(self) -> Iterator[str]:
        for dataset, cloud, split in product(self.datasets, self.clouds, self.analysis.splits):
            points = self.n_points(dataset, split, cloud)
            if points > MAX_POINTS:
                yield (
                    f"clouds.{cloud}.sample.points: split {split} of data set {dataset!r} gives {points} points, "
                    f"more than a diagram can have; the nearest legal value is {MAX_POINTS}"
                )

    def _drawn_seed_problems(self) -> Iterator[str]:
        for seed in self.drawn_seeds():
            if seed not in self.training.seeds:
                yield (
                    f"figures.seeds: no network is trained with seed {seed}; training.seeds has "
                    f"{', '.join(map(str, self.training.seeds))}"
                )

    def _epoch_problems(self) -> Iterator[str]:
        for epoch in self.analysis.epochs:
            if epoch > self.training.epochs:
                yield (
                    f"analysis.epochs: {epoch} is beyond the training, which ends after epoch "
                    f"{self.training.epochs} (training.epochs); the nearest legal value is {self.training.epochs}"
                )

    def _layer_problems(self) -> Iterator[str]:
        for name, model in self.models.items():
            key, layers = ("analysis.layers", self.analysis.layers)
            if model.layers is not None:
                key, layers = (f"models.{name}.layers", model.layers)
            last = len(model.hidden) + 1
            for layer in layers if isinstance(layers, list) else ():
                if layer > last:
                    yield (
                        f"{key}: model {name!r} has no layer {layer}; its layers are 0 (the normalised input) "
                        f"to {last} (the logits); the nearest legal value is {last}"
                    )

    def layers(self, model: str) -> list[int]:
        """Layers of `model` to analyse, ascending."""
        depth = len(self.models[model].hidden)
        layers = self.models[model].layers or self.analysis.layers
        if isinstance(layers, str):
            return list(range(1, depth + 1)) if layers == "hidden" else list(range(depth + 2))
        return sorted(layers)

    def trainings(self) -> list[Cell]:
        """Every training run: dataset, model, seed."""
        return [
            Cell(dataset, model, seed)
            for dataset in self.datasets
            for model in self.models_of(dataset)
            for seed in self.training.seeds
        ]

    def drawn_seeds(self) -> list[int]:
        """Training seeds whose diagrams are drawn one by one."""
        return self.training.seeds if self.figures.seeds == "all" else self.figures.seeds

    def populations(self) -> dict[str, list[str]]:
        """Data sets that are draws of one distribution, by the name of the first of them.

        Those are the ones that differ in `seed` only, and meet the same models.
        """
        first: dict[tuple[str, ...], str] = {}
        draws: dict[str, list[str]] = {}
        for name, dataset in self.datasets.items():
            distribution = (dataset.model_dump_json(exclude={"seed"}), *self.models_of(name))
            draws.setdefault(first.setdefault(distribution, name), []).append(name)
        return draws

    def models_of(self, dataset: str) -> list[str]:
        """Models that are trained on `dataset`."""
        return [
            name for name, model in self.models.items() if model.datasets is None or dataset in model.datasets
        ]

    def diagrams(self) -> list[DiagramCell]:
        """Every diagram, in the order of the tables' key columns."""
        return [
            DiagramCell(run.dataset, run.model, run.seed, epoch, layer, split, cloud)
            for run in self.trainings()
            for epoch in sorted(self.analysis.epochs)
            for layer in self.layers(run.model)
            for split in self.analysis.splits
            for cloud in self.clouds
        ]

    def n_points(self, dataset: str, split: str, cloud: str) -> int:
        """Points of a cloud."""
        rows = self.datasets[dataset].rows()[split]
        return min(rows, self.clouds[cloud].sample.points or rows)

    def n_coordinates(self, dataset: str, model: str, layer: int) -> int:
        """Coordinates of a layer's points."""
        return [self.datasets[dataset].dimension, *self.models[model].hidden, 1][layer]

    # Provenance: the settings that decide a file, and nothing that does not. The parts are shared between
    # files, because there may be many: they are not to be changed.

    def dataset_settings(self, dataset: str) -> dict[str, Any]:
        """Settings that decide a data set."""
        return {"dataset": self.datasets[dataset].settings}

    def training_settings(self, dataset: str, model: str, seed: int) -> dict[str, Any]:
        """Settings that decide a training run."""
        return self.dataset_settings(dataset) | {
            "model": self.models[model].settings,
            "training": self.training.settings | {"seed": seed},
        }

    def activation_settings(self, dataset: str, model: str, seed: int, epoch: int) -> dict[str, Any]:
        """Settings that decide the activations of one epoch."""
        return self.training_settings(dataset, model, seed) | {"epoch": epoch}

    def diagram_settings(
        self, dataset: str, model: str, seed: int, epoch: int, layer: int, split: str, cloud: str
    ) -> dict[str, Any]:
        """Settings that decide a diagram."""
        return self.activation_settings(dataset, model, seed, epoch) | {
            "layer": layer,
            "split": split,
            "cloud": self.clouds[cloud].settings,
            "homology": self.homology.settings,
        }

    def statistics_settings(self, dataset: str, model: str, seed: int) -> dict[str, Any]:
        """Settings that decide the statistics of the diagrams of a training run."""
        return self.training_settings(dataset, model, seed) | {
            "epochs": sorted(self.analysis.epochs),
            "layers": self.layers(model),
            "splits": self.analysis.splits,
            "clouds": {name: cloud.settings for name, cloud in self.clouds.items()},
            "homology": self.homology.settings,
        }


@dataclass(frozen=True)
class Cell:
    """One training run."""

    dataset: str
    model: str
    seed: int


@dataclass(frozen=True)
class DiagramCell(Cell):
    """One diagram."""

    epoch: int
    layer: int
    split: str
    cloud: str


def parse_config(raw: Mapping[str, Any]) -> Config:
    """Check a configuration.

    Parameters
    ----------
    raw : mapping
        As read from YAML.

    Raises
    ------
    ConfigError
        With one message that lists everything that is wrong: key, value, and what would be right.
    """
    if not isinstance(raw, Mapping):
        raise ConfigError(f"the configuration must be a mapping of keys to values, but is {_shown(raw)}")
    try:
        return Config.model_validate(dict(raw))
    except ValidationError as error:
        raise ConfigError(
            "\n  - ".join(["the configuration cannot be used:", *_problems(error, raw)])
        ) from None


def json_schema() -> dict[str, Any]:
    """JSON Schema of the configuration, for editors and other tools."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema"} | Config.model_json_schema()


def _problems(error: ValidationError, raw: Mapping[str, Any]) -> list[str]:
    """One line per problem: key, what was found, what would be right."""
    problems: dict[str, list[str]] = {}
    expected: dict[tuple[str, str], list[str]] = {}  # what each branch of a union would take
    for detail in error.errors():
        parts, context = _public_parts(detail["loc"], raw), detail.get("ctx", {})
        key = ".".join(parts)
        match detail["type"]:
            case "extra_forbidden":
                legal = list(_section_at(parts[:-1]).model_fields)
                hint = did_you_mean(parts[-1], legal)
                problems[key] = [f"{key}: unknown key; legal keys here are {', '.join(legal)}{hint}"]
            case "missing":
                key = ".".join([*parts, str(detail["loc"][-1])])
                problems[key] = [f"{key}: missing; it must be given"]
            case "value_error":
                prefix = f"{key}: " if key else ""
                problems[key] = [prefix + line for line in str(context["error"]).splitlines()]
            case "invalid_key":  # it is no text
                section = _public_parts(detail["loc"][:-1], raw)
                key = ".".join([*section, repr(detail["input"])])
                problems[key] = [
                    f"{key}: unknown key; legal keys here are {', '.join(_section_at(section).model_fields)}"
                ]
            case _ if detail["loc"][-1] == "[key]":
                mapping, name = ".".join(_public_parts(detail["loc"][:-2], raw)), detail["input"]
                hint = "" if isinstance(name, str) else "; a number is written in quotes"
                problems[f"{mapping}.{name}"] = [
                    f"{mapping}: {name!r} cannot be a name: it becomes a folder, so it may hold "
                    f"letters, digits, _ and - only, and starts with a letter or digit{hint}"
                ]
            case _:
                expected.setdefault((key, _shown(detail["input"])), []).append(_expectation(detail))
    for (key, found), legal in expected.items():
        others = {*problems, *(other for other, _ in expected)}
        if key in problems or any(other.startswith(f"{key}.") for other in others):
            continue  # another branch of the union fits the value better, and says what is wrong in it
        hint = did_you_mean(found.strip("'"), re.findall("'([^']+)'", " ".join(legal)))
        problems[key] = [f"{key}: got {found}, must be {' or '.join(legal)}{hint}"]
    return [line for lines in problems.values() for line in lines]


def _expectation(detail: ErrorDetails) -> str:
    """What one value must be."""
    context = detail.get("ctx", {})
    match detail["type"]:
        case "literal_error":
            return str(context["expected"])
        case "too_short":
            return f"at least {context['min_length']} long"
        case "too_long":
            return f"at most {context['max_length']} long"
        case "dict_type" | "model_type":
            return "a mapping"
        case "list_type":
            return "a list"
        case "int_type":
            return "an integer"
        case "string_type":
            return "a string"
        case "float_type" | "float_parsing" | "finite_number":
            return "a finite number"
        case _:
            return detail["msg"].removeprefix("Input should be ")


def _public_parts(location: tuple[int | str, ...], raw: Any) -> list[str]:
    """Location as the user knows it: without the parts that name branches of a union in the models."""
    parts: list[str] = []
    for part in location:
        held = part in raw if isinstance(raw, Mapping) else isinstance(raw, list) and isinstance(part, int)
        if held:
            parts.append(str(part))
            raw = raw[part]
    return parts


def _section_at(parts: list[str]) -> type[Section]:
    """Model of the mapping at a location."""
    section: type[Section] = Config
    chosen_name = False  # whether the next part is the name of a data set, model or cloud
    for part in parts:
        if chosen_name:
            chosen_name = False
            continue
        annotation = section.model_fields[part].annotation
        chosen_name = get_origin(annotation) is dict
        section = next(
            each for each in (annotation, *get_args(annotation)) if isinstance(each, type(Section))
        )
    return section


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{type(value).__name__} {text[:57]}..."


if __name__ == "__main__":
    print(json.dumps(json_schema(), indent=2))
