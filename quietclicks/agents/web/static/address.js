// What is shown stands in the page's address, and nowhere else: back works, and a link is enough.

import { PERIODS, isDay, plus, spanOf, steps } from "./span.js";

const KEYS = ["site", "period", "date", "from", "to", "by", "list", "search", "page", "lang", "embed"];
const FIRST = { period: "day", page: "1" }; // what need not be said

export function read() {
  const query = new URLSearchParams(location.search);
  return Object.fromEntries(KEYS.filter((key) => query.get(key)).map((key) => [key, query.get(key)]));
}

// The address of what is shown with these changes; undefined takes a key away.
export function link(changes) {
  const said = { ...read(), ...changes };
  const query = new URLSearchParams(KEYS.filter((key) => said[key] && said[key] !== FIRST[key]).map((key) => [key, said[key]]));
  return `?${query}`;
}

// The newest day of the same site: what there is where nothing else can be shown.
export function toNewest() {
  const kept = ["site", "lang", "embed"];
  return link(Object.fromEntries(KEYS.filter((key) => !kept.includes(key)).map((key) => [key, undefined])));
}

export function go(changes, how = "pushState") {
  history[how](null, "", link(changes));
  dispatchEvent(new Event("moved"));
}

// A span as the address has it.
export function linkTo(span) {
  const own = span.period === "own";
  return { period: span.period, date: own ? undefined : span.from, from: own ? span.from : undefined, to: own ? span.to : undefined, by: undefined, page: undefined };
}

// What to show: what the address says as far as there is such a thing, else the first site's
// newest day. Null where no site is known.
export function viewOf(sites) {
  const said = read();
  const site = sites.find((each) => each.name === said.site) ?? sites[0];
  if (!site) return null;
  const newest = site.last;
  const span = spanOf({
    period: PERIODS.includes(said.period) ? said.period : "day",
    day: isDay(said.date) ? said.date : newest,
    from: said.from ?? plus(newest, -29),
    to: said.to ?? newest,
  });
  const possible = steps(span);
  const by = possible.includes(said.by) ? said.by : possible[0];
  const page = /^[1-9]\d{0,6}$/.test(said.page ?? "") ? Number(said.page) : 1;
  return { site, span, by, list: /^[a-z]{1,30}$/.test(said.list ?? "") ? said.list : null, search: said.search ?? "", page, embed: said.embed === "1" };
}

// Whether some of its days are not over yet: then it is not compared with one that is.
// `told`: a series, or a list, which is from hours as long as no day of it is over.
export function isOpen({ span, site }, told) {
  if (span.to !== site.last) return span.to > site.last;
  return told.from === "hours" || (told.series ?? []).some((point) => point.state === "open" || point.state === "partial");
}

// A click on a link within the page changes what is shown; any other click is the browser's.
export function follow(event) {
  const found = event.target.closest?.("a[href^='?']");
  if (!found || event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  if (found.hasAttribute("download")) return;
  event.preventDefault();
  history.pushState(null, "", found.getAttribute("href"));
  dispatchEvent(new Event("moved"));
}
