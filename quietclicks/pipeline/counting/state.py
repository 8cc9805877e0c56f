"""The state records in `internal.cells`: which kinds there are, and their format.

A key is one byte that tells the kind, and a name in msgpack. Every record is absolute; a tombstone
ends what its key named. What no kind here begins is none of ours.
"""

import msgspec

FORMAT = 4  # raised where one version could not read what another writes

TIME = b"t"  # () → the format, the watermark in ms, and up to which hour closed cells are handed on
DAY = b"d"  # (day) → its release parameters
JOURNAL = b"v"  # (day, offset) → the events that a day's contribution cap let in up to there
COUNTS = b"c"  # (site, hour, dimension, value) → views, and the visitors not in the sample's record
SAMPLE = b"s"  # the same name → a sample of its visitors

_day = msgspec.msgpack.Decoder(int)


def day_of(key: bytes) -> int | None:
    """The day (since 1970) that a key opens; `None`: it is of another kind."""
    return _day.decode(key[1:]) if key[:1] == DAY else None
