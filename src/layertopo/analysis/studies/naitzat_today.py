"""Two claims of Naitzat, Zhitnikov and Lim (2020), read without a chosen scale.

Those on how numbers fall along the layers (:mod:`layertopo.analysis.studies.naitzat_2020`, P1 and P2), of the same networks
and by the same rules, but for what is counted: the *number* of a layer is the sum over classes of the components by the gap
rule and of the significant loops (:mod:`layertopo.analysis.counted`), in the first cloud with a diagram whose classes are
apart and that is a random sample. And P1 asks for the last hidden layer as well: the probabilities of two classes lie on a
segment, over so many orders of magnitude that no gap stands out, so that at the output alone it could hardly fail.

A network of which a number is not known is part of no quantity that needs it: a class of which a layer leaves fewer than 31
distinct points, or whose lengths repeat.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from layertopo.analysis.studies import naitzat_2020
from layertopo.analysis.studies.naitzat_2020 import Evidence, evidence_of, falls_to_one, needs_activations
from layertopo.analysis.verdicts import Tables
from layertopo.storage import Settings
from layertopo.topology.metrics import is_random

ABOUT = (
    f"{naitzat_2020.ABOUT} Here these are read without a chosen scale: components by a gap in the lengths at which parts "
    "join, and loops that are significant."
)


def gather(tables: Tables) -> Evidence:
    """The evidence of the draws of one distribution."""
    return evidence_of(tables, _has_diagrams, "components and significant loops")


def _has_diagrams(cloud: Settings) -> bool:
    """Whether a cloud has diagrams that the rules speak of."""
    return cloud.get("scale") is None and is_random(cloud["sample"]["method"], cloud["metric"])


CLAIMS = {
    "P1": replace(
        naitzat_2020.CLAIMS["P1"],
        quantity="components and significant loops of both classes in the last hidden layer",
        rule=needs_activations(partial(falls_to_one, last=2)),
    ),
    "P2": naitzat_2020.CLAIMS["P2"],
}
