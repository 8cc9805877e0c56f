// Draws a series: bars for views, a line for visitors, a mark for the span before. Sets attributes
// and text, never markup. The table beside it has every number.

import { ceiling, every } from "./axis.js";
import { drawn } from "./make.js";
import { short } from "./words.js";

const LEFT = 48;
const RIGHT = 20; // half of the last name
const TOP = 12;

// `name(point)` is what stands under it. The height is told by CSS, so that nothing moves later.
export function draw(points, before, width, height, name) {
  const bottom = height - 24;
  const all = [...points, ...(before ?? [])];
  const top = ceiling(Math.max(0, ...all.map((point) => point.views ?? 0), ...points.map((point) => point.visitors ?? 0)));
  const slot = (width - LEFT - RIGHT) / points.length;
  const y = (value) => bottom - (value / top) * (bottom - TOP);
  const x = (index) => LEFT + (index + 0.5) * slot;

  const svg = drawn("svg", { viewBox: `0 0 ${width} ${height}`, width, height, "aria-hidden": "true" });
  for (let line = 0; line <= 4; line += 1) {
    const value = (top / 4) * line;
    svg.append(drawn("line", { class: "grid", x1: LEFT, x2: width - RIGHT, y1: y(value), y2: y(value) }),
      drawn("text", { x: LEFT - 8, y: y(value) + 4, "text-anchor": "end" }, short(value)));
  }
  const step = every(points.length, width - LEFT - RIGHT, 64);
  points.forEach((point, index) => {
    svg.append(column(point, before?.[index], { x: x(index), slot, y, bottom }));
    if (index % step === 0) svg.append(drawn("text", { x: x(index), y: height - 6, "text-anchor": "middle" }, name(point)));
  });
  svg.append(...line(points, x, y));
  return svg;
}

function column(point, then, { x, slot, y, bottom }) {
  const made = drawn("g", { class: `column ${point.state}` });
  made.append(drawn("rect", { class: "reach", x: x - slot / 2, y: 0, width: slot, height: bottom }));
  const wide = Math.max(slot * 0.66, 1);
  if (point.views !== null) {
    const high = Math.max(bottom - y(point.views), 1.5);
    made.append(drawn("rect", { class: "views", x: x - wide / 2, y: bottom - high, width: wide, height: high, rx: Math.min(3, high / 2, wide / 4) }));
  } else if (point.state === "nothing") {
    made.append(drawn("line", { class: "nothing", x1: x - slot * 0.3, x2: x + slot * 0.3, y1: bottom - 4, y2: bottom - 4 }));
  }
  if (then?.views) made.append(drawn("line", { class: "before", x1: x - slot * 0.42, x2: x + slot * 0.42, y1: y(then.views), y2: y(then.views) }));
  return made;
}

// Broken where nothing is told: no line is drawn through a number that nobody released.
function line(points, x, y) {
  const dots = [];
  let path = "";
  points.forEach((point, index) => {
    if (point.visitors === null) return;
    const joins = index > 0 && points[index - 1].visitors !== null;
    path += `${joins ? "L" : "M"}${x(index).toFixed(1)} ${y(point.visitors).toFixed(1)}`;
    if (points.length < 60) dots.push(drawn("circle", { class: "visitor-dot", cx: x(index), cy: y(point.visitors), r: 3.5 }));
  });
  return path ? [drawn("path", { class: "visitors", d: path }), ...dots] : [];
}
