"""The configuration: what it may say.

One set of models is the source of the checks, of the JSON Schema (:func:`json_schema`) and of the
settings that each stage is given.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, StrictInt, Tag, model_validator

from layertopo.data.kinds import Kind
from layertopo.homology.engines import EngineName, check_prime, resolve
from layertopo.sections import Number, Once, Section, Seed, Text
from layertopo.topology.metrics import METRICS, Metric, MetricName
from layertopo.training.dense import Dense
from layertopo.training.network import Epochs, Layers, Network
from layertopo.training.recorded import Recorded
from layertopo.training.retrained import Retrained
from layertopo.training.saved import Saved

NAME_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9_-]*$"

Split = Literal["train", "test", "full"]
Format = Literal["png", "svg", "pdf"]
#: Modules of :mod:`layertopo.analysis.studies`.
Study = Literal["none", "course_report", "naitzat_2020", "naitzat_today"]
Optimizer = Literal["adam", "adamw", "nadam", "rmsprop", "sgd"]
#: Kinds of networks by the key that an entry of `models` is told by. Another kind is another class in a module of its
#: own, an entry here, and a member of the union.
NETWORKS: dict[str, type[Dense | Saved | Recorded]] = {"hidden": Dense, "keras": Saved, "recorded": Recorded}


def kind_of_network(entry: Any) -> type[Network] | None:
    """Class of an entry of `models`; None if it has none of the keys that tell, or several."""
    if isinstance(entry, Network):
        return type(entry)
    found = [key for key in NETWORKS if isinstance(entry, Mapping) and key in entry]
    if len(found) != 1:
        return None
    (key,) = found
    said = entry[key] if isinstance(entry[key], Mapping) else entry
    if key == "keras" and (said.get("train") or "weights" in said):
        return Retrained
    return NETWORKS[key]


def _name_of_kind(entry: Any) -> str | None:
    kind = kind_of_network(entry)
    return None if kind is None else kind.__name__


Model = Annotated[
    Annotated[Dense, Tag(Dense.__name__)]
    | Annotated[Saved, Tag(Saved.__name__)]
    | Annotated[Retrained, Tag(Retrained.__name__)]
    | Annotated[Recorded, Tag(Recorded.__name__)],
    Discriminator(
        _name_of_kind,
        custom_error_type="kind_of_network",
        custom_error_message="must have exactly one of the keys {keys}",
        custom_error_context={"keys": ", ".join(NETWORKS)},
    ),
]


class Schedule(Section):
    """A step size that falls steadily."""

    start: Annotated[Number, Field(gt=0, description="Step size of the first step.")]
    halve_every: Annotated[
        StrictInt,
        Field(ge=1, description="Steps after which it is half of what it was; it falls with every step."),
    ]


class Goal(Section):
    """Where training ends."""

    train_accuracy: Annotated[
        Number, Field(gt=0, le=1, description="Share of the training rows that is classified right.")
    ]
    required: Annotated[
        bool,
        Field(
            strict=True,
            description="Whether networks that do not get there are left out of medians, means and claims; they are "
            "counted, and shown apart.",
        ),
    ] = False


#: With more epochs than this, only the weights of those that are analysed are kept, unless the configuration asks for all.
MOST_KEPT = 100


class Training(Section):
    """How every network is trained."""

    epochs: Annotated[StrictInt, Field(ge=1, description="Passes over the training set.")] = 25
    batch_size: Annotated[StrictInt, Field(ge=1, description="Rows per step.")] = 32
    optimizer: Annotated[Optimizer, Field(description="Keras' name of the optimizer.")] = "adam"
    learning_rate: Annotated[
        Annotated[Number, Field(gt=0)] | Schedule,
        Field(description="Step size of the optimizer; or the first one, and how fast it falls."),
    ] = 0.001
    until: Annotated[
        Goal | None,
        Field(
            description="Accuracy at which a training ends after the epoch, and no later than with `epochs`."
        ),
    ] = None
    keep: Annotated[
        Literal["all", "analysed"] | None,
        Field(
            description="Whose weights and scores are kept: of all epochs, or of the analysed ones, the first and the "
            f"last; null: all up to {MOST_KEPT} epochs, else analysed."
        ),
    ] = None
    seeds: Annotated[
        list[Seed], Field(min_length=1, description="One training run per seed, for each model."), Once
    ] = [0]

    @cached_property
    def settings(self) -> dict[str, Any]:
        """What decides one training run, but for its seed and which epochs are kept."""
        until = self.until is None or {"required": True}
        return self.model_dump(exclude={"seeds": True, "keep": True, "until": until})

    @property
    def keeps_all(self) -> bool:
        """Whether every epoch leaves its weights."""
        return self.keep == "all" or (self.keep is None and self.epochs <= MOST_KEPT)


class Analysis(Section):
    """Which activations get a diagram."""

    epochs: Annotated[
        Epochs,
        Field(
            description="Epochs; 0 is before the first training step, last is that after which training ended."
        ),
    ] = [0, 10, 25]
    layers: Annotated[
        Layers,
        Field(
            description="Layers by number (0: input, normalised in networks trained here; last: outputs) or name, or "
            "`all`, or `hidden`."
        ),
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


Dimensions = Annotated[
    list[Annotated[StrictInt, Field(ge=0, le=2)]],
    Field(min_length=1),
    Once,
]


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


def _one_of(names: Iterable[str]) -> str:
    *first, last = names
    return f"{', '.join(first)} or {last}"


def _why_unbounded(metric: Metric) -> str:
    return "being of a graph of the sampled points" if metric.graph else "not being a metric"


class Cloud(Section):
    """How a layer's rows become a point cloud."""

    metric: Annotated[
        MetricName,
        Field(
            description="Distance between points; hops and geodesic: in the graph of the nearest neighbours."
        ),
    ] = "euclidean"
    sample: Sample = Sample()
    neighbours: Annotated[
        Annotated[StrictInt, Field(ge=1)] | None,
        Field(description="Of hops and geodesic: number of nearest others that each point is joined to."),
    ] = None
    mutual: Annotated[
        bool,
        Field(strict=True, description="Of hops and geodesic: join only what are neighbours of each other."),
    ] = False
    scale: Annotated[
        Annotated[Number, Field(gt=0)] | None,
        Field(description="Betti numbers at this scale only, instead of a diagram."),
    ] = None
    classes: Annotated[
        Literal["all", "each"] | Annotated[list[Text], Field(min_length=1), Once],
        Field(
            description="all: every row; each: a cloud for each class; or names of classes, taken together."
        ),
    ] = "all"
    dimensions: Annotated[
        Dimensions | None, Field(description="Homology dimensions; those of homology.dimensions if left out.")
    ] = None
    datasets: Annotated[
        Annotated[list[str], Field(min_length=1), Once] | None,
        Field(description="Data sets whose layers are seen so; all of them if left out."),
    ] = None

    def is_of(self, dataset: str) -> bool:
        """Whether the layers of a data set are seen so."""
        return self.datasets is None or dataset in self.datasets

    @cached_property
    def settings(self) -> dict[str, Any]:
        """What decides the points and their distances, but for their classes: keys at their default are left out."""
        unsaid = {name for name in ("neighbours", "mutual", "scale") if not getattr(self, name)}
        return self.model_dump(exclude={"classes", "dimensions", "datasets", *unsaid})

    @model_validator(mode="after")
    def _check(self) -> Cloud:
        if self.sample.method == "greedy" and self.sample.points is None:
            raise ValueError("sample.points: a greedy sample needs a number of points, but it is null")
        metric = METRICS[self.metric]
        if self.sample.method == "greedy" and not metric.metric:
            raise ValueError(
                f"metric: a greedy sample is for its error bound, which {self.metric}, {_why_unbounded(metric)}, does "
                f"not have; take {_one_of(name for name, each in METRICS.items() if each.metric)}"
            )
        if metric.graph and self.neighbours is None:
            raise ValueError(
                f"neighbours: missing; metric {self.metric} is of a graph, and needs the number of nearest others "
                "that each point is joined to, such as 13"
            )
        if not metric.graph and (self.neighbours is not None or self.mutual):
            graphs = _one_of(name for name, each in METRICS.items() if each.graph)
            raise ValueError(
                f"{'mutual' if self.neighbours is None else 'neighbours'}: metric {self.metric} has no graph of "
                f"neighbours; drop it, or take metric {graphs}"
            )
        if self.metric == "hops" and self.scale is not None and self.scale < 1:
            raise ValueError(f"scale: got {self.scale}, must be at least 1: hops are whole numbers")
        return self


class Homology(Section):
    """What is computed of every cloud."""

    dimensions: Annotated[Dimensions, Field(description="Homology dimensions.")] = [0, 1]
    coefficient_field: Annotated[StrictInt, Field(ge=2, description="Prime p of the coefficients Z/p.")] = 2
    engine: Annotated[
        EngineName,
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


class Loops(Section):
    """Which loops are looked at one by one: the rows that they go through, and what becomes of them."""

    top: Annotated[
        StrictInt,
        Field(
            ge=0,
            description="So many of the longest of each diagram, besides those that are significant in it.",
        ),
    ] = 3


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

    datasets: Annotated[
        dict[Name, Kind],
        _entries("Data sets by name; a recording that names none is its own, under the name of its model."),
    ]
    models: Annotated[dict[Name, Model], _entries("Networks by name.")]
    training: Training = Training()
    analysis: Analysis = Analysis()
    clouds: Annotated[dict[Name, Cloud], _entries("Point cloud recipes by name.")] = {"all": Cloud()}
    homology: Homology = Homology()
    figures: Figures = Figures()
    loops: Annotated[
        Loops | None, Field(description="Loops that are looked at one by one; null for none.")
    ] = None
    study: Annotated[
        Study, Field(description="Published study whose claims are held against the results; none for none.")
    ] = "none"

    @model_validator(mode="before")
    @classmethod
    def _recordings_are_data_sets(cls, raw: Any) -> Any:
        """A recording that names no data set is its own: this writes it out."""
        models = raw.get("models") if isinstance(raw, dict) else None
        datasets = raw.get("datasets", {}) if isinstance(raw, dict) else None
        if not isinstance(models, dict) or not isinstance(datasets, dict):
            return raw
        datasets, models = dict(datasets), dict(models)
        for name, entry in models.items():
            folder = entry.get("recorded") if isinstance(entry, dict) else None
            first = next(iter(folder.values()), None) if isinstance(folder, dict) else folder
            if first is None or entry.get("dataset") is not None:
                continue
            if name in datasets:
                raise ValueError(
                    f"models.{name}: the recording is its own data set and is called like another one; say "
                    f"`dataset: {name}` if that is what was recorded, or rename one"
                )
            datasets[name] = {"kind": "recording", "path": first}
            models[name] = {**entry, "dataset": name}
        return {**raw, "models": models} | ({"datasets": datasets} if datasets or "datasets" in raw else {})

    @model_validator(mode="after")
    def _check_clouds(self) -> Config:
        """Each cloud's dimensions, and distances that may be infinite, by the engine that is asked for."""
        engine, field = self.homology.engine, self.homology.coefficient_field
        for name, cloud in self.clouds.items():
            infinite = cloud.scale is not None or METRICS[cloud.metric].graph
            if infinite and engine == "giotto":
                raise ValueError(
                    f"homology.engine: 'giotto' takes finite distances only, and those of clouds.{name} may be "
                    "infinite; take auto, gudhi or holos"
                )
            try:
                resolve(engine, max(cloud.dimensions or self.homology.dimensions), field)
            except ValueError as error:
                raise ValueError(f"clouds.{name}.dimensions: {error}") from None
        return self


def json_schema() -> dict[str, Any]:
    """JSON Schema of the configuration, for editors and other tools."""
    schema = Config.model_json_schema()
    schema["required"].remove("datasets")  # a recording may be its own
    return {"$schema": "https://json-schema.org/draft/2020-12/schema"} | schema


if __name__ == "__main__":
    print(json.dumps(json_schema(), indent=2))
