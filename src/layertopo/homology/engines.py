"""The libraries that can compute bars, each behind the same two functions."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Bars = Mapping[int, NDArray[np.float64]]


class BarsFunction(Protocol):
    """Bars of a cloud of at least two distinct points, per dimension, in any order."""

    def __call__(self, points: NDArray[np.float64], dimensions: Sequence[int], threads: int) -> Bars: ...


@dataclass(frozen=True)
class Engine:
    """A library that computes persistence diagrams."""

    distribution: str
    bars: BarsFunction

    def version(self) -> str:
        """Installed version of the library."""
        return metadata.version(self.distribution)


def giotto_bars(points: NDArray[np.float64], dimensions: Sequence[int], threads: int) -> Bars:
    """Bars by giotto-tda's ``VietorisRipsPersistence``.

    Its reduced homology leaves out the essential class of dimension 0, put back here.
    """
    from gtda.homology import VietorisRipsPersistence  # imported late: it takes a second

    rips = VietorisRipsPersistence(homology_dimensions=tuple(dimensions), n_jobs=threads)
    diagram = rips.fit_transform([points])[0]
    bars = {dim: diagram[diagram[:, 2] == dim, :2] for dim in dimensions}
    if 0 in bars:
        bars[0] = np.vstack([bars[0], [0.0, np.inf]])
    return bars


ENGINES: dict[str, Engine] = {"giotto": Engine("giotto-tda", giotto_bars)}
AUTO = "auto"


def resolve(engine: str) -> str:
    """Name of the engine that `engine` stands for.

    Raises
    ------
    ValueError
        If there is no such engine.
    """
    if engine == AUTO:
        return "giotto"
    if engine not in ENGINES:
        legal = [AUTO, *ENGINES]
        near = difflib.get_close_matches(engine, legal, 1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise ValueError(f"engine must be one of {', '.join(legal)}, got {engine!r}{hint}")
    return engine
