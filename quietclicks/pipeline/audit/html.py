"""The report as a page: one file without scripts, that loads nothing, and prints.

What is broken stands on top, with what to do; then each check, then each promise.
"""

import re
from collections.abc import Iterable
from html import escape
from itertools import groupby

from quietclicks.pipeline.audit.catalogue import MEANINGS
from quietclicks.pipeline.audit.findings import Outcome
from quietclicks.pipeline.audit.html_style import STYLE
from quietclicks.pipeline.audit.report import Checked, Figure, Kept, Report

_WORDS = {Outcome.HELD: "held", Outcome.BROKEN: "broken", Outcome.NOT_CHECKED: "not checked"}
# Told apart without colours, too.
_SIGNS = {Outcome.HELD: "✓", Outcome.BROKEN: "✕", Outcome.NOT_CHECKED: "–"}
_HEADLINES = {
    Outcome.HELD: "Nothing that was measured is broken",
    Outcome.BROKEN: "Something is not as promised",
    Outcome.NOT_CHECKED: "Nothing could be checked",
}


def render(report: Report) -> str:
    """A whole page."""
    title = f"Audit of {escape(report.at[:10])}"
    broken = [each for each in report.checks if each.outcome is Outcome.BROKEN]
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{title}</title>
<style>{STYLE}</style>
</head>
<body>
<main>
<h1>{title}</h1>
<p class="soft">Measured on the live systems at <time datetime="{escape(report.at)}">{
        _moment(report.at)
    }</time> by Quietclicks {escape(report.version)}, against the policy of {
        escape(report.policy.revision)
    } ({escape(report.policy.hash[:12])}…).</p>
{_summary(report)}
{_section("What is broken, and what to do", map(_check, broken)) if broken else ""}
{_section("What was measured", map(_check, _others(report.checks)))}
{_section("What was promised", _promises(report.promises)) if report.promises else ""}
{_section("Figures", _figures(report.figures)) if report.figures else ""}
<footer class="soft">
<p>“Not checked” is no fault that was found, and no reason to believe that there is none. History
was looked at from {escape(report.since)} on. Numbers that tell of few people are rounded.</p>
</footer>
</main>
</body>
</html>
"""


def _summary(report: Report) -> str:
    tiles = "\n".join(
        f'<li class="{outcome.value}"><strong>{report.count(outcome)}</strong> '
        f"{_WORDS[outcome]}</li>"
        for outcome in (Outcome.BROKEN, Outcome.HELD, Outcome.NOT_CHECKED)
    )
    checks = ", ".join(
        f"{sum(each.outcome is outcome for each in report.checks)} {_WORDS[outcome]}"
        for outcome in (Outcome.BROKEN, Outcome.HELD, Outcome.NOT_CHECKED)
    )
    return f"""<section class="summary {report.outcome.value}" aria-labelledby="summary">
<h2 id="summary"><span aria-hidden="true">{_SIGNS[report.outcome]}</span> {
        _HEADLINES[report.outcome]
    }</h2>
<p>Of {len(report.promises)} promises to the public:</p>
<ul class="tiles">
{tiles}
</ul>
<p class="soft">By {len(report.checks)} checks: {checks}.</p>
</section>"""


def _others(checks: Iterable[Checked]) -> list[Checked]:
    """Held before what was not checked."""
    order = (Outcome.HELD, Outcome.NOT_CHECKED)
    return sorted(
        (each for each in checks if each.outcome in order),
        key=lambda each: order.index(each.outcome),
    )


def _section(title: str, blocks: Iterable[str]) -> str:
    name = title.lower().split(",")[0].replace(" ", "-")
    body = "\n".join(blocks)
    return f'<section aria-labelledby="{name}">\n<h2 id="{name}">{title}</h2>\n{body}\n</section>'


def _check(each: Checked) -> str:
    meaning = MEANINGS[each.name]
    problems = "".join(f"<li>{escape(problem)}</li>" for problem in each.problems)
    told = f"<ul>{problems}</ul>" if problems else ""
    remedy = f"<p><b>What to do:</b> {_with_code(each.remedy)}.</p>" if each.remedy else ""
    return (
        f'<article class="{each.outcome.value}" id="{each.name}">\n'
        f"<h3>{_badge(each.outcome)} {escape(each.title)}</h3>\n"
        f"<p>{escape(_sentence(each.says))}</p>\n{told}{remedy}"
        f'<p class="soft">Measured: {escape(meaning.measures)}.<br>'
        f"Cannot see: {escape(meaning.blind)}.</p>\n</article>"
    )


def _with_code(text: str) -> str:
    """Commands stand between backticks."""
    return re.sub(r"`([^`]*)`", r"<code>\1</code>", escape(text))


def _promises(promises: Iterable[Kept]) -> Iterable[str]:
    for section, its in groupby(promises, key=lambda each: each.section):
        rows = "\n".join(map(_promise, its))
        yield (
            f'<h3>{escape(section)}</h3>\n<div class="wide" role="region" tabindex="0" '
            f'aria-label="{escape(section)}"><table class="promises">\n'
            '<thead><tr><th scope="col">Outcome</th><th scope="col">Promise</th>'
            '<th scope="col">Measured by</th></tr></thead>\n'
            f"<tbody>\n{rows}\n</tbody>\n</table></div>"
        )


def _promise(each: Kept) -> str:
    links = ", ".join(f'<a href="#{check}">{check}</a>' for check in each.checks)
    by = links or f'<span class="soft">{escape(each.why)}</span>'
    return f"<tr><td>{_badge(each.outcome)}</td><td>{escape(each.promise)}</td><td>{by}</td></tr>"


def _figures(figures: Iterable[Figure]) -> Iterable[str]:
    rows = "\n".join(
        f'<tr><th scope="row">{escape(each.name)}</th><td>{escape(each.of)}</td>'
        f'<td class="number">{_value(each)} {escape(each.unit)}</td></tr>'
        for each in figures
    )
    yield (
        "<p>Measured, and not judged.</p>\n"
        '<div class="wide" role="region" tabindex="0" aria-label="Figures"><table>\n'
        '<thead><tr><th scope="col">What</th><th scope="col">Of</th>'
        '<th scope="col" class="number">How much</th></tr></thead>\n'
        f"<tbody>\n{rows}\n</tbody>\n</table></div>"
    )


def _badge(outcome: Outcome) -> str:
    sign = f'<span aria-hidden="true">{_SIGNS[outcome]}</span>'
    return f'<span class="badge {outcome.value}">{sign} {_WORDS[outcome]}</span>'


def _value(figure: Figure) -> str:
    return f"{figure.value:,}" if isinstance(figure.value, int) else escape(figure.value)


def _sentence(says: str) -> str:
    return says[:1].upper() + says[1:] + ("" if says.endswith((".", "?")) else ".")


def _moment(at: str) -> str:
    return escape(f"{at[:10]}, {at[11:16]} UTC")
