"""TOML text to a dictionary, or one reason why not, in a time that goes with the text's length.

For hostile text Python's reader raises several errors; a key of many parts takes it the square of
their number, and a whole number may have any length.
"""

import tomllib
from typing import Any

import re2

MAX_PARTS = 32  # of a key; the longest that means anything has four
MAX_NUMBER = 2**63 - 1  # as TOML has it
_LONG_NUMBER = "a number of more than 64 bits"
_PART = r"""(?:[A-Za-z0-9_-]+|"[^"\n]*"|'[^'\n]*')"""
_LONG_KEY = re2.compile(rf"{_PART}(?:[ \t]*\.[ \t]*{_PART}){{{MAX_PARTS}}}")


def read_toml(text: str) -> dict[str, Any]:
    """Raises `ValueError` with the reason."""
    if _LONG_KEY.search(text):
        raise ValueError(f"a key of more than {MAX_PARTS} parts")
    try:
        data = tomllib.loads(text)
    except RecursionError:
        raise ValueError("lists or tables within one another, too deep to be read") from None
    except tomllib.TOMLDecodeError:
        raise
    except ValueError:
        raise ValueError(_LONG_NUMBER) from None
    rest: list[object] = [data]
    while rest:
        value = rest.pop()
        if isinstance(value, dict):
            rest += value.values()
        elif isinstance(value, list):
            rest += value
        elif isinstance(value, int) and not -MAX_NUMBER <= value <= MAX_NUMBER:
            raise ValueError(_LONG_NUMBER)
    return data
