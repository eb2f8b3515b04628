"""The examples of a published study, shrunken, from data to claims."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import pytest
import yaml
from experiment import Config
from workflow_runs import REPOSITORY, Workflow

pytestmark = pytest.mark.slow
EXAMPLES = REPOSITORY / "config/examples"
#: Data sets in few points.
SMALL = {"spacing": 0.7, "count": 600, "points_per_ring": 40, "points_per_unit": 80}
SIZE = {"disks": "spacing", "linked_tori": "points_per_ring", "nested_shells": "points_per_unit"}
#: One network of each kind that a claim compares.
KINDS = ("relu", "leaky_relu", "tanh", "relu_3", "relu_bottleneck")


def shrunken(name: str, goal: float, kinds: Sequence[str] = KINDS) -> Config:
    config = yaml.safe_load((EXAMPLES / f"{name}.yaml").read_text())
    for data in config["datasets"].values():
        size = "count" if "count" in data else SIZE[data["kind"]]
        data[size] = SMALL[size]
    config["models"] = {name: model for name, model in config["models"].items() if name in kinds}
    for model in config["models"].values():
        model["hidden"] = [4, 3] if isinstance(model["hidden"], list) else [4]
    config["training"] |= {"epochs": 2, "seeds": [0], "until": {"train_accuracy": goal, "required": True}}
    for cloud in config["clouds"].values():
        cloud |= {"sample": {"points": 150}} | ({"neighbours": 6} if "neighbours" in cloud else {})
    config["figures"] = {"formats": ["png"], "dpi": 60}
    return config


def table(workflow: Workflow, name: str) -> pd.DataFrame:
    return pd.read_csv(workflow.root / f"results/tables/{name}.csv")


def run(folder: Path, name: str, goal: float, kinds: Sequence[str] = KINDS) -> Workflow:
    workflow = Workflow(folder / name)
    workflow.configure(shrunken(name, goal, kinds))
    result = workflow.run()
    assert result.code == 0, result.output
    return workflow


@pytest.mark.parametrize(
    ("name", "kinds", "expected"),
    [
        ("naitzat", ("relu",), {"P1"}),
        ("naitzat_d1", KINDS, {"P1", "P2", "P3", "P4"}),
        ("naitzat_d2", ("relu", "relu_3"), {"P1", "P3"}),
        ("naitzat_d3", ("relu", "relu_bottleneck"), {"P1", "P4"}),
    ],
)
def test_every_example_goes_from_data_to_claims(
    tmp_path: Path, name: str, kinds: Sequence[str], expected: set[str]
) -> None:
    workflow = run(tmp_path, name, goal=0.01, kinds=kinds)
    claims, datasets = table(workflow, "claims"), shrunken(name, 0.01)["datasets"]
    assert list(claims["id"]) == [f"P{k}" for k in range(1, 6)] * len(datasets)
    applied = claims[(claims["verdict"] != "not applicable") & (claims["id"] != "P5")]
    assert applied.groupby("dataset")["id"].agg(set).to_dict() == dict.fromkeys(datasets, expected)
    if len(datasets) > 1:  # so few points may have no loops, but on d2 these are looked at
        last = claims[claims["id"] == "P5"].set_index("dataset")["reason"]
        assert last.str.startswith("is of d2").to_dict() == {"d1": True, "d2": False, "d3": True}
    assert (claims["n_left_out"] == 0).all()
    figures = set(workflow.files("results/figures/**/*.png"))
    for dataset in datasets:
        for k in (0, 1):
            cloud = "hops" if len(datasets) == 1 else f"hops_{dataset}"
            assert f"results/figures/{dataset}/runs/{cloud}.class{k}/train_mean_betti.png" in figures


def test_the_networks_are_read_without_a_chosen_scale(tmp_path: Path) -> None:
    workflow = run(tmp_path, "naitzat_untruncated", goal=0.01)
    summaries, claims = table(workflow, "summaries"), table(workflow, "claims")
    assert set(summaries.groupby(["model", "class", "dimension"]).size()) == {
        3
    }  # input, hidden layer, output
    assert summaries["betti"].isna().all()
    assert (summaries.query("dimension == 1 and layer == 0")["bars"] > 0).all()  # too few here to be tested
    assert (summaries.query("dimension == 0 and layer == 0")["components"] > 0).all()
    assert list(claims["id"]) == ["P1", "P2"]
    assert set(claims["verdict"]) == {"not applicable"}
    assert claims["reason"].str.contains("known").all()
    figures = set(workflow.files("results/figures/d1/runs/**/*.png"))
    assert {f"results/figures/d1/runs/apart.class{k}/train_mean_betti.png" for k in (0, 1)} <= figures


def test_networks_that_do_not_reach_their_goal_are_counted_and_no_claim_is_held_against_them(tmp_path):
    kinds = ("relu", "tanh")
    workflow = run(tmp_path, "naitzat_d1", goal=1.0, kinds=kinds)
    accuracy, claims = table(workflow, "accuracy"), table(workflow, "claims")
    assert not accuracy["reached_goal"].any()
    assert set(claims["verdict"]) == {"not applicable"}
    assert set(claims["n_left_out"]) == {len(kinds)}
    words = " ".join((workflow.root / "results/report.html").read_text().split())
    assert "<code>tanh</code> 0 live and 1 short of the goal" in words
