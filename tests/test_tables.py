"""Tables: the order of the columns, and numbers and names that survive the way through a file."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from layertopo import tables
from layertopo.errors import ResultError
from layertopo.storage import Table


def through_a_file(table: pd.DataFrame, folder) -> pd.DataFrame:
    tables.write_csv(table, folder / "t.csv")
    return tables.read_csv(folder / "t.csv")


def test_key_columns_come_first_in_their_order(tmp_path):
    shuffled = ["value", "dimension", "cloud", "split", "layer", "epoch", "seed", "model", "other", "dataset"]
    table = pd.DataFrame([range(10)], columns=shuffled)
    assert list(through_a_file(table, tmp_path)) == [
        *("dataset", "model", "seed", "epoch", "layer", "split", "cloud", "dimension"),
        *("value", "other"),
    ]


@given(values=st.lists(st.floats(allow_nan=False), min_size=1))
def test_numbers_read_back_bit_by_bit(values, tmp_path_factory):
    table = pd.DataFrame({"x": np.array(values, float)})
    np.testing.assert_array_equal(through_a_file(table, tmp_path_factory.mktemp("t"))["x"], table["x"])


def test_what_is_not_defined_is_an_empty_cell(tmp_path):
    table = through_a_file(pd.DataFrame({"seed": [0, 1], "x": [np.nan, 1.0]}), tmp_path)
    assert table["x"].isna().tolist() == [True, False]
    assert (tmp_path / "t.csv").read_text() == "seed,x\n0,\n1,1.0\n"


def test_truth_values_read_back_as_such(tmp_path):
    assert through_a_file(pd.DataFrame({"dead": [True, False]}), tmp_path)["dead"].dtype == bool


@pytest.mark.parametrize("name", ["NA", "nan", "null", "None", "007", "1e3", "12", "3.10", "True", "inf"])
@pytest.mark.parametrize(
    "column", ["dataset", "model", "split", "cloud", "model_a", "model_b", "engine_version"]
)
def test_names_stay_names(tmp_path, column, name):
    assert through_a_file(pd.DataFrame({column: [name]}), tmp_path)[column].tolist() == [name]


@pytest.mark.parametrize("content", [b"", b'a,b\n1,2,3,4\n1\n"', b"\xff\xfe\x00\x01"])
def test_a_broken_table_is_refused_by_name(tmp_path, content):
    path = tmp_path / "t.csv"
    path.write_bytes(content)
    with pytest.raises(ResultError, match=r"t\.csv: not a table of this workflow"):
        tables.read_csv(path)


def test_a_missing_table_is_refused_by_name(tmp_path):
    with pytest.raises(ResultError, match=r"none\.csv"):
        tables.read_csv(tmp_path / "none.csv")


KEYS = [{"model": "007", "epoch": 0}, {"model": "007", "epoch": 1}]


def test_a_table_with_the_rows_it_must_have_is_taken_in_any_order(tmp_path):
    tables.write_csv(pd.DataFrame(KEYS[::-1]), tmp_path / "t.csv")
    assert len(tables.read_csv(tmp_path / "t.csv", KEYS)) == 2


def test_a_table_that_must_be_empty_may_be(tmp_path):
    tables.write_csv(pd.DataFrame(columns=["model"]), tmp_path / "t.csv")
    assert len(tables.read_csv(tmp_path / "t.csv", [])) == 0


@pytest.mark.parametrize(
    ("table", "reason"),
    [
        (KEYS[:1], "1 are missing, and 0 others"),
        ([*KEYS, KEYS[0]], "0 are missing, and 1 others"),
        ([KEYS[0], {"model": "7", "epoch": 1}], "1 are missing, and 1 others"),
        ([{"model": "007"}], "without the columns epoch"),
    ],
)
def test_a_table_of_other_rows_is_refused(tmp_path, table, reason):
    tables.write_csv(pd.DataFrame(table), tmp_path / "t.csv")
    with pytest.raises(ResultError, match=reason):
        tables.read_csv(tmp_path / "t.csv", KEYS)


def test_a_table_that_is_cut_off_in_its_last_line_is_refused(tmp_path):
    (tmp_path / "t.csv").write_text("x,y\n1,2\n1")
    with pytest.raises(ResultError, match="cut off"):
        tables.read_csv(tmp_path / "t.csv")


def test_a_table_that_cannot_be_read_is_not_said_to_be_damaged(tmp_path):
    (tmp_path / "table.csv").mkdir()
    with pytest.raises(ResultError, match=r"table\.csv: cannot be read: Is a directory"):
        tables.read_csv(tmp_path / "table.csv")


def test_a_table_with_the_number_of_rows_it_must_have_is_taken(tmp_path):
    tables.write_csv(pd.DataFrame(KEYS), tmp_path / "t.csv")
    assert len(tables.read(Table(str(tmp_path / "t.csv"), 2))) == 2
    assert len(tables.read(Table(str(tmp_path / "t.csv"), None))) == 2


@pytest.mark.parametrize("count", [0, 1, 3])
def test_a_table_of_another_number_of_rows_is_refused(tmp_path, count):
    tables.write_csv(pd.DataFrame(KEYS), tmp_path / "t.csv")
    with pytest.raises(ResultError, match=rf"t\.csv: .*2 rows, where this configuration makes {count}"):
        tables.read(Table(str(tmp_path / "t.csv"), count))


RUNS = pd.DataFrame(
    {"dataset": "d", "model": ["a", "a", "b", "b"], "seed": 0, "epoch": [0, 3, 0, 7], "dead": False}
)


@pytest.mark.parametrize(
    ("last", "rows"),
    [
        ({"a": 0, "b": 7}, [0, 3]),
        ({"a": "last", "b": "last"}, [1, 3]),
        ({"a": "last", "b": 0}, [1, 2]),
    ],
)
def test_the_last_epoch_of_each_model_is_found_by_number_and_by_name(last, rows):
    assert tables.at_end(RUNS, last).index.tolist() == rows
    named = tables.naming_last(RUNS, last)
    assert tables.at_end(named, last).index.tolist() == rows


def test_epochs_read_back_as_numbers_and_as_last(tmp_path):
    named = tables.naming_last(RUNS, {"a": "last", "b": 7})
    tables.write_csv(named, tmp_path / "runs.csv")
    read = tables.read(Table(str(tmp_path / "runs.csv"), named[[*tables.RUN, "epoch"]].to_dict("records")))
    assert read["epoch"].tolist() == [0, "last", 0, 7]
