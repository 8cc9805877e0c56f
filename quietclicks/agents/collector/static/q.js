(script => {if (history.quietclicks) return;history.quietclicks = 1;const to = script.dataset.to || script.src.replace(/[^/]*$/, "collect");const push = history.pushState;let now, before, due, seen;const look = left => {let said;seen ||= !document.hidden;if (due && seen) {try {said = window.quietclicks ? quietclicks() : 1;} catch {}
if (said || left == 1) {due = 0;fetch(to, {method: "POST",mode: "no-cors",keepalive: true,credentials: "include",body: JSON.stringify({url: now,referrer: before,...said,gpc: navigator.globalPrivacyControl,dnt: navigator.doNotTrack
})
}).catch(() => {});}
}
};const page = event => {const url = location.href.split("#")[0];if (event?.persisted || url != now) {look(1);before = now || document.referrer;now = url;due = 1;seen = 0;look();}
};history.pushState = (...given) => {push.apply(history, given);page();};addEventListener("quietclicks", look);addEventListener("visibilitychange", look);addEventListener("pagehide", () => look(1));addEventListener("pageshow", page);addEventListener("popstate", page);page();})(document.currentScript);