"""How a neural network changes the topology of its data, layer by layer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from layertopo.homology import Diagram, persistence_diagram

__version__ = "0.1.0"

__all__ = ["Diagram", "__version__", "persistence_diagram"]


def __getattr__(name: str) -> Any:
    # Loaded when it is asked for: a recorder works where the engine is not installed.
    if name in ("Diagram", "persistence_diagram"):
        from layertopo import homology

        return getattr(homology, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
