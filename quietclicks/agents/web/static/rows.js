// The table of one list: named values first, the longest bar for the most, then what has no name of
// its own, each with why. Values are only ever text.

import { hint, make, unseen } from "./make.js";
import { label } from "./values.js";
import { changed, count, has, say, share } from "./words.js";

const isInside = (list, row) => list.dimension === "source" && row.value.startsWith("internal · ");

// What a list calls things. A dimension without words of its own goes by its name.
export function word(dimension, part) {
  const key = `list.${dimension}.${part}`;
  return has(key) ? say(key) : part === "none" ? say("list.none") : dimension;
}

// `wide` has the columns there is room for on a page of its own.
export function table(list, { compared, k, wide = false }) {
  const visitors = wide && list.rows.some((row) => row.visitors !== null);
  const bounded = wide && list.rows.some((row) => row.at_least);
  const shape = { compared, visitors, bounded };
  const heads = ["views", bounded && "at-most", visitors && "visitors", "share", compared && "change"].filter(Boolean);
  const outside = list.rows.filter((row) => !isInside(list, row));
  const most = Math.max(...outside.map((row) => row.views));
  const body = outside.map((row) => named(list, row, most, shape));
  for (const row of list.rows.filter((each) => isInside(list, each))) body.push(rest(list, "internal", row, shape, k));
    if (list.none) body.push(rest(list, "none", list.none, shape, k));
  if (list.more && !wide) body.push(rest(list, "more", list.more, shape, k));
  if (list.other) body.push(rest(list, "other", list.other, shape, k));
  return make("table", {},
    make("caption", { class: "unseen" }, say("list.caption", { title: word(list.dimension, "title") })),
    make("thead", {}, make("tr", {},
      make("th", { scope: "col" }, word(list.dimension, "heading")),
      heads.map((name) => make("th", { scope: "col", class: `number ${name}` }, say(`column.${name}`))))),
    make("tbody", {}, body));
}

// Some lists have words of their own for what has no name.
function own(key, list) {
  return has(`${key}.${list.dimension}`) ? `${key}.${list.dimension}` : key;
}

function named(list, row, most, shape) {
  const [text, kind] = label(list.dimension, row.value);
  const head = make("th", { scope: "row" }, make("bdi", {}, text), kind ? [" ", make("span", { class: "kind" }, kind)] : null);
  head.style.setProperty("--bar", `${((row.views / most) * 100).toFixed(1)}%`);
  return make("tr", { class: "named" }, head, cells(row, shape));
}

function rest(list, part, row, shape, k) {
  const text = part === "none" ? word(list.dimension, part) : say(own(`rest.${part}`, list));
  const threshold = list.threshold ?? k;
  const why = hint(`${list.dimension}-${part}`, make("span", {}, text),
    say(own(`why.${part}`, list), { k: threshold }), part === "other" ? say("why.shows-more", { k: threshold }) : null);
  return make("tr", { class: `rest ${part}` }, make("th", { scope: "row" }, why), cells(row, shape));
}

function cells(row, { compared, visitors, bounded }) {
  return [
    make("td", { class: "number views" }, atLeast(row)),
    bounded ? make("td", { class: "number at-most" }, row.at_most === undefined ? nothing() : count(row.at_most)) : null,
    visitors ? make("td", { class: "number visitors" }, row.visitors ? say("about", { n: row.visitors }) : nothing()) : null,
    make("td", { class: "number share" }, share(row.share)),
    compared ? make("td", { class: "number change" }, "before" in row ? difference(row.views, row.before) : nothing()) : null,
  ];
}

const nothing = () => [make("span", { "aria-hidden": "true" }, "–"), unseen(say("no-number"))];

// "≥" for the eye, words for the ear. From left to right in any script: elsewhere it is mirrored.
export function atLeast(part) {
  if (!part.at_least) return [count(part.views)];
  return [unseen(`${say("at-least")} `), make("bdi", { dir: "ltr" }, make("span", { "aria-hidden": "true" }, "≥ "), count(part.views))];
}

// An arrow and a share for the eye, words for the ear; never a colour alone.
export function difference(now, before) {
  if (!before) return nothing();
  const by = now / before - 1;
  const way = Math.abs(by) < 0.005 ? "same" : by > 0 ? "more" : "less";
  const arrow = { same: "=", more: "▲", less: "▼" }[way];
  const said = way === "same" ? "" : changed(Math.abs(by));
  return [make("span", { class: `way ${way}`, "aria-hidden": "true" }, `${arrow} ${said}`.trim()), unseen(say(`change.${way}`, { by: said }))];
}

// Why a list has no rows at all.
export function emptiness(list) {
  const only = `list.${list.dimension}.only-none`;
  if (list.from && has(only) && !list.rows.length && !list.other && !list.more) return say(only);
  if (list.from) return null;
  const own = `list.${list.dimension}.empty`;
  return say(has(own) ? own : "list.empty");
}
