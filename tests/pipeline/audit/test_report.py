"""The report: what follows for a promise from its checks, its JSON, its page and its text."""

import json
from html.parser import HTMLParser
from itertools import product

import pytest
from msgspec.structs import replace

from quietclicks.pipeline.audit.catalogue import MEANINGS, Check
from quietclicks.pipeline.audit.findings import (
    MAX_PROBLEMS,
    Outcome,
    broken,
    held,
    not_checked,
    outcome_of,
    strictest,
)
from quietclicks.pipeline.audit.html import render
from quietclicks.pipeline.audit.promises import OTHERS, PROMISES, Promise, Unmeasured
from quietclicks.pipeline.audit.report import (
    Head,
    ReportError,
    build,
    decode,
    encode,
    promise_of,
    tally,
)
from quietclicks.pipeline.audit.text import lines
from quietclicks.pipeline.policy import EventsPolicy, Policy
from quietclicks.pipeline.statement.build import build as statement
from quietclicks.pipeline.statement.sentences import sentences
from quietclicks.schemas.pseudonymised import LISTABLE
from tests.paths import ROOT
from tests.pipeline.audit.made import FINDINGS, POLICY, report

GOLDEN = ROOT / "tests" / "golden" / "audit-report.json"
HELD, BROKEN, NOT = Outcome.HELD, Outcome.BROKEN, Outcome.NOT_CHECKED


@pytest.mark.parametrize("three", list(product(Outcome, repeat=3)))
def test_of_several(three: tuple[Outcome, ...]) -> None:
    if BROKEN in three:
        assert (outcome_of(three), strictest(three)) == (BROKEN, BROKEN)
    else:
        assert outcome_of(three) is (HELD if HELD in three else NOT)
        assert strictest(three) is (NOT if NOT in three else HELD)


def test_of_nothing_nothing_is_checked() -> None:
    assert (outcome_of([]), strictest([])) == (NOT, NOT)


def test_a_promise_is_as_its_checks_are() -> None:
    by = {each.promise: each for each in report().promises}
    [access] = [each for text, each in by.items() if text.startswith("Each role has its own")]
    assert (access.outcome, access.checks) == (BROKEN, (Check.ACCESS,))
    # Two checks, of which one is not there.
    [stands] = [each for text, each in by.items() if text.startswith("Should the program")]
    assert stands.checks == (Check.RETENTION, Check.TOPICS)
    assert stands.outcome is NOT


def test_every_sentence_is_told_of_once() -> None:
    made = report()
    told = sum(1 + _more(each.promise) for each in made.promises)
    assert told == len(list(sentences(statement(POLICY, "policy.toml"))))
    assert all(bool(each.why) is not bool(each.checks) for each in made.promises)


def _more(text: str) -> int:
    return int(text.rpartition("(and ")[2].split()[0]) if text.endswith(" more like it)") else 0


def test_a_sentence_that_no_row_names_is_not_checked() -> None:
    assert promise_of("How you are protected", "We love you.") is None
    assert promise_of("Nowhere", "We love you.") is None
    assert Promise("x", why=Unmeasured.NO_ROW).checks == ()


@pytest.mark.parametrize(
    "policy",
    [
        pytest.param(replace(POLICY, partners={}), id="no partners"),
        pytest.param(replace(POLICY, audit=None), id="no audits"),
        pytest.param(replace(POLICY, events=EventsPolicy(fields=LISTABLE)), id="every field"),
        pytest.param(replace(POLICY, changes=()), id="no changes"),
    ],
)
def test_the_sentences_of_other_policies_have_rows(policy: Policy) -> None:
    said = sentences(statement(policy, "policy.toml"))
    assert [each for each in said if promise_of(*each) is None] == []


def test_every_check_measures_some_promise() -> None:
    rows = [each for table in (PROMISES, OTHERS) for each in table.values()]
    used = {check for row in rows for promise in row for check in promise.checks}
    # This one says whether the audit log, by which others go, can be believed.
    assert set(Check) - used == {Check.ANCHORS}


def test_every_check_has_its_meaning() -> None:
    assert list(MEANINGS) == list(Check)


def test_the_json_is_as_it_was() -> None:
    """Programs read it, and the audit log has its hash. A new field is added here, too."""
    found = json.loads(encode(report()))
    found["promises"] = found["promises"][:2]
    assert found == json.loads(GOLDEN.read_text("utf-8"))


def test_it_comes_back_as_it_was_written() -> None:
    assert decode(encode(report())) == report()
    assert encode(report()) == encode(report())
    assert json.loads(encode(report()))["outcome"] == "broken"


@pytest.mark.parametrize("data", [b"", b"{}", b"\xff", b"[" * 100_000, b'{"outcome":"held"}'])
def test_what_is_no_report(data: bytes) -> None:
    with pytest.raises(ReportError):
        decode(data)


def test_one_of_another_format_is_refused() -> None:
    with pytest.raises(ReportError, match="another format"):
        decode(encode(replace(report(), format=2)))


def test_without_a_statement_checks_are_told_all_the_same() -> None:
    head = Head("2026-11-22T10:00:00Z", "2026-11-15", "0.1.0")
    made = build(head, POLICY, None, FINDINGS)
    assert (made.promises, made.outcome, len(made.checks)) == ((), BROKEN, 3)
    assert "What was promised" not in render(made)


class Outline(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.found: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        if tag not in {"meta", "br"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def outline(page: str) -> Outline:
    parser = Outline()
    parser.feed(page)
    parser.close()
    assert parser.open == []
    return parser


def test_the_page_loads_nothing_and_is_well_formed() -> None:
    page = outline(render(report()))
    tags = {tag for tag, _ in page.found}
    assert not tags & {"script", "img", "link", "iframe", "form"}
    links = [attributes["href"] or "" for tag, attributes in page.found if tag == "a"]
    ids = {attributes.get("id") for _, attributes in page.found}
    targets = {link.removeprefix("#") for link in links if link.startswith("#")}
    assert len(targets) == len(set(links))  # nowhere else
    assert {Check.TOPICS, Check.ACCESS, Check.CHOICES} <= ids


def test_what_is_broken_stands_on_top_with_what_to_do() -> None:
    page = render(report())
    places = [page.index(each) for each in ("<h1>", "What is broken", "What was measured")]
    assert places == sorted(places)
    top = page[places[1] : places[2]]
    assert "clickstream.raw" in top
    assert "What to do:" in top
    assert "What is broken" not in render(report(held(Check.TOPICS, "16 topics")))


def test_what_a_name_holds_is_text() -> None:
    page = render(report(broken(Check.TOPICS, ["<script>alert(1)</script>"], "look & see")))
    outline(page)
    assert "<script" not in page
    assert "look &amp; see" in page


def test_the_text_says_what_is_broken_first() -> None:
    told = list(lines(report()))
    assert told[0].endswith("BROKEN")
    assert told[1] == tally(report())
    assert told[2].startswith("BROKEN")
    assert told[3].startswith("  - somebody")
    assert told[-1].startswith("held")


def test_of_many_problems_some_are_told_and_the_rest_counted() -> None:
    found = broken(Check.TOPICS, [str(number) for number in range(50)], "look")
    assert len(found.problems) == MAX_PROBLEMS + 1
    assert found.problems[-1] == "and 30 more"
    assert found.says == "50 things are not as promised"


def test_the_outcome_of_nothing_that_could_be_checked() -> None:
    made = report(not_checked(Check.TOPICS, "no right"))
    assert made.outcome is NOT
    assert "Nothing could be checked" in render(made)
