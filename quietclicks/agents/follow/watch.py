"""One log by its name: the file that has it now, and those that had it and may still be written to.

Files are told by device, inode and how they begin; a copy that was made before the log was emptied
is found by how it begins. What cannot be found any more is said, and never passed over in silence.
"""

import os
import re
import stat
from collections.abc import Callable, Sequence
from pathlib import Path

from quietclicks.agents.follow.growing import Emptied, GrowingFile, Portion, Recognise, Say
from quietclicks.errors import UsageError
from quietclicks.pipeline.logs.generation import Generation

# How long a file is read on that has lost its name: a server's old processes write to it to their
# end. As long as that a last line that nothing ends is waited for.
LINGER_SECONDS = 600
OLDER = r"[.-][0-9][0-9TZ._-]*"  # behind a log's name, or before its suffix: `.1`, `-20261128`


class Watch:
    """`known`: how far it was read, by generation; `None` if it is followed for the first time."""

    def __init__(
        self,
        path: Path,
        known: Sequence[Generation] | None,
        recognise: Recognise,
        say: Say,
        *,
        draw_id: Callable[[], str],
        clock: Callable[[], float],
    ) -> None:
        self._path = path
        self._recognise = recognise
        self._say = say
        self._draw_id = draw_id
        self._clock = clock
        self._files: list[GrowingFile] = []
        self._idle_since: dict[GrowingFile, float] = {}
        self._current: tuple[int, int] | None = None
        self._said = ""
        self.is_changed = True  # what is to be kept is not what was kept
        if known is None:
            self._join()
        else:
            self._resume(known)

    @property
    def generations(self) -> list[Generation]:
        """What is to be kept."""
        return [each.generation for each in self._files]

    def poll(self) -> Portion | None:
        """The next lines, of the oldest file that has any. Raises `UsageError`.

        The same ones again, until they are taken.
        """
        self.look()
        for file in list(self._files):
            try:
                portion = file.portion(self._recognise, self._say)
            except Emptied:
                return None  # just now: the next look sees it
            if portion is not None:
                self._idle_since.pop(file, None)
            elif file.identity != self._current:
                portion = self._end_of(file)
            if portion is not None:
                return portion
        return None

    def look(self) -> None:
        """What was rotated; soon after it was, however much there is to read and to wait for."""
        self._look()
        for file in [each for each in self._files if not each.has(each.generation)]:
            self._go_on_in_copy(file)

    def take(self, portion: Portion) -> None:
        """The broker has it. Its lines may stand in a copy by now, or nowhere any more."""
        for file in self._files:
            if file.generation.id == portion.then.id:
                file.take(portion)

    def close(self) -> None:
        """Nothing more is read."""
        for file in self._files:
            file.close()

    def _look(self) -> None:
        """Which file has the name now."""
        try:
            status = os.stat(self._path)
            self._current = status.st_dev, status.st_ino
            if any(each.identity == self._current for each in self._files):
                return
            file = self._opened_anew(self._path)
        except OSError as error:
            self._current = None
            if self._said != (told := f"{self._path}: {error.strerror}; waiting for it"):
                self._said = told
                self._say(told)
            return
        self._said = ""
        self._current = file.identity
        self._add(file)

    def _end_of(self, file: GrowingFile) -> Portion | None:
        """The last line of a file without a name, once nobody writes to it; then it goes."""
        since = self._idle_since.setdefault(file, self._clock())
        if self._clock() - since < LINGER_SECONDS:
            return None
        portion = file.portion(self._recognise, self._say, is_over=True)
        if portion is None:
            file.close()
            self._files.remove(file)
            del self._idle_since[file]
            self.is_changed = True
        return portion

    def _join(self) -> None:
        """From the end on, as `tail -f` does; a log that is not there yet, from its beginning."""
        self._look()
        for file in self._files:
            if position := file.join():
                self._say(f"{self._path}: followed from its end on, {position:,} bytes in")

    def _resume(self, known: Sequence[Generation]) -> None:
        for generation in known:
            self._find(generation)
        self._look_between(known)
        self._look()

    def _find(self, generation: Generation) -> None:
        """The file that it is of, or a copy; says so where there is none."""
        identity = generation.device, generation.inode
        for path in (self._path, *(each for each, _ in self._beside())):
            if _identity(_status(path)) != identity:
                continue
            file = self._opened(path, generation)
            if file.has(generation):
                self._add(file)
                return
            if path == self._path or self._is_older(path):
                self._add(file)
                self._go_on_in_copy(file)
                return
            file.close()  # some other file that was given its inode
        self._find_copy(generation)

    def _find_copy(self, generation: Generation) -> None:
        if not generation.head_bytes:
            return  # nothing was in it when it was last looked at, and nothing tells a copy
        for path in self._not_open():
            try:
                file = self._opened(path, generation)
            except OSError:  # rotated on since, or not for this user: then it is said below
                continue
            if file.has(generation):
                self._add(file)
                return
            file.close()
        self._say(
            f"{self._path}: what was read before is gone or packed, and nothing is left to read on "
            "in; lines that came last in it may be missing"
        )

    def _go_on_in_copy(self, file: GrowingFile) -> None:
        before = file.generation
        file.begin(self._draw_id())
        self.is_changed = True
        self._find_copy(before)
        self._files.remove(file)  # it comes behind what was before it
        self._files.append(file)

    def _look_between(self, known: Sequence[Generation]) -> None:
        """Files that had the name and lost it while nobody looked: younger than the last known."""
        last = [each for each in self._files if each.generation.id == known[-1].id] if known else []
        if not last or last[0].identity == _identity(_status(self._path)):
            return
        since = last[0].modified_ns
        for path, status in reversed(self._older()):
            if status.st_mtime_ns >= since:
                self._add(self._opened_anew(path))

    def _not_open(self) -> list[Path]:
        """The log itself, too: a device may have another number after the machine has started."""
        is_open = any(each.identity == _identity(_status(self._path)) for each in self._files)
        itself = [] if is_open or not self._path.is_file() else [self._path]
        return itself + [path for path, _ in self._older()]

    def _older(self) -> list[tuple[Path, os.stat_result]]:
        """Not open yet, by a name that is made of the log's; the youngest first."""
        is_open = {each.identity for each in self._files}
        found = [
            (path, status)
            for path, status in self._beside()
            if self._is_older(path) and _identity(status) not in is_open
        ]
        return sorted(found, key=lambda each: each[1].st_mtime_ns, reverse=True)

    def _is_older(self, path: Path) -> bool:
        name, stem, suffix = map(re.escape, (self._path.name, self._path.stem, self._path.suffix))
        return bool(re.fullmatch(f"{name}{OLDER}|{stem}{OLDER}{suffix}", path.name))

    def _beside(self) -> list[tuple[Path, os.stat_result]]:
        """The folder's files."""
        found = [(path, _status(path)) for path in self._path.parent.iterdir()]
        return [(path, each) for path, each in found if each and stat.S_ISREG(each.st_mode)]

    def _add(self, file: GrowingFile) -> None:
        self._files.append(file)
        self.is_changed = True

    def _opened_anew(self, path: Path) -> GrowingFile:
        file = self._opened(path, Generation(self._draw_id(), 0, 0))
        file.begin(file.generation.id)
        return file

    def _opened(self, path: Path, generation: Generation) -> GrowingFile:
        # A named pipe that nobody writes to must not be waited for.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise UsageError(f"{self._path} is no file that can be followed: name a log's file")
        return GrowingFile(self._path, descriptor, generation)


def _status(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except OSError:
        return None


def _identity(status: os.stat_result | None) -> tuple[int, int] | None:
    return None if status is None else (status.st_dev, status.st_ino)
