// The lists of a span, ten values each, and the way to all of them.

import { link } from "./address.js";
import { hint, make } from "./make.js";
import { emptiness, table, word } from "./rows.js";
import { say } from "./words.js";

const LISTS = ["page", "source", "browser", "language", "search", "country", "choice"]; // as they are read

// `policy` has the thresholds; `compared` whether there is a span before.
export function panels(lists, { policy, compared }) {
  const told = Object.fromEntries(lists.map((list) => [list.dimension, list]));
  return [...new Set([...LISTS, ...Object.keys(told)])].map((dimension) => told[dimension] ?? untold(dimension))
    .filter(Boolean).map((list) => panel(list, { k: policy.k, compared }));
}

// A policy may have choices switched off: then nobody need read that they are missing.
function untold(dimension) {
  return dimension === "choice" ? null : { dimension, from: null, rows: [], values: 0 };
}

function panel(list, shape) {
  const { dimension } = list;
  const id = `list-${dimension}`;
  const empty = emptiness(list);
  const limit = list.threshold > shape.k ? hint(`${dimension}-k`, say("list.k", { k: list.threshold }), say("why.k", { k: list.threshold })) : null;
  const listed = list.rows.length;
  return make("section", { class: "panel list", "aria-labelledby": id, "data-dimension": dimension },
    make("div", { class: "panel-head" },
      make("h3", { id }, word(dimension, "title")),
      list.from ? make("p", { class: "source" }, say(`list.from.${list.from}`)) : null),
    empty ? make("p", { class: "empty" }, empty) : table(list, shape),
    limit,
    !empty && listed ? make("p", { class: "all" },
      make("a", { href: link({ list: dimension, search: undefined, page: undefined }), "data-keep": `all-${dimension}` },
        list.values > listed ? say("list.all", { count: list.values }) : say("list.alone"))) : null);
}

