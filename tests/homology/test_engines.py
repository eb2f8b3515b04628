"""Every engine against giotto-tda as it comes, and against each other bit for bit."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from typing import get_args

import numpy as np
import pytest
from clouds import all_clouds, assert_match, scale_of

from layertopo.homology import Diagram, engines, persistence_diagram
from layertopo.homology.engines import ENGINES

CLOUDS = all_clouds()
SINGLE = 2.0**-23  # giotto-tda's engine works in single precision
needs_holos = pytest.mark.skipif(find_spec("holos_tda") is None, reason="holos-tda is not installed")
TRUNCATED = ["layertopo", "gudhi", pytest.param("holos", marks=needs_holos)]


def reference(points: np.ndarray, **settings: object) -> Diagram:
    return persistence_diagram(points, engine="giotto", **settings)  # type: ignore[arg-type]


@pytest.mark.parametrize("engine", TRUNCATED)
@pytest.mark.parametrize("name", CLOUDS)
def test_equals_giotto(name: str, engine: str) -> None:
    points = CLOUDS[name]
    # at unit scale: a squared distance of 1e-30 or 1e30 is beyond giotto-tda's single precision
    unit = scale_of(points) or 1.0
    found, expected = persistence_diagram(points / unit, engine=engine), reference(points / unit)
    assert_match(found, expected, 4 * SINGLE)
    assert found.complete
    assert expected.complete
    assert [0.0, np.inf] in found.bars[0].tolist()


@pytest.mark.parametrize("engine", TRUNCATED[1:])
@pytest.mark.parametrize("metric", ["euclidean", "manhattan", "chebyshev", "cosine"])
@pytest.mark.parametrize("name", CLOUDS)
def test_libraries_give_the_same_bits(name: str, metric: str, engine: str) -> None:
    """All engines but giotto are given the same distances, so their bars are the same numbers."""
    found = persistence_diagram(CLOUDS[name], metric=metric, engine=engine)
    own = persistence_diagram(CLOUDS[name], metric=metric)
    assert own.engine == "layertopo"
    for dim in (0, 1):
        np.testing.assert_array_equal(found.bars[dim], own.bars[dim])
    assert own.threshold <= found.threshold
    assert found.n_distinct == own.n_distinct


@pytest.mark.parametrize("metric", ["manhattan", "chebyshev", "cosine"])
@pytest.mark.parametrize("name", ["uniform in 5-D, 120 points", "rectified, seed 0", "lattice (4, 5, 4)"])
def test_metrics_equal_giotto(name: str, metric: str) -> None:
    found, expected = (f(CLOUDS[name], metric=metric) for f in (persistence_diagram, reference))
    assert_match(found, expected, 8 * SINGLE * max(1.0, found.threshold))


@pytest.mark.parametrize("engine", ["gudhi", pytest.param("holos", marks=needs_holos)])
@pytest.mark.parametrize("prime", [2, 3, 11])
@pytest.mark.parametrize(
    "name", ["uniform in 3-D, 30 points", "lattice (2, 2)", "cross-polytope", "two points"]
)
def test_higher_dimensions_and_fields_equal_giotto(name: str, prime: int, engine: str) -> None:
    settings = {"dimensions": (0, 1, 2), "coefficient_field": prime}
    found = persistence_diagram(CLOUDS[name], engine=engine, **settings)  # type: ignore[arg-type]
    assert_match(found, reference(CLOUDS[name], **settings), 4 * SINGLE)
    assert found.complete
    assert found.coefficient_field == prime


def test_field_matters_on_the_projective_plane() -> None:
    """H1 of the projective plane lives on over Z/2 and is nothing over Z/3."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(150, 3))
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    lines = np.arccos(np.clip(np.abs(x @ x.T), 0, 1))
    lines = np.maximum(lines, lines.T)
    np.fill_diagonal(lines, 0)
    longest = {}
    for prime in (2, 3):
        diagram = persistence_diagram(lines, metric="precomputed", coefficient_field=prime)
        longest[prime] = np.ptp(diagram.bars[1], axis=1).max()
    assert longest[2] > 2 * longest[3]


@pytest.mark.parametrize("engine", TRUNCATED)
def test_precomputed_equals_points(engine: str) -> None:
    points = CLOUDS["uniform in 3-D, 120 points"]
    matrix = np.abs(points[:, None] - points).sum(axis=2)
    found = persistence_diagram(matrix, metric="precomputed", engine=engine)
    assert_match(found, persistence_diagram(points, metric="manhattan"), 4 * SINGLE)
    assert_match(found, reference(matrix, metric="precomputed"), 4 * SINGLE)


@pytest.mark.parametrize("seed", range(5))
def test_dissimilarity_without_triangle_inequality(seed: int) -> None:
    matrix = np.random.default_rng(seed).integers(1, 40, size=(40, 40)).astype(float)
    matrix = np.triu(matrix, 1) + np.triu(matrix, 1).T
    found = persistence_diagram(matrix, metric="precomputed")
    assert len(found.bars[1]) > 20
    expected = reference(matrix, metric="precomputed")
    for dim in (0, 1):
        np.testing.assert_array_equal(found.bars[dim], expected.bars[dim])


def test_zero_dissimilarities_between_different_points() -> None:
    """0 and 1 are at distance 0, but not the same point: 2 is near to 0 and far from 1."""
    matrix = np.array([[0.0, 0, 1, 4], [0, 0, 4, 1], [1, 4, 0, 3], [4, 1, 3, 0]])
    found = persistence_diagram(matrix, metric="precomputed")
    assert found.bars[1].tolist() == [[3.0, 4.0]]
    assert (found.n_points, found.n_distinct) == (4, 3)


@pytest.mark.parametrize("engine", TRUNCATED)
def test_a_first_scale_of_zero_is_raised(engine: str) -> None:
    # A cycle of four points whose sides have no length: it can only be filled by its diagonals.
    cycle = np.array([[0, 0, 5, 0], [0, 0, 0, 5], [5, 0, 0, 0], [0, 5, 0, 0]], float)
    assert persistence_diagram(cycle, metric="precomputed", engine=engine).bars[1].tolist() == [[0, 5]]


def test_auto_is_the_own_engine_where_it_can() -> None:
    points = CLOUDS["two points"]
    assert persistence_diagram(points).engine == "layertopo"
    assert persistence_diagram(points, dimensions=(0,)).engine == "layertopo"
    library = "holos" if find_spec("holos_tda") else "gudhi"
    assert persistence_diagram(points, dimensions=(0, 1, 2)).engine == library
    assert persistence_diagram(points, coefficient_field=3).engine == library


def test_auto_does_without_holos(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "find_spec", lambda name: None)
    assert engines.resolve("auto", 2, 2) == "gudhi"


@pytest.mark.parametrize(
    ("engine", "module", "message"),
    [
        ("giotto", "gtda.homology", "package giotto-tda.*docs/dependencies.md.*not on Python 3.13"),
        ("gudhi", "gudhi.sklearn", r"package gudhi.*pip install 'layertopo\[workflow\]'"),
        ("holos", "holos_tda", r"package holos-tda.*pip install 'layertopo\[holos\]'"),
    ],
)
def test_missing_library_is_named(
    monkeypatch: pytest.MonkeyPatch, engine: str, module: str, message: str
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ModuleNotFoundError, match=message):
        persistence_diagram(CLOUDS["two points"], engine=engine)


def test_what_an_engine_cannot_do_is_refused() -> None:
    with pytest.raises(
        ValueError, match="'layertopo' does not compute dimension 2 over Z/2; these do: giotto"
    ):
        persistence_diagram(CLOUDS["two points"], engine="layertopo", dimensions=(2,))
    with pytest.raises(ValueError, match="did you mean 'gudhi'"):
        persistence_diagram(CLOUDS["two points"], engine="gudi")


@pytest.mark.parametrize("name", ENGINES)
def test_largest_prime_is_taken(name: str) -> None:
    if name == "holos" and find_spec("holos_tda") is None:
        pytest.skip("holos-tda is not installed")
    prime = engines.ENGINES[name].largest_prime
    diagram = persistence_diagram(CLOUDS["three points"], engine=name, coefficient_field=prime)
    assert len(diagram.bars[0]) == 3


def test_the_names_that_may_be_said_are_those_of_the_engines() -> None:
    assert get_args(engines.EngineName) == ("auto", *ENGINES)
