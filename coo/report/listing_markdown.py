"""The verdicts of `coo classify` as GitHub Markdown."""

from __future__ import annotations

from collections.abc import Sequence

from coo.report.markdown import MAX_BYTES, code, evidence_block, fitted, inline
from coo.report.prose import prose
from coo.report.results import LogResult
from coo.report.words import cost, decided_by, heading, note_text, sureness, tally


def classify_markdown(results: Sequence[LogResult], *, max_bytes: int = MAX_BYTES) -> str:
    """A section for each log, at most `max_bytes` bytes of UTF-8 together; says how many parts did not fit."""
    verdicts = [result.classification for result in results if result.classification]
    uses = [result.model for result in results if result.model]
    unread = len(results) - len(verdicts)
    told = f"{tally(verdicts, 'log')}{f', {unread} not readable' if unread else ''}; {inline(cost(uses))}"
    return fitted([told, *("\n\n".join(_section(result)) for result in results)], max_bytes)


def _section(result: LogResult) -> list[str]:
    found = result.classification
    if found is None:
        why = f"{result.error.code}: {result.error.message}" if result.error else "not classified"
        help_text = [inline(result.error.help)] if result.error and result.error.help else []
        return [f"### {code(result.name)}: not readable", inline(why), *help_text]
    by = inline(decided_by(found, result.model))
    blocks = [
        f"### {code(result.name)}: {code(heading(found))}",
        f"**{inline(found.summary or found.title)}**",
        f"Severity {found.severity.value}; confidence {sureness(found)} ({by}).",
        evidence_block(result.context, found.evidence),
    ]
    blocks += [prose(found.remediation)] if found.remediation.strip() else []
    notes = "\n".join(f"- {inline(note_text(note))}" for note in result.notes)
    return [*blocks, notes] if notes else blocks
