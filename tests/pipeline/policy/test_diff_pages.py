"""Where `diff` says that nothing changes, nothing does: pages, searches and sources are the same.

Site policies are changed at random, and both are asked about the same addresses.
"""

from collections import Counter
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from quietclicks.pipeline.fields.page import PageRules, page_of
from quietclicks.pipeline.fields.query import query_of
from quietclicks.pipeline.policy import Policy, SitePolicy
from quietclicks.pipeline.policy.check_sites import check_sites
from quietclicks.pipeline.policy.diff import Verdict, diff
from tests.pipeline_tools import policy

SITE = "shop.example"
RULES = (
    *("/user/:name", "/user/*", "/:part", "/*/:id", "/praxis/:patient", "/praxis/*", "/a/:b/*"),
    *("/search/:term", "/*", "/shop/*/x"),
)
PAGES = ("/search", "/find", "/search/deep", "/user", "/a/b")
PARAMETERS = {"q": ".*", "query": "[a-z]+", "colour": "red|blue", "size": "[0-9]{1,2}"}
PATTERNS = (".*", "[a-z]+", "[0-9]{1,2}", "red|blue", "red", "a.*")
CAMPAIGNS = ("newsletter", "Newsletter", "flyer", "google", "s0", "s1")

# Paths and queries of which each rule above makes something else.
ADDRESSES = [
    (f"{path}", query)
    for path in (
        *("/", "/user/ada", "/user/ada/orders/7", "/praxis/schmidt/akte", "/a/b/c/d", "/shop/k9/x"),
        *("/search", "/search/red/shoes", "/search/deep/ada", "/find", "/find/ada", "/a/ada"),
    )
    for query in (
        *("", "q=red&query=blue", "query=blue&q=red", "colour=red&size=7", "colour=ada&size=700"),
        *("q=ada", "utm_source=newsletter", "utm_source=FLYER&colour=blue", "utm_source=s0"),
        *("utm_source=google", "utm_source=n17", "q=%EE%EA%ED%EE", "q=m%FCll&colour=%F6", "q=%A5x"),
    )
]

Seen = list[tuple[object, ...]]


def seen(site: SitePolicy) -> Seen:
    """What is made of each address."""
    rules = PageRules(SITE, site, str)
    pages = {path: page_of(path, rules) for path, _ in ADDRESSES}
    queries = {query: query_of(query, rules) for _, query in ADDRESSES}
    return [
        (
            *(pages[path].path, pages[path].is_search),
            *(queries[query].kept, queries[query].search, queries[query].source),
        )
        for path, query in ADDRESSES
    ]


def subsets(values: tuple[str, ...]) -> st.SearchStrategy[tuple[str, ...]]:
    """Some of them, in any order."""
    return st.lists(st.sampled_from(values), max_size=4, unique=True).map(tuple)


def valid(site: SitePolicy) -> bool:
    return not list(check_sites(with_(site, "2026-09-01")))


SITES = st.builds(
    SitePolicy,
    search_pages=subsets(PAGES),
    search_parameters=subsets(("q", "query", "colour")),
    parameters=st.dictionaries(st.sampled_from([*PARAMETERS]), st.sampled_from(PATTERNS)),
    campaigns=subsets(CAMPAIGNS),
    path_rules=subsets(RULES),
    encodings=subsets(("windows-1251", "koi8-r", "windows-1252", "big5")),
).filter(valid)

_Change = Callable[[SitePolicy, st.DataObject], SitePolicy]


def _reordered(name: str) -> _Change:
    def change(site: SitePolicy, data: st.DataObject) -> SitePolicy:
        values = data.draw(st.permutations(getattr(site, name)))
        return replace(site, **{name: tuple(values)})

    return change


def _drawn(name: str) -> _Change:
    def change(site: SitePolicy, data: st.DataObject) -> SitePolicy:
        return replace(site, **{name: getattr(data.draw(SITES), name)})

    return change


def _parameters_reordered(site: SitePolicy, data: st.DataObject) -> SitePolicy:
    return replace(site, parameters=dict(data.draw(st.permutations([*site.parameters.items()]))))


LISTS = ("search_pages", "search_parameters", "campaigns", "path_rules")
CHANGES: list[_Change] = [
    *map(_reordered, LISTS),
    *map(_drawn, (*LISTS, "campaigns", "parameters", "encodings")),
    _parameters_reordered,
]
BASE = policy()


def with_(site: SitePolicy, revision: str) -> Policy:
    return replace(BASE, revision=revision, sites={SITE: site})


def verdicts(old: SitePolicy, new: SitePolicy) -> set[Verdict]:
    found = diff(with_(old, "2026-09-01"), with_(new, "2026-09-02"), "new.toml")
    return {each.verdict for each in found}


@pytest.mark.slow
def test_nothing_changes_where_nothing_is_said_to() -> None:
    """Nor is a change called stricter where two pages, terms or sources are told of one."""
    met = Counter[str]()

    @settings(derandomize=True, max_examples=700, deadline=None)
    @given(SITES, st.sampled_from(CHANGES), st.data())
    def holds(old: SitePolicy, change: _Change, data: st.DataObject) -> None:
        new = change(old, data)
        if not valid(new):
            return
        told = verdicts(old, new)
        before, after = seen(old), seen(new)
        assert before == after or not told <= {Verdict.NEITHER}
        assert told != {Verdict.STRICTER} or _is_coarser(after, before)
        met["said nothing of"] += not told and old != new
        met["looser"] += Verdict.LOOSER in told and before != after
        met["stricter"] += told == {Verdict.STRICTER} and before != after

    holds()
    assert min(met[each] for each in ("said nothing of", "looser", "stricter")) > 10


def _is_coarser(new: Seen, old: Seen) -> bool:
    """What were one page, or one source, still are: nothing is told apart that was not."""
    for column in range(len(new[0])):
        of: dict[object, object] = {}
        for before, after in zip(old, new, strict=True):
            if of.setdefault(before[column], after[column]) != after[column]:
                return False
    return True
