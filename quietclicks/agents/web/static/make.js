// Makes elements. Text is set as text and never as markup: values come from strangers.

// `children`: elements or texts; an attribute that is null, undefined or false is left out.
export function make(name, attributes = {}, ...children) {
  return filled(document.createElement(name), attributes, children);
}

const SVG = "http://www.w3.org/2000/svg";

export function drawn(name, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, name), attributes, children);
}

function filled(made, attributes, children) {
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined && value !== false) made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children.flat().filter((each) => each !== null && each !== undefined));
  return made;
}

export const byId = (id) => document.getElementById(id);

export function fill(target, text) {
  if (target.textContent !== text) target.textContent = text;
}

// Text that only a screen reader says.
export const unseen = (text) => make("span", { class: "unseen" }, text);

// An explanation where it is asked for: closed until someone opens it, by whatever means.
export function hint(key, question, ...paragraphs) {
  const summary = make("summary", { "data-keep": `hint-${key}` }, question);
  const text = paragraphs.flat().filter(Boolean).map((each) => make("p", {}, each));
  return make("details", { class: "hint", "data-open": key }, summary, ...text);
}

// New children in place of the old ones: what was open stays open, and the focus where it was.
export function replace(target, ...children) {
  const open = new Set([...target.querySelectorAll("details[open][data-open]")].map((each) => each.dataset.open));
  const held = target.contains(document.activeElement) ? document.activeElement.dataset.keep : null;
  target.replaceChildren(...children.flat().filter((each) => each !== null && each !== undefined));
  for (const each of target.querySelectorAll("details[data-open]")) each.open = open.has(each.dataset.open);
  if (held) [...target.querySelectorAll("[data-keep]")].find((each) => each.dataset.keep === held)?.focus();
}
