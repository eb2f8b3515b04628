"""Names that tables, figures and rules have in common; light to import."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

#: Distances between diagrams that are computed, and what they are called. Each is a column of `distances.csv`, and
#: another one, with `_scaled` at its end, scale-free.
DISTANCES = {"bottleneck": "Bottleneck distance", "sliced_wasserstein": "Sliced Wasserstein distance"}


def cloud_in_words(key: Mapping[str, Any]) -> str:
    """Name of a cloud, and of its class if it is of one; for people."""
    return f"{key['cloud']}, class {key['class']}" if key.get("class") else str(key["cloud"])


#: Choices of rows, in words.
ROWS = {"train": "training rows", "test": "test rows", "full": "training and test rows"}
