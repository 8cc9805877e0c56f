"""Runs of decoded events: every record in exactly one, in order, and what ends one."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quietclicks.pipeline.anonymise import decoded as module
from quietclicks.pipeline.anonymise.decoded import LONG_RECORD, Decoded, decoded_runs
from quietclicks.pipeline.logs.events import tick
from quietclicks.schemas.rejection import Reason
from tests.pipeline_tools import MIDNIGHT, Rec, event

KINDS = {
    "e": event(1),
    "u": event(2, email="x"),
    "l": event(3, user_agent="x" * LONG_RECORD),
    "t": tick(MIDNIGHT),
    "b": b"{",
}


def cut(kinds: str) -> list[Decoded]:
    """Records of these kinds, with gaps between their offsets as a compacted log has them."""
    return list(
        decoded_runs(
            [Rec(2 * at, MIDNIGHT + at, None, KINDS[kind]) for at, kind in enumerate(kinds)]
        )
    )


def told(found: Sequence[Decoded]) -> str:
    """A letter an event, `L` for a long one; `b` for what is broken, `t` for a tick."""
    return " ".join(
        ("L" if each.is_long else "e") * len(each.events)
        + "b" * len(each.rejected)
        + "t" * (each.tick is not None)
        for each in found
    )


@pytest.mark.parametrize(
    ("kinds", "expected"),
    [
        pytest.param("", "", id="nothing"),
        pytest.param("eee", "eee", id="events stay together"),
        pytest.param("ebe", "eeb", id="what is broken ends none"),
        pytest.param("etete", "et et e", id="a tick ends one"),
        pytest.param("tt", "t t", id="each tick"),
        pytest.param("ellle", "e LLL e", id="long ones apart"),
        pytest.param("le", "L e", id="a long one first"),
        pytest.param("lbl", "LLb", id="broken among long ones"),
        pytest.param("lt", "Lt", id="a tick after a long one"),
        pytest.param("bl", "b L", id="nothing but broken before"),
        pytest.param("eeeeeee", "eeee eee", id="no more than fit"),
    ],
)
def test_what_ends_a_run(kinds: str, expected: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BATCH_RECORDS", 4)
    assert told(cut(kinds)) == expected


@given(st.text(alphabet="eultb", max_size=40), st.integers(1, 5))
def test_every_record_is_in_one_and_in_order(kinds: str, most: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "BATCH_RECORDS", most)
        found = cut(kinds)
    before = 0
    for run in found:
        assert len(run.events) == len(run.offsets) == len(run.appended) <= most
        places = run.offsets + [record.offset for record, _ in run.rejected]
        places += [run.tick[0].offset] if run.tick else []
        expected = range(before, run.end, 2)
        assert sorted(places) == list(expected)
        assert run.offsets == sorted(run.offsets)
        assert run.appended == [MIDNIGHT + at // 2 for at in run.offsets]
        assert not run.tick or run.tick[0].offset == run.end - 1
        before = run.end + 1
    assert before == 2 * len(kinds)
    assert sum(run.unlisted for run in found) == kinds.count("u")
    assert {reason for each in found for _, reason in each.rejected} <= {Reason.NOT_JSON}


def test_a_run_does_not_show_its_events() -> None:
    assert repr(cut("e")) == "[Decoded(…)]"
