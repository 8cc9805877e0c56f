"""Settings: from a file, the environment wins, and what is secret is not told."""

import base64
from pathlib import Path

import msgspec
import pytest

from quietclicks.agents.settings import (
    COLLECTOR,
    DASHBOARD,
    Settings,
    is_in_the_clear,
    key_encryption_keys,
    load,
    web_names,
)
from quietclicks.errors import UsageError
from tests.rows import each_row

SECRET = "correct-horse"  # noqa: S105 - made up


def refusal(environment: dict[str, str], file: str | None = None) -> str:
    with pytest.raises(UsageError) as refused:
        load(environment, file)
    assert "\n" not in str(refused.value)
    assert refused.value.__suppress_context__ or refused.value.__context__ is None
    return str(refused.value)


def test_defaults_suit_a_broker_on_this_machine() -> None:
    assert load({}, None) == Settings()
    assert load({"PATH": "/bin", "QUIETCLICKS_CONFIG": "x"}, None).bootstrap == "localhost:9092"


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    file.write_text('bootstrap = "file:1"\nweb_port = 7000\ntick_seconds = 2\n')
    found = load({"QUIETCLICKS_BOOTSTRAP": "environment:2"}, str(file))
    assert (found.bootstrap, found.web_port, found.tick_seconds) == ("environment:2", 7000, 2.0)


def test_numbers_are_read_from_text() -> None:
    found = load({"QUIETCLICKS_WEB_PORT": "0", "QUIETCLICKS_SESSION_SECONDS": "6.5"}, None)
    assert (found.web_port, found.session_seconds) == (0, 6.5)


def test_an_empty_variable_is_an_absent_one() -> None:
    assert load({"QUIETCLICKS_BOOTSTRAP": ""}, None).bootstrap == "localhost:9092"


@each_row("field", msgspec.structs.fields(Settings), ids=lambda field: field.name)
def test_every_setting_has_its_variable(field: msgspec.structs.FieldInfo) -> None:
    values = {"security_protocol": "SSL", "sasl_mechanism": "PLAIN", "ticks": "none"}
    values |= {"bootstrap": "a:7", "skip_records": "internal.cells[0]@7"}
    value = values.get(field.name, "7")
    found = load({f"QUIETCLICKS_{field.name.upper()}": value}, None)
    assert str(getattr(found, field.name)) in {value, "7.0"}
    assert getattr(found, field.name) != field.default


def test_records_to_pass_over_are_of_internal_topics_only() -> None:
    text = "internal.cells[0]@7, internal.partials[12]@345,internal.cells[0]@8"
    found = load({"QUIETCLICKS_SKIP_RECORDS": text}, None)
    assert found.skips == {("internal.cells", 0): {7, 8}, ("internal.partials", 12): {345}}
    assert Settings().skips == {}
    for wrong in (
        "clickstream.raw[0]@7",
        "internal.cells",
        "internal.cells[0]@",
        f"{text},",
        "internal.cells[0]@" + "9" * 5000,
    ):
        assert "skip_records" in refusal({"QUIETCLICKS_SKIP_RECORDS": wrong})


def test_the_live_page_takes_no_secret_but_its_own_login(tmp_path: Path) -> None:
    """A file and an environment may be the workers' as well."""
    file = tmp_path / "settings.toml"
    file.write_text(f'key_encryption_key = "{SECRET}"\nbootstrap = "a:7"\nticks = "no word"\n')
    names = ("KEY_ENCRYPTION_KEY_FILE", "METRICS_TOKEN", "COUNTRY_DATABASE", "APP", "SASL_PASSWORD")
    environment = {f"QUIETCLICKS_{name}": SECRET for name in names}
    found = load(environment, str(file), DASHBOARD)
    assert found == Settings(bootstrap="a:7", sasl_password=SECRET)
    assert {field.name for field in msgspec.structs.fields(Settings)} > DASHBOARD
    file.write_text('key_encryption_kee = "x"\n')
    with pytest.raises(UsageError, match="no setting is called key_encryption_kee"):
        load({}, str(file), DASHBOARD)


def test_the_collector_takes_no_key() -> None:
    """Nor anything else but its own login, and the token of its metrics."""
    names = ("KEY_ENCRYPTION_KEY", "SIGNING_KEY_FILE", "APP", "SASL_PASSWORD", "METRICS_TOKEN")
    environment = {f"QUIETCLICKS_{name}": SECRET for name in names}
    found = load(environment, None, COLLECTOR)
    assert found == Settings(sasl_password=SECRET, metrics_token=SECRET)
    assert {field.name for field in msgspec.structs.fields(Settings)} > COLLECTOR


def test_host_names_stand_with_commas_between_them() -> None:
    found = load({"QUIETCLICKS_WEB_NAMES": "a.example, b.example,c-1"}, None)
    assert web_names(found) == ["a.example", "b.example", "c-1"]
    assert web_names(Settings()) == []
    for wrong in ("https://a.example", "a.example:80", "a b", "*", "a,"):
        assert "web_names" in refusal({"QUIETCLICKS_WEB_NAMES": wrong})


def test_wrong_values_name_the_setting_and_not_the_value() -> None:
    for name in ("WEB_PORT", "TICKS", "SECURITY_PROTOCOL", "SASL_MECHANISM", "TICK_SECONDS"):
        message = refusal({f"QUIETCLICKS_{name}": SECRET})
        assert f"the setting {name.lower()} cannot have" in message
        assert SECRET not in message


@pytest.mark.parametrize(
    "odd",
    [
        "WEB_PORT=65536",
        "WEB_PORT=-1",
        "TICK_SECONDS=0",
        "SESSION_SECONDS=0",
        "RECORDS_PER_TRANSACTION=0",
        "RECORDS_PER_TRANSACTION=50001",
    ],
)
def test_numbers_that_no_worker_can_run_with(odd: str) -> None:
    name, _, value = odd.partition("=")
    message = refusal({f"QUIETCLICKS_{name}": value})
    assert f"the setting {name.lower()} cannot have that value" in message


def test_files_that_are_none(tmp_path: Path) -> None:
    assert "No such file" in refusal({}, str(tmp_path / "missing"))
    file = tmp_path / "settings.toml"
    file.write_text(f"sasl_password = {SECRET}")
    message = refusal({}, str(file))
    assert "is not TOML" in message
    assert SECRET not in message
    file.write_bytes(b'sasl_password = "\xff"')
    assert "is not TOML" in refusal({}, str(file))
    file.write_text(f'sasl_pasword = "{SECRET}"')
    message = refusal({}, str(file))
    assert message.endswith("no setting is called sasl_pasword")


def test_repr_tells_no_secret() -> None:
    settings = Settings(sasl_username="worker", sasl_password=SECRET, key_encryption_key=SECRET)
    assert SECRET not in f"{settings!r} {settings}"


def test_the_key_encryption_key_from_a_file_or_a_variable(tmp_path: Path) -> None:
    key = bytes(range(32))
    text = base64.b64encode(key).decode()
    file = tmp_path / "kek"
    file.write_text(text + "\n")  # as openssl writes it
    assert key_encryption_keys(Settings(key_encryption_key=text)) == [key]
    assert key_encryption_keys(Settings(key_encryption_key_file=str(file))) == [key]


def test_the_key_encryption_key_from_a_command() -> None:
    keys = [bytes(range(32)), bytes(32)]
    told = " ".join(base64.b64encode(each).decode() for each in keys)
    assert key_encryption_keys(Settings(key_encryption_key_command=f"echo '{told}'")) == keys


@pytest.mark.parametrize("command", ["/nowhere/vault", "false", "'unclosed", "printf '\\xff'"])
def test_a_command_that_fails_is_told_and_what_it_printed_is_not(command: str) -> None:
    with pytest.raises(UsageError, match=r"KEY_COMMAND cannot be run, failed, or printed no key"):
        key_encryption_keys(Settings(key_encryption_key_command=command))


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="none"),
        pytest.param("AAAA", id="short"),
        pytest.param(base64.b64encode(bytes(33)).decode(), id="long"),
        pytest.param("é" * 44, id="not ASCII"),
        pytest.param("A" * 43 + "*", id="not base64"),
    ],
)
def test_odd_key_encryption_keys(text: str) -> None:
    with pytest.raises(UsageError, match="32") as refused:
        key_encryption_keys(Settings(key_encryption_key=text))
    assert not text or text not in str(refused.value)


def test_a_key_file_that_cannot_be_read(tmp_path: Path) -> None:
    binary = tmp_path / "kek"
    binary.write_bytes(bytes([0xFF] * 32))
    for path in (tmp_path / "missing", binary):
        with pytest.raises(UsageError, match="cannot read the file of QUIETCLICKS_KEY"):
            key_encryption_keys(Settings(key_encryption_key_file=str(path)))


@pytest.mark.parametrize(
    ("bootstrap", "protocol", "clear"),
    [
        ("localhost:9092", "PLAINTEXT", False),
        ("127.0.0.1:9092,[::1]:9092", "SASL_PLAINTEXT", False),
        ("kafka.internal:9092", "PLAINTEXT", True),
        ("kafka.internal:9092", "SASL_PLAINTEXT", True),
        ("localhost:9092,kafka.internal:9092", "PLAINTEXT", True),
        ("localhost.evil.example:9092", "PLAINTEXT", True),
        ("kafka.internal:9093", "SSL", False),
        ("kafka.internal:9093", "SASL_SSL", False),
    ],
)
def test_addresses_in_the_clear_are_noticed(bootstrap: str, protocol: str, clear: bool) -> None:
    environment = {
        "QUIETCLICKS_BOOTSTRAP": bootstrap,
        "QUIETCLICKS_SECURITY_PROTOCOL": protocol,
    }
    assert is_in_the_clear(load(environment, None)) is clear
