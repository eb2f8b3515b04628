"""The report in a real browser: it opens without an error, and its diagrams answer to the reader."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from diagrams_by_hand import INF, KEY, diagram, square, store, store_loops, store_statistics
from test_report import render
from test_viewer import H0, loops

from layertopo.report import viewer

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs chromium")

#: Waits until the page shows what is expected; in vain, the page keeps what it showed instead.
WAIT = """
const until = async done => { for (let k = 0; k < 200 && !done(); k += 1) await new Promise(f => setTimeout(f, 20)); };
const part = name => document.getElementById(`viewer-${name}`);
const says = text => () => part("status").textContent.includes(text);
const put = (name, value) => { document.body.dataset[name] = value; };
const colours = () => {
  const canvas = part("canvas"), count = { red: 0, green: 0 };
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  for (let k = 0; k < data.length; k += 4) {
    if (data[k] === 165 && data[k + 1] === 15) count.red += 1;
    if (data[k] === 65 && data[k + 1] === 171) count.green += 1;
  }
  return JSON.stringify(count);
};
const change = (name, value) => {
  const field = part("form").elements[name];
  if (field.type === "checkbox") field.checked = value; else field.value = value;
  field.dispatchEvent(new Event("change", { bubbles: true }));
};
"""


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A report with a diagram of 40 loops, one of them long, after epoch 0, and one of a single point after epoch 1."""
    folder = tmp_path_factory.mktemp("page")
    tangled = diagram(H0, [*loops(40), (0.5, 40)], rms_distance=4.0)
    point = diagram([(0, INF)], rms_distance=float("nan"), n_distinct=1)
    stored = store(folder, [tangled, point], [KEY | {"epoch": k} for k in range(2)])
    loops_of_first = store_loops(folder, stored[0], square(bar=40))
    return render(folder, viewer=viewer.collect(stored, store_statistics(folder, stored), loops_of_first))


def visit(folder: Path, page: str, script: str = "", address: str = "") -> tuple[dict[str, str], str]:
    """What the page's viewer says after a script has run in it, and what the script put there.

    Fails on any message in the browser's console.
    """
    path = folder / "report.html"
    tail = f"<script>(async () => {{ {WAIT} {script} }})();</script></body>"
    path.write_text(page.replace("</body>", tail), encoding="utf-8")
    done = subprocess.run(
        [
            str(CHROMIUM),
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            f"--user-data-dir={folder}/profile",
            "--enable-logging=stderr",
            "--virtual-time-budget=10000",
            "--dump-dom",
            f"file://{path}{address}",
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert "CONSOLE" not in done.stderr, done.stderr
    said = dict(re.findall(r'id="viewer-(status|bar|rows)"[^>]*>(.*?)</(?:p|figcaption)>', done.stdout))
    (body,) = re.findall("<body([^>]*)>", done.stdout)
    return said, body.replace("&quot;", '"')


def test_it_opens_and_draws_the_first_diagram(tmp_path: Path, page: str) -> None:
    said, body = visit(tmp_path, page, 'await until(says("H1")); put("drawn", colours());')
    assert said["status"] == "3 H0; 41 H1, 1 significant. 60 of 90 points, 50 distinct."
    red, green = map(int, re.findall(r":(\d+)", body))
    assert red > 10
    assert green > 20


def test_another_choice_draws_another_diagram(tmp_path: Path, page: str) -> None:
    script = """await until(says("41 H1")); change("epoch", "1"); await until(says("0 H1"));
        put("drawn", colours()); put("address", location.hash);"""
    said, body = visit(tmp_path, page, script)
    assert said["status"].startswith("1 H0; 0 H1, not tested.")
    assert '"green":0' in body
    assert '"red":0' not in body
    assert 'data-address="#viewer=d/good/0/1/1/test/all"' in body


def test_the_address_chooses(tmp_path: Path, page: str) -> None:
    said, _ = visit(tmp_path, page, 'await until(says("H1"));', "#viewer=d/good/0/1/1/test/all")
    assert said["status"].startswith("1 H0; 0 H1")


def test_keys_and_pointer_tell_of_a_bar(tmp_path: Path, page: str) -> None:
    script = """await until(says("41 H1")); change("scaled", true); change("H0", false); await until(says("41 H1"));
        const key = name => part("canvas").dispatchEvent(new KeyboardEvent("keydown", { key: name }));
        await new Promise(f => setTimeout(f, 200));
        key("ArrowRight"); put("first", part("bar").textContent);
        const ring = part("ring"), box = part("canvas").getBoundingClientRect();
        const [x, y] = [ring.style.left, ring.style.top].map(parseFloat);
        key("ArrowRight"); put("second", part("bar").textContent);
        part("canvas").dispatchEvent(new PointerEvent("pointermove", { clientX: box.x + x, clientY: box.y + y }));
        put("pointed", part("bar").textContent);"""
    _, body = visit(tmp_path, page, script)
    told = dict(re.findall(r'data-(\w+)="([^"]*)"', body))
    assert told["first"].startswith("H1: birth 0.125, death 10, lifetime 9.875, p ")
    assert told["first"].endswith(": significant. Click, or press Enter, to see its loop.")
    assert told["second"].startswith("H1: birth 0.25, death 0.5, lifetime 0.25, p ")
    assert told["second"].endswith(": not significant")
    assert told["pointed"] == told["first"]


#: Dark pixels of the picture of a loop, and those of each class; and whether it is shown.
LOOP = """
const key = name => part("canvas").dispatchEvent(new KeyboardEvent("keydown", { key: name }));
const plane = () => {
  if (part("loop").hidden) return "hidden";
  const canvas = part("plane"), count = { black: 0, first: 0, second: 0 };
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  for (let k = 0; k < data.length; k += 4) {
    const is = (r, g, b) => data[k + 3] > 0 && Math.abs(data[k] - r) + Math.abs(data[k + 1] - g) + Math.abs(data[k + 2] - b) < 20;
    count.black += is(0, 0, 0);
    count.first += is(69, 55, 138);
    count.second += is(224, 160, 48);
  }
  return JSON.stringify(count);
};
"""


def test_enter_shows_the_loop_of_a_bar_with_its_rows_and_classes_and_escape_closes_it(
    tmp_path: Path, page: str
) -> None:
    script = f"""{LOOP} await until(says("41 H1")); change("H0", false); await until(says("41 H1"));
        await new Promise(f => setTimeout(f, 200)); put("before", plane());
        key("ArrowRight"); put("told", part("bar").textContent); key("Enter"); put("opened", plane());
        put("rows", part("rows").textContent); key("Escape"); put("closed", plane());
        key("ArrowRight"); key("Enter"); put("other", plane() + part("bar").textContent);
        key("ArrowLeft"); key("Enter"); change("epoch", "1"); await until(says("0 H1")); put("elsewhere", plane());"""
    _, body = visit(tmp_path, page, script)
    told = dict(re.findall(r'data-(\w+)=(?:"|\')(.*?)(?:"|\')(?= data-|$)', body.strip()))
    assert told["before"] == told["closed"] == told["elsewhere"] == "hidden"
    assert told["told"].endswith("Click, or press Enter, to see its loop.")
    assert told["other"].startswith("hiddenH1")
    assert "Enter" not in told["other"]
    counts = dict(re.findall(r'"(\w+)":(\d+)', told["opened"]))
    assert int(counts["black"]) > 1000  # four sides of 344 pixels
    assert int(counts["first"]) > 50
    assert int(counts["second"]) > 5  # the line runs over these
    rows = told["rows"].replace("&lt;", "<").replace("&gt;", ">")
    assert "goes through 4 rows and 1 other that equals one of them, by class: <b>in</b> 1, out 4." in rows
    assert rows.endswith("The plane shows 50 % of the variance. Rows: 20, 21, 22, 23.")


def test_a_click_on_a_bar_shows_its_loop(tmp_path: Path, page: str) -> None:
    script = f"""{LOOP} await until(says("41 H1")); change("H0", false); await until(says("41 H1"));
        await new Promise(f => setTimeout(f, 200)); key("ArrowRight");
        const ring = part("ring"), box = part("canvas").getBoundingClientRect();
        const [x, y] = [ring.style.left, ring.style.top].map(parseFloat);
        part("canvas").dispatchEvent(new MouseEvent("click", {{ clientX: box.x + x, clientY: box.y + y }}));
        put("opened", plane());"""
    said, body = visit(tmp_path, page, script)
    assert '"black":' in body
    assert said["rows"].startswith("H1: birth 0.5, death 40")


def test_a_point_without_scale_says_so(tmp_path: Path, page: str) -> None:
    script = 'await until(says("H1")); change("scaled", true); await until(says("no scale"));'
    said, _ = visit(tmp_path, page, script, "#viewer=d/good/0/1/1/test/all")
    assert said["status"] == "One distinct point: no scale is defined."


def test_errors_would_be_seen(tmp_path: Path, page: str) -> None:
    with pytest.raises(AssertionError, match="this is no function"):
        visit(tmp_path, page, 'throw new Error("this is no function");')
