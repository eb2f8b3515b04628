"""Choose the number of neighbours and the scale, in hops, at which the classes of a data set have their Betti numbers.

    python -m layertopo.choose_scale config/config.yaml --dataset rings --cloud hops

The rule is that of :mod:`layertopo.topology.choice`; it looks at the data as they are, before any network.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from layertopo.errors import ConfigError, LayertopoError, did_you_mean, extra
from layertopo.homology.cloud import as_cloud

with extra("workflow"):
    import yaml

    from layertopo.data.kind import DataKind
    from layertopo.experiment.cells import Experiment
    from layertopo.experiment.parse import parse_config
    from layertopo.storage import Settings
    from layertopo.topology.choice import Betti, Choice, Points, Trial, choose
    from layertopo.topology.clouds import point_cloud

_ALL_POINTS: Settings = {"metric": "hops", "sample": {"method": "random", "points": None, "seed": 0}}
#: Settings of a cloud, by the numbers of its classes; None for all.
Clouds = dict[tuple[int, ...] | None, Settings]


def clouds_of(experiment: Experiment, dataset: str, recipe: str | None) -> Clouds:
    """Clouds of a recipe of the configuration; without one, all points of each class.

    Raises
    ------
    ConfigError
        If there is no such recipe.
    """
    if recipe is None:
        names = experiment.class_names(dataset)
        return {(k,): _ALL_POINTS for k in range(len(names))} if names else {None: _ALL_POINTS}
    clouds = experiment.clouds(dataset).values()
    _check_name("cloud", recipe, dict.fromkeys(each.recipe for each in clouds), f" of data set {dataset!r}")
    return {each.classes: each.settings for each in clouds if each.recipe == recipe}


def points_of(data: DataKind, clouds: Clouds, split: str) -> list[Points]:
    """Distinct points of each cloud.

    Raises
    ------
    ConfigError
        If a cloud has none.
    """
    made = data.make()
    parts = {"train": [made.train], "test": [made.test], "full": [made.train, made.test]}
    rows = np.concatenate(parts[split])
    found = []
    for classes, settings in clouds.items():
        own = rows if classes is None else rows[np.isin(made.y[rows], classes)]
        if not len(own):
            raise ConfigError(
                f"split {split} has no row of class {_names(data, classes)}; take another split"
            )
        found.append(as_cloud(point_cloud(made.X[own], split, settings, "data").cloud).points)
    return found


def known_of(data: DataKind, clouds: Clouds, given: Sequence[Betti] | None) -> list[Betti]:
    """Betti numbers of each cloud: the given ones, or what the kind of data says of its classes.

    Raises
    ------
    ConfigError
        If they are not known, or not as many as there are clouds.
    """
    names = [_names(data, classes) for classes in clouds]
    if given is None:
        single = [classes for classes in clouds if classes is not None and len(classes) == 1]
        if not data.betti or len(single) < len(clouds):
            raise ConfigError(
                f"--betti: missing; the Betti numbers of {', '.join(names)} are not known: give them for each, "
                f"such as --betti {' '.join(['1,1,0'] * len(names))}"
            )
        return [data.betti[k] for (k,) in single]
    if len(given) != len(clouds):
        raise ConfigError(f"--betti: got {len(given)}, must be one for each of {', '.join(names)}")
    return list(given)


def _names(data: DataKind, classes: tuple[int, ...] | None) -> str:
    return "all classes" if classes is None else " + ".join(data.class_names[k] for k in classes)


def describe(choice: Choice, names: Sequence[str], known: Sequence[Betti]) -> str:
    """The choice in words, after all that was tried, as a Markdown table."""
    lines = [
        f"| neighbours | hops | {' | '.join(f'class {name}' for name in names)} | right |",
        "|---" * (len(names) + 3) + "|",
        f"| | known | {' | '.join(map(_numbers, known))} | |",
        *(_row(each) for each in choice.trials),
        "",
    ]
    if choice.chosen is None:
        lines.append("Chosen: none; no number of neighbours and scale that was tried has all Betti numbers.")
    else:
        lines += [
            f"Chosen: neighbours: {choice.chosen.neighbours}, scale: {choice.chosen.scale} (the fewest neighbours for which "
            "all parts are right, then the least scale at which all Betti numbers are).",
            f"Stable: with this scale for {_range(choice.stable_neighbours)} neighbours, with these neighbours at "
            f"{_range(choice.stable_scales)} hops, as far as tried.",
        ]
    if choice.also is not None:
        verdict = "right" if choice.also.right else "not right here"
        lines += ["Published, for this kind of data:", _row(choice.also), f"It is {verdict}."]
    return "\n".join(lines)


def _row(trial: Trial) -> str:
    cells = [trial.neighbours, trial.scale or "any", *map(_numbers, trial.betti)]
    return f"| {' | '.join(map(str, cells))} | {'yes' if trial.right else 'no'} |"


def _numbers(betti: Iterable[int]) -> str:
    return ", ".join(map(str, betti))


def _range(numbers: Sequence[int]) -> str:
    return f"{numbers[0]}" if len(numbers) == 1 else f"{numbers[0]} to {numbers[-1]}"


def _check_name(what: str, name: str, legal: Iterable[str], of: str = "") -> None:
    if name not in {*legal}:
        raise ConfigError(
            f"--{what}: no {what}{of} is named {name!r}; there is {', '.join(legal)}{did_you_mean(name, legal)}"
        )


def _integers(text: str) -> list[int]:
    """Numbers from a list of numbers and ranges, such as 1,2,5-8."""
    found: list[int] = []
    for part in text.split(","):
        match = re.fullmatch(r"(\d+)(?:-(\d+))?", part.strip())
        numbers = range(int(match[1]), int(match[2] or match[1]) + 1) if match else range(0)
        if not numbers or numbers[0] < 1:
            raise argparse.ArgumentTypeError(
                f"got {part!r}, must be a number from 1 up, or a range such as 5-40"
            )
        found += numbers
    return found


def _betti(text: str) -> Betti:
    if not re.fullmatch(r"[1-9]\d*(,\d+)*", text):
        raise argparse.ArgumentTypeError(
            f"got {text!r}, must be the Betti numbers of a class from dimension 0 up, such as 9,0,9"
        )
    return tuple(map(int, text.split(",")))


def main() -> None:
    """Print what was tried, and the choice."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("config", help="configuration that has the data set")
    parser.add_argument("--dataset", help="its name; may be left out if there is but one")
    parser.add_argument("--cloud", help="whose points are taken; all points of each class if left out")
    parser.add_argument("--split", choices=["train", "test", "full"], default="full")
    parser.add_argument(
        "--betti",
        type=_betti,
        nargs="+",
        help="of each class, such as 9,0 1,9; if left out, as its kind says",
    )
    parser.add_argument("--neighbours", type=_integers, default="1-60", help="what is tried, such as 5-40")
    parser.add_argument("--hops", type=_integers, default="1-3", help="scales that are tried, such as 1-3")
    arguments = parser.parse_args()
    try:
        experiment = parse_config(yaml.safe_load(Path(arguments.config).read_text(encoding="utf-8")))
        datasets = experiment.config.datasets
        if arguments.dataset is None and len(datasets) > 1:
            raise ConfigError(f"--dataset: missing; there is {', '.join(datasets)}")
        name = arguments.dataset or next(iter(datasets))
        _check_name("dataset", name, datasets)
        data, clouds = datasets[name], clouds_of(experiment, name, arguments.cloud)
        known = known_of(data, clouds, arguments.betti)
        choice = choose(
            points_of(data, clouds, arguments.split),
            known,
            neighbours=arguments.neighbours,
            scales=arguments.hops,
            mutual=any(settings.get("mutual", False) for settings in clouds.values()),
            also=data.published_graph,
        )
    except (LayertopoError, OSError, yaml.YAMLError) as error:
        sys.exit(f"Error: {error}")
    print(describe(choice, [_names(data, classes) for classes in clouds], known))


if __name__ == "__main__":
    main()
