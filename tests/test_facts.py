"""Facts of outside files: found out once for each content, whatever its name and time."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any

import pytest

from layertopo import facts
from layertopo.errors import FileError

QUESTION = {"reader": "length 1"}


class Reader:
    """Counts how often it is asked."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, path: Path) -> dict[str, Any]:
        self.calls += 1
        return {"length": sum(each.stat().st_size for each in ([path] if path.is_file() else path.iterdir()))}


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def hashed(monkeypatch):
    """Names of the files that are read for their digest."""
    names = []
    true = facts._sha256
    monkeypatch.setattr(facts, "_sha256", lambda path: names.append(path.name) or true(path))
    return names


def test_the_digest_is_that_of_sha256sum():
    Path("a.csv").write_bytes(b"x,y\n")
    assert facts.digest("a.csv") == hashlib.sha256(b"x,y\n").hexdigest()


def test_a_file_is_read_once(hashed):
    Path("a.csv").write_text("12345")
    reader = Reader()
    for _ in range(3):
        assert facts.facts("a.csv", QUESTION, reader) == {"length": 5}
    assert (reader.calls, hashed) == (1, ["a.csv"])


def test_a_new_time_or_name_alone_asks_no_reader(hashed):
    Path("a.csv").write_text("12345")
    reader = Reader()
    facts.facts("a.csv", QUESTION, reader)
    os.utime("a.csv", (1, 1))
    facts.facts("a.csv", QUESTION, reader)
    Path("a.csv").rename("ä b.csv")
    facts.facts("ä b.csv", QUESTION, reader)
    assert (reader.calls, hashed) == (1, ["a.csv", "a.csv", "ä b.csv"])


def test_other_content_or_another_question_asks_the_reader_again():
    Path("a.csv").write_text("12345")
    reader = Reader()
    facts.facts("a.csv", QUESTION, reader)
    facts.facts("a.csv", QUESTION | {"label": "y"}, reader)
    Path("a.csv").write_text("1234567")
    assert facts.facts("a.csv", QUESTION, reader) == {"length": 7}
    assert reader.calls == 3


def test_of_a_folder_only_the_files_that_changed_are_read(hashed):
    Path("net").mkdir()
    for name in ("epoch0.h5", "epoch1.h5", ".hidden"):
        Path("net", name).write_text(name)
    first = facts.digest("net")
    assert hashed == ["epoch0.h5", "epoch1.h5"]
    Path("net/epoch1.h5").write_text("other")
    second = facts.digest("net")
    assert hashed == ["epoch0.h5", "epoch1.h5", "epoch1.h5"]
    Path("net/epoch1.h5").rename("net/epoch2.h5")
    assert len({first, second, facts.digest("net")}) == 3
    Path("net").rename("elsewhere")
    Path("elsewhere/epoch2.h5").rename("elsewhere/epoch1.h5")
    assert facts.digest("elsewhere") == second


def test_a_file_that_is_not_there_is_refused_with_the_one_that_is_near():
    Path("data.csv").write_text("x")
    with pytest.raises(FileError, match=r"dta\.csv: no such file in .*did you mean 'data\.csv'\?"):
        facts.digest("dta.csv")


def test_a_file_that_changes_while_it_is_read_is_refused_and_nothing_is_kept():
    Path("a.csv").write_text("12345")

    def reader(path: Path) -> dict[str, Any]:
        path.write_text("1234567")
        return {"length": 5}

    with pytest.raises(FileError, match=r"a\.csv: changed while it was read"):
        facts.facts("a.csv", QUESTION, reader)
    assert facts.facts("a.csv", QUESTION, Reader()) == {"length": 7}


def test_a_job_that_reads_something_else_than_was_planned_stops():
    Path("a.csv").write_text("12345")
    planned = facts.digest("a.csv")
    facts.check("a.csv", planned)
    Path("a.csv").write_text("54321")
    with pytest.raises(FileError, match=r"a\.csv: changed during the run"):
        facts.check("a.csv", planned)


def test_without_a_place_to_keep_them_facts_are_found_out_all_the_same(monkeypatch):
    Path("results").write_text("no folder")
    Path("a.csv").write_text("12345")
    assert facts.facts("a.csv", QUESTION, Reader()) == {"length": 5}


def test_broken_facts_are_found_out_anew():
    Path("a.csv").write_text("12345")
    facts.facts("a.csv", QUESTION, Reader())
    for file in facts.FOLDER.iterdir():
        file.write_text("[cut o")
    assert facts.facts("a.csv", QUESTION, Reader()) == {"length": 5}
