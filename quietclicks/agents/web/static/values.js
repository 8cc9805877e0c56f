// What a value is called, and its kind: "search · google.com" is google.com, of the kind search.

import { countryName, has, languageName, say } from "./words.js";

const LABELS = {
  page: (value) => [value === "(search)" ? say("value.search-pages") : value, ""],
  source: (value) => source(...value.split(" · ")),
  browser: (value) => browser(...value.split(" · ")),
  language: (value) => [languageName(value), ""],
  country: (value) => [countryName(value), ""],
  choice: (value) => [has(`choice.${value}`) ? say(`choice.${value}`) : value, ""],
};

const kindOf = (kind) => (has(`kind.${kind}`) ? say(`kind.${kind}`) : kind);

function source(kind, name, ...more) {
  if (more.length) return [[kind, name, ...more].join(" · "), ""];
  if (kind === "internal") return [say("rest.internal"), ""];
  if (name) return [name, kindOf(kind)];
  return [has(`alone.${kind}`) ? say(`alone.${kind}`) : kind, ""];
}

function browser(family, device) {
  return [family, device ? kindOf(device) : ""];
}

export const label = (dimension, value) => LABELS[dimension]?.(value) ?? [value, ""];
