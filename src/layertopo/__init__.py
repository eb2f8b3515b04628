"""How a neural network changes the topology of its data, layer by layer."""

from layertopo.homology import Diagram, persistence_diagram

__all__ = ["Diagram", "persistence_diagram"]
