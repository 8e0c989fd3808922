"""The structure of a job's log: which lines are set-up, echoed script, a step's output, clean-up; which step failed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import re2

from coo.core.model import Section, Zone

_MARK = re2.compile(
    r"(?m)^(?:##\[(?:group|endgroup|error)\].*|\[command\].*|Post job cleanup\.|Cleaning up orphan processes"
    r"|Current runner version: .*|Complete job name: .*)$"
)
_RUN = "##[group]Run "
MAX_SCRIPT = 3000
"""Lines; an echoed script that never ends is taken to have ended (a log must not hide the rest of itself)."""
_END_DISTANCE = 4
"""An `##[error]` this near to the end of a step failed it; earlier ones are annotations."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A line that says something of the log's structure."""

    index: int
    text: str


def find_marks(text: bytes, line_of: Sequence[int]) -> list[Mark]:
    """Find structural lines; `line_of` are the offsets at which lines begin, in order."""
    from bisect import bisect_right

    return [
        Mark(bisect_right(line_of, found.start()) - 1, found.group().decode("utf-8", "replace"))
        for found in _MARK.finditer(text)
    ]


@dataclass(slots=True)
class _State:
    job: str | None
    step: str | None
    zone: Zone


def split(
    marks: Sequence[Mark],
    origins: Sequence[tuple[int, str | None, str | None]],
    count: int,
) -> tuple[Section, ...]:
    """Cut lines `0..count` into sections. Every line is in exactly one of them."""
    events: list[tuple[int, int, object]] = [(index, 0, (job, step)) for index, job, step in origins]
    events += [(mark.index, 1, mark) for mark in marks]
    events.sort(key=lambda event: (event[0], event[1]))
    out: list[Section] = []
    state = _State(None, None, Zone.STEP)
    named = False
    start = 0

    def cut(at: int) -> None:
        nonlocal start
        if at > start:
            out.append(Section(start, at, state.job, state.step, state.zone))
            start = at

    for index, _, event in events:
        if isinstance(event, Mark):
            _mark(event, state, cut, named)
            continue
        job, step = event  # type: ignore[misc]  # the other arm of the union that sort() cannot see
        cut(index)
        named = step is not None
        state.job, state.step, state.zone = job, step, _zone_of(step)
    cut(count)
    return _with_failures(_end_scripts(out), marks)


def _zone_of(step: str | None) -> Zone:
    if step == "Set up job":
        return Zone.SETUP
    if step is not None and (step.startswith("Post ") or step in ("Complete job", "Complete runner")):
        return Zone.CLEANUP
    return Zone.STEP


def _mark(mark: Mark, state: _State, cut: object, named: bool) -> None:
    at = mark.index
    assert callable(cut)  # noqa: S101  # a closure of split()
    text = mark.text
    if text.startswith(_RUN):
        cut(at)
        if not named:
            state.step = text.removeprefix("##[group]")[:200]
        state.zone = Zone.SCRIPT
    elif state.zone is Zone.SCRIPT and text.startswith(("##[endgroup]", "##[error]")):
        cut(at + text.startswith("##[endgroup]"))
        state.zone = Zone.STEP
    elif text.startswith("Current runner version"):
        cut(at)
        state.zone = Zone.SETUP
        state.step = state.step if named else "Set up job"
    elif text.startswith("Complete job name") and state.zone is Zone.SETUP:
        cut(at + 1)
        state.zone = Zone.STEP
        state.step = state.step if named else None
    elif text.startswith(("Post job cleanup.", "Cleaning up orphan")) and not named:
        cut(at)
        state.zone = Zone.CLEANUP
        state.step = None


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
