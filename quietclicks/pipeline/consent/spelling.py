"""How senders spell the names of a visitor's signals: ours, and any other, which is not read.

It looks at names alone, and keeps none.
"""

from collections.abc import Iterable, Set

import msgspec

# Names of signals without case and signs, as collectors spell them: dropped as unlisted, they would
# be an objection, or a choice, that nobody heard.
_SIGNALS = frozenset("consent dnt donottrack globalprivacycontrol gpc secgpc tcf tcstring".split())
_OURS = frozenset({"consent", "dnt", "gpc", "tcf"})
_CHOICES = frozenset({"analytics", "partners"})

_MAX_FIELDS = 256  # that are looked at; collectors send some dozens
_MAX_NAME = 64  # characters; longer is no spelling of a signal

_fields = msgspec.json.Decoder(dict[str, msgspec.Raw])


def is_unclear(value: bytes) -> bool:
    """Whether a field's name is that of a signal in another spelling, of an event or its consent.

    Of an object in JSON that was decoded before.
    """
    fields = _fields.decode(value)
    if len(fields) > _MAX_FIELDS:
        return True
    chosen = fields.get("consent", b"null")
    return _is_spelt_otherwise(fields, _SIGNALS, _OURS) or (
        bytes(chosen) != b"null" and _is_spelt_otherwise(_fields.decode(chosen), _CHOICES, _CHOICES)
    )


def _is_spelt_otherwise(names: Iterable[str], known: Set[str], ours: Set[str]) -> bool:
    return any(
        "".join(filter(str.isalnum, name.casefold())) in known
        for name in names
        if name not in ours and len(name) <= _MAX_NAME
    )
