"""The hidden marks in coo's issues: which failure, which runs, how often, which workflows and branches. Pure.

A mark is an HTML comment of digits, times and hexadecimal numbers. `neutralise` breaks `<!--` in every text that is
shown, so that no log can write one.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from coo.core.model import Run
from coo.core.told import markdown_link

MAX_WORKFLOWS = 50
"""Workflows and branches that one issue keeps in mind; of more the newest ones."""

_TALLY = re.compile(r"<!-- coo:seen=(\d{1,7}), ([\dTZ:-]+), ([\dTZ:-]+), (\d{1,19})/(\d{1,9}) -->")
_WORKFLOW = re.compile(r"<!-- coo:workflow=([0-9a-f]{16}), (\d{1,19}), ([\dTZ:-]+), ([\dTZ:-]+) -->\r?\n?")
_LINE_END = "<!-- coo:line=0 -->"
_LINE = re.compile(rf"^.*{_LINE_END}", re.MULTILINE)
_MARKS = re.compile(r"(?:<!-- coo:[^\n]*? -->\r?\n)*")
_UNKNOWN = "-"


@dataclass(frozen=True, slots=True)
class Tally:
    """How often an issue's failure was seen since when, and in which attempt of which run the last time."""

    count: int
    first: str
    last: str
    run: int
    attempt: int

    @property
    def mark(self) -> str:
        """The hidden mark."""
        return f"<!-- coo:seen={self.count}, {self.first}, {self.last}, {self.run}/{self.attempt} -->"


@dataclass(frozen=True, slots=True)
class Failing:
    """A workflow on a branch that fails, as an issue has it: the newest failed run, when it was made, the first end."""

    key: str
    run: int
    made: str
    first: str

    @property
    def mark(self) -> str:
        """The hidden mark."""
        return f"<!-- coo:workflow={self.key}, {self.run}, {self.made}, {self.first} -->\n"


def run_marker(run: Run) -> str:
    """The mark of one attempt of a run."""
    return f"<!-- coo:run={run.id}/{run.attempt} -->"


def fingerprint_marker(fingerprint: str) -> str:
    """The mark of a failure. Anything but hexadecimal digits is hashed: nothing may end the comment."""
    if not re.fullmatch(r"[0-9a-f]{8,64}", fingerprint):
        fingerprint = hashlib.sha256(fingerprint.encode("utf-8", "replace")).hexdigest()[:16]
    return f"<!-- coo:fingerprint={fingerprint} -->"


def workflow_key(run: Run) -> str:
    """A hash of a workflow's path, the branch and the branch's repository."""
    what = "\x1f".join((run.workflow_path, run.branch, (run.head_repo or "?").casefold()))
    return hashlib.sha256(what.encode("utf-8", "replace")).hexdigest()[:16]


def workflow_marker(run: Run) -> str:
    """How the mark of a failing workflow on a branch begins."""
    return f"<!-- coo:workflow={workflow_key(run)}, "


def moment(text: str | None) -> str:
    """A time of GitHub's in UTC, in the one form that marks hold; `-` where there is none."""
    try:
        at = datetime.fromisoformat(text or "")
    except ValueError:
        return _UNKNOWN
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def seconds(moment: str) -> float | None:
    """A mark's time in seconds since the epoch; None where nobody knew it."""
    try:
        return datetime.fromisoformat(moment).timestamp()
    except ValueError:
        return None


def ended(run: Run) -> str:
    """When an attempt ended, as far as its metadata say."""
    return moment(run.updated_at or run.created_at)


def words(moment: str) -> str:
    """A mark's time for people."""
    return f"{moment[:10]} {moment[11:16]} UTC" if moment != _UNKNOWN else "a time that nobody knows"


def first_tally(run: Run) -> Tally:
    """The first time."""
    return Tally(1, ended(run), ended(run), run.id, run.attempt)


def failing(run: Run) -> Failing:
    """A run's workflow on its branch, failing since now."""
    return Failing(workflow_key(run), run.id, moment(run.created_at), ended(run))


def tally_of(body: str) -> Tally | None:
    """The tally of an issue; None where it has none (any more)."""
    found = _TALLY.search(body)
    return Tally(int(found[1]), found[2], found[3], int(found[4]), int(found[5])) if found else None


def failing_of(body: str) -> tuple[Failing, ...]:
    """The workflows and branches that an issue has as failing."""
    return tuple(Failing(one[1], int(one[2]), one[3], one[4]) for one in _WORKFLOW.finditer(body))


def opening_marks(run: Run, kept: str) -> str:
    """The lines that a new issue begins with; `kept` is the fingerprint's mark."""
    return f"{kept}\n{run_marker(run)}\n{first_tally(run).mark}\n{failing(run).mark}"


def seen_line(tally: Tally, run: Run) -> str:
    """How often and since when, for people; it ends in a mark by which it is found and brought up to date."""
    where = markdown_link(f"run {tally.run}", run.url)
    if tally.count == 1:
        return f"**Seen** once, on {words(tally.first)} in {where}. {_LINE_END}"
    told = f"{tally.count} times since {words(tally.first)}, last on {words(tally.last)} in {where}"
    return f"**Seen** {told}. {_LINE_END}"


def retold(body: str, run: Run) -> tuple[str, Tally]:
    """An issue's body and tally with one more failure in it. The same attempt is counted once."""
    before = tally_of(body) or Tally(1, ended(run), ended(run), 0, 0)
    if (before.run, before.attempt) == (run.id, run.attempt):
        tally = before
    else:
        tally = Tally(before.count + 1, before.first, ended(run), run.id, run.attempt)
    body = _TALLY.sub(tally.mark, body, count=1) if _TALLY.search(body) else f"{tally.mark}\n{body}"
    body = _LINE.sub(lambda _: seen_line(tally, run), body, count=1)
    return _with_failing(body, run), tally


def _with_failing(body: str, run: Run) -> str:
    """The body with the run's workflow and branch among the failing ones."""
    now = failing(run)
    known = {one.key: one for one in failing_of(body)}
    if old := known.pop(now.key, None):
        now = replace(old, run=max(old.run, now.run), made=max(old.made, now.made))
    kept = [*known.values(), now][-MAX_WORKFLOWS:]
    rest = _WORKFLOW.sub("", body)
    return after_marks(rest, "".join(one.mark for one in kept).rstrip("\n"))


def recovered(body: str, key: str) -> str:
    """The body without a workflow and branch that are green again."""
    return _WORKFLOW.sub(lambda one: "" if one[1] == key else one[0], body)


def withdrawn(body: str, kept: str, other: int) -> str:
    """The body of a duplicate: it is not found by the failure's mark any more."""
    return _WORKFLOW.sub("", body).replace(kept, f"<!-- coo:duplicate-of={other} -->")


def after_marks(body: str, line: str) -> str:
    """The body with a line after the marks that it begins with."""
    found = _MARKS.match(body)
    at = found.end() if found else 0
    return f"{body[:at]}{line}\n{body[at:]}"
