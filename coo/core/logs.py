"""One `Log` from any of the forms in which people have one."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace

from coo.core.decode import decode
from coo.core.model import Line, Note, Section, Zone
from coo.core.sections import container_last, find_marks, split
from coo.core.text import clean

MAX_BYTES = 512 << 20
"""Bytes of one log that are read; the middle of a larger one is left out, and a note says so."""


@dataclass(frozen=True, slots=True)
class Part:
    """A file of an input: its name, and the job and step it belongs to where the name tells them.

    `continues`: its line numbers go on from the part before (steps of one job).
    """

    name: str
    data: bytes
    job: str | None = None
    step: str | None = None
    continues: bool = False


class Log:
    """A log as clean lines, each with its number in the input, its job, step and zone.

    `text`: UTF-8, lines separated by newlines; `starts`: the offset of each line in it.
    """

    def __init__(
        self,
        name: str,
        size: int,
        text: bytes,
        starts: array[int],
        sections: tuple[Section, ...],
        bases: Sequence[int],
        joined: Sequence[int],
        notes: tuple[Note, ...],
        has_error: bool = False,
    ) -> None:
        self.has_error = has_error
        """An `##[error]` line stands somewhere, or a step ended that may have failed without one."""
        self.name = name
        self.size = size
        self.text = text
        self.starts = starts
        self.sections = sections
        self.notes = notes
        self._bases = bases
        self._joined = joined
        self._section_starts = [section.start for section in sections]

    def __len__(self) -> int:
        """Count clean lines."""
        return len(self.starts)

    @property
    def line_count(self) -> int:
        """Lines of the input."""
        return len(self.starts) - len(self._joined)

    @property
    def jobs(self) -> tuple[str | None, ...]:
        """Names of the jobs in the log, in order; `(None,)` when it names none."""
        return tuple(dict.fromkeys(section.job for section in self.sections)) or (None,)

    @property
    def passed(self) -> bool:
        """Every job in the log ran to its end, and no step of it reported an error.

        False also where that cannot be told: an excerpt, the log of another tool, a job that was cut off.
        """
        last: dict[str | None, Section] = {}
        for section in self.sections:
            last[section.job] = section
        ended = all(section.zone is Zone.CLEANUP for section in last.values())
        return ended and not self.has_error

    def index_at(self, offset: int) -> int:
        """Give the index of the line in which a byte of `text` stands."""
        return bisect_right(self.starts, offset) - 1

    def number(self, index: int) -> int:
        """Give the 1-based number of a line in the input (in its own file, for an archive)."""
        base = self._bases[bisect_right(self._bases, index) - 1]
        before = bisect_right(self._joined, index) - bisect_right(self._joined, base)
        return index - base - before + 1

    def section_at(self, index: int) -> Section:
        """Give the section that holds a line."""
        return self.sections[max(bisect_right(self._section_starts, index) - 1, 0)]

    def text_at(self, index: int) -> str:
        """Give the clean text of a line."""
        stop = self.starts[index + 1] - 1 if index + 1 < len(self.starts) else len(self.text)
        return self.text[self.starts[index] : stop].decode("utf-8", "replace")

    def line(self, index: int) -> Line:
        """Give a line with all that is known of it."""
        section = self.section_at(index)
        return Line(self.number(index), self.text_at(index), index, section.job, section.step, section.zone)

    def lines(self, start: int, stop: int) -> list[Line]:
        """Give the lines `start <= index < stop` that exist."""
        return [self.line(index) for index in range(max(start, 0), min(stop, len(self)))]

    def mark_failed(self, steps: Sequence[str]) -> Log:
        """Give the same log with exactly these steps marked as failed (what the jobs API says beats the log's look).

        A log whose steps carry none of these names stays as it is.
        """
        names = {name.casefold() for name in steps}
        known = [s for s in self.sections if s.step is not None and s.step.casefold() in names]
        if not known:
            return self
        sections = tuple(
            replace(s, failed=s.zone is not Zone.SCRIPT and s.step is not None and s.step.casefold() in names)
            for s in self.sections
        )
        same = (self.name, self.size, self.text, self.starts)
        return Log(*same, sections, self._bases, self._joined, self.notes, self.has_error)


def read_log(data: bytes, name: str = "log") -> Log:
    """Read a log from the bytes of a file. Raises `InputError` when they are not text."""
    return read_parts([Part(name, data)], name, len(data))


def read_parts(parts: Sequence[Part], name: str, size: int) -> Log:
    """Read a log that comes in several files (jobs of an archive), in order."""
    texts: list[bytes] = []
    origins: list[tuple[int, str | None, str | None]] = []
    bases: list[int] = []
    joined: list[int] = []
    notes = {"long-lines-capped": 0, "invalid-utf8": 0, "log-cut": 0}
    count = 0
    for part in parts:
        data, cut = decode(part.data, part.name, MAX_BYTES)
        data, shortened = _bounded(data)
        done = clean(data)
        if not part.continues:
            bases.append(count)
        if part.job is not None or len(parts) > 1:
            origins.append((count, part.job, part.step))
        origins += [(count + index, job or part.job, step or part.step) for index, job, step in done.origins]
        joined += [count + index for index in done.joined]
        notes["long-lines-capped"] += done.long_lines
        notes["invalid-utf8"] += done.invalid_utf8
        notes["log-cut"] += cut or shortened
        if part.continues and not done.text:
            continue
        texts.append(done.text)
        count += done.text.count(b"\n") + 1
    text = b"\n".join(texts) if texts else b""
    starts = _starts(text)
    marks = find_marks(text, starts)
    sections = split(marks, origins, len(starts))
    told = tuple(Note(code, n) for code, n in notes.items() if n)
    error = any(mark.text.startswith("##[error]") for mark in marks) or container_last(marks, sections)
    return Log(name, size, text, starts, sections, bases or [0], joined, told, error)


def _bounded(data: bytes) -> tuple[bytes, bool]:
    """Leave out the middle of a log that is larger than `MAX_BYTES`: failures stand at the end."""
    if len(data) <= MAX_BYTES:
        return data, False
    return data[: MAX_BYTES // 8] + b"\n[...]\n" + data[-MAX_BYTES * 7 // 8 :], True


def _starts(text: bytes) -> array[int]:
    starts = array("Q", [0])
    at = text.find(b"\n")
    while at >= 0:
        starts.append(at + 1)
        at = text.find(b"\n", at + 1)
    return starts
