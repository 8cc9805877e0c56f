// The demo shop's own script: the visitor's choice, for this tab alone, and the demo's clock.
"use strict";

const AGREED = "agreed";
let choice = null; // of this tab: kept in no storage but the tab's own

try {
  choice = sessionStorage.getItem(AGREED);
} catch {
  // Storage is blocked: then the question comes on each page.
}

// The snippet asks this at each view, and holds it back until there is an answer.
window.quietclicks = () => choice && { consent: { analytics: choice === "yes" } };

const time = (seconds) => new Date(seconds * 1000).toISOString().slice(11, 16);

function choose(answer) {
  choice = answer;
  try {
    sessionStorage.setItem(AGREED, answer);
  } catch {
    // As above.
  }
  show();
  dispatchEvent(new Event("quietclicks"));
}

function show() {
  // Whether this browser opted out no script can see: that cookie is the collector's alone.
  const said = document.getElementById("choice-said");
  if (choice === "yes") said.textContent = "You said yes: your visits are counted, unless you opted out.";
  if (choice === "no") said.textContent = "You said no: your visits are not counted.";
}

function tell(clock, opened) {
  document.getElementById("clock").textContent = `${time(clock.now)} (UTC)`;
  const closes = (Math.floor(opened / 3600) + 1) * 3600 + clock.lateness;
  // What is yet to come takes its time, however fast the clock is.
  const left = Math.ceil(Math.max((closes - clock.now) / clock.speed, closes - clock.present));
  document.getElementById("closes").textContent =
    left > 0
      ? `You came at ${time(opened)}. That hour is told from ${time(closes)} on, in ${left} s.`
      : `You came at ${time(opened)}, and that hour is closed.`;
}

async function start() {
  show();
  document.getElementById("agree").addEventListener("click", () => choose("yes"));
  document.getElementById("refuse").addEventListener("click", () => choose("no"));
  let opened = null;
  const look = async () => {
    const clock = await (await fetch("/demo/clock")).json();
    opened ??= clock.now;
    tell(clock, opened);
  };
  await look();
  setInterval(look, 1000);
}

document.addEventListener("DOMContentLoaded", start);
