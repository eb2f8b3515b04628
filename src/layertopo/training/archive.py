"""Somebody's Keras archive, looked through before Keras sees it.

Loading a model runs what its archive says: safe mode alone was bypassed more than once (CVE-2025-1550, -8747, -9905,
-9906). So everything that the archive names must be one of Keras' own layers, or a plain part of one; what runs code
or reads files is refused, and so are links in the file of weights.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import h5py

from layertopo import facts
from layertopo.errors import FileError
from layertopo.record.layout import why_not_read
from layertopo.storage import canonical

_CONFIG, _WEIGHTS = "config.json", "model.weights.h5"
_MEMBERS = {"metadata.json", _CONFIG, _WEIGHTS}
#: More is no description of a network.
_MOST_CONFIG = 2**26
#: What is packed tighter is no file of weights, which hardly compress.
_MOST_COMPRESSION = 100
#: What reading a file that is damaged, encrypted, or made to do harm, may raise.
_BROKEN = (
    *(KeyError, ValueError, TypeError, OSError, EOFError, RuntimeError),
    *(zipfile.BadZipFile, zlib.error),
)

_DIMENSIONS = ("1D", "2D", "3D")
#: Layers of Keras that neither run given code nor read files.
LAYERS = frozenset(
    [
        *[
            "Activation",
            "ActivityRegularization",
            "Add",
            "AdditiveAttention",
            "AlphaDropout",
            "Attention",
            "Average",
            "BatchNormalization",
            "Bidirectional",
            "CategoryEncoding",
            "CenterCrop",
            "Concatenate",
            "Dense",
            "Discretization",
            "Dot",
            "Dropout",
            "ELU",
            "EinsumDense",
            "Embedding",
            "Flatten",
            "GRU",
            "GRUCell",
            "GaussianDropout",
            "GaussianNoise",
            "GroupNormalization",
            "GroupQueryAttention",
            "Identity",
            "InputLayer",
            "InputSpec",
            "LSTM",
            "LSTMCell",
            "LayerNormalization",
            "LeakyReLU",
            "Masking",
            "Maximum",
            "MelSpectrogram",
            "Minimum",
            "MultiHeadAttention",
            "Multiply",
            "Normalization",
            "PReLU",
            "Permute",
            "RMSNormalization",
            "RNN",
            "RandomBrightness",
            "RandomContrast",
            "RandomCrop",
            "RandomFlip",
            "RandomRotation",
            "RandomTranslation",
            "RandomZoom",
            "ReLU",
            "RepeatVector",
            "Rescaling",
            "Reshape",
            "Resizing",
            "ReversibleEmbedding",
            "STFTSpectrogram",
            "SimpleRNN",
            "SimpleRNNCell",
            "Softmax",
            "SpectralNormalization",
            "StackedRNNCells",
            "Subtract",
            "TimeDistributed",
            "UnitNormalization",
        ],
        *(
            name + size
            for name in [
                "AdaptiveAveragePooling",
                "AdaptiveMaxPooling",
                "AveragePooling",
                "Conv",
                "ConvLSTM",
                "Cropping",
                "DepthwiseConv",
                "GlobalAveragePooling",
                "GlobalMaxPooling",
                "MaxPooling",
                "SeparableConv",
                "SpatialDropout",
                "UpSampling",
                "ZeroPadding",
            ]
            for size in _DIMENSIONS
        ),
        *(f"Conv{size}Transpose" for size in _DIMENSIONS),
    ]
)
#: Classes by the module that an archive says they are of: all whose name is one of a class, or those listed.
_CLASSES: dict[str | None, frozenset[str] | None] = {
    "keras": frozenset({"Sequential", "Functional", "DTypePolicy"}),
    "keras.models": frozenset({"Sequential", "Functional"}),
    "keras.src.models.functional": frozenset({"Functional"}),
    "keras.src.models.sequential": frozenset({"Sequential"}),
    "keras.layers": LAYERS,
    "keras.dtype_policies": frozenset({"DTypePolicy"}),
    **dict.fromkeys(
        (
            *("keras.initializers", "keras.regularizers", "keras.constraints"),
            *("keras.optimizers", "keras.losses", "keras.metrics"),
            # Operations that stand between layers, such as the sum of two of them.
            *("keras.src.ops.nn", "keras.src.ops.numpy", "keras.src.ops.math"),
        )
    ),
    None: frozenset({"__keras_tensor__", "__tensor__", "__numpy__"}),
}
_MODELS = {"Sequential", "Functional"}


def read(path: Path) -> dict[str, Any]:
    """Look through an archive.

    Returns
    -------
    dict
        `architecture`: a digest of the network that the archive describes, without its weights and training.

    Raises
    ------
    FileError
        If it is no Keras archive, or holds what is not loaded.
    """
    _check_is_file(path)
    return _look_through(path, str(path))


@contextmanager
def checked_copy(path: str | Path, digest: str | None = None) -> Iterator[Path]:
    """A copy of an archive that nobody else writes to, looked through: what is loaded is what was checked.

    Parameters
    ----------
    path : path
    digest : str, optional
        SHA-256 that was planned; any if left out.

    Raises
    ------
    FileError
        As :func:`read`; and if it has another digest.
    """
    _check_is_file(Path(path))
    with tempfile.TemporaryDirectory(prefix="layertopo-") as folder:
        copy = Path(folder, "model.keras")
        shutil.copyfile(path, copy)
        if digest is not None:
            facts.check(copy, digest, str(path))
        _look_through(copy, str(path))
        yield copy


def _look_through(path: Path, called: str) -> dict[str, Any]:
    with _opened(path, Path(called)) as archive:
        config = _config_of(called, archive)
        _check_weights(called, archive, path.stat().st_size)
    network = {key: value for key, value in config.items() if key != "compile_config"}
    if network.get("class_name") not in _MODELS:
        raise FileError(
            f"{called}: is a {network.get('class_name')}, and must be a Sequential or functional model"
        )
    for place, each in _objects(network, "the model"):
        _check_object(called, place, each)
    return {"architecture": hashlib.sha256(canonical(network).encode()).hexdigest()}


def _check_is_file(path: Path) -> None:
    if not path.is_file():
        what = "is a folder" if path.is_dir() else "is no file"
        raise FileError(f"{path}: {what}; a model is saved as one file: model.save('name.keras')")


def _opened(path: Path, called: Path) -> zipfile.ZipFile:
    """The archive; what it may be instead is told by name."""
    with path.open("rb") as file:
        start = file.read(8)
    if start == b"\x89HDF\r\n\x1a\n":
        # Keras opens by the ending: it would take this for an archive.
        old = called.with_suffix(".h5") if called.suffix == ".keras" else called
        rename = "" if old == called else f"rename it to {old.name} and call "
        raise FileError(
            f"{called}: is a model in Keras' legacy HDF5 form, which is not opened. Convert it where you trust it: {rename}"
            f"keras.saving.load_model('{old.name}', compile=False).save('{called.stem}.keras')"
        )
    if called.suffix != ".keras":
        raise FileError(f"{called}: a saved model is a .keras file; save it with model.save('name.keras')")
    try:
        archive = zipfile.ZipFile(path)
    except zipfile.BadZipFile:
        raise FileError(
            f"{called}: is no Keras archive, or is cut off; make it with model.save('name.keras')"
        ) from None
    names = archive.namelist()
    others = [name for name in names if name not in _MEMBERS or names.count(name) > 1]
    if others:
        archive.close()
        raise FileError(
            f"{called}: holds {others[0]!r}{' more than once' if others[0] in _MEMBERS else ''}, which is no part of a "
            "network of Keras' own layers (a vocabulary, or another form of model?); it is not loaded"
        )
    return archive


def _config_of(called: str, archive: zipfile.ZipFile) -> dict[str, Any]:
    try:
        for entry in archive.infolist():
            if entry.filename != _WEIGHTS and entry.file_size > _MOST_CONFIG:
                raise FileError(f"{called}: {entry.filename} is too large to describe a network")
        config = json.loads(archive.read(_CONFIG))
    except _BROKEN as error:
        raise FileError(f"{called}: no whole Keras archive: {_CONFIG}: {error}") from None
    if not isinstance(config, dict):
        raise FileError(f"{called}: {_CONFIG} describes no network")
    return config


def _check_weights(called: str, archive: zipfile.ZipFile, size: int) -> None:
    """The weights are in the archive and nowhere else, and are as many as they are said to be."""
    try:
        entry = archive.getinfo(_WEIGHTS)
        packed = min(entry.compress_size, size)
        if entry.file_size > _MOST_COMPRESSION * packed:
            raise FileError(
                f"{called}: {_WEIGHTS} is packed {entry.file_size // max(1, packed)} times tighter"
            )
        with h5py.File(io.BytesIO(archive.read(_WEIGHTS)), "r") as file:
            links: list[tuple[str, Any]] = []
            file.visititems_links(lambda name, link: links.append((name, link)))
            for name, link in links:
                if not isinstance(link, h5py.HardLink):
                    raise FileError(
                        f"{called}: {_WEIGHTS}: {name} is kept outside of the file; it is not loaded"
                    )
                if isinstance(file[name], h5py.Dataset) and (reason := why_not_read(file[name])):
                    raise FileError(f"{called}: {_WEIGHTS}: {name} {reason}")
    except _BROKEN as error:
        raise FileError(f"{called}: no whole Keras archive: {_WEIGHTS}: {error}") from None


def _objects(value: Any, place: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Everything in a configuration that is made when it is loaded, and the layer that it is in."""
    if isinstance(value, dict):
        if "class_name" in value:
            inner = value.get("config")
            own = inner.get("name") if isinstance(inner, dict) else None
            place = f"layer {own!r}" if isinstance(own, str) else place
            yield place, value
        for each in value.values():
            yield from _objects(each, place)
    elif isinstance(value, list):
        for each in value:
            yield from _objects(each, place)


def _check_object(called: str, place: str, value: dict[str, Any]) -> None:
    name, module, registered = (value.get(key) for key in ("class_name", "module", "registered_name"))
    legal = _CLASSES.get(module, frozenset())
    known = isinstance(name, str) and (
        re.fullmatch("[A-Z][A-Za-z0-9]*", name) is not None if legal is None else name in legal
    )
    if not known or registered not in (None, name):
        raise FileError(
            f"{called}: {place} is a {name} of {registered if registered not in (None, name) else module or 'no module'}; only "
            "networks of Keras' own layers are opened, without what runs code (Lambda, TFSMLayer, own classes and "
            "functions) or reads files (lookups). To analyse it, record it: layertopo.record"
        )
