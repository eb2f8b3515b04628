// The interactive diagrams: the choice of one, its drawing, and what is said of a single bar.
// A barcode holds births, lifetimes and, if tested, p-values: see layertopo/viewer.py.
"use strict";
(() => {
  const part = name => document.getElementById(`viewer-${name}`);
  const { fields, colours, level, diagrams } = JSON.parse(part("data").textContent);
  const form = part("form"), canvas = part("canvas"), ring = part("ring");
  const pen = canvas.getContext("2d");
  const margin = { left: 58, right: 12, top: 12, bottom: 46 };
  const unpacked = new Map();
  let shown = null;  // the diagram on the canvas: its barcodes, scale, and every visible bar with its place
  let picked = -1;
  let opened = null;  // the bar whose loop is shown beside the diagram
  const side = 360;

  const number = value => Number.isFinite(value) ? String(Number(value.toPrecision(4))) : "∞";

  async function unpack(text) {
    const bytes = Uint8Array.from(atob(text), letter => letter.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
    const planes = new Uint8Array(await new Response(stream).arrayBuffer()), count = planes.length / 3;
    const bits = Uint32Array.from({ length: count }, (_, k) =>
      planes[k] * 2 ** 24 + planes[k + count] * 2 ** 16 + planes[k + 2 * count] * 2 ** 8);
    return new Float32Array(bits.buffer);
  }

  async function barcode(stored) {
    const values = await unpack(stored.data);
    const count = values.length / (stored.tested ? 3 : 2);
    const column = k => values.subarray(k * count, (k + 1) * count);
    const births = column(0), lives = column(1);
    return { ...stored, count, births, lives, deaths: lives.map((life, k) => life + births[k]), p: stored.tested ? column(2) : null };
  }

  // Choosing a diagram. The choice stands in the address, so that it can be kept and sent.
  const chosenKey = () => fields.map(field => form.elements[field].value);
  const findDiagram = key => diagrams.find(each => each.key.every((value, k) => value === key[k]));

  function choose(key) {
    if (findDiagram(key)) fields.forEach((field, k) => { form.elements[field].value = key[k]; });
    return show();
  }

  async function show() {
    const key = chosenKey(), diagram = findDiagram(key);
    const name = fields.map((field, k) => `${field} ${key[k]}`).join(", ");
    if (!diagram) return clear(`There is no diagram of ${name}.`);
    if (!unpacked.has(diagram)) unpacked.set(diagram, Promise.all(diagram.barcodes.map(barcode)));
    const barcodes = await unpacked.get(diagram);
    if (chosenKey().join() !== key.join()) return;  // another choice was made meanwhile
    const scaled = form.elements.scaled.checked;
    if (scaled && diagram.scale === null) return clear("One distinct point: no scale is defined.");
    shown = { loops: diagram.loops, unit: scaled ? diagram.scale : 1, label: scaled ? "/ rms distance" : `(${diagram.metric})`,
      barcodes: barcodes.filter(each => form.elements[`H${each.dimension}`].checked) };
    draw();
    closeLoop();
    say(barcodes.map(describe).join("; ") + `. ${diagram.about[0].toUpperCase()}${diagram.about.slice(1)}.`);
  }

  function clear(message) {
    shown = null;
    pen.clearRect(0, 0, canvas.width, canvas.height);
    closeLoop();
    say(message);
  }
  function say(message) {
    part("status").textContent = message;
    pick(-1);
  }
  const significant = (code, i) => code.p !== null && code.p[i] * code.tested < level;

  function describe(code) {
    const cut = code.count < code.total ? ` (${code.count.toLocaleString("en")} are shown)` : "";
    const test = code.dimension === 0 ? "" : code.tested ? `, ${code.significant.toLocaleString("en")} significant` : ", not tested";
    const endless = code.endless > 1 ? `, ${code.endless.toLocaleString("en")} never die` : "";
    return `${code.total.toLocaleString("en")} H${code.dimension}${cut}${endless}${test}`;
  }

  // Drawing.
  function largest({ barcodes, unit }) {
    let limit = 0;
    for (const { births, deaths } of barcodes) {
      for (const value of births) limit = Math.max(limit, value);
      for (const value of deaths) if (value < Infinity) limit = Math.max(limit, value);
    }
    return limit / unit || 1;
  }

  function draw() {
    const size = Math.min(640, part("stage").clientWidth), ratio = window.devicePixelRatio || 1;
    canvas.width = canvas.height = Math.round(size * ratio);
    canvas.style.width = canvas.style.height = `${size}px`;
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    const limit = largest(shown), infinity = 1.07 * limit;
    const along = (value, length) => (value / limit + 0.03) / 1.13 * length;
    const x = birth => margin.left + along(birth, size - margin.left - margin.right);
    const y = death => size - margin.bottom - along(Math.min(death, infinity), size - margin.top - margin.bottom);
    drawAxes(size, limit, infinity, x, y);
    shown.bars = [];
    for (const code of [...shown.barcodes].reverse()) drawBars(code, x, y);
    // Keys step through the bars from the longest on.
    shown.bars.sort((a, b) => b.life - a.life);
  }

  function line(style, width, ...points) {
    pen.strokeStyle = style;
    pen.lineWidth = width;
    pen.beginPath();
    points.forEach(([x, y]) => pen.lineTo(x, y));
    pen.stroke();
  }

  function drawAxes(size, limit, infinity, x, y) {
    const [left, right, top, bottom] = [margin.left, size - margin.right, margin.top, size - margin.bottom];
    line("#7f7f7f", 1, [x(0), y(0)], [x(limit), y(limit)]);
    pen.setLineDash([1, 3]);
    line("#7f7f7f", 1, [left, y(infinity)], [right, y(infinity)]);
    pen.setLineDash([]);
    line("#1d2329", 1, [left, top], [left, bottom], [right, bottom]);
    pen.fillStyle = "#1d2329";
    pen.font = "13px system-ui, sans-serif";
    const write = (text, x, y, align) => { pen.textAlign = align; pen.fillText(text, x, y); };
    const step = [1, 2, 5, 10].map(k => k * 10 ** Math.floor(Math.log10(limit / 5))).find(each => limit / each <= 6);
    for (let tick = 0; tick <= limit; tick += step) {
      line("#1d2329", 1, [x(tick), bottom], [x(tick), bottom + 4]);
      line("#1d2329", 1, [left - 4, y(tick)], [left, y(tick)]);
      write(number(tick), x(tick), bottom + 18, "center");
      write(number(tick), left - 7, y(tick) + 4, "right");
    }
    write("∞", left - 7, y(infinity) + 4, "right");
    write(`Birth ${shown.label}`, (left + right) / 2, size - 8, "center");
    pen.save();
    pen.translate(13, (top + bottom) / 2);
    pen.rotate(-Math.PI / 2);
    write(`Death ${shown.label}`, 0, 0, "center");
    pen.restore();
  }

  function drawBars(code, x, y) {
    const width = code.count > 3000 ? 2 : code.count > 300 ? 3 : 5;
    for (let i = 0; i < code.count; i += 1) {
      const birth = code.births[i] / shown.unit, death = code.deaths[i] / shown.unit;
      const bar = { code, i, birth, death, life: code.lives[i] / shown.unit, x: x(birth), y: y(death) };
      shown.bars.push(bar);
      pen.fillStyle = colours[code.dimension];
      if (significant(code, i)) {
        pen.fillStyle = "black";
        pen.fillRect(bar.x - 4, bar.y - 4, 8, 8);
        pen.fillStyle = colours[code.dimension];
        pen.fillRect(bar.x - 3, bar.y - 3, 6, 6);
      } else if (death === Infinity) {
        pen.beginPath();
        [[-6, 5], [6, 5], [0, -6]].forEach(([dx, dy]) => pen.lineTo(bar.x + dx, bar.y + dy));
        pen.fill();
      } else {
        pen.fillRect(bar.x - width / 2, bar.y - width / 2, width, width);
      }
    }
  }

  // One bar.
  function pick(k) {
    picked = k;
    const bar = shown && shown.bars[k];
    ring.hidden = !bar;
    part("bar").textContent = bar ? describeBar(bar) + (loopOf(bar) ? ". Click, or press Enter, to see its loop." : "") : "Point at a bar, or step through them with the arrow keys.";
    if (bar) Object.assign(ring.style, { left: `${bar.x}px`, top: `${bar.y}px` });
  }

  function describeBar({ code, i, birth, death, life }) {
    const facts = `H${code.dimension}: birth ${number(birth)}, death ${number(death)}, lifetime ${number(life)}`;
    if (!code.p || Number.isNaN(code.p[i])) return `${facts}, p not defined`;
    const corrected = Math.min(1, code.p[i] * code.tested);
    const verdict = corrected < level ? "significant" : "not significant";
    return `${facts}, p ${number(code.p[i])}, corrected for ${code.tested.toLocaleString("en")} bars ${number(corrected)}: ${verdict}`;
  }

  // The loop of a bar.
  const loopOf = ({ code, i }) => (code.dimension === 1 && shown.loops && shown.loops.each.find(loop => loop.bar === i)) || null;

  function closeLoop() {
    opened = null;
    part("loop").hidden = true;
  }

  function openLoop(bar) {
    const loop = bar && loopOf(bar);
    if (!loop) return closeLoop();
    opened = loop;
    part("loop").hidden = false;
    drawLoop(loop);
    const count = (n, one, many) => `${n.toLocaleString("en")} ${n === 1 ? one : many}`;
    const classes = loop.classes.length ? `, by class: ${loop.classes.map(([name, n]) => `${name} ${n.toLocaleString("en")}`).join(", ")}` : "";
    const equal = loop.equal ? ` and ${count(loop.equal, "other that equals", "others that equal")} one of them` : "";
    const share = shown.loops.share < 1 ? ` The plane shows ${Math.round(100 * shown.loops.share)} % of the variance.` : "";
    const rows = loop.rows.join(", ") + (loop.count > loop.rows.length ? ", …" : "");
    part("rows").textContent = `${describeBar(bar)}. Its loop goes through ${count(loop.count, "row", "rows")}${equal}${classes}.${share} Rows: ${rows}.`;
  }

  function drawLoop({ edges }) {
    const { points, labels, colours: tints } = shown.loops;
    const plane = part("plane"), ratio = window.devicePixelRatio || 1, brush = plane.getContext("2d");
    plane.width = plane.height = Math.round(side * ratio);
    plane.style.width = plane.style.height = `${side}px`;
    brush.setTransform(ratio, 0, 0, ratio, 0, 0);
    const x = value => 8 + value / 999 * (side - 16), y = value => side - x(value);
    brush.globalAlpha = 0.6;
    labels.forEach((label, k) => {
      brush.fillStyle = tints[label] || tints[0];
      brush.fillRect(x(points[2 * k]) - 1.5, y(points[2 * k + 1]) - 1.5, 3, 3);
    });
    brush.globalAlpha = 1;
    for (const [colour, width] of [["white", 4], ["black", 2]]) {
      brush.strokeStyle = colour;
      brush.lineWidth = width;
      brush.beginPath();
      for (let k = 0; k < edges.length; k += 4) {
        brush.moveTo(x(edges[k]), y(edges[k + 1]));
        brush.lineTo(x(edges[k + 2]), y(edges[k + 3]));
      }
      brush.stroke();
    }
  }

  function nearest(x, y) {
    let best = -1, least = 30 ** 2;
    shown.bars.forEach((bar, k) => {
      const distance = (bar.x - x) ** 2 + (bar.y - y) ** 2;
      if (distance < least) [best, least] = [k, distance];
    });
    return best;
  }

  canvas.addEventListener("pointermove", event => { if (shown) pick(nearest(event.offsetX, event.offsetY)); });
  canvas.addEventListener("click", event => {
    if (!shown) return;
    pick(nearest(event.offsetX, event.offsetY));
    openLoop(shown.bars[picked]);
  });
  canvas.addEventListener("keydown", event => {
    if (shown && event.key === "Enter") return openLoop(shown.bars[picked]);
    if (event.key === "Escape") return closeLoop();
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (!shown || !step) return;
    event.preventDefault();
    pick(Math.max(0, Math.min(shown.bars.length - 1, picked + step)));
  });
  form.addEventListener("change", () => {
    history.replaceState(null, "", `#viewer=${chosenKey().map(encodeURIComponent).join("/")}`);
    show();
  });
  function followAddress() {
    const [name, key] = location.hash.split("=");
    if (name !== "#viewer") return false;
    choose(key.split("/").map(decodeURIComponent));
    part("form").scrollIntoView();
    return true;
  }
  addEventListener("hashchange", followAddress);
  addEventListener("resize", () => {
    if (!shown) return;
    draw();
    pick(-1);
    if (opened) drawLoop(opened);
  });
  form.hidden = part("stage").hidden = false;
  if (!("DecompressionStream" in window)) clear("This browser is too old to show the diagrams here; see the figures below.");
  else if (!followAddress()) show();
})();
