"""Differences for people: what a user gets or loses is a line or two, not one for each topic."""

from collections.abc import Iterable, Iterator

from quietclicks.pipeline.access.diff import ANY_HOST, AccessDifference, AccessKind, Entry

_MERGED = {AccessKind.GRANT: "gets", AccessKind.REVOKE: "loses"}


def lines(found: Iterable[AccessDifference]) -> Iterator[str]:
    """In their order; rights of a user that are alike stand together."""
    alike: dict[tuple[AccessKind, str], list[Entry]] = {}
    for each in found:
        if each.kind in _MERGED and each.entry is not None and _is_plain(each.entry):
            alike.setdefault((each.kind, each.user), []).append(each.entry)
            continue
        yield from _flushed(alike)
        yield f"{each.kind.value}: {each}"
    yield from _flushed(alike)


def _is_plain(entry: Entry) -> bool:
    return entry.allows and entry.host == ANY_HOST


def _flushed(alike: dict[tuple[AccessKind, str], list[Entry]]) -> Iterator[str]:
    for (kind, user), entries in alike.items():
        operations: dict[str, list[str]] = {}
        for entry in entries:
            right = entry.right
            name = f"{right.resource} {right.name}{'*' if right.prefixed else ''}"
            operations.setdefault(name, []).append(right.operation)
        names: dict[str, list[str]] = {}
        for name, these in operations.items():
            names.setdefault(", ".join(sorted(these)), []).append(name)
        for these_operations, these_names in names.items():
            word = _MERGED[kind]
            yield f"{kind.value}: {user}: {word} {these_operations} on {', '.join(these_names)}"
    alike.clear()
