"""Claims on how Betti numbers fall, held against tables made by hand in which each holds, fails, or is not decided."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from itertools import product

import pandas as pd
import pytest
from falls_by_hand import FAST, HOPS, ORDERS, SEEDS, SLOW, THREE, judged, tables, without_goal

from layertopo.analysis.studies import naitzat_2020 as study
from layertopo.analysis.verdicts import BY_SEED, FAILS, HOLDS, NOT_APPLICABLE, Tables, assess

judge = partial(judged, "naitzat_2020")
EVEN = [1 - k / 10 for k in range(11)]


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


@pytest.mark.parametrize(("curves", "verdict"), ORDERS)
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


def test_each_data_set_is_read_in_a_cloud_of_its_own():
    held = linked([SLOW])
    own = {f"cloud_{name}": HOPS | {"datasets": [name]} for name in held.populations}
    apart = held.summaries.assign(cloud="cloud_" + held.summaries["dataset"])
    found = Tables(**{**vars(held), "summaries": apart, "clouds": own})
    pd.testing.assert_frame_equal(assess("naitzat_2020", found), assess("naitzat_2020", held))


def test_networks_short_of_their_goal_are_left_out_and_counted():
    held = tables({"relu": [FAST, [*FAST[:-1], 0.9]]})
    found = judge("P1", without_goal(held, held.accuracy["seed"] % 2 == 1))
    assert (found["verdict"], found["n_left_out"]) == (HOLDS, 3)
    assert found["measured"] == 2
    assert {judge(name, without_goal(held, True))["verdict"] for name in study.CLAIMS} == {NOT_APPLICABLE}


@pytest.mark.parametrize(
    "changes",
    [
        {"clouds": {"cloud": HOPS | {"scale": None}}},
        {"clouds": {"cloud": HOPS | {"classes": "all"}}},
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
