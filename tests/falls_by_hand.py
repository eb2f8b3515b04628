"""Tables of networks on nine disks in which numbers fall from layer to layer as they are told to."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import Any

import pandas as pd

from layertopo.analysis.verdicts import BY_SEED, FAILS, HOLDS, NOT_APPLICABLE, Tables, assess

SEEDS = range(6)
NAN = float("nan")
#: Betti numbers of an input: those of the first class, of the second.
INPUT = ((9, 0), (1, 9))
#: Numbers of all layers from the input to the output, 9 hidden layers between, as what is left of the excess.
FAST = [1, 0.5, 0.2, *[0] * 8]
MIDDLING = [1, 0.9, 0.8, 0.6, 0.4, 0.2, *[0] * 5]
SLOW = [1, 1, 1, 0.9, 0.9, 0.8, 0.8, 0.7, 0.5, 0.2, 0]

Curves = dict[str, Sequence[Sequence[float]]]
THREE: Curves = {"relu": [FAST], "leaky_relu": [MIDDLING], "tanh": [SLOW]}
#: Curves of the activations, and what is said of the order in which they fall.
ORDERS = [
    (THREE, HOLDS),
    (THREE | {"tanh": [FAST], "relu": [SLOW]}, FAILS),
    (THREE | {"leaky_relu": [FAST, SLOW]}, BY_SEED),
    ({name: THREE[name] for name in ("relu", "tanh")}, NOT_APPLICABLE),
]

#: Cloud of the tables, and which of its columns holds the numbers of each dimension.
HOPS = {"metric": "hops", "neighbours": 13, "scale": 2, "classes": "each", "sample": {"method": "random"}}
APART = {"metric": "euclidean", "scale": None, "classes": "each", "sample": {"method": "random"}}
AT_SCALE, BY_RULES = ("betti", "betti"), ("components", "significant_bars")
#: Of a row of a diagram, and of one of Betti numbers at one scale.
UNKNOWN = dict.fromkeys(("betti", "components", "significant_bars", "bars"), NAN) | {"rounding_bars": 0}


def rows_of(
    dataset: str, model: str, seed: int, left: Sequence[float], columns: Sequence[str]
) -> list[dict[str, Any]]:
    """Rows of summaries in which a share of the excess of the input is left at each layer, of each class alike."""
    rows = []
    run = {"dataset": dataset, "model": model, "seed": seed, "epoch": "last", "split": "train"}
    for (k, own), (layer, share), d in product(enumerate(INPUT), enumerate(left), (0, 1)):
        least = 1 - d
        number = least + share * (own[d] - least)
        bars = {} if columns is AT_SCALE else {"bars": 100}
        place = {"layer": layer, "cloud": "cloud", "class": str(k), "dimension": d, "essential": least}
        rows.append(run | place | UNKNOWN | bars | {columns[d]: number})
    return rows


def tables(
    curves: Curves,
    datasets: Sequence[str] = ("d1",),
    cloud: dict[str, Any] = HOPS,
    columns: Sequence[str] = AT_SCALE,
    **changes: Any,
) -> Tables:
    """An experiment: for each model a curve for each seed, or one for all."""
    rows: list[dict[str, Any]] = []
    accuracy = []
    for dataset, (model, of_seeds), seed in product(datasets, curves.items(), SEEDS):
        rows += rows_of(dataset, model, seed, of_seeds[seed % len(of_seeds)], columns)
        run = {"dataset": dataset, "model": model, "seed": seed}
        accuracy.append(run | {"epoch": "last", "dead": False, "reached_goal": True})
    layers = {name: len(of_seeds[0]) - 2 for name, of_seeds in curves.items()}
    own = pd.DataFrame({"dataset": list(datasets)})
    pairs = pd.DataFrame(columns=["dataset", "model_a", "seed_a", "model_b", "seed_b"])
    found = {"accuracy": pd.DataFrame(accuracy), "summaries": pd.DataFrame(rows), "distances": pairs}
    settings = {"clouds": {"cloud": cloud}, "hidden_layers": layers}
    return Tables(
        **{**found, **settings, "datasets": own, "populations": {d: [d] for d in datasets}} | changes
    )


def judged(study: str, claim: str, held: Tables, dataset: str = "d1") -> dict[str, Any]:
    """The row of the table of claims."""
    table = assess(study, held).set_index(["dataset", "id"])
    return table.loc[(dataset, claim)].to_dict()


def without_goal(held: Tables, short: pd.Series | bool) -> Tables:
    """The tables if some networks are short of their goal."""
    return Tables(
        **{
            **vars(held),
            "accuracy": held.accuracy.assign(reached_goal=~pd.Series(short, held.accuracy.index)),
        }
    )
