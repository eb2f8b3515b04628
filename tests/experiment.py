"""A tiny experiment, and every configuration that must be refused with a message."""

from __future__ import annotations

from typing import Any

Config = dict[str, Any]
Key = tuple[Any, ...]

NAN = float("nan")
SPHERES: Key = ("datasets", "spheres")


def tiny_config() -> Config:
    """All stages, with no more work than they need."""
    return {
        "datasets": {
            "spheres": {
                "kind": "nested_spheres",
                "points_per_class": 60,
                "dimension": 3,
                "radii": [3, 6],
                "noise": "auto",
                "seed": 0,
                "test_fraction": 0.33,
                "split_seed": 42,
            }
        },
        "models": {
            "good": {"hidden": [4, 3, 3], "activation": "relu"},
            "bad": {"hidden": [2, 2, 2], "activation": "relu", "layers": [3]},
        },
        "training": {
            "epochs": 2,
            "batch_size": 16,
            "optimizer": "adam",
            "learning_rate": 0.01,
            "seeds": [0],
        },
        "analysis": {"epochs": [0, 2], "layers": [1, 3], "splits": ["train", "full"]},
        "clouds": {
            "all": {"metric": "euclidean", "sample": {"method": "random", "points": 30, "seed": 0}},
        },
        "homology": {"dimensions": [0, 1], "engine": "auto"},
        "figures": {"formats": ["png"], "dpi": 60},
        "study": "course_report",
    }


def large_config(seeds: int, epochs: int) -> Config:
    """An experiment of `180 * seeds * epochs` diagrams: 3 data sets, 4 networks, 5 layers, 3 splits."""
    activations = ("relu", "tanh", "elu", "gelu")
    return {
        "datasets": {f"spheres{seed}": {"kind": "nested_spheres", "seed": seed} for seed in range(3)},
        "models": {name: {"hidden": [10, 8, 5], "activation": name} for name in activations},
        "training": {"epochs": epochs, "seeds": list(range(seeds))},
        "analysis": {
            "epochs": list(range(1, epochs + 1)),
            "layers": "all",
            "splits": ["train", "test", "full"],
        },
        "clouds": {"all": {"sample": {"points": 1000}}},
        "figures": {"seeds": [0]},
    }


def with_value(key: Key, value: object) -> Config:
    """The tiny configuration with one value set."""
    config = tiny_config()
    if not key:  # several sections
        return config | dict(value)  # type: ignore[call-overload]
    section = config
    for part in key[:-1]:
        section = section[part]
    section[key[-1]] = value
    return config


# What is set, and what the message must say: the key, the value as found, what would be right.
BAD_VALUES: dict[str, tuple[Key, object, tuple[str, ...]]] = {
    "names that differ in case only": (
        ("models",),
        {"good": {"hidden": [4, 3, 3]}, "Good": {"hidden": [4, 3, 3]}},
        ("models", "'good' and 'Good' differ in upper and lower case only"),
    ),
    "misspelt section": (("modles",), {}, ("modles", "unknown key", "did you mean 'models'?")),
    "misspelt key": (("training", "epoch"), 3, ("training.epoch", "did you mean 'epochs'?")),
    "misspelt key of a data set": (
        (*SPHERES, "radius"),
        3,
        ("datasets.spheres.radius", "unknown key", "did you mean 'radii'?"),
    ),
    "misspelt key deep down": (
        ("clouds", "all", "sample", "point"),
        3,
        ("clouds.all.sample.point", "did you mean 'points'?"),
    ),
    "epoch beyond training": (
        ("analysis", "epochs"),
        [0, 9],
        ("analysis.epochs", "9 is beyond", "nearest legal value is 2"),
    ),
    "the last epoch twice": (
        ("analysis", "epochs"),
        [0, 2, "last"],
        ("analysis.epochs", "2 and last are the same epoch; list it once"),
    ),
    "an epoch of no name": (("analysis", "epochs"), [0, "end"], ("analysis.epochs", "'end'", "'last'")),
    "activation of two names": (
        ("models", "good", "activation"),
        {"leaky_relu": 0.2, "elu": 1.0},
        ("models.good.activation", "names 2 activation functions, must name one"),
    ),
    "activation without parameters": (
        ("models", "good", "activation"),
        {"tanh": 1.0},
        ("models.good.activation.tanh", "unknown key", "leaky_relu"),
    ),
    "parameter that an activation does not have": (
        ("models", "good", "activation"),
        {"relu": {"max_valu": 6}},
        ("models.good.activation.relu.max_valu", "unknown key", "did you mean 'max_value'?"),
    ),
    "dropout of all units": (("models", "good", "dropout"), 1, ("models.good.dropout", "less than 1")),
    "batch normalisation that is no truth value": (
        ("models", "good", "batch_normalization"),
        "yes",
        ("models.good.batch_normalization", "'yes'", "boolean"),
    ),
    "unknown initializer": (
        ("models", "good", "initializer"),
        "he_norml",
        ("models.good.initializer", "did you mean 'he_normal'?"),
    ),
    "unknown output": (
        ("models", "good", "output"),
        "sigmoid",
        ("models.good.output", "'logit' or 'softmax'"),
    ),
    "no equal layers": (
        ("models", "good", "hidden"),
        {"units": 4, "layers": 0},
        ("models.good.hidden.layers", "greater than or equal to 1"),
    ),
    "schedule without a start": (
        ("training", "learning_rate"),
        {"halve_every": 10},
        ("training.learning_rate.start", "missing"),
    ),
    "goal beyond reach": (
        ("training", "until"),
        {"train_accuracy": 2},
        ("training.until.train_accuracy", "less than or equal to 1"),
    ),
    "unknown goal": (
        ("training", "until"),
        {"train_accuracy": 1, "test_accuracy": 1},
        ("training.until.test_accuracy", "unknown key", "train_accuracy"),
    ),
    "goal that is required for no reason": (
        ("training", "until"),
        {"train_accuracy": 1, "required": "always"},
        ("training.until.required", "boolean"),
    ),
    "kept by no rule": (("training", "keep"), "some", ("training.keep", "'all' or 'analysed'")),
    "drawn seed that is not trained": (
        ("figures", "seeds"),
        [0, 7],
        ("figures.seeds", "no network is trained with seed 7", "training.seeds has 0"),
    ),
    "scale of zero": (("analysis", "betti_scales"), [0], ("analysis.betti_scales", "0", "greater than 0")),
    "negative epoch": (("analysis", "epochs"), [-1], ("analysis.epochs", "-1", "greater than or equal to 0")),
    "layer that no model has": (
        ("analysis", "layers"),
        [1, 7],
        ("analysis.layers", "'good' has no layer 7", "nearest legal value is 4"),
    ),
    "layer that one model lacks": (
        ("models", "bad", "layers"),
        [5],
        ("models.bad.layers", "'bad' has no layer 5", "nearest legal value is 4"),
    ),
    "negative layer": (("analysis", "layers"), [-1], ("analysis.layers", "-1", "greater than or equal to 0")),
    "misspelt layers": (("analysis", "layers"), "hiden", ("analysis.layers", "did you mean 'hidden'?")),
    "layer twice": (("models", "good", "layers"), [1, 1], ("models.good.layers", "lists 1 twice")),
    "no hidden layer": (("models", "good", "hidden"), [], ("models.good.hidden", "[]", "at least 1 long")),
    "hidden layer of no unit": (
        ("models", "good", "hidden"),
        [4, 0],
        ("models.good.hidden", "got 0", "greater than or equal to 1"),
    ),
    "fractional hidden layer": (
        ("models", "good", "hidden"),
        [4.5],
        ("models.good.hidden", "4.5", "an integer"),
    ),
    "negative radius": ((*SPHERES, "radii"), [-3, 6], ("radii", "-3", "greater than 0")),
    "equal radii": ((*SPHERES, "radii"), [3, 3], ("datasets.spheres", "radii must increase", "[3.0, 3.0]")),
    "reversed radii": (
        (*SPHERES, "radii"),
        [6, 3],
        ("datasets.spheres", "radii must increase", "[6.0, 3.0]"),
    ),
    "one radius": ((*SPHERES, "radii"), [3], ("datasets.spheres.radii", "[3]", "at least 2 long")),
    "no test set": (
        (*SPHERES, "test_fraction"),
        0,
        ("datasets.spheres.test_fraction", "got 0", "greater than 0"),
    ),
    "no training set": (
        (*SPHERES, "test_fraction"),
        1,
        ("datasets.spheres.test_fraction", "got 1", "less than 1"),
    ),
    "training set that rounds to nothing": (
        (*SPHERES, "test_fraction"),
        0.999,
        ("datasets.spheres", "test_fraction 0.999", "120 rows"),
    ),
    "misspelt noise": ((*SPHERES, "noise"), "atuo", ("spheres.noise", "'atuo'", "did you mean 'auto'?")),
    "noise switched on": ((*SPHERES, "noise"), True, ("datasets.spheres.noise", "True", "a finite number")),
    "seed twice": (("training", "seeds"), [0, 0], ("training.seeds", "lists 0 twice")),
    "negative seed": (("training", "seeds"), [-1], ("training.seeds", "-1", "greater than or equal to 0")),
    "learning rate that is no number": (
        ("training", "learning_rate"),
        NAN,
        ("training.learning_rate", "nan", "a finite number"),
    ),
    "learning rate of zero": (
        ("training", "learning_rate"),
        0,
        ("training.learning_rate", "got 0", "greater than 0"),
    ),
    "unknown split": (("analysis", "splits"), ["trian"], ("analysis.splits", "did you mean 'train'?")),
    "unknown activation": (
        ("models", "good", "activation"),
        "rleu",
        ("models.good.activation", "'rleu'", "did you mean 'relu'?"),
    ),
    "unknown optimizer": (("training", "optimizer"), "adm", ("training.optimizer", "did you mean 'adam'?")),
    "unknown engine": (("homology", "engine"), "gioto", ("homology.engine", "did you mean 'giotto'?")),
    "unknown format": (("figures", "formats"), ["pgn"], ("figures.formats", "did you mean 'png'?")),
    "unknown study": (("study",), "course_reprot", ("study", "did you mean 'course_report'?")),
    "study switched off": (
        ("study",),
        None,
        ("study", "None", "'none', 'course_report', 'naitzat_2020' or 'naitzat_today'"),
    ),
    "model with a slash": (("models", "a/b"), {"hidden": [2]}, ("models", "'a/b' cannot be a name")),
    "model of dots": (("models", ".."), {"hidden": [2]}, ("models", "'..' cannot be a name")),
    "data set with a dot": (
        ("datasets", "a.b"),
        {"kind": "nested_spheres"},
        ("datasets", "'a.b' cannot be a name"),
    ),
    "cloud with a slash": (("clouds", "a/b"), {}, ("clouds", "'a/b' cannot be a name")),
    "unknown metric": (("clouds", "all", "metric"), "hop", ("clouds.all.metric", "did you mean 'hops'?")),
    "graph without neighbours": (
        ("clouds", "all"),
        {"metric": "hops"},
        ("clouds.all: neighbours: missing", "metric hops is of a graph", "such as 13"),
    ),
    "neighbours without a graph": (
        ("clouds", "all", "neighbours"),
        5,
        ("clouds.all: neighbours: metric euclidean has no graph", "take metric hops or geodesic"),
    ),
    "mutual without a graph": (
        ("clouds", "all", "mutual"),
        True,
        ("clouds.all: mutual: metric euclidean has no graph",),
    ),
    "no neighbours": (
        ("clouds", "all"),
        {"metric": "hops", "neighbours": 0},
        ("clouds.all.neighbours", "got 0", "greater than or equal to 1"),
    ),
    "greedy sample under a graph": (
        ("clouds", "all"),
        {"metric": "geodesic", "neighbours": 5, "sample": {"method": "greedy", "points": 9}},
        ("clouds.all: metric", "being of a graph of the sampled points", "euclidean, manhattan or chebyshev"),
    ),
    "greedy sample under cosine": (
        ("clouds", "all"),
        {"metric": "cosine", "sample": {"method": "greedy", "points": 9}},
        ("clouds.all: metric", "which cosine, not being a metric, does not have"),
    ),
    "less than a hop": (
        ("clouds", "all"),
        {"metric": "hops", "neighbours": 5, "scale": 0.5},
        ("clouds.all: scale: got 0.5", "at least 1: hops are whole numbers"),
    ),
    "one scale of nothing": (("clouds", "all", "scale"), 0, ("clouds.all.scale", "got 0", "greater than 0")),
    "class that is not there": (
        ("clouds", "all", "classes"),
        ["0", "2"],
        ("clouds.all.classes: data set 'spheres' has no class '2'", "its classes are 0, 1"),
    ),
    "misspelt classes": (
        ("clouds", "all", "classes"),
        "eech",
        ("clouds.all.classes", "did you mean 'each'?"),
    ),
    "class that YAML takes for a switch": (
        ("clouds", "all", "classes"),
        [True],
        ("clouds.all.classes", "got True", "write it in quotes"),
    ),
    "dimension of a cloud that is too high": (
        ("clouds", "all", "dimensions"),
        [3],
        ("clouds.all.dimensions", "got 3", "less than or equal to 2"),
    ),
    "engine that takes no infinite distances": (
        (),
        {"clouds": {"all": {"metric": "hops", "neighbours": 5}}, "homology": {"engine": "giotto"}},
        ("homology.engine: 'giotto' takes finite distances only", "clouds.all"),
    ),
    "engine that cannot do a cloud's dimensions": (
        (),
        {"clouds": {"all": {"dimensions": [2]}}, "homology": {"engine": "layertopo"}},
        ("clouds.all.dimensions: engine 'layertopo' does not compute dimension 2",),
    ),
    "loops over another field": (
        (),
        {"loops": {}, "homology": {"coefficient_field": 3}},
        ("loops: no cloud has a diagram of dimension 1", "engine 'layertopo'", "coefficient_field 2"),
    ),
    "loops at one scale": (
        (),
        {"loops": {"top": 1}, "clouds": {"all": {"scale": 2.0}}},
        ("loops: no cloud has a diagram of dimension 1", "no scale"),
    ),
    "fewer loops than none": (("loops",), {"top": -1}, ("loops.top", "-1", "greater than or equal to 0")),
    "name that is a number": (("models", 1), {"hidden": [2]}, ("models: 1 cannot be a name", "in quotes")),
    "section that is a number": ((1,), {}, ("1: unknown key", "legal keys here are datasets")),
    "key that is nothing": (("training", None), 3, ("training.None: unknown key", "epochs, batch_size")),
    "key that is a switch": ((*SPHERES, True), 3, ("datasets.spheres.True: unknown key", "radii")),
    "unknown data set of a model": (
        ("models", "good", "datasets"),
        ["sphere"],
        ("models.good.datasets", "'sphere'", "did you mean 'spheres'?"),
    ),
    "no model": (("models",), {}, ("models", "{}", "at least 1 long")),
    "section that is no mapping": (("training",), [1], ("training", "[1]", "a mapping")),
}

#: One of each kind of mistake: enough where each costs a run of Snakemake.
KINDS_OF_MISTAKES = (
    *("misspelt section", "misspelt key of a data set", "epoch beyond training", "layer that no model has"),
    *("no hidden layer", "hidden layer of no unit", "negative radius", "equal radii", "reversed radii"),
    *("no test set", "no training set", "seed twice", "learning rate that is no number", "unknown split"),
    *("unknown activation", "unknown engine", "unknown format", "model with a slash", "data set with a dot"),
)
