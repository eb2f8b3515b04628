"""Loss and accuracy of every training run on a data set."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import matplotlib as mpl
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator, PercentFormatter

from layertopo.data import dataset
from layertopo.data.kinds import type_of
from layertopo.epochs import Epoch
from layertopo.figures.style import GREY, STYLE, model_colours
from layertopo.storage import Key
from layertopo.tables import at_end
from layertopo.training import history


def draw(sources: Mapping[str, Any], key: Key) -> dict[str, Figure]:
    """Training curves of one data set."""
    stored = sources["dataset"]
    facts = type_of(stored.provenance["dataset"]).facts(dataset.load(stored.path, stored.provenance))
    table = history.accuracy_table(sources["histories"])
    ceiling = facts.get("best_radius_accuracy")
    return {"training": training_figure(table, key["dataset"], sources["last_epochs"], ceiling)}


def training_figure(
    table: pd.DataFrame,
    title: str,
    last_epochs: Mapping[str, Epoch],
    best_radius: float | None = None,
) -> Figure:
    """Loss and true accuracy of every training run of one data set, over the epochs.

    Parameters
    ----------
    table : DataFrame
        Rows of `accuracy.csv`: model, seed, epoch, losses, accuracies, dead.
    title : str
    last_epochs : mapping of str to int or str
        The last analysed one of each model: a network that is dead then is marked where it died.
    best_radius : float, optional
        Accuracy of the best threshold on the radius, drawn as a ceiling.

    Returns
    -------
    Figure
    """
    colours = model_colours(table["model"].astype(str))
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(7.1, 3.0), layout="constrained")
        loss, accuracy = figure.subplots(1, 2)
        for (model, _), run in table.groupby(["model", "seed"], sort=False):
            for axes, quantity in ((loss, "loss"), (accuracy, "accuracy")):
                _draw_run(axes, run, quantity, colours[str(model)], last_epochs[str(model)])
        loss.set(xlabel="Epoch", ylabel="Cross-entropy (nats)", title="Loss")
        accuracy.set(xlabel="Epoch", ylabel="Share of rows classified right", title="Accuracy")
        accuracy.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
        for axes in (loss, accuracy):
            axes.xaxis.set_major_locator(MaxNLocator(6, integer=True, steps=[1, 2, 5, 10]))
        if best_radius is not None:
            _draw_ceiling(accuracy, best_radius)
        figure.suptitle(title, fontsize=9)
        _training_legend(figure, colours, bool(at_end(table, last_epochs)["dead"].any()))
    return figure


def _draw_run(axes: Axes, run: pd.DataFrame, quantity: str, colour: str, last_epoch: Epoch) -> None:
    for split, style in (("train", (0, (3, 1.5))), ("test", "-")):
        axes.plot(run["epoch"], run[f"{split}_{quantity}"], linestyle=style, color=colour, alpha=0.85)
    died = history.dead_since(run, last_epoch)
    if died is not None:
        axes.plot(
            died,
            run.loc[run["epoch"] == died, f"test_{quantity}"].iloc[0],
            marker="X",
            markersize=6,
            color=colour,
            markeredgecolor="white",
            markeredgewidth=0.6,
            zorder=4,
        )


def _draw_ceiling(axes: Axes, best_radius: float) -> None:
    axes.axhline(best_radius, color=GREY, linewidth=0.8, linestyle=(0, (1, 1.5)))
    axes.margins(y=0.12)  # its label keeps out of the title
    axes.annotate(
        f"best threshold on the radius, {best_radius:.1%}",
        (1, best_radius),
        xytext=(0, 2.5),
        xycoords=("axes fraction", "data"),
        textcoords="offset points",
        ha="right",
        fontsize=6.5,
        color="#555555",
    )


def _training_legend(figure: Figure, colours: Mapping[str, str], dead: bool) -> None:
    handles = [Line2D([], [], color=colour, label=model) for model, colour in colours.items()]
    handles.append(Line2D([], [], color="black", linestyle=(0, (3, 1.5)), label="training rows"))
    handles.append(Line2D([], [], color="black", label="test rows"))
    if dead:
        handles.append(
            Line2D([], [], color="black", linestyle="", marker="X", markersize=5, label="dead from here on")
        )
    figure.legend(handles=handles, loc="outside lower center", ncols=min(len(handles), 6))
