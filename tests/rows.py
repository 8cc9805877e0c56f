"""A table of small cases as one test: each row is tried, and all that fail are named at the end.

A test of its own costs pytest more than such a row takes. Only for rows that share nothing but the
code: one that needs a fixture of its own is a test of its own, `pytest.mark.parametrize`.
"""

import inspect
from collections.abc import Callable, Iterable, Sequence
from functools import wraps
from typing import Any

import pytest

SHOWN = 20  # with their tracebacks; of more there are the names

Test = Callable[..., None]


def each_row(
    names: str | Sequence[str],
    table: Iterable[Any],
    ids: Callable[[Any], str] | Iterable[object] | None = None,
) -> Callable[[Test], Test]:
    """As `pytest.mark.parametrize`, from which it takes its arguments; may stand above another."""
    wanted = [each.strip() for each in names.split(",")] if isinstance(names, str) else [*names]
    said = ids if ids is None or callable(ids) else [*ids]
    cases = [_row(wanted, each, number, said) for number, each in enumerate(table)]

    def decorate(test: Test) -> Test:
        assert not inspect.iscoroutinefunction(test), "a row is not awaited"

        @wraps(test)
        def every_row(**others: Any) -> None:
            assert cases, "a table without rows tests nothing"
            failed = {}
            for name, values in cases:
                try:
                    test(**values, **others)
                # What pytest raises itself, such as "DID NOT RAISE", is no `Exception`.
                except (Exception, pytest.fail.Exception) as error:
                    error.add_note(f"row: {name}")
                    failed[name] = error
            if failed:
                told = f"{len(failed)} of {len(cases)} rows: {', '.join(failed)}"
                raise BaseExceptionGroup(told, list(failed.values())[:SHOWN])

        signature = inspect.signature(test)
        left = [each for name, each in signature.parameters.items() if name not in wanted]
        assert len(left) + len(wanted) == len(signature.parameters), f"not all are taken: {wanted}"
        every_row.__signature__ = signature.replace(parameters=left)  # type: ignore[attr-defined]
        return every_row

    return decorate


def _row(
    names: Sequence[str], given: Any, number: int, ids: Callable[[Any], str] | list[object] | None
) -> tuple[str, dict[str, Any]]:
    """What the row is called, and its values by name."""
    said = None
    if isinstance(given, type(pytest.param())):
        assert not given.marks, "a row that is marked is a test of its own"
        said, values = given.id and str(given.id), list(given.values)
    else:
        values = [given] if len(names) == 1 else list(given)
    if said is None and ids is not None and not callable(ids):
        said = str(ids[number])
    if said is None:
        name = ids if callable(ids) else repr
        said = "-".join(str(name(each)) for each in values)
    return f"{number} {said[:80]}", dict(zip(names, values, strict=True))
