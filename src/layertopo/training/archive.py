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
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import h5py

from layertopo.errors import FileError
from layertopo.storage import canonical

_CONFIG, _WEIGHTS = "config.json", "model.weights.h5"
_MEMBERS = {"metadata.json", _CONFIG, _WEIGHTS}
#: More is no description of a network.
_MOST_CONFIG = 2**26
#: What is packed tighter is no file of weights, which hardly compress.
_MOST_COMPRESSION = 100

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
    with _opened(path) as archive:
        config = _config_of(path, archive)
        _check_weights(path, archive)
    network = {key: value for key, value in config.items() if key != "compile_config"}
    if network.get("class_name") not in _MODELS:
        raise FileError(
            f"{path}: is a {network.get('class_name')}, and must be a Sequential or functional model"
        )
    for place, each in _objects(network, "the model"):
        _check_object(path, place, each)
    return {"architecture": hashlib.sha256(canonical(network).encode()).hexdigest()}


def _opened(path: Path) -> zipfile.ZipFile:
    """The archive; what it may be instead is told by name."""
    if path.is_dir():
        raise FileError(f"{path}: is a folder; a model is saved as one file: model.save('name.keras')")
    with path.open("rb") as file:
        start = file.read(8)
    if start == b"\x89HDF\r\n\x1a\n":
        raise FileError(
            f"{path}: is a model in Keras' legacy HDF5 form, which is not opened. Convert it where you trust it: "
            f"keras.saving.load_model('{path.name}', compile=False).save('{path.stem}.keras')"
        )
    try:
        archive = zipfile.ZipFile(path)
    except zipfile.BadZipFile:
        raise FileError(
            f"{path}: is no Keras archive, or is cut off; make it with model.save('name.keras')"
        ) from None
    others = [name for name in archive.namelist() if name not in _MEMBERS]
    if others:
        archive.close()
        raise FileError(
            f"{path}: holds {others[0]!r}, which is no part of a network of Keras' own layers (a vocabulary, or another "
            "form of model?); it is not loaded"
        )
    return archive


def _config_of(path: Path, archive: zipfile.ZipFile) -> dict[str, Any]:
    try:
        if archive.getinfo(_CONFIG).file_size > _MOST_CONFIG:
            raise FileError(f"{path}: {_CONFIG} is too large to describe a network")
        config = json.loads(archive.read(_CONFIG))
    except (KeyError, ValueError, zipfile.BadZipFile) as error:
        raise FileError(f"{path}: no whole Keras archive: {_CONFIG}: {error}") from None
    if not isinstance(config, dict):
        raise FileError(f"{path}: {_CONFIG} describes no network")
    return config


def _check_weights(path: Path, archive: zipfile.ZipFile) -> None:
    """The weights are in the archive and nowhere else."""
    try:
        entry = archive.getinfo(_WEIGHTS)
        if entry.file_size > _MOST_COMPRESSION * entry.compress_size:
            raise FileError(
                f"{path}: {_WEIGHTS} is packed {entry.file_size // max(1, entry.compress_size)} times tighter"
            )
        with h5py.File(io.BytesIO(archive.read(_WEIGHTS)), "r") as file:
            for name in _links_out(file):
                raise FileError(f"{path}: {_WEIGHTS}: {name} is kept outside of the file; it is not loaded")
    except (KeyError, OSError, zipfile.BadZipFile) as error:
        raise FileError(f"{path}: no whole Keras archive: {_WEIGHTS}: {error}") from None


def _links_out(group: h5py.Group) -> Iterator[str]:
    """Names of what is linked, or is kept elsewhere."""
    for name in group:
        if not isinstance(group.get(name, getlink=True), h5py.HardLink):
            yield f"{group.name}/{name}"
            continue
        held = group[name]
        if isinstance(held, h5py.Group):
            yield from _links_out(held)
        elif held.is_virtual or held.external:
            yield held.name


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


def _check_object(path: Path, place: str, value: dict[str, Any]) -> None:
    name, module, registered = (value.get(key) for key in ("class_name", "module", "registered_name"))
    legal = _CLASSES.get(module, frozenset())
    known = isinstance(name, str) and (
        re.fullmatch("[A-Z][A-Za-z0-9]*", name) is not None if legal is None else name in legal
    )
    if not known or registered not in (None, name):
        raise FileError(
            f"{path}: {place} is a {name} of {registered if registered not in (None, name) else module or 'no module'}; only "
            "networks of Keras' own layers are opened, without what runs code (Lambda, TFSMLayer, own classes and "
            "functions) or reads files (lookups). To analyse it, record it: layertopo.record"
        )
