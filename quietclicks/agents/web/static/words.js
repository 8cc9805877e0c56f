// What the page says, in the language chosen: texts from that language's one file, numbers and
// dates as people who speak it write them. All times are UTC.

export const TONGUES = { en: "English", de: "Deutsch" };

let texts = {};
let plural, number, compact, percent, change, formats;

// By the address, else by the browser, else English.
export function tongueOf(wanted) {
  if (Object.hasOwn(TONGUES, wanted ?? "")) return wanted;
  const spoken = navigator.languages.map((each) => each.split("-")[0]);
  return spoken.find((each) => Object.hasOwn(TONGUES, each)) ?? "en";
}

export async function speak(tongue) {
  const answer = await fetch(`page/${tongue}.json`);
  if (!answer.ok) throw new Error(`texts: status ${answer.status}`);
  texts = await answer.json();
  const locale = navigator.languages.find((each) => each.split("-")[0] === tongue) ?? tongue;
  plural = new Intl.PluralRules(locale);
  number = new Intl.NumberFormat(locale);
  compact = new Intl.NumberFormat(locale, { notation: "compact", maximumFractionDigits: 1 });
  percent = new Intl.NumberFormat(locale, { style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 1 });
  change = new Intl.NumberFormat(locale, { style: "percent", maximumFractionDigits: 0 });
  const dated = (options) => new Intl.DateTimeFormat(locale, { timeZone: "UTC", ...options });
  formats = {
    day: dated({ weekday: "long", day: "numeric", month: "long", year: "numeric" }),
    date: dated({ day: "numeric", month: "short", year: "numeric" }),
    tick: dated({ day: "numeric", month: "short" }),
    month: dated({ month: "long", year: "numeric" }),
    "month-tick": dated({ month: "short" }),
    year: dated({ year: "numeric" }),
    hour: dated({ hour: "2-digit", minute: "2-digit", hourCycle: "h23" }),
    moment: dated({ dateStyle: "medium", timeStyle: "short" }),
    clock: new Intl.DateTimeFormat(locale, { timeStyle: "medium" }),
    languages: new Intl.DisplayNames(locale, { type: "language", fallback: "code" }),
    countries: new Intl.DisplayNames(locale, { type: "region", fallback: "code" }),
  };
  document.documentElement.lang = tongue;
}

// The text of a key. `{name}` is put in, a number as such; `count` chooses between one and many.
export function say(key, values = {}) {
  const chosen = `${key}.${plural.select(Math.abs(values.count ?? 0))}`;
  const text = texts["count" in values && has(chosen) ? chosen : key] ?? key;
  return text.replace(/\{(\w+)\}/g, (all, name) => {
    const value = values[name];
    return typeof value === "number" ? number.format(value) : value ?? all;
  });
}

export const has = (key) => Object.hasOwn(texts, key);
export const count = (value) => number.format(value);
export const short = (value) => compact.format(value);
export const share = (value) => percent.format(value);
export const changed = (value) => change.format(value);
export const clock = (moment) => formats.clock.format(moment);

// A day "2026-11-21" or a moment "2026-11-21T09:00:00Z", as one of the formats above has it.
export function when(text, format) {
  return formats[format].format(new Date(text.length === 10 ? `${text}T00:00:00Z` : text));
}

export function range(from, to) {
  return formats.date.formatRange(new Date(`${from}T00:00:00Z`), new Date(`${to}T00:00:00Z`));
}

export const languageName = (code) => named(formats.languages, code);
export const countryName = (code) => named(formats.countries, code);

function named(names, code) {
  try {
    return names.of(code);
  } catch {
    return code; // none that a browser knows
  }
}
