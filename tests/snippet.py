"""The snippet as it is served, made of its source: without comments, indentation and line breaks.

`python -m tests.snippet` writes it. It is no minifier: every name stays, and what it says can be
read.
"""

import re

from tests.paths import ROOT

FOLDER = ROOT / "quietclicks" / "agents" / "collector" / "static"
SOURCE, SERVED = FOLDER / "snippet.js", FOLDER / "q.js"


def built(source: str) -> str:
    lines = map(str.strip, source.splitlines())
    kept = "\n".join(line for line in lines if line and not line.startswith("//")) + "\n"
    # Behind these a line break says nothing.
    return re.sub(r"(?<=[{(,;])\n", "", kept)


if __name__ == "__main__":
    SERVED.write_text(built(SOURCE.read_text("utf-8")), "utf-8")
