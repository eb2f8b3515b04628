"""Exact Vietoris-Rips persistence diagrams of point clouds.

:func:`persistence_diagram` is the one way in: a point cloud in, a :class:`Diagram` out. For clouds
too large for it, :func:`greedy` takes a sample whose covering radius bounds the error.
:class:`Relations` knows the cycles of a diagram, and what becomes of any other.
"""

from layertopo.homology.cycles import Cycle, Relations
from layertopo.homology.diagram import Diagram
from layertopo.homology.memory import OutOfMemoryBudgetError
from layertopo.homology.rips import persistence_diagram
from layertopo.homology.sampling import GreedySample, greedy

__all__ = [
    "Cycle",
    "Diagram",
    "GreedySample",
    "OutOfMemoryBudgetError",
    "Relations",
    "greedy",
    "persistence_diagram",
]
