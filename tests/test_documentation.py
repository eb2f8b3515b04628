"""The site of the documentation has every public name of the library, and a place for every page."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import layertopo
import layertopo.homology

ROOT = Path(__file__).resolve().parents[1]


@pytest.mark.parametrize("module", [layertopo, layertopo.homology], ids=lambda module: module.__name__)
def test_every_public_name_is_in_the_reference(module):
    listed = re.findall(r"^::: ([\w.]+)$", (ROOT / "docs/api.md").read_text(), re.MULTILINE)
    names = {each.rpartition(".")[2] for each in listed}
    assert {name for name in module.__all__ if not name.startswith("_")} <= names


def test_every_page_is_in_the_table_of_contents():
    pages = {path.relative_to(ROOT / "docs").as_posix() for path in (ROOT / "docs").rglob("*.md")}
    contents = (ROOT / "mkdocs.yml").read_text()
    assert {page for page in pages if page not in contents} == set()
