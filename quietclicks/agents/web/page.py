"""The live page's files as answers to web requests. It knows no web server and no Kafka.

The page asks nobody but the server it came from, and its headers make the browser see to that.
"""

from collections.abc import Mapping
from hashlib import blake2b
from importlib.resources import files
from pathlib import PurePath

from quietclicks.agents.web.exchange import Answer

_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
}
_PARTS = """icon.svg look.css parts.css en.json de.json
address.js ask.js axis.js chart.js controls.js figures.js lists.js main.js make.js privacy.js
rows.js series.js span.js values.js whole.js words.js"""
FILES: Mapping[str, tuple[str, str]] = {
    path: (name, _TYPES[PurePath(name).suffix])
    for path, name in {
        "/": "dashboard.html",
        **{f"/page/{part}": part for part in _PARTS.split()},
    }.items()
}
"""Path → the file in `static/` and its type."""


class WebPage:
    """Answers for the page's files, read once."""

    def __init__(self) -> None:
        folder = files("quietclicks.agents.web") / "static"
        self._files = {
            path: (kind, (folder / name).read_bytes()) for path, (name, kind) in FILES.items()
        }

    def file(self, path: str, if_none_match: str | None = None) -> Answer:
        """One of `FILES`. Raises `KeyError` for any other path."""
        kind, body = self._files[path]
        etag = f'W/"{blake2b(body, digest_size=12).hexdigest()}"'
        # "no-cache" means: keep it, and ask each time whether it still holds.
        headers = {"ETag": etag, "Cache-Control": "no-cache"}
        if if_none_match == etag:
            return Answer(304, headers, b"")
        return Answer(200, {**headers, "Content-Type": kind}, body)
