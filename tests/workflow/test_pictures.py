"""Which figures there are."""

from __future__ import annotations

import pytest
from lib.outputs import Outputs
from lib.pictures import Pictures

from layertopo.experiment.parse import parse_config


@pytest.mark.parametrize(
    ("layers", "seeds", "drawn"),
    [([3], [0], False), ([0, 3], [0], True), ([3], [0, 1], True)],
    ids=["no layer in common", "a layer in common", "two seeds"],
)
def test_networks_are_compared_where_two_of_them_have_a_layer_in_common(layers, seeds, drawn):
    experiment = parse_config(
        {
            "datasets": {"ball": {"kind": "nested_spheres", "points_per_class": 50}},
            "models": {
                "wide": {"hidden": [4, 4], "layers": [0, 1]},
                "deep": {"hidden": [4, 4], "layers": layers},
            },
            "training": {"epochs": 1, "seeds": seeds},
            "analysis": {"epochs": [1]},
        }
    )
    kinds = {picture.kind for picture in Pictures(Outputs(experiment)).all}
    assert ("networks" in kinds) == drawn
