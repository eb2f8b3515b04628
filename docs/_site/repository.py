"""Links out of docs/ into the repository: the files they lead to become pages of the site.

The Markdown files stay readable where they lie, with links relative to themselves; the site, which holds
docs/ alone, gets each file that is linked to as a page under repository/.
"""

from __future__ import annotations

import os
import re
from pathlib import Path, PurePosixPath

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parents[2]
LINK = re.compile(r"(?<=\]\()(?!\w+:|#)([^)#\s]+)")
LANGUAGES = {
    ".py": "python",
    ".yaml": "yaml",
    ".yml": "yaml",
    ".smk": "python",
    ".json": "json",
    ".toml": "toml",
}


def _target(source: str, link: str) -> str | None:
    """Path in the repository that a link of the file `source` leads to; None if there is none."""
    path = os.path.normpath(os.path.join(os.path.dirname(source), link))
    if path.startswith(".."):
        return None
    if (ROOT / path / "README.md").is_file():
        path = f"{path}/README.md"
    return path if (ROOT / path).is_file() else None


def _page(path: str) -> str:
    """Name in the site of a file of the repository."""
    inside = PurePosixPath(path)
    if inside.parts[0] == "docs":
        return inside.relative_to("docs").as_posix()
    return f"repository/{path}" if inside.suffix == ".md" else f"repository/{path}.md"


def _text(path: str) -> str:
    text = (ROOT / path).read_text()
    if path.endswith(".md"):
        return text
    return f"# {path}\n\n````{LANGUAGES.get(PurePosixPath(path).suffix, 'text')}\n{text}````\n"


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add what the pages link to, and what that links to in its turn."""
    todo = [f"docs/{file.src_uri}" for file in files.documentation_pages()]
    while todo:
        source = todo.pop()
        for link in LINK.findall((ROOT / source).read_text()) if source.endswith(".md") else []:
            target = _target(source, link)
            if target is not None and not target.startswith("docs/") and _page(target) not in files.src_uris:
                files.append(File.generated(config, _page(target), content=_text(target)))
                todo.append(target)
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Turn links between files into links between pages; those that lead nowhere are left to be complained of."""
    name = page.file.src_uri
    source = name.removeprefix("repository/") if name.startswith("repository/") else f"docs/{name}"

    def between_pages(link: re.Match[str]) -> str:
        target = _target(source, link[1])
        return link[1] if target is None else os.path.relpath(_page(target), os.path.dirname(name))

    return LINK.sub(between_pages, markdown) if (ROOT / source).is_file() else markdown
