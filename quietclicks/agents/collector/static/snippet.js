// Says that a page was seen: no cookie, no storage, no id. docs/snippet.md says what is sent when.
// This is the source; q.js, which the collector serves, is made of it: python -m tests.snippet
(script => {
  // Included twice it would count twice.
  if (history.quietclicks) return;
  history.quietclicks = 1;

  // Beside the script lies the collector, unless the page names one.
  const to = script.dataset.to || script.src.replace(/[^/]*$/, "collect");
  const push = history.pushState;
  let now, before, due, seen;

  // Sends what is due: once it was seen, and the page knows the visitor's choice or is left.
  const look = left => {
    let said;
    // A page that is made ahead, or opened in the background, is hidden.
    seen ||= !document.hidden;
    if (due && seen) {
      try {
        said = window.quietclicks ? quietclicks() : 1;
      } catch {}
      if (said || left == 1) {
        due = 0;
        fetch(to, {
          method: "POST",
          mode: "no-cors",
          keepalive: true,
          credentials: "include",
          body: JSON.stringify({
            url: now,
            referrer: before,
            ...said,
            // The browser's own word comes before: a page cannot take an objection back.
            gpc: navigator.globalPrivacyControl,
            dnt: navigator.doNotTrack
          })
        }).catch(() => {});
      }
    }
  };

  // A page is another URL, without what stands behind #, or one that came back as it was left.
  const page = event => {
    const url = location.href.split("#")[0];
    if (event?.persisted || url != now) {
      look(1);
      before = now || document.referrer;
      now = url;
      due = 1;
      seen = 0;
      look();
    }
  };

  history.pushState = (...given) => {
    push.apply(history, given);
    page();
  };
  addEventListener("quietclicks", look);
  addEventListener("visibilitychange", look);
  addEventListener("pagehide", () => look(1));
  addEventListener("pageshow", page);
  addEventListener("popstate", page);
  page();
})(document.currentScript);
