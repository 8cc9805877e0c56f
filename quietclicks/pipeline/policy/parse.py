"""The one policy file: text in, a typed, frozen and checked value out.

`parse` takes the file's text; reading the file is the shell's business. A value made by hand is
not checked: only what `parse` returns has passed `policy_check`.
"""

import hashlib
import re
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from quietclicks.errors import UsageError
from quietclicks.pipeline.policy import units as policy_units
from quietclicks.pipeline.policy.check import check
from quietclicks.pipeline.policy.model import (
    JurisdictionPolicy,
    PartnerPolicy,
    Policy,
    SitePolicy,
)
from quietclicks.pipeline.policy.toml import read_toml

MAX_PROBLEM = 400  # characters of a message: a line that is still read
T = TypeVar("T")


def parse(text: str, name: str) -> Policy:
    """TOML text → checked policy. `name` is the file's, for the error. Raises `UsageError`."""
    try:
        data = read_toml(text)
    except ValueError as error:
        raise _error(name, f"not TOML: {error}") from None
    for table, entry in _NAMED.items():
        entries = data.get(table, {})
        for key, value in entries.items() if isinstance(entries, dict) else ():
            _convert(value, entry, name, f'{table}."{key}"' if "." in key else f"{table}.{key}")
    policy = _convert(data, Policy, name, "")
    problem = check(policy, data)
    if problem:
        raise _error(name, problem)
    return policy


def policy_hash(policy: Struct) -> str:
    """The same for policies (or parts of one) that say the same, in whatever order: 32 hex."""
    canonical = msgspec.json.encode(policy, enc_hook=policy_units.encode, order="deterministic")
    return hashlib.blake2b(canonical, digest_size=16).hexdigest()


# Converted one by one first: msgspec names the field at fault, but not the entry of a mapping.
_NAMED: dict[str, Any] = {
    "sources": str,
    "sites": SitePolicy,
    "partners": PartnerPolicy,
    "jurisdictions": JurisdictionPolicy,
}
_AT = re.compile(r"(.*?)(?: - at `(key` in `)?\$\.?(.*)`)?", re.DOTALL)
_REASONS = (  # msgspec's words → ours, and the key they belong to
    (re.compile(r"Object contains unknown field `(.*)`", re.DOTALL), "unknown key"),
    (re.compile(r"Object missing required field `(.*)`"), "missing"),
)
_TYPES = {
    "object": "table",
    "array": "list",
    "str": "text",
    "int": "whole number",
    "bool": "true or false",
}


def _convert(value: Any, wanted: type[T], name: str, prefix: str) -> T:
    try:
        return msgspec.convert(value, wanted, dec_hook=policy_units.decode)
    except msgspec.ValidationError as error:
        match = _AT.fullmatch(str(error))
        reason, path = (match[1], match[3] or "") if match else (str(error), "")
        last = ""
        for pattern, ours in _REASONS:
            if found := pattern.fullmatch(reason):
                reason, last = ours, found[1]
        reason = re.sub(r"`(\w+)`", lambda m: _TYPES.get(m[1], m[1]), reason)
        reason = reason[:1].lower() + reason[1:]
        key = ".".join(part for part in (prefix, path, last) if part)
        raise _error(name, f"{key}: {reason}" if key else reason) from None


def _error(name: str, problem: str) -> UsageError:
    """One line, whatever a key of the file holds."""
    if len(problem) > MAX_PROBLEM:
        problem = problem[: MAX_PROBLEM - 1] + "…"
    line = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in problem)
    return UsageError(f"{name}: {line}")
