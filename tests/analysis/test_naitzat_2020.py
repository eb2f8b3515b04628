"""Claims on how Betti numbers fall, held against tables made by hand in which each holds, fails, or is not decided."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import Any

import pandas as pd
import pytest

from layertopo.analysis.studies import naitzat_2020 as study
from layertopo.analysis.verdicts import BY_SEED, FAILS, HOLDS, NOT_APPLICABLE, Tables, assess

SEEDS = range(6)
CLOUD = {"metric": "hops", "neighbours": 13, "scale": 2, "classes": "each"}
#: Betti numbers of an input: those of the first class, of the second.
INPUT = ((9, 0), (1, 9))
#: Numbers of all layers from the input to the output, 9 hidden layers between, as what is left of the excess.
FAST = [1, 0.5, 0.2, *[0] * 8]
MIDDLING = [1, 0.9, 0.8, 0.6, 0.4, 0.2, *[0] * 5]
SLOW = [1, 1, 1, 0.9, 0.9, 0.8, 0.8, 0.7, 0.5, 0.2, 0]
EVEN = [1 - k / 10 for k in range(11)]

Curves = dict[str, Sequence[Sequence[float]]]


def rows_of(dataset: str, model: str, seed: int, left: Sequence[float]) -> list[dict[str, Any]]:
    """Rows of summaries in which a share of the excess of the input is left at each layer, of each class alike."""
    rows = []
    for (k, own), (layer, share) in product(enumerate(INPUT), enumerate(left)):
        least = (1, 0)
        rows += [
            {
                "dataset": dataset,
                "model": model,
                "seed": seed,
                "epoch": "last",
                "layer": layer,
                "split": "train",
            }
            | {
                "cloud": "hops",
                "class": str(k),
                "dimension": d,
                "betti": least[d] + share * (own[d] - least[d]),
            }
            for d in (0, 1)
        ]
    return rows


def tables(curves: Curves, datasets: Sequence[str] = ("d1",), **changes: Any) -> Tables:
    """An experiment: for each model a curve for each seed, or one for all."""
    rows: list[dict[str, Any]] = []
    accuracy = []
    for dataset, (name, of_seeds) in product(datasets, curves.items()):
        model = name.removeprefix(f"{dataset}:")
        if ":" in model:
            continue
        for seed in SEEDS:
            rows += rows_of(dataset, model, seed, of_seeds[seed % len(of_seeds)])
            run = {"dataset": dataset, "model": model, "seed": seed}
            accuracy.append(run | {"epoch": "last", "dead": False, "reached_goal": True})
    layers = {name.split(":")[-1]: len(of_seeds[0]) - 2 for name, of_seeds in curves.items()}
    own = pd.DataFrame({"dataset": list(datasets)})
    pairs = pd.DataFrame(columns=["dataset", "model_a", "seed_a", "model_b", "seed_b"])
    found = {"accuracy": pd.DataFrame(accuracy), "summaries": pd.DataFrame(rows), "distances": pairs}
    settings = {"clouds": {"hops": CLOUD}, "hidden_layers": layers}
    return Tables(
        **{**found, **settings, "datasets": own, "populations": {d: [d] for d in datasets}} | changes
    )


def judge(claim: str, held: Tables, dataset: str = "d1") -> dict[str, Any]:
    table = assess("naitzat_2020", held).set_index(["dataset", "id"])
    return table.loc[(dataset, claim)].to_dict()


THREE: Curves = {"relu": [FAST], "leaky_relu": [MIDDLING], "tanh": [SLOW]}


@pytest.mark.parametrize(
    ("ends", "verdict", "measured"),
    [
        ([0], HOLDS, 2),
        ([0.5], FAILS, 10.5),
        ([0, 0.5], BY_SEED, 2 + 17 / 4),
        ([0, 0, 0, 0, 0, 0.5], BY_SEED, 2),
    ],
)
def test_numbers_fall_to_one_component_for_each_class(ends, verdict, measured):
    found = judge("P1", tables({"relu": [[*FAST[:-1], end] for end in ends]}))
    assert (found["verdict"], found["measured"]) == (verdict, measured)
    assert found["reason"].startswith("beyond one component for each class")
    assert "relu 17" in found["reason"]


@pytest.mark.parametrize(
    ("curves", "verdict"),
    [
        (THREE, HOLDS),
        (THREE | {"tanh": [FAST], "relu": [SLOW]}, FAILS),
        (THREE | {"leaky_relu": [FAST, SLOW]}, BY_SEED),
        ({name: THREE[name] for name in ("relu", "tanh")}, NOT_APPLICABLE),
    ],
)
def test_relu_is_fastest_and_tanh_slowest(curves, verdict):
    found = judge("P2", tables(curves))
    assert found["verdict"] == verdict
    if verdict == HOLDS:
        assert found["measured"] == pytest.approx(0.7 / 9)
        assert "leaky_relu 0.322" in found["reason"]


LATE_3, EARLY_3 = [1, 1, 0.9, 0.5, 0], [1, 0.2, 0.1, 0.1, 0]


@pytest.mark.parametrize(
    ("curves", "verdict"),
    [
        ({"tanh": [EVEN], "tanh_3": [LATE_3]}, HOLDS),
        ({"tanh": [EVEN], "tanh_3": [EARLY_3]}, FAILS),
        ({"tanh": [FAST], "tanh_3": [LATE_3]}, FAILS),  # the deep one is not even
        ({"tanh": [EVEN], "tanh_3": [LATE_3, EARLY_3]}, BY_SEED),
        ({"tanh": [EVEN]}, NOT_APPLICABLE),
    ],
)
def test_shallow_networks_change_late_and_deep_ones_evenly(curves, verdict):
    found = judge("P3", tables(curves))
    assert found["verdict"] == verdict
    if verdict == HOLDS:
        assert found["measured"] == pytest.approx(0.9)
        assert "3 hidden layers 0.9 [0.9, 0.9], 9 hidden layers 0.5" in found["reason"]


def test_a_layer_in_the_middle_counts_half():
    change = pd.DataFrame([[0.1, 0.2, 0.4, 0.1, 0.2]], columns=range(1, 6))
    assert study.last_half(change).tolist() == pytest.approx([0.5])


#: All at once at the fifth layer, which is the one in the middle.
AT_FIVE = [1, 1, 1, 1, 1, *[0] * 6]


@pytest.mark.parametrize(
    ("narrow", "verdict"), [([AT_FIVE], HOLDS), ([FAST], FAILS), ([AT_FIVE, FAST], BY_SEED)]
)
def test_a_bottleneck_forces_a_change_at_it(narrow, verdict):
    found = judge("P4", tables({"relu": [EVEN], "relu_bottleneck": narrow}))
    assert found["verdict"] == verdict
    if verdict == HOLDS:
        assert found["measured"] == 1
    assert judge("P4", tables({"relu": [EVEN]}))["verdict"] == NOT_APPLICABLE


def linked(loops: Sequence[Sequence[float]], components: Sequence[float] = FAST) -> Tables:
    """Three data sets, on the second of which loops fall otherwise than components."""
    held = tables({"relu": [FAST]}, ("d1", "d2", "d3"))
    rows = held.summaries.set_index(["dataset", "dimension", "seed", "layer"], drop=False)
    for seed, layer in product(SEEDS, range(11)):
        rows.loc[("d2", 1, seed, layer), "betti"] = 9 * loops[seed % len(loops)][layer]
        rows.loc[("d2", 0, seed, layer), "betti"] = 1 + 8 * components[layer]
    return Tables(**{**vars(held), "summaries": rows.reset_index(drop=True)})


@pytest.mark.parametrize(
    ("held", "verdict"),
    [
        (linked([SLOW]), HOLDS),
        (linked([[1, *[0] * 10]]), FAILS),
        (linked([SLOW], SLOW), BY_SEED),  # components and loops alike
        (linked([SLOW, [1, *[0] * 10]]), BY_SEED),
        (tables({"relu": [FAST]}, ("d2",)), NOT_APPLICABLE),
    ],
)
def test_the_loops_of_linked_rings_are_the_hardest(held, verdict):
    found = judge("P5", held, "d2")
    assert found["verdict"] == verdict
    if verdict == HOLDS:
        assert "(components of d2)" in found["reason"]
        others = [judge("P5", held, other) for other in ("d1", "d3")]
        assert [each["verdict"] for each in others] == [NOT_APPLICABLE] * 2


def test_networks_short_of_their_goal_are_left_out_and_counted():
    held = tables({"relu": [FAST, [*FAST[:-1], 0.9]]})
    short = (held.accuracy["model"] == "relu") & (held.accuracy["seed"] % 2 == 1)
    held = Tables(**{**vars(held), "accuracy": held.accuracy.assign(reached_goal=~short)})
    found = judge("P1", held)
    assert (found["verdict"], found["n_left_out"]) == (HOLDS, 3)
    assert found["measured"] == 2
    none = Tables(**{**vars(held), "accuracy": held.accuracy.assign(reached_goal=False)})
    assert {judge(name, none)["verdict"] for name in study.CLAIMS} == {NOT_APPLICABLE}


@pytest.mark.parametrize(
    "changes",
    [
        {"clouds": {"hops": CLOUD | {"scale": None}}},
        {"clouds": {"hops": CLOUD | {"classes": "all"}}},
        {"clouds": {}},
        {"hidden_layers": dict.fromkeys(THREE, 12)},
    ],
)
def test_without_each_class_in_every_layer_at_one_scale_nothing_applies(changes):
    held = tables(THREE, **changes)
    assert {judge(name, held)["verdict"] for name in study.CLAIMS} == {NOT_APPLICABLE}


def test_what_is_simple_from_the_start_has_no_excess_left():
    variants = {"": [[0] * 11], "_3": [[0] * 5], "_bottleneck": [[0] * 11]}
    held = tables(
        {f"relu{variant}": of for variant, of in variants.items()}
        | {"tanh": [[0] * 11], "leaky_relu": [[0] * 11]}
    )
    assert judge("P1", held)["verdict"] == HOLDS
    assert {judge(name, held)["reason"] for name in ("P2", "P3", "P4")} == {study.SIMPLE.reason}
    assert judge("P5", linked([[0] * 11]), "d2")["reason"] == study.SIMPLE.reason


def test_one_network_of_each_decides_by_itself():
    held = tables(THREE)
    one = {name: getattr(held, name).query("seed == 0") for name in ("accuracy", "summaries")}
    assert judge("P2", Tables(**{**vars(held), **one}))["verdict"] == HOLDS
