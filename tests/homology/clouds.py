"""Small clouds that are hard in different ways, and how two diagrams are compared."""

from __future__ import annotations

import gudhi
import numpy as np
from numpy.typing import NDArray

from layertopo.homology import Diagram

Points = NDArray[np.float64]


def circle(n: int, radius: float = 1.0, centre: tuple[float, float] = (0.0, 0.0)) -> Points:
    angles = np.linspace(0, 2 * np.pi, n, endpoint=False)
    return np.column_stack([np.cos(angles), np.sin(angles)]) * radius + centre


def c_shape(n: int = 40, gap: float = 0.6) -> Points:
    """An arc whose ends, far apart against the spacing along it, are joined last."""
    angles = np.linspace(gap, 2 * np.pi - gap, n)
    return np.column_stack([np.cos(angles), np.sin(angles)])


def lattice(*sides: int) -> Points:
    axes = np.meshgrid(*[np.arange(float(side)) for side in sides])
    return np.column_stack([axis.ravel() for axis in axes])


def open_ring(n: int) -> Points:
    """Dissimilarities around a ring, of points up to three steps apart; others never join, so its loop stays."""
    matrix = np.full((n, n), np.inf)
    for i in range(n):
        for step in (1, 2, 3):
            matrix[i, (i + step) % n] = matrix[(i + step) % n, i] = step
    np.fill_diagonal(matrix, 0)
    return matrix


def torus(n: int, seed: int = 0) -> Points:
    a, b = np.random.default_rng(seed).uniform(0, 2 * np.pi, (2, n))
    return np.column_stack([(2 + np.cos(b)) * np.cos(a), (2 + np.cos(b)) * np.sin(a), np.sin(b)])


def clustered(n: int, seed: int) -> Points:
    rng = np.random.default_rng(seed)
    return rng.normal(size=(6, 3))[rng.integers(6, size=n)] * 5 + rng.normal(size=(n, 3)) * 0.3


def all_clouds() -> dict[str, Points]:
    rng = np.random.default_rng(7)
    uniform = {
        f"uniform in {d}-D, {n} points": rng.random((n, d)) for d in (1, 2, 3, 5, 10) for n in (5, 30, 120)
    }
    normal = {
        f"float32 normal, seed {seed}": rng.normal(size=(150, 4)).astype(np.float32) for seed in range(5)
    }
    clusters = {f"clusters, seed {seed}": clustered(100, seed) for seed in range(5)}
    rectified = {f"rectified, seed {seed}": np.maximum(rng.normal(size=(150, 3)), 0) for seed in range(4)}
    lattices = {
        f"lattice {sides}": lattice(*sides) for sides in ((2, 2), (7, 9), (4, 5, 4), (3, 3, 3, 3), (60,))
    }
    special = {
        "two points": np.array([[0.0, 1.0], [2.0, 1.0]]),
        "three points": np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]]),
        "one point": np.array([[3.0, 4.0]]),
        "all equal": np.full((20, 3), 0.1),
        "zeros of both signs": np.array([[0.0, -0.0], [-0.0, 0.0], [1.0, 0.0]]),
        "duplicates": np.repeat(rng.random((40, 2)), 3, axis=0),
        "lattice with duplicates": np.vstack([lattice(5, 5), lattice(5, 3)]),
        "collinear": np.outer(rng.random(40), [1.0, 2.0, -1.0]),
        "far outlier": np.vstack([rng.normal(size=(80, 2)), [[1000.0, 1000.0]]]),
        "two far clusters": np.vstack([circle(30), circle(30, centre=(100.0, 0.0))]),
        "C whose loop closes late": c_shape(),
        "regular polygon": circle(60),
        "noisy circle": circle(80) + rng.normal(size=(80, 2)) * 0.05,
        "nested circles": np.vstack([circle(40), circle(60, 3.0)]),
        "torus": torus(150),
        "tiny scale": rng.random((50, 2)) * 1e-30,
        "huge scale": rng.random((50, 2)) * 1e30,
        "cross-polytope": np.vstack([np.eye(6), -np.eye(6)]),
    }
    return uniform | normal | clusters | rectified | lattices | special


def scale_of(points: Points) -> float:
    """Largest coordinate difference: rounding is relative to it."""
    return float(np.ptp(np.asarray(points, dtype=np.float64), axis=0).max()) if len(points) else 0.0


def assert_match(found: Diagram, expected: Diagram, tolerance: float) -> None:
    """Bars match one to one within `tolerance`; left over are bars shorter than twice that at most."""
    assert found.dimensions == expected.dimensions
    for dim in found.dimensions:
        assert gudhi.bottleneck_distance(found.bars[dim], expected.bars[dim]) <= tolerance, f"dimension {dim}"
