"use strict";
// What the server says of itself, drawn. Nothing is judged here, and every text
// that comes from elsewhere is set as text.
const EVERY = 5000;
const PALETTE = ["#2f7d4f", "#3a5a8c", "#a8680a", "#b3362c", "#7a4f9e", "#2b7f86", "#8a6d3b", "#666f78"];
let token = "";

const byId = (id) => document.getElementById(id);

/** An element with attributes and children; texts are texts. */
function make(name, attributes = {}, ...children) {
  const svg = ["svg", "rect", "path", "line", "text", "title"].includes(name);
  const element = svg ? document.createElementNS("http://www.w3.org/2000/svg", name) : document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key === "onclick") element.addEventListener("click", value);
    else if (value !== undefined && value !== false) element.setAttribute(key, value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

async function ask(path, options = {}) {
  const headers = { ...(options.headers ?? {}) };
  if (token) headers.authorization = `Bearer ${token}`;
  const response = await fetch(path, { ...options, headers, cache: "no-store" });
  const text = await response.text();
  let body;
  try { body = JSON.parse(text); } catch { body = {}; }
  if (!response.ok) throw new Error(body.detail ?? body.title ?? `the server answered ${response.status}`);
  return body;
}

const whole = (number) => number.toLocaleString("en");
const sum = (numbers) => numbers.reduce((all, one) => all + one, 0);

function micros(value) {
  if (value === null || value === undefined) return "–";
  return value < 1000 ? `${value.toPrecision(3)} µs` : `${(value / 1000).toPrecision(3)} ms`;
}

function ago(since) {
  const seconds = Math.max(0, (Date.now() - Date.parse(since)) / 1000);
  for (const [size, unit] of [[86400, "d"], [3600, "h"], [60, "min"]]) {
    if (seconds >= size) return `${Math.floor(seconds / size)} ${unit} ago`;
  }
  return "just now";
}

/** Decisions a minute, stacked by action, the last hour. */
function decisions(policy) {
  const minutes = policy.minutes;
  const actions = policy.actions;
  const counts = minutes.map((minute) => actions.map((action) => minute.actions[action] ?? 0));
  const most = Math.max(1, ...counts.map(sum));
  const [width, height] = [600, 120];
  const step = width / 60;
  const svg = make("svg", { viewBox: `0 0 ${width} ${height + 1}`, role: "img", "aria-label": "decisions a minute over the last hour, by action" });
  counts.forEach((row, index) => {
    let y = height;
    row.forEach((count, action) => {
      if (!count) return;
      const size = (count / most) * height;
      y -= size;
      svg.append(make("rect", { x: index * step + 0.5, y, width: step - 1, height: size, fill: PALETTE[action % PALETTE.length] },
        make("title", {}, `${minutes[index].at}: ${actions[action]} ${whole(count)}`)));
    });
  });
  svg.append(make("line", { x1: 0, y1: height, x2: width, y2: height, stroke: "currentColor", "stroke-opacity": ".3" }));
  const axis = make("div", { class: "axis" }, make("span", {}, "an hour ago"), make("span", {}, `now; at most ${whole(most)} a minute`));
  const legend = make("div", { class: "legend" }, ...actions.map((action, index) => {
    const total = sum(counts.map((row) => row[index]));
    if (!total) return null;
    const colour = make("i");
    colour.style.background = PALETTE[index % PALETTE.length];
    return make("span", {}, colour, `${action} ${whole(total)}`);
  }));
  return [svg, axis, legend];
}

/** p50 and p99 a minute, on a logarithmic scale. */
function latency(policy) {
  const seen = policy.minutes.filter((minute) => minute.p99_us !== null);
  if (!seen.length) return [make("p", { class: "soft" }, "no decision in the last hour")];
  const [width, height] = [600, 80];
  const values = seen.flatMap((minute) => [minute.p50_us, minute.p99_us]);
  const low = Math.log10(Math.min(...values)) - 0.1;
  const high = Math.log10(Math.max(...values)) + 0.1;
  const y = (value) => height - ((Math.log10(value) - low) / (high - low)) * height;
  const svg = make("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": "latency a minute over the last hour" });
  for (const [key, colour] of [["p99_us", "var(--warn)"], ["p50_us", "var(--mark)"]]) {
    let path = "";
    policy.minutes.forEach((minute, index) => {
      if (minute[key] === null) { path += " "; return; }
      const x = (index + 0.5) * (width / 60);
      const begins = index === 0 || policy.minutes[index - 1][key] === null;
      path += `${begins ? "M" : "L"}${x.toFixed(1)} ${y(minute[key]).toFixed(1)}`;
      if (begins) path += `l.1 0`;
    });
    svg.append(make("path", { d: path, fill: "none", stroke: colour, "stroke-width": 2, "stroke-linecap": "round" }));
  }
  const last = seen.at(-1);
  return [svg, make("p", { class: "soft" }, `last minute: half within ${micros(last.p50_us)}, 99 of 100 within ${micros(last.p99_us)}`)];
}

function reasons(policy) {
  const all = Object.entries(policy.reasons).filter(([, count]) => count > 0).sort((a, b) => b[1] - a[1]);
  if (!all.length) return null;
  const most = all[0][1];
  return make("table", {}, make("tbody", {}, ...all.slice(0, 12).map(([reason, count]) => {
    const bar = make("i");
    bar.style.width = `${(count / most) * 100}%`;
    return make("tr", {}, make("td", {}, reason), make("td", {}, make("div", { class: "bar" }, bar)), make("td", { class: "number" }, whole(count)));
  })));
}

function rollout(it) {
  const phase = { running: "under way", done: "done", returned: "returned to the champion" }[it.phase.is] ?? it.phase.is;
  const rows = it.transitions.filter((one) => one.champion !== one.candidate);
  const shown = (action) => action ?? "no decision";
  return [
    make("h3", {}, `Rollout ${it.name}: ${it.champion} beside ${it.candidate}`),
    make("p", { class: it.phase.is === "returned" ? "bad" : "" },
      `${phase}; ${it.stage} ${it.stages[0]} of ${it.stages[1]}, ${it.percent} % answered by the candidate; `
      + `held ${whole(it.held_seconds[0])} of ${whole(it.held_seconds[1])} s, seen ${whole(it.seen[0])} of ${whole(it.seen[1])}`),
    ...(it.phase.because ?? []).map((why) => make("p", { class: "bad" }, why)),
    make("p", {}, it.agreement_rate === null ? "nothing was compared yet" : `they agree on ${(it.agreement_rate * 100).toFixed(2)} %`),
    rows.length ? make("table", {},
      make("thead", {}, make("tr", {}, make("th", {}, "serves"), make("th", {}, "would become"), make("th", { class: "number" }, "requests"))),
      make("tbody", {}, ...rows.slice(0, 20).map((one) => make("tr", {},
        make("td", {}, shown(one.champion)), make("td", {}, shown(one.candidate)), make("td", { class: "number" }, whole(one.count)))))) : null,
  ];
}

function pins(name, it, may) {
  const cells = ["current", "previous", "fallback"].filter((key) => it[key]).map((key) => make("span", {}, `${key} `, make("b", {}, it[key])));
  const back = (to) => make("button", { onclick: () => confirm_rollback(name, it, to), disabled: !may || !it[to] }, `roll back to ${to}${it[to] ? ` (${it[to]})` : ""}`);
  return [
    make("h3", {}, `Pins, generation ${it.generation}`),
    make("div", { class: "row" }, ...cells, it.bad.length ? make("span", { class: "bad" }, `bad: ${it.bad.join(", ")}`) : null),
    make("div", { class: "row", style: "margin-top:.6rem" }, back("previous"), back("fallback"),
      may ? null : make("small", {}, "needs a token of the role rollback")),
    it.history.length ? make("table", { style: "margin-top:.6rem" }, make("tbody", {}, ...it.history.slice(0, 10).map((one) => make("tr", {},
      make("td", {}, one.at), make("td", {}, one.what), make("td", {}, one.by ?? ""), make("td", {}, one.reason ?? ""))))) : null,
  ];
}

function confirm_rollback(name, it, to) {
  const dialog = byId("dialog");
  const by = make("input", { id: "by", required: "" });
  const why = make("input", { id: "why", required: "" });
  const told = make("p", { class: "bad" });
  const send = async () => {
    if (!by.value.trim() || !why.value.trim()) { told.textContent = "name yourself and the reason: both are recorded"; return; }
    try {
      await ask("admin/rollback", {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ policy: name, to, generation: it.generation, by: by.value, reason: why.value }),
      });
      dialog.close();
      await look();
    } catch (error) { told.textContent = error.message; }
  };
  dialog.replaceChildren(
    make("h2", {}, `Roll ${name} back from ${it.current} to ${it[to]}`),
    make("p", { class: "soft" }, `${it.current} is marked bad and does not come back by a rollback.`),
    make("label", { for: "by" }, "who"), by, make("label", { for: "why" }, "why"), why, told,
    make("menu", {}, make("button", { onclick: () => dialog.close() }, "leave it"), make("button", { onclick: send }, "roll back")));
  dialog.showModal();
}

function judges(overview) {
  return make("section", { class: "wide" }, make("h2", {}, "What is live"), ...overview.judges.map((it) => make("div", { class: "live" },
    make("span", { class: "soft" }, it.kind), make("b", {}, it.name), it.live?.version ? make("span", {}, it.live.version) : null,
    it.live ? make("span", { class: "soft" }, ago(it.live.since)) : null,
    make("span", { class: it.problem ? "bad" : "good" },
      it.problem ? `${it.live ? "the one before still serves: " : "not served: "}${it.problem}` : "serves"))));
}

function draw(overview) {
  const problems = overview.judges.filter((it) => it.problem).length;
  const state = byId("state");
  state.className = problems || overview.draining ? "bad" : "good";
  state.textContent = overview.draining ? "the server is going down" : problems ? `${problems} could not be loaded` : `all ${overview.judges.length} serve`;
  const policies = Object.entries(overview.policies).map(([name, policy]) => {
    const all = sum(policy.minutes.map((minute) => sum(Object.values(minute.actions))));
    const reason = reasons(policy);
    return make("section", {},
      make("div", { class: "head" }, make("h2", {}, name), make("span", { class: "soft" }, `${policy.version}; ${whole(all)} decisions in the last hour`)),
      make("h3", {}, "Decisions a minute"), ...decisions(policy),
      make("h3", {}, "Latency"), ...latency(policy),
      ...(reason ? [make("h3", {}, "Reasons"), reason] : []),
      ...(policy.rollout ? rollout(policy.rollout) : []),
      ...(policy.pins ? pins(name, policy.pins, overview.role !== "read") : []));
  });
  byId("main").replaceChildren(judges(overview), ...policies);
}

async function look() {
  try {
    draw(await ask("admin/overview"));
    byId("token").hidden = false;
  } catch (error) {
    const state = byId("state");
    state.className = "bad";
    state.textContent = error instanceof TypeError ? "the server does not answer" : error.message;
  }
}

byId("token").addEventListener("submit", (event) => {
  event.preventDefault();
  token = byId("secret").value.trim();
  look();
});
look();
setInterval(() => { if (!byId("dialog").open) look(); }, EVERY);
