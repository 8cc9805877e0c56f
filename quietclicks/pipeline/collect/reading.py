"""A body or a query → the fields that are asked for, each at most once.

Nothing else of it is kept, and no error is told in the words of a library: they quote.
"""

import json
from collections.abc import Iterable
from typing import TypeVar
from urllib.parse import parse_qsl

import msgspec

from quietclicks.pipeline.collect.view import Hit

MAX_PARAMETERS = 256  # of a query; Matomo sends some forty

T = TypeVar("T")


def decoded(body: bytes, decoder: msgspec.json.Decoder[T]) -> T | None:
    """JSON in UTF-8; None where it is of another form, or has a name twice at any depth.

    Of two values one would be a refusal that nobody heard.
    """
    try:
        taken = decoder.decode(body)
        json.loads(body, object_pairs_hook=_without_repeats)
    except (ValueError, RecursionError):
        return None
    return taken


def parameters(query: str, names: Iterable[str]) -> dict[str, str] | None:
    """Those of the query that are named; None where one of them stands there twice, or too many."""
    try:
        pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=MAX_PARAMETERS)
    except ValueError:
        return None
    wanted = frozenset(names)
    found = [(name, value) for name, value in pairs if name in wanted]
    taken = dict(found)
    return taken if len(taken) == len(found) else None


def is_prerendering(hit: Hit) -> bool:
    """Whether the page that asked was made ahead, when it asked or, in Chromium, some time before.

    A tracker that waits until the page is seen sends this of a page that was.
    """
    return "prerender" in hit.headers.get("sec-purpose", "").lower()


def _without_repeats(pairs: list[tuple[str, object]]) -> None:
    if len({name for name, _ in pairs}) != len(pairs):
        raise ValueError
