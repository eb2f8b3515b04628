"""How a neural network changes the topology of its data, layer by layer."""

from layertopo.homology import Diagram, persistence_diagram

__version__ = "0.1.0"

__all__ = ["Diagram", "__version__", "persistence_diagram"]
