// Asks the server this page came from, and no other. What it knows already is not sent again.

const PATIENCE = 30_000;
const KEPT = 40; // answers

const known = new Map(); // address → its tag and the answer

export class Refused extends Error {}
export class Busy extends Error {}

export const address = (path, query) => `api/v1/${path}?${new URLSearchParams(query)}`;

// The same object as before, as long as nothing has changed. Throws `Refused` with the server's
// line, or `Busy` where it is worth to ask again.
export async function ask(path, query = {}) {
  const from = address(path, query);
  const before = known.get(from);
  const headers = before?.tag ? { "If-None-Match": before.tag } : {};
  const answer = await fetch(from, { headers, cache: "no-store", signal: AbortSignal.timeout(PATIENCE) });
  if (answer.status === 304 && before) return before.value;
  if (answer.status === 400 || answer.status === 404) throw new Refused((await answer.json()).error);
  if (answer.status === 503) throw new Busy();
  if (answer.status !== 200) throw new Error(`status ${answer.status}`);
  const value = await answer.json();
  known.delete(from);
  known.set(from, { tag: answer.headers.get("ETag"), value });
  if (known.size > KEPT) known.delete(known.keys().next().value);
  return value;
}
