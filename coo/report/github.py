"""Workflow commands (`--format github`): annotations on the run in which coo runs."""

from __future__ import annotations

from collections.abc import Sequence

from coo.core.model import Classification, Note, Triage
from coo.core.neutralise import workflow_command
from coo.core.redact import redact
from coo.report.results import LogResult
from coo.report.snippet import place
from coo.report.words import heading, note_text, outcome_line, plural

MAX_SHOWN = 10
"""GitHub shows so many annotations of each kind for one step."""


def triage_annotations(triage: Triage) -> str:
    """An error for each failed job, and notices for the outcome and for what was skipped."""
    errors = [_verdict(each.classification, each.job.name) for each in triage.jobs]
    notices = [_command("notice", f"coo: {triage.decision.action}", outcome_line(triage.outcome))]
    notices += [_note(note) for each in triage.jobs for note in each.notes]
    return _shown(errors, notices + [_note(note) for note in triage.notes], "failed job")


def classify_annotations(results: Sequence[LogResult]) -> str:
    """An error for each log, and notices for what the reader must know of it."""
    errors = []
    notices = []
    for result in results:
        if result.classification is not None:
            errors.append(_verdict(result.classification, result.name))
        elif result.error is not None:
            errors.append(_command("error", f"{result.name}: {result.error.code}", result.error.message))
        notices += [_note(note, f"{result.name}: ") for note in result.notes]
    return _shown(errors, notices, "log")


def _shown(errors: Sequence[str], notices: Sequence[str], noun: str) -> str:
    """At most as many as GitHub shows; the first notice says how many were left out."""
    hidden = len(errors) - MAX_SHOWN
    told = []
    if hidden > 0:
        told.append(_command("notice", "coo", f"{plural(hidden, f'more {noun}')} not shown here; the report has all"))
    if len(notices) + len(told) > MAX_SHOWN:
        count = len(notices) + len(told) + 1 - MAX_SHOWN
        told.append(_command("notice", "coo", f"{plural(count, 'more notice')} not shown here; the report has all"))
    lines = [*errors[:MAX_SHOWN], *told, *notices[: MAX_SHOWN - len(told)]]
    return "".join(f"{line}\n" for line in lines)


def _verdict(verdict: Classification, where: str) -> str:
    message = verdict.summary or verdict.title
    if verdict.evidence:
        first = verdict.evidence[0]
        message += f"\n{place(first)}\n{first.text}"
    return _command("error", f"{where}: {heading(verdict)}", message)


def _note(note: Note, where: str = "") -> str:
    return _command("notice", f"{where}{note.code}", note_text(note))


def _command(name: str, title: str, message: str) -> str:
    shown = workflow_command(redact(title), property=True, limit=200)
    return f"::{name} title={shown}::{workflow_command(redact(message), limit=2_000)}"
