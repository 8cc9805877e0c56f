// How visitors are protected, in what can be checked: the policy, keys, audits, and who is not counted.

import { hint, make, replace } from "./make.js";
import { word } from "./rows.js";
import { label } from "./values.js";
import { count, say, when } from "./words.js";

export function show(target, told, objections) {
  target.hidden = !told;
  if (!told) return;
  const { summary, policy, uncounted } = told;
  replace(target,
    make("h2", { id: "privacy-title" }, say("privacy.title")),
    make("dl", {},
      entry("policy", policy.revision, say("privacy.k", { k: policy.k }), Object.entries(policy.k_dimension ?? {}).map(([dimension, k]) =>
        say("privacy.k-dimension", { list: word(dimension, "title"), k }))),
      entry("opted-out", number(uncounted.opted_out.views), parts(uncounted.opted_out.choices)),
      entry("objections", objected(objections), parts(objections)),
      entry("bots", number(uncounted.bots.views)),
      keys(summary?.keys_destroyed),
      audit(summary),
      checkpoint(summary?.checkpoint)),
    hint("privacy", say("privacy.question"), say("why.privacy"), say("why.privacy.check")));
}

const number = (value) => (value === null ? say("privacy.not-told") : say("views", { count: value }));

function entry(key, value, ...notes) {
  return make("div", { "data-entry": key }, make("dt", {}, say(`privacy.${key}`)), make("dd", {}, value),
    [say(`privacy.${key}.note`), ...notes].flat().filter(Boolean).map((note) => make("dd", { class: "small" }, note)));
}

const parts = (list) => (list?.rows ?? []).map((row) => `${label("choice", row.value)[0]}: ${count(row.views)}`);

function objected(list) {
  if (!list?.from) return say("privacy.not-told");
  return say("views", { count: list.rows.reduce((sum, row) => sum + row.views, 0) });
}

function keys(destroyed) {
  if (!destroyed) return entry("keys", say("privacy.none-yet"));
  return entry("keys", say("privacy.up-to", { day: when(destroyed.day, "date") }), say("privacy.receipt", { day: when(destroyed.at, "moment") }));
}

function audit(summary) {
  const { last_audit: last, next_audit: next } = summary ?? {};
  const due = next && say(new Date(next) < new Date() ? "privacy.was-due" : "privacy.is-due", { day: when(next, "date") });
  if (!last) return entry("audit", say("privacy.none-yet"), due);
  const made = entry("audit", `${when(last.at, "date")}: ${say(`outcome.${last.outcome}`)}`,
    say("privacy.promises", { count: last.held, broken: last.broken, unchecked: last.not_checked }), due);
  made.dataset.outcome = last.outcome;
  return made;
}

// A signed note: origin, size, root, an empty line, signatures. All of it is shown, to be compared.
function checkpoint(note) {
  if (!note) return entry("checkpoint", say("privacy.none-yet"));
  const [, size] = note.split("\n");
  const made = entry("checkpoint", say("privacy.entries", { count: Number(size) }));
  made.append(make("dd", { class: "small" }, make("details", { "data-open": "note" },
    make("summary", { "data-keep": "note" }, say("privacy.note")), make("pre", { tabindex: "0" }, note))));
  return made;
}
