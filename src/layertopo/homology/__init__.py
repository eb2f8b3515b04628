"""Vietoris-Rips persistence diagrams of point clouds.

:func:`persistence_diagram` is the one way in: a point cloud in, a :class:`Diagram` out.
"""

from layertopo.homology.diagram import Diagram
from layertopo.homology.rips import persistence_diagram

__all__ = ["Diagram", "persistence_diagram"]
