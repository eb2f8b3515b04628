"""How many components a cloud has, by a gap in the lengths at which its parts join.

The test of significance of loops does not speak of dimension 0, where all bars begin at 0. There the rule is: sort the deaths,
and take the largest ratio of one to the next smaller one, of those that are no smaller than the median. It is a gap if it is at
least `GAP`, and at least `SPREAD` times the ratio of the smaller one of the two to the median: where lengths spread far
without a gap, as in clouds that thin out, a gap must be wide. Then the cloud has as many components as bars are longer than
the gap, those that never die included; else as many as bars never die: one, or the parts of a graph of neighbours.

The rule needs no choice of a scale, and does not depend on the unit of length. If components are themselves made of parts, the
widest gap decides. ``benchmarks/components.py`` says how often the rule is wrong.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from layertopo.analysis.significance import MIN_BARS
from layertopo.topology.diagrams import StoredDiagram
from layertopo.topology.metrics import DRAWN

#: Least ratio of two deaths, one after the other, that is a gap.
GAP = 2.0
#: How wide it must be for lengths that spread, as a share of the ratio of the length below it to the median.
SPREAD = 0.5


def components(bars: NDArray[np.float64]) -> float:
    """Number of components by the rule of this module; NaN with fewer than 30 bars that die.

    Parameters
    ----------
    bars : ndarray, shape (n, 2)
        Births and deaths of dimension 0; deaths may be infinite.
    """
    dies = np.isfinite(bars[:, 1])
    if dies.sum() < MIN_BARS:
        return np.nan
    essential = len(bars) - int(dies.sum())
    deaths = np.sort(bars[dies, 1])[::-1]
    median = np.median(deaths)
    upper = deaths[deaths >= median]
    ratios = upper[:-1] / upper[1:]
    widest = int(np.argmax(ratios))
    is_gap = ratios[widest] >= max(GAP, SPREAD * upper[widest + 1] / median)
    return float(essential + widest + 1 if is_gap else essential)


def diagram_components(diagram: StoredDiagram, dimension: int) -> float:
    """Number of components of a diagram's cloud; NaN for another dimension than 0, one scale only, or a greedy sample.

    The points of a greedy sample are apart by construction: the rule's errors are known for samples of a distribution.
    """
    if dimension != 0 or diagram.scale is not None or diagram.sample["method"] not in DRAWN:
        return np.nan
    return components(diagram.bars[0])
