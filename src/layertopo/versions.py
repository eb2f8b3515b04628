"""Versions of what computes a result."""

from __future__ import annotations

from importlib import metadata


def version(distribution: str) -> str:
    """Version of an installed distribution; this package's own also where it is only on the path."""
    if distribution == "layertopo":
        from layertopo import __version__

        return __version__
    return metadata.version(distribution)
