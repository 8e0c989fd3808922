"""The structure of a job's log: which lines are set-up, echoed script, a step's output, clean-up; which step failed."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace

from coo.core.automaton import Finder
from coo.core.model import Section, Zone

_MARK = Finder(
    r"(?m)^(?:##\[(?:group|endgroup|error)\].*|##\[command\]\S*docker run --name .*"
    r"|Post job cleanup\.|Cleaning up orphan processes|Current runner version: .*|Complete job name: .*)$"
)
_RUN = "##[group]Run "
MAX_SCRIPT = 3000
"""Lines; an echoed script that never ends is taken to have ended (a log must not hide the rest of itself)."""
_EXITED = "##[error]Process completed with exit code"
_END_DISTANCE = 4
"""An `##[error]` this near to the end of a step failed it; earlier ones are annotations."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A line that says something of the log's structure."""

    index: int
    text: str


def find_marks(text: bytes, line_of: Sequence[int]) -> list[Mark]:
    """Find structural lines; `line_of` are the offsets at which lines begin, in order."""
    return [
        Mark(bisect_right(line_of, start) - 1, text[start:stop].decode("utf-8", "replace"))
        for start, stop in _MARK.spans(text)
    ]


class _Splitter:
    """Walks over the structural lines and cuts a section wherever job, step or zone change."""

    def __init__(self) -> None:
        self.out: list[Section] = []
        self.start = 0
        self.job: str | None = None
        self.step: str | None = None
        self.zone = Zone.STEP
        self.working: str | None = None
        """The step before the clean-up."""
        self.named = False
        """The input names its steps (`gh run view --log`, archives): marks then tell zones only."""

    def cut(self, at: int) -> None:
        if at > self.start:
            self.out.append(Section(self.start, at, self.job, self.step, self.zone))
            self.start = at

    def enter(self, at: int, zone: Zone, step: str | None) -> None:
        self.cut(at)
        self.zone = zone
        if not self.named:
            self.step = step

    def origin(self, at: int, job: str | None, step: str | None) -> None:
        self.cut(at)
        self.named = step is not None
        if self.named or job != self.job:
            self.zone = _zone_of(step)
            self.step = step
        self.job = job

    def mark(self, at: int, text: str) -> None:
        if self.zone is Zone.SCRIPT:
            if text.startswith("##[endgroup]"):
                self.enter(at + 1, Zone.STEP, self.step)
                return
            self.zone = Zone.STEP  # never closed: a tool printed the header, and what follows it did happen
        if self.zone is Zone.CLEANUP and not self.named and text.startswith(_EXITED):
            self.reopen()
        if text.startswith(_RUN):
            self.enter(at, Zone.SCRIPT, text.removeprefix("##[group]")[:200])
        elif text.startswith("Current runner version"):
            self.enter(at, Zone.SETUP, "Set up job")
        elif self.zone is Zone.SETUP and text.startswith("Complete job name"):
            self.enter(at + 1, Zone.STEP, None)
        elif text.startswith(("Post job cleanup.", "Cleaning up orphan")) and not self.named:
            self.working = self.step if self.zone is not Zone.CLEANUP else self.working
            self.enter(at, Zone.CLEANUP, None)

    def reopen(self) -> None:
        """A command ended after the "clean-up": a step of the job had printed those words itself."""
        while self.out and self.out[-1].zone is Zone.CLEANUP and self.out[-1].job == self.job:
            self.start = self.out.pop().start
        self.zone, self.step = Zone.STEP, self.working


def split(
    marks: Sequence[Mark], origins: Sequence[tuple[int, str | None, str | None]], count: int
) -> tuple[Section, ...]:
    """Cut lines `0..count` into sections. Every line is in exactly one of them."""
    walk = _Splitter()
    at = 0
    for mark in [*marks, Mark(count, "")]:
        while at < len(origins) and origins[at][0] <= mark.index:
            walk.origin(*origins[at])
            at += 1
        walk.mark(mark.index, mark.text)
    walk.cut(count)
    return _with_failures(_end_scripts(walk.out), marks)


def container_last(marks: Sequence[Mark], sections: Sequence[Section]) -> bool:
    """Whether a container action ran in the last step of a job: where it fails, the runner prints no `##[error]`."""
    runs = [mark.index for mark in marks if mark.text.startswith("##[command]")]
    last = {section.job: section for section in sections if section.zone is Zone.STEP}
    return any(section.start <= index < section.stop for section in last.values() for index in runs)


def _zone_of(step: str | None) -> Zone:
    if step == "Set up job":
        return Zone.SETUP
    if step is not None and (step.startswith("Post ") or step in ("Complete job", "Complete runner")):
        return Zone.CLEANUP
    return Zone.STEP


def _end_scripts(sections: list[Section]) -> list[Section]:
    out = []
    for section in sections:
        if section.zone is Zone.SCRIPT and section.stop - section.start > MAX_SCRIPT:
            middle = section.start + MAX_SCRIPT
            out.append(replace(section, stop=middle))
            out.append(replace(section, start=middle, zone=Zone.STEP))
        else:
            out.append(section)
    return out


_EXIT = re.compile(r"##\[error\](?:Process completed with exit code [1-9]|The operation was canceled)")


def _with_failures(sections: list[Section], marks: Sequence[Mark]) -> tuple[Section, ...]:
    """Mark the steps at whose end an error stands."""
    errors = [mark for mark in marks if mark.text.startswith("##[error]")]
    out, at = [], 0
    for section in sections:
        failed = False
        while at < len(errors) and errors[at].index < section.stop:
            error = errors[at]
            if error.index >= section.start:
                near = section.stop - error.index <= _END_DISTANCE
                failed = failed or near or _EXIT.match(error.text) is not None
            at += 1
        out.append(replace(section, failed=True) if failed and section.zone is not Zone.SCRIPT else section)
    return tuple(out)
