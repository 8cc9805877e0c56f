"""Measures how many people are taken for programs, and how many programs are found, by user agents.

    python -m tests.bench.bots [--people FILE ...] [--programs FILE ...] [--names FILE]
                               [--devices FILE ...]

Reads what public packages ship for their own tests; docs/bots.md says which, and how to get them.
Each `--people` and `--programs` is one row. Half of the agents, by a hash of their text, is kept
back: patterns are written by looking at the other half. `--names` puts each of a file's names into
a browser's string in the ways of `tests/pipeline/fields/test_bots.py`; `--devices` are YAML that
says of each agent its device's `type`. Prints counts alone.
"""

import argparse
import json
import re
from collections.abc import Iterable, Iterator
from hashlib import sha256
from pathlib import Path

from quietclicks.pipeline.fields.bots import is_bot
from quietclicks.pipeline.fields.browser import client_of
from tests.pipeline.fields.test_bots import DRESSES

KEYS = {"user_agent", "userAgent", "useragent"}
TYPES = {
    "smartphone": "mobile",
    "phablet": "mobile",
    "feature phone": "mobile",
    "tablet": "tablet",
    "desktop": "desktop",
    "tv": "other",
    "wearable": "other",
    "console": "other",
}

_YAML = re.compile(r"(?m)^[ -]*user_agent: (.+)$")
_TYPE = re.compile(r"(?m)^[ -]*user_agent: (.+)\n(?:[ ]+.*\n)*?  device: *\n    type: (.+)$")


def user_agents(path: Path) -> Iterator[str]:
    """Of a file of JSON, of JSON lines, of YAML with one agent a line, or of lines."""
    text = path.read_text(encoding="utf-8", errors="replace")
    if path.suffix == ".json":
        yield from _in_json(json.loads(text))
    elif path.suffix == ".jsonl":
        yield from _in_json([json.loads(line) for line in text.splitlines()])
    elif path.suffix == ".yml":
        yield from map(_unquoted, _YAML.findall(text))
    else:
        yield from text.splitlines()


def _in_json(value: object) -> Iterator[str]:
    if isinstance(value, list):
        for each in value:
            yield from _in_json(each)
    elif isinstance(value, dict):
        for key, each in value.items():
            if key in KEYS and isinstance(each, str):
                yield each
            else:
                yield from _in_json(each)


def _unquoted(scalar: str) -> str:
    text = scalar.strip()
    if len(text) > 1 and text[0] == text[-1] == "'":
        return text[1:-1].replace("''", "'")
    if len(text) > 1 and text[0] == text[-1] == '"':
        return re.sub(r"\\(.)", r"\1", text[1:-1])
    return text


def is_kept_back(user_agent: str) -> bool:
    """Whether an agent is of the half that nobody looked at."""
    return sha256(user_agent.encode("utf-8", "replace")).digest()[0] % 2 == 1


def share(counted: dict[str, bool]) -> str:
    """Of how many it is so."""
    yes, every = sum(counted.values()), len(counted)
    return f"{yes:>6,} of {every:>7,} {100 * yes / max(every, 1):6.2f} %"


def line(kind: str, label: str, counted: dict[str, bool]) -> str:
    """A line of the table: of all agents, and of those kept back."""
    kept = {each: counted[each] for each in counted if is_kept_back(each)}
    return f"{kind:9}{label:31}{share(counted)}   kept back {share(kept)}"


def is_wrong(agents: Iterable[str], *, programs: bool) -> dict[str, bool]:
    """Each agent once: is it told wrongly?"""
    return {each: is_bot(each) != programs for each in {agent.strip() for agent in agents} if each}


def is_right_device(paths: Iterable[Path]) -> dict[str, dict[str, bool]]:
    """Of each type of device each agent: is its device told rightly?"""
    found: dict[str, dict[str, bool]] = {said: {} for said in TYPES}
    for path in paths:
        for scalar, said in _TYPE.findall(path.read_text(encoding="utf-8")):
            agent, said = _unquoted(scalar), _unquoted(said)
            if said in TYPES:
                found[said][agent] = client_of(agent, None).device == TYPES[said]
    return found


def main() -> None:
    """Print a line for each set, each way to name an agent, and each type of device."""
    parser = argparse.ArgumentParser(description="programs and people, by public user agents")
    for option in ("--people", "--programs"):
        parser.add_argument(option, nargs="+", action="append", default=[], type=Path)
    parser.add_argument("--names", type=Path)
    parser.add_argument("--devices", nargs="+", default=[], type=Path)
    given = parser.parse_args()
    for kind, sets in (("people", given.people), ("programs", given.programs)):
        for paths in sets:
            agents = (each for path in paths for each in user_agents(path))
            label = f"wrong, {len(paths)} × {paths[0].name}"[:30]
            print(line(kind, label, is_wrong(agents, programs=kind == "programs")))
    if given.names:
        names = [each.strip() for each in user_agents(given.names) if each.strip()]
        for way, dress in DRESSES.items():
            dressed = {dress.format(name): is_bot(dress.format(name)) for name in names}
            print(f"agents   {f'found, {way}':31}{share(dressed)}")
    if given.devices:
        for said, counted in is_right_device(given.devices).items():
            print(line("device", f"right, {said}", counted))


if __name__ == "__main__":
    main()
