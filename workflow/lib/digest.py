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
    found = {file for file in map(_file, modules) if file is not None}
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
    files = {_file(name) for name in names if name.split(".")[0] == PACKAGE}
    return frozenset(file for file in files if file is not None)


def _file(name: str) -> Path | None:
    """File of a module of the package; the package's own front page does no work and is left out."""
    parts = name.split(".")[1:]
    if not parts:
        return None
    base = ROOT.joinpath(*parts)
    candidates = (base.with_suffix(".py"), base / "__init__.py")
    return next((candidate for candidate in candidates if candidate.exists()), None)


def _resources(path: Path) -> list[Path]:
    """Files other than Python that belong to a module: those of the folder `templates` beside it."""
    return sorted((path.parent / "templates").glob("*"))
