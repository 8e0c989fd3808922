"""What an escalation says: title, body and comment of an issue, made of a verdict and a decision. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from coo.actions.markers import fingerprint_marker, opening_marks, run_marker
from coo.actions.past import Past, seen_part, suspects_part
from coo.core.issue_template import render
from coo.core.model import Classification, Decision, JobVerdict, Note, Run, Source
from coo.core.neutralise import one_line
from coo.core.told import code_block, code_span, markdown_link, neutralise_markdown

MAX_BODY = 60_000
"""Characters; GitHub refuses a body above 65,536."""
MAX_JOBS = 10
MAX_CONTEXT = 3_000
"""Characters of evidence shown for one job."""
AGAIN = "The same failure again."
"""The first words of a comment; an issue that counts says here how often."""


@dataclass(frozen=True, slots=True)
class IssueText:
    """An issue's words, and the hidden markers by which the issue and the run's mention are found again."""

    title: str
    body: str
    comment: str
    fingerprint_marker: str
    run_marker: str
    run: Run | None = None
    """The run whose failures the issue counts; None for an issue that counts none."""


def issue_text(
    run: Run,
    jobs: Sequence[JobVerdict],
    verdict: Classification,
    decision: Decision,
    notes: Sequence[Note] = (),
    more: str = "",
    past: Past | None = None,
    template: str = "",
) -> IssueText:
    """The words of an escalation. All text from logs, models, branches and workflows is neutralised here.

    `more`: a section in Markdown, made harmless before; `past`: what is known of earlier runs; `template`: a
    playbook's own, the bundled one where empty.
    """
    kept = fingerprint_marker(verdict.fingerprint)
    mark = run_marker(run)
    blocks = {
        "facts": _facts(run, verdict, decision),
        "seen": seen_part(run, past),
        "cause": "\n\n".join(part for part in (_evidence(jobs, verdict), more) if part),
        "suspects": suspects_part(past),
        "tried": _done(decision),
        "steps": _steps(verdict),
        "notes": _notes(notes),
    }
    body = render(template, blocks, _words(run, verdict, decision))
    again = "\n\n".join(part for name, part in blocks.items() if part and name != "seen")
    return IssueText(
        title=_title(run, verdict),
        body=_cut(f"{opening_marks(run, kept)}{body}"),
        comment=_cut(f"{mark}\n{AGAIN}\n\n{again}"),
        fingerprint_marker=kept,
        run_marker=mark,
        run=run,
    )


def _words(run: Run, verdict: Classification, decision: Decision) -> dict[str, str]:
    """What a template may have inside of a line: words of closed sets, numbers, and the repository's name."""
    return {
        "category": verdict.category,
        "severity": verdict.severity,
        "confidence": verdict.confidence,
        "owner": decision.owner,
        "priority": decision.priority,
        "repo": neutralise_markdown(run.repo, 140),
        "run": str(run.id),
        "attempt": str(run.attempt),
    }


def _title(run: Run, verdict: Classification) -> str:
    """A rule's own title, or the category: no text of a log and none of a model."""
    what = verdict.title if verdict.source is Source.RULE and verdict.title else f"{verdict.category} failure"
    return f"{neutralise_markdown(run.workflow, 80)}: {one_line(what)[:120]}"


def _facts(run: Run, verdict: Classification, decision: Decision) -> str:
    by = f"rule {code_span(verdict.rule_id)}" if verdict.rule_id else f"source: {verdict.source}"
    return "\n".join(
        (
            f"- **Failure**: `{verdict.category}` ({neutralise_markdown(verdict.subtype, 80)}),"
            f" severity {verdict.severity}",
            f"- **Verdict**: confidence {verdict.confidence}, {by}" + (", ambiguous" if verdict.ambiguous else ""),
            f"- **Run**: {markdown_link(f'{run.workflow}, run {run.id}, attempt {run.attempt}', run.url)}",
            f"- **Branch**: {code_span(run.branch, 200)} at {code_span(run.sha[:12])}",
            f"- **For**: {decision.owner}, priority {decision.priority}",
        )
    )


def _evidence(jobs: Sequence[JobVerdict], verdict: Classification) -> str:
    """The root cause, and each group of jobs that failed in the same way with its lines."""
    parts = ["### Root cause", neutralise_markdown(verdict.summary, 500)]
    groups: dict[str, list[JobVerdict]] = {}
    for job in jobs:
        groups.setdefault(job.classification.fingerprint, []).append(job)
    for same in list(groups.values())[:MAX_JOBS]:
        parts.append(_group(same))
    if len(groups) > MAX_JOBS:
        parts.append(f"{len(groups) - MAX_JOBS} more kinds of failure are in the report of the run.")
    return "\n\n".join(parts)


def _group(same: Sequence[JobVerdict]) -> str:
    first = same[0].classification
    names = ", ".join(_job_name(job) for job in same[:MAX_JOBS])
    more = f" and {len(same) - MAX_JOBS} more" if len(same) > MAX_JOBS else ""
    step = first.evidence[0].step if first.evidence else None
    where = ("Job " if len(same) == 1 else "Jobs ") + names + more
    where += f", step {neutralise_markdown(step, 100)}" if step else ""
    head = f"{where}: `{first.category}`, {neutralise_markdown(first.summary, 300)}"
    lines = [f"{line.number} | {line.text}" for line in same[0].context]
    lines = lines or [f"{line.line} | {line.text}" for line in first.evidence]
    return f"{head}\n\n{code_block(chr(10).join(lines), limit=MAX_CONTEXT)}" if lines else head


def _job_name(job: JobVerdict) -> str:
    return markdown_link(one_line(job.job.name)[:100], job.job.url)


def _done(decision: Decision) -> str:
    lines = ["### What coo did, and what not", ""]
    if not decision.failed_guards:
        lines.append(neutralise_markdown(decision.because, 1000))
    if decision.planned and decision.planned != decision.action:
        lines.append(f"Planned was `{decision.planned}` (play {code_span(decision.play)}); it was not done.")
        for guard in decision.failed_guards:
            lines.append(f"- guard `{guard.id}` did not hold: {neutralise_markdown(guard.because, 300)}")
        held = ", ".join(f"`{guard.id}`" for guard in decision.guards if guard.held)
        if held:
            lines.append(f"\nGuards that held: {held}.")
    return "\n".join(lines)


def _steps(verdict: Classification) -> str:
    """The rule's remediation as its authors wrote it; a model's words are shown as plain text."""
    if not verdict.remediation:
        return ""
    trusted = verdict.source is not Source.MODEL
    return "### Next steps\n" + (
        verdict.remediation.strip() if trusted else neutralise_markdown(verdict.remediation, 1500)
    )


def _notes(notes: Sequence[Note]) -> str:
    if not notes:
        return ""
    lines = (f"- {note.code} ({note.count}) {neutralise_markdown(note.detail, 300)}".rstrip() for note in notes)
    return "### Notes\n" + "\n".join(lines)


def _cut(text: str) -> str:
    return text if len(text) <= MAX_BODY else text[: MAX_BODY - 30] + "\n\n(cut: too long)"
