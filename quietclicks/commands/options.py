"""What several commands share: finding the policy and the settings."""

import os
from collections.abc import Iterable
from pathlib import Path

import click
import msgspec

from quietclicks.agents.files import read_file
from quietclicks.agents.settings import Settings, load
from quietclicks.errors import UsageError
from quietclicks.pipeline.policy import Policy, parse

MAX_TEXT_BYTES = 1024 * 1024  # of a policy: some thousand sites


policy_option = click.option("--policy", "policy_path", metavar="F", help="The policy file.")


def print_json(values: Iterable[dict[str, object]]) -> None:
    """One object a line, for programs."""
    for value in values:
        click.echo(msgspec.json.encode(value).decode())


def settings() -> Settings:
    """From the environment, and the file that QUIETCLICKS_CONFIG names."""
    return load(os.environ, os.environ.get("QUIETCLICKS_CONFIG"))


def read_policy(file: str | None, chosen: Settings | None = None) -> Policy:
    """The policy: `file`, else QUIETCLICKS_POLICY, else deploy/policy.toml of this checkout.

    `chosen`: settings that are read already, for who takes only some.
    """
    path = policy_file(file, chosen)
    return parse(read_text(path), str(path))


def policy_file(file: str | None, chosen: Settings | None = None) -> Path:
    """Where the policy stands; raises `UsageError`."""
    named = file or os.environ.get("QUIETCLICKS_POLICY") or (chosen or settings()).policy
    if named:
        return Path(named)
    path = Path(__file__).resolve().parents[2] / "deploy" / "policy.toml"
    if not path.is_file():
        raise UsageError("there is no policy here: name one with --policy or QUIETCLICKS_POLICY")
    return path


def read_text(path: Path) -> str:
    """A text file; raises `UsageError`."""
    try:
        return read_file(path, MAX_TEXT_BYTES).decode("utf-8-sig")
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise UsageError(f"{path} is not a text in UTF-8") from None
