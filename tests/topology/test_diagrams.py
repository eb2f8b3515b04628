"""Diagrams of stored activations."""

from __future__ import annotations

import json
from dataclasses import replace

import h5py
import numpy as np
import pytest

from layertopo.errors import ResultError
from layertopo.homology import OutOfMemoryBudgetError
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


def of_cloud(path, dimensions=(0, 1), split="train", **cloud) -> diagrams.StoredDiagram:
    """The diagram of the first layer under a cloud of its own, by way of its file."""
    made = settings(dimensions=dimensions, split=split, layer=0)
    made["cloud"] = made["cloud"] | cloud
    target = path.parent / "of_cloud.h5"
    diagrams.save(diagrams.compute(path, UPSTREAM, made, threads=1), target, made)
    return diagrams.load(target, made)


@pytest.fixture
def circles(tmp_path):
    """Two circles far apart, one a class; of the second there is no test row. Five points are there twice."""
    angles = np.linspace(0, 2 * np.pi, 60, endpoint=False)
    circle = np.column_stack([np.cos(angles), np.sin(angles)]).astype(np.float32)
    train = np.concatenate([circle, circle[:5], circle + np.float32(10)])
    y = np.repeat([0, 1], [65, 60])
    path = tmp_path / "circles.h5"
    activations.save(
        {"train": {"input": train}, "test": {"input": circle[:20]}},
        {"train": y, "test": np.zeros(20, int)},
        path,
        UPSTREAM,
    )
    return path


def test_a_graph_that_falls_apart_has_a_class_for_each_part(circles):
    found = of_cloud(circles, metric="hops", neighbours=2)
    assert (found.metric, found.n_points, found.n_distinct) == ("hops", 125, 120)
    assert np.isinf(found.bars[0][:, 1]).sum() == 2
    # A circle of 60 hops around: its loop is born at 1 and dies at a third of the way.
    assert found.bars[1].tolist() == [[1, 20], [1, 20]]
    # Of the 125 * 124 ordered pairs those within the 65 and the 60 points join.
    assert found.finite_pairs == pytest.approx((65 * 64 + 60 * 59) / (125 * 124))
    assert "of pairs joined" in found.points_in_words()


def test_a_class_apart_is_the_cloud_of_its_rows(circles):
    both = of_cloud(circles, metric="geodesic", neighbours=2)
    alone = [of_cloud(circles, metric="geodesic", neighbours=2, classes=[k]) for k in (0, 1)]
    assert [each.n_points for each in alone] == [65, 60]
    assert [each.sample["n_rows"] for each in alone] == [65, 60]
    assert np.array_equal(canonical_bars(np.concatenate([each.bars[1] for each in alone])), both.bars[1])
    assert of_cloud(circles, classes=[0, 1]).bars[1].tolist() == of_cloud(circles).bars[1].tolist()


@pytest.mark.parametrize("cloud", [{}, {"scale": 2.0}, {"metric": "hops", "neighbours": 3}])
def test_a_class_that_a_split_does_not_have_is_a_cloud_of_no_points(circles, cloud):
    found = of_cloud(circles, split="test", classes=[1], **cloud)
    assert (found.n_points, found.n_distinct, found.sample["n_rows"]) == (0, 0, 0)
    assert all(bars.shape == (0, 2) for bars in found.bars.values())
    assert found.scaled() is None


def test_classes_at_one_scale_are_those_that_the_filtration_has_there(circles):
    whole = of_cloud(circles, metric="hops", neighbours=2)
    for scale in (1.0, 2.0, 19.0, 20.0):
        found = of_cloud(circles, dimensions=(0, 1, 2), metric="hops", neighbours=2, scale=scale)
        assert (found.scale, found.threshold, found.complete) == (scale, scale, False)
        alive = [int(((bars[:, 0] <= scale) & (bars[:, 1] > scale)).sum()) for bars in whole.bars.values()]
        assert [len(found.bars[k]) for k in (0, 1)] == alive
        assert all((bars == [scale, np.inf]).all() for bars in found.bars.values())
    assert found.limits_in_words() == "at scale 20 only"


def test_a_scale_for_whose_rows_of_bits_there_is_no_room_is_refused(circles):
    made = settings(layer=0)
    made["cloud"] |= {"metric": "hops", "neighbours": 2, "scale": 2.0}
    with pytest.raises(OutOfMemoryBudgetError, match=r"120 points needs .* as rows of bits.* may have 1 MB"):
        diagrams.compute(circles, UPSTREAM, made, threads=1, memory=1)


def test_as_many_neighbours_as_there_are_points_join_all(circles):
    found = of_cloud(circles, metric="hops", neighbours=500)
    assert found.bars[0].tolist() == [[0, 1]] * 119 + [[0, np.inf]]
    assert len(found.bars[1]) == 0


HOPS = {"metric": "geodesic", "neighbours": 4, "sample": {"method": "random", "points": 50, "seed": 0}}


@pytest.mark.parametrize(
    "cloud",
    [
        {"metric": "euclidean", "sample": {"method": "random", "points": None, "seed": 0}},
        {"metric": "cosine", "sample": {"method": "random", "points": 50, "seed": 0}},
        {"metric": "euclidean", "sample": {"method": "distinct", "points": 40, "seed": 0}},
        {"metric": "manhattan", "sample": {"method": "greedy", "points": 40, "seed": 0}},
        HOPS,
        HOPS | {"classes": [1]},
    ],
    ids=["all", "random", "distinct", "greedy", "graph", "nothing"],
)
def test_what_is_kept_of_loops_tells_when_they_bound(epochs, tmp_path, cloud):
    asked = settings() | {"cloud": cloud}
    plain, kept = (
        diagrams.compute(epochs[0], UPSTREAM, each, 1) for each in (asked, asked | {"relations": True})
    )
    for name, made in (("plain", plain), ("kept", kept)):
        diagrams.save(made, tmp_path / name, asked)
    for k in (0, 1):
        np.testing.assert_array_equal(plain.bars[k], kept.bars[k])
    assert plain.relations is None
    known, rows = diagrams.load_relations(tmp_path / "kept", asked)
    values = activations.load_layer(epochs[0], UPSTREAM, 1, "train", cloud.get("classes"))[rows]
    assert len(values) == kept.n_points
    if not len(values):
        assert known.cycles() == ()
        return
    found = known.cycles(points=diagrams.cloud_of(values, cloud))
    assert len(found) == len(kept.bars[1]) > 0
    chains = known.over(diagrams.cloud_of(values, cloud))
    for cycle in found[:5]:
        assert chains.life(cycle.edges) == tuple(kept.bars[1][cycle.bar])


def test_a_diagram_without_loops_says_how_to_get_them(epochs, tmp_path):
    diagrams.save(diagrams.compute(epochs[0], UPSTREAM, settings(), 1), tmp_path / "plain", settings())
    with h5py.File(tmp_path / "plain") as file:
        assert "relations" not in file
    with pytest.raises(ResultError, match="holds no array 'relations/forest'"):
        diagrams.load_relations(tmp_path / "plain", settings())
