"""What people are told of a flaky test: title, body and comment of its issue. Pure."""

from __future__ import annotations

import datetime
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass

from coo.core.model import Run
from coo.core.told import code_block, code_span, markdown_inline, markdown_link
from coo.ports import Doubt

MAX_HISTORY = 20
"""Times before that are listed."""
MAX_LINES = 3_000
"""Characters of evidence that are shown."""
_COUNT = re.compile(r"^- \*\*Flaky\*\*: .* <!-- coo:flaky-count=\d+ -->$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class FlakyTest:
    """A failure that an earlier attempt of a run had and that the run's last attempt, on the same commit, has not."""

    fingerprint: str
    failed: int
    """The attempt that failed."""
    job: str
    title: str
    """The rule's own words; empty where only the ledger knows the failure."""
    summary: str
    lines: str = ""
    """The log's lines that prove the failure; redacted."""


def marker(test: FlakyTest) -> str:
    """The hidden marker of a flaky test's issue."""
    found = test.fingerprint
    if not re.fullmatch(r"[0-9a-f]{8,64}", found):
        found = hashlib.sha256(found.encode("utf-8", "replace")).hexdigest()[:16]
    return f"<!-- coo:flaky={found} -->"


def time_marker(run: Run) -> str:
    """The hidden marker of one time that a test was flaky: the attempt that passed."""
    return f"<!-- coo:flaky-run={run.id}/{run.attempt} -->"


def times_in(texts: Sequence[str]) -> int:
    """How many times an issue's body and coo's comments on it tell of."""
    found = (re.findall(r"<!-- coo:flaky-run=\d+/\d+ -->", text) for text in texts)
    return len({mark for marks in found for mark in marks})


def title(run: Run, test: FlakyTest) -> str:
    """A rule's own title: no text of a log."""
    return f"{markdown_inline(run.workflow, 80)}: flaky test ({test.title or 'a test failure'})"


def body(run: Run, test: FlakyTest, count: int, before: Sequence[Doubt], old: int | None = None) -> str:
    """The issue's body. `old`: the number of an issue of the same test that was closed long ago."""
    steps = (
        "### Next steps\nThe new attempt passed by itself: nothing was repaired. Look for what the test depends on"
        " besides the code (time, order, network, shared state), and repair it or take it out of the way until"
        " somebody does."
    )
    first = f"{marker(test)}\n{time_marker(run)}\n{_facts(run, test)}\n{_counter(count)}"
    linked = f"The same test was in #{old}, which was closed before." if old else ""
    return "\n\n".join(part for part in (first, linked, _lines(test), _history(run, before), steps) if part)


def comment(run: Run, test: FlakyTest, count: int, before: Sequence[Doubt]) -> str:
    """What is said when the same test was flaky again."""
    first = f"{time_marker(run)}\nFlaky again: {_times(count)}.\n\n{_facts(run, test)}"
    return "\n\n".join(part for part in (first, _lines(test), _history(run, before)) if part)


def counted(text: str, count: int) -> str:
    """An issue's body with its counter at `count`; as it is where somebody took the counter out."""
    return _COUNT.sub(_counter(count), text, count=1)


def _counter(count: int) -> str:
    return f"- **Flaky**: {_times(count)} <!-- coo:flaky-count={count} -->"


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def _facts(run: Run, test: FlakyTest) -> str:
    link = markdown_link(f"run {run.id}", run.url)
    return "\n".join(
        (
            f"- **Test**: {markdown_inline(test.summary, 300)}",
            f"- **Run**: {link} of {markdown_inline(run.workflow, 80)} on {code_span(run.branch, 200)},"
            f" commit {code_span(run.sha[:12])}",
            f"- **Failed** in attempt {test.failed}, job {markdown_inline(test.job, 100)};"
            f" **passed** in attempt {run.attempt} of the same commit",
        )
    )


def _lines(test: FlakyTest) -> str:
    return f"### What failed\n{code_block(test.lines, limit=MAX_LINES)}" if test.lines else ""


def _history(run: Run, before: Sequence[Doubt]) -> str:
    """The times before, as the ledger knows them."""
    others = [one for one in before if (one.run_id, one.sha) != (run.id, run.sha)]
    if not others:
        return ""
    rows = [
        f"| {_day(one.at)} | {one.run_id} | {one.attempt} | {code_span(one.workflow, 100, table=True)}"
        f" | {code_span(one.sha[:12], table=True)} |"
        for one in others[:MAX_HISTORY]
    ]
    more = f"\n\nand {len(others) - MAX_HISTORY} more" if len(others) > MAX_HISTORY else ""
    head = "### Flaky before\n| when (UTC) | run | passed in attempt | workflow | commit |\n|---|---|---|---|---|\n"
    return head + "\n".join(rows) + more


def _day(at: float) -> str:
    return datetime.datetime.fromtimestamp(at, datetime.UTC).strftime("%Y-%m-%d %H:%M")
