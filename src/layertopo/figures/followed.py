"""What becomes of the loops of each layer in the other layers, and in the course of training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import LogLocator, NullFormatter, StrMethodFormatter

from layertopo.analysis.loops import load
from layertopo.analysis.names import ROWS, cloud_in_words
from layertopo.analysis.run_loops import life_of, targets
from layertopo.epochs import Epoch, in_order
from layertopo.figures.style import GREY, STYLE, heading, model_colours, plain, say
from layertopo.storage import Key

#: Where a loop that never bounds is drawn: so many times as high as the largest finite ratio.
ENDLESS = 1.5


class Life(NamedTuple):
    """A loop of a layer at the last analysed epoch, in some layer at some epoch.

    `random` is the largest ratio of the random walks, `loop` its number among the loops of its layer.
    """

    model: str
    source: int
    loop: int
    epoch: Epoch
    layer: int
    last: bool
    ratio: float
    random: float
    significant: bool


def draw(sources: Mapping[str, Any], key: Key) -> dict[str, Figure]:
    """The lives of the loops of one seed, cloud and choice of rows."""
    lives: list[Life] = []
    for stored, keys in zip(sources["loops"], sources["keys"], strict=True):
        layers, _ = load(stored, keys)
        last = keys[-1]["epoch"]
        for own, layer in zip(keys, layers, strict=True):
            if own["epoch"] != last:
                continue
            for number, loop in enumerate(layer.loops):
                for target, row in zip(targets(keys, own), loop.followed, strict=True):
                    life, place = life_of(row, layers[target]), keys[target]
                    lives.append(
                        Life(
                            *(own["model"], own["layer"], number, place["epoch"], place["layer"]),
                            place["epoch"] == last,
                            *(life["ratio"], life["random_max"], bool(life["significant_in"])),
                        )
                    )
    of = sources["keys"][0][0]
    title = f"{plain(key['dataset'])}, seed {key['seed']}: {ROWS[key['split']]}, cloud {plain(cloud_in_words(of))}"
    models = [keys[0]["model"] for keys in sources["keys"]]
    return {"followed": followed_figure(lives, models, f"{title}, loops of the last analysed epoch")}


def followed_figure(lives: Sequence[Life], models: Sequence[str], title: str) -> Figure:
    """Ratios of the scales at which loops bound and from which on they are there.

    Parameters
    ----------
    lives : sequence of Life
    models : sequence of str
    title : str

    Returns
    -------
    Figure
        A row for each network: on the left through the layers, at the last analysed epoch; on the right through the
        epochs, in the layer that the loop is of.
    """
    sources = sorted({life.source for life in lives})
    colours = dict(zip(sources, model_colours(map(str, sources)).values(), strict=True))
    finite = [life.ratio for life in lives if np.isfinite(life.ratio)]
    top = ENDLESS * max(finite, default=1.0)
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(6.4, 0.9 + 2.2 * len(models)), layout="constrained")
        axes = figure.subplots(len(models), 2, squeeze=False, sharey=True)
        for (left, right), model in zip(axes, models, strict=True):
            own = [life for life in lives if life.model == model]
            _draw_lives(left, [life for life in own if life.last], "layer", colours, top)
            _draw_lives(right, [life for life in own if life.layer == life.source], "epoch", colours, top)
            left.set_title(f"{plain(model)}, through the layers")
            right.set_title(f"{plain(model)}, in its own layer through training")
            left.set_ylabel("Bounds / is there")
        heading(figure, title)
        _draw_legend(figure, colours)
    return figure


def _draw_lives(
    axes: Axes, lives: Sequence[Life], along: str, colours: Mapping[int, str], top: float
) -> None:
    places = in_order(getattr(life, along) for life in lives)
    axes.set_xlabel(along.capitalize())
    axes.set_yscale("log")
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 1.5, 2, 3, 5)))
    axes.yaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
    axes.yaxis.set_minor_formatter(NullFormatter())
    axes.set_ylim(0.95, 1.15 * top)
    if not lives:
        say(axes, "no loop")
        return
    axes.set_xticks(range(len(places)), list(map(str, places)))
    axes.set_xlim(-0.4, len(places) - 0.6)
    random = [max(life.random for life in lives if getattr(life, along) == each) for each in places]
    axes.plot(range(len(places)), np.nan_to_num(random, nan=1.0), color=GREY, linestyle=":", gid="random")
    for source, number in dict.fromkeys((life.source, life.loop) for life in lives):
        own = [life for life in lives if (life.source, life.loop) == (source, number)]
        x = [places.index(getattr(life, along)) for life in own]
        y = np.nan_to_num([life.ratio for life in own], nan=np.nan, posinf=top)
        axes.plot(x, y, color=colours[source], linewidth=0.8, alpha=0.8, gid="life")
        for significant in (True, False):
            chosen = [k for k, life in enumerate(own) if life.significant == significant]
            face = colours[source] if significant else "white"
            axes.scatter(
                [x[k] for k in chosen], y[chosen], s=14, color=face, edgecolors=colours[source], zorder=3
            )


def _draw_legend(figure: Figure, colours: Mapping[int, str]) -> None:
    handles = [
        Line2D([], [], color=colour, marker="o", markersize=4, label=f"of layer {source}")
        for source, colour in colours.items()
    ]
    marker: dict[str, Any] = {"linestyle": "", "marker": "o", "markersize": 4, "color": "black"}
    handles += [
        Line2D([], [], label="significant there", **marker),
        Line2D([], [], label="not significant there", markerfacecolor="white", **marker),
        Line2D([], [], color=GREY, linestyle=":", label="largest of the random walks"),
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=4)
