"""What of audits goes into the folder for a stranger: only what a signed entry of the log knows."""

from collections.abc import Iterable, Sequence
from hashlib import sha256

from quietclicks.pipeline.audit.entries import told
from quietclicks.pipeline.audit.html import render
from quietclicks.pipeline.audit.report import ReportError, decode

REPORT, PAGE, POLICY = "report.json", "report.html", "policy.toml"


def report_files(signed: Iterable[bytes], reports: Sequence[bytes]) -> dict[str, bytes]:
    """The newest report whose hash is in a signed entry, and the page that is made of it.

    None, where there is none. What is no report is no page.
    """
    known = {entry.report for _, entry in told(signed).audits}
    for value in reversed(reports):
        if sha256(value).hexdigest() in known:
            try:
                return {REPORT: value, PAGE: render(decode(value)).encode()}
            except ReportError:
                continue
    return {}


def policy_is_known(signed: Iterable[bytes], hash_: str) -> bool:
    """Whether a signed entry says that a policy was in force, by its hash."""
    return hash_ in {entry.hash for _, entry in told(signed).policies}
