r"""Where the Rips filtration may be stopped without losing a bar.

Let t be a scale, and the filtration be stopped after the pairs of length at most t. In dimensions
0 and 1 nothing is lost if

(a) every pair longer than t has a *witness*: a third point closer to both than they are to each
    other (in a total order of the pairs that refines their lengths); and
(b) no class of dimension 1 is alive at t.

Proof. Let an edge e longer than t enter, with its triangles; they meet what is there in the two
cones, from the ends of e, over the complex on its witnesses. By (a) that is not empty, so the two
cones are connected: e joins no components, so no class of dimension 0 dies, and it closes no new
cycle, as it is homologous to a path over a witness. By (b) there is nothing left to die.

(a) bounds the edges of the relative neighbourhood graph: none may be longer than t. (b) is read off
the bars. If (b) fails, t is raised. It never needs to exceed the enclosing radius, min over x of
max over y of d(x, y): from there on the complex is a cone, in every dimension. Dimensions above 1,
for which (a) says nothing, are computed up to the enclosing radius. The triangle inequality is not
used: any symmetric dissimilarity with a zero diagonal will do, over any field.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from layertopo.homology.cloud import ANY_VALUE, Cloud
from layertopo.homology.neighbours import Neighbours
from layertopo.homology.values import extremes, pairs_up_to

Bars = Mapping[int, NDArray[np.float64]]
_FIRST, _RAISE = 1.1, 1.2  # factors on the squared distance, or on the distance for other metrics


@dataclass(frozen=True)
class Edges:
    """Pairs of points up to a scale, as the libraries take them: ends and distances."""

    n_points: int
    u: NDArray[np.int64]
    v: NDArray[np.int64]
    distances: NDArray[np.float64]


def edges_up_to(cloud: Cloud, value: np.float32) -> Edges:
    """All pairs whose value is at most `value`."""
    u, v, values = pairs_up_to(cloud.space, value)
    return Edges(cloud.size, u, v, cloud.distances(values))


def bars_of_truncation(
    neighbours: Neighbours,
    top_dimension: int,
    compute: Callable[[Edges], Bars],
    last: np.float32 = ANY_VALUE,
) -> tuple[Bars, float, bool]:
    """Bars of the filtration, from a library that is given a part of it.

    Parameters
    ----------
    neighbours : Neighbours
    top_dimension : int
        Highest homology dimension.
    compute : callable
        Bars of the flag complex of the given edges, in dimensions 0 to `top_dimension`.
    last : float32
        Value after which nothing counts.

    Returns
    -------
    bars : mapping of int to ndarray of float64, shape (n_bars, 2)
    threshold : float
        Scale t at which both conditions held, or the last one.
    complete : bool
        Whether they are the bars of the whole filtration.
    """
    cloud = neighbours.cloud
    radius, longest_pair = extremes(cloud.space)
    whole = min(radius, longest_pair)  # past it no bar ends: the complex is a cone, or no edge is left
    end = min(whole, last)
    longest = neighbours.bits[-1:].view(np.float32)
    value = end
    if top_dimension <= 1 and len(longest):
        value = min(end, np.float32(longest[0] * _FIRST))
    while True:
        bars = compute(edges_up_to(cloud, value))
        alive = any(np.isinf(bars[dimension]).any() for dimension in bars if dimension > 0)
        proven = top_dimension <= 1 and not alive and (not len(longest) or longest[0] <= value)
        if value == whole or proven:
            return bars, float(cloud.distances(value)), True
        if value == end:
            return bars, float(cloud.distances(value)), False
        raised = np.float32(value * _RAISE)  # not raised if it is zero, or next to it
        value = min(end, raised) if raised > value else end
