"""The transformer for scikit-learn: the same diagrams as giotto-tda's, and the conventions of scikit-learn."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils.estimator_checks import check_estimator

from layertopo import persistence_diagram
from layertopo.sklearn import VietorisRipsPersistence

RNG = np.random.default_rng(0)
CLOUDS = [RNG.normal(size=(n, 3)) for n in (30, 17, 5, 1)]


def sorted_rows(diagram: np.ndarray) -> np.ndarray:
    return diagram[np.lexsort(diagram.round(3).T)]


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"reduced_homology": False},
        {"homology_dimensions": (1, 0)},
        {"homology_dimensions": [1]},
        {"homology_dimensions": (0, 1, 2), "coeff": 3},
        {"max_edge_length": 1.0},
        {"max_edge_length": 1.0, "reduced_homology": False},
        {"max_edge_length": 0.8, "infinity_values": 99.0},
        {"collapse_edges": True},
        {"metric": "manhattan"},
        {"metric": "cosine"},
        {"metric": "minkowski", "metric_params": {"p": 3}},
        {"n_jobs": 2},
    ],
    ids=str,
)
def test_it_gives_what_giotto_gives(parameters):
    gtda = pytest.importorskip("gtda.homology")
    theirs = gtda.VietorisRipsPersistence(**parameters).fit_transform(CLOUDS)
    ours = VietorisRipsPersistence(**parameters).fit_transform(CLOUDS)
    assert (ours.shape, ours.dtype) == (theirs.shape, theirs.dtype)
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(sorted_rows(a), sorted_rows(b), atol=2e-5)


def test_it_has_the_parameters_and_defaults_of_giotto():
    gtda = pytest.importorskip("gtda.homology")
    assert VietorisRipsPersistence().get_params() == gtda.VietorisRipsPersistence().get_params()


def test_distance_matrices_are_taken():
    matrices = [np.abs(cloud[:, None] - cloud[None]).sum(axis=2) for cloud in CLOUDS]
    made = VietorisRipsPersistence(metric="precomputed").fit_transform(matrices)
    np.testing.assert_allclose(
        made, VietorisRipsPersistence(metric="manhattan").fit_transform(CLOUDS), rtol=1e-6
    )


def test_an_array_and_a_list_of_clouds_are_the_same():
    array = RNG.normal(size=(3, 12, 2))
    np.testing.assert_array_equal(
        VietorisRipsPersistence().fit_transform(array), VietorisRipsPersistence().fit_transform(list(array))
    )


def test_a_shorter_diagram_is_filled_up_with_bars_of_length_zero():
    made = VietorisRipsPersistence().fit_transform(CLOUDS)
    for diagram, cloud in zip(made, CLOUDS, strict=True):
        bars = diagram[diagram[:, 0] != diagram[:, 1]]
        exact = persistence_diagram(cloud)
        assert len(bars) == len(exact.finite(0)) + len(exact.finite(1))


def test_it_works_in_a_pipeline():
    double = FunctionTransformer(lambda clouds: [2 * cloud for cloud in clouds])
    made = make_pipeline(double, VietorisRipsPersistence()).fit_transform(CLOUDS)
    plain = VietorisRipsPersistence().fit_transform(CLOUDS)
    np.testing.assert_allclose(made[..., :2], 2 * plain[..., :2], rtol=1e-6)


def test_a_clone_has_the_same_parameters_and_is_not_fitted():
    fitted = VietorisRipsPersistence(homology_dimensions=(1,), coeff=2, max_edge_length=3).fit(CLOUDS)
    copy = clone(fitted)
    assert copy.get_params() == fitted.get_params()
    with pytest.raises(NotFittedError):
        copy.transform(CLOUDS)


@pytest.mark.parametrize(
    ("parameters", "clouds", "message"),
    [
        ({}, CLOUDS[0], "3-D array or a list of 2-D arrays"),
        ({}, "clouds", "expected a collection of point clouds, got str"),
        ({}, 3, "expected a collection of point clouds, got int"),
        ({}, [], "at least one point cloud"),
        ({}, [CLOUDS[0], np.full((3, 2), np.nan)], "cloud 1: Input cloud 1 contains NaN"),
        ({}, [CLOUDS[0], np.zeros((0, 2))], "cloud 1: .*0 sample"),
        ({"homology_dimensions": ()}, CLOUDS, "homology_dimensions"),
        ({"homology_dimensions": (-1,)}, CLOUDS, "homology_dimensions"),
        ({"max_edge_length": -1}, CLOUDS, "max_edge_length"),
        ({"coeff": 2.5}, CLOUDS, "coeff"),
        ({"coeff": 4}, CLOUDS, "prime"),
        ({"metric": "no metric"}, CLOUDS, "no metric"),
    ],
)
def test_what_is_not_legal_is_refused(parameters, clouds, message):
    with pytest.raises(ValueError, match=message):
        VietorisRipsPersistence(**parameters).fit_transform(clouds)


class OfRows(VietorisRipsPersistence):
    """The transformer for scikit-learn's own checks, which know tables only: each row is a cloud on the line."""

    def _clouds(self, X):
        from sklearn.utils.validation import validate_data

        table = validate_data(self, X, reset=not hasattr(self, "infinity_values_"), dtype=np.float64)
        return super()._clouds(table[:, :, None])

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = True
        tags.input_tags.three_d_array = False
        return tags


#: Checks of scikit-learn that fail, and why.
EXPECTED = {
    "check_parameters_default_constructible": "the default of metric_params is an empty dict, as giotto-tda's is",
}


def test_the_checks_of_scikit_learn_pass():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = check_estimator(OfRows(), expected_failed_checks=EXPECTED, on_fail=None)
    assert len(found) > 30
    status = {each["check_name"]: each["status"] for each in found}
    assert {name for name, each in status.items() if each == "failed"} == set()
    assert {name for name, each in status.items() if each == "xfail"} == set(EXPECTED)
