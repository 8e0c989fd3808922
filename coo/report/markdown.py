"""The report as GitHub Markdown: for the job summary, the artifact and an issue."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from coo.core.model import Decision, Evidence, JobVerdict, Line, Outcome, Triage
from coo.core.neutralise import clip, code_block, code_span, markdown_inline, markdown_link
from coo.core.redact import redact
from coo.report.prose import prose
from coo.report.snippet import excerpt
from coo.report.words import (
    cost,
    decided_by,
    decision_line,
    duration,
    ended,
    guard_state,
    heading,
    model_use,
    note_text,
    plural,
    sureness,
)

MAX_BYTES = 900_000
"""GitHub drops a job summary of more than 1 MiB."""
_MAX_LINE = 2_000
_MAX_TEXT = 1_000

_STATES = {"held": "held", "failed": "**failed**", "open": "not asked"}
_OUTCOMES = {
    "done": "Done",
    "dry-run": "Dry run: nothing was changed",
    "skipped": "Nothing was done",
    "failed": "The action failed",
}


def triage_markdown(triage: Triage, *, now: float | None = None, max_bytes: int = MAX_BYTES) -> str:
    """A triage as Markdown of at most `max_bytes` bytes of UTF-8 (60,000 suits the body of an issue).

    `now`: seconds since the epoch, for "failed 4 minutes ago". Jobs that do not fit are named, not dropped silently.
    """
    head = _title(triage) + _facts(triage, now)
    tail = _done(triage) + _next_steps(triage) + _notes(triage)
    room = max_bytes - _size(head) - _size(tail) - 2_000
    return fitted([*head, *_jobs(triage, room), *tail], max_bytes)


def fitted(blocks: Iterable[str], max_bytes: int) -> str:
    """Blocks with a blank line between them, whole ones only, and the number of those that did not fit."""
    out: list[str] = []
    hidden, used = 0, 100
    for block in blocks:
        used += len(block.encode()) + 2
        if used > max_bytes:
            hidden += 1
        else:
            out.append(block)
    if hidden:
        out.append(
            f"_{plural(hidden, 'part')} of this report did not fit and {'is' if hidden == 1 else 'are'} left out._"
        )
    return "\n\n".join(out) + "\n"


def _size(blocks: Iterable[str]) -> int:
    return sum(len(block.encode()) + 2 for block in blocks)


def inline(text: str) -> str:
    """Text from a log, a model or GitHub for a place inside a line."""
    return markdown_inline(redact(text), _MAX_TEXT)


def code(text: str, table: bool = False) -> str:
    """A name from outside as inline code."""
    return code_span(redact(text), _MAX_TEXT, table)


def _title(triage: Triage) -> list[str]:
    verdict = triage.classification
    return [
        f"## {inline(triage.run.workflow)}: {code(heading(verdict))}",
        f"**{inline(verdict.summary or verdict.title)}**",
    ]


def _facts(triage: Triage, now: float | None) -> list[str]:
    run, verdict, decision = triage.run, triage.classification, triage.decision
    models = triage.models
    use = models[0] if len(models) == 1 else None
    by = decided_by(verdict, use) if len(models) < 2 else verdict.source.value
    calls = plural(len(models), "model call") if models else "no model call"
    rows = [
        ("Failure", f"{code(verdict.category.value, True)}, {code(verdict.subtype, True)}"),
        ("Severity", verdict.severity.value),
        ("Confidence", f"{sureness(verdict)} ({inline(by)})"),
        (
            "Run",
            f"{markdown_link(f'{run.repo} run {run.id}', run.url)}, attempt {run.attempt}, {inline(ended(run, now))}",
        ),
        ("Commit", f"{code(run.sha[:12], True)} on {code(run.branch, True)}, event {code(run.event, True)}"),
        ("Goes to", f"{decision.owner.value}, {decision.priority.value}"),
        ("Outcome", f"{_OUTCOMES.get(triage.outcome.status, inline(triage.outcome.status))}"),
        ("Cost", f"{inline(cost(models))}, {calls}; {duration(triage.seconds)}"),
        ("Fingerprint", code(verdict.fingerprint, True)),
    ]
    return ["\n".join(["| | |", "| --- | --- |", *(f"| {name} | {value} |" for name, value in rows)])]


def _jobs(triage: Triage, room: int) -> Iterator[str]:
    yield "### Root cause"
    hidden: list[JobVerdict] = []
    for verdict in triage.jobs:
        blocks = list(_job(verdict, alone=len(triage.jobs) == 1))
        room -= _size(blocks)
        if room < 0 or hidden:
            hidden.append(verdict)
        else:
            yield from blocks
    if hidden:
        named = "; ".join(f"{code(each.job.name)} ({each.classification.category.value})" for each in hidden[:100])
        rest = f" and {len(hidden) - 100} more" if len(hidden) > 100 else ""
        yield f"{plural(len(hidden), 'more failed job')} did not fit here (the JSON report has all): {named}{rest}"
    if not triage.jobs:
        yield "No failed job was looked at."


def _job(verdict: JobVerdict, alone: bool) -> Iterator[str]:
    found, job = verdict.classification, verdict.job
    first = found.evidence[0] if found.evidence else None
    steps = (first.step,) if first and first.step else job.failed_steps
    where = f"Job {markdown_link(redact(job.name), job.url)}"
    if steps:
        where += f", step{'s' * (len(steps) > 1)} {', '.join(code(step) for step in steps)}"
    where += f", line {first.line}" if first else ""
    if alone:
        yield where
    else:
        yield f"#### {code(job.name)}: {code(heading(found))}"
        yield f"{inline(found.summary or found.title)}"
        by = inline(decided_by(found, verdict.model))
        yield f"{where}. Severity {found.severity.value}; confidence {sureness(found)} ({by})."
    yield evidence_block(verdict.context, found.evidence)
    yield from _beside(verdict)


def evidence_block(context: Sequence[Line], evidence: Sequence[Evidence]) -> str:
    """The evidence in its context, fenced, with line numbers; `>` marks evidence."""
    shown = excerpt(context, evidence)
    if not shown:
        return "No line of the log shows the cause."
    marked = {each.line for each in evidence}
    gutter = len(str(shown[-1][0]))
    texts = redact("\n".join(text.replace("\n", " ") for _, text in shown)).split("\n")
    rows: list[str] = []
    before: int | None = None
    for (number, _), text in zip(shown, texts, strict=False):
        if before is not None and number > before + 1:
            rows.append("  ...")
        before = number
        rows.append(f"{'>' if number in marked else ' '} {number:>{gutter}} | {clip(text, _MAX_LINE)}".rstrip())
    return code_block("\n".join(rows), "text")


def _beside(verdict: JobVerdict) -> Iterator[str]:
    """What else is to be said of a job: rivals, losers, notes."""
    found = verdict.classification
    if found.ambiguous:
        between = ", ".join(code(rule) for rule in found.candidates) or "rules of different categories"
        yield f"The rules do not agree: ambiguous between {between}."
    if found.also_matched:
        rows = [
            f"| {code(each.rule_id, True)} | {each.kind.value} | {each.line} | {inline(each.lost_because)} |"
            for each in found.also_matched
        ]
        table = "\n".join(["| Rule | Kind | Line | Why it lost |", "| --- | --- | --- | --- |", *rows])
        yield f"<details><summary>Also matched: {plural(len(rows), 'rule')}</summary>\n\n{table}\n\n</details>"
    if verdict.notes:
        yield "\n".join(f"- {inline(note_text(note))}" for note in verdict.notes)


def _done(triage: Triage) -> list[str]:
    decision, outcome = triage.decision, triage.outcome
    title = {"dry-run": "What would be done", "skipped": "What was not done"}.get(outcome.status, "What was done")
    told = f": {inline(outcome.detail)}" if outcome.detail.strip() else ""
    blocks = [f"### {title}", f"**{inline(decision_line(decision))}**{told}"]
    if decision.because:
        blocks.append(f"Because: {inline(decision.because)}")
    if outcome.actions:
        blocks.append("\n".join(f"- {inline(action)}" for action in outcome.actions))
    if outcome.issue_url:
        blocks.append(f"Issue: {markdown_link(outcome.issue_url.rsplit('/', 2)[-1], outcome.issue_url)}")
    return blocks + _refused(decision, outcome) + _guards(decision)


def _refused(decision: Decision, outcome: Outcome) -> list[str]:
    """What was not done and why."""
    blocks = []
    if decision.failed_guards:
        planned = decision.planned or decision.action
        rows = [f"- {code(guard.id)}: {inline(guard.because)}" for guard in decision.failed_guards]
        blocks += [f"**Not done:** {code(planned)}, because not every guard held:", "\n".join(rows)]
    if outcome.status == "dry-run":
        blocks.append("**Nothing was changed:** this was a dry run. Pass `--act`, or set the Action's `mode`, to act.")
    return blocks


def _guards(decision: Decision) -> list[str]:
    if not decision.guards:
        return []
    rows = [
        f"| {code(guard.id, True)} | {_STATES[guard_state(guard)]} | {inline(guard.because)} |"
        for guard in decision.guards
    ]
    table = "\n".join(["| Guard | | Because |", "| --- | --- | --- |", *rows])
    held = sum(guard.held for guard in decision.guards)
    return [f"<details><summary>Guards: {held} of {len(rows)} held</summary>\n\n{table}\n\n</details>"]


def _next_steps(triage: Triage) -> list[str]:
    """The remediation of each different verdict, the run's first."""
    texts: dict[str, str] = {}
    for verdict in (triage.classification, *(each.classification for each in triage.jobs)):
        if verdict.remediation.strip():
            texts.setdefault(verdict.remediation.strip(), heading(verdict))
    blocks = ["### Recommended next steps"]
    if not texts:
        return [*blocks, "None are known for this failure: read the lines above and the whole log."]
    for text, name in list(texts.items())[:10]:
        blocks += [f"For {code(name)}:", prose(redact(text))] if len(texts) > 1 else [prose(redact(text))]
    if len(texts) > 10:
        blocks.append(f"Steps for {plural(len(texts) - 10, 'more verdict')} are in the JSON report.")
    return blocks


def _notes(triage: Triage) -> list[str]:
    rows = [f"- {inline(note_text(note))}" for note in triage.notes]
    rows += [f"- {inline(model_use(use))}" for use in triage.models]
    return ["### Notes", "\n".join(rows)] if rows else []
