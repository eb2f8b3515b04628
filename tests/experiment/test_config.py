"""The configuration: what is refused and how, what is left out, and which cells it describes."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
import yaml
from experiment import BAD_VALUES, NAN, SPHERES, Config, tiny_config, with_value
from workflow_runs import REPOSITORY

from layertopo.data.nested_spheres import NestedSpheres
from layertopo.errors import ConfigError, LayertopoError
from layertopo.experiment.cells import Cell, Experiment, Run
from layertopo.experiment.config import Analysis, Cloud, Figures, Homology, Training, json_schema
from layertopo.experiment.parse import parse_config
from layertopo.training.dense import Dense

DEFAULT = REPOSITORY / "config/config.yaml"
SHIPPED = [DEFAULT, *sorted((REPOSITORY / "config/examples").glob("*.yaml"))]
#: Of files that a script beside them makes: tests/workflow/test_outside_networks.py runs them.
OF_MADE_FILES = ("keras_model.yaml", "keras_model_trained.yaml", "recording.yaml")
COMPLETE = [path for path in SHIPPED if path.name not in OF_MADE_FILES]


def read(path: Path) -> Config:
    return yaml.safe_load(path.read_text())


def message_of(raw: object) -> str:
    with pytest.raises(ConfigError) as caught:
        parse_config(raw)
    return str(caught.value)


@pytest.mark.parametrize(("key", "value", "fragments"), BAD_VALUES.values(), ids=BAD_VALUES)
def test_a_bad_value_is_refused_with_its_key_what_was_found_and_what_would_be_right(key, value, fragments):
    message = message_of(with_value(key, value))
    assert [fragment for fragment in fragments if fragment not in message] == []


@pytest.mark.parametrize(("key", "value", "fragments"), BAD_VALUES.values(), ids=BAD_VALUES)
def test_one_mistake_gives_one_line(key, value, fragments):
    heading, *problems = message_of(with_value(key, value)).splitlines()
    assert heading == "the configuration cannot be used:"
    assert len(problems) == 1


def test_all_mistakes_are_listed_at_once(config):
    config["training"]["epoch"] = 3
    config["models"]["good"]["hidden"] = []
    message = message_of(config)
    assert "training.epoch" in message
    assert "models.good.hidden" in message


def test_mistakes_across_sections_are_listed_at_once(config):
    config["analysis"] |= {"epochs": [9], "layers": [7]}
    message = message_of(config)
    assert "analysis.epochs" in message
    assert "analysis.layers" in message


@pytest.mark.parametrize("raw", [None, [], "text", 3])
def test_a_configuration_that_is_no_mapping_is_refused(raw):
    assert "must be a mapping" in message_of(raw)


@pytest.mark.parametrize("section", ["datasets", "models"])
def test_data_sets_and_models_must_be_given(config, section):
    del config[section]
    assert f"{section}: missing" in message_of(config)


@pytest.mark.parametrize("name", ["sample", "all", "seed", "models", "int", "float"])
@pytest.mark.parametrize("section", ["datasets", "models", "clouds"])
def test_the_legal_keys_are_those_of_the_section_whatever_its_entries_are_called(config, section, name):
    (entry,) = list(config[section].values())[:1]
    config[section][name] = dict(entry) | {"nonsense": 1}
    legal = {
        "datasets": "kind, points_per_class",
        "models": "hidden, activation",
        "clouds": "metric, sample",
    }
    assert f"{section}.{name}.nonsense: unknown key; legal keys here are {legal[section]}" in message_of(
        config
    )


def test_a_long_value_is_shown_cut_short():
    assert len(message_of({"models": "x" * 10_000})) < 1000


def test_a_number_in_scientific_notation_is_a_number(config):
    # YAML 1.1 reads 1e-3, without a dot, as text.
    config["training"]["learning_rate"] = yaml.safe_load("1e-3")
    assert parse_config(config).config.training.learning_rate == 0.001


def test_config_errors_are_errors_of_the_package():
    assert issubclass(ConfigError, LayertopoError)


@pytest.mark.parametrize("path", COMPLETE, ids=lambda path: path.name)
def test_shipped_configurations_are_valid(path):
    parse_config(read(path))


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.name)
def test_the_schema_accepts_shipped_configurations(path):
    jsonschema.validate(read(path), json_schema(), jsonschema.Draft202012Validator)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        (("modles",), {}),
        (("training", "epoch"), 3),
        (("models", "good", "activation"), "rleu"),
        (("models", "a/b"), {"hidden": [2]}),
        (("models", "good", "hidden"), []),
        (("analysis", "layers"), "hiden"),
    ],
)
def test_the_schema_refuses_what_the_check_refuses(key, value):
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(with_value(key, value), json_schema(), jsonschema.Draft202012Validator)


def test_the_schema_is_a_schema():
    jsonschema.Draft202012Validator.check_schema(json_schema())


def test_a_training_that_ends_at_a_goal_has_a_first_and_a_last_epoch_for_sure():
    config = with_value(("training", "until"), {"train_accuracy": 0.9})
    with pytest.raises(
        ConfigError, match=r"analysis\.epochs: .* may have no epoch 2; it has 0 and last for sure"
    ):
        parse_config(config)
    config["analysis"]["epochs"] = ["last", 0]
    experiment = parse_config(config)
    assert experiment.epochs("good") == [0, "last"]
    assert experiment.last_epochs() == {"good": "last", "bad": "last"}


def test_keys_at_their_default_decide_nothing():
    spelt = tiny_config()
    spelt["training"] |= {"until": None, "keep": "all"}
    spelt["models"]["good"] |= {"dropout": 0, "output": "logit", "initializer": "glorot_uniform"}
    (run, *_) = parse_config(spelt).runs()
    assert parse_config(spelt).training_settings(run) == parse_config(tiny_config()).training_settings(run)


def test_whether_a_goal_must_be_reached_decides_no_training_and_what_counts():
    config = with_value(("training", "until"), {"train_accuracy": 0.9})
    config["analysis"]["epochs"] = [0, "last"]
    strict = with_value(("training", "until"), {"train_accuracy": 0.9, "required": True})
    strict["analysis"]["epochs"] = [0, "last"]
    loose, required = parse_config(config), parse_config(strict)
    (run, *_) = loose.runs()
    assert required.training_settings(run) == loose.training_settings(run)
    assert loose.training_settings(run)["training"]["until"] == {"train_accuracy": 0.9}
    assert (loose.requires_goal("good"), required.requires_goal("good")) == (False, True)
    assert not parse_config(tiny_config()).requires_goal("good")


def test_where_some_epochs_are_kept_these_decide_the_training():
    config = tiny_config()
    config["training"] |= {"epochs": 200}
    config["analysis"]["epochs"] = [0, 50, "last"]
    experiment = parse_config(config)
    (run, *_) = experiment.runs()
    assert experiment.training_settings(run)["training"]["keep"] == [50]
    assert list(experiment.history_epochs("good")) == list(range(0, 201, 2))
    config["training"]["keep"] = "all"
    assert "keep" not in parse_config(config).training_settings(run)["training"]


def test_the_stored_schema_is_that_of_the_models():
    stored = (REPOSITORY / "config/schema.json").read_text()
    assert stored == json.dumps(json_schema(), indent=2) + "\n"


def test_the_default_configuration_describes_36_diagrams():
    cells = parse_config(read(DEFAULT)).cells()
    assert len(set(cells)) == len(cells) == 36


def test_the_default_configuration_is_the_original_experiment():
    config = parse_config(read(DEFAULT)).config
    assert {name: model.hidden for name, model in config.models.items()} == {
        "good": [10, 8, 5],
        "bad": [2, 3, 2],
    }
    (spheres,) = config.datasets.values()
    assert (spheres.points_per_class, spheres.dimension, spheres.radii) == (10_000, 10, [3, 6])
    assert (spheres.test_fraction, spheres.split_seed) == (0.33, 42)
    assert spheres.settings["noise"] == (6 - 3) / 4
    assert (config.training.epochs, config.training.optimizer) == (25, "adam")
    assert (config.analysis.epochs, config.analysis.layers) == ([0, 10, 25], [1, 3])
    assert config.homology.dimensions == [0, 1]


@pytest.mark.parametrize(
    ("section", "defaults"),
    [
        ("training", Training()),
        ("analysis", Analysis()),
        ("homology", Homology()),
        ("figures", Figures()),
    ],
)
def test_what_is_left_out_is_as_in_the_default_configuration(section, defaults):
    assert getattr(parse_config(read(DEFAULT)).config, section) == defaults


def test_a_left_out_data_set_key_or_cloud_is_as_in_the_default_configuration():
    config = parse_config(read(DEFAULT)).config
    assert list(config.datasets.values()) == [NestedSpheres(kind="nested_spheres")]
    assert config.clouds == {"all": Cloud()}


def test_claims_are_those_of_the_original_report_only_if_the_configuration_says_so(config):
    for path in COMPLETE:
        shipped = parse_config(read(path)).config
        if not shipped.study.startswith("naitzat"):
            assert shipped.study == ("course_report" if {"good", "bad"} <= shipped.models.keys() else "none")
    del config["study"]
    assert parse_config(config).config.study == "none"


@pytest.mark.parametrize(("split", "rows"), [("train", 80), ("test", 40), ("full", 120)])
def test_a_cloud_has_the_points_of_its_sample_or_all_rows_of_its_split(config, split, rows):
    assert parse_config(config).n_points("spheres", split, "all") == 30
    for points in (None, 1000):
        config["clouds"]["all"]["sample"]["points"] = points
        assert parse_config(config).n_points("spheres", split, "all") == rows


def test_the_default_configuration_names_every_key():
    def keys(value: object) -> object:
        return {key: keys(inner) for key, inner in value.items()} if isinstance(value, dict) else None

    raw = read(DEFAULT)
    complete = parse_config(raw).config.model_dump(
        exclude={
            "models": {"__all__": set(Dense.model_fields) - {"hidden", "activation"}},
            "clouds": {"__all__": {"classes", "datasets", "dimensions", "neighbours", "mutual", "scale"}},
        }
    )
    assert keys(raw) == keys(complete)


def layers_of(config: Config, model: str) -> list[int]:
    return parse_config(config).layers(model)


@pytest.mark.parametrize(
    ("layers", "expected"), [("all", [0, 1, 2, 3, 4]), ("hidden", [1, 2, 3]), ([3, 0], [0, 3])]
)
def test_layers_are_those_asked_for_ascending(layers, expected):
    assert layers_of(with_value(("analysis", "layers"), layers), "good") == expected


def test_a_model_may_have_layers_of_its_own(config):
    config["models"]["bad"]["layers"] = "all"
    assert layers_of(config, "bad") == [0, 1, 2, 3, 4]
    assert layers_of(config, "good") == [1, 3]


def test_all_layers_follow_the_depth_of_each_model(config):
    config["analysis"]["layers"] = "all"
    config["models"]["deep"] = {"hidden": [2] * 6}
    assert layers_of(config, "deep") == list(range(8))


def test_a_model_that_lists_data_sets_is_trained_on_those_only(config):
    config["datasets"]["more"] = dict(config["datasets"]["spheres"])
    config["models"]["bad"]["datasets"] = ["more"]
    runs = [(run.dataset, run.model) for run in parse_config(config).runs()]
    assert runs == [("spheres", "good"), ("more", "good"), ("more", "bad")]


def test_every_diagram_of_the_experiment_is_listed_once(config):
    config["training"]["seeds"] = [0, 5]
    config["clouds"]["few"] = {"sample": {"points": 10}}
    cells = parse_config(config).cells()
    # 2 seeds, 2 epochs, 2 splits, 2 clouds; 2 layers of good and 1 of bad
    assert len(set(cells)) == len(cells) == 2 * 2 * 2 * 2 * (2 + 1)


def test_the_order_of_epochs_in_the_file_does_not_matter(config):
    ordered = parse_config(config).cells()
    config["analysis"]["epochs"] = [2, 0]
    assert parse_config(config).cells() == ordered


@pytest.mark.parametrize(
    ("key", "value", "decides"),
    [
        (("datasets", "spheres", "seed"), 1, {"dataset", "training", "activation", "diagram"}),
        (("models", "good", "hidden"), [5, 4, 3], {"training", "activation", "diagram"}),
        (("training", "learning_rate"), 0.5, {"training", "activation", "diagram"}),
        (("training", "seeds"), [0, 1], set()),
        (("training", "epochs"), 3, {"training", "activation", "diagram"}),
        (("models", "bad", "hidden"), [3, 3, 3], set()),
        (("models", "good", "layers"), [1], set()),
        (("analysis", "epochs"), [1], set()),
        (("clouds", "all", "sample", "points"), 20, {"diagram"}),
        (("homology", "dimensions"), [0], {"diagram"}),
        (("figures", "dpi"), 300, set()),
        (("study",), "none", set()),
    ],
)
def test_the_settings_of_a_stage_hold_what_decides_its_files_and_nothing_else(key, value, decides):
    def settings(raw: Config) -> dict[str, object]:
        experiment = parse_config(raw)
        run = Run(dataset="spheres", model="good", seed=0)
        cell = Cell(**run.key, epoch=0, layer=1, split="train", cloud="all")
        return {
            "dataset": experiment.dataset_settings("spheres"),
            "training": experiment.training_settings(run),
            "activation": experiment.activation_settings(run, epoch=0),
            "diagram": experiment.diagram_settings(cell),
        }

    before, after = settings(tiny_config()), settings(with_value(key, value))
    assert {stage for stage in before if before[stage] != after[stage]} == decides


def test_noise_that_equals_the_automatic_one_changes_no_setting(config):
    automatic = parse_config(config).dataset_settings("spheres")
    config["datasets"]["spheres"]["noise"] = 0.75
    assert parse_config(config).dataset_settings("spheres") == automatic


@pytest.mark.parametrize("value", [NAN, float("inf"), -0.1])
def test_noise_must_be_a_finite_number_from_zero(value):
    assert "datasets.spheres.noise" in message_of(with_value(("datasets", "spheres", "noise"), value))


def test_a_cloud_of_more_points_than_a_diagram_can_have_is_refused():
    large = with_value((*SPHERES, "points_per_class"), 10_000_000)
    assert parse_config(large).n_points("spheres", "full", "all") == 30
    large["clouds"]["all"]["sample"]["points"] = None
    with pytest.raises(ConfigError, match=r"clouds\.all\.sample\.points: .* 20000000 points.* 16777216"):
        parse_config(large)


def test_a_data_set_that_no_model_is_trained_on_is_refused():
    config = with_value(("datasets", "idle"), tiny_config()["datasets"]["spheres"])
    assert len(parse_config(config).config.datasets) == 2
    for model in config["models"].values():
        model["datasets"] = ["spheres"]
    with pytest.raises(ConfigError, match=r"datasets\.idle: no model is trained on it"):
        parse_config(config)


def test_data_sets_that_differ_in_their_seed_only_are_draws_of_one_distribution():
    raw = tiny_config()
    spheres = raw["datasets"]["spheres"]
    raw["datasets"] = {
        "a": spheres,
        "wide": spheres | {"radii": [3, 9]},
        "b": spheres | {"seed": 1},
        "c": spheres | {"seed": 2},
    }
    assert parse_config(raw).populations() == {"a": ["a", "b", "c"], "wide": ["wide"]}
    raw["models"]["good"]["datasets"] = ["a", "wide", "b"]
    assert parse_config(raw).populations() == {"a": ["a", "b"], "wide": ["wide"], "c": ["c"]}


def test_a_drawn_seed_is_one_that_is_trained():
    raw = tiny_config()
    raw["training"]["seeds"] = [3, 4]
    assert parse_config(raw).drawn_seeds() == [3, 4]
    raw["figures"]["seeds"] = [4]
    assert parse_config(raw).drawn_seeds() == [4]


def clouds_of(**clouds: object) -> Experiment:
    return parse_config(tiny_config() | {"clouds": clouds})


def test_classes_apart_are_a_cloud_each_with_a_file_and_a_name_of_its_own():
    experiment = clouds_of(all={}, apart={"classes": "each"}, some={"classes": [1, "0"]})
    clouds = experiment.clouds("spheres")
    assert list(clouds) == ["all", "apart.class0", "apart.class1", "some"]
    assert [each.classes for each in clouds.values()] == [None, (0,), (1,), (0, 1)]
    cells = {cell.cloud: cell for cell in experiment.cells()}
    keys = [(key["cloud"], key["class"]) for key in map(experiment.key, cells.values())]
    assert keys == [("all", ""), ("apart", "0"), ("apart", "1"), ("some", "0, 1")]
    settings = [experiment.diagram_settings(cell)["cloud"].get("classes") for cell in cells.values()]
    assert settings == [None, [0], [1], [0, 1]]


def test_a_cloud_of_one_class_has_no_more_points_than_there_may_be():
    experiment = clouds_of(apart={"classes": "each"}, few={"classes": "each", "sample": {"points": 20}})
    # Of 120 rows 60 are of a class; the split is random, so that all 40 test rows may be of one.
    found = {
        split: experiment.n_points("spheres", split, "apart.class0") for split in ("train", "test", "full")
    }
    assert found == {"train": 60, "test": 40, "full": 60}
    assert experiment.n_points("spheres", "full", "few.class1") == 20


def test_a_cloud_may_be_of_some_data_sets():
    raw = tiny_config()
    raw["datasets"]["others"] = raw["datasets"]["spheres"] | {"noise": 0.1}
    raw["clouds"] = {"all": {}, "few": {"sample": {"points": 20}, "datasets": ["others"]}}
    experiment = parse_config(raw)
    assert {name: list(experiment.clouds(name)) for name in raw["datasets"]} == {
        "spheres": ["all"],
        "others": ["all", "few"],
    }
    assert {cell.dataset for cell in experiment.cells() if cell.cloud == "few"} == {"others"}
    few = next(cell for cell in experiment.cells() if cell.cloud == "few")
    assert "datasets" not in experiment.diagram_settings(few)["cloud"]


def test_draws_that_are_seen_through_other_clouds_are_no_one_population():
    raw = tiny_config()
    raw["datasets"]["others"] = raw["datasets"]["spheres"] | {"seed": 7}
    assert parse_config(raw).populations() == {"spheres": ["spheres", "others"]}
    raw["clouds"] = {"all": {}, "few": {"sample": {"points": 20}, "datasets": ["others"]}}
    assert parse_config(raw).populations() == {"spheres": ["spheres"], "others": ["others"]}


@pytest.mark.parametrize(
    ("datasets", "said"),
    [
        (
            ["spheers"],
            r"clouds\.all\.datasets: no data set is named 'spheers'; there is spheres; did you mean",
        ),
        ([], r"clouds\.all\.datasets"),
    ],
)
def test_a_cloud_of_no_data_set_is_refused(datasets, said):
    with pytest.raises(ConfigError, match=said):
        clouds_of(all={"datasets": datasets})


def test_a_model_and_a_cloud_of_one_name_are_not_taken_for_each_other():
    raw = tiny_config()
    (model,) = list(raw["models"].values())[:1]
    raw["datasets"]["others"] = raw["datasets"]["spheres"] | {"seed": 7}
    raw["models"] = {"m": model, "x": model | {"datasets": ["spheres"]}}
    raw["clouds"] = {"x": {"datasets": ["others"]}, "all": {}}
    raw["study"] = "none"
    assert parse_config(raw).populations() == {"spheres": ["spheres"], "others": ["others"]}


def test_a_data_set_without_a_cloud_is_refused():
    raw = tiny_config()
    raw["datasets"]["others"] = raw["datasets"]["spheres"] | {"seed": 7}
    raw["clouds"] = {"all": {"datasets": ["spheres"]}}
    with pytest.raises(ConfigError, match=r"datasets\.others: no cloud is of its layers"):
        parse_config(raw)


def test_what_is_not_said_of_a_cloud_is_not_in_its_provenance():
    plain, graph = clouds_of(all={}), clouds_of(all={"metric": "hops", "neighbours": 5, "dimensions": [0]})
    (before, after) = (each.diagram_settings(each.cells()[0]) for each in (plain, graph))
    assert set(before["cloud"]) == {"metric", "sample"}
    assert set(after["cloud"]) == {"metric", "sample", "neighbours"}
    assert (before["homology"]["dimensions"], after["homology"]["dimensions"]) == ([0, 1], [0])
    assert after["homology"] == before["homology"] | {"dimensions": [0]}
    assert set(plain.statistics_settings(plain.runs()[0])["clouds"]["all"]) == {"metric", "sample"}


@pytest.mark.parametrize(
    ("cloud", "is_counted"),
    [
        ({"classes": "each"}, True),
        ({"classes": "each", "sample": {"method": "greedy", "points": 20}}, False),
        ({"classes": "each", "metric": "hops", "neighbours": 5}, False),
        ({"classes": "each", "metric": "hops", "neighbours": 5, "scale": 2}, True),
        ({}, False),
        ({"scale": 0.5}, True),
    ],
)
def test_components_and_holes_are_counted_at_one_scale_and_in_diagrams_of_classes_that_can_be_tested(
    cloud, is_counted
):
    clouds = clouds_of(cloud=cloud).clouds("spheres")
    assert {each.is_counted for each in clouds.values()} == {is_counted}


def test_loops_are_of_clouds_that_can_have_them_and_count_in_their_diagrams_only(config):
    config["clouds"] |= {"hops": {"metric": "hops", "neighbours": 3, "scale": 2}, "h0": {"dimensions": [0]}}
    plain, asked = parse_config(config), parse_config(config | {"loops": {"top": 2}})
    for cell in plain.cells():
        more = {"relations": True} if cell.cloud == "all" else {}
        assert asked.diagram_settings(cell) == plain.diagram_settings(cell) | more
        assert asked.has_loops(cell) == (cell.cloud == "all")
    run = plain.runs()[0]
    assert asked.statistics_settings(run) == plain.statistics_settings(run)
    assert parse_config(config | {"loops": {"top": 3}}).diagram_settings(cell) == asked.diagram_settings(cell)
