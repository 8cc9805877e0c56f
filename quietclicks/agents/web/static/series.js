// The panel with the chart: by hour, day or month, with the arrow keys from point to point, and as a
// table. What a point says is said aloud, too.

import { link } from "./address.js";
import { draw } from "./chart.js";
import { hint, make, replace } from "./make.js";
import { steps } from "./span.js";
import { files } from "./whole.js";
import { count, say, when } from "./words.js";

const FORMATS = { hour: "hour", day: "date", month: "month" };
const TICKS = { hour: "hour", day: "tick", month: "month-tick" };

let drawing = null; // what is drawn, to draw it again in another width
let at = null; // index of the point that is looked at

const hours = (trends, many) => (trends.by === "hour" && many ? "moment" : FORMATS[trends.by]);

export function show(target, told, view, policy) {
  const series = told.series.map((point) => (isEarly(point, told.by, view.site.first) ? { ...point, state: "early" } : point));
  const trends = { ...told, series };
  const many = view.span.from !== view.span.to;
  const format = hours(trends, many);
  const tick = trends.by === "hour" && many ? "tick" : TICKS[trends.by];
  const tell = (point) => described(point, when(point.start, format));
  const withheld = series.some((point) => point.state === "nothing");
  at = null;
  replace(target,
    make("div", { class: "panel-head" },
      make("h3", { id: "series-title" }, say(`series.${trends.by}`)), choices(view),
      legend(trends, withheld)),
    make("figure", { "aria-labelledby": "series-title" },
      make("div", { class: "chart", id: "chart", tabindex: "0", role: "application", "aria-roledescription": say("chart"), "aria-label": overview(trends, format), "aria-describedby": "chart-keys", "data-keep": "chart" }),
      make("figcaption", {}, make("output", { id: "readout" }), make("span", { id: "chart-keys" }, say("chart.keys")))),
    withheld ? hint("nothing", say("nothing.question"), say(`why.nothing.${trends.by === "hour" ? "hour" : "day"}`, { k: policy.k }), say("why.withheld.more")) : null,
    make("details", { "data-open": "table" }, make("summary", { "data-keep": "table" }, say("series.table")), numbers(trends, format)),
    make("p", { class: "files" }, files({ site: view.site.name, from: view.span.from, to: view.span.to, by: trends.by, what: "series" })));
  drawing = { trends, tell, name: (point) => when(point.start, tick) };
  redraw();
  listen(target.querySelector("#chart"));
}

// Before the site's first number nothing is held back: there was nothing.
function isEarly(point, by, first) {
  const digits = by === "month" ? 7 : 10;
  return point.start.slice(0, digits) < first.slice(0, digits);
}

// Draws it as wide as there is room.
export function redraw() {
  const chart = document.getElementById("chart");
  if (!drawing || !chart || !chart.clientWidth) return;
  const { series, before_series: before } = drawing.trends;
  chart.replaceChildren(draw(series, before, chart.clientWidth, chart.clientHeight, drawing.name));
  mark();
}

function choices(view) {
  const possible = steps(view.span);
  if (possible.length < 2) return null;
  return make("nav", { class: "by", "aria-label": say("by") }, ["hour", "day", "month"].filter((by) => possible.includes(by)).map((by) =>
    make("a", { href: link({ by: by === possible[0] ? undefined : by }), "aria-current": by === view.by && "true", "data-keep": `by-${by}` }, say(`by.${by}`))));
}

function legend(trends, withheld) {
  const keys = ["views", trends.series.some((point) => point.visitors !== null) && "visitors", trends.before_series?.some((point) => point.views) && "before", withheld && "nothing"];
  return make("p", { class: "legend" }, keys.filter(Boolean).map((key) => make("span", { class: `key key-${key}` }, say(`key.${key}`))));
}

function described(point, name) {
  if (point.views === null) return `${name}: ${say(`point.${point.state}`)}`;
  const visitors = point.visitors === null ? "" : `, ${say("point.visitors", { count: point.visitors })}`;
  const rest = point.state === "released" ? "" : `, ${say("point.partial")}`;
  return `${name}: ${say("point.views", { count: point.views })}${visitors}${rest}`;
}

function overview({ series }, format) {
  const told = series.filter((point) => point.views !== null);
  if (!told.length) return say("chart.empty");
  const top = told.reduce((a, b) => (b.views > a.views ? b : a));
  return say("chart.overview", { told: told.length, all: series.length, top: when(top.start, format), views: top.views });
}

function numbers(trends, format) {
  const before = trends.before_series?.some((point) => point.views) && trends.before_series;
  const cell = (value) => make("td", { class: "number" }, value === null || value === undefined ? "–" : count(value));
  return make("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": say("series.table") }, make("table", {},
    make("caption", { class: "unseen" }, say("series.caption")),
    make("thead", {}, make("tr", {}, ["when", "views", "visitors", before && "before"].filter(Boolean).map((name, index) =>
      make("th", { scope: "col", class: index && "number" }, say(`column.${name}`))))),
    make("tbody", {}, trends.series.map((point, index) => make("tr", {},
      make("th", { scope: "row" }, when(point.start, format)),
      point.views === null ? make("td", { class: "number" }, say(`point.${point.state}`)) : cell(point.views),
      cell(point.visitors), before ? cell(before[index]?.views) : null)))));
}

function look(index) {
  at = Math.min(Math.max(index, 0), drawing.trends.series.length - 1);
  document.getElementById("readout").textContent = drawing.tell(drawing.trends.series[at]);
  mark();
}

function mark() {
  document.querySelectorAll("#chart .column").forEach((column, index) => column.classList.toggle("at", index === at));
}

function listen(chart) {
  const last = () => drawing.trends.series.length - 1;
  const moves = { ArrowRight: () => (at ?? -1) + 1, ArrowLeft: () => (at ?? last() + 1) - 1, Home: () => 0, End: last };
  chart.addEventListener("keydown", (event) => {
    if (!moves[event.key] || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    look(moves[event.key]());
  });
  chart.addEventListener("pointermove", (event) => {
    const column = event.target.closest?.(".column");
    const index = column ? [...chart.querySelectorAll(".column")].indexOf(column) : -1;
    if (index >= 0 && index !== at) look(index);
  });
}
