"""`quietclicks access` and `topics` as they are typed: what is printed, and the exit status."""

import asyncio
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from quietclicks.agents.access import live
from quietclicks.agents.kafka.administration import administration
from quietclicks.agents.kafka.refusals import SEE
from quietclicks.agents.replay import send
from quietclicks.commands.cli import cli
from quietclicks.errors import Failure, UsageError
from quietclicks.pipeline.access.diff import Entry
from quietclicks.pipeline.access.rights import Right
from tests.access_tools import TEXT, Roles


class Typed:
    """Commands as a role."""

    def __init__(self, roles: Roles, policy: Path) -> None:
        self.roles = roles
        self.analyst = roles.settings("analyst").sasl_username or ""  # other tests change it
        self.line = f"revoke: {self.analyst}: {LOSES}\n"
        self._policy = policy

    def __call__(self, role: str, *arguments: str) -> Result:
        environment = {
            "QUIETCLICKS_CONFIG": str(self.roles.files / f"{role}.toml"),
            "QUIETCLICKS_POLICY": str(self._policy),
        }
        return CliRunner().invoke(cli, arguments, env=environment)

    def access(self, role: str, *arguments: str) -> Result:
        return self(role, "access", *arguments, "--files", str(self.roles.files))


TOO_MUCH = [
    Right("topic", name, False, "Read") for name in ("clickstream.raw", "clickstream.rejected")
]
LOSES = "loses Read on topic clickstream.raw, topic clickstream.rejected"


@pytest.fixture
def typed(roles: Roles, tmp_path: Path) -> Typed:
    policy = tmp_path / "policy.toml"
    policy.write_text(TEXT)
    user = roles.settings("analyst").sasl_username
    with administration(roles.admin) as client:
        live.grant(client, [Entry(f"User:{user}", right) for right in TOO_MUCH])
    return Typed(roles, policy)


def test_plan_check_and_apply_say_the_same(typed: Typed) -> None:
    planned = typed.access("operator", "plan")
    assert (planned.exit_code, planned.stdout) == (0, typed.line)
    assert planned.stderr == "11 roles, 2 change(s) to do\n"
    checked = typed.access("operator", "check")
    assert isinstance(checked.exception, Failure)
    assert str(checked.exception) == "2 difference(s): see `quietclicks access plan`"
    assert checked.stdout.count(f"drift: {typed.analyst}: may Read topic clickstream.r") == 2
    applied = typed.access("admin", "apply")
    assert (applied.exit_code, applied.stdout) == (0, typed.line)
    assert applied.stderr == "11 roles, 2 change(s) done\n"
    checked = typed.access("operator", "check")
    assert (checked.exit_code, checked.stdout) == (0, "")
    assert checked.stderr == "11 roles, all as the table asks\n"


def test_plans_for_programs(typed: Typed) -> None:
    access = typed.access("operator", "plan", "--json")
    found = [json.loads(line) for line in access.stdout.splitlines()]
    assert [(each["kind"], each["user"]) for each in found] == [("revoke", typed.analyst)] * 2
    with administration(typed.roles.admin) as client:
        client.delete_topics(["trends.pages"])
    topics = typed("operator", "topics", "plan", "--json")
    assert [json.loads(line) for line in topics.stdout.splitlines()] == [
        {
            "kind": "create",
            "topic": "trends.pages",
            "text": "missing; 1 partition(s)",
            "deletes_data": False,
        },
        {
            "kind": "by hand",
            "topic": "clickstream.unlisted",
            "text": "the policy does not list it: delete it, or give it another name",
            "deletes_data": False,
        },
    ]


def test_more_raw_partitions_take_who_may_see_that_all_is_drained(
    fresh: Roles, typed: Typed, tmp_path: Path
) -> None:
    wider = tmp_path / "wider.toml"
    wider.write_text(TEXT.replace("raw_partitions = 2", "raw_partitions = 3"))
    events = [(b"{}", False) for _ in range(3)]
    asyncio.run(send(fresh.settings("collector"), events, lambda _: None))
    told = str(typed("operator", "topics", "apply", "--policy", str(wider)).exception)
    assert told == f"this user has no right to the topic clickstream.raw: {SEE}"
    told = str(typed("admin", "topics", "apply", "--policy", str(wider)).exception)
    assert "has records that quietclicks.anonymise is not done with" in told


def test_a_change_of_password(typed: Typed) -> None:
    done = typed.access("admin", "rotate", "mirror")
    assert done.exit_code == 0
    assert done.stdout.startswith(f"{typed.roles.files / 'mirror.toml'}: now mirror")
    assert "access rotate mirror --finish" in done.stderr
    done = typed.access("admin", "rotate", "mirror", "--finish")
    assert done.stdout.startswith("removed: mirror")
    assert typed.access("admin", "rotate", "nobody").exception is not None


def test_who_has_not_left(typed: Typed) -> None:
    done = typed.access("admin", "apply", "--remove", "worker")
    assert isinstance(done.exception, UsageError)


def test_certificates(tmp_path: Path) -> None:
    def certificates(*arguments: str) -> Result:
        where = ("access", "certificates", "--files", str(tmp_path / "c"))
        return CliRunner().invoke(cli, [*where, *arguments])

    words = [line.split(":")[0] for line in certificates("--host", "k.example").stdout.splitlines()]
    assert words == ["made", "made"]
    words = [line.split(":")[0] for line in certificates("--client", "me").stdout.splitlines()]
    assert words == ["kept", "kept", "made"]
    for odd in ("../x", "a/b", ".x", "", "ca", "broker", "a b", "é", "a\n", "a" * 65):
        assert isinstance(certificates("--client", odd).exception, UsageError), odd
    for odd in ("", "k.example:9092", "a b", "é.example", "k..example", "a" * 64, "a.\n", "::1::"):
        assert isinstance(certificates("--host", odd).exception, UsageError), odd
    assert sorted(path.name for path in (tmp_path / "c").iterdir()) == [
        *("broker.pem", "ca.key", "ca.pem", "me.pem"),
    ]
    longest = "a" * 64
    hosts = ("--host", "*.k.example", "--host", "::1", "--host", "192.0.2.1")
    done = certificates("--client", longest, "--client", "worker.b", *hosts)
    assert done.exit_code == 0, done.output
