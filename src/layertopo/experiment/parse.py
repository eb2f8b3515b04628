"""What is wrong with a configuration, in the user's words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any, get_args, get_origin

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from layertopo.data.kind import Generated
from layertopo.epochs import LAST
from layertopo.errors import ConfigError, FileError, did_you_mean
from layertopo.experiment import outside
from layertopo.experiment.cells import Experiment
from layertopo.experiment.config import Config, kind_of_network
from layertopo.homology.cloud import MAX_POINTS
from layertopo.homology.engines import OWN
from layertopo.sections import Section
from layertopo.training.network import Network


def parse_config(raw: Mapping[str, Any]) -> Experiment:
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
        experiment = Experiment(Config.model_validate(dict(raw)))
        checks = (_unusable_files, _contradictions, outside.epochs, outside.rows, outside.shapes)
        problems = next((found for check in checks if (found := list(check(experiment)))), [])
    except ValidationError as error:
        problems = _problems(error, raw)
    if problems:
        raise ConfigError("\n  - ".join(["the configuration cannot be used:", *problems]))
    return experiment


def _unusable_files(experiment: Experiment) -> Iterator[str]:
    """One line for each outside file that is missing or cannot be used."""
    for section in ("models", "datasets"):
        for name, entry in getattr(experiment.config, section).items():
            try:
                entry.look()
            except FileError as error:
                yield f"{section}.{name}: {error}"


# Values that do not fit each other.


def _contradictions(experiment: Experiment) -> Iterator[str]:
    """One line for each value that does not fit the others."""
    for check in (
        *(_names, _datasets, _classes, _constant_features, _classes_of_clouds, _epochs, _layers, _sizes),
        *(_drawn_seeds, _loops),
    ):
        yield from dict.fromkeys(check(experiment))


def _names(experiment: Experiment) -> Iterator[str]:
    """Names become folders, and some disks do not tell upper from lower case."""
    for key in ("datasets", "models", "clouds"):
        first: dict[str, str] = {}
        for name in getattr(experiment.config, key):
            other = first.setdefault(name.casefold(), name)
            if other != name:
                yield f"{key}: {other!r} and {name!r} differ in upper and lower case only; rename one"


def _datasets(experiment: Experiment) -> Iterator[str]:
    datasets = experiment.config.datasets
    named = {
        f"models.{name}.{'datasets' if model.datasets else 'dataset'}": model.sees
        for name, model in experiment.config.models.items()
    } | {f"clouds.{name}.datasets": cloud.datasets for name, cloud in experiment.config.clouds.items()}
    for key, names in named.items():
        for dataset in names or ():
            if dataset not in datasets:
                yield (
                    f"{key}: no data set is named {dataset!r}; "
                    f"there is {', '.join(datasets)}{did_you_mean(dataset, datasets)}"
                )
    for dataset in datasets:
        if not experiment.models_of(dataset):
            yield f"datasets.{dataset}: no model is trained on it; name it in a model's `datasets`, or drop it"
        if not any(cloud.is_of(dataset) for cloud in experiment.config.clouds.values()):
            yield f"datasets.{dataset}: no cloud is of its layers; name it in a cloud's `datasets`, or drop it"


def _classes(experiment: Experiment) -> Iterator[str]:
    for dataset, model in product(experiment.config.datasets, experiment.config.models):
        if model in experiment.models_of(dataset) and experiment.config.models[model].trained_here:
            count = experiment.n_classes(dataset)
            if count == 0:
                yield f"datasets.{dataset}.label: missing; model {model!r} is trained on it, which needs classes"
            elif count > 2 and getattr(experiment.config.models[model], "output", None) == "logit":
                yield (
                    f"models.{model}.output: one logit tells two classes apart, but data set {dataset!r} has {count}; "
                    "take softmax, or leave it out"
                )
            elif reason := experiment.config.models[model].why_not_trained_on(count):
                yield f"models.{model}: on data set {dataset!r}: {reason}"


def _constant_features(experiment: Experiment) -> Iterator[str]:
    for name, data in experiment.config.datasets.items():
        models = [experiment.config.models[model] for model in experiment.models_of(name)]
        if any(getattr(model, "normalize", False) for model in models) and (
            reason := data.why_not_normalised()
        ):
            yield f"datasets.{name}: {reason}"


def _classes_of_clouds(experiment: Experiment) -> Iterator[str]:
    for (recipe, cloud), dataset in product(experiment.config.clouds.items(), experiment.config.datasets):
        if not cloud.is_of(dataset):
            continue
        names = experiment.class_names(dataset)
        if cloud.classes != "all" and not names:
            yield f"clouds.{recipe}.classes: data set {dataset!r} has no labels, and so no classes; drop the key"
        for name in cloud.classes if names and isinstance(cloud.classes, list) else ():
            if name not in names:
                yield (
                    f"clouds.{recipe}.classes: data set {dataset!r} has no class {name!r}; its classes are "
                    f"{', '.join(names)}{did_you_mean(name, names)}"
                )


def _epochs(experiment: Experiment) -> Iterator[str]:
    last = experiment.config.training.epochs
    for name, model in experiment.config.models.items():
        key = "analysis.epochs" if model.epochs is None else f"models.{name}.epochs"
        if not model.trained_here:
            continue
        epochs = experiment.epochs(name)
        if LAST in epochs and last in epochs:
            yield f"{key}: {last} and last are the same epoch; list it once"
        numbers = [epoch for epoch in epochs if isinstance(epoch, int)]
        if experiment.goal(name) is not None and any(numbers):
            yield (
                f"{key}: a training that ends at a goal (training.until) may have no epoch {max(numbers)}; it has 0 and "
                "last for sure"
            )
            continue
        for epoch in numbers:
            if epoch > last:
                yield (
                    f"{key}: {epoch} is beyond the training, which ends after epoch "
                    f"{last} (training.epochs); the nearest legal value is {last}"
                )


def _layers(experiment: Experiment) -> Iterator[str]:
    for name, model in experiment.config.models.items():
        key = "analysis.layers" if model.layers is None else f"models.{name}.layers"
        layers = experiment.chosen_layers(name)
        last, names = model.last_layer, model.layer_names
        for layer in layers if isinstance(layers, list) else ():
            if isinstance(layer, str):
                if reason := model.why_no_layer(layer):
                    yield f"{key}: layer {layer!r} of model {name!r} is ambiguous: {reason}; take another one"
                elif layer not in names:
                    yield (
                        f"{key}: model {name!r} has no layer named {layer!r}; its layers are "
                        f"{', '.join(names)}{did_you_mean(layer, names)}"
                    )
            elif layer > last:
                yield (
                    f"{key}: model {name!r} has no layer {layer}; its layers are 0 ({model.ends[0]}) "
                    f"to {last} ({model.ends[1]}); the nearest legal value is {last}"
                )


def _sizes(experiment: Experiment) -> Iterator[str]:
    config = experiment.config
    places = [(dataset, cloud) for dataset in config.datasets for cloud in experiment.clouds(dataset)]
    for (dataset, cloud), split in product(places, config.analysis.splits):
        points = experiment.n_points(dataset, split, cloud)
        if points > MAX_POINTS:
            yield (
                f"clouds.{experiment.clouds(dataset)[cloud].recipe}.sample.points: split {split} of data set {dataset!r} gives {points} points, "
                f"more than a diagram can have; the nearest legal value is {MAX_POINTS}"
            )


def _drawn_seeds(experiment: Experiment) -> Iterator[str]:
    seeds = experiment.all_seeds()
    for seed in experiment.drawn_seeds():
        if seed not in seeds:
            yield (
                f"figures.seeds: no network is trained with seed {seed}; training.seeds has "
                f"{', '.join(map(str, seeds))}"
            )


def _loops(experiment: Experiment) -> Iterator[str]:
    clouds = [cloud for name in experiment.config.datasets for cloud in experiment.clouds(name).values()]
    if experiment.config.loops is not None and not any(cloud.has_loops for cloud in clouds):
        yield (
            f"loops: no cloud has a diagram of dimension 1, and none above, over Z/2 by the engine {OWN!r}, which "
            "alone tells loops one by one; drop the section, or change homology and clouds: dimensions [0, 1], "
            "coefficient_field 2, engine auto, and no scale"
        )


# Values that are no legal ones.


def _problems(error: ValidationError, raw: Mapping[str, Any]) -> list[str]:
    """One line per problem: key, what was found, what would be right."""
    problems: dict[str, list[str]] = {}
    expected: dict[tuple[str, str], list[str]] = {}  # what each branch of a union would take
    for detail in error.errors():
        parts, context = _public_parts(detail["loc"], raw), detail.get("ctx", {})
        key = ".".join(parts)
        match detail["type"]:
            case "extra_forbidden":
                legal = _keys(_section_at(parts[:-1], raw))
                hint = did_you_mean(parts[-1], legal)
                problems[key] = [f"{key}: unknown key; legal keys here are {', '.join(legal)}{hint}"]
            case "union_tag_not_found":
                problems[key] = [f"{key}.kind: missing; it must be given"]
            case "union_tag_invalid":
                legal = re.findall("'([^']+)'", context["expected_tags"])
                hint = did_you_mean(context["tag"], legal)
                problems[f"{key}.kind"] = [
                    f"{key}.kind: got {context['tag']!r}, must be {' or '.join(map(repr, legal))}{hint}"
                ]
            case "missing":
                key = ".".join([*parts, str(detail["loc"][-1])])
                problems[key] = [f"{key}: missing; it must be given"]
            case "kind_of_network":
                problems[key] = [f"{key}: {detail['msg']}"]
            case "value_error":
                prefix = f"{key}: " if key else ""
                problems[key] = [prefix + line for line in str(context["error"]).splitlines()]
            case "invalid_key":  # it is no text
                section = _public_parts(detail["loc"][:-1], raw)
                key = ".".join([*section, repr(detail["input"])])
                problems[key] = [
                    f"{key}: unknown key; legal keys here are {', '.join(_keys(_section_at(section, raw)))}"
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
        case "dict_type" | "model_type" | "model_attributes_type":
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


def _section_at(parts: list[str], raw: Any) -> type[Section]:
    """Model of the mapping at a location."""
    section: type[Section] = Config
    candidates: list[type[Section]] = [Config]
    chosen_name = False  # whether the next part is the name of a data set, model or cloud
    for part in parts:
        raw = raw[part]
        if chosen_name:
            chosen_name = False
        else:
            annotation = section.model_fields[part].annotation
            candidates, chosen_name = _sections_in(annotation), get_origin(annotation) is dict
        section = next((each for each in candidates if _is_of_kind(each, raw)), candidates[0])
    return section


def _keys(section: type[Section]) -> list[str]:
    """Legal keys of a mapping; what all kinds of data, or of networks, have in common comes last."""
    common = next((each.model_fields for each in (Generated, Network) if issubclass(section, each)), {})
    return [*(key for key in section.model_fields if key not in common), *common]


def _sections_in(annotation: Any) -> list[type[Section]]:
    """Models that a value of this type may be."""
    if isinstance(annotation, type(Section)):
        return [annotation]
    return [section for part in get_args(annotation) for section in _sections_in(part)]


def _is_of_kind(section: type[Section], raw: Any) -> bool:
    """Whether a mapping says that it is what this model, one of several, is of."""
    if issubclass(section, Network):
        return kind_of_network(raw) is section
    kind = section.model_fields.get("kind")
    return isinstance(raw, Mapping) and kind is not None and raw.get("kind") in get_args(kind.annotation)


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{type(value).__name__} {text[:57]}..."
