"""Diagrams of stored activations."""

from __future__ import annotations

import json
from dataclasses import replace

import h5py
import numpy as np
import pytest

from layertopo.errors import ResultError
from layertopo.homology.diagram import canonical_bars
from layertopo.topology import diagrams
from layertopo.topology.clouds import point_cloud, sample_rows
from layertopo.training import activations

UPSTREAM = {"epoch": 0}
N_TRAIN, N_TEST = 90, 40


def settings(
    points: int | None = None, split="train", layer=1, dimensions=(0, 1), engine="auto", method="random"
):
    return {
        **UPSTREAM,
        "layer": layer,
        "split": split,
        "cloud": {"metric": "euclidean", "sample": {"method": method, "points": points, "seed": 0}},
        "homology": {"dimensions": list(dimensions), "coefficient_field": 2, "engine": engine},
    }


def outputs(seed: int) -> dict[str, dict[str, np.ndarray]]:
    """Activations after a ReLU: many rows coincide."""
    rng = np.random.default_rng(seed)
    return {
        split: {
            "layer0_normalization": rng.normal(size=(n, 3)).astype(np.float32),
            "layer1_dense": np.maximum(rng.normal(size=(n, 3)), 0).astype(np.float32),
            "layer2_logit": np.zeros((n, 1), np.float32),
        }
        for split, n in (("train", N_TRAIN), ("test", N_TEST))
    }


@pytest.fixture
def epochs(tmp_path):
    """Stored activations of three epochs."""
    classes = {"train": np.zeros(N_TRAIN, int), "test": np.zeros(N_TEST, int)}
    paths = [tmp_path / f"epoch{k}.h5" for k in range(3)]
    for k, path in enumerate(paths):
        activations.save(outputs(k), classes, path, UPSTREAM)
    return paths


def stored(path, **changes) -> diagrams.StoredDiagram:
    """The diagram of a layer, by way of its file."""
    made = settings(**changes)
    target = path.parent / "diagram.h5"
    diagrams.save(diagrams.compute(path, UPSTREAM, made, threads=1), target, made)
    return diagrams.load(target, made)


@pytest.mark.parametrize("engine", ["auto", "giotto", "gudhi", "holos"])
@pytest.mark.parametrize("split", ["train", "test", "full"])
def test_diagrams_are_those_of_the_original_call(epochs, split, engine):
    from gtda.homology import VietorisRipsPersistence

    layers = [activations.load_layer(path, UPSTREAM, 1, split) for path in epochs]
    original = VietorisRipsPersistence().fit_transform(layers)
    for path, padded in zip(epochs, original, strict=True):
        found = stored(path, split=split, engine=engine).bars
        for dimension in (0, 1):
            # Padding has length zero. Reduced homology leaves out the class that never dies.
            expected = canonical_bars(padded[padded[:, 2] == dimension, :2])
            essential = [[0, np.inf]] if dimension == 0 else np.empty((0, 2))
            assert len(expected) > 0
            np.testing.assert_allclose(found[dimension], np.vstack([expected, essential]), rtol=1e-6)


def test_a_stored_diagram_reads_back_the_same(epochs):
    made = diagrams.compute(epochs[0], UPSTREAM, settings(points=50), threads=1)
    diagrams.save(made, epochs[0].parent / "d.h5", settings())
    read = diagrams.load(epochs[0].parent / "d.h5", settings())
    assert list(read.bars) == list(made.bars)
    for dimension, bars in made.bars.items():
        np.testing.assert_array_equal(read.bars[dimension], bars, strict=True)
    assert replace(read, bars={}) == replace(made, bars={})


def test_the_file_says_how_the_diagram_was_made(epochs):
    stored(epochs[0], points=50, split="full")
    with h5py.File(epochs[0].parent / "diagram.h5") as file:
        facts = dict(file.attrs)
        bars = {name: file[name][()] for name in file}
    assert list(bars) == ["H0", "H1"]
    for array in bars.values():
        assert array.dtype == np.float64
        assert (array[:, 1] > array[:, 0]).all()
        np.testing.assert_array_equal(array, array[np.lexsort((array[:, 1], array[:, 0]))])
    assert facts["dimensions"].tolist() == [0, 1]
    assert (facts["n_points"], facts["metric"], facts["coefficient_field"]) == (50, "euclidean", 2)
    assert {"n_distinct", "engine", "engine_version", "threshold", "rms_distance"} <= set(facts)
    assert facts["complete"]
    sample = {
        "method": "random",
        "points": 50,
        "seed": 0,
        "n_rows": N_TRAIN + N_TEST,
        "covering_radius": None,
    }
    assert json.loads(facts["sample"]) == sample


def test_the_cloud_is_the_sample_of_the_rows(epochs):
    rows = sample_rows(N_TRAIN, "train", {"points": 50, "seed": 0})
    cloud = outputs(0)["train"]["layer1_dense"][rows].astype(float)
    distances = np.linalg.norm(cloud[:, None] - cloud, axis=2)
    found = stored(epochs[0], points=50)
    assert found.n_distinct == len(np.unique(cloud, axis=0)) < 50
    assert found.rms_distance == pytest.approx(np.sqrt((distances**2).sum() / (50 * 49)))


def test_a_distinct_sample_has_the_scale_of_all_rows(epochs):
    found = stored(epochs[0], points=40, method="distinct")
    assert found.n_points == found.n_distinct == 40
    assert found.rms_distance == stored(epochs[0]).rms_distance


@pytest.mark.parametrize("method", ["random", "distinct", "greedy"])
def test_a_layer_of_one_point_has_no_scale(epochs, method):
    with h5py.File(epochs[0], "r+") as file:
        file["train/1"][:] = 0.25
    assert np.isnan(stored(epochs[0], points=40, method=method).rms_distance)


def test_a_greedy_sample_bounds_the_error_of_its_diagram(epochs):
    import gudhi

    exact, sampled = stored(epochs[0]), stored(epochs[0], points=60, method="greedy")
    radius = sampled.sample["covering_radius"]
    assert sampled.n_distinct == sampled.n_points == 60
    for dimension in (0, 1):
        error = gudhi.bottleneck_distance(exact.finite(dimension), sampled.finite(dimension))
        assert 0 < error <= 2 * radius


def test_a_greedy_sample_has_the_scale_of_all_rows(epochs):
    exact, sampled = stored(epochs[0]), stored(epochs[0], points=20, method="greedy")
    assert sampled.rms_distance == exact.rms_distance


def test_a_greedy_sample_covers_every_row(epochs):
    values = outputs(0)["train"]["layer1_dense"]
    cloud = {"metric": "euclidean", "sample": {"method": "greedy", "points": 20, "seed": 3}}
    chosen = point_cloud(values, "train", cloud, "file")
    points, radius = chosen.cloud.points, chosen.covering_radius
    to_nearest = np.linalg.norm(values[:, None].astype(float) - points, axis=2).min(axis=1)
    assert to_nearest.max() == pytest.approx(radius)


def test_a_layer_that_gives_one_point_has_one_class_that_never_dies(epochs):
    found = stored(epochs[0], layer=2)
    assert found.bars[0].tolist() == [[0, np.inf]]
    assert found.bars[1].shape == (0, 2)
    assert (found.n_points, found.n_distinct) == (N_TRAIN, 1)
    assert np.isnan(found.rms_distance)


@pytest.mark.parametrize("dimensions", [[0], [1], [0, 1, 2]])
def test_the_dimensions_are_those_asked_for(epochs, dimensions):
    found = stored(epochs[0], points=30, dimensions=dimensions)
    assert list(found.dimensions) == dimensions
    both = stored(epochs[0], points=30)
    for dimension in {0, 1} & set(dimensions):
        np.testing.assert_array_equal(found.bars[dimension], both.bars[dimension])


def test_not_a_number_is_refused_with_file_layer_and_split(epochs):
    with h5py.File(epochs[0], "r+") as file:
        file["train/1"][7, 0] = np.nan
    with pytest.raises(ResultError, match=r"epoch0\.h5, layer 1, train: .* 1 of 90 rows hold NaN"):
        stored(epochs[0])


def test_a_diagram_of_other_settings_is_refused(epochs):
    stored(epochs[0], points=50)
    with pytest.raises(ResultError, match=r"cloud\.sample\.points was 50, should be 60"):
        diagrams.load(epochs[0].parent / "diagram.h5", settings(points=60))


def test_a_diagram_file_without_its_facts_is_refused(epochs):
    stored(epochs[0])
    with h5py.File(epochs[0].parent / "diagram.h5", "r+") as file:
        del file.attrs["rms_distance"]
    with pytest.raises(ResultError, match="holds no attribute 'rms_distance'"):
        diagrams.load(epochs[0].parent / "diagram.h5", settings())
