// Asks for what the address says, shows it, and asks again while the newest day is shown.

import { follow, isOpen, read, toNewest, viewOf } from "./address.js";
import { Busy, Refused, ask } from "./ask.js";
import * as controls from "./controls.js";
import * as figures from "./figures.js";
import { panels } from "./lists.js";
import { byId, fill, make, replace } from "./make.js";
import * as privacy from "./privacy.js";
import * as series from "./series.js";
import * as whole from "./whole.js";
import { clock, say, speak, tongueOf } from "./words.js";

const EVERY = 5000; // ms

let timer = null;
let turns = 0;
let last = []; // what is on the page: the address and the answers
let tongue = null;
let listed = null; // the list that all is shown of

async function turn() {
  clearTimeout(timer);
  const mine = ++turns;
  const left = () => mine !== turns; // something else was chosen meanwhile
  let again = true;
  try {
    await speakAs(tongueOf(read().lang));
    const told = await ask("sites");
    if (left()) return;
    const view = viewOf(told.sites);
    const answers = view ? await answersTo(view) : [];
    if (left()) return;
    show(view, told, answers);
    again = !view || told.reading || view.span.to >= view.site.last;
    status(told.reading ? "reading" : "live", say(again ? "status.live" : "status.loaded", { time: clock(new Date()) }));
  } catch (error) {
    if (left()) return;
    lost(error);
  }
  if (again && !document.hidden) timer = setTimeout(turn, EVERY);
}

function answersTo(view) {
  if (view.list) return Promise.all([ask("list", whole.queryOf(view))]);
  const query = { site: view.site.name, from: view.span.from, to: view.span.to };
  return Promise.all([ask("trends", { ...query, by: view.by, compare: "previous" }), ask("privacy", query)]);
}

async function speakAs(wanted) {
  if (tongue === wanted) return;
  await speak(wanted);
  tongue = wanted;
  last = [];
  for (const each of document.querySelectorAll("[data-text]")) fill(each, say(each.dataset.text));
  for (const each of document.querySelectorAll("[data-label]")) each.setAttribute("aria-label", say(each.dataset.label));
  for (const id of ["whole", "dates"]) {
    byId(id).replaceChildren();
    delete byId(id).dataset.names;
  }
}

function show(view, told, answers) {
  const now = [location.search, told, ...answers];
  if (now.length === last.length && now.every((each, index) => each === last[index])) return;
  last = now;
  const { policy } = told;
  controls.showTongues(tongue);
  byId("reading").hidden = !told.reading;
  if (told.reading) fill(byId("reading"), say("reading", { count: told.records }));
  byId("waiting").hidden = view !== null;
  byId("numbers").hidden = view === null;
  fill(byId("waiting-text"), say("waiting.text", { k: policy.k }));
  fill(byId("foot"), say("foot", { revision: policy.revision }));
  if (!view) return;
  document.documentElement.classList.toggle("embed", view.embed);
  controls.show(view, told.sites);
  fill(byId("title-note"), say(`title.${stateOf(view, answers[0])}`));
  byId("overview").hidden = view.list !== null;
  byId("whole").hidden = view.list === null;
  if (view.list) whole.show(byId("whole"), answers[0], view, policy);
  else overview(...answers, view, policy);
  if (listed && !view.list) document.querySelector(`[data-keep="all-${listed}"]`)?.focus();
  listed = view.list;
  document.title = `${byId("title").textContent} · ${view.site.name} · Quietclicks`;
}

function stateOf(view, told) {
  if (!(told.totals ?? told).views) return "nothing";
  return isOpen(view, told) ? "open" : "closed";
}

function overview(trends, protection, view, policy) {
  const open = isOpen(view, trends);
  const compared = !open && trends.before.views > 0;
  figures.show(byId("figures"), trends, view, policy, open);
  series.show(byId("series"), trends, view, policy);
  replace(byId("lists"), panels(trends.lists, { policy, compared }));
  privacy.show(byId("privacy"), protection, trends.lists.find((list) => list.dimension === "choice"));
  replace(byId("how"), ["other", "visitors", "at-least", "days", "filter"].map((key) =>
    make("div", {}, make("dt", {}, say(`how.${key}`)), make("dd", {}, say(`how.${key}.text`, { k: policy.k, search: policy.k_dimension?.search ?? policy.k })))));
}

// Said aloud is only what is new: that it is lost, or here again; not each time it was checked.
function status(state, text) {
  if (byId("status").dataset.state !== state) fill(byId("said"), text);
  byId("status").dataset.state = state;
  fill(byId("status-text"), text);
}

function lost(error) {
  if (error instanceof Refused) {
    const why = say("status.refused", { why: error.message });
    if (byId("status-text").textContent.startsWith(why)) return; // a link keeps the keyboard's focus
    status("lost", why);
    byId("status-text").append(" ", make("a", { href: toNewest() }, say("status.newest")));
  } else if (error instanceof Busy) {
    status("busy", say("status.busy"));
  } else if (tongue === null) {
    status("lost", "This page could not be loaded whole."); // no texts, no language
  } else {
    status("lost", say(last.length ? "status.lost" : "status.silent"));
  }
}

document.addEventListener("click", follow);
addEventListener("popstate", turn);
addEventListener("moved", turn);
addEventListener("online", turn);
document.addEventListener("visibilitychange", () => (document.hidden ? clearTimeout(timer) : turn()));
byId("copy").hidden = !navigator.clipboard;
byId("copy").addEventListener("click", async () => {
  await navigator.clipboard.writeText(location.href);
  fill(byId("copy"), say("copied"));
  setTimeout(() => fill(byId("copy"), say("copy")), 2000);
});
new ResizeObserver(series.redraw).observe(byId("main"));
turn();
