"""Exact Vietoris-Rips diagrams as a scikit-learn transformer of collections of point clouds.

The parameters, their defaults and the output are those of giotto-tda's class of the same name, so that its
users change one import line::

    from layertopo.sklearn import VietorisRipsPersistence

It needs scikit-learn: ``pip install 'layertopo[sklearn]'``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from numbers import Integral, Real
from typing import Any

import numpy as np
from numpy.typing import NDArray

from layertopo.errors import extra
from layertopo.homology import Diagram, persistence_diagram
from layertopo.homology.engines import check_prime

with extra("sklearn"):
    from scipy.sparse import issparse
    from sklearn.base import BaseEstimator, TransformerMixin
    from sklearn.metrics import pairwise_distances
    from sklearn.utils import check_array
    from sklearn.utils.parallel import Parallel, delayed
    from sklearn.utils.validation import check_is_fitted

#: Metrics that the engine computes itself, by their names in scikit-learn; of any other it is given the distances.
_OWN_METRICS = {
    **{name: name for name in ("euclidean", "manhattan", "chebyshev", "cosine", "precomputed")},
    **{"l1": "manhattan", "cityblock": "manhattan", "l2": "euclidean"},
}


class VietorisRipsPersistence(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Vietoris-Rips persistence diagrams of a collection of point clouds, or of distance matrices.

    Parameters
    ----------
    metric : str or callable, default "euclidean"
        Distance between points, as :func:`sklearn.metrics.pairwise_distances` takes it, or ``"precomputed"``.
    metric_params : dict, default {}
        Further arguments of the metric, such as ``{"p": 3}`` for ``"minkowski"``.
    homology_dimensions : sequence of int, default (0, 1)
        Homology dimensions.
    collapse_edges : bool, default False
        Taken for compatibility: it changes how another engine computes, never what. Here it does nothing.
    coeff : int, default 2
        Prime p of the field Z/p of coefficients.
    max_edge_length : float, default inf
        Scale at which the filtration ends: no class is born later, and what is alive then does not die.
    infinity_values : float, optional
        Death of the classes that do not die; `max_edge_length` if it is not given.
    reduced_homology : bool, default True
        Leave out one component that does not die: each cloud has one.
    n_jobs : int, optional
        Clouds that are computed side by side, as joblib counts: -1 for as many as there are cores.

    Attributes
    ----------
    infinity_values_ : float
        Death of the classes that do not die.

    Notes
    -----
    Not honoured: there are no methods that plot; :mod:`gtda.plotting` draws the output. A distance matrix must be
    symmetric and zero on its diagonal, where giotto-tda takes the upper triangle of a dense one.

    Examples
    --------
    >>> import numpy as np
    >>> angles = np.linspace(0, 2 * np.pi, 60, endpoint=False)
    >>> circle = np.column_stack([np.cos(angles), np.sin(angles)])
    >>> diagrams = VietorisRipsPersistence(homology_dimensions=[1]).fit_transform([circle])
    >>> diagrams.shape
    (1, 1, 3)
    """

    def __init__(
        self,
        metric: str | Callable[..., float] = "euclidean",
        metric_params: Mapping[str, Any] = {},
        homology_dimensions: Sequence[int] = (0, 1),
        collapse_edges: bool = False,
        coeff: int = 2,
        max_edge_length: float = np.inf,
        infinity_values: float | None = None,
        reduced_homology: bool = True,
        n_jobs: int | None = None,
    ) -> None:
        self.metric = metric
        self.metric_params = metric_params
        self.homology_dimensions = homology_dimensions
        self.collapse_edges = collapse_edges
        self.coeff = coeff
        self.max_edge_length = max_edge_length
        self.infinity_values = infinity_values
        self.reduced_homology = reduced_homology
        self.n_jobs = n_jobs

    def fit(self, X: Any, y: Any = None) -> VietorisRipsPersistence:
        """Check the parameters and the clouds; nothing is learned from them.

        Parameters
        ----------
        X : ndarray of shape (n_clouds, n_points, n_coordinates), or list of 2-D arrays
            Clouds; distance matrices if `metric` is ``"precomputed"``, also sparse ones, whose absent
            entries are infinite.
        y : ignored

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If a parameter or a cloud is not legal.
        """
        self._check_parameters()
        self._clouds(X)
        self.infinity_values_ = self.max_edge_length if self.infinity_values is None else self.infinity_values
        return self

    def transform(self, X: Any, y: Any = None) -> NDArray[np.float64]:
        """Diagrams of the clouds.

        Parameters
        ----------
        X : ndarray of shape (n_clouds, n_points, n_coordinates), or list of 2-D arrays
            As for :meth:`fit`; other clouds than those are welcome.
        y : ignored

        Returns
        -------
        ndarray of float64, shape (n_clouds, n_bars, 3)
            Birth, death and dimension of each bar, dimension by dimension. A diagram with fewer bars of a dimension
            than another one is filled up with bars of length zero at the least birth of that dimension, and
            each has at least one row for each dimension.

        Raises
        ------
        ValueError
            If a cloud is not legal.
        sklearn.exceptions.NotFittedError
            If :meth:`fit` was not called.
        """
        check_is_fitted(self)
        clouds = self._clouds(X)
        diagrams = Parallel(n_jobs=self.n_jobs, prefer="threads")(
            delayed(self._diagram)(cloud) for cloud in clouds
        )
        blocks = [
            _stacked([self._bars(diagram, dimension) for diagram in diagrams], dimension)
            for dimension in sorted(set(self.homology_dimensions))
        ]
        return np.concatenate(blocks, axis=1)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False
        tags.input_tags.three_d_array = True
        tags.input_tags.sparse = self.metric == "precomputed"
        tags.requires_fit = True
        return tags

    def _check_parameters(self) -> None:
        given: Any = self.homology_dimensions
        dimensions = list(given) if isinstance(given, Iterable) else []
        coeff: Any = self.coeff
        largest: Any = self.max_edge_length
        if not dimensions or not all(isinstance(k, Integral) and int(k) >= 0 for k in dimensions):
            raise ValueError(f"homology_dimensions must be non-negative integers, got {given!r}")
        if not isinstance(coeff, Integral):
            raise ValueError(f"coeff must be a prime number, got {self.coeff!r}")
        check_prime(int(coeff))
        if not isinstance(largest, Real) or not float(largest) >= 0:
            raise ValueError(
                f"max_edge_length must be a number that is not negative, got {self.max_edge_length!r}"
            )

    def _clouds(self, X: Any) -> list[Any]:
        """The clouds, each a 2-D array of floats or a sparse matrix.

        Raises
        ------
        ValueError
            Naming every cloud that is not legal.
        """
        if issparse(X) or (isinstance(X, np.ndarray) and X.ndim != 3):
            raise ValueError(
                f"expected a collection of point clouds: a 3-D array or a list of 2-D arrays, got one array of shape "
                f"{X.shape}; of a single cloud take [X]. Reshape your data"
            )
        if not isinstance(X, Iterable) or isinstance(X, (str, bytes, Mapping)):
            raise ValueError(f"expected a collection of point clouds, got {type(X).__name__}")
        clouds, problems = [], []
        for k, cloud in enumerate(X):
            try:
                clouds.append(
                    check_array(
                        cloud,
                        accept_sparse=self.metric == "precomputed",
                        dtype=np.float64,
                        ensure_all_finite=self.metric != "precomputed",
                        input_name=f"cloud {k}",
                    )
                )
            except ValueError as error:
                problems.append(f"cloud {k}: {error}")
        if problems:
            raise ValueError("; ".join(problems))
        if not clouds:
            raise ValueError(
                "Found array with 0 sample(s): expected at least one point cloud, a minimum of 1 is required"
            )
        return clouds

    def _diagram(self, cloud: Any) -> Diagram:
        metric = _OWN_METRICS.get(self.metric) if isinstance(self.metric, str) else None
        if metric is None or (self.metric_params and metric != "precomputed"):
            distances = pairwise_distances(cloud, metric=self.metric, **self.metric_params)
            # Rounding may differ from one side of the diagonal to the other.
            cloud, metric = np.maximum(distances, distances.T), "precomputed"
            np.fill_diagonal(cloud, 0.0)
        return persistence_diagram(
            cloud,
            dimensions=list(self.homology_dimensions),
            metric=metric,
            coefficient_field=int(self.coeff),
            threshold=float(self.max_edge_length),
        )

    def _bars(self, diagram: Diagram, dimension: int) -> NDArray[np.float64]:
        """Bars of one dimension; the filtration ended at `max_edge_length`."""
        bars = diagram.bars[dimension]
        never = np.isinf(bars[:, 1])
        if dimension == 0 and self.reduced_homology:
            bars, never = (
                np.delete(bars, np.flatnonzero(never)[-1:], axis=0),
                np.delete(never, np.flatnonzero(never)[-1:]),
            )
        bars = np.minimum(bars, self.max_edge_length)  # which some may exceed, as they are rounded
        bars = np.where(never[:, None] & [False, True], self.infinity_values_, bars)
        return bars[bars[:, 0] != bars[:, 1]]


def _stacked(collection: Sequence[NDArray[np.float64]], dimension: int) -> NDArray[np.float64]:
    """Bars of one dimension of all clouds, filled up to equal numbers; shape (n_clouds, n_bars, 3)."""
    least = min((bars[:, 0].min() for bars in collection if len(bars)), default=0.0)
    stacked = np.full((len(collection), max(1, *map(len, collection)), 3), least)
    stacked[..., 2] = dimension
    for diagram, bars in zip(stacked, collection, strict=True):
        diagram[: len(bars), :2] = bars
    return stacked
