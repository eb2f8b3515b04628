"""What differs between two results folders.

    python -m layertopo.compare A/results B/results

HDF5 and CSV files must be the same bytes; Keras archives, which hold a date, the same weights and
architecture. Figures, reports, logs and benchmarks are passed over.
"""

from __future__ import annotations

import argparse
import io
import json
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from layertopo.errors import extra

with extra("workflow"):
    import h5py
    import pandas as pd


def differences(a: Path, b: Path) -> Iterator[str]:
    """One line per difference between the results folders `a` and `b`; none if they agree."""
    files = [{path.relative_to(root) for path in root.rglob("*") if _counts(path, root)} for root in (a, b)]
    for name in sorted(files[0] ^ files[1]):
        yield f"{name}: only in {a if name in files[0] else b}"
    for name in sorted(files[0] & files[1]):
        for line in _COMPARISONS[name.suffix](a / name, b / name):
            yield f"{name}: {line}"


def _counts(path: Path, root: Path) -> bool:
    parts = path.relative_to(root).parts
    return path.suffix in _COMPARISONS and parts[0] not in ("logs", "benchmarks", "figures")


def _hdf5(a: Path, b: Path) -> Iterator[str]:
    if a.read_bytes() == b.read_bytes():
        return
    with h5py.File(a, "r") as left, h5py.File(b, "r") as right:
        lines = list(_contents(left, right))
    yield from lines or ["the same contents in different bytes"]


def _contents(left: h5py.File, right: h5py.File) -> Iterator[str]:
    trees = [_flat(file) for file in (left, right)]
    for name in sorted({*trees[0], *trees[1]}):
        x, y = (tree.get(name) for tree in trees)
        if not (isinstance(x, np.ndarray) and isinstance(y, np.ndarray)):
            if repr(x) != repr(y):
                yield f"{name} is {_short(x)} and {_short(y)}"
        elif x.shape != y.shape or x.dtype != y.dtype:
            yield f"{name} is {x.dtype}{x.shape} and {y.dtype}{y.shape}"
        elif x.tobytes() != y.tobytes():
            yield f"{name} differs{_largest(x, y)}"


def _flat(file: h5py.File) -> dict[str, Any]:
    """Arrays by name, attributes by name@attribute."""
    flat: dict[str, Any] = {f"@{key}": value for key, value in file.attrs.items()}

    def visit(name: str, item: Any) -> None:
        if isinstance(item, h5py.Dataset):
            flat[name] = np.asarray(item[()])
        flat.update({f"{name}@{key}": value for key, value in item.attrs.items()})

    file.visititems(visit)
    return flat


def _largest(a: np.ndarray[Any, Any], b: np.ndarray[Any, Any]) -> str:
    if a.dtype.kind not in "fiu":
        return ""
    with np.errstate(invalid="ignore"):
        return f", by up to {np.nanmax(np.abs(a.astype(float) - b.astype(float))):.3g}"


def _short(value: object) -> str:
    text = "absent" if value is None else str(value)
    return text if len(text) <= 100 else text[:97] + "..."


def _csv(a: Path, b: Path) -> Iterator[str]:
    if a.read_bytes() == b.read_bytes():
        return
    left, right = pd.read_csv(a), pd.read_csv(b)
    if list(left) != list(right) or len(left) != len(right):
        yield f"{len(left)} rows of {len(left.columns)} columns and {len(right)} rows of {len(right.columns)}"
        return
    changed = [str(name) for name in left if not left[name].equals(right[name])]
    yield f"differs in {', '.join(changed)}" if changed else "the same values in different bytes"


def _keras(a: Path, b: Path) -> Iterator[str]:
    with zipfile.ZipFile(a) as left, zipfile.ZipFile(b) as right:
        if _architecture(left) != _architecture(right):
            yield "the architecture differs"
        weights = [h5py.File(io.BytesIO(archive.read("model.weights.h5")), "r") for archive in (left, right)]
        with weights[0], weights[1]:
            yield from _contents(*weights)


def _architecture(archive: zipfile.ZipFile) -> Any:
    """Configuration of the network, without the addresses in memory that Keras writes into it."""

    def without_address(mapping: dict[str, Any]) -> dict[str, Any]:
        return {key: value for key, value in mapping.items() if key != "shared_object_id"}

    return json.loads(archive.read("config.json"), object_hook=without_address)


_COMPARISONS: dict[str, Callable[[Path, Path], Iterator[str]]] = {
    ".h5": _hdf5,
    ".csv": _csv,
    ".keras": _keras,
}


def main() -> int:
    """Print the differences; the exit status is 0 if there are none, else 1."""
    parser = argparse.ArgumentParser(description="What differs between two results folders.")
    parser.add_argument("a", type=Path)
    parser.add_argument("b", type=Path)
    arguments = parser.parse_args()
    for folder in (arguments.a, arguments.b):
        if not folder.is_dir():
            parser.error(f"{folder} is not a folder")
    lines = list(differences(arguments.a, arguments.b))
    print("\n".join(lines) if lines else "no difference")
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main())
