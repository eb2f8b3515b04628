"""Files that somebody brings: what is read of each format, and what each bad file is refused with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pandas as pd
import pytest

from layertopo.data import kinds
from layertopo.data.own_file import OwnFile
from layertopo.errors import ConfigError, FileError
from layertopo.experiment.parse import parse_config

N = 40
RNG = np.random.default_rng(0)
A, B = RNG.normal(size=N).round(4), RNG.normal(size=N).round(4) + 10
LABELS = np.where(np.arange(N) % 2, "yes", "no")


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def frame(**columns: Any) -> pd.DataFrame:
    return pd.DataFrame({"a": A, "b": B, "class": LABELS} | columns)


def write(
    text_or_frame: str | pd.DataFrame, name: str = "t.csv", encoding: str = "utf-8", **options: Any
) -> str:
    text = text_or_frame
    if isinstance(text, pd.DataFrame):
        text = text.to_csv(**({"index": False} | options))
    Path(name).write_text(text, encoding=encoding)
    return name


def kind_of(path: str, **keys: Any) -> OwnFile:
    return OwnFile(**({"kind": "file", "path": path, "label": "class"} | keys))


def looked(path: str, **keys: Any) -> OwnFile:
    kind = kind_of(path, **keys)
    kind.look()
    return kind


def refusal(path: str, **keys: Any) -> str:
    with pytest.raises(FileError) as caught:
        looked(path, **keys)
    assert str(caught.value).startswith(f"{path}: ")
    assert "\n" not in str(caught.value)
    return str(caught.value)


def check_a_and_b(kind: OwnFile) -> None:
    made = kind.make()
    np.testing.assert_array_equal(made.X, np.column_stack([A, B]).astype(np.float32))
    assert [made.classes[k] for k in made.y] == LABELS.tolist()
    assert kind.rows() == {"train": len(made.train), "test": len(made.test), "full": N}
    assert (kind.n_features, kind.class_names) == (2, made.classes)


# What is read.


@pytest.mark.parametrize(
    ("name", "encoding", "options"),
    [
        ("t.csv", "utf-8", {}),
        ("t.tsv", "utf-8", {"sep": "\t"}),
        ("t.csv", "utf-8-sig", {"sep": ";", "decimal": ","}),
        ("t.csv", "cp1252", {"sep": ";", "decimal": ","}),
        ("t.csv", "utf-16", {"sep": "\t"}),
        ("t.txt", "utf-8", {"sep": "|", "quoting": 1, "lineterminator": "\r\n"}),
    ],
)
def test_separator_decimal_sign_and_encoding_are_found(name, encoding, options):
    named = {"a": "Länge 1, in m", "b": "größe", "class": "Klasse für jede"}
    path = write(frame().rename(columns=named), name, encoding, **options)
    kind = looked(path, label="Klasse für jede")
    check_a_and_b(kind)
    assert kind.make().features == ("Länge 1, in m", "größe")


def test_what_is_found_wrongly_can_be_set():
    table = frame(a=A.round(0).astype(int), b=B.round(0).astype(int) + np.arange(N))
    path = write(table, sep=";", encoding="utf-8")
    kind = looked(path, separator=";", decimal=",", encoding="latin-1")
    assert kind.n_features == 2


@pytest.mark.parametrize("suffix", ["npz", "h5"])
@pytest.mark.parametrize("labels", [LABELS, LABELS == "yes", (LABELS == "yes").astype(float)])
def test_arrays_are_read(suffix, labels):
    X = np.column_stack([A, B])
    if suffix == "npz":
        np.savez("t.npz", X=X, y=labels)
    else:
        with h5py.File("t.h5", "w") as file:
            file["X"] = X
            file["y"] = labels.astype(h5py.string_dtype()) if labels.dtype.kind == "U" else labels
    kind = looked(f"t.{suffix}", label=None)
    np.testing.assert_array_equal(kind.make().X, X.astype(np.float32))
    np.testing.assert_array_equal(kind.make().y, LABELS == "yes")
    assert (
        kind.class_names == {"U": ("no", "yes"), "b": ("False", "True"), "f": ("0", "1")}[labels.dtype.kind]
    )


def test_arrays_may_have_names_a_split_and_more_than_two_axes():
    split = np.where(np.arange(N) < 30, "train", "test")
    np.savez("t.npz", X=RNG.normal(size=(N, 2, 3)), y=LABELS, split=split, features=list("uvwxyz"))
    kind = looked("t.npz", label=None, drop=["w"])
    assert kind.make().features == tuple("uvxyz")
    assert kind.make().test.tolist() == list(range(30, N))
    assert {"test_fraction", "split_seed"} & set(kind.settings) == set()
    assert "test_fraction has no effect" in refusal("t.npz", label=None, test_fraction=0.2)


def test_parquet_is_read():
    polars = pytest.importorskip("polars")
    columns = {name: column.to_list() for name, column in frame(city="Jena").items()}
    polars.DataFrame(columns).write_parquet("t.parquet")
    kind = looked("t.parquet")
    check_a_and_b(kind)
    assert kind.summary().endswith("of text and so no features: city")
    polars.DataFrame(columns | {"a": [None, *columns["a"][1:]], "n": range(N)}).write_parquet("t.parquet")
    assert "column 'a', row 1: the value is missing" in refusal("t.parquet")
    polars.DataFrame(columns | {"n": range(N)}).write_parquet("t.parquet")
    assert "column 'n' counts the rows" in refusal("t.parquet")
    whole = Path("t.parquet").read_bytes()
    Path("t.parquet").write_bytes(whole[: len(whole) // 2])
    assert "is no whole Parquet file" in refusal("t.parquet")


FLAG = np.arange(N) % 3 == 0


@pytest.mark.parametrize(
    "words", [("False", "True"), ("FALSE", "TRUE"), ("false", "true"), (" false", "true ")]
)
def test_truth_values_of_a_table_are_numbers_and_as_labels_names(words):
    table = frame(flag=np.where(FLAG, *words[::-1]), **{"class": np.where(LABELS == "yes", *words[::-1])})
    for named in (None, ["a", "b", "flag"]):
        kind = looked(write(table), features=named)
        made = kind.make()
        assert (kind.n_features, made.features) == (3, ("a", "b", "flag"))
        np.testing.assert_array_equal(made.X[:, 2], FLAG)
        assert made.classes == kind.class_names == tuple(word.strip() for word in words)
        np.testing.assert_array_equal(made.y, LABELS == "yes")


def test_columns_of_get_dummies_are_features():
    city = RNG.permutation(np.resize(["Jena", "Köln", "Ulm"], N))
    kind = looked(write(pd.get_dummies(frame(city=city), columns=["city"])))
    assert kind.make().features == ("a", "b", "city_Jena", "city_Köln", "city_Ulm")
    np.testing.assert_array_equal(kind.make().X[:, 3], city == "Köln")


def test_truth_values_of_parquet_are_numbers_and_as_labels_names():
    polars = pytest.importorskip("polars")
    columns = {"a": A.tolist(), "flag": FLAG.tolist(), "class": (LABELS == "yes").tolist()}
    polars.DataFrame(columns).write_parquet("t.parquet")
    kind = looked("t.parquet")
    np.testing.assert_array_equal(kind.make().X[:, 1], FLAG)
    assert (kind.n_features, kind.class_names) == (2, ("False", "True"))
    polars.DataFrame(columns | {"flag": [None, *columns["flag"][1:]]}).write_parquet("t.parquet")
    assert "column 'flag', row 1: the value is missing" in refusal("t.parquet")
    polars.DataFrame(columns | {"class": [*columns["flag"][:-1], None]}).write_parquet("t.parquet")
    assert f"row {N} has no label" in refusal("t.parquet")


def test_truth_values_say_a_split_only_if_it_is_said_which_is_the_test_set():
    path = write(frame(held_out=FLAG))
    assert "split, row 1: 'True', must be train or test; which values mean the test set, test_split says" in (
        refusal(path, split="held_out")
    )
    assert "no row has 'true' as its split; there is False, True; did you mean 'True'?" in (
        refusal(path, split="held_out", test_split=["true"])
    )
    kind = looked(path, split="held_out", test_split=["True"])
    assert kind.make().test.tolist() == np.flatnonzero(FLAG).tolist()
    assert kind.make().features == ("a", "b")


def test_labels_are_names_and_classes_are_numbered_by_them():
    numbers = (np.arange(N) % 4) * 5
    kind = looked(write(frame(**{"class": numbers})))
    assert kind.class_names == ("0", "5", "10", "15")
    np.testing.assert_array_equal(kind.make().y, np.arange(N) % 4)
    kind = looked(write(frame(**{"class": np.where(numbers > 5, "NA", "nan")})))
    assert kind.class_names == ("NA", "nan")


def test_a_number_in_the_configuration_is_the_name_of_a_column():
    kind = looked(write(frame().rename(columns={"a": "2020", "class": "1"})), label=1, features=[2020, "b"])
    assert kind.make().features == ("2020", "b")


def test_rows_are_split_by_a_column_or_at_random():
    fold = np.arange(N) // 10
    kind = looked(write(frame(fold=fold)), split="fold", test_split=[3, 1])
    assert kind.make().test.tolist() == [*range(10, 20), *range(30, 40)]
    assert kind.make().features == ("a", "b")
    words = np.where(fold == 2, "test", "train")
    assert looked(write(frame(fold=words)), split="fold").make().test.tolist() == list(range(20, 30))
    first, second = (looked(write(frame()), split_seed=seed).make() for seed in (0, 1))
    assert sorted(first.test.tolist()) != sorted(second.test.tolist())
    assert len(first.test) == 14


def test_features_are_all_other_numeric_columns_or_those_that_are_named():
    path = write(frame(city="Jena", z=B**2))
    assert looked(path).make().features == ("a", "b", "z")
    assert looked(path).summary() == (
        "26 rows for training and 14 for test, 3 features, 2 classes: no, yes; of text and so no features: city"
    )
    assert looked(path, drop=["a", "city"]).make().features == ("b", "z")
    assert looked(path, features=["z", "a"]).make().features == ("z", "a")


def test_thousands_of_columns():
    X = RNG.normal(size=(N, 3000)).round(3)
    table = pd.DataFrame(X, columns=[f"gene {k}" for k in range(3000)]).assign(label=LABELS)
    assert looked(write(table), label="label").n_features == 3000


def test_without_a_label_there_are_no_classes():
    made = looked(write(frame().drop(columns="class")), label=None).make()
    assert made.classes == ()
    assert not made.y.any()


# What decides a data set.


def test_the_content_decides_a_data_set_and_not_the_path_and_it_is_read_once(monkeypatch):
    read = []
    true = OwnFile._read
    monkeypatch.setattr(OwnFile, "_read", lambda self: read.append(self.path) or true(self))
    first = looked(write(frame())).settings
    Path("t.csv").rename("u.csv")
    assert looked("u.csv").settings == first
    assert looked("u.csv", test_fraction=0.5).settings != first
    assert read == ["t.csv", "u.csv"]
    assert "path" not in first


def test_a_job_makes_the_data_set_of_the_settings_and_refuses_another_content():
    settings = looked(write(frame())).settings
    made = kinds.make(settings, "t.csv")
    assert made.classes == ("no", "yes")
    write(frame(a=A + 1))
    with pytest.raises(FileError, match=r"t\.csv: changed during the run"):
        kinds.make(settings, "t.csv")


def test_a_digest_in_the_configuration_must_be_that_of_the_file():
    digest = looked(write(frame())).settings["digest"]
    looked("t.csv", digest=digest)
    assert f"has the digest {digest}" in refusal("t.csv", digest="0" * 64)


# What is refused.


def altered(column: str, row: int, value: object) -> pd.DataFrame:
    table = frame().astype({column: object})
    table.loc[row - 1, column] = value
    return table


def with_line(number: int, line: str) -> str:
    lines = frame().to_csv(index=False).splitlines()
    lines[number] = line
    return "\n".join(lines) + "\n"


LARGE = 1_700_000_000 + np.arange(N) * 3
BAD_TABLES = {
    "missing value": (altered("b", 7, ""), {}, "column 'b', row 7: the value is missing"),
    "infinite value": (altered("a", 3, "inf"), {}, "column 'a', row 3: the value is infinite"),
    "text among numbers": (
        altered("a", 9, "n. a."),
        {},
        "column 'a', row 9: 'n. a.' is text among the features",
    ),
    "text among numbers with a decimal comma": (
        altered("a", 9, "n. a.").to_csv(index=False, sep=";").replace(".", ",").replace("n, a,", "n. a."),
        {},
        "column 'a', row 9: 'n. a.' is text among the features",
    ),
    "missing truth value": (
        frame(flag=pd.array([True, None, *FLAG[2:]], dtype="boolean")),
        {},
        "column 'flag', row 2: the value is missing",
    ),
    "number among truth values": (
        frame(flag=[*FLAG[:-1], 2]),
        {},
        "column 'flag', row 1: 'True' is text among the features",
    ),
    "text that is named": (
        frame(city="Jena"),
        {"features": ["a", "city"]},
        "column 'city', row 1: 'Jena' is text among the features",
    ),
    "numbers in another notation": (
        frame(c=[f"1.00{k:02},5" for k in range(N)]),
        {},
        "column 'c', row 1: '1.0000,5' is text among the features; see the keys `decimal`",
    ),
    "duplicate header": (with_line(0, "a,a,class"), {}, "columns 1 and 2 are both named 'a'"),
    "empty header": (with_line(0, "a,,class"), {}, "column 2 has no name: name it"),
    "index without a name": (
        frame().to_csv(),
        {},
        "column 1 has no name: an index that was written by accident",
    ),
    "index with a name": (
        frame().reset_index(names="Unnamed: 0"),
        {},
        "column 'Unnamed: 0' counts the rows: an index that was written by accident (pandas: to_csv(..., index=False))?",
    ),
    "header that is too short": (
        with_line(0, "a,b"),
        {"label": None},
        "row 1 has 3 cells, but the first line has 2",
    ),
    "first line that is a comment": (
        "# measured in May\n" + frame().to_csv(index=False),
        {},
        "row 1 has 3 cells, but the first line has 1 names; it must name the columns",
    ),
    "separator that is not found": (
        frame().to_csv(index=False, sep=" "),
        {},
        "its first line is one cell, 'a b class'; the key `separator` says what is between cells",
    ),
    "separator that is not found in a long line": (
        "\n".join("~".join(f"x{k}" for k in range(100)) for _ in range(20)),
        {},
        "its first line is one cell, 'x0~x1~x2~",
    ),
    "page instead of a table": (
        "<html><body>Not found</body></html>\n" * 20,
        {},
        "its first line is one cell, '<html><body>Not found</body></html>'",
    ),
    "row that is too long": (
        with_line(9, "1,2,yes,4"),
        {},
        "row 9 has 4 cells, but the first line has 3 names",
    ),
    "row that is too long far down": (
        "\n".join(
            ["a,b,class", *[f"{k / 7:.3f},{-k / 9:.3f},{k % 2}" for k in range(300)], "1,2,0,4", "1,2,0"]
        ),
        {},
        "line 302 has 4 cells, but the first line has 3 names",
    ),
    "points among decimal commas far down": (
        "\n".join(
            [
                "a;b;class",
                *[f"{k / 7:.3f};{-k / 9:.3f};x".replace(".", ",") for k in range(300)],
                "1.234;5,5;y",
            ]
        ),
        {},
        "column 'a', row 301: '1.234' is text among the features; see the keys `decimal`",
    ),
    "commas among decimal points far down": (
        "\n".join(["a;b;class", *[f"{k / 7:.3f};{-k / 9:.3f};x" for k in range(300)], "1,234;5.5;y"]),
        {},
        "column 'a', row 301: '1,234' is text among the features; see the keys `decimal`",
    ),
    "row that is too short": (with_line(9, "1"), {}, "row 9: the value is missing"),
    "no header": (with_line(0, "1,2,3"), {"label": None}, "its first line holds numbers only"),
    "missing label": (altered("class", 5, ""), {}, "row 5 has no label"),
    "unknown label": (
        frame(),
        {"label": "clas"},
        "has no column 'clas'; there is a, b, class; did you mean 'class'?",
    ),
    "unknown feature": (frame(), {"features": ["a", "c"]}, "has no column 'c'"),
    "unknown column to drop": (frame(), {"drop": ["c"]}, "has no column 'c'; there is a, b, class"),
    "unknown split": (frame(), {"split": "fold"}, "has no column 'fold'"),
    "constant label": (frame(**{"class": "yes"}), {}, "the label is 'yes' in every row"),
    "label that is a measurement": (
        frame(**{"class": A}),
        {},
        "the label has 40 different values in 40 rows",
    ),
    "class without test rows": (
        frame(fold=np.where((np.arange(N) > 19) & (LABELS == "no"), "test", "train")),
        {"split": "fold"},
        "class 'yes' has no row in the test set; it has 20 in all",
    ),
    "class without training rows": (
        frame(fold=np.where(LABELS == "no", "test", "train")),
        {"split": "fold"},
        "class 'no' has no row in the training set",
    ),
    "no test rows": (frame(fold="train"), {"split": "fold"}, "no row is in the test set"),
    "unknown part": (frame(fold="valid"), {"split": "fold"}, "split, row 1: 'valid', must be train or test"),
    "missing part": (
        altered("class", 4, "").assign(label=LABELS),
        {"label": "label", "split": "class", "test_split": ["yes"]},
        "split, row 4: ''",
    ),
    "unknown value of test_split": (
        frame(fold=np.arange(N) % 3),
        {"split": "fold", "test_split": [4]},
        "no row has '4' as its split; there is 0, 1, 2",
    ),
    "test_split without split": (frame(), {"test_split": ["x"]}, "test_split has no effect without `split`"),
    "timestamps": (frame(t=LARGE), {}, "column 't', row 1: 1700000000 and 1700000003 are one number"),
    "timestamps with fractions": (frame(t=LARGE + 0.25), {}, "column 't' varies by"),
    "numbers beyond 32 bits": (frame(c=B * 1e38), {}, "is too large for 32 bits"),
    "too few rows": (frame().head(9), {}, "has 9 rows, must have at least 10"),
    "no features": (frame()[["class"]], {}, "has no numeric column that is a feature"),
    "empty": ("", {}, "its content is empty, not what .csv says"),
    "header alone": ("a,b,class\n", {}, "has 0 rows, must have at least 10"),
}


CONSTANT = {
    "everywhere": (frame(c=1.5), {}),
    "in training": (
        frame(c=(np.arange(N) == 39).astype(int), fold=np.arange(N) // 10),
        {"split": "fold", "test_split": [3]},
    ),
}


@pytest.mark.parametrize(("table", "keys"), CONSTANT.values(), ids=CONSTANT)
def test_a_constant_feature_is_refused_where_a_network_normalises_it(table, keys):
    data = {"kind": "file", "path": write(table), "label": "class"} | keys
    raw: dict[str, Any] = {"datasets": {"mine": data}, "models": {"m": {"hidden": [3, 3, 3]}}}
    with pytest.raises(ConfigError) as caught:
        parse_config(raw)
    assert (
        "datasets.mine: t.csv: the same value in all training rows, which explodes after normalisation, has column 'c'; "
        "name it in `drop`"
    ) in str(caught.value)
    raw["models"]["m"]["normalize"] = False
    assert parse_config(raw).config.datasets["mine"].n_features == 3


@pytest.mark.parametrize(("table", "keys", "message"), BAD_TABLES.values(), ids=BAD_TABLES)
def test_a_bad_table_is_refused(table, keys, message):
    assert message in refusal(write(table), **keys)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        (
            "t.csv",
            b"PK\x03\x04rest",
            "its content is a ZIP archive, not what .csv says; save a workbook as CSV",
        ),
        ("t.npz", b"a,b\n1,2\n", "its content is text, not what .npz says"),
        ("t.npz", b"PK\x03\x04rest", "is no NPZ file that can be read"),
        ("t.h5", b"\x89HDF\r\n\x1a\n cut off", "is no whole HDF5 file"),
        ("t.csv", b"a,b\n1,\0\n", "its content is no text"),
        ("t.xlsx", b"PK\x03\x04rest", ".xlsx is no format that is read"),
        ("t", b"a,b\n", "a name without ending is no format"),
    ],
)
def test_a_file_that_is_not_what_its_name_says_is_refused(name, content, message):
    Path(name).write_bytes(content)
    assert message in refusal(name)


def test_the_ending_counts_also_where_the_content_is_known():
    looked(write(frame()))
    for name in ("t.data", "t.parquet"):
        write(frame(), name)
        assert name.removeprefix("t") in refusal(name)


def test_text_of_hdf5_is_utf_8():
    X = np.column_stack([A, B])
    for encoding in ("utf-8", "latin-1"):
        with h5py.File("t.h5", "w") as file:
            file["X"], file["y"] = (
                X,
                [label.encode(encoding) for label in np.where(A > 0, "größer", "kleiner")],
            )
        if encoding == "utf-8":
            assert looked("t.h5", label=None).class_names == ("größer", "kleiner")
    assert "y is text that is not UTF-8" in refusal("t.h5", label=None)


def test_what_was_found_is_told_in_one_line_however_long_the_names_are():
    for long in ("a " * 500, "a" * 1000):
        kind = looked(write(frame(**{"class": np.where(LABELS == "yes", "b\nc", long)})))
        assert kind.summary().endswith(f"{long[:57]}..., b c")
        assert "\n" not in kind.summary()
    assert len(kind.summary()) < 200


def test_a_folder_is_refused():
    Path("t.csv").mkdir()
    assert "is a folder" in refusal("t.csv")


def test_pickled_objects_are_not_read():
    np.savez("t.npz", X=np.array([[{}]] * N, dtype=object), y=LABELS)
    assert "pickled objects are not" in refusal("t.npz", label=None)


@pytest.mark.parametrize("where", ["link", "external", "virtual", "group", "cut off"])
def test_an_hdf5_file_that_points_elsewhere_is_refused(where):
    with h5py.File("other.h5", "w") as other:
        other["X"] = np.column_stack([A, B])
    with h5py.File("t.h5", "w") as file:
        file["y"] = LABELS.astype(h5py.string_dtype())
        match where:
            case "link":
                file["X"] = h5py.ExternalLink("other.h5", "X")
            case "external":
                file.create_dataset("X", (N, 2), "f8", external=[("/etc/passwd", 0, N * 16)])
            case "virtual":
                layout = h5py.VirtualLayout((N, 2), "f8")
                layout[:] = h5py.VirtualSource("other.h5", "X", (N, 2))
                file.create_virtual_dataset("X", layout)
            case "group":
                file.create_group("X")
            case "cut off":
                file.create_dataset("X", (10**9, 100), "f8", chunks=(1000, 100))
    expected = {
        "link": "X is not there, or is a link to another place",
        "group": "X is no array",
        "cut off": "X declares 800,000,000,000 bytes, and the file does not hold so many",
    }.get(where, "X keeps its values outside of the file")
    assert expected in refusal("t.h5", label=None)


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"y": LABELS}, "has no array 'X'; there is y"),
        (
            {"X": np.column_stack([A, B]), "y": LABELS[:5]},
            "y is of shape (5,), must be (40,): one value for each row of X",
        ),
        ({"X": A, "y": LABELS}, "X is of shape (40,), must be (rows, features)"),
        ({"X": np.column_stack([A, B]).astype(str), "y": LABELS}, "must be numbers"),
        ({"X": np.column_stack([A, B]), "y": LABELS, "features": ["a"]}, "features are 1 names, but X has 2"),
        ({"X": np.column_stack([A, B * 1j]), "y": LABELS}, "X is of type complex128"),
    ],
)
def test_bad_arrays_are_refused(arrays, message):
    np.savez("t.npz", **arrays)
    assert message in refusal("t.npz", label=None)


def configured(**keys: Any) -> dict[str, Any]:
    return {
        "datasets": {"mine": {"kind": "file", "path": "t.csv", "label": "class"} | keys},
        "models": {"m": {"hidden": [3, 3, 3]}},
    }


def message_of(**keys: Any) -> str:
    with pytest.raises(ConfigError) as caught:
        parse_config(configured(**keys))
    return str(caught.value)


def test_a_bad_file_stops_the_configuration_with_its_key():
    assert "datasets.mine: t.csv: no such file in " in message_of()
    write(altered("b", 7, ""))
    assert "datasets.mine: t.csv: column 'b', row 7: the value is missing" in message_of()


@pytest.mark.parametrize("key", ["label", "split", "test_split", "features", "drop"])
def test_what_yaml_makes_of_yes_and_no_is_refused(key):
    write(frame())
    value = True if key in ("label", "split") else [False]
    assert "write it in quotes" in message_of(**{key: value})


def test_a_column_can_have_one_role_only():
    write(frame())
    assert "column 'a' is both in label and in features" in message_of(label="a", features=["a", "b"])


def test_a_network_cannot_be_trained_without_labels():
    write(frame().drop(columns="class"))
    assert "datasets.mine.label: missing" in message_of(label=None)
