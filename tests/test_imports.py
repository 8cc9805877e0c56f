"""The import arrow: schemas <- pipeline <- agents <- commands, read from every module's source.

Imports inside functions count as well. What the pure rooms may import is listed, not what they may
not: a library that nobody thought of is refused.
"""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.paths import ROOT
from tests.rows import each_row

PACKAGE = ROOT / "quietclicks"
MODULES = sorted(PACKAGE.rglob("*.py"))
ROOMS = {"schemas", "pipeline", "agents", "commands", "embedded", "demo"}
ABOVE = {"errors", "children", "__version__"}  # in no room: everybody may import them
MAY_IMPORT = {
    "schemas": {"schemas"},
    "pipeline": {"schemas", "pipeline"},
    "agents": {"schemas", "pipeline", "agents"},
    "commands": ROOMS,
    "embedded": {"embedded"},
    "demo": {"schemas", "pipeline", "demo"},
}
# Inside `pipeline/`: what each room may import of the others, each of those above it. "" is the
# ground floor: its loose files.
INSIDE = {
    "": set(),
    "policy": set(),
    "scrub": set(),
    "pseudonyms": set(),
    "consent": {"policy"},
    "topology": {"policy"},
    "access": {"policy", "topology"},
    "fields": {"policy", "scrub"},
    "statement": {"policy", "fields", "topology"},
    "release": {"policy"},
    "evidence": {"topology", "access", "release"},
    "rights": {"policy", "pseudonyms", "evidence", "fields", "topology", "statement"},
    "counting": {"release"},
    "attack": {"release"},
    "dashboard": {"fields"},
    "anonymise": {
        *("policy", "scrub", "pseudonyms", "consent", "fields", "rights", "release", "counting"),
    },
    "audit": {
        *("policy", "scrub", "pseudonyms", "evidence", "consent", "topology", "access", "fields"),
        *("statement", "release", "attack", "anonymise"),
    },
    "collect": {"policy", "fields", "consent"},
    "logs": {"scrub", "fields", "anonymise"},
    "dry_run": {"policy", "pseudonyms", "fields", "release", "anonymise", "logs"},
}
# Pure: no files, clock, randomness, environment, network, processes, threads or logging. `datetime`
# is here for its types; that nobody asks it for the time is a test of its own.
PURE = set(
    """
    array ast binascii base64 bisect codecs collections dataclasses datetime difflib enum fnmatch
    fractions functools hashlib
    heapq html ipaddress itertools json math operator re string struct sys textwrap tomllib types
    typing unicodedata urllib zlib

    can_ada crawleruseragents iso639 msgspec orjson phonenumbers publicsuffixlist re2 stdnum
    ua_parser
    """.split()
)
# These write an address another way; the rest of `socket` reaches out. Dice are drawn by who seeds
# them. An Ed25519 signature is the same each time, and so is a box, of one ephemeral key; keys are
# made elsewhere.
PURE_PARTS = {
    *("cryptography.exceptions.InvalidSignature", "cryptography.exceptions.InvalidTag"),
    "cryptography.hazmat.primitives.asymmetric.ed25519.Ed25519PrivateKey",
    "cryptography.hazmat.primitives.asymmetric.ed25519.Ed25519PublicKey",
    "cryptography.hazmat.primitives.asymmetric.x25519.X25519PrivateKey",
    "cryptography.hazmat.primitives.asymmetric.x25519.X25519PublicKey",
    "cryptography.hazmat.primitives.ciphers.aead.AESGCM",
    "cryptography.hazmat.primitives.hashes.SHA256",
    "cryptography.hazmat.primitives.kdf.hkdf.HKDF",
    *("socket.AF_INET", "socket.AF_INET6", "socket.inet_ntop", "socket.inet_pton"),
    "random.Random",
}
IMPURE_PARTS = {"urllib.request", "urllib.robotparser", "sys.stdin"}
ASKS_THE_CLOCK = {"now", "today", "utcnow"}
MAKES_A_KEY = {"generate"}
REACH_OUT = {"open", "input", "print", "breakpoint", "exec", "eval", "__import__"}


def room_of(path: Path) -> str:
    parts = path.relative_to(PACKAGE).parts
    return parts[0] if len(parts) > 1 else ""


def imports(tree: ast.AST) -> Iterator[str]:
    """Every imported name in full, wherever the statement stands."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative"
            assert node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def problems(source: str, room: str) -> list[str]:
    """What is wrong with a module of a room."""
    tree = ast.parse(source)
    found = []
    for name in imports(tree):
        top, _, rest = name.partition(".")
        if top == "quietclicks":
            other = rest.partition(".")[0]
            if other not in MAY_IMPORT[room] | ABOVE:
                found.append(f"{room} imports {name}")
        elif room in {"schemas", "pipeline"} and (
            (top not in PURE and name not in PURE_PARTS)
            or any(name.startswith(part) for part in IMPURE_PARTS)
        ):
            found.append(f"{room} imports {name}")
    if room in {"schemas", "pipeline"}:
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and node.attr in ASKS_THE_CLOCK:
                found.append(f"{room} asks for the time in line {node.lineno}")
            if isinstance(node, ast.Attribute) and node.attr in MAKES_A_KEY:
                found.append(f"{room} makes a key in line {node.lineno}")
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                called = node.func.id
                if called in REACH_OUT or (called == "Random" and not node.args):
                    found.append(f"{room} calls {called} in line {node.lineno}")
    return found


@each_row("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_the_import_arrow(path: Path) -> None:
    room = room_of(path)
    if room == "":
        assert path.name in {"__init__.py", "__main__.py", "children.py", "errors.py"}
        return
    assert room in ROOMS
    assert problems(path.read_text("utf-8"), room) == []


def inside(path: Path) -> str:
    """The room inside `pipeline/`."""
    parts = path.relative_to(PACKAGE / "pipeline").parts
    return parts[0] if len(parts) > 1 else ""


def turns(source: str, here: str) -> list[str]:
    """What a module of a room inside `pipeline/` imports that it may not."""
    found = []
    for name in imports(ast.parse(source)):
        parts = name.split(".")
        if parts[:2] == ["quietclicks", "pipeline"]:
            there = parts[2] if parts[2] in INSIDE else ""
            if there not in INSIDE[here] | {here, ""}:
                found.append(f"{here or 'the ground floor'} imports {name}")
    return found


@each_row(
    "path",
    sorted((PACKAGE / "pipeline").rglob("*.py")),
    ids=lambda path: str(path.relative_to(PACKAGE)),
)
def test_the_arrow_inside_the_pipeline(path: Path) -> None:
    assert inside(path) in INSIDE, "a new room: say what it may import"
    assert turns(path.read_text("utf-8"), inside(path)) == []


def test_the_rooms_stand_on_those_above_them() -> None:
    seen: set[str] = set()
    for room, below in INSIDE.items():
        assert below <= seen, room
        seen.add(room)


@pytest.mark.parametrize(
    ("here", "source"),
    [
        ("", "from quietclicks.pipeline.policy import Policy"),
        ("fields", "from quietclicks.pipeline.anonymise import steps"),
        ("policy", "import quietclicks.pipeline.release.params"),
        ("release", "from quietclicks.pipeline import counting"),
    ],
)
def test_what_would_turn_the_arrow_inside_is_seen(here: str, source: str) -> None:
    assert len(turns(source, here)) == 1


@each_row(
    ("room", "source"),
    [
        ("schemas", "from quietclicks.pipeline.policy import Policy"),
        ("pipeline", "import quietclicks.agents.keys.store"),
        ("pipeline", "def f():\n    from quietclicks.agents import keys"),
        ("pipeline", "import time"),
        ("pipeline", "def f():\n    import random"),
        ("pipeline", "from os import environ"),
        ("pipeline", "from pathlib import Path"),
        ("pipeline", "import logging"),
        ("pipeline", "import secrets"),
        ("pipeline", "import io"),
        ("pipeline", "import aiokafka"),
        ("pipeline", "from faust import App"),
        ("pipeline", "from urllib.request import urlopen"),
        ("pipeline", "from datetime import datetime\ndatetime.now()"),
        ("pipeline", "f().generate()"),
        ("pipeline", "from cryptography.fernet import Fernet"),
        ("pipeline", "open('x')"),
        ("pipeline", "print('x')"),
        ("agents", "from quietclicks.commands import cli"),
        ("agents", "from quietclicks.embedded.broker import Broker"),
        ("embedded", "from quietclicks.pipeline.policy import Policy"),
        ("demo", "from quietclicks.agents import topics"),
    ],
)
def test_what_would_turn_the_arrow_is_seen(room: str, source: str) -> None:
    assert len(problems(source, room)) == 1


def test_importing_the_pure_rooms_loads_nothing_that_moves_data() -> None:

    names = [
        ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for path in MODULES
        if room_of(path) in {"schemas", "pipeline"} and path.name != "__init__.py"
    ]
    assert len(names) > 60
    program = (
        f"import sys\nfor name in {names}: __import__(name)\n"
        "print(*sorted({'aiokafka', 'faust', 'mode', 'quietclicks.agents'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert done.stdout.strip() == ""
    assert done.stderr == ""
