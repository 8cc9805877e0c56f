"""The page's texts: each language has them all, and none that nobody says."""

import re
from pathlib import Path

import orjson
import pytest

from quietclicks.pipeline.fields import BREAKDOWNS
from tests.paths import ROOT

STATIC = ROOT / "quietclicks" / "agents" / "web" / "static"
TEXTS = {path.stem: orjson.loads(path.read_bytes()) for path in sorted(STATIC.glob("*.json"))}
SCRIPTS = "\n".join(path.read_text("utf-8") for path in sorted(STATIC.glob("*.js")))
MARKUP = (STATIC / "dashboard.html").read_text("utf-8")
PLURALS = re.compile(r"\.(one|other)$")
HOLE = re.compile(r"\\?\$\{[^{}]*(?:\{[^{}]*\}[^{}]*)*\}")


def said() -> tuple[set[str], list[re.Pattern[str]]]:
    """Keys that are written out, and patterns of those that are put together."""
    names = set(re.findall(r'data-(?:text|label)="([^"]+)"', MARKUP))
    names |= set(re.findall(r'"([a-z][\w.-]*)"', SCRIPTS))
    made = [
        re.compile("(.+)".join(re.escape(piece) for piece in HOLE.split(each)))
        for each in re.findall(r"`([a-z][a-z-]*\.[^`\s]*\$\{[^`]*)`", SCRIPTS)
    ]
    return names, made


def test_each_language_has_the_same_keys_and_the_same_blanks() -> None:
    english = TEXTS["en"]
    for texts in TEXTS.values():
        assert list(texts) == list(english)
        for key, text in texts.items():
            blanks = set(re.findall(r"\{\w+\}", text))
            assert blanks == set(re.findall(r"\{\w+\}", english[key])), key


@pytest.mark.parametrize("language", [each for each in TEXTS if each != "en"])
def test_a_translation_is_one(language: str) -> None:
    same = {key for key, text in TEXTS[language].items() if text == TEXTS["en"][key]}
    allowed = ("choice.", "kind.", "how.at-least", "privacy.k-dimension")
    assert {key for key in same if not key.startswith(allowed)} == set()


def test_every_text_is_said_somewhere() -> None:
    names, made = said()
    bare = {key: PLURALS.sub("", key) for key in TEXTS["en"]}
    keys = {stem if f"{stem}.one" in bare else key for key, stem in bare.items()}
    silent = {
        key for key in keys if key not in names and not any(each.fullmatch(key) for each in made)
    }
    assert silent == set()


def test_every_text_that_is_said_is_there() -> None:
    keys = TEXTS["en"].keys() | {PLURALS.sub("", key) for key in TEXTS["en"]}
    spoken = set(re.findall(r'\bsay\("([^"]+)"', SCRIPTS))
    spoken |= set(re.findall(r'data-(?:text|label)="([^"]+)"', MARKUP))
    assert len(spoken) > 50
    assert spoken - keys == set()


@pytest.mark.parametrize("dimension", BREAKDOWNS)
def test_every_list_has_words_of_its_own(dimension: str) -> None:
    wanted = {f"list.{dimension}.{part}" for part in ("title", "heading", "none")}
    assert wanted <= TEXTS["en"].keys()


def test_every_file_of_the_folder_is_small() -> None:
    lines = {path.name: path.read_text("utf-8").count("\n") for path in Path(STATIC).iterdir()}
    assert {name: count for name, count in lines.items() if count > 300} == {}
