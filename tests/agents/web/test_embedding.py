"""Who may show the page in a frame: nobody, unless the operator names them."""

from collections.abc import Collection
from pathlib import Path

import pytest

from quietclicks.agents.settings import Settings, embedding_names, load
from quietclicks.agents.web.dashboard import answering
from quietclicks.agents.web.exchange import CSP, SECURITY_HEADERS, Answer, Request, encoded
from quietclicks.errors import UsageError
from quietclicks.pipeline.policy import parse
from tests.dashboard_tools import POLICY, closing, filled
from tests.rows import each_row


def framers(folder: Path, embedding: Collection[str]) -> str:
    """What the page's own policy says of frames, on the wire."""
    with (
        closing(filled(folder, {})) as store,
        answering(store, parse(POLICY, "policy"), embedding=embedding) as answer,
    ):
        given = answer(Request("GET", "/", {}, {}))
        assert isinstance(given, Answer)
    head = encoded(given).partition(b"\r\n\r\n")[0].decode()
    [line] = [line for line in head.splitlines() if line.startswith(f"{CSP}: ")]
    *rest, last = line.removeprefix(f"{CSP}: ").split("; ")
    assert rest == SECURITY_HEADERS[CSP].split("; ")[:-1], "all else stays as it is"
    return last


def test_nobody_may_unless_they_are_named(tmp_path: Path) -> None:
    assert framers(tmp_path, ()) == "frame-ancestors 'none'"
    named = embedding_names(Settings(dashboard_embed="intranet.example, b.example"))
    assert framers(tmp_path, named) == "frame-ancestors intranet.example:* b.example:*"


@each_row("text", ["*", "a.example; script-src *", "https://a.example", "'self'", "a b"])
def test_only_names_are_taken(text: str) -> None:
    with pytest.raises(UsageError, match="dashboard_embed"):
        load({"QUIETCLICKS_DASHBOARD_EMBED": text}, None)
