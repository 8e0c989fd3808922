"""What a terminal shows of a triage."""

from __future__ import annotations

from coo.core.model import Decision, GuardResult, JobVerdict, Triage
from coo.core.neutralise import inert_for_runner
from coo.report.layout import Page
from coo.report.snippet import verdict_block
from coo.report.words import (
    cost,
    decision_line,
    duration,
    ended,
    guard_state,
    heading,
    note_text,
    outcome_line,
    plural,
    tally,
)

_MAX_JOBS = 20


def triage_text(
    triage: Triage, *, width: int = 80, colour: bool = False, unicode: bool = True, now: float | None = None
) -> str:
    """A triage for people in a terminal.

    `width`: cells a line (addresses may stick out); `now`: seconds since the epoch, for "4 minutes ago";
    `unicode`: False for a stream that cannot show it.
    """
    page = Page(max(width, 40), colour, unicode)
    blocks = [_header(page, triage, now), *_jobs(page, triage), _decision(page, triage), _footer(page, triage)]
    return inert_for_runner("\n\n".join("\n".join(line.rstrip() for line in block) for block in blocks if block)) + "\n"


def _header(page: Page, triage: Triage, now: float | None) -> list[str]:
    run = triage.run
    facts = [f"X {run.workflow}", run.repo, f"run {run.id} (attempt {run.attempt})", ended(run, now)]
    lines = page.join([page.field(fact) for fact in facts], f" {page.mark('·')} ")
    if page.colour:
        lines[0] = page.paint("X", "red") + lines[0][1:]
    if len(triage.jobs) == 1:
        return lines + job_line(page, triage.jobs[0])
    names = ", ".join(verdict.job.name for verdict in triage.jobs) or "none"
    return lines + page.wrap(page.field(f"{plural(len(triage.jobs), 'failed job')}: {names}"), "  ", "  ", most=4)


def _jobs(page: Page, triage: Triage) -> list[list[str]]:
    if len(triage.jobs) == 1:
        return [_verdict(page, triage.jobs[0])]
    blocks = [[*job_line(page, verdict), *_verdict(page, verdict)] for verdict in triage.jobs[:_MAX_JOBS]]
    hidden = triage.jobs[_MAX_JOBS:]
    if hidden:
        names = ", ".join(f"{each.job.name} ({each.classification.category.value})" for each in hidden)
        told = f"{plural(len(hidden), 'more failed job')}, not shown here: {names}"
        blocks.append(page.wrap(page.field(told), rest="  "))
    found = triage.classification
    blocks.append(page.wrap(page.field(f"run: {heading(found)}: {found.summary or found.title}"), rest="  "))
    return blocks


def _verdict(page: Page, verdict: JobVerdict) -> list[str]:
    found = verdict.classification
    return verdict_block(page, found, verdict.context, verdict.job.name, verdict.model, verdict.notes)


def job_line(page: Page, verdict: JobVerdict) -> list[str]:
    """Which job failed, in which steps: those that GitHub names, or else the step of the evidence."""
    steps = verdict.job.failed_steps
    if not steps and verdict.classification.evidence and verdict.classification.evidence[0].step:
        steps = (verdict.classification.evidence[0].step,)
    quoted = ", ".join(f'"{step}"' for step in steps)
    text = f"job {verdict.job.name}" + (f" {page.mark('›')} step{'s' * (len(steps) > 1)} {quoted}" if steps else "")
    return page.wrap(page.field(text), "  ", "      ", most=3)


def _decision(page: Page, triage: Triage) -> list[str]:
    decision = triage.decision
    head, _, tail = page.field(decision_line(decision)).partition(" ")
    lines = page.wrap(f"decision: {head} {tail}", rest="  ")
    lines[0] = lines[0].replace(head, page.paint(head, "bold"), 1)
    lines += _guards(page, decision)
    refused = any(guard_state(guard) == "failed" for guard in decision.guards)
    if decision.because and (refused or decision.action != decision.planned):
        lines += page.wrap(page.field(decision.because), "  because ", "          ")
    lines += page.wrap(page.field(outcome_line(triage.outcome)), rest="  ")
    if triage.outcome.issue_url:
        lines += page.wrap(page.field(triage.outcome.issue_url), "issue: ")
    return lines


def _guards(page: Page, decision: Decision) -> list[str]:
    """Guards that did not hold with the fact that says so; those that held, and those not asked, together."""
    lines: list[str] = []
    for guard in decision.guards:
        if guard_state(guard) == "failed":
            name = page.cut(page.field(guard.id), page.width // 2)
            lines += page.wrap(
                page.field(guard.because or "did not hold"), f"  {_sign(page, guard)} {name}  ", "      "
            )
    groups: dict[str, list[str]] = {}
    for guard in decision.guards:
        state = guard_state(guard)
        if state != "failed":
            key = page.field(guard.because) if state == "open" else ""
            groups.setdefault(key, []).append(
                f"{_sign(page, guard)} {page.cut(_guard_name(page, guard), page.width // 2)}"
            )
    for because, names in sorted(groups.items()):
        lines += [f"  {line}" for line in Page(page.width - 2, unicode=page.unicode).join(names, "  ", rest="")]
        lines += page.wrap(because, "      ", "      ") if because else []
    return [_painted(page, line) for line in lines]


def _guard_name(page: Page, guard: GuardResult) -> str:
    """The guard's id; for the branch pattern also the pattern that matched, which is the point of it."""
    shown = guard.id == "branch-pattern" and guard.held and len(guard.because) < 40
    return page.field(f"{guard.id} {guard.because}" if shown else guard.id)


def _sign(page: Page, guard: GuardResult) -> str:
    return {"held": page.mark("✓"), "failed": page.mark("✗"), "open": "?"}[guard_state(guard)]


def _painted(page: Page, line: str) -> str:
    if not (page.colour and page.unicode):
        return line
    return line.replace("✓ ", page.paint("✓", "green") + " ").replace("✗ ", page.paint("✗", "red") + " ")


def _footer(page: Page, triage: Triage) -> list[str]:
    lines = [line for note in triage.notes for line in page.wrap(page.field(note_text(note)), "note: ", "      ")]
    verdicts = [verdict.classification for verdict in triage.jobs]
    parts = [tally(verdicts, "failed job"), page.field(cost(triage.models)), duration(triage.seconds)]
    return lines + page.join(parts, f" {page.mark('·')} ")
