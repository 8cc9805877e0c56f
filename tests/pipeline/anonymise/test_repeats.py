"""A signal that stands there twice: found however it is written, and nowhere else."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quietclicks.pipeline.anonymise.decoded import decoded_runs
from quietclicks.pipeline.anonymise.repeats import names_twice
from quietclicks.schemas.rejection import Reason
from tests.pipeline_tools import Rec

HEAD = (
    '"event_id":"e","site":"shop.example","timestamp":"2026-09-22T02:00:00Z",'
    '"url":"/","ip":"203.0.113.7"'
)
NO = '"consent":{"analytics":false},'

TWICE = {
    "dnt": '"dnt":"1","dnt":"0"',
    "dnt, the same": '"dnt":"1","dnt":"1"',
    "dnt, and null": '"dnt":"1","dnt":null',
    "dnt, with spaces": '"dnt" : "1" , \n "dnt"\t: "0"',
    "gpc": '"gpc":true,"gpc":false',
    "tcf": '"tcf":"C","tcf":null',
    "consent": '"consent":{"analytics":false},"consent":{"analytics":true}',
    "consent, and null": '"consent":{"analytics":false},"consent":null',
    "three times": '"gpc":"1","gpc":"1","gpc":"0"',
    "analytics": '"consent":{"analytics":false,"analytics":true}',
    "partners": '"consent":{"partners":false,"analytics":true,"partners":true}',
    "a letter escaped": r'"dnt":"1","dn\u0074":"0"',
    "every letter escaped": r'"\u0064\u006e\u0074":"1","\u0064\u006E\u0074":"0"',
    "a choice escaped": r'"consent":{"analytics":false,"analytic\u0073":true}',
    "consent escaped": r'"\u0063onsent":{"analytics":false},"consent":{"analytics":true}',
    "far apart": '"dnt":"1","user_agent":"' + "x" * 20_000 + '","dnt":"0"',
    "beside an unlisted field": '"cart":[1,{"dnt":2}],"dnt":"1","dnt":"0"',
    "beside a long number": '"cart":' + "9" * 5000 + ',"dnt":"1","dnt":"0"',
}
ONCE = {
    "each once": '"dnt":"0","gpc":"0","tcf":null,"consent":{"analytics":true,"partners":true}',
    "in a text": r'"dnt":"0","user_agent":"\"dnt\":1,\"dnt\":0"',
    "in a URL": '"dnt":"0","referrer":"https://a.test/?dnt=1&dnt=0&consent"',
    "as a text": '"dnt":"0","search_terms":"dnt","accept_language":"dnt"',
    "in an unlisted field": '"dnt":"0","cart":{"dnt":1,"gpc":{"gpc":1}}',
    "in a list": '"dnt":"0","cart":["dnt","dnt","consent"]',
    "a choice outside of consent": '"analytics":1,"consent":{"analytics":true}',
    "twice in what nobody reads": '"cart":{"dnt":1,"dnt":0}',
    "an escape in a text": r'"dnt":"0","search_terms":"\u0064nt \u0064nt"',
    "another name escaped": r'"dnt":"0","user_\u0061gent":"x"',
    "a name inside of another": '"dnt":"0","xdnt":1,"dntx":2',
}


def record(rest: str) -> bytes:
    return f"{{{HEAD},{rest}}}".encode()


def rejected(*values: bytes) -> list[tuple[int, Reason]]:
    runs = decoded_runs([Rec(n, 0, None, value) for n, value in enumerate(values)])
    return sorted((each.offset, why) for run in runs for each, why in run.rejected)


@pytest.mark.parametrize("rest", TWICE.values(), ids=TWICE)
def test_twice(rest: str) -> None:
    assert rejected(record('"dnt":"0"'), record(rest)) == [(1, Reason.REPEATED_SIGNAL)]


@pytest.mark.parametrize("rest", ONCE.values(), ids=ONCE)
def test_once(rest: str) -> None:
    assert rejected(record(rest), record(rest)) == []


def test_two_records_have_nothing_to_do_with_each_other() -> None:
    assert rejected(*[record('"dnt":"1","consent":{"analytics":true}')] * 250) == []


def test_what_is_rejected_for_another_reason_stays_so() -> None:
    odd = [
        record('"dnt":"1","dnt":"0"')[:-1],
        record('"dnt":"1","dnt":[]'),
        record('"dnt":"1","dnt":"0","DNT":"1"'),
        b"\0".join([record('"dnt":"1"')] * 2),
    ]
    reasons = [Reason.NOT_JSON, Reason.INVALID, Reason.UNCLEAR_SIGNAL, Reason.NOT_JSON]
    assert rejected(*odd) == list(enumerate(reasons))


def test_what_nobody_reads_may_be_broken() -> None:
    broken = record('"dnt":"0","cart":"x"').replace(b'"x"', b'"\xff"')
    twice = broken.replace(b'"dnt"', b'"dnt":"1","dnt"')
    assert rejected(broken, twice) == [(1, Reason.REPEATED_SIGNAL)]


def test_what_cannot_be_read_again_is_left_out() -> None:
    assert names_twice(b'{"cart":' + b"[" * 10_000 + b"]" * 10_000 + b"}")
    assert not names_twice(b"{}")


NAMES = st.sampled_from(
    ["dnt", "gpc", "tcf", r"d\u006et", r"\u0067pc", "x", "cart", "analytics", r"a\"b"]
)
TEXTS = st.sampled_from(["1", "0", "dnt", r"\"dnt\":", r"\u0064nt", "é", r"\\"])
OBJECTS = st.recursive(
    TEXTS.map(lambda text: f'"{text}"') | st.sampled_from(["null", "null", "true"]),
    lambda inner: st.lists(st.tuples(NAMES, inner), max_size=3).map(lambda each: written(each)),
    max_leaves=4,
)
CHOICES = st.lists(
    st.tuples(
        st.sampled_from(["analytics", "partners", r"partner\u0073", "x"]),
        st.sampled_from(["true", "false", "null"]),
    ),
    max_size=4,
).map(lambda pairs: written(pairs))
PAIRS = st.tuples(NAMES, OBJECTS) | st.tuples(
    st.sampled_from(["consent", r"\u0063onsent"]), CHOICES | st.just("null")
)


def written(pairs: list[tuple[str, str]]) -> str:
    """An object, as it stands there."""
    return "{" + ",".join(f'"{name}": {value}' for name, value in pairs) + "}"


@settings(derandomize=True, max_examples=600, deadline=None)
@given(st.lists(st.lists(PAIRS, min_size=1, max_size=6), min_size=1, max_size=5))
def test_the_quick_look_finds_what_the_full_one_does(records: list[list[tuple[str, str]]]) -> None:
    values = [record(written(pairs)[1:-1]) for pairs in records]
    found = dict(rejected(*values))
    for row, value in enumerate(values):
        other = found.get(row) not in (None, Reason.REPEATED_SIGNAL)
        assert other or (row in found) is names_twice(value)


@settings(derandomize=True, max_examples=300, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["dnt", "gpc", "tcf", "x"]), TEXTS), max_size=6))
def test_the_full_look_sees_each_name(pairs: list[tuple[str, str]]) -> None:
    names = [name for name, _ in pairs if name != "x"]
    text = written([(name, f'"{value}"') for name, value in pairs])
    assert names_twice(text.encode()) is (len(set(names)) < len(names))
