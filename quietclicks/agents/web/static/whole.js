// All of one list: search within it, a page after the other, and as a file.

import { address } from "./ask.js";
import { go, isOpen, link } from "./address.js";
import { fill, hint, make, replace, unseen } from "./make.js";
import { emptiness, table, word } from "./rows.js";
import { say } from "./words.js";

const SIZE = 50;
const FORMATS = { csv: "CSV", json: "JSON", parquet: "Parquet" };
const PAUSE = 250; // ms without a key before it is asked

let typing = null;

export const queryOf = (view) => ({ ...of(view), ...(view.search && { search: view.search }), page: view.page, size: SIZE, compare: "previous" });
const of = (view) => ({ site: view.site.name, from: view.span.from, to: view.span.to, dimension: view.list });

export function show(target, list, view, policy) {
  if (target.dataset.list !== view.list || !target.hasChildNodes()) frame(target, view);
  const input = target.querySelector("input");
  if (document.activeElement !== input) input.value = view.search;
  const back = target.querySelector(".back");
  back.href = link({ list: undefined, search: undefined, page: undefined });
  const text = say(view.search ? "whole.found" : "whole.values", { count: list.found });
  fill(target.querySelector("output"), text);
  const compared = !isOpen(view, list) && list.rows.some((row) => row.before !== null);
  const none = emptiness(list) ?? (view.search && !list.rows.length ? say("whole.nothing") : null);
  replace(target.querySelector(".rows"),
    none ? make("p", { class: "empty" }, none) : table(list, { compared, k: policy.k, wide: true }),
    view.search ? hint("search", say("whole.hidden"), say("why.search", { k: list.threshold ?? policy.k })) : null);
  replace(target.querySelector(".pages"), pages(list, view));
  replace(target.querySelector(".files"), files({ ...of(view), by: view.by, what: "list", ...(view.search && { search: view.search }) }));
}

function frame(target, view) {
  target.dataset.list = view.list;
  const input = make("input", { type: "search", id: "within", autocomplete: "off", spellcheck: "false", maxlength: "200" });
  const form = make("form", { role: "search" }, make("label", { class: "field" }, make("span", {}, say("whole.search")), " ", input));
  input.addEventListener("input", () => {
    clearTimeout(typing);
    typing = setTimeout(() => go({ search: input.value || undefined, page: undefined }, "replaceState"), PAUSE);
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  target.replaceChildren(
    make("div", { class: "panel-head" },
      make("h3", { id: "whole-title", tabindex: "-1" }, word(view.list, "title")),
      make("a", { class: "back", href: "?", "data-keep": "back" }, say("whole.back"))),
    make("div", { class: "panel-head" }, form, make("output", { for: "within" })),
    make("div", { class: "rows" }), make("nav", { class: "pages", "aria-label": say("pages") }), make("p", { class: "files" }));
  target.querySelector("h3").focus();
}

function pages(list, view) {
  if (list.pages < 2) return [];
  const step = (page, key) => (page < 1 || page > list.pages
    ? make("span", { class: "off", "aria-hidden": "true" }, say(key))
    : make("a", { href: link({ page: String(page) }), "data-keep": key }, say(key)));
  return [step(Math.min(view.page - 1, list.pages), "pages.before"), make("span", {}, say("pages.at", { page: list.page, pages: list.pages })), step(view.page + 1, "pages.after")];
}

// Links to the same numbers as files.
export function files(query) {
  return [make("span", {}, say("files")), Object.keys(FORMATS).map((format) => [
    " ", make("a", { href: address("export", { ...query, format }), download: true }, unseen(`${say("files")} `), FORMATS[format]),
  ])].flat(3);
}
