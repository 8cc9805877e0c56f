// Spans of whole UTC days, both ends included, and steps from one to the next. It knows no page.

export const PERIODS = ["day", "week", "month", "year", "own"];

const DAY = 86_400_000;
const HOURS_FOR = 7; // days that are still told by the hour
const DAYS_FOR = 400; // and by the day: more points than that nobody can tell apart

const date = (text) => new Date(`${text}T00:00:00Z`);
const text = (moment) => moment.toISOString().slice(0, 10);
const utc = (year, month, day) => text(new Date(Date.UTC(year, month, day)));

export function isDay(value) {
  if (!/^\d{4}-\d\d-\d\d$/.test(value ?? "")) return false;
  const found = date(value);
  return !Number.isNaN(found.getTime()) && text(found) === value;
}

export const plus = (day, days) => text(new Date(date(day).getTime() + days * DAY));
export const length = (span) => (date(span.to) - date(span.from)) / DAY + 1;

// The span of a kind that a day lies in; an own one from its two ends, whichever comes first.
export function spanOf({ period, day, from, to }) {
  const at = date(day);
  const [year, month] = [at.getUTCFullYear(), at.getUTCMonth()];
  if (period === "own") {
    const ends = [isDay(from) ? from : day, isDay(to) ? to : day].sort();
    return { period, from: ends[0], to: ends[1] };
  }
  if (period === "week") {
    const monday = plus(day, -((at.getUTCDay() + 6) % 7));
    return { period, from: monday, to: plus(monday, 6) };
  }
  if (period === "month") return { period, from: utc(year, month, 1), to: utc(year, month + 1, 0) };
  if (period === "year") return { period, from: utc(year, 0, 1), to: utc(year, 11, 31) };
  return { period: "day", from: day, to: day };
}

// The one before (-1) or after (1) it: of the same kind, or of the same length.
export function next(span, step) {
  if (span.period === "own") {
    const days = length(span) * step;
    return { period: "own", from: plus(span.from, days), to: plus(span.to, days) };
  }
  return spanOf({ period: span.period, day: step < 0 ? plus(span.from, -1) : plus(span.to, 1) });
}

// By what the span can be told, the usual one first.
export function steps(span) {
  const days = length(span);
  if (days === 1) return ["hour"];
  const months = span.from.slice(0, 7) !== span.to.slice(0, 7);
  if (days > DAYS_FOR) return ["month"];
  if (days > 92) return ["month", "day"];
  return ["day", ...(days <= HOURS_FOR ? ["hour"] : []), ...(months && days > 31 ? ["month"] : [])];
}
