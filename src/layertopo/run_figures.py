"""Figures over many training runs: medians with intervals, and how far diagrams lie apart.

A figure is of one population: the data sets that are draws of one distribution, and every network
trained on them. Networks that are dead at the last analysed epoch are counted, and drawn apart: they
enter no median.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle, product
from typing import Any, NamedTuple

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator, SymmetricalLogLocator
from numpy.typing import NDArray

from layertopo import replicates, storage
from layertopo.figures import MODELS, SPLITS, STYLE, heading

#: Line of a dead network, and interval over live ones.
DEAD: dict[str, Any] = {"linewidth": 0.8, "linestyle": (0, (2.5, 1.5))}
BAND: dict[str, Any] = {"alpha": 0.22, "linewidth": 0}
#: Up to so many values across, each is marked.
MARKED = 12
#: Perceptually uniform and safe for the colour-blind: dark is far.
DISTANCE = "viridis_r"
NOT_DEFINED = "#eeeeee"
#: More cells than this in a panel carry no numbers.
NUMBERED_CELLS = 40
#: Panels side by side in a figure of matrices.
PANELS_ACROSS = 4
#: Forms of the distance between two diagrams, scale-free.
DISTANCES = {"bottleneck": "Bottleneck distance", "sliced_wasserstein": "Sliced Wasserstein distance"}


class Run(NamedTuple):
    """One trained network of a model."""

    dataset: str
    seed: int


@dataclass(frozen=True)
class Group:
    """The runs of one model, live and dead at the last analysed epoch."""

    model: str
    colour: str
    live: Sequence[Run]
    dead: Sequence[Run]

    @property
    def runs(self) -> list[Run]:
        """All runs, the live ones first."""
        return [*self.live, *self.dead]

    @property
    def label(self) -> str:
        """The model, and how many of its networks live."""
        return f"{self.model} ({count_runs(len(self.live), len(self.dead))})"


def count_runs(live: int, dead: int) -> str:
    """Numbers of networks in words."""
    return ", ".join(
        f"{n:,} {state}" for n, state in ((live, "live"), (dead, "dead")) if n or state == "live"
    )


@dataclass(frozen=True)
class Quantity:
    """A column of `summaries.csv` worth following, and its axis; `{H}` stands for the dimension."""

    column: str
    label: str


QUANTITIES = (
    Quantity("n_distinct", "Distinct points"),
    Quantity("rms_distance", "Rms distance\nof the points"),
    Quantity("bars", "Number of\n{H} classes"),
    Quantity("lifetime_max_scaled", "Longest {H}\nlifetime\n/ rms distance"),
    Quantity("lifetime_sum_scaled", "Sum of {H}\nlifetimes\n/ rms distance"),
    Quantity("entropy_normalised", "Entropy of {H}\nlifetimes\n/ log(classes)"),
)


def groups(accuracy: pd.DataFrame, datasets: Sequence[str], epoch: int) -> list[Group]:
    """Runs of each model on the draws of one population.

    Parameters
    ----------
    accuracy : DataFrame
        `accuracy.csv`.
    datasets : sequence of str
    epoch : int
        A network dead then counts as dead.
    """
    then = accuracy[accuracy["dataset"].isin(datasets) & (accuracy["epoch"] == epoch)]
    colours = cycle(MODELS)
    return [
        Group(str(model), next(colours), *(_runs(own[own["dead"] == dead]) for dead in (False, True)))
        for model, own in then.groupby("model", sort=False)
    ]


def _runs(table: pd.DataFrame) -> list[Run]:
    return [
        Run(str(dataset), int(seed)) for dataset, seed in zip(table["dataset"], table["seed"], strict=True)
    ]


def rows_of(
    table: pd.DataFrame, datasets: Sequence[str], cloud: str, dimension: int, **where: Any
) -> pd.DataFrame:
    """Rows of `summaries.csv` or `distances.csv` of one population, cloud and dimension; cut down to `where`."""
    held = table["dataset"].isin(datasets) & (table["cloud"] == cloud) & (table["dimension"] == dimension)
    for column, value in where.items():
        held &= table[column] == value
    return table[held]


def figure_title(datasets: Sequence[str], split: str, cloud: str) -> str:
    """What all panels of a figure have in common."""
    more = f" and {len(datasets) - 1} more draws" if len(datasets) > 1 else ""
    return f"{datasets[0]}{more}: {SPLITS[split]}, cloud {cloud}"


# Trajectories.


def trajectory_figure(summaries: pd.DataFrame, members: Sequence[Group], along: str, title: str) -> Figure:
    """Chosen summaries of the diagrams from layer to layer, or from epoch to epoch.

    Parameters
    ----------
    summaries : DataFrame
        Rows of `summaries.csv` of one population, split, cloud and dimension.
    members : sequence of Group
    along : str
        `layer` or `epoch`: what goes across a panel. Each value of the other has a column of panels.
    title : str

    Returns
    -------
    Figure
        A row of panels for each of :data:`QUANTITIES`.
    """
    other = {"layer": "epoch", "epoch": "layer"}[along]
    places, columns = (sorted(int(x) for x in summaries[key].unique()) for key in (along, other))
    dimension = f"$H_{summaries['dimension'].iloc[0]}$"
    with mpl.rc_context(STYLE):
        figure = Figure(
            figsize=(max(4.6, 1.3 + 2.0 * len(columns)), 0.9 + 1.18 * len(QUANTITIES)), layout="constrained"
        )
        axes = figure.subplots(len(QUANTITIES), len(columns), squeeze=False, sharex=True, sharey="row")
        for group in members:
            values = _values(summaries, group, along, other, places, columns)
            _draw_group(axes, places, values, group, marks=len(places) <= MARKED)
        for place, quantity in zip(axes[:, 0], QUANTITIES, strict=True):
            place.set_ylabel(quantity.label.format(H=dimension))
        for place, value in zip(axes[0], columns, strict=True):
            place.set_title(f"{other.capitalize()} {value}", fontweight="bold")
        for place in axes[-1]:
            place.set_xlabel(along.capitalize())
            place.set_xticks(places)
        for row in axes:
            highest = max(float(place.dataLim.y1) for place in row if place.has_data())
            row[0].set_ylim(0, 1.08 * highest if highest > 0 else 1)  # also of the panels beside it
            row[0].yaxis.set_major_locator(MaxNLocator(4))
        heading(figure, title)
        _run_legend(figure, members)
    return figure


def _values(
    summaries: pd.DataFrame, group: Group, along: str, other: str, places: list[int], columns: list[int]
) -> NDArray[np.float64]:
    """Values of each run (live ones first), quantity, column of panels, and place along them; NaN where none."""
    own = summaries[summaries["model"] == group.model]
    table = own.set_index(["dataset", "seed", other, along])[[quantity.column for quantity in QUANTITIES]]
    index = pd.MultiIndex.from_tuples(
        [(*run, column, place) for run in group.runs for column in columns for place in places],
        names=table.index.names,
    )
    cells = table.reindex(index).to_numpy(np.float64)
    return np.moveaxis(cells.reshape(len(group.runs), len(columns), len(places), -1), 3, 1)


def _draw_group(
    axes: NDArray[Any], places: Sequence[float], values: NDArray[np.float64], group: Group, marks: bool
) -> None:
    """Median and interval over the live runs, and a line for each dead one, in every panel.

    `values` has the shape (runs, rows, columns, places), the live runs first.
    """
    live, dead = np.split(values, [len(group.live)])
    draws = [run.dataset for run in group.live]
    interval = replicates.median_interval(live, draws) if len(live) else None
    for at in np.ndindex(axes.shape):
        panel: Any = axes[at]
        for line in dead:
            marker = {"marker": "x", "markersize": 3, "markeredgewidth": 0.6} if marks else {}
            alpha = max(0.8 / len(dead) ** 0.4, 0.25)  # many of them do not cover the others
            style = DEAD | marker | {"color": group.colour, "alpha": alpha}
            panel.plot(places, line[at], gid=f"{group.model}-dead", **style)
        if interval is not None:
            marker = {"marker": "o", "markersize": 3} if marks else {}
            panel.plot(places, interval.median[at], color=group.colour, gid=group.model, **marker)
            band = (interval.low[at], interval.high[at])
            panel.fill_between(places, *band, color=group.colour, gid=f"{group.model}-band", **BAND)


def _run_legend(figure: Figure, members: Sequence[Group]) -> None:
    handles: list[Any] = [Line2D([], [], color=each.colour, label=each.label) for each in members]
    if any(len(each.live) > 1 for each in members):
        handles.append(Patch(facecolor="black", label="95 % interval of the median", **BAND))
    else:
        handles.append(Line2D([], [], linestyle="", label="one network: no interval"))
    if any(each.dead for each in members):
        handles.append(Line2D([], [], color="black", label="a network that is dead in the end", **DEAD))
    across = max(1, int(figure.get_figwidth() / 2))  # inches that the longest label takes
    figure.legend(handles=handles, loc="outside lower center", ncols=min(len(handles), across))


# Betti curves.


@dataclass(frozen=True)
class BettiCurves:
    """Betti curves of one dimension.

    Attributes
    ----------
    grid : ndarray, shape (n_scales,)
        Scales, in units of the rms distance.
    curves : dict
        From model, :class:`Run`, epoch and layer to Betti numbers, shape (n_scales,); NaN where a
        cloud has no scale.
    """

    grid: NDArray[np.float64]
    curves: Mapping[tuple[str, Run, int, int], NDArray[np.float64]]


def load_betti(
    paths: Sequence[str],
    keys: Sequence[Mapping[str, Any]],
    cells: Sequence[Sequence[tuple[int, int]]],
    split: str,
    cloud: str,
    dimension: int,
) -> BettiCurves:
    """Read the Betti curves of one split, cloud and dimension.

    Parameters
    ----------
    paths, keys : sequence
        Statistics and key columns of each run.
    cells : sequence
        Epoch and layer of each diagram of each run.
    split, cloud : str
    dimension : int

    Raises
    ------
    ResultError
        If a file is broken.
    """
    grid, curves = np.empty(0), {}
    for path, key, places in zip(paths, keys, cells, strict=True):
        with storage.load(path) as file:
            grid = storage.read(file, "betti_grid")
            for epoch, layer in places:
                name = f"epoch{epoch}/layer{layer}/{split}/{cloud}/H{dimension}_betti"
                run = Run(key["dataset"], key["seed"])
                curves[key["model"], run, epoch, layer] = storage.read(file, name)
    return BettiCurves(grid, curves)


def betti_figure(betti: BettiCurves, members: Sequence[Group], dimension: int, title: str) -> Figure:
    """Betti number against scale: a row of panels for each layer, a column for each epoch.

    Parameters
    ----------
    betti : BettiCurves
    members : sequence of Group
    dimension : int
    title : str
    """
    epochs = sorted({epoch for _, _, epoch, _ in betti.curves})
    layers = sorted({layer for _, _, _, layer in betti.curves})
    nowhere = np.full(len(betti.grid), np.nan)
    with mpl.rc_context(STYLE):
        figure = Figure(
            figsize=(max(4.6, 0.7 + 2.2 * len(epochs)), 0.9 + 1.75 * len(layers)), layout="constrained"
        )
        axes = figure.subplots(len(layers), len(epochs), squeeze=False, sharex=True, sharey=True)
        for group in members:
            values = np.array(
                [
                    [
                        [betti.curves.get((group.model, run, epoch, layer), nowhere) for epoch in epochs]
                        for layer in layers
                    ]
                    for run in group.runs
                ]
            )
            _draw_group(axes, betti.grid.tolist(), values, group, marks=False)
        for place, epoch in zip(axes[0], epochs, strict=True):
            place.set_title(f"Epoch {epoch}", fontweight="bold")
        for place, layer in zip(axes[:, 0], layers, strict=True):
            place.set_ylabel(f"Layer {layer}: $\\beta_{dimension}$")
        for place in axes[-1]:
            place.set_xlabel("Scale / rms distance")
        _betti_axes(axes, betti)
        heading(figure, f"{title}, Betti number {dimension}")
        _run_legend(figure, members)
    return figure


def _betti_axes(axes: NDArray[Any], betti: BettiCurves) -> None:
    """Scales where some curve changes, and heights with a zero below the logarithmic part."""
    every = np.array(list(betti.curves.values()))
    steps = np.nan_to_num(np.diff(every, axis=1))
    changing = np.flatnonzero(steps.any(axis=0))
    first, last = (changing[0], changing[-1] + 1) if len(changing) else (0, len(betti.grid) - 1)
    for place in axes.flat:
        place.set(xscale="log", xlim=(betti.grid[first] / 1.1, betti.grid[last] * 1.1))
        place.set_yscale("symlog", linthresh=1, linscale=0.3)
        place.set_ylim(bottom=0)
        place.yaxis.set_minor_locator(SymmetricalLogLocator(base=10, linthresh=1, subs=[2, 5]))


# Distances.


def run_matrix(distances: pd.DataFrame, runs: Sequence[tuple[str, int]], column: str) -> NDArray[np.float64]:
    """Distances between runs as a symmetric matrix.

    Parameters
    ----------
    distances : DataFrame
        Rows of `distances.csv` across networks, of one data set, layer, split, cloud and dimension.
    runs : sequence
        Model and seed, in the order of the matrix.
    column : str

    Returns
    -------
    ndarray of float64, shape (n_runs, n_runs)
        0 on the diagonal, NaN where there is no distance.
    """
    place = {run: k for k, run in enumerate(runs)}
    matrix = np.full((len(runs), len(runs)), np.nan)
    np.fill_diagonal(matrix, 0.0)
    names = ["model_a", "seed_a", "model_b", "seed_b", column]
    for model_a, seed_a, model_b, seed_b, value in distances[names].itertuples(index=False):
        a, b = place[model_a, seed_a], place[model_b, seed_b]
        matrix[a, b] = matrix[b, a] = value
    return matrix


def network_figure(
    distances: pd.DataFrame, members: Sequence[Group], datasets: Sequence[str], distance: str, title: str
) -> Figure:
    """How far the networks on the same data lie apart: a matrix for each layer and draw.

    Parameters
    ----------
    distances : DataFrame
        Rows of `distances.csv` across networks, of one population, split, cloud and dimension.
    members : sequence of Group
    datasets : sequence of str
        The draws.
    distance : str
        One of :data:`DISTANCES`.
    title : str

    Returns
    -------
    Figure
        Networks grouped by model, the dead ones of each after its live ones; one scale of colours.
    """
    layers = sorted(int(layer) for layer in distances["layer_a"].unique())
    lines = [list(product([layer], datasets)) for layer in layers]
    if len(datasets) == 1:
        lines = [list(product(layers, datasets))]
    lines = [line[k : k + PANELS_ACROSS] for line in lines for k in range(0, len(line), PANELS_ACROSS)]
    column = f"{distance}_scaled"
    dimension = distances["dimension"].iloc[0]
    with mpl.rc_context(STYLE):
        figure = Figure(
            figsize=(max(4.6, 1.2 + 2.1 * len(lines[0])), 0.6 + 2.45 * len(lines)), layout="constrained"
        )
        axes = figure.subplots(len(lines), len(lines[0]), squeeze=False)
        norm = _norm([distances[column].to_numpy()])
        for place in axes.flat:
            place.set_axis_off()
        for row, line in zip(axes, lines, strict=True):
            for place, (layer, dataset) in zip(row, line, strict=False):
                own = distances[(distances["dataset"] == dataset) & (distances["layer_a"] == layer)]
                _draw_networks(place, own, _blocks(members, dataset), column, norm)
                name = f"{dataset}, layer {layer}" if len(datasets) > 1 else f"Layer {layer}"
                place.set_title(name, fontweight="bold")
        _distance_bar(figure, axes, norm, distance, dimension)
        heading(figure, f"{title}, distances between networks")
    return figure


def _blocks(members: Sequence[Group], dataset: str) -> list[tuple[str, list[tuple[str, int]]]]:
    """Networks on one data set that stand together in a matrix, and what their block is called."""
    blocks = []
    for group in members:
        for state, runs in (("", group.live), (", dead", group.dead)):
            own = [(group.model, run.seed) for run in runs if run.dataset == dataset]
            if own:
                blocks.append((f"{group.model}{state} ({len(own)})", own))
    return blocks


def _draw_networks(
    axes: Axes,
    distances: pd.DataFrame,
    blocks: Sequence[tuple[str, Sequence[tuple[str, int]]]],
    column: str,
    norm: Normalize,
) -> None:
    runs = [run for _, block in blocks for run in block]
    axes.set_axis_on()
    _draw_cells(axes, run_matrix(distances, runs, column), norm)
    ends = np.cumsum([len(block) for _, block in blocks])
    for end in ends[:-1]:
        axes.axhline(end - 0.5, color="white", linewidth=1.6)
        axes.axvline(end - 0.5, color="white", linewidth=1.6)
    middles = ends - np.array([len(block) for _, block in blocks]) / 2 - 0.5
    labels = [name.replace(", ", "\n").replace(" (", "\n(") for name, _ in blocks]
    axes.set_xticks(middles, labels, fontsize=6.5)
    axes.set_yticks(middles, [label.replace("\n(", " (") for label in labels], fontsize=6.5)
    axes.set_aspect("equal")


def _draw_cells(axes: Axes, cells: NDArray[np.float64], norm: Normalize) -> None:
    """A heat map, with numbers if they are few."""
    colours = mpl.colormaps[DISTANCE].with_extremes(bad=NOT_DEFINED)
    axes.imshow(
        cells,
        cmap=colours,
        norm=norm,
        aspect="auto",
        interpolation="nearest",
        gid="cells",
    )
    axes.tick_params(length=0)
    for side in axes.spines.values():
        side.set_visible(False)
    if cells.size > NUMBERED_CELLS:
        return
    for (row, column), value in np.ndenumerate(cells):
        dark = value > 0.55 * float(norm.vmax or 1)
        axes.text(
            column,
            row,
            "–" if not np.isfinite(value) else f"{value:.2g}" if value < 99.5 else f"{value:,.0f}",
            ha="center",
            va="center",
            fontsize=6,
            color="white" if dark else "black",
        )


def _norm(cells: Iterable[NDArray[np.float64]]) -> Normalize:
    """From 0 to the largest value of all."""
    return Normalize(0, float(max(np.max(each, where=~np.isnan(each), initial=0) for each in cells)) or 1.0)


def _distance_bar(figure: Figure, axes: NDArray[Any], norm: Normalize, distance: str, dimension: int) -> None:
    figure.colorbar(
        mpl.cm.ScalarMappable(norm, DISTANCE),
        ax=list(axes.flat),
        label=f"{DISTANCES[distance]}, $H_{dimension}$ / rms distance",
        pad=0.02,
        aspect=30,
        shrink=min(1.0, 2.4 / figure.get_figheight() + 0.35),
    )


@dataclass(frozen=True)
class Step:
    """What two diagrams of one run differ in, and where they agree."""

    across: str
    name: str
    fixed: tuple[str, ...]


STEPS = (
    Step("layers", "layer", ("epoch",)),
    Step("epochs", "epoch", ("layer",)),
    Step("splits", "split", ("epoch", "layer")),
)


def medians_of(distances: pd.DataFrame, step: Step, runs: Sequence[Run], column: str) -> pd.DataFrame:
    """Median over runs of a distance within each of them.

    Parameters
    ----------
    distances : DataFrame
        Rows of `distances.csv` of one model, cloud and dimension.
    step : Step
    runs : sequence of Run
    column : str

    Returns
    -------
    DataFrame
        A row for each two values of what differs, a column for each place where the rest agrees.
    """
    held = pd.MultiIndex.from_arrays([distances["dataset"], distances["seed_a"]]).isin(list(runs))
    own = distances[held & (distances["across"] == step.across)]
    pairs = [f"{step.name}_a", f"{step.name}_b"]
    fixed = [f"{name}_a" for name in step.fixed]
    own = own.assign(
        place=pd.Series(zip(*(own[name] for name in fixed), strict=True), own.index, dtype=object)
    )
    return own.groupby([*pairs, "place"])[column].median().unstack("place")  # noqa: PD010  a pivot table drops what is defined nowhere


def moved_figure(
    distances: pd.DataFrame, members: Sequence[Group], split: str, distance: str, title: str
) -> Figure:
    """How far diagrams of the same network lie apart: across layers, epochs and splits.

    Parameters
    ----------
    distances : DataFrame
        Rows of `distances.csv` within runs, of one population, cloud and dimension.
    members : sequence of Group
    split : str
        Layers and epochs are compared on these rows, and these rows with others.
    distance : str
        One of :data:`DISTANCES`.
    title : str

    Returns
    -------
    Figure
        A heat map of medians for each kind of step (row), and for the live and the dead networks of
        each model (column).
    """
    column = f"{distance}_scaled"
    of_split = distances[(distances["split_a"] == split) | (distances["split_b"] == split)]
    columns = [
        (f"{group.model}, {count_runs(*counts)}", group.model, runs)
        for group in members
        for counts, runs in (((len(group.live), 0), group.live), ((0, len(group.dead)), group.dead))
        if runs
    ]
    steps = [step for step in STEPS if (of_split["across"] == step.across).any()]
    tables = {
        (step.name, k): medians_of(of_split[of_split["model_a"] == model], step, runs, column)
        for step in steps
        for k, (_, model, runs) in enumerate(columns)
    }
    heights = [max(len(tables[step.name, k]) for k in range(len(columns))) for step in steps]
    norm = _norm([table.to_numpy() for table in tables.values()])
    with mpl.rc_context(STYLE):
        figure = Figure(
            figsize=(
                max(4.6, 1.6 + 2.3 * len(columns)),
                0.9 + sum(0.55 + 0.24 * height for height in heights),
            ),
            layout="constrained",
        )
        axes = figure.subplots(
            len(steps), len(columns), squeeze=False, height_ratios=[height + 1.2 for height in heights]
        )
        for row, step in enumerate(steps):
            for k, (name, _, _) in enumerate(columns):
                _draw_medians(axes[row, k], tables[step.name, k], step, norm, labelled=k == 0)
                if row == 0:
                    axes[row, k].set_title(name.replace(", 0 live", ""), fontweight="bold")
        _distance_bar(figure, axes, norm, distance, int(distances["dimension"].iloc[0]))
        heading(figure, f"{title}, distances within networks")
    return figure


def _draw_medians(axes: Axes, table: pd.DataFrame, step: Step, norm: Normalize, labelled: bool) -> None:
    if table.empty:
        axes.set_axis_off()
        return
    _draw_cells(axes, table.to_numpy(np.float64), norm)
    pairs = [f"{a} – {b}" for a, b in table.index]
    axes.set_yticks(range(len(pairs)), pairs if labelled else [""] * len(pairs))
    axes.set_xticks(range(table.shape[1]), ["\n".join(map(str, place)) for place in table.columns])
    axes.set_xlabel(" and ".join(step.fixed).capitalize())
    if labelled:
        axes.set_ylabel(f"Between\n{step.across}")
