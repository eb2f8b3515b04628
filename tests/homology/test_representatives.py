"""Representative cycles, and when any cycle bounds: against linear algebra on the whole complex."""

from __future__ import annotations

from collections import Counter
from itertools import combinations

import numpy as np
import pytest
from clouds import all_clouds, circle, lattice, open_ring
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from layertopo.homology import Cycle, Diagram, Relations, barcode, neighbours, persistence_diagram, values
from layertopo.homology.cloud import as_cloud

Edges = list[tuple[int, int]]


def distances(points: np.ndarray, metric: str = "euclidean") -> np.ndarray:
    """Of all rows, as the engine rounds them."""
    cloud = as_cloud(points, metric)
    rows = [[values.pair_value(cloud.space, u, v) for v in range(cloud.size)] for u in range(cloud.size)]
    return cloud.distances(np.array(rows))[np.ix_(cloud.point_of, cloud.point_of)]


class Complex:
    """Boundaries of all triangles, as numbers with a bit per edge, reduced in the order of the filtration."""

    def __init__(self, matrix: np.ndarray) -> None:
        self.matrix = matrix
        edges = [(matrix[edge], edge) for edge in combinations(range(len(matrix)), 2)]
        self.place = {edge: i for i, (_, edge) in enumerate(sorted(edges))}
        triangles = [
            (max(matrix[edge] for edge in combinations(points, 2)), points)
            for points in combinations(range(len(matrix)), 3)
        ]
        self.column_of: dict[int, tuple[float, int]] = {}
        for scale, points in sorted(triangles):
            if np.isfinite(scale):
                left, _ = self.reduced(self.bits(combinations(points, 2)))
                if left:
                    self.column_of[left.bit_length()] = (scale, left)

    def bits(self, edges: object) -> int:
        total = 0
        for u, v in edges:  # type: ignore[attr-defined]
            if u != v:
                total ^= 1 << self.place[min(u, v), max(u, v)]
        return total

    def reduced(self, chain: int, before: float = np.inf) -> tuple[int, float]:
        """What is left of a chain, and the scale of the last triangle that was used."""
        used = 0.0
        while chain and self.column_of.get(chain.bit_length(), (np.inf, 0))[0] < before:
            scale, column = self.column_of[chain.bit_length()]
            chain, used = chain ^ column, max(used, scale)
        return chain, used

    def bounds_at(self, edges: object) -> float:
        left, used = self.reduced(self.bits(edges))
        return np.inf if left else used


def thinned(points: np.ndarray, most: int = 26) -> np.ndarray:
    return points[:: -(-len(points) // most)]


CLOUDS = {name: thinned(points) for name, points in all_clouds().items()}


def check(diagram: Diagram, whole: Complex) -> None:
    """All bars, each cycle as it must be: as found, and shortened."""
    bars, known = diagram.bars[1], diagram.relations
    assert known is not None
    assert diagram.representatives is not None
    assert sorted(cycle.bar for cycle in diagram.representatives) == list(range(len(bars)))
    lives = [cycle.death - cycle.birth for cycle in diagram.representatives]
    assert lives == sorted(lives, reverse=True)
    for cycle, as_found in zip(diagram.representatives, known.cycles(), strict=True):
        assert cycle.bar == as_found.bar
        assert cycle.length <= as_found.length
        check_cycle(cycle, bars, whole)
        check_cycle(as_found, bars, whole)


def check_cycle(cycle: Cycle, bars: np.ndarray, whole: Complex) -> None:
    assert [cycle.birth, cycle.death] == bars[cycle.bar].tolist()
    edges = [tuple(sorted(edge)) for edge in cycle.edges.tolist()]
    assert len(set(edges)) == len(edges)
    np.testing.assert_array_equal(cycle.lengths, [whole.matrix[edge] for edge in edges])
    assert cycle.lengths.max() == cycle.lengths[0] == cycle.birth
    assert all(count % 2 == 0 for count in Counter(cycle.edges.ravel().tolist()).values())
    assert cycle.points.tolist() == sorted(set(cycle.edges.ravel().tolist()))
    assert whole.reduced(whole.bits(edges), before=cycle.death)[0]
    assert whole.bounds_at(edges) == cycle.death


def closed_walks(n: int, number: int, seed: int) -> list[Edges]:
    rng = np.random.default_rng(seed)
    walks = [rng.integers(n, size=rng.integers(2, 9)).tolist() for _ in range(number)]
    return [list(zip(walk, walk[1:] + walk[:1], strict=True)) for walk in walks]


@pytest.mark.parametrize("name", CLOUDS)
def test_born_with_the_bar_and_bounds_at_its_death(name: str) -> None:
    points = CLOUDS[name]
    whole = Complex(distances(points))
    diagram = persistence_diagram(points, representatives="all", relations=True)
    check(diagram, whole)
    assert diagram.relations is not None
    for edges in closed_walks(len(points), 5, 0):
        assert diagram.relations.bounds_at(points, edges) == whole.bounds_at(edges)


NOISE = np.random.default_rng(5).normal(size=(600, 2))
coordinates = st.one_of(st.integers(-2, 2).map(float), st.floats(-3, 3, width=16))
clouds = st.tuples(st.integers(2, 14), st.integers(1, 3)).flatmap(
    lambda s: arrays(np.float64, s, elements=coordinates)
)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(clouds, st.sampled_from(["euclidean", "manhattan", "chebyshev", "cosine"]), st.integers(0, 99))
def test_of_any_cloud(points: np.ndarray, metric: str, seed: int) -> None:
    """Ties and equal points included."""
    whole = Complex(distances(points, metric))
    diagram = persistence_diagram(points, metric=metric, representatives="all", relations=True)
    check(diagram, whole)
    assert diagram.relations is not None
    for edges in closed_walks(len(points), 3, seed):
        assert diagram.relations.bounds_at(points, edges, metric) == whole.bounds_at(edges)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(st.integers(3, 12), st.integers(1, 6), st.integers(0, 10**6))
def test_of_any_dissimilarities(n: int, largest: int, seed: int) -> None:
    """Without a triangle inequality, some pairs of which never join: some bars are infinite."""
    upper = np.triu(np.random.default_rng(seed).integers(1, largest + 2, size=(n, n)), 1).astype(float)
    upper[upper > largest] = np.inf
    matrix = upper + upper.T
    whole = Complex(matrix)
    diagram = persistence_diagram(matrix, metric="precomputed", representatives="all", relations=True)
    check(diagram, whole)
    assert diagram.relations is not None
    for edges in closed_walks(n, 5, seed):
        assert diagram.relations.bounds_at(matrix, edges, "precomputed") == whole.bounds_at(edges)


@pytest.mark.parametrize(
    "points", [circle(300), np.vstack([circle(200), circle(150, 0.9, (2.2, 0.0))]) + 0.02 * NOISE[:350]]
)
def test_relations_are_the_same_after_a_skip(points: np.ndarray) -> None:
    """What they say of any cycle: they may be other ones."""
    found = neighbours.scan(as_cloud(points))
    joins = barcode._spanning_forest(found.edges, found.cloud.size)
    state = barcode._Sweep(found, ~joins, skip_after=0)
    skipped = []
    annotate = state._annotate
    state._annotate = lambda *what: skipped.append(annotate(*what))  # type: ignore[method-assign]
    state.deaths()
    assert skipped
    known = barcode.relations_of(found, joins, state.classes).over(points)
    plain = persistence_diagram(points, relations=True).relations
    assert plain is not None
    for cycle in known.relations.cycles(top=10):
        assert plain.bounds_at(points, cycle.edges) == cycle.death
    for edges in closed_walks(len(points), 20, 0):
        assert known.bounds_at(edges) == plain.bounds_at(points, edges)


def ring(n: int, seed: int, noise: float = 0.03, turned: int = 0, moved: float = 0.0) -> np.ndarray:
    """A noisy circle in space, in a plane of two coordinates."""
    rng = np.random.default_rng(seed)
    angles = rng.uniform(0, 2 * np.pi, n)
    points = np.column_stack([np.cos(angles) + moved, np.sin(angles), np.zeros(n)])
    return np.roll(points, turned, axis=1) + noise * rng.normal(size=(n, 3))


def turns(cycle: Cycle, angles: np.ndarray) -> int:
    """How often a cycle goes around, but for evens."""
    u, v = cycle.edges.T
    between = (angles[v] - angles[u] + np.pi) % (2 * np.pi) - np.pi
    return round(abs(between.sum()) / (2 * np.pi)) % 2


def loops_of(points: np.ndarray, number: int) -> tuple[Cycle, ...]:
    found = persistence_diagram(points, representatives=number).representatives
    assert found is not None
    assert len(found) == number
    return found


def test_a_noisy_circle_in_many_coordinates() -> None:
    rng = np.random.default_rng(0)
    angles = rng.uniform(0, 2 * np.pi, 300)
    plane = np.linalg.qr(rng.normal(size=(50, 2)))[0].T
    points = np.column_stack([np.cos(angles), np.sin(angles)]) @ plane + 0.02 * rng.normal(size=(300, 50))
    [loop] = loops_of(points, 1)
    assert turns(loop, angles) == 1
    found = persistence_diagram(points, relations=True).relations
    assert found is not None
    [as_found] = found.cycles(top=1)
    assert loop.length < 0.8 * as_found.length


def test_linked_rings_are_two_loops() -> None:
    points = np.vstack([ring(150, 0), ring(150, 1, turned=1, moved=1.0)])
    loops = loops_of(points, 2)
    assert sorted({int(row) // 150 for row in loop.points} == {0} for loop in loops) == [False, True]
    assert all(len({int(row) // 150 for row in loop.points}) == 1 for loop in loops)


def test_a_figure_of_eight_is_two_loops() -> None:
    points = np.vstack([circle(60), circle(40, 0.6, (1.62, 0.0))])
    large, small = loops_of(points, 2)
    around = [np.arctan2(points[:, 1], points[:, 0] - x) for x in (0, 1.62)]
    assert [[turns(loop, angles) for angles in around] for loop in (large, small)] == [[1, 0], [0, 1]]


def test_the_loops_of_a_torus() -> None:
    angles = np.random.default_rng(0).uniform(0, 2 * np.pi, (2, 600))
    points = np.column_stack([f(each) for each in angles for f in (np.cos, np.sin)])
    first, second = ([turns(loop, each) for each in angles] for loop in loops_of(points, 2))
    assert [0, 0] not in (first, second)
    assert first != second


def test_a_loop_that_never_bounds() -> None:
    n = 20
    matrix = open_ring(n)
    diagram = persistence_diagram(matrix, metric="precomputed", representatives="all", relations=True)
    check(diagram, Complex(matrix))
    assert diagram.representatives is not None
    assert [len(loop.points) for loop in diagram.representatives] == [n]
    assert np.isinf(diagram.representatives[0].death)


def test_up_to_a_threshold() -> None:
    points = CLOUDS["nested circles"]
    whole = persistence_diagram(points)
    threshold = float(np.median(whole.bars[1]))
    diagram = persistence_diagram(points, threshold=threshold, representatives="all", relations=True)
    assert diagram.representatives is not None
    assert diagram.relations is not None
    complex_up_to = Complex(distances(points))
    assert len(diagram.representatives) == len(diagram.bars[1]) > 0
    for loop in diagram.representatives:
        assert [loop.birth, loop.death] == diagram.bars[1][loop.bar].tolist()
        assert loop.lengths.max() == loop.birth <= threshold
        death = complex_up_to.bounds_at(loop.edges.tolist())
        assert loop.death == (death if death <= threshold else np.inf)


def test_rows_are_those_that_were_given() -> None:
    """In any order, the first of equal ones."""
    points = np.vstack([circle(30), circle(30), lattice(4, 4) * 0.3 + 5])
    order = np.random.default_rng(0).permutation(len(points))
    [loop], [moved] = loops_of(points, 1), loops_of(points[order], 1)
    assert loop.points.max() < 30
    np.testing.assert_array_equal(points[loop.edges], points[order][moved.edges])
    first = {tuple(point): row for row, point in reversed(list(enumerate(points[order].tolist())))}
    assert all(first[tuple(points[order][row])] == row for row in moved.points)


def test_which_bars() -> None:
    points = np.random.default_rng(3).random((80, 2))
    diagram = persistence_diagram(points, representatives="all", relations=True)
    whole, bars = diagram.representatives, diagram.bars[1]
    assert whole is not None

    def bars_of(representatives: object) -> list[int]:
        found = persistence_diagram(points, representatives=representatives).representatives  # type: ignore[arg-type]
        assert found is not None
        return [cycle.bar for cycle in found]

    by_life = [cycle.bar for cycle in whole]
    assert bars_of(3) == by_life[:3]
    assert bars_of(0) == []
    assert bars_of({"bars": [2, 0]}) == [2, 0]
    bound = float(np.median(bars[:, 1] - bars[:, 0]))
    assert bars_of({"longer_than": bound}) == [bar for bar in by_life if bars[bar, 1] - bars[bar, 0] > bound]
    assert persistence_diagram(points, representatives=2).relations is None
    assert persistence_diagram(points, relations=True).representatives is None


def test_relations_that_were_stored_give_the_same() -> None:
    points = np.random.default_rng(3).random((80, 2))
    diagram = persistence_diagram(points, representatives=4, relations=True)
    assert diagram.relations is not None
    stored = {name: array.copy() for name, array in diagram.relations._asdict().items()}
    again = Relations(**stored).cycles(top=4, points=points)
    for a, b in zip(again, diagram.representatives or (), strict=True):
        np.testing.assert_array_equal(a.edges, b.edges)


def test_threads_do_not_change_a_bit() -> None:
    points = np.random.default_rng(3).random((400, 3))
    for a, b in zip(
        *(persistence_diagram(points, threads=k, relations=True).relations or () for k in (1, 2)), strict=True
    ):
        np.testing.assert_array_equal(a, b)


def test_in_units_of_the_rms_distance() -> None:
    diagram = persistence_diagram(circle(30), representatives=1, relations=True)
    scaled = diagram.scaled()
    assert scaled is not None
    assert scaled.relations is None
    [loop] = scaled.representatives or ()
    assert [loop.birth, loop.death] == pytest.approx(scaled.bars[1][0])
    assert loop.lengths.max() == loop.birth


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"engine": "gudhi", "representatives": 1}, "by the engine 'layertopo'; here it is 'gudhi'"),
        ({"coefficient_field": 3, "relations": True}, "over Z/2, .* over Z/3"),
        ({"dimensions": (0, 1, 2), "representatives": "all"}, "in dimension 1 .* dimensions 0, 1, 2"),
        ({"dimensions": (0,), "relations": True}, "in dimension 1 .* dimensions 0 over"),
        ({"representatives": "long"}, "must be 'all', how many .* got 'long'"),
        ({"representatives": True}, "got True"),
        ({"representatives": {"longest": 2}}, "top, longer_than or bars, got {'longest': 2}"),
        ({"representatives": -1}, "top must not be negative"),
        ({"representatives": {"longer_than": -0.1}}, "longer_than must not be negative"),
        ({"representatives": {"bars": [7]}}, "no bar 7: the diagram has 1 of dimension 1"),
    ],
)
def test_what_cannot_be_is_refused(asked: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        persistence_diagram(circle(12), **asked)  # type: ignore[arg-type]


def test_what_is_no_cycle_of_the_cloud_is_refused() -> None:
    known = persistence_diagram(circle(12), relations=True).relations
    assert known is not None
    with pytest.raises(ValueError, match="an odd number of them meet at row 3"):
        known.bounds_at(circle(12), [(3, 5), (5, 7)])
    with pytest.raises(ValueError, match="no row 12: the cloud has 12"):
        known.bounds_at(circle(12), [(3, 12), (12, 3)])
    assert known.bounds_at(circle(12), []) == 0
    for other in (circle(11), circle(12) * 1.1):
        with pytest.raises(ValueError, match="other points"):
            known.bounds_at(other, [(3, 5), (5, 7), (7, 3)])
    with pytest.raises(ValueError, match="other points"):
        known.cycles(points=circle(12), metric="manhattan")
