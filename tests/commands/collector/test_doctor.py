"""`quietclicks collector doctor`: what the collector would make of a request at hand, and why."""

import pytest
from click.testing import CliRunner, Result

from quietclicks.commands.collector.command import collector
from quietclicks.errors import UsageError
from tests.paths import ROOT

POLICY = str(ROOT / "deploy" / "policy.toml")
AGENT = "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
PAGE = "https://shop.example/shoes"


def asked(*arguments: str, **environment: str) -> Result:
    given = {f"QUIETCLICKS_{name.upper()}": value for name, value in environment.items()}
    runner = CliRunner(env=given)
    return runner.invoke(collector, ["doctor", "--policy", POLICY, *arguments])


def told(*arguments: str, **environment: str) -> dict[str, str]:
    result = asked(*arguments, **environment)
    assert result.exception is None, result.exception
    lines = [line.partition(":") for line in result.output.splitlines()]
    assert len({name for name, _, _ in lines}) == len(lines), result.output
    return {name: text.strip() for name, _, text in lines}


def test_one_visitor_for_all_behind_a_proxy_is_seen_and_how_to_mend_it() -> None:
    through = ("--peer", "10.0.0.1", "--header", "X-Forwarded-For: 198.51.100.7", "--header", AGENT)
    before = told(*through)
    assert before["address"].startswith("10.0.0.1: ")
    assert "all of its visitors look like one, 10.0.0.1" in before["fault"]
    name, _, value = before["fault"].rpartition(" ")[2].partition("=")
    after = told(*through, **{name.removeprefix("QUIETCLICKS_").lower(): value})
    assert after["address"].startswith("198.51.100.7: ")
    assert "fault" not in after


def test_proxies_that_disagree() -> None:
    found = told(
        *("--peer", "10.0.0.1", "--header", "X-Forwarded-For: 198.51.100.7", "--header", AGENT),
        *("--header", "Forwarded: for=203.0.113.9"),
        collector_trusted_proxies="10.0.0.0/8",
    )
    assert found["address"].startswith("none: Forwarded and X-Forwarded-For tell different")


@pytest.mark.parametrize(
    ("arguments", "counted"),
    [
        ((), "only from "),
        (("--consent", "yes"), "yes: the visitor agreed"),
        (("--consent", "no"), "no: the visitor refused"),
        (("--consent", "yes", "--header", "Cookie: quietclicks-opt-out=out"), "no: the visitor"),
        (("--path", "/api/event"), "only from "),
    ],
)
def test_whether_it_counts(arguments: tuple[str, ...], counted: str) -> None:
    found = told("--page", PAGE, "--header", AGENT, *arguments)
    assert found["site"] == "shop.example"
    assert found["counted"].startswith(counted)


def test_an_objection_keeps_the_visit_from_analysts() -> None:
    found = told("--page", PAGE, "--header", AGENT, "--consent", "yes", "--header", "Sec-GPC: 1")
    assert found["single"].endswith("the browser objects (DNT or Sec-GPC)")


def test_where_opting_out_is_not_heard() -> None:
    other = ("--page", PAGE, "--header", AGENT, "--header", "Sec-Fetch-Site: same-site")
    for path, is_told in {"/collect": False, "/api/event": True, "/api/send": True}.items():
        found = told(*other, "--path", path).get("opt-out", "")
        assert found.startswith("would not be heard: this tracker sends") is is_told
    own = told("--path", "/api/event", *other[:-1], "Sec-Fetch-Site: same-origin")
    assert "opt-out" not in own


def test_pages_that_are_not_taken() -> None:
    assert told("--page", "https://evil.example/", "--header", AGENT)["site"].startswith("none")
    other = told("--page", PAGE, "--header", AGENT, "--header", "Origin: https://evil.example")
    assert "another site's page" in other["fault"]
    assert "counted" not in other


def test_programs() -> None:
    assert "program" in told("--header", "User-Agent: curl/8.5.0")["browser"]
    assert "no User-Agent" in told()["fault"]
    for program in (("--header", "User-Agent: curl/8.5.0"), ()):
        found = told("--page", PAGE, "--consent", "yes", *program)
        assert found["counted"] == "no: taken for a program"


def test_the_recipe_for_a_strict_page() -> None:
    found = told("--header", AGENT, "--collector", "https://collect.shop.example/")
    digest = found["integrity"]
    assert digest in (ROOT / "docs" / "snippet.md").read_text("utf-8")
    assert (
        f'src="https://collect.shop.example/q.js" crossorigin integrity="{digest}"'
        in (found["script"])
    )
    assert f"script-src '{digest}'; connect-src https://collect.shop.example;" in found["csp"]
    assert "connect-src 'self'" in told("--header", AGENT)["csp"]


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("--header", "nonsense"), "written 'NAME: VALUE'"),
        (("--path", "/nowhere"), "no tracker sends to /nowhere"),
        (("--page", "shop.example/shoes"), "a whole URL, as https://shop.example/shoes is"),
        (("--path", "/count", "--page", PAGE, "--consent", "yes"), "cannot say it"),
    ],
)
def test_what_cannot_be_asked(arguments: tuple[str, ...], why: str) -> None:
    result = asked(*arguments)
    assert isinstance(result.exception, UsageError)
    assert why in str(result.exception)
