"""The definitions written out: slow, obvious, for clouds of a few dozen points."""

from __future__ import annotations

from itertools import combinations

import numpy as np

Bars = dict[int, list[tuple[float, float]]]


def bars(matrix: np.ndarray, last: float = np.inf) -> Bars:
    """Bars of positive length in dimensions 0 and 1 over Z/2, by reduction of the boundary matrix."""
    n = len(matrix)
    simplices = [(0.0, (v,)) for v in range(n)]
    for size in (2, 3):
        for points in combinations(range(n), size):
            scale = max(matrix[u, v] for u, v in combinations(points, 2))
            if np.isfinite(scale) and scale <= last:
                simplices.append((scale, points))
    simplices.sort(key=lambda simplex: (simplex[0], len(simplex[1]), simplex[1]))
    place = {points: i for i, (_, points) in enumerate(simplices)}
    column_of: dict[int, set[int]] = {}
    found: Bars = {0: [], 1: []}
    births = {}
    for i, (scale, points) in enumerate(simplices):
        column = {place[face] for face in combinations(points, len(points) - 1)} if len(points) > 1 else set()
        while column and max(column) in column_of:
            column ^= column_of[max(column)]
        if column:
            column_of[max(column)] = column
            born, dimension = births.pop(max(column))
            if born < scale:
                found[dimension].append((born, scale))
        elif len(points) < 3:
            births[i] = (scale, len(points) - 1)
    for born, dimension in births.values():
        found[dimension].append((born, np.inf))
    return {dimension: sorted(pairs) for dimension, pairs in found.items()}


def neighbours(matrix: np.ndarray) -> list[tuple[int, int]]:
    """The relative neighbourhood graph, in the order of its edges."""
    n = len(matrix)

    def key(u: int, v: int) -> tuple[float, int, int]:
        return matrix[u, v], min(u, v), max(u, v)

    edges = [
        (u, v)
        for u, v in combinations(range(n), 2)
        if np.isfinite(matrix[u, v])
        and not any(max(key(u, w), key(v, w)) < key(u, v) for w in range(n) if w not in (u, v))
    ]
    return sorted(edges, key=lambda edge: key(*edge))


class Sums:
    """Sums of classes as sets, with every relation put into all of them at once."""

    def __init__(self) -> None:
        self.sums: list[set[int]] = [set()]
        self.relations: list[set[int]] = []

    def add(self, terms: set[int]) -> None:
        for relation in self.relations:
            if max(relation) in terms:
                terms = terms ^ relation
        self.sums.append(terms)

    def kill(self, relation: set[int]) -> None:
        self.relations.append(relation)
        self.sums = [terms ^ relation if max(relation) in terms else terms for terms in self.sums]
