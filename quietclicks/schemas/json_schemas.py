"""The wire contracts as JSON Schema (draft 2020-12), made from the structs and their wording.

It writes no file: what it makes stands in `quietclicks/schemas/json/`, and a test holds the two
together. The same structs give the same bytes.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
from msgspec import Struct

from quietclicks.schemas import examples
from quietclicks.schemas.pseudonymised import Pseudonymised
from quietclicks.schemas.raw import RawEvent, Tick
from quietclicks.schemas.rejection import Rejection
from quietclicks.schemas.summary import Summary
from quietclicks.schemas.trend import Trend, TrendKey
from quietclicks.schemas.wording import ENUMERATIONS, TREND_RULES, WORDINGS, Keywords

DIALECT = "https://json-schema.org/draft/2020-12/schema"

Schema = dict[str, Any]


def _as_it_is(schema: Schema) -> None:
    pass


class Contract(Struct, frozen=True):
    """One kind of record. `name` is its file's, and the end of its URN."""

    name: str
    struct: type[Struct]
    examples: Sequence[examples.Example]
    is_open: bool = False  # to fields that nobody listed, at every level
    refine: Callable[[Schema], None] = _as_it_is


def _only_some(schema: Schema) -> None:
    schema["title"] = "Partner's event"
    schema["description"] = (
        "What one partner gets of a page view, in `clickstream.partners.<name>`: those fields of "
        "a pseudonymised event that the policy lists for it, with pseudonyms that are its own."
    )
    del schema["required"]
    schema["minProperties"] = 1


def _named(schema: Schema) -> None:
    """Without its type a tick is no tick, though the struct has a default for it."""
    schema["required"] = ["type", "timestamp"]


def _all(schema: Schema) -> None:
    """Each field is written, null where there is nothing to say."""
    schema["required"] = list(schema["properties"])


def _ruled(schema: Schema) -> None:
    schema["allOf"] = TREND_RULES


CONTRACTS = (
    Contract("raw-event", RawEvent, examples.RAW_EVENTS, is_open=True),
    Contract("tick", Tick, examples.TICKS, refine=_named),
    Contract("pseudonymised-event", Pseudonymised, examples.PSEUDONYMISED),
    Contract("partner-event", Pseudonymised, examples.PARTNERS, refine=_only_some),
    Contract("trend-key", TrendKey, examples.TREND_KEYS, refine=_ruled),
    Contract("trend", Trend, examples.TRENDS, refine=_ruled),
    Contract("rejection", Rejection, examples.REJECTIONS),
    Contract("summary", Summary, examples.SUMMARIES, refine=_all),
)


def text_of(contract: Contract) -> str:
    """The file's text."""
    return json.dumps(schema_of(contract), ensure_ascii=False, indent=2) + "\n"


def schema_of(contract: Contract) -> Schema:
    """The schema. Raises `ValueError` where the wording and a struct have different fields."""
    _, found = msgspec.json.schema_components([contract.struct], ref_template="#/$defs/{name}")
    worded = {struct.__name__: wording for struct, wording in WORDINGS.items()}
    for name, component in found.items():
        if name in ENUMERATIONS:
            component["description"] = ENUMERATIONS[name]
            continue
        wording = worded[name]
        component.update(title=wording.title, description=wording.description)
        component["additionalProperties"] = contract.is_open
        _say(name, component["properties"], wording.fields)
    root = found.pop(contract.struct.__name__)
    contract.refine(root)
    schema = {"$schema": DIALECT, "$id": f"urn:quietclicks:{contract.name}", **root}
    if found:
        schema["$defs"] = found
    return {**schema, "examples": list(contract.examples)}


def _say(name: str, properties: Schema, fields: Mapping[str, Keywords]) -> None:
    if differing := properties.keys() ^ fields.keys():
        raise ValueError(f"schemas/wording.py: {name}: {', '.join(sorted(differing))}")
    for field, keywords in fields.items():
        place = properties[field]
        for keyword, value in keywords.items():
            # Besides null there is one type, the first: what bounds that one leaves null alone.
            bounded = place if keyword == "description" else place.get("anyOf", [place])[0]
            bounded[keyword] = value
