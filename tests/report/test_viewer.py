"""What the report's page holds of the diagrams: every bar and p-value, or the longest ones."""

from __future__ import annotations

import base64
import json
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from diagrams_by_hand import INF, KEY, diagram, square, store, store_loops, store_statistics

from layertopo.analysis import significance
from layertopo.errors import ResultError
from layertopo.report import viewer
from layertopo.topology.diagrams import StoredDiagram

H0 = [(0, 0.25), (0, 0.5), (0, INF)]


def loops(count: int) -> list[tuple[float, float]]:
    births = np.linspace(0.5, 1, count)
    return [(birth, birth * ratio) for birth, ratio in zip(births, np.linspace(1.01, 2, count), strict=True)]


def collect(folder: Path, *made: StoredDiagram, seeds: bool = False, **options: Any) -> viewer.Viewer:
    """Diagrams of one network at several epochs, or of several networks."""
    stored = store(folder, made, [KEY | {"seed" if seeds else "epoch": k} for k in range(len(made))])
    return viewer.collect(stored, store_statistics(folder, stored), **options)


def columns(barcode: dict[str, Any]) -> np.ndarray:
    """Births, deaths and p-values, as the page unpacks them."""
    planes = (
        np.frombuffer(zlib.decompress(base64.b64decode(barcode["data"])), np.uint8)
        .astype("<u4")
        .reshape(3, -1)
    )
    values = (planes[0] << 24 | planes[1] << 16 | planes[2] << 8).astype("<u4").view("<f4")
    births, lifetimes, *p = values.reshape(3 if barcode["tested"] else 2, -1)
    return np.array([births, births + lifetimes, *p])


def test_every_bar_and_p_value_is_held_longest_first(tmp_path: Path) -> None:
    h1 = np.array(loops(40))
    made = collect(tmp_path, diagram(H0, h1))
    components, circles = made.data["diagrams"][0]["barcodes"]
    np.testing.assert_array_equal(columns(components), [[0, 0, 0], [INF, 0.5, 0.25]])
    order = np.argsort(h1[:, 0] - h1[:, 1], kind="stable")
    expected = np.vstack([h1.T, significance.p_values(h1)])[:, order]
    np.testing.assert_allclose(columns(circles), expected, rtol=2e-5)
    assert (components["tested"], circles["tested"]) == (0, 40)
    assert made.total == made.shown == 43


def test_numbers_keep_four_digits() -> None:
    values = np.array([1e-30, 0.1, 1 / 3, 12345.6, np.inf, np.nan])
    births, deaths = columns({"tested": 0, "data": viewer.pack([np.zeros(6), values])})
    np.testing.assert_array_equal(births, 0)
    np.testing.assert_allclose(deaths, values, rtol=2e-5)


@pytest.mark.parametrize("untested", [diagram(H0, loops(29)), diagram(H0, loops(40), radius=0.1)])
def test_no_p_value_where_the_test_does_not_apply(tmp_path: Path, untested: StoredDiagram) -> None:
    (made,) = collect(tmp_path, untested).data["diagrams"]
    assert [barcode["tested"] for barcode in made["barcodes"]] == [0, 0]
    assert [barcode["significant"] for barcode in made["barcodes"]] == [0, 0]


def test_a_bar_that_never_dies_has_no_p_value_and_does_not_count(tmp_path: Path) -> None:
    (made,) = collect(tmp_path, diagram(H0, [*loops(40), (0.5, INF)])).data["diagrams"]
    _, deaths, p = columns(made["barcodes"][1])
    assert made["barcodes"][1]["tested"] == 40
    assert np.isnan(p[0])
    assert np.isinf(deaths[0])
    assert np.isfinite(p[1:]).all()


def test_with_too_many_bars_the_longest_are_kept(tmp_path: Path) -> None:
    made = collect(tmp_path, diagram(H0, loops(40)), diagram(H0, loops(5)), most=21)
    kept = [[columns(each).shape[1] for each in one["barcodes"]] for one in made.data["diagrams"]]
    assert kept == [[3, 10], [3, 5]]
    assert (made.shown, made.total) == (21, 51)
    longest = max(death - birth for birth, death in loops(40))
    births, deaths, _ = columns(made.data["diagrams"][0]["barcodes"][1])
    assert deaths[0] - births[0] == pytest.approx(longest, rel=2e-5)
    assert made.data["diagrams"][0]["barcodes"][1]["total"] == 40


def test_a_significant_bar_is_kept_before_longer_ones(tmp_path: Path) -> None:
    small = (0.001, 0.4)  # not long, but four hundred times as old at its death as at its birth
    made = collect(tmp_path, diagram(H0, [*loops(40), small]), most=8)
    circles = made.data["diagrams"][0]["barcodes"][1]
    births, deaths, p = columns(circles)
    assert (births[0], deaths[0]) == pytest.approx(small, rel=2e-5)
    assert circles["significant"] == 1
    assert p[0] * circles["tested"] < viewer.LEVEL


def test_networks_that_leave_too_few_bars_to_each_are_left_out(tmp_path: Path) -> None:
    three = [diagram(H0, loops(200)) for _ in range(3)]
    made = collect(tmp_path, *three, seeds=True, most=230)  # 3 + 100 for each
    assert (made.networks, made.shown_networks) == (3, 2)
    assert list(made.choices["seed"]) == ["0", "1"]
    assert [each["key"][2] for each in made.data["diagrams"]] == ["0", "1"]
    assert (made.total, made.shown) == (609, 230)


@pytest.mark.parametrize(
    ("counts", "most", "share"),
    [([], 5, 0), ([3, 9], 12, 9), ([3, 9], 11, 8), ([5, 5], 9, 4), ([0, 7], 0, 0)],
)
def test_fair_share(counts: list[int], most: int, share: int) -> None:
    assert viewer.fair_share(counts, most) == share


def test_the_data_are_json_and_the_choices_complete(tmp_path: Path) -> None:
    one = diagram([(0, INF)], rms_distance=float("nan"), n_distinct=1)
    made = collect(tmp_path, diagram(H0, loops(5)), one)
    assert json.loads(json.dumps(made.data, allow_nan=False)) == made.data
    assert made.data["diagrams"][1]["scale"] is None
    assert list(made.choices["epoch"]) == ["0", "1"]
    assert made.choices["split"] == {"test": "test rows"}
    assert made.data["diagrams"][0]["key"] == ["d", "good", "0", "0", "1", "test", "all"]


@pytest.mark.parametrize("kind", [0, 1], ids=["diagrams", "statistics"])
def test_files_of_other_settings_are_refused(tmp_path: Path, kind: int) -> None:
    stored = store(tmp_path, [diagram(H0)], [KEY])
    given = [stored, store_statistics(tmp_path, stored)]
    given[kind] = [given[kind][0]._replace(provenance={"settings": "others"})]
    with pytest.raises(ResultError, match='settings was "these", should be "others"'):
        viewer.collect(*given)


def test_a_class_is_named_with_its_cloud_and_bars_that_never_die_are_counted(tmp_path: Path) -> None:
    made = [diagram([*H0, (0, INF)], metric="hops", finite_pairs=0.5), diagram(h0=[(2, INF)] * 4, scale=2.0)]
    stored = store(tmp_path, made, [KEY | {"class": "a/b"}, KEY | {"class": "<c>"}])
    shown = viewer.collect(stored, store_statistics(tmp_path, stored))
    assert list(shown.choices["cloud"]) == ["all, class a/b", "all, class <c>"]
    first, second = shown.data["diagrams"]
    assert [each["key"][-1] for each in (first, second)] == ["all, class a/b", "all, class <c>"]
    assert (first["barcodes"][0]["endless"], first["metric"]) == (2, "hops")
    assert first["about"].endswith("0.5 of pairs joined")
    assert second["about"].endswith("at scale 2 only")


def test_a_loop_is_held_with_its_bar_its_rows_and_the_points_around(tmp_path: Path) -> None:
    bars = [*loops(40), (0.5, 40.0)]
    stored = store(tmp_path, [diagram(H0, bars), diagram(H0, loops(5))], [KEY, KEY | {"epoch": 4}])
    found = store_loops(tmp_path, stored[0], square(bar=40))
    made = viewer.collect(stored, store_statistics(tmp_path, stored), found)
    assert json.loads(json.dumps(made.data, allow_nan=False)) == made.data
    held = made.data["diagrams"][0]["loops"]
    births, deaths, _ = columns(made.data["diagrams"][0]["barcodes"][1])
    [loop] = held["each"]
    assert (births[loop["bar"]], deaths[loop["bar"]]) == pytest.approx((0.5, 40))
    assert loop["edges"] == [0, 0, 999, 0, 999, 0, 999, 999, 999, 999, 0, 999, 0, 999, 0, 0]
    assert (loop["rows"], loop["count"], loop["equal"]) == ([20, 21, 22, 23], 4, 1)
    assert loop["classes"] == [["<b>in</b>", 1], ["out", 4]]
    assert len(held["points"]) == 2 * len(held["labels"]) == 28
    assert "loops" not in made.data["diagrams"][1]


def test_with_many_points_and_rows_some_are_in_the_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored = store(tmp_path, [diagram(H0, [(0.5, 40.0)])], [KEY])
    statistics, found = store_statistics(tmp_path, stored), store_loops(tmp_path, stored[0], square(bar=0))
    monkeypatch.setattr(viewer, "MAX_POINTS", 5)
    monkeypatch.setattr(viewer, "MOST_NAMED", 3)
    held = viewer.collect(stored, statistics, found).data["diagrams"][0]["loops"]
    assert len(held["labels"]) == 5
    assert (held["each"][0]["rows"], held["each"][0]["count"]) == ([20, 21, 22], 4)


def test_a_loop_whose_bar_is_not_in_the_page_is_left_out(tmp_path: Path) -> None:
    stored = store(tmp_path, [diagram(H0, [(0.5, 40.0), (0.5, 0.6)])], [KEY])
    found = store_loops(tmp_path, stored[0], square(bar=1))
    made = viewer.collect(stored, store_statistics(tmp_path, stored), found, most=2)
    assert made.data["diagrams"][0]["loops"]["each"] == []
