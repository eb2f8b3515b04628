"""Files: whole or absent, the same bytes each time, and refused when they are not what is expected."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections import OrderedDict

import h5py
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from layertopo import storage
from layertopo.errors import ResultError

SETTINGS = {"model": {"hidden": [2, 3]}, "seed": 0}
BIG = np.random.default_rng(0).normal(size=(5000, 3))


@pytest.fixture
def path(tmp_path):
    """A stored file with a small array, a big (compressed) one and a group."""
    path = tmp_path / "file.h5"
    write(path)
    return path


def write(path, settings=SETTINGS) -> None:
    with storage.create(path, settings, ["numpy"]) as file:
        storage.write(file, "small", np.arange(3))
        storage.write(file, "big", BIG)
        storage.write(file, "group/inner", BIG[:10])


def write_and_fail(path) -> None:
    with storage.create(path, SETTINGS, []) as file:
        storage.write(file, "big", BIG)
        raise ZeroDivisionError


def failure(path, settings=SETTINGS, array="small") -> str:
    """Message of the error on reading."""
    with pytest.raises(ResultError) as caught, storage.load(path, settings) as file:
        storage.read(file, array)
    assert str(path) in str(caught.value)
    return str(caught.value)


def test_arrays_read_back_the_same(path):
    with storage.load(path, SETTINGS) as file:
        np.testing.assert_array_equal(storage.read(file, "big"), BIG, strict=True)
        np.testing.assert_array_equal(storage.read(file, "small"), np.arange(3), strict=True)


def test_big_arrays_are_chunked_and_compressed(path):
    with storage.load(path) as file:
        assert file["big"].chunks is not None
        assert file["big"].compression == "gzip"


def test_a_file_names_its_settings_and_the_libraries_that_made_it(path):
    with h5py.File(path) as file:
        assert json.loads(file.attrs["provenance"]) == SETTINGS
        assert json.loads(file.attrs["versions"]) == {"numpy": np.__version__}


def test_the_same_content_gives_the_same_bytes(path, tmp_path):
    write(tmp_path / "again.h5")
    assert (tmp_path / "again.h5").read_bytes() == path.read_bytes()


def test_a_failure_leaves_nothing(tmp_path):
    with pytest.raises(ZeroDivisionError):
        write_and_fail(tmp_path / "x.h5")
    assert list(tmp_path.iterdir()) == []


def test_a_failure_leaves_the_file_that_was_there(path):
    before = path.read_bytes()
    with pytest.raises(ZeroDivisionError):
        write_and_fail(path)
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


def test_a_file_is_not_there_before_it_is_whole(tmp_path):
    final = tmp_path / "x.txt"
    with storage.whole_file(final) as part:
        part.write_text("half")
        assert not final.exists()
    assert final.read_text() == "half"


def test_what_a_killed_job_leaves_is_gone_once_the_job_is_done(tmp_path):
    final = tmp_path / "x.txt"
    script = (
        "import os, signal, sys\nfrom layertopo.storage import whole_file\n"
        "with whole_file(sys.argv[1]) as part:\n"
        "    part.write_text('half')\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    killed = subprocess.run([sys.executable, "-c", script, final], env=os.environ, check=False)
    assert killed.returncode == -signal.SIGKILL
    assert not final.exists()
    with storage.whole_file(final) as part:
        part.write_text("whole")
    assert list(tmp_path.iterdir()) == [final]


def test_a_job_that_is_done_again_takes_nothing_from_one_that_outlived_its_workflow(tmp_path):
    final = tmp_path / "x.txt"
    outlived = tmp_path / ".part-x.1.txt"
    outlived.write_text("half")
    with storage.whole_file(final) as part:
        assert part != outlived
        assert not outlived.exists()
        part.write_text("whole")
    assert list(tmp_path.iterdir()) == [final]


def test_the_temporary_file_of_another_result_is_left_alone(tmp_path):
    other = tmp_path / ".part-x-y.1.txt"
    other.write_text("half")
    with storage.whole_file(tmp_path / "x.txt") as part:
        part.write_text("whole")
    assert other.exists()


def test_folders_are_made(tmp_path):
    write(tmp_path / "a/b/c.h5")
    assert (tmp_path / "a/b/c.h5").is_file()


def test_a_missing_file_is_named(tmp_path):
    assert "no such file" in failure(tmp_path / "none.h5")


def test_a_folder_in_the_place_of_a_file_is_said_to_be_one(tmp_path):
    (tmp_path / "file.h5").mkdir()
    assert "cannot be read: Is a directory" in failure(tmp_path / "file.h5")


@pytest.fixture
def unreadable(path):
    """A file that may not be read; root, who may read everything, is an ordinary user for the time of the test."""
    path.chmod(0)
    user = os.geteuid()
    if user == 0:
        os.seteuid(65534)
    yield path
    os.seteuid(user)


def test_a_file_that_may_not_be_read_is_not_said_to_be_damaged(unreadable):
    message = failure(unreadable)
    assert "cannot be read: Permission denied" in message
    assert "delete" not in message


def test_a_file_that_another_program_writes_to_is_not_said_to_be_damaged(path):
    script = (
        "import os, sys, h5py\n"
        "os.environ['HDF5_USE_FILE_LOCKING'] = 'TRUE'\n"
        "file = h5py.File(sys.argv[1], 'r+', locking=True)\n"
        "print('open', flush=True)\n"
        "sys.stdin.read()\n"
    )
    command = [sys.executable, "-c", script, path]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout.readline() == "open\n"
        message = failure(path)
        other.stdin.close()
    assert "another program is writing to it" in message
    assert "delete" not in message


@pytest.mark.parametrize("kept", [0, 1, 100, 0.5, 0.9, -1])
def test_a_truncated_file_is_refused(path, kept):
    content = path.read_bytes()
    path.write_bytes(content[: int(kept * len(content)) if isinstance(kept, float) else kept])
    assert "not a whole HDF5 file" in failure(path)


def test_a_damaged_array_is_refused(path):
    with h5py.File(path) as file:
        start = file["big"].id.get_chunk_info(0).byte_offset
    with path.open("r+b") as stream:
        stream.seek(start)
        stream.write(bytes(200))
    assert "array 'big' cannot be read" in failure(path, array="big")


@pytest.mark.parametrize("name", ["none", "none/inner", "group", "small/inner"])
def test_a_missing_array_is_named(path, name):
    assert f"no array {name!r}" in failure(path, array=name)


def test_a_missing_attribute_is_named(path):
    with storage.load(path) as file, pytest.raises(ResultError, match="no attribute 'metric'"):
        storage.attribute(file, "metric")


def test_a_file_of_another_program_is_refused(tmp_path):
    with h5py.File(tmp_path / "x.h5", "w") as file:
        file["small"] = 1
    assert "not a file of this workflow" in failure(tmp_path / "x.h5")


def test_a_file_with_a_provenance_of_another_kind_is_refused(tmp_path):
    with h5py.File(tmp_path / "x.h5", "w") as file:
        file.attrs["provenance"] = "found in the attic"
    assert "not a file of this workflow" in failure(tmp_path / "x.h5")


def test_a_file_of_other_settings_is_refused_with_the_key_and_both_values(path):
    message = failure(path, {"model": {"hidden": [2, 4]}, "seed": 0})
    assert "model.hidden was [2, 3], should be [2, 4]" in message
    assert "seed" not in message


def test_a_file_of_the_same_settings_in_another_order_is_accepted(path):
    with storage.load(path, OrderedDict(reversed(SETTINGS.items()))) as file:
        assert "small" in file


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-3, 3)
    | st.sampled_from([0.0, 1.0, 0.5])
    | st.text("ab", max_size=2),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=6,
)
settings = st.dictionaries(st.sampled_from("abc"), json_values, max_size=3)


@given(settings)
def test_the_canonical_form_is_json_of_the_settings(value):
    assert json.loads(storage.canonical(value)) == value


@given(settings, st.randoms())
def test_the_canonical_form_does_not_depend_on_the_order_of_keys(value, random):
    items = list(value.items())
    random.shuffle(items)
    assert storage.canonical(dict(items)) == storage.canonical(value)


def test_numbers_of_numpy_have_the_canonical_form_of_python():
    assert storage.canonical({"n": np.int64(3), "x": np.float64(0.1)}) == storage.canonical(
        {"n": 3, "x": 0.1}
    )


@given(settings, settings)
def test_settings_that_differ_are_told_apart_by_key(stored, expected):
    same = storage.canonical(stored) == storage.canonical(expected)
    assert (storage._differences(stored, expected) == []) == same


@given(settings)
def test_only_keys_that_differ_are_named(value):
    changes = storage._differences(value | {"key": 1}, value | {"key": 2})
    assert changes == ["key was 1, should be 2"]
