"""The archive that is given out: everything found, with what explains it, file by file.

A part that is empty is there and says so, so that none is lost in silence. It writes no file.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec
from msgspec import Raw

from quietclicks.pipeline.policy import Policy, policy_hash
from quietclicks.pipeline.rights.report import report
from quietclicks.schemas import topics
from quietclicks.schemas.json_schemas import CONTRACTS, text_of
from quietclicks.schemas.rights import Answer, Part

MANIFEST = "manifest.json"
EVENTS = "events.ndjson"  # our analysts'
REPORT = "report.html"
_SCHEMAS = ("pseudonymised-event", "partner-event")


def archive(answer: Answer, parts: Iterable[Part], policy: Policy) -> dict[str, bytes]:
    """Name → bytes; the report, in plain words, goes with access alone."""
    found: defaultdict[str, list[Raw]] = defaultdict(list)
    for part in parts:
        found[part.topic] += part.records
    files = {}
    # What was found is given out, also where the policy now names that recipient no more.
    for topic in dict.fromkeys([*recipients(answer.site, policy), *sorted(found)]):
        files[_name(topic)] = b"".join(bytes(each) + b"\n" for each in found[topic])
    for contract in CONTRACTS:
        if contract.name in _SCHEMAS:
            files[f"schemas/{contract.name}.json"] = text_of(contract).encode()
    for day in answer.days:
        if day.receipt:
            files[f"receipts/{day.day}.tlog-proof"] = day.receipt.encode()
    if answer.verb == "access":
        events = list(_readable(found[topics.PSEUDONYMISED]))
        files[REPORT] = report(answer, events, policy).encode()
    return {MANIFEST: manifest(answer, files, policy), **files}


def _readable(records: Iterable[Raw]) -> Iterator[dict[str, Any]]:
    """What is none is in the file all the same."""
    for each in records:
        try:
            yield msgspec.json.decode(each, type=dict[str, Any])
        except (ValueError, RecursionError):
            continue


def recipients(site: str, policy: Policy) -> list[str]:
    """The topics in which a site's visits are."""
    theirs = sorted(name for name, rules in policy.partners.items() if site in rules.sites)
    return [topics.PSEUDONYMISED, *(topics.PARTNERS + name for name in theirs)]


def manifest(answer: Answer, files: Mapping[str, bytes], policy: Policy) -> bytes:
    """What is in the archive, and what could not be."""
    told: dict[str, Any] = {
        "request": answer.id,
        "verb": answer.verb,
        "site": answer.site,
        "answered": answer.at,
        "policy": {"revision": policy.revision, "hash": policy_hash(policy)},
        "days": [
            {
                "day": each.day,
                "state": each.state,
                "reason": each.reason,
                "deleted_before": each.since,
            }
            for each in answer.days
        ],
        "cannot_be_found_with": list(answer.unreached),
        "files": {name: _entry(name, data) for name, data in files.items()},
    }
    return msgspec.json.format(msgspec.json.encode(told), indent=2) + b"\n"


def _entry(name: str, data: bytes) -> dict[str, Any]:
    entry: dict[str, Any] = {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    if name.endswith(".ndjson"):
        kind = _SCHEMAS[name != EVENTS]
        entry |= {"records": data.count(b"\n"), "schema": f"urn:quietclicks:{kind}"}
    return entry


def _name(topic: str) -> str:
    partner = topics.partner_of(topic)
    return EVENTS if partner is None else f"partners/{partner}.ndjson"
