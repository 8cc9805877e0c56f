"""`make instructions`: the instructions that deciding about an event takes, beside another version.

    make instructions [BASE=revision]

Both versions run the same events in memory, one after the other, under valgrind, which counts and
does not time: the same code differs by less than 0.1 %. More than 5 % above the base without a
reason in CHANGELOG.md is exit status 1; where nothing can be counted it is 2.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from math import ceil
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from quietclicks.demo.load import load
from quietclicks.errors import Failure, QuietclicksError, UsageError
from tests.bench import instructions_workload
from tests.paths import ROOT

LIMIT = 1.05  # of the base, without a reason
WARM, COUNTED = 120_000, 60_000  # events
BLOCK = 30_000  # of one seed, as a new half hour with visitors of its own
BASE = ROOT / "tests" / "bench" / "base"
TREES = ("quietclicks", "deploy")  # what of a version is needed

_SLOWER = re.compile(r"(?m)^- Slower by ([0-9]+(?:\.[0-9]+)?) %: \S")


class Verdict(NamedTuple):
    """Whether the working tree may be as it is, and the lines that say so."""

    holds: bool
    text: str


def limit_of(changelog: str) -> float:
    """The highest ratio to the base: 1.05, or what the reasons in the unreleased section add up to.

    A reason is an entry of its own, `- Slower by 12 %: why`, and excuses no more than it says.
    """
    sections = re.split(r"(?m)^## ", changelog)[1:]
    unreleased = [each for each in sections if "unreleased" in each.partition("\n")[0].lower()]
    percent = sum(float(found) for each in unreleased for found in _SLOWER.findall(each))
    return max(LIMIT, 1 + percent / 100)


def verdict(base: float, ours: float, limit: float) -> Verdict:
    """Of instructions an event."""
    ratio = ours / base
    text = (
        f"base          {base:>9,.0f} instructions an event\n"
        f"working tree  {ours:>9,.0f}\n"
        f"ratio         {ratio:>9.3f}, at most {limit:.2f}"
    )
    if ratio <= limit:
        return Verdict(True, text)
    why = f"- Slower by {ceil((ratio - 1) * 100)} %: ..."
    return Verdict(False, f"{text}\nslower: say why in CHANGELOG.md, unreleased, as `{why}`")


def counted(outputs: Sequence[str]) -> int:
    """Of the files that valgrind wrote of both processes: what the one that went on did alone."""
    if len(outputs) != 2:
        raise Failure(f"valgrind wrote of {len(outputs)} processes, and should of two")
    child, whole = sorted(_instructions(text) for text in outputs)
    return whole - child


def _instructions(output: str) -> int:
    # events: Ir ...     summary: 14259055928 ...
    fields = dict(re.findall(r"(?m)^(events|summary): *(\S+)", output))
    if fields.get("events") != "Ir" or not fields.get("summary", "").isdecimal():
        raise Failure("valgrind wrote no number of instructions")
    return int(fields["summary"])


def base_of(tags: str, file: str) -> str:
    """The newest release; as long as there is none, the revision that the file names."""
    lines = [line.strip() for line in file.splitlines()]
    named = [line for line in lines if line and not line.startswith("#")]
    return (tags.split() or named)[0]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run it; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.instructions")
    parser.add_argument(
        "--base", metavar="REV", help="default: the newest v* tag, or the base file"
    )
    named = parser.parse_args(arguments).base
    try:
        for tool in ("valgrind", "git", "tar"):
            if shutil.which(tool) is None:
                raise UsageError(f"{tool} is missing: instructions are counted with it")
        with TemporaryDirectory() as folder:
            found = _compare(named or _default_base(), Path(folder))
    except QuietclicksError as error:
        print(f"instructions: {error}", file=sys.stderr)
        return error.exit_status
    print(found.text)
    return 0 if found.holds else 1


def _default_base() -> str:
    tags = _git("tag", "--list", "v*", "--sort=-version:refname")
    return base_of(tags, BASE.read_text("utf-8"))


def _compare(revision: str, folder: Path) -> Verdict:
    tree, archive, events = folder / "base", folder / "base.tar", folder / "events"
    commit = _git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
    _git("archive", "--output", str(archive), commit.strip(), "--", *TREES)
    tree.mkdir()
    subprocess.run(["tar", "-xf", archive, "-C", tree], check=True)
    with events.open("wb") as file:
        for seed in range((WARM + COUNTED) // BLOCK):
            lines = load(seed, BLOCK, instructions_workload.START)
            file.writelines(line + b"\n" for line in lines)
    base = _count(f"the base, {revision}", tree, events)
    ours = _count("the working tree", ROOT, events)
    limit = limit_of((ROOT / "CHANGELOG.md").read_text("utf-8"))
    return verdict(base, ours, limit)


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        said = done.stderr.strip() or "no such revision"
        raise UsageError(f"git {' '.join(arguments[:1])}: {said} (a shallow clone has no base)")
    return done.stdout


def _count(name: str, tree: Path, events: Path) -> float:
    """Instructions an event, of the package in a tree."""
    print(f"{name}: {WARM + COUNTED:,} events, about half a minute", file=sys.stderr, flush=True)
    with TemporaryDirectory(dir=events.parent) as folder:
        environment = {
            **os.environ,
            "PYTHONPATH": str(tree),
            "PYTHONHASHSEED": "0",
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        counter = ["valgrind", "-q", "--tool=cachegrind", "--cache-sim=no"]
        counter += [f"--cachegrind-out-file={folder}/%p"]
        workload = [sys.executable, "-P", instructions_workload.__file__, str(tree), str(events)]
        done = subprocess.run(
            [*counter, *workload, str(WARM), str(COUNTED)],
            env=environment,
            capture_output=True,
            text=True,
        )
        if done.returncode:
            last = done.stderr.strip().rpartition("\n")[2]
            raise Failure(f"{name} does not run: {last}")
        outputs = [path.read_text("utf-8") for path in Path(folder).iterdir()]
    return counted(outputs) / COUNTED


if __name__ == "__main__":
    sys.exit(main())
