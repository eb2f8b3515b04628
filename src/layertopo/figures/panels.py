"""Diagrams of one layer side by side: what a panel shows, and what it says above."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from layertopo.analysis.names import ROWS, cloud_in_words
from layertopo.analysis.run_statistics import p_values_of
from layertopo.analysis.significance import bonferroni
from layertopo.epochs import LAST, Epoch
from layertopo.figures.style import say
from layertopo.storage import Key, Stored
from layertopo.topology import diagrams
from layertopo.topology.diagrams import StoredDiagram
from layertopo.topology.metrics import METRICS
from layertopo.training import history
from layertopo.training.stored import History


@dataclass(frozen=True)
class Panel:
    """One diagram, and what its title says of the network.

    Attributes
    ----------
    model : str
    epoch : int
    diagram : StoredDiagram or None
        As it is, or scale-free; None if it is to be scale-free and no scale is defined.
    original : StoredDiagram
        As it is.
    p : mapping of int to ndarray
        p-value of each bar of the dimensions that are tested, in the diagram's order; NaN if it is not tested.
    test_accuracy : float
        True test accuracy of the network after that epoch; NaN if it is not known.
    dead : bool
        Whether the network then gives 99 % of the rows or more the same output.
    number : int or None
        Number of an epoch that is called `last`.
    """

    model: str
    epoch: Epoch
    diagram: StoredDiagram | None
    original: StoredDiagram
    p: Mapping[int, NDArray[np.float64]]
    test_accuracy: float
    dead: bool
    number: int | None = None

    def scaled(self) -> Panel:
        """The same panel, scale-free."""
        return replace(self, diagram=self.original.scaled())

    @property
    def unit(self) -> str:
        """What the lengths are measured in, for an axis."""
        absolute = self.diagram is self.original
        return f"({METRICS[self.original.metric].label})" if absolute else "/ rms distance"

    @property
    def error_bound(self) -> float | None:
        """Largest bottleneck distance to the diagram of all rows: known for a greedy sample only."""
        return None if self.diagram is None else self.diagram.error_bound

    def bars(self, dimension: int) -> NDArray[np.float64]:
        """Births and deaths, shape (n, 2), infinite deaths included; none if no scale is defined."""
        nothing = np.empty((0, 2))
        return nothing if self.diagram is None else self.diagram.bars.get(dimension, nothing)

    def significant(self) -> NDArray[np.float64]:
        """Births and deaths of the bars too persistent to be chance, shape (n, 2)."""
        found = [np.empty((0, 2))]
        if self.diagram is not None:
            found += [
                self.diagram.bars[dimension][bonferroni(p, int((~np.isnan(p)).sum()))]
                for dimension, p in self.p.items()
            ]
        return np.concatenate(found)

    @property
    def tested(self) -> bool:
        """Whether any bar was tested for significance."""
        return any(not np.isnan(p).all() for p in self.p.values())

    def extent(self) -> float:
        """Largest finite birth or death, 0 if there is none."""
        every = np.concatenate([self.bars(dimension) for dimension in self.original.dimensions])
        return float(np.max(every, where=np.isfinite(every), initial=0.0))


def load_panels(
    stored: Sequence[Stored], histories: Sequence[History], statistics: Sequence[Stored]
) -> list[Panel]:
    """Panels of one figure.

    Parameters
    ----------
    stored : sequence of Stored
        Diagrams.
    histories, statistics : sequence of History, sequence of Stored
        Of each run that they are of.

    Raises
    ------
    ResultError
        If a file is broken, or was made with other settings.
    """
    panels = []
    for losses, arrays in zip(histories, statistics, strict=True):
        rows = history.read(losses).to_dict("records")
        with p_values_of(arrays) as p_values:
            for each in stored:
                if each.key["model"] != losses.key["model"]:
                    continue
                diagram = diagrams.load(each.path, each.provenance)
                epoch = each.key["epoch"]
                then = next(row for row in reversed(rows) if epoch in (row["epoch"], LAST))
                panels.append(
                    Panel(
                        model=each.key["model"],
                        epoch=epoch,
                        diagram=diagram,
                        original=diagram,
                        p={k: p_values(each.key, k) for k in diagram.dimensions if k > 0},
                        test_accuracy=float(then.get("test_accuracy", np.nan)),
                        dead=bool(then.get("dead", False)),
                        number=int(then["epoch"]) if epoch == LAST else None,
                    )
                )
    return panels


def figure_title(key: Key, of: Key) -> str:
    """What all panels of a figure have in common: the wildcards of the figure, and the key of one of its diagrams."""
    common = f"{key['dataset']}, seed {key['seed']}: layer {key['layer']}, {ROWS[key['split']]}"
    return f"{common}, cloud {cloud_in_words(of)}"


def title_panel(axes: Axes, panel: Panel, *more: str) -> None:
    """Name of the network above a panel, and what there is to know of its cloud."""
    lines = [panel.original.points_in_words()]
    if not np.isnan(panel.test_accuracy):
        lines.insert(0, f"{'dead network: ' if panel.dead else ''}test accuracy {panel.test_accuracy:.1%}")
    if panel.error_bound is not None:
        lines.append(f"within {panel.error_bound:.3g} of the diagram of all")
    if panel.diagram is not None and panel.diagram.limits_in_words():
        lines.append(panel.diagram.limits_in_words())
    lines += more
    axes.annotate(
        "\n".join(lines),
        (0, 1),
        xytext=(0, 4),
        xycoords="axes fraction",
        textcoords="offset points",
        va="bottom",
        fontsize=6.5,
        linespacing=1.3,
    )
    epoch = f"epoch {panel.epoch}" if panel.number is None else f"last epoch, {panel.number}"
    name = f"{panel.model}, {epoch}"
    size = 8 * min(1, 24 / len(name))  # a long name keeps out of the next panel
    axes.set_title(name, loc="left", pad=6 + 10 * len(lines), fontweight="bold", fontsize=size)


def say_one_point(axes: Axes, panel: Panel) -> None:
    """Say why there is next to nothing in a panel."""
    points = "one distinct point" if panel.original.n_points else "no point"
    say(axes, points + (":\nno scale is defined" if panel.diagram is None else ""))
