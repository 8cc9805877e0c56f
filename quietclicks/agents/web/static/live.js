// Asks for the trends every few seconds and shows them. Values come from strangers: they are only
// ever set as text. It asks nobody but the server this page came from.

import { describe, draw } from "./chart.js";

const EVERY = 3000;
const PATIENCE = 30000;
const CHOICES = {
  refused: "Refused",
  DNT: "Do Not Track",
  GPC: "Global Privacy Control",
  "DNT · GPC": "Do Not Track and Global Privacy Control",
};

const byId = (id) => document.getElementById(id);
const numbers = new Intl.NumberFormat("en");
const percent = new Intl.NumberFormat("en", { style: "percent", maximumFractionDigits: 1, minimumFractionDigits: 1 });
const dates = new Intl.DateTimeFormat("en-GB", { weekday: "long", day: "numeric", month: "long", year: "numeric", timeZone: "UTC" });
const shortDates = new Intl.DateTimeFormat("en-GB", { weekday: "short", day: "numeric", month: "short", year: "numeric", timeZone: "UTC" });
const languages = new Intl.DisplayNames("en", { type: "language", fallback: "code" });
const countries = new Intl.DisplayNames("en", { type: "region", fallback: "code" });

// Sources of which the kind alone is known: of campaigns, and of what a link says of itself.
const KINDS = {
  campaign: "Other campaigns",
  search: "Search engines, as links say",
  social: "Networks, as links say",
  ai: "Assistants, as links say",
};

// What a value is called, and its kind: "search · google.com" is google.com, of the kind search.
// A dimension that is not here has values that are shown as they are.
const LABELS = {
  page: (value) => [value === "(search)" ? "Search pages, all of them" : value, ""],
  choice: (value) => [CHOICES[value] ?? value, ""],
  language: (value) => [named(languages, value), ""],
  country: (value) => [named(countries, value), ""],
  source: (value) => parted(value)?.reverse() ?? [KINDS[value] ?? value, ""],
  browser: (value) => parted(value) ?? [value, ""],
};

let shown = null; // the snapshot on the page
let etag = null;
let timer = null;
let asked = 0;

function make(name, text, className) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  if (className) made.className = className;
  return made;
}

function fill(id, text) {
  const target = byId(id);
  if (target.textContent !== text) target.textContent = text;
}

const day = (date, format = dates) => format.format(new Date(`${date}T00:00:00Z`));
const plural = (count, one, many) => `${numbers.format(count)} ${count === 1 ? one : many}`;

function named(names, value) {
  try {
    return names.of(value);
  } catch {
    return value; // not a code
  }
}

function parted(value) {
  const parts = value.split(" · ");
  return parts.length === 2 ? parts : null;
}

const label = (dimension, value) => LABELS[dimension]?.(value) ?? [value, ""];

function views(part) {
  const cell = make("td", undefined, "number");
  if (part.at_least) {
    cell.append(make("span", "at least ", "unseen"));
    const mark = make("span", "≥ ");
    mark.setAttribute("aria-hidden", "true");
    cell.append(mark);
  }
  cell.append(numbers.format(part.views));
  return cell;
}

function row([text, kind], part, className) {
  const made = make("tr", undefined, className);
  const head = make("th", text);
  head.scope = "row";
  if (kind) head.append(" ", make("span", kind, "kind"));
  made.append(head, views(part), make("td", percent.format(part.share), "number share"));
  return made;
}

// Named values first, with a bar each, the longest for the most; then what is no value of its own.
function rowsOf(list) {
  const inside = (each) => list.dimension === "source" && each.value.startsWith("internal · ");
  const outside = list.rows.filter((each) => !inside(each));
  const most = outside[0]?.views;
  const rows = outside.map((each) => {
    const made = row(label(list.dimension, each.value), each, "named");
    made.firstChild.style.setProperty("--bar", `${(each.views / most) * 100}%`);
    return made;
  });
  for (const each of list.rows.filter(inside)) rows.push(row(["From page to page within the site"], each, "rest"));
  if (list.none) rows.push(row([list.words.none], list.none, "rest"));
  if (list.more) rows.push(row(["More, named but not listed here"], list.more, "rest"));
  if (list.other) rows.push(row(["Other: too few visitors each"], list.other, "rest other"));
  return rows;
}

function source(list) {
  if (list.from === "day") return "The whole day";
  if (list.from === null) return "";
  return `From ${plural(list.hours, "released hour", "released hours")}`;
}

function listPanel(list) {
  const panel = byId("list").content.cloneNode(true).firstElementChild;
  const { title, heading: column, empty: nothing, only_none: onlyNone } = list.words;
  const heading = panel.querySelector("h2");
  heading.textContent = title;
  heading.id = `list-${list.dimension}`;
  panel.setAttribute("aria-labelledby", heading.id);
  panel.dataset.dimension = list.dimension;
  panel.querySelector("caption").textContent = `${title}, by page views`;
  panel.querySelector(".source").textContent = source(list);
  panel.querySelector("thead th").textContent = column;

  const untold = onlyNone && !list.rows.length && !list.other && !list.more;
  const rows = untold ? [] : rowsOf(list);
  panel.querySelector("tbody").append(...rows);

  if (!rows.length) {
    panel.querySelector("table").hidden = true;
    const empty = panel.querySelector(".empty");
    empty.hidden = false;
    empty.textContent = (list.from && onlyNone) || nothing;
  }
  return panel;
}

function options(select, values, chosen) {
  const wanted = values.map(([value]) => value).join("\n");
  if (select.dataset.values !== wanted) {
    select.dataset.values = wanted;
    select.replaceChildren(...values.map(([value, text]) => new Option(text, value)));
  }
  if (document.activeElement !== select || !select.value) select.value = chosen;
}

function showFigures(snapshot) {
  const { day: chosen, hours, meta } = snapshot;
  fill("period", day(chosen.day));
  fill("period-note", chosen.closed ? "The whole day, midnight to midnight UTC, is released." : "The day so far: hours are added as they are released.");
  fill("views", numbers.format(chosen.views));
  const extra = chosen.views - chosen.hours_views;
  fill("views-note", !chosen.closed ? "in the released hours"
    : chosen.hours_released === null || extra <= 0 ? "the day’s total"
    : `the day’s total; ${numbers.format(extra)} in hours not shown alone`);
  fill("visitors", chosen.visitors === null ? "–" : `about ${numbers.format(chosen.visitors)}`);
  fill("visitors-note", chosen.visitors === null ? "told when the day is over"
    : `chance added, to a multiple of ${meta.k ?? "the threshold"}`);
  fill("hours-released", chosen.hours_released === null ? "–" : `${chosen.hours_released}`);
  const waiting = (hours ?? []).filter((hour) => hour.state === "nothing").length;
  fill("hours-note", chosen.hours_released === null ? "this page keeps hours of the newest days only"
    : waiting ? `of 24 released; in ${waiting} too few visitors, or none` : "of 24 released");
}

function showHours(snapshot) {
  byId("hours-panel").hidden = !snapshot.hours;
  if (!snapshot.hours) return;
  drawChart(snapshot.hours);
  byId("hours").replaceChildren(...snapshot.hours.map((hour) => {
    const made = make("tr");
    const head = make("th", hour.start.slice(11, 16));
    head.scope = "row";
    const said = hour.state === "released" ? numbers.format(hour.views) : describe(hour).slice(7);
    made.append(head, make("td", said, "number"), make("td", hour.visitors === null ? "–" : numbers.format(hour.visitors), "number"));
    return made;
  }));
}

function drawChart(hours) {
  const chart = byId("chart");
  chart.replaceChildren(draw(hours, Math.max(chart.clientWidth, 280)));
}

function showDays(snapshot) {
  byId("days-panel").hidden = snapshot.days.length < 2;
  byId("days").replaceChildren(...snapshot.days.map((each) => {
    const made = make("tr");
    const head = make("th", `${day(each.day, shortDates)}${each.closed ? "" : ", released hours only"}`);
    head.scope = "row";
    made.append(head, make("td", numbers.format(each.views), "number"), make("td", each.visitors === null ? "–" : numbers.format(each.visitors), "number"));
    return made;
  }));
}

const OUTCOMES = { held: "held", broken: "broken", "not-checked": "not checked" };

function showProtection(told) {
  byId("protection").hidden = !told;
  if (!told) return;
  const { keys_destroyed: keys, last_audit: audit, next_audit: next } = told;
  const dated = (at) => day(at.slice(0, 10), shortDates);
  fill("keys-destroyed", keys ? `up to ${dated(keys.day)}` : "none yet");
  fill("last-audit", audit ? `${dated(audit.at)}: ${OUTCOMES[audit.outcome]}` : "none yet");
  byId("last-audit").dataset.outcome = audit?.outcome ?? "";
  const counts = audit && `${plural(audit.held, "promise", "promises")} held, ${audit.broken} broken, ${audit.not_checked} not checked.`;
  const due = next && `The next one ${new Date(next) < new Date() ? "was" : "is"} due on ${dated(next)}.`;
  fill("last-audit-note", [counts, due].filter(Boolean).join(" "));
}

function show(snapshot) {
  shown = snapshot;
  byId("waiting").hidden = snapshot.day !== null;
  byId("numbers").hidden = snapshot.day === null;
  byId("choice").hidden = !snapshot.sites.length;
  const { k, k_dimension: byDimension } = snapshot.meta;
  if (k) for (const each of document.querySelectorAll("[data-k]")) each.textContent = k;
  if (k) for (const each of document.querySelectorAll("[data-k-search]")) each.textContent = byDimension?.search ?? k;
  fill("policy", snapshot.policy ? `Privacy policy in force: revision ${snapshot.policy}.` : "");
  showProtection(snapshot.protection);
  if (!snapshot.day) return;
  options(byId("site"), snapshot.sites.map((site) => [site, site]), snapshot.site);
  options(byId("day"), snapshot.days.map((each) => [each.day, day(each.day, shortDates)]), snapshot.day.day);
  showFigures(snapshot);
  showHours(snapshot);
  byId("lists").replaceChildren(...snapshot.lists.map(listPanel));
  showDays(snapshot);
}

function status(state, text) {
  byId("status").dataset.state = state;
  fill("status-text", text);
}

async function ask() {
  clearTimeout(timer);
  const turn = ++asked;
  const query = new URLSearchParams(location.hash.slice(1));
  const headers = etag ? { "If-None-Match": etag } : {};
  try {
    const answer = await fetch(`api/trends?${query}`, { headers, cache: "no-store", signal: AbortSignal.timeout(PATIENCE) });
    if (turn !== asked) return; // something else was chosen meanwhile
    if (answer.status === 200) {
      show(await answer.json());
      etag = answer.headers.get("ETag");
    } else if (answer.status !== 304) {
      throw new Error(`status ${answer.status}`);
    }
    status("live", `Live · checked at ${new Date().toLocaleTimeString("en-GB")}`);
  } catch {
    if (turn !== asked) return;
    status("lost", shown ? "The server does not answer; these are the last numbers" : "The server does not answer");
  }
  if (!document.hidden) timer = setTimeout(ask, EVERY);
}

function choose(event) {
  const query = new URLSearchParams({ site: byId("site").value });
  if (event.target.id === "day" && byId("day").selectedIndex > 0) query.set("day", byId("day").value);
  location.hash = query;
}

byId("choice").addEventListener("change", choose);
byId("choice").addEventListener("submit", (event) => event.preventDefault());
addEventListener("hashchange", () => { etag = null; ask(); });
document.addEventListener("visibilitychange", () => (document.hidden ? clearTimeout(timer) : ask()));
new ResizeObserver(() => shown?.hours && drawChart(shown.hours)).observe(byId("main"));
ask();
