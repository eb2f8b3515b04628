"""Figures are written whole, and the same every time."""

from __future__ import annotations

from pathlib import Path

import pytest
from panels_by_hand import diagram, panel

from layertopo.figures import style
from layertopo.figures.diagrams import diagram_figure


def test_pictures_hold_no_date_and_repeat(tmp_path: Path) -> None:
    texts = []
    for name in ("a.svg", "b.svg"):
        style.save(diagram_figure([panel(diagram())], "title"), [tmp_path / name], dpi=100)
        texts.append((tmp_path / name).read_text())
    assert texts[0] == texts[1]
    assert "dc:date" not in texts[0]


@pytest.mark.parametrize("form", ["png", "svg", "pdf"])
def test_every_format_is_written_whole(tmp_path: Path, form: str) -> None:
    style.save(diagram_figure([panel(diagram())], "title"), [tmp_path / f"figure.{form}"], dpi=50)
    starts = {"png": b"\x89PNG", "svg": b"<?xml", "pdf": b"%PDF"}
    assert (tmp_path / f"figure.{form}").read_bytes().startswith(starts[form])
    assert len(list(tmp_path.iterdir())) == 1


def test_every_model_has_a_colour_of_its_own_however_many_there_are():
    assert list(style.model_colours(["a", "b", "a"])) == ["a", "b"]
    assert style.model_colours(["a", "b"])["b"] == style.MODELS[1]
    assert len(set(style.model_colours(map(str, range(30))).values())) == 30
