"""Clouds of the layers of a data set: a recipe of the configuration, and the classes that it is of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from layertopo.experiment.config import Cloud, Config, Homology
from layertopo.homology.engines import OWN, resolve
from layertopo.topology.metrics import is_random


@dataclass(frozen=True)
class CloudOf:
    """A cloud of the points of a data set: of all classes, of one, or of some together.

    Attributes
    ----------
    recipe : str
        Its name in the configuration.
    cloud : Cloud
        What the configuration says of it.
    homology : Homology
        What is computed of it.
    classes : tuple of int, or None
        Numbers of the classes; None for all.
    class_name : str
        Their names; empty for all.
    """

    recipe: str
    cloud: Cloud
    homology: Homology
    classes: tuple[int, ...] | None = None
    class_name: str = ""

    @property
    def dimensions(self) -> list[int]:
        """Homology dimensions, ascending."""
        return sorted(self.homology.dimensions)

    @property
    def filtered(self) -> bool:
        """Whether it has a diagram, and not just Betti numbers at one scale."""
        return self.cloud.scale is None

    @property
    def is_counted(self) -> bool:
        """Whether its components and holes are counted: at one scale, or, of a class, those that stand out in its diagram."""
        chance = is_random(self.cloud.sample.method, self.cloud.metric)
        return not self.filtered or (self.classes is not None and chance)

    @cached_property
    def has_loops(self) -> bool:
        """Whether its loops can be told one by one: there is a diagram with them, and it is the own engine's."""
        homology = self.homology
        engine = resolve(homology.engine, max(homology.dimensions), homology.coefficient_field)
        return self.filtered and engine == OWN and 1 in homology.dimensions

    @cached_property
    def settings(self) -> dict[str, Any]:
        """What decides the points and their distances."""
        if self.classes is None:
            return self.cloud.settings
        return self.cloud.settings | {"classes": list(self.classes)}


def clouds_of(config: Config, dataset: str, names: Sequence[str]) -> dict[str, CloudOf]:
    """Clouds of a data set with these classes, by the names of their files: of classes apart there is one each."""
    found: dict[str, CloudOf] = {}
    for recipe, cloud in config.clouds.items():
        if not cloud.is_of(dataset):
            continue
        homology = config.homology
        if cloud.dimensions:
            homology = Homology.model_construct(**{**homology.settings, "dimensions": cloud.dimensions})
        if cloud.classes == "all":
            found[recipe] = CloudOf(recipe, cloud, homology)
        elif cloud.classes == "each":
            for k, name in enumerate(names):
                found[f"{recipe}.class{k}"] = CloudOf(recipe, cloud, homology, (k,), name)
        else:
            numbers = tuple(k for k, name in enumerate(names) if name in cloud.classes)
            found[recipe] = CloudOf(recipe, cloud, homology, numbers, ", ".join(names[k] for k in numbers))
    return found


def dimensions(config: Config, recipe: str) -> list[int]:
    """Homology dimensions of the clouds of a recipe."""
    return config.clouds[recipe].dimensions or config.homology.dimensions
