"""Verifies an exported audit log. Python 3.10 or later, nothing to install, no network.

    python3 verify.py [FOLDER] --key KEY [--key KEY ...] --anchor FILE [--anchor FILE ...]

KEY is a verifier key as the public statement has it, not as the folder says; FILE holds checkpoints
that somebody kept elsewhere. Exit status: 0 if everything holds, 1 if something is broken, 2 if
nothing is and not everything could be shown, or the folder cannot be read.
"""

import argparse
import base64
import json
import re
import sys
from datetime import datetime, timedelta
from hashlib import sha256, sha512
from pathlib import Path
from typing import Any

HOLDS, UNKNOWN, BROKEN = "holds", "not shown", "BROKEN"
DAY, read_time = timedelta(days=1), datetime.fromisoformat  # of a text without its Z: it is UTC
STEPS = ["key-made", "key-due", "key-cut", "key-tombstoned", "key-absent", "key-destroyed"]
KINDS = "policy keys-rewrapped window withheld drift audit workers request refusal".split() + STEPS
FIELDS = {"i", "prev", "time", "version", "kind", "body"}
FAULTS = (ValueError, KeyError, TypeError, RecursionError, OverflowError)

Point = tuple[int, int, int, int]  # X, Y, Z, T with x = X/Z, y = Y/Z, xy = T/Z
Keys = dict[tuple[str, bytes], bytes]  # name and id → public key
Opened = tuple[str, int, bytes] | str  # a checkpoint's log, size and root; or UNKNOWN, or BROKEN
Notes = list[tuple[str, Opened]]
Finding = tuple[str, str, int | None]  # a verdict, in words, and the entry where it breaks

P, L = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493  # Ed25519: RFC 8032, 5.1
D, ROOT = -121665 * pow(121666, P - 2, P) % P, pow(2, (P - 1) // 4, P)


def plus(one: Point, two: Point) -> Point:
    a, b = (one[1] - one[0]) * (two[1] - two[0]) % P, (one[1] + one[0]) * (two[1] + two[0]) % P
    c, d = 2 * D * one[3] * two[3] % P, 2 * one[2] * two[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def times(number: int, point: Point) -> Point:
    if not number:
        return 0, 1, 1, 0
    doubled = times(number >> 1, plus(point, point))
    return plus(doubled, point) if number & 1 else doubled


def point_of(data: bytes) -> Point:
    y, odd = int.from_bytes(data, "little") & 2**255 - 1, data[31] >> 7
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    x = x if x * x % P == square else x * ROOT % P
    if y >= P or x * x % P != square:
        raise ValueError("no point of the curve")
    x = x if x & 1 == odd else P - x
    return x, y, 1, x * y % P


BASE = point_of((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))


def has_signed(public: bytes, text: bytes, signature: bytes) -> bool:
    (x, y, _, xy), s = point_of(public), int.from_bytes(signature[32:], "little")
    digest = sha512(signature[:32] + public + text).digest()
    minus = times(int.from_bytes(digest, "little") % L, (P - x, y, 1, P - xy))
    x, y, z, _ = plus(times(s, BASE), minus)
    z = pow(z, P - 2, P)
    point = (y * z % P | (x * z % P & 1) << 255).to_bytes(32, "little")
    return point == signature[:32] and len(signature) == 64 and s < L


def roots_of(entries: list[bytes], sizes: set[int]) -> dict[int, bytes]:  # Merkle's: RFC 6962
    stack, roots = list[bytes](), dict[int, bytes]()  # complete subtrees; size → root
    for number, entry in enumerate(entries):
        joined, bits = sha256(b"\0" + entry).digest(), number
        while bits & 1:
            joined, bits = sha256(b"\1" + stack.pop() + joined).digest(), bits >> 1
        stack.append(joined)
        if number + 1 in sizes:
            for left in reversed(stack[:-1]):
                joined = sha256(b"\1" + left + joined).digest()
            roots[number + 1] = joined
    return roots


def included(entry: bytes, index: int, size: int, proof: list[bytes]) -> bytes:
    sides, root = [], sha256(b"\0" + entry).digest()
    while size > 1:
        left = 1 << (size - 1).bit_length() - 1
        sides.append(index >= left)
        index, size = (index - left, size - left) if index >= left else (index, left)
    for right, sibling in zip(reversed(sides), proof, strict=True):
        root = sha256(b"\1" + (sibling + root if right else root + sibling)).digest()
    return root if index == 0 else b""


def unbase64(text: str) -> bytes:
    data = base64.b64decode(text.encode(), validate=True)
    if not data or base64.b64encode(data).decode() != text:
        raise ValueError("no base64")
    return data


def key_of(text: str) -> tuple[tuple[str, bytes], bytes]:
    name, key_id, rest = text.split("+", 2)
    data = unbase64(rest)
    fits = len(data) == 33 and sha256(name.encode() + b"\n" + data).hexdigest()[:8] == key_id
    if not fits or name.split() != [name] or data[0] != 1 or not point_of(data[1:]):
        raise ValueError("no verifier key")
    return (name, bytes.fromhex(key_id)), data[1:]


def opened(note: bytes, keys: Keys) -> Opened:
    """A checkpoint that the log itself has signed; signatures of unknown keys are ignored."""
    try:
        whole, names = note.decode() if len(note) <= 2**16 else "", set()
        text, _, signatures = whole.rpartition("\n\n")
        if signatures[-1:] != "\n" or re.search(r"[\x00-\x09\x0b-\x1f]", whole):
            return BROKEN
        for line in signatures[:-1].split("\n"):
            dash, name, signature = line.split(" ")
            data = unbase64(signature)
            public = keys.get((name, data[:4]))
            fits = not public or has_signed(public, (text + "\n").encode(), data[4:])
            if not fits or dash != "—" or not re.fullmatch(r"[^\s+]+", name) or len(data) < 5:
                return BROKEN
            names |= {name} if public else set()
        if not names:
            return UNKNOWN
        origin, size, root = text.split("\n")
        if not re.fullmatch("[1-9][0-9]{0,18}", size) or len(unbase64(root)) != 32:
            return BROKEN
        return (origin, int(size), unbase64(root)) if origin in names else UNKNOWN
    except ValueError:
        return BROKEN


def notes_in(file: bytes) -> list[bytes]:
    blocks = file.split(b"\n\n") if file else []
    notes = [b"\n\n".join(blocks[at : at + 2]) + b"\n" for at in range(0, len(blocks), 2)]
    return [*notes[:-1], notes[-1][:-1]] if notes else []


def entry_of(data: bytes) -> Any:  # None where it cannot be read
    try:
        entry = json.loads(data.decode("ascii"), parse_constant=int)
        fits = type(entry["i"]) is int and re.fullmatch("[0-9a-f]{64}", entry["prev"])
        return entry if fits and len(data) < 2**16 and b"\\" not in data else None
    except FAULTS:
        return None


def intact(entries: list[bytes]) -> Finding:
    before = "0" * 64
    for number, data in enumerate(entries):
        entry = entry_of(data)
        if not entry or entry["i"] != number or entry["prev"] != before:
            return BROKEN, f"entry {number} cannot be read, or does not follow what is here", number
        before = sha256(b"\0" + data).hexdigest()
    return HOLDS, f"{len(entries)} entries, one after the other", None


def compared(entries: list[bytes], notes: Notes, origin: str, own: bool) -> Finding:
    """With the log's own checkpoints, which rise and end with all of it; or with others'."""
    heads = [each for _, each in notes if not isinstance(each, str)]
    roots, size, last = roots_of(entries, {each[1] for each in heads}), len(entries), 0
    for name, each in notes:
        if each == BROKEN:
            return BROKEN, f"{name} cannot be read, or its signature does not fit", None
        if isinstance(each, str):
            continue
        if (origin and each[0] != origin) or (own and each[1] < last):
            return BROKEN, f"{name} is of another log, or goes back", None
        if each[1] > size:
            return BROKEN, f"{name} knew {each[1]} entries: the end is cut off", size
        if each[2] != roots[each[1]]:
            return BROKEN, f"{name} knew others among the first {each[1]}", last if own else None
        last = max(last, each[1])
    if len(heads) < len(notes):
        return UNKNOWN, "some checkpoints are signed by unknown keys", None
    if own and last < size:
        return UNKNOWN, f"nobody has signed what comes from entry {last} on", last
    return (HOLDS if last else UNKNOWN), f"up to {last} of {size} entries", None


def complete(entries: list[bytes]) -> Finding:
    """Keys end step by step, windows follow one another, audits come in time."""
    lives, windows, destroyed, number = dict[str, list[Any]](), dict[str, datetime](), "", 0
    newest, sooner, by, due, every = datetime.min, datetime.min, datetime.max, timedelta.max, None
    try:
        for number, entry in enumerate(map(entry_of, entries)):
            if set(entry) != FIELDS or entry["kind"] not in KINDS[: None if number else 1]:
                return BROKEN, f"entry {number} is not what a log of this version holds", number
            kind, body, time = entry["kind"], entry["body"], read_time(entry["time"][:-1])
            newest = max(newest, time)
            if kind in ("policy", "audit") and time > by:
                return BROKEN, f"before entry {number} an audit is missing", number
            if kind == "policy":  # what it asks for beyond the one before, from then on
                days, ends = body["audit_every_days"], timedelta(seconds=body["key_due_seconds"])
                by = by if days == every else time + DAY * (days + 1) if days else datetime.max
                every, due, sooner = days, ends, time if ends < due else sooner
            elif kind == "audit" and every and body["outcome"] != "not-checked":
                by = max(by, time + DAY * (every + 1))
            elif kind == "window":
                start, day = read_time(body["start"][:-1]), body["window"] == "P1D"
                hours = windows.get("PT1H", start) - start
                if start != windows.get(body["window"], start) or (day and hours < DAY):
                    return BROKEN, f"before entry {number} a window is missing", number
                windows[body["window"]] = start + (DAY if day else DAY / 24)
            elif kind in STEPS:
                life, again = lives.setdefault(body["day"], []), body["day"] <= destroyed
                if kind != [*STEPS, ""][len(life)] or (again and kind == STEPS[0]):
                    return BROKEN, f"entry {number}: {kind} of {body['day']} comes here", number
                life.append(body)
                if kind == STEPS[-1]:
                    told = {"cut": life[2]["gone"], "absent": life[4]["gone"]}
                    if {**body, **life[0], **life[3], **told} != body:
                        return BROKEN, f"entry {number} is not the sum of its steps", number
                    destroyed = max(destroyed, body["day"])
        for day, life in sorted(lives.items()):
            if len(life) < 6 and newest > max(read_time(day) + DAY + due, sooner) + DAY:
                return BROKEN, f"the key of {day} should be destroyed by now", None
    except FAULTS:
        return BROKEN, f"entry {number} cannot be read as what it says it is", number
    if newest > by:
        return BROKEN, "an audit is missing at the end", None
    return HOLDS, "keys, windows and audits, as far as entries tell", None


def receipts(files: dict[str, bytes], entries: list[bytes], keys: Keys) -> Finding:
    expected, strange, known = dict[str, int](), False, notes_in(files["checkpoints.txt"])
    for number, entry in enumerate(map(entry_of, entries)):
        try:
            if entry["kind"] == STEPS[-1]:
                expected[f"receipts/{entry['body']['day']}.tlog-proof"] = number
        except FAULTS:
            continue
    for name in sorted({*expected, *(name for name in files if name.startswith("receipts/"))}):
        try:
            data, (head, _, note) = entries[expected[name]], files[name].partition(b"\n\n")
            lines, by = head.decode("ascii").split("\n"), opened(note, keys)
            extra, index = base64.b64encode(data).decode(), expected[name]
            told = ["c2sp.org/tlog-proof@v1", f"extra {extra}", f"index {index}"]
            fits = lines[:3] == told and note in known and by != BROKEN
            if not isinstance(by, str):
                proof = [unbase64(line) for line in lines[3:]]
                fits &= included(data, index, by[1], proof) == by[2]
        except FAULTS:
            fits = False
        if not fits:
            return BROKEN, f"{name!a} is missing, or proves no entry here", expected.get(name)
        strange |= by == UNKNOWN
    return (UNKNOWN if strange else HOLDS), f"{len(expected)}, one for each destroyed key", None


def check(files: dict[str, bytes], given: list[str], anchors: Any) -> dict[str, Finding]:
    """Files by name; keys, and names and files of anchors, from elsewhere → what is said."""
    keys = dict(map(key_of, given))
    entries = files["entries.ndjson"].removesuffix(b"\n").split(b"\n")
    notes = enumerate(notes_in(files["checkpoints.txt"]))
    own: Notes = [(f"checkpoint {number}", opened(note, keys)) for number, note in notes]
    outside = [(name, opened(note, keys)) for name, file in anchors for note in notes_in(file)]
    origin = next((each[0] for _, each in own if not isinstance(each, str)), "")
    others = sorted(set(files) - {"SHA256SUMS"})
    sums = "".join(f"{sha256(files[name]).hexdigest()}  {name}\n" for name in others).encode()
    return {
        "intact": intact(entries),
        "consistent": compared(entries, own, origin, True),
        "anchored": compared(entries, outside, origin, False),
        "complete": complete(entries),
        "receipts": receipts(files, entries, keys),
        "files": (HOLDS if files["SHA256SUMS"] == sums else BROKEN, "by SHA256SUMS", None),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description="Verifies an exported audit log.")
    parser.add_argument("folder", nargs="?", type=Path, default=Path())
    parser.add_argument("--key", action="append", default=[], help="a verifier key, as published")
    parser.add_argument("--anchor", action="append", default=[], help="a file kept elsewhere")
    given = parser.parse_args()
    try:
        paths = [path for path in given.folder.rglob("*") if path.is_file()]
        files = {path.relative_to(given.folder).as_posix(): path.read_bytes() for path in paths}
        found = check(files, given.key, [(name, Path(name).read_bytes()) for name in given.anchor])
    except (OSError, *FAULTS) as error:
        print(f"cannot be read: {error}", file=sys.stderr)
        return 2
    for name, (verdict, text, _) in found.items():
        print(f"{name:11} {verdict:10} {text}")
    verdicts = [verdict for verdict, _, _ in found.values()]
    return 1 if BROKEN in verdicts else 2 if UNKNOWN in verdicts else 0


if __name__ == "__main__":
    sys.exit(main())
