"""Users, rights and passwords on a broker: made, put right, changed without a gap, taken away."""

import logging
import stat
import time
from pathlib import Path

import pytest

from quietclicks.agents.access import live
from quietclicks.agents.access.accounts import Account, path_of, read_account, write_account
from quietclicks.agents.access.apply import apply, finish, plan, rotate
from quietclicks.agents.access.certificates import make
from quietclicks.agents.access.check import complaints
from quietclicks.agents.kafka.administration import administration
from quietclicks.agents.settings import Settings
from quietclicks.errors import Failure, UsageError
from quietclicks.pipeline.access.diff import AccessKind, Entry
from quietclicks.pipeline.access.rights import Right, rights
from quietclicks.pipeline.policy import parse
from tests.access_tools import APP, TEXT, WANTED, Roles
from tests.agents.access.test_certificates import NOW
from tests.kafka_tools import SharedBroker
from tests.runner_tools import PATIENCE

READ_RAW = Right("topic", "clickstream.raw", False, "Read")
PAGES = Right("topic", "trends.pages", False, "Read")
WITHOUT_SECOND = rights(
    parse(
        TEXT.replace(TEXT[TEXT.index("[partners.second]") : TEXT.index("[[changes]]")], "").replace(
            '"partners.second.retention" = "as the other"\n', ""
        ),
        "policy.toml",
    ),
    APP,
)


def logs_in(settings: Settings) -> bool:
    try:
        with administration(settings) as client:
            client.describe_cluster()
    except Failure:
        return False
    return True


def user_of(roles: Roles, role: str) -> str:
    """Which of its two names is in use: other tests change it."""
    return roles.settings(role).sasl_username or ""


def told(roles: Roles) -> list[str]:
    return [str(each) for each in plan(roles.admin, WANTED, roles.files)]


def differ(roles: Roles, number: int) -> list[str]:
    """So many differences from the table: a broker answers before it knows of a change itself."""
    ends = time.monotonic() + PATIENCE
    while len(found := told(roles)) != number:
        assert time.monotonic() < ends, found
    return found


def test_again_is_nothing(roles: Roles) -> None:
    assert apply(roles.admin, WANTED, roles.files) == []
    assert list(complaints(roles.admin, WANTED, roles.files, NOW)) == []


def test_each_file_is_for_its_owner_alone_and_logs_in(roles: Roles) -> None:
    for role in WANTED:
        path = path_of(roles.files, role)
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert logs_in(roles.settings(role)), role
    passwords = {roles.settings(role).sasl_password for role in WANTED}
    assert len(passwords) == len(WANTED)


def test_drift_is_named_and_put_right(roles: Roles) -> None:
    analyst, dashboard, mirror = (
        user_of(roles, role) for role in ("analyst", "dashboard", "mirror")
    )
    with administration(roles.admin) as client:
        live.grant(client, [Entry(f"User:{analyst}", READ_RAW)])
        live.revoke(client, [Entry(f"User:{dashboard}", PAGES)])
        live.delete_user(client, mirror)
    expected = [
        f"{analyst}: may Read topic clickstream.raw, which the table does not give it",
        f"{dashboard}: may not Read topic trends.pages",
        f"{mirror}: no such user",
    ]
    assert differ(roles, 3) == expected
    before = read_account(path_of(roles.files, "mirror"))
    assert [str(each) for each in apply(roles.admin, WANTED, roles.files)] == expected
    assert told(roles) == []
    assert read_account(path_of(roles.files, "mirror")) == before, "its password is of the file"
    assert logs_in(roles.settings("mirror"))


def test_somebody_else_is_named_and_stays(roles: Roles) -> None:
    entry = Entry("User:bob", Right("topic", "*", False, "Read"))
    try:
        with administration(roles.admin) as client:
            live.grant(client, [entry])
        differ(roles, 1)
        [found] = apply(roles.admin, WANTED, roles.files)
        assert found.kind is AccessKind.BY_HAND
        assert "User:bob may Read topic *: nobody of the table" in str(found)
        [found] = plan(roles.admin, WANTED, roles.files)
        assert found.entry == entry
    finally:
        with administration(roles.admin) as client:
            live.revoke(client, [entry])


def test_who_left_the_policy_is_named_and_taken_away_when_somebody_says_so(roles: Roles) -> None:
    settings = roles.settings("partner-second")
    first = apply(roles.admin, WITHOUT_SECOND, roles.files)
    assert {each.kind for each in first} == {AccessKind.LEFT, AccessKind.REVOKE}
    assert {each.user for each in first} == {"partner-second", "worker", "operator", "auditor"}
    [found] = apply(roles.admin, WITHOUT_SECOND, roles.files)
    assert (found.kind, found.user) == (AccessKind.LEFT, "partner-second")
    assert logs_in(settings), "it is named, and still there"
    apply(roles.admin, WITHOUT_SECOND, roles.files, ["partner-second"])
    assert not logs_in(settings)
    assert not path_of(roles.files, "partner-second").exists()
    assert plan(roles.admin, WITHOUT_SECOND, roles.files) == []
    apply(roles.admin, WANTED, roles.files)
    again = roles.settings("partner-second")
    assert logs_in(again)
    assert again.sasl_password != settings.sasl_password, "it would know the old one"


@pytest.mark.parametrize("name", ["worker", "partner-second", "admin", "nobody"])
def test_who_is_in_the_policy_cannot_be_taken_away(roles: Roles, name: str) -> None:
    with pytest.raises(UsageError, match=f"{name} is nobody who left the policy"):
        apply(roles.admin, WANTED, roles.files, [name])
    assert told(roles) == []


def test_a_password_changes_without_a_gap(roles: Roles) -> None:
    old = roles.settings("analyst")
    user = rotate(roles.admin, WANTED, roles.files, "analyst")
    new = roles.settings("analyst")
    assert new.sasl_username == user != old.sasl_username
    assert new.sasl_password != old.sasl_password
    for settings in (old, new):
        with administration(settings) as client:
            names = {each["name"] for each in client.describe_topics()}
        assert "clickstream.pseudonymised" in names
        assert "clickstream.raw" not in names
    with pytest.raises(Failure, match="still logs in, of the last time"):
        rotate(roles.admin, WANTED, roles.files, "analyst")
    assert len(told(roles)) == 1
    assert finish(roles.admin, WANTED, roles.files, "analyst") == old.sasl_username
    assert not logs_in(old)
    assert logs_in(new)
    assert told(roles) == []
    # And back to the first name, another time.
    assert rotate(roles.admin, WANTED, roles.files, "analyst") == old.sasl_username
    finish(roles.admin, WANTED, roles.files, "analyst")
    assert not logs_in(new)
    assert told(roles) == []


@pytest.mark.parametrize("after", ["file", "rights", "user"])
def test_a_change_that_was_broken_off_is_gone_on_with(roles: Roles, after: str) -> None:
    old = roles.settings("dpo")
    next_path = path_of(roles.files, "dpo.next")
    other = "dpo" if old.sasl_username == "dpo.b" else "dpo.b"
    account = Account.made(other)
    write_account(next_path, account, roles.admin)
    with administration(roles.admin) as client:
        if after != "file":
            live.grant(client, [Entry(f"User:{other}", right) for right in WANTED["dpo"]])
        if after == "user":
            live.set_password(client, account)
    assert logs_in(roles.settings("dpo")), "its file still names who is in use"
    rotate(roles.admin, WANTED, roles.files, "dpo")
    assert not next_path.exists()
    assert read_account(path_of(roles.files, "dpo")) == account
    assert logs_in(old)
    assert logs_in(roles.settings("dpo"))
    finish(roles.admin, WANTED, roles.files, "dpo")
    assert told(roles) == []


def test_the_end_takes_away_nobody_whom_the_file_names(roles: Roles) -> None:
    """Where nothing was rotated, and where the file is of a user that the broker does not know."""
    finish(roles.admin, WANTED, roles.files, "mirror")
    assert logs_in(roles.settings("mirror"))
    account = read_account(path_of(roles.files, "mirror"))
    assert account is not None
    other = "mirror.b" if account.user == "mirror" else "mirror"
    write_account(path_of(roles.files, "mirror"), Account(other, "p"), roles.admin)
    try:
        with pytest.raises(Failure, match=f"the broker does not know {other}"):
            finish(roles.admin, WANTED, roles.files, "mirror")
    finally:
        write_account(path_of(roles.files, "mirror"), account, roles.admin)
    assert logs_in(roles.settings("mirror"))


def test_a_file_that_was_lost(roles: Roles) -> None:
    path = path_of(roles.files, "mirror")
    account = read_account(path)
    assert account is not None
    path.unlink()
    assert apply(roles.admin, WANTED, roles.files) == [], "its user is there, and stays as it is"
    write_account(path, Account(account.user, "anything"), roles.admin)
    rotate(roles.admin, WANTED, roles.files, "mirror")
    assert logs_in(roles.settings("mirror"))
    finish(roles.admin, WANTED, roles.files, "mirror")
    assert told(roles) == []


def test_a_file_of_another_user_is_refused(roles: Roles, tmp_path: Path) -> None:
    write_account(path_of(tmp_path, "analyst"), Account("worker", "p"), roles.admin)
    for attempt in (plan, apply):
        with pytest.raises(UsageError, match="is of the user worker, and not of analyst"):
            attempt(roles.admin, WANTED, tmp_path)


@pytest.mark.parametrize("role", ["nobody", "worker.b", "partner-gone"])
def test_no_such_role(roles: Roles, role: str) -> None:
    with pytest.raises(UsageError, match=f"the policy has no role {role}: there are collector"):
        rotate(roles.admin, WANTED, roles.files, role)


def test_without_its_file_nobody_knows_which_is_in_use(roles: Roles, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="it says which user is in use"):
        rotate(roles.admin, WANTED, tmp_path, "worker")


@pytest.mark.parametrize("role", ["collector", "analyst", "dashboard", "mirror"])
def test_who_may_not_look(roles: Roles, role: str) -> None:
    with pytest.raises(Failure, match="this user may not see who may do what"):
        plan(roles.settings(role), WANTED, roles.files)


@pytest.mark.parametrize("role", ["operator", "inspector", "auditor", "worker"])
def test_who_may_look_may_not_change(roles: Roles, role: str) -> None:
    assert plan(roles.settings(role), WANTED, roles.files) == []
    with administration(roles.admin) as client:
        live.revoke(client, [Entry(f"User:{user_of(roles, 'dashboard')}", PAGES)])
    differ(roles, 1)
    with pytest.raises(Failure, match="no right to do this to the cluster"):
        apply(roles.settings(role), WANTED, roles.files)
    with pytest.raises(Failure, match="no right to do this to the cluster"):
        rotate(roles.settings(role), WANTED, roles.files, "analyst")
    path_of(roles.files, "analyst.next").unlink()


def test_the_check_tries_each_file(roles: Roles) -> None:
    account = read_account(path_of(roles.files, "mirror"))
    assert account is not None
    try:
        write_account(path_of(roles.files, "mirror"), Account(account.user, "wrong"), roles.admin)
        path_of(roles.files, "dpo").chmod(0o640)
        found = list(complaints(roles.admin, WANTED, roles.files, NOW))
    finally:
        path_of(roles.files, "dpo").chmod(0o600)
        write_account(path_of(roles.files, "mirror"), account, roles.admin)
    assert [line.removeprefix(f"{roles.files}/").partition(":")[0] for line in found] == [
        "dpo.toml",
        "mirror.toml",
    ]
    assert "does not take the user of these settings with this password" in found[1]
    assert "wrong" not in found[1]


def test_the_check_sees_a_right_that_no_list_shows(roles: Roles) -> None:
    """A super user stands in no access list: the broker itself is asked."""
    admin = read_account(path_of(roles.files, "admin"))
    assert admin is not None
    mine = {"admin": frozenset({PAGES})}
    found = list(complaints(roles.admin, mine, roles.files, NOW))
    assert "admin: the broker lets it Delete clickstream.raw, and the table does not" in found
    assert "admin: the broker lets it Alter kafka-cluster, and the table does not" in found
    assert not any("Read trends.pages" in line for line in found)


def test_a_broker_that_asks_no_list(broker: SharedBroker, tmp_path: Path) -> None:
    """It is named, with what else is open; and nothing is made that would protect nothing."""
    settings = Settings(bootstrap=broker.bootstrap)
    texts = [each.text for each in plan(settings, WANTED, tmp_path)]
    assert "authorizer.class.name is not set: every user may do everything" in texts
    assert any("its listener BROKER is PLAINTEXT" in text for text in texts)
    with pytest.raises(Failure, match=r"a broker has no authorizer\.class\.name"):
        apply(settings, WANTED, tmp_path)
    assert list(tmp_path.iterdir()) == []
    told = list(complaints(settings, WANTED, tmp_path, NOW))
    assert told == ["QUIETCLICKS_SECURITY_PROTOCOL is PLAINTEXT: all is in the clear"]


def test_only_what_holds_a_secret_is_for_its_owner_alone(
    broker: SharedBroker, tmp_path: Path
) -> None:
    list(make(tmp_path, (), ("me",), NOW))
    (tmp_path / "notes.pem").write_bytes(b"no certificate")
    (tmp_path / "other.toml").touch()
    for path in tmp_path.iterdir():
        path.chmod(0o644)
    found = list(complaints(Settings(bootstrap=broker.bootstrap), {}, tmp_path, NOW))
    assert [line.rpartition("chmod 600 ")[2] for line in found if "chmod" in line] == [
        str(tmp_path / name) for name in ("broker.pem", "ca.key", "me.pem", "other.toml")
    ]


def test_no_password_is_logged_or_told(
    roles: Roles, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.DEBUG, "kafka")
    with administration(roles.admin) as client:
        live.delete_user(client, user_of(roles, "mirror"))
    found = apply(roles.admin, WANTED, roles.files)
    rotate(roles.admin, WANTED, roles.files, "mirror")
    finish(roles.admin, WANTED, roles.files, "mirror")
    out, err = capfd.readouterr()
    everything = caplog.text + out + err + repr(found)
    passwords = [roles.settings(user).sasl_password for user in ("admin", "mirror", "worker")]
    assert not any((password or "?") in everything for password in passwords)
