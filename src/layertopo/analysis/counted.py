"""How many components and holes a cloud has, as the table of summaries says of it.

At one scale these are its Betti numbers. A diagram has no number of them: many of its bars are chance. Of a diagram, rules
count: in dimension 0 the components by the gap in its deaths (:mod:`layertopo.analysis.components`), above it the bars that
are significant in their diagram (:mod:`layertopo.analysis.significance`). Both are cautious: what cannot be told from chance,
as there are too few points for it or layers have stretched it, is not counted.
"""

from __future__ import annotations

import pandas as pd


def counted(rows: pd.DataFrame) -> pd.Series:
    """Number of components (dimension 0) or of holes of each row of the table of summaries.

    Parameters
    ----------
    rows : DataFrame
        Of `summaries.csv`.

    Returns
    -------
    Series
        NaN where the rules say nothing: of greedy samples, of lengths that repeat, of fewer than 30 bars. But where no bar
        dies at all, or only by rounding, there is nothing to tell apart: counted are those that never die.
    """
    by_rule = rows["components"].where(rows["dimension"] == 0, rows["significant_bars"])
    nothing_dies = rows["bars"] == rows["rounding_bars"]
    return rows["betti"].fillna(by_rule.mask(nothing_dies, rows["essential"]))
