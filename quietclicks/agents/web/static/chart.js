// Draws a day's hours: bars for views, a line for visitors. Sets attributes and text, never markup.

const SVG = "http://www.w3.org/2000/svg";
const numbers = new Intl.NumberFormat("en");

function element(name, attributes, text) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (text !== undefined) made.textContent = text;
  return made;
}

// The smallest round number that four equal steps reach.
function ceiling(most) {
  const step = Math.max(most, 4) / 4;
  const power = 10 ** Math.floor(Math.log10(step));
  const round = [1, 2, 2.5, 5, 10].find((each) => each * power >= step);
  return Math.ceil(round * power) * 4;
}

export function describe(hour) {
  const at = hour.start.slice(11, 16);
  if (hour.state === "open") return `${at}: not released yet`;
  if (hour.state === "nothing") return `${at}: nothing released`;
  return `${at}: ${numbers.format(hour.views)} page views, about ${numbers.format(hour.visitors)} visitors`;
}

function summary(hours) {
  const released = hours.filter((hour) => hour.state === "released");
  if (!released.length) return "No hour of this day is released.";
  const top = released.reduce((a, b) => (b.views > a.views ? b : a));
  return `Bar chart of page views by hour: ${released.length} hours released, most at ${top.start.slice(11, 16)} UTC with ${numbers.format(top.views)}. The table below has all numbers.`;
}

export function draw(hours, width) {
  const height = width < 560 ? 200 : 240;
  const left = 48;
  const bottom = height - 24;
  const top = ceiling(Math.max(...hours.map((hour) => hour.views ?? 0)));
  const slot = (width - left) / hours.length;
  const y = (value) => bottom - (value / top) * (bottom - 12);
  const middle = (index) => left + (index + 0.5) * slot;

  const svg = element("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": summary(hours) });
  for (let line = 0; line <= 4; line += 1) {
    const value = (top / 4) * line;
    svg.append(
      element("line", { class: "grid", x1: left, x2: width, y1: y(value), y2: y(value) }),
      element("text", { x: left - 8, y: y(value) + 4, "text-anchor": "end" }, numbers.format(value)),
    );
  }
  const every = width < 560 ? 6 : width < 900 ? 3 : 2;
  hours.forEach((hour, index) => {
    const column = element("g", { class: "column" });
    column.append(element("title", {}, describe(hour)));
    column.append(element("rect", { class: "reach", x: left + index * slot, y: 0, width: slot, height: bottom }));
    if (hour.state === "released") {
      const bar = slot * 0.66;
      const high = Math.max(bottom - y(hour.views), 1.5);
      column.append(element("rect", { class: "views", x: middle(index) - bar / 2, y: bottom - high, width: bar, height: high, rx: Math.min(3, high / 2) }));
    } else if (hour.state === "nothing") {
      column.append(element("line", { class: "nothing", x1: middle(index) - slot * 0.3, x2: middle(index) + slot * 0.3, y1: bottom - 4, y2: bottom - 4 }));
    }
    svg.append(column);
    if (index % every === 0) {
      svg.append(element("text", { x: middle(index), y: height - 6, "text-anchor": "middle" }, hour.start.slice(11, 16)));
    }
  });
  svg.append(...visitorLine(hours, middle, y));
  return svg;
}

// Broken where no hour is released: nothing is drawn that was not.
function visitorLine(hours, middle, y) {
  const parts = [];
  let path = "";
  hours.forEach((hour, index) => {
    if (hour.visitors === null) {
      path += " ";
      return;
    }
    const joins = index > 0 && hours[index - 1].visitors !== null;
    path += `${joins ? "L" : "M"}${middle(index).toFixed(1)} ${y(hour.visitors).toFixed(1)}`;
    parts.push(element("circle", { class: "visitor-dot", cx: middle(index), cy: y(hour.visitors), r: 3.5 }));
  });
  return path.trim() ? [element("path", { class: "visitors", d: path.trim() }), ...parts] : [];
}
