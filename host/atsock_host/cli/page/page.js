// The timeline and the lines of a trace.  What stands in the log gets into the page as text only (textContent, fillText).
"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const { rows, exchanges, texts, kinds } = data;
  const [MS, KIND, WAY, TEXT, SAID, EXCHANGE, SIZE, SOCKET, BAD] = [0, 1, 2, 3, 4, 5, 6, 7, 8];    // of a row
  const [COMMAND_ROW, RESULT_ROW, END, TOOK, , PARAMETERS, LATE_ROW] = [0, 1, 2, 3, 4, 5, 6];     // of an exchange
  const [FAILED, UNANSWERED] = [1, 2];
  const ROW_PX = 22, SPARE_ROWS = 12, SLOWEST = 12;
  const element = (id) => document.getElementById(id);
  const kindOf = (row) => kinds[row[KIND]];
  const make = (tag, className, text) => {
    const node = document.createElement(tag);
    if (className) node.className = className;
    if (text !== undefined) node.textContent = text;
    return node;
  };

  // -- time: milliseconds where the log has them, else the number of the line

  const timed = rows.some((row) => row[MS] !== null);
  const at = new Float64Array(rows.length);
  rows.forEach((row, n) => {
    const before = n ? at[n - 1] : 0;
    at[n] = !timed ? n : row[MS] === null ? before : Math.max(before, row[MS]);
  });
  const begin = rows.length ? at[0] : 0;
  const end = rows.length ? Math.max(at[rows.length - 1], begin + 1) : 1;
  const whole = { from: begin - (end - begin) * 0.01, to: end + (end - begin) * 0.02 };
  const shown = { ...whole };
  const time = (value, digits = 1) => timed ? `${value.toFixed(digits)} ms` : `line ${Math.round(value) + 1}`;
  const lowerBound = (list, value) => {
    let low = 0, high = list.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (list[middle] < value) low = middle + 1; else high = middle;
    }
    return low;
  };

  const isBad = (row) => kindOf(row) === "note" || row[BAD] === 1;
  const isOpen = (row) => kindOf(row) === "command" && exchanges[row[EXCHANGE]][END] === UNANSWERED;

  // -- timeline

  const canvas = element("timeline"), pen = canvas.getContext("2d");
  const AXIS = 22, LANE = 26, LEFT = 92, RIGHT = 10;
  const sockets = [...new Set(rows.filter((row) => kindOf(row) === "payload").map((row) => row[SOCKET]))]
    .sort((a, b) => a - b).slice(0, 16);
  const lanes = ["commands", "lines", "notices", ...sockets.map((id) => id < 0 ? "payload" : `socket ${id}`)];
  const timesOf = (numbers) => ({ numbers, times: Float64Array.from(numbers, (n) => at[n]) });
  const all = [...rows.keys()];
  const notices = timesOf(all.filter((n) => ["notice", "note"].includes(kindOf(rows[n]))));
  const payloads = new Map(sockets.map((id) => [id, timesOf(all.filter((n) =>
    kindOf(rows[n]) === "payload" && rows[n][SOCKET] === id))]));
  const mostBytes = rows.reduce((most, row) => kindOf(row) === "payload" ? Math.max(most, row[SIZE]) : most, 1);
  const waits = exchanges.filter((each) => each[COMMAND_ROW] >= 0);
  const waitBegins = Float64Array.from(waits, (each) => at[each[COMMAND_ROW]]);
  const waitEnd = (each) => at[Math.max(each[COMMAND_ROW], each[RESULT_ROW], each[LATE_ROW])];
  const longestWait = waits.reduce((most, each) => Math.max(most, waitEnd(each) - at[each[COMMAND_ROW]]), 0);
  let width = 0, chosen = -1, colours = {};

  const x = (value) => LEFT + (value - shown.from) / (shown.to - shown.from) * (width - LEFT - RIGHT);
  const valueAt = (px) => shown.from + (px - LEFT) / (width - LEFT - RIGHT) * (shown.to - shown.from);

  function readColours() {
    const style = getComputedStyle(document.documentElement);
    for (const name of ["text", "dim", "line", "panel", "out", "in", "failed", "unanswered", "notice", "good", "chosen"])
      colours[name] = style.getPropertyValue(`--${name}`).trim();
  }

  function measure() {
    width = canvas.clientWidth;
    const height = AXIS + lanes.length * LANE + 6, scale = window.devicePixelRatio || 1;
    canvas.style.height = `${height}px`;
    canvas.width = Math.round(width * scale);
    canvas.height = Math.round(height * scale);
    pen.setTransform(scale, 0, 0, scale, 0, 0);
    readColours();
    draw();
  }

  function bar(from, to, top, height, colour) {
    const left = Math.max(from, LEFT), right = Math.min(Math.max(to, from + 1.5), width - RIGHT);
    if (right <= left) return;
    pen.fillStyle = colour;
    pen.fillRect(left, top, right - left, height);
  }

  function step() {
    const wanted = (shown.to - shown.from) / Math.max(2, (width - LEFT) / 110);
    const unit = 10 ** Math.floor(Math.log10(wanted));
    return Math.max(timed ? 1e-3 : 1, unit * [1, 2, 5, 10].find((factor) => factor * unit >= wanted));
  }

  function axisText(value, by) {
    if (!timed) return String(Math.round(value) + 1);
    return by >= 1000 || shown.to > 100_000 ? `${+(value / 1000).toFixed(3)} s` : `${+value.toFixed(3)} ms`;
  }

  function drawAxis() {
    const by = step(), bottom = AXIS + lanes.length * LANE;
    pen.textBaseline = "middle";
    pen.textAlign = "center";
    for (let value = Math.ceil(shown.from / by) * by; value <= shown.to; value += by) {
      if (value < 0) continue;
      const px = Math.round(x(value)) + 0.5;
      pen.strokeStyle = colours.line;
      pen.beginPath();
      pen.moveTo(px, AXIS - 4);
      pen.lineTo(px, bottom);
      pen.stroke();
      pen.fillStyle = colours.dim;
      pen.fillText(axisText(value, by), Math.min(Math.max(px, LEFT + 20), width - 30), AXIS / 2);
    }
    pen.textAlign = "right";
    lanes.forEach((name, n) => {
      pen.fillStyle = colours.dim;
      pen.fillText(name, LEFT - 12, AXIS + n * LANE + LANE / 2);
      pen.strokeStyle = colours.line;
      pen.beginPath();
      pen.moveTo(0, AXIS + n * LANE + 0.5);
      pen.lineTo(width, AXIS + n * LANE + 0.5);
      pen.stroke();
    });
  }

  function drawWaits(top) {
    const marks = [];
    for (let n = lowerBound(waitBegins, shown.from - longestWait); n < waits.length && waitBegins[n] <= shown.to; n++) {
      const each = waits[n], from = x(waitBegins[n]), to = x(waitEnd(each));
      if (each[END] === FAILED) marks.push([from, to, colours.failed]);
      else if (each[END] === UNANSWERED) marks.push([from, from + 3, colours.unanswered]);
      else bar(from, to, top + 5, LANE - 10, colours.good);
      if (to - from > 60) {
        pen.save();
        pen.beginPath();
        pen.rect(Math.max(from, LEFT) + 3, top, to - Math.max(from, LEFT) - 6, LANE);
        pen.clip();
        pen.textAlign = "left";
        pen.fillStyle = colours.text;
        pen.fillText(texts[rows[each[COMMAND_ROW]][TEXT]], Math.max(from, LEFT) + 5, top + LANE / 2 + 0.5);
        pen.restore();
      }
    }
    for (const [from, to, colour] of marks) bar(from, Math.max(to, from + 3), top + 3, LANE - 6, colour);   // on top of what went well
  }

  function drawRows(linesTop, noticesTop) {
    let lastOut = -9, lastIn = -9;
    for (let n = lowerBound(at, shown.from); n < rows.length && at[n] <= shown.to; n++) {
      const row = rows[n], px = x(at[n]), kind = kindOf(row);
      if (kind === "notice") bar(px - 1, px + 1.5, noticesTop + 5, LANE - 10, colours.notice);
      else if (kind === "note") bar(px - 1.5, px + 2, noticesTop + 3, LANE - 6, colours.failed);
      if (row[WAY] === 1 && px - lastOut > 0.5) bar(lastOut = px, px + 1, linesTop + 4, LANE / 2 - 5, colours.out);
      if (row[WAY] === 2 && px - lastIn > 0.5) bar(lastIn = px, px + 1, linesTop + LANE / 2 + 1, LANE / 2 - 5, colours.in);
    }
  }

  function drawPayload(id, top) {
    const { numbers, times } = payloads.get(id), middle = top + LANE / 2;
    for (let k = lowerBound(times, shown.from); k < numbers.length && times[k] <= shown.to; k++) {
      const row = rows[numbers[k]], px = x(times[k]);
      const height = 2 + (LANE / 2 - 5) * Math.sqrt(row[SIZE] / mostBytes);
      bar(px - 1, px + 1.5, row[WAY] === 1 ? middle - height : middle, height, row[WAY] === 1 ? colours.out : colours.in);
    }
  }

  function draw() {
    pen.clearRect(0, 0, width, canvas.height);
    pen.font = '12px system-ui, "Segoe UI", Roboto, "DejaVu Sans", sans-serif';
    drawAxis();
    drawWaits(AXIS);
    drawRows(AXIS + LANE, AXIS + 2 * LANE);
    sockets.forEach((id, n) => drawPayload(id, AXIS + (3 + n) * LANE));
    if (chosen >= 0 && at[chosen] >= shown.from && at[chosen] <= shown.to) {
      pen.strokeStyle = colours.text;
      pen.beginPath();
      pen.moveTo(Math.round(x(at[chosen])) + 0.5, AXIS - 6);
      pen.lineTo(Math.round(x(at[chosen])) + 0.5, AXIS + lanes.length * LANE);
      pen.stroke();
    }
    canvas.dataset.from = shown.from;
    canvas.dataset.to = shown.to;
  }

  function show(from, to) {
    const least = timed ? 0.05 : 4, most = whole.to - whole.from;
    const length = Math.min(Math.max(to - from, least), most);
    from = Math.min(Math.max(from, whole.from), whole.to - length);
    [shown.from, shown.to] = [from, from + length];
    draw();
    if (only.window) filter();
  }

  function zoom(factor, around = (shown.from + shown.to) / 2) {
    show(around - (around - shown.from) * factor, around + (shown.to - around) * factor);
  }

  function move(part) {
    const by = (shown.to - shown.from) * part;
    show(shown.from + by, shown.to + by);
  }

  canvas.addEventListener("wheel", (event) => {
    event.preventDefault();
    if (Math.abs(event.deltaX) > Math.abs(event.deltaY)) move(event.deltaX / width);
    else zoom(1.0015 ** event.deltaY, valueAt(event.offsetX));
  }, { passive: false });
  let drag = null;
  canvas.addEventListener("pointerdown", (event) => {
    drag = { px: event.offsetX, from: shown.from, to: shown.to, moved: false };
    canvas.setPointerCapture(event.pointerId);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!drag) { canvas.title = hint(event); return; }
    drag.moved ||= Math.abs(event.offsetX - drag.px) > 3;
    if (!drag.moved) return;
    canvas.classList.add("dragged");
    const by = (drag.px - event.offsetX) / (width - LEFT - RIGHT) * (drag.to - drag.from);
    show(drag.from + by, drag.to + by);
  });
  canvas.addEventListener("pointerup", (event) => {
    if (drag && !drag.moved) choose(nearest(event), true);
    drag = null;
    canvas.classList.remove("dragged");
  });
  canvas.addEventListener("dblclick", () => show(whole.from, whole.to));
  canvas.addEventListener("keydown", (event) => {
    const steps = { ArrowLeft: () => move(-0.2), ArrowRight: () => move(0.2), "+": () => zoom(0.6), "=": () => zoom(0.6),
      "-": () => zoom(1 / 0.6), 0: () => show(whole.from, whole.to) };
    if (!steps[event.key]) return;
    event.preventDefault();
    steps[event.key]();
  });

  function nearest(event) {
    // The row that stands where the pointer is: in the lane of the commands the one whose bar it is.
    const value = valueAt(event.offsetX), lane = Math.floor((event.offsetY - AXIS) / LANE);
    if (lane === 0) {
      const last = lowerBound(waitBegins, value + (shown.to - shown.from) / 300) - 1;
      return last < 0 ? -1 : waits[last][COMMAND_ROW];
    }
    const { numbers, times } = lane >= 3 ? payloads.get(sockets[lane - 3]) ?? notices : lane === 2 ? notices
      : { numbers: all, times: at };
    const after = lowerBound(times, value);
    const isBefore = after > 0 && (after >= times.length || value - times[after - 1] < times[after] - value);
    return numbers[isBefore ? after - 1 : after] ?? -1;
  }

  function hint(event) {
    const n = nearest(event);
    return n < 0 ? "" : `${time(at[n])}  ${texts[rows[n][TEXT]]}\n${texts[rows[n][SAID]]}`;
  }

  // -- lines: only those that can be seen are in the page

  const list = element("lines"), space = element("space");
  const only = { problems: false, window: false };
  const hidden = new Set();
  let matches = null, found = [];

  function pattern(text) {
    // null: everything; what is no pattern is searched as it stands
    if (!text) return null;
    const slashes = /^\/(.+)\/$/.exec(text);
    try {
      if (slashes) return new RegExp(slashes[1], "i");
    } catch { /* no pattern */ }
    return new RegExp(text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"), "i");
  }

  function filter() {
    matches = pattern(element("search").value);
    const wanted = matches ? texts.map((text) => matches.test(text)) : null;
    found = [];
    for (let n = 0; n < rows.length; n++) {
      const row = rows[n];
      if (hidden.has(row[KIND])) continue;
      if (wanted && !wanted[row[TEXT]] && !wanted[row[SAID]]) continue;
      if (only.problems && !isBad(row) && !isOpen(row) && !(row[EXCHANGE] >= 0 && kindOf(row) === "command"
        && exchanges[row[EXCHANGE]][END] === FAILED)) continue;
      if (only.window && (at[n] < shown.from || at[n] > shown.to)) continue;
      found.push(n);
    }
    space.style.height = `${found.length * ROW_PX}px`;
    element("count").textContent = `${found.length} of ${rows.length} lines`;
    paint();
  }

  function marked(node, text) {
    const hit = matches && matches.exec(text);
    if (!hit || !hit[0]) { node.textContent = text; return node; }
    node.append(text.slice(0, hit.index), make("mark", "", hit[0]), text.slice(hit.index + hit[0].length));
    return node;
  }

  function rowNode(place) {
    const n = found[place], row = rows[n], kind = kindOf(row);
    const before = n ? at[n - 1] : at[n];
    const node = make("div", `row ${kind} ${["", "to", "from"][row[WAY]]}`);
    node.classList.toggle("bad", isBad(row));
    node.classList.toggle("open", isOpen(row));
    node.classList.toggle("chosen", n === chosen);
    node.setAttribute("role", "option");
    node.setAttribute("aria-selected", n === chosen);
    node.style.top = `${place * ROW_PX}px`;
    node.dataset.row = n;
    node.append(
      make("span", "ms", row[MS] === null ? (timed ? "" : n + 1) : row[MS].toFixed(1)),
      make("span", "gap", row[MS] === null ? "" : `+${(at[n] - before).toFixed(1)}`),
      make("span", "way", kind === "note" ? "!" : kind === "text" ? "" : ["", "\u25b8", "\u25c2"][row[WAY]]),
      marked(make("span", "text"), texts[row[TEXT]]), marked(make("span", "said"), texts[row[SAID]]));
    return node;
  }

  function paint() {
    const first = Math.max(0, Math.floor(list.scrollTop / ROW_PX) - SPARE_ROWS);
    const last = Math.min(found.length, Math.ceil((list.scrollTop + list.clientHeight) / ROW_PX) + SPARE_ROWS);
    const nodes = [];
    for (let place = first; place < last; place++) nodes.push(rowNode(place));
    space.replaceChildren(...nodes);
  }

  function choose(n, scroll) {
    if (n === undefined || n < 0) return;
    chosen = n;
    let place = lowerBound(found, n);
    if (scroll && found[place] !== n) { clearFilters(); place = n; }
    const top = place * ROW_PX;
    if (scroll) list.scrollTop = top - list.clientHeight / 2;
    else if (top < list.scrollTop) list.scrollTop = top;
    else if (top + ROW_PX > list.scrollTop + list.clientHeight) list.scrollTop = top + ROW_PX - list.clientHeight;
    if (at[n] < shown.from || at[n] > shown.to) {
      const half = (shown.to - shown.from) / 2;
      if (only.window) draw(); else show(at[n] - half, at[n] + half);
    } else draw();
    paint();
    detail();
  }

  function clearFilters() {
    element("search").value = "";
    hidden.clear();
    only.problems = only.window = false;
    document.querySelectorAll("#tools button").forEach((button) => button.setAttribute("aria-pressed", !button.dataset.show));
    filter();
  }

  list.addEventListener("scroll", () => requestAnimationFrame(paint));
  list.addEventListener("click", (event) => {
    const node = event.target.closest(".row");
    if (node) choose(Number(node.dataset.row), false);
  });
  list.addEventListener("keydown", (event) => {
    const page = Math.floor(list.clientHeight / ROW_PX) - 1;
    const by = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -found.length, End: found.length }[event.key];
    if (!by || !found.length) return;
    event.preventDefault();
    const place = chosen < 0 ? 0 : lowerBound(found, chosen) + by;
    choose(found[Math.min(Math.max(place, 0), found.length - 1)], false);
  });

  // -- what is known of the chosen line

  function detail() {
    const aside = element("detail");
    if (chosen < 0) {
      aside.replaceChildren(make("p", "", "Choose a line, or a mark in the timeline: its parameters, its answer and its times "
        + "are shown here."));
      return;
    }
    const row = rows[chosen], each = row[EXCHANGE] >= 0 ? exchanges[row[EXCHANGE]] : null;
    const nodes = [make("h2", "", texts[row[TEXT]]), make("p", isBad(row) ? "bad" : "", texts[row[SAID]])];
    const table = make("table");
    const line = (name, value, bad) => {
      const tr = make("tr");
      tr.append(make("td", "", name), make("td", bad ? "bad" : "", value));
      table.append(tr);
    };
    line("line", `${chosen + 1}, ${kindOf(row)}`);
    if (row[MS] !== null) line("at", time(row[MS], 3));
    if (row[SOCKET] >= 0) line("socket", String(row[SOCKET]));
    if (row[SIZE]) line("bytes", String(row[SIZE]));
    nodes.push(table);
    if (each && each[COMMAND_ROW] >= 0) {
      if (each[COMMAND_ROW] !== chosen) line("of", texts[rows[each[COMMAND_ROW]][TEXT]]);
      for (const [name, value, complaint] of each[PARAMETERS])
        line(texts[name], texts[complaint] ? `${texts[value]}  (${texts[complaint]})` : texts[value], texts[complaint]);
      line("result", each[RESULT_ROW] >= 0 ? texts[rows[each[RESULT_ROW]][TEXT]] : "none in the log",
        each[RESULT_ROW] < 0 || rows[each[RESULT_ROW]][BAD]);
      if (each[RESULT_ROW] >= 0 && texts[rows[each[RESULT_ROW]][SAID]]) line("that is", texts[rows[each[RESULT_ROW]][SAID]]);
      if (each[LATE_ROW] >= 0) {
        const late = rows[each[LATE_ROW]];
        line(each[LATE_ROW] > each[RESULT_ROW] ? "later" : "it says", texts[late[TEXT]], isBad(late));
        if (texts[late[SAID]]) line("that is", texts[late[SAID]]);
      }
      if (each[TOOK] !== null) line("until the result", time(each[TOOK], 3));
    }
    aside.replaceChildren(...nodes);
  }

  // -- the tools

  for (const [number, kind] of kinds.entries()) {
    if (!rows.some((row) => row[KIND] === number)) continue;
    const button = make("button", "", kind);
    button.type = "button";
    button.dataset.kind = kind;
    button.setAttribute("aria-pressed", true);
    button.addEventListener("click", () => {
      if (!hidden.delete(number)) hidden.add(number);
      button.setAttribute("aria-pressed", !hidden.has(number));
      filter();
    });
    element("kinds").append(button);
  }
  document.querySelectorAll("[data-show]").forEach((button) => button.addEventListener("click", () => {
    only[button.dataset.show] = !only[button.dataset.show];
    button.setAttribute("aria-pressed", only[button.dataset.show]);
    list.scrollTop = 0;
    filter();
  }));
  element("search").addEventListener("input", () => { list.scrollTop = 0; filter(); });
  element("search").addEventListener("keydown", (event) => {
    if (event.key === "Enter" && found.length) { list.focus(); choose(found[0], false); }
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && document.activeElement !== element("search")) { event.preventDefault(); element("search").focus(); }
  });
  const slowest = element("slowest");
  [...waits].filter((each) => each[TOOK] !== null).sort((a, b) => b[TOOK] - a[TOOK]).slice(0, SLOWEST).forEach((each) => {
    const option = make("option", "", `${each[TOOK].toFixed(1)} ms  ${texts[rows[each[COMMAND_ROW]][TEXT]].slice(0, 60)}`);
    option.value = each[COMMAND_ROW];
    slowest.append(option);
  });
  slowest.hidden = slowest.length < 2;
  slowest.addEventListener("change", () => { if (slowest.value) choose(Number(slowest.value), true); slowest.value = ""; });

  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", measure);
  new ResizeObserver(() => { measure(); paint(); }).observe(document.body);
  measure();
  filter();
  detail();
})();
