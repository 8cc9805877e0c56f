"""Reports that are made up, for tests."""

from quietclicks.pipeline.audit.catalogue import Check
from quietclicks.pipeline.audit.findings import Finding, broken, held, not_checked
from quietclicks.pipeline.audit.report import Figure, Head, Report, build
from quietclicks.pipeline.policy import Policy, parse
from quietclicks.pipeline.statement.build import build as statement
from tests.paths import ROOT

POLICY: Policy = parse((ROOT / "deploy" / "policy.toml").read_text("utf-8"), "policy.toml")

FINDINGS = (
    held(Check.TOPICS, "16 topics with 107 settings"),
    broken(
        Check.ACCESS,
        ["somebody who is no role of ours may, against the table, Read topic clickstream.raw"],
        "`quietclicks access plan` names it",
    ),
    not_checked(Check.CHOICES, "no raw event lives"),
)


def report(*findings: Finding) -> Report:
    """As an audit would make it, of these findings."""
    return build(
        Head("2026-11-22T10:00:00Z", "2026-11-15", "0.1.0"),
        POLICY,
        statement(POLICY, "policy.toml"),
        findings or FINDINGS,
        [Figure("disk", "clickstream.raw", 1_048_576, "bytes, up to whole MiB")],
    )
