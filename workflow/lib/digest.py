"""Digest of the source that a script runs, so that an edit reruns the stages that use it and no other.

Snakemake sees a changed script but not a changed module that the script imports.
"""

from __future__ import annotations

import ast
import hashlib
from functools import cache
from pathlib import Path

PACKAGE = "layertopo"
ROOT = Path(__file__).resolve().parents[2] / "src" / PACKAGE


def code_digest(script: str | Path, *modules: str) -> str:
    """Digest of the package's modules that `script` imports, directly or through each other.

    Parameters
    ----------
    script : path
        A Python file.
    modules : str
        Modules that it chooses as it runs, by their full names.

    Returns
    -------
    str
        Hexadecimal digest: changes when the text of the script or of one of these modules does.
    """
    digest = hashlib.sha256(Path(script).read_bytes())
    for path in sorted(modules_used(Path(script), *modules)):
        digest.update(path.relative_to(ROOT).as_posix().encode())
        digest.update(path.read_bytes())
        for resource in _resources(path):
            digest.update(resource.read_bytes())
    return digest.hexdigest()[:16]


def modules_used(path: Path, *modules: str) -> set[Path]:
    """Files of the package that the Python file `path` imports, directly or through each other; so for `modules`."""
    found = {file for name in modules for file in _files(name)}
    todo = [path, *found]
    while todo:
        new = _imports(todo.pop()) - found
        found |= new
        todo += new
    return found


@cache
def _imports(path: Path) -> frozenset[Path]:
    """Files of the package imported by one file, wherever in it the import stands."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return frozenset(file for name in names for file in _files(name))


def _files(name: str) -> set[Path]:
    """Files that are loaded with a module of the package; its own front page does no work and is left out."""
    package, *parts = name.split(".")
    if package != PACKAGE:
        return set()
    bases = [ROOT.joinpath(*parts[:k]) for k in range(1, len(parts) + 1)]
    candidates = {path for base in bases for path in (base.with_suffix(".py"), base / "__init__.py")}
    return {path for path in candidates if path.exists()}


def _resources(path: Path) -> list[Path]:
    """Files other than Python that belong to a module: those of the folder `templates` beside it."""
    return sorted((path.parent / "templates").glob("*"))
