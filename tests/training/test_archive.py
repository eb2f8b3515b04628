"""Somebody's Keras archive: what is opened, and what is refused before Keras sees it."""

from __future__ import annotations

import hashlib
import io
import json
import os
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import pytest

from layertopo.errors import FileError
from layertopo.training import archive

NO_MODULE = {"module": None, "registered_name": None}


def layer(
    name: str = "Dense", module: str | None = "keras.layers", registered: str | None = None, **config: Any
):
    return {
        "module": module,
        "class_name": name,
        "registered_name": registered,
        "config": {"name": "mine", **config},
    }


def model(*layers: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"module": "keras", "class_name": "Sequential", "config": {"layers": list(layers)}, **more}


def weights(**links: Any) -> bytes:
    memory = io.BytesIO()
    with h5py.File(memory, "w") as file:
        file["layers/dense/vars/0"] = [1.0, 2.0]
        for name, link in links.items():
            file[name] = link
    return memory.getvalue()


def write(
    path: Path,
    config: object,
    members: dict[str, bytes] | None = None,
    held: bytes | None = None,
    **links: Any,
) -> Path:
    with zipfile.ZipFile(path, "w") as made:
        made.writestr("metadata.json", "{}")
        made.writestr("config.json", config if isinstance(config, str) else json.dumps(config))
        made.writestr("model.weights.h5", weights(**links) if held is None else held)
        for name, content in (members or {}).items():
            made.writestr(name, content)
    return path


def refused(path: Path) -> str:
    with pytest.raises(FileError) as caught:
        archive.read(path)
    return str(caught.value)


def test_a_network_of_keras_own_layers_is_opened(tmp_path):
    nested = model(layer("Conv2D", kernel_initializer=layer("Zeros", "keras.initializers")))
    path = write(tmp_path / "a.keras", model(layer(), nested, layer("Add", "keras.src.ops.numpy")))
    assert set(archive.read(path)) == {"architecture"}


def test_the_architecture_says_nothing_of_weights_and_training(tmp_path):
    first = archive.read(write(tmp_path / "a.keras", model(layer(), compile_config={"loss": "own"})))
    again = archive.read(
        write(tmp_path / "b.keras", model(layer(), compile_config={"loss": "other"}), more=[1])
    )
    other = archive.read(write(tmp_path / "c.keras", model(layer(units=3))))
    assert first == again != other


@pytest.mark.parametrize(
    ("what", "named"),
    [
        (layer("Lambda"), "layer 'mine' is a Lambda of keras.layers"),
        (layer("TFSMLayer"), "is a TFSMLayer"),
        (layer("StringLookup", vocabulary="/etc/passwd"), "is a StringLookup"),
        (layer("TextVectorization"), "is a TextVectorization"),
        (layer("Mine", "my.module", "Custom>Mine"), "is a Mine of Custom>Mine"),
        (layer("Dense", "keras.layers", "Custom>Dense"), "is a Dense of Custom>Dense"),
        (layer("Dense", "my.module"), "is a Dense of my.module"),
        (layer("get_file", "keras.utils"), "is a get_file of keras.utils"),
        (layer("function", "builtins", "function"), "is a function"),
        (layer("Wrapper"), "is a Wrapper"),
        (layer("relu", "keras.src.ops.nn"), "is a relu of keras.src.ops.nn"),
        (layer("Map", "keras.src.ops.core"), "is a Map"),
        (layer("__lambda__", None), "is a __lambda__ of no module"),
        (layer(["Dense"]), "of keras.layers"),
        (layer(activation=layer("Lambda")), "is a Lambda"),
        (layer(deep=[{"a": [layer("loads", "pickle")]}]), "is a loads of pickle"),
        (model(layer(), compile_config={"loss": layer("own", "builtins")}), "is a own of builtins"),
    ],
)
def test_what_runs_code_or_reads_files_is_refused_by_name(tmp_path, what, named):
    message = refused(write(tmp_path / "a.keras", model(layer("Flatten"), what)))
    assert named in message
    assert "record it: layertopo.record" in message


@pytest.mark.parametrize(
    "name", ["assets/vocabulary.txt", "/etc/passwd", "../config.json", "config.json/", "model.weights.npz"]
)
def test_a_vocabulary_and_what_is_no_part_of_a_network_is_refused(tmp_path, name):
    path = write(tmp_path / "a.keras", model(layer()), {name: b"a"})
    assert f"holds {name!r}, which is no part" in refused(path)


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("name", ["config.json", "model.weights.h5"])
def test_a_part_that_is_there_twice_is_refused(tmp_path, name):
    """Of two readers, one might take the first and one the second."""
    path = write(tmp_path / "a.keras", model(layer("Lambda")), {name: json.dumps(model(layer())).encode()})
    assert f"holds {name!r} more than once" in refused(path)


def with_array(make: Callable[[h5py.File], Any]) -> bytes:
    memory = io.BytesIO()
    with h5py.File(memory, "w") as file:
        make(file)
    return memory.getvalue()


def virtual(file: h5py.File) -> None:
    layout = h5py.VirtualLayout((2,), "f4")
    layout[:] = h5py.VirtualSource("/etc/x.h5", "x", (2,))
    file.create_virtual_dataset("layers/x", layout)


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (virtual, "x keeps its values outside of the file"),
        (
            lambda file: file.create_dataset("x", (2,), "f4", external=[("/etc/passwd", 0, 8)]),
            "x keeps its values outside of the file",
        ),
        (
            lambda file: file.create_dataset("x", (10**12,), "f4", chunks=(1,)),
            "x declares 4,000,000,000,000 bytes",
        ),
    ],
)
def test_weights_that_are_not_all_in_the_file_are_refused(tmp_path, make, reason):
    assert reason in refused(write(tmp_path / "a.keras", model(layer()), held=with_array(make)))


def test_a_group_that_holds_itself_is_looked_through_once(tmp_path):
    def make(file: h5py.File) -> None:
        file["layers/x"] = [1.0]
        file["layers/again"] = file["layers"]

    archive.read(write(tmp_path / "a.keras", model(layer()), held=with_array(make)))


def test_a_description_that_is_too_deep_is_refused(tmp_path):
    path = write(tmp_path / "a.keras", '{"a":' * 10**5 + "1" + "}" * 10**5)
    assert "no whole Keras archive: config.json" in refused(path)


def test_a_part_that_is_encrypted_is_refused(tmp_path):
    path = write(tmp_path / "a.keras", model(layer()))
    content = bytearray(path.read_bytes())
    second = content.find(b"PK\x01\x02", content.find(b"PK\x01\x02") + 4)
    content[second + 8] |= 1  # the flag of config.json, in the archive's list
    path.write_bytes(content)
    assert "config.json" in refused(path)


def test_only_names_that_end_in_keras_are_opened(tmp_path):
    path = write(tmp_path / "a.zip", model(layer()))
    assert "a.zip: a saved model is a .keras file" in refused(path)
    (tmp_path / "dir.keras").mkdir()
    assert "dir.keras: is a folder" in refused(tmp_path / "dir.keras")
    os.mkfifo(tmp_path / "pipe.keras")
    assert "pipe.keras: is no file" in refused(tmp_path / "pipe.keras")


def test_what_is_given_to_keras_is_a_copy_of_what_was_checked(tmp_path):
    path = write(tmp_path / "a.keras", model(layer()))
    good, digest = path.read_bytes(), sha256(path)
    with archive.checked_copy(path, digest) as copy:
        write(path, model(layer("Lambda")))  # exchanged after the check
        assert copy.read_bytes() == good
        assert copy.parent.stat().st_mode & 0o077 == 0
    assert not copy.exists()
    with (
        pytest.raises(FileError, match=r"a\.keras: changed during the run"),
        archive.checked_copy(path, digest),
    ):
        pass
    with pytest.raises(FileError, match="is a Lambda"), archive.checked_copy(path, sha256(path)):
        pass


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize("link", [h5py.ExternalLink("/etc/x.h5", "x"), h5py.SoftLink("/layers")])
def test_weights_that_are_elsewhere_are_refused(tmp_path, link):
    path = write(tmp_path / "a.keras", model(layer()), aside=link)
    assert "aside is kept outside of the file" in refused(path)


def test_what_is_packed_too_tightly_is_not_unpacked(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.keras", "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("config.json", json.dumps(model(layer())))
        made.writestr("model.weights.h5", bytes(10**6))
    assert "times tighter" in refused(tmp_path / "a.keras")


def test_the_legacy_form_is_refused_with_how_to_convert_it(tmp_path):
    h5py.File(tmp_path / "old.h5", "w").close()
    assert "keras.saving.load_model('old.h5', compile=False).save('old.keras')" in refused(
        tmp_path / "old.h5"
    )
    (tmp_path / "old.h5").rename(tmp_path / "new.keras")
    assert (
        "rename it to new.h5 and call keras.saving.load_model('new.h5', compile=False).save('new.keras')"
        in refused(tmp_path / "new.keras")
    )


def test_a_file_that_is_cut_off_or_something_else_is_refused(tmp_path):
    path = write(tmp_path / "a.keras", model(layer()))
    path.write_bytes(path.read_bytes()[:-200])
    assert "is no Keras archive, or is cut off" in refused(path)
    assert "is a folder" in refused(tmp_path)


@pytest.mark.parametrize("config", ["", "[]", "3", "{}", {"class_name": "Mine", "module": "m"}])
def test_a_description_that_is_none_is_refused(tmp_path, config):
    assert "a.keras: " in refused(write(tmp_path / "a.keras", config))
