// What chooses the span: its kind, the steps to its neighbours, dates; and what it is called.

import { go, link, linkTo } from "./address.js";
import { byId, fill, make, replace } from "./make.js";
import { PERIODS, next, spanOf } from "./span.js";
import { TONGUES, range, say, when } from "./words.js";

// By its name where it has one: a month, a year.
export function spanText(span) {
  const is = (period) => {
    const whole = spanOf({ period, day: span.from });
    return whole.from === span.from && whole.to === span.to;
  };
  const name = ["day", "month", "year"].find(is);
  return name ? when(span.from, name) : range(span.from, span.to);
}

export function show(view, sites) {
  showSites(sites, view.site.name);
  showPeriods(view);
  showSteps(view);
  showDates(view);
  fill(byId("title"), spanText(view.span));
}

function showSites(sites, chosen) {
  const select = byId("site");
  byId("site-field").hidden = false;
  const names = sites.map((site) => site.name);
  if (select.dataset.names !== names.join()) {
    select.dataset.names = names.join();
    select.replaceChildren(...names.map((name) => new Option(name, name)));
  }
  if (document.activeElement !== select || !select.value) select.value = chosen;
  select.onchange = () => go({ site: select.value, page: undefined, search: undefined });
}

function showPeriods({ span, site }) {
  // The newest day there is, where it lies in the span: from a month to its last day, not its first.
  const day = span.to < site.last ? [span.from, site.first].sort()[1] : site.last;
  replace(byId("periods"), PERIODS.map((period) => {
    const to = period === "own" ? { period, from: span.from, to: span.to } : spanOf({ period, day: day < span.from ? span.from : day });
    const current = period === span.period;
    return make("a", { href: link(linkTo(to)), "aria-current": current && "true", "data-keep": period }, say(`period.${period}`));
  }));
}

function showSteps({ span, site }) {
  const step = (by, key, sign) => {
    const to = next(span, by);
    const beyond = by < 0 ? to.to < site.first : to.from > site.last;
    if (beyond) return make("span", { class: "off", "aria-hidden": "true" }, sign);
    const text = `${say(key)}: ${spanText(to)}`;
    return make("a", { href: link(linkTo(to)), "aria-label": text, title: text, "data-keep": key }, make("span", { "aria-hidden": "true" }, sign));
  };
  replace(byId("steps"), step(-1, "step.before", "‹"), step(1, "step.after", "›"));
}

function showDates({ span, site }) {
  const form = byId("dates");
  const names = span.period === "own" ? ["from", "to"] : ["date"];
  if (form.dataset.names !== names.join()) {
    form.dataset.names = names.join();
    replace(form, names.map((name) => make("label", { class: "field" }, make("span", {}, say(`date.${name}`)), " ",
      make("input", { type: "date", name, required: true, "data-keep": `date-${name}` }))));
  }
  for (const input of form.elements) {
    input.min = [site.first, span.from].sort()[0];
    input.max = [site.last, span.to].sort()[1];
    if (document.activeElement !== input) input.value = span[input.name] ?? span.from;
  }
  form.onchange = () => {
    if (!form.checkValidity()) return; // a date half typed
    const chosen = Object.fromEntries([...form.elements].map((input) => [input.name, input.value]));
    go(names.length === 2 ? { period: "own", ...chosen, page: undefined, by: undefined } : linkTo(spanOf({ period: span.period, day: chosen.date })));
  };
  form.onsubmit = (event) => event.preventDefault();
}

export function showTongues(chosen) {
  replace(byId("tongues"), Object.entries(TONGUES).map(([tongue, name]) =>
    make("a", { href: link({ lang: tongue }), lang: tongue, hreflang: tongue, "aria-current": tongue === chosen && "true", "data-keep": tongue }, name)));
}
