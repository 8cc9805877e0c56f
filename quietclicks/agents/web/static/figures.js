// The figures of a span, each beside the span before, and each with why where there is none.

import { hint, make, replace } from "./make.js";
import { atLeast, difference } from "./rows.js";
import { length } from "./span.js";
import { count, say } from "./words.js";
import { spanText } from "./controls.js";

export function show(target, trends, view, policy, open) {
  const { totals, before, uncounted } = trends;
  const told = totals.views > 0;
  replace(target,
    views(totals, before, told, open, policy),
    visitors(totals, view, policy),
    releases(totals, view, policy),
    apart(uncounted, policy));
}

const card = (name, title, figure, ...notes) => make("div", { class: "panel figure", "data-figure": name },
  make("h3", {}, title), make("p", { class: "big" }, figure), notes.flat().filter(Boolean));
const small = (...children) => make("p", { class: "small" }, ...children);

function views(totals, before, told, open, policy) {
  const notes = [];
  const then = before && spanText(before);
  if (before?.views && told) {
    const pair = { span: then, views: before.views };
    notes.push(open ? small(say("views.so-far", pair)) : small(make("strong", { class: "difference" }, difference(totals.views, before.views)), " ", say("views.before", pair)));
    if (!open && Math.abs(before.days_told - totals.days_told) > totals.days / 10) notes.push(small(say("views.unlike", { now: totals.days_told, then: before.days_told })));
  } else if (before) {
    notes.push(small(say("views.nothing-before", { span: then })));
  }
  if (told && totals.at_least) notes.push(hint("at-least", say("at-least.question"), say("why.at-least", { k: policy.k })));
  return card("views", say("column.views"), told ? atLeast(totals) : "–", notes);
}

function visitors(totals, view, policy) {
  const summed = length(view.span) > 1;
  if (totals.visitors !== null) {
    return card("visitors", say("column.visitors"), say("about", { n: totals.visitors }),
      hint("visitors", say("visitors.question"), say("why.visitors", { k: policy.k })));
  }
  return card("visitors", say("column.visitors"), "–", small(say(summed ? "visitors.span" : "visitors.open")),
    hint("visitors", say("visitors.why"), summed ? [say("why.never-summed"), say("why.never-summed.instead")] : [say("why.visitors-open", { k: policy.k })]));
}

function releases(totals, view, policy) {
  const withheld = totals.hours_withheld;
  if (length(view.span) === 1) {
    return card("released", say("released.hours"), withheld === null ? "–" : count(withheld), small(say("released.withheld")),
      hint("released", say("released.why"), say("why.withheld", { k: policy.k }), say("why.withheld.more")));
  }
  return card("released", say("released.days"), say("released.of", { told: totals.days_told, days: totals.days }),
    withheld ? small(say("released.hours-withheld", { count: withheld })) : null,
    hint("released", say("released.why"), say("why.untold", { k: policy.k }), say("why.withheld.more")));
}

function apart({ opted_out: out, bots }, policy) {
  const of = (views, key) => small(make("strong", {}, views === null ? "–" : count(views)), " ", say(key));
  const notes = [of(out.views, "apart.opted-out"), of(bots.views, "apart.bots")];
  return make("div", { class: "panel figure", "data-figure": "apart" }, make("h3", {}, say("apart")), notes,
    hint("apart", say("apart.question"), say("why.apart", { k: policy.k })));
}
