"""The command that chooses neighbours and hops."""

from __future__ import annotations

import sys

import pytest

from layertopo import choose_scale

CONFIG = """
datasets:
  rings: {kind: linked_tori, points_per_ring: 150}
  moons: {kind: moons, count: 300}
models: {a: {hidden: [2, 2]}}
clouds:
  hops: {metric: hops, neighbours: 5, scale: 2, classes: each, sample: {points: 200}}
  all: {sample: {points: 200}}
"""


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    """What the command prints, or the message it ends with."""
    path = tmp_path / "config.yaml"
    path.write_text(CONFIG)

    def run_it(*arguments: str) -> str:
        monkeypatch.setattr(sys, "argv", ["choose_scale", str(path), *arguments])
        try:
            choose_scale.main()
        except SystemExit as end:
            return str(end.code) if isinstance(end.code, str) else capsys.readouterr().err
        return capsys.readouterr().out

    return run_it


def test_the_choice_is_said_with_what_was_tried_and_what_was_published(run):
    output = run("--dataset", "rings", "--neighbours", "2-14")
    assert "| | known | 9, 9, 0 | 9, 9, 0 | |" in output
    assert "Chosen: neighbours: " in output
    assert "Stable: with this scale for " in output
    assert "Published, for this kind of data:\n| 34 | 2 | " in output
    rows = [
        line for line in output.splitlines() if line.startswith("| ") and line.endswith(("yes |", "no |"))
    ]
    assert len(rows) > 5
    assert {row.count("|") for row in rows} == {6}


def test_clouds_and_numbers_can_be_given(run):
    output = run(
        "--dataset", "moons", "--cloud", "all", "--betti", "1,0", "--neighbours", "3,60-61", "--hops", "2"
    )
    assert "| 61 | " in output
    assert "class all classes" in output
    assert "Published" not in output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], r"--dataset: missing; there is rings, moons"),
        (["--dataset", "ring"], r"no dataset is named 'ring'; .* did you mean 'rings'"),
        (
            ["--dataset", "moons", "--cloud", "hop"],
            r"no cloud of data set '\w+' is named 'hop'; there is hops, all; did you mean",
        ),
        (["--dataset", "moons", "--cloud", "all"], r"--betti: missing; .* of all classes are not known"),
        (["--dataset", "moons", "--betti", "1,0"], r"--betti: got 1, must be one for each of 0, 1"),
        (["--dataset", "moons", "--betti", "0,x"], r"got '0,x', must be the Betti numbers"),
        (["--dataset", "moons", "--neighbours", "0-4"], r"got '0-4', must be a number from 1 up"),
        (["--dataset", "moons", "--neighbours", "9-4"], r"got '9-4', must be"),
    ],
)
def test_what_cannot_be_is_said_in_a_line(run, arguments, message):
    import re

    output = run(*arguments)
    assert re.search(message, output)
    assert "Traceback" not in output
