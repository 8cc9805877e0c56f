"""The example for partners obeys notices, whichever comes first, and however often it is killed."""

import ast
import itertools
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.partner_tools import partner_copy
from tests.paths import ROOT
from tests.pipeline_tools import Rec

MODULE = partner_copy()
EVENTS, NOTICES = "clickstream.partners.ads", "clickstream.partners.ads.notices"
KEYS = [b"p:1", b"p:2", b"p:3"]
EVENT = {key: json.dumps({"page": key.decode()}).encode() for key in KEYS}
ERASED = b'{"reason":"erased","day":"2026-09-22"}'
RIGHT = b'{"reason":"corrected","day":"2026-09-22","event":{"page":"right"}}'


@pytest.fixture
def copy(tmp_path: Path) -> Iterator[Any]:
    made = MODULE.Copy(str(tmp_path / "copy"), "ads")
    yield made
    made.close()


def pages(copy: Any) -> list[str]:
    return [each["page"] for each in copy.all()]


def feed(copy: Any, steps: list[tuple[str, bytes, bytes | None]]) -> None:
    for topic, key, value in steps:
        copy.take(topic, 0, [Rec(copy.next(topic, 0), 0, key, value)])


def test_events_and_notices_in_any_order(tmp_path: Path) -> None:
    """Within a topic there is an order; between the two there is none."""
    events = [(EVENTS, key, EVENT[key]) for key in KEYS]
    notices = [(NOTICES, KEYS[0], ERASED), (NOTICES, KEYS[1], RIGHT)]
    for number, places in enumerate(itertools.combinations(range(5), 2)):
        steps: list[tuple[str, bytes, bytes | None]] = []
        waiting = iter(events)
        for place in range(5):
            steps.append(notices[places.index(place)] if place in places else next(waiting))
        made = MODULE.Copy(str(tmp_path / str(number)), "ads")
        feed(made, steps)
        assert pages(made) == ["right", "p:3"]
        made.close()


def test_what_was_erased_does_not_come_back(copy: Any) -> None:
    feed(copy, [(EVENTS, KEYS[0], EVENT[KEYS[0]]), (NOTICES, KEYS[0], ERASED)])
    feed(copy, [(EVENTS, KEYS[0], EVENT[KEYS[0]])])
    assert pages(copy) == []


def test_nudges_and_ends_of_notices_delete_nothing(copy: Any) -> None:
    feed(copy, [(EVENTS, KEYS[0], EVENT[KEYS[0]]), (NOTICES, b"nudge", None)])
    copy.take(EVENTS, 0, [Rec(1, 0, None, None)])
    assert pages(copy) == ["p:1"]
    assert copy.next(EVENTS, 0) == 2


def test_what_was_here_for_long_enough_goes(copy: Any) -> None:
    feed(copy, [(EVENTS, KEYS[0], EVENT[KEYS[0]])])
    copy.expire(86_400_000)
    assert pages(copy) == ["p:1"]
    copy.expire(86_400_001)
    assert pages(copy) == []


def test_a_batch_that_fails_leaves_nothing(copy: Any) -> None:
    good, bad = Rec(0, 0, KEYS[0], EVENT[KEYS[0]]), Rec(1, 0, KEYS[1], b"\xff")
    with pytest.raises(UnicodeDecodeError):
        copy.take(EVENTS, 0, [good, bad])
    assert (pages(copy), copy.next(EVENTS, 0)) == ([], 0)


def test_nothing_of_what_is_erased_stays_in_the_file(copy: Any, tmp_path: Path) -> None:
    feed(copy, [(EVENTS, KEYS[0], b'{"page":"/a-page-of-theirs"}')])
    assert b"a-page-of-theirs" in (tmp_path / "copy").read_bytes()
    feed(copy, [(NOTICES, KEYS[0], ERASED)])
    assert b"a-page-of-theirs" not in (tmp_path / "copy").read_bytes()


def test_it_needs_nothing_of_ours() -> None:
    tree = ast.parse((ROOT / "deploy" / "partner_copy.py").read_text("utf-8"))
    found = {
        name.partition(".")[0]
        for node in ast.walk(tree)
        for name in (
            [each.name for each in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    assert found - sys.stdlib_module_names == {"aiokafka"}
