"""What is said of a network from what its last layer gives."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import log_softmax

from layertopo.training.scores import cross_entropy, predicted, score

Y = {"train": np.array([0, 1, 1, 0]), "test": np.array([1, 0])}


def logits(*values: float) -> np.ndarray:
    return np.array(values)[:, None]


def test_a_logit_is_judged_by_its_sign_and_keras_judges_it_by_a_half():
    told = score({"train": logits(-1, 1, 0.25, 0.25), "test": logits(0.25, 0.25)}, Y)
    assert told["train_accuracy"] == 0.75
    assert told["train_accuracy_logit_above_half"] == 0.75
    assert told["test_accuracy"] == told["test_accuracy_logit_above_half"] == 0.5
    assert told["test_loss"] == pytest.approx(np.log1p(np.exp(0.25)) - 0.125)
    assert told["dead"] is False


def test_of_two_classes_a_logit_and_two_scores_say_the_same():
    z = np.linspace(-3, 3, 7)[:, None]
    y = np.array([0, 1, 0, 1, 0, 1, 0])
    scores = np.hstack([np.zeros_like(z), z])
    np.testing.assert_array_equal(predicted(z), predicted(scores))
    assert cross_entropy(z, y) == pytest.approx(cross_entropy(scores, y))


def test_several_classes_are_judged_by_the_largest_score():
    scores = np.array([[3.0, 1, 2], [1, 1, 0], [0, 1, 1]])
    assert predicted(scores).tolist() == [0, 0, 1]
    expected = -log_softmax(scores, axis=1)[[0, 1, 2], [0, 1, 2]].mean()
    assert cross_entropy(scores, np.array([0, 1, 2])) == pytest.approx(expected)
    told = score(
        {"train": scores, "test": scores}, {"train": np.array([0, 1, 2]), "test": np.array([0, 0, 1])}
    )
    assert (told["train_accuracy"], told["test_accuracy"]) == (pytest.approx(1 / 3), 1.0)
    assert np.isnan(told["test_accuracy_logit_above_half"])


def test_scores_far_apart_have_a_finite_loss():
    assert cross_entropy(np.array([[1e4, 0.0, -1e4]]), np.array([2])) == pytest.approx(2e4)


@pytest.mark.parametrize("columns", [1, 3])
@pytest.mark.parametrize(("others", "dead"), [(0, True), (1, True), (2, False), (60, False)])
def test_a_network_with_one_output_for_nearly_all_rows_is_dead(others, dead, columns):
    """Of 120 rows, 119 are more than 99 %: one may differ."""
    scores = np.zeros((120, columns))
    scores[:others, -1] = np.arange(1, others + 1)
    parts = {"train": scores[::2], "test": scores[1::2]}
    y = dict.fromkeys(parts, np.zeros(60, int))
    assert score(parts, y)["dead"] is dead


def test_a_network_that_gives_no_number_is_dead():
    nothing = np.full((60, 3), np.nan)
    assert score({"train": nothing, "test": nothing}, dict.fromkeys(("train", "test"), np.zeros(60, int)))[
        "dead"
    ]
