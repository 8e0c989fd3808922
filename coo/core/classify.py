"""Matches -> one verdict a job, and one verdict of several jobs (the gravest)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from coo.core.arbitrate import SURE_ORDER, Candidate, Contest, arbitrate, why_lost, why_undecided
from coo.core.capture import Match, capture
from coo.core.engine import Engine
from coo.core.failed_tests import failed_tests
from coo.core.fingerprint import fingerprint
from coo.core.logs import Log
from coo.core.model import (
    AlsoMatched,
    Category,
    Classification,
    Confidence,
    Evidence,
    Kind,
    Note,
    Owner,
    Section,
    Severity,
    Source,
)

Redact = Callable[[str], str]

MAX_EVIDENCE = 5
"""Evidence lines of a verdict."""
MAX_ALSO = 30
"""Losing rules that a verdict tells."""

CASCADE = 5
"""Lines: matches of one rule that follow each other this closely are one cascade of errors."""

_LOWER = {Confidence.HIGH: Confidence.MEDIUM, Confidence.MEDIUM: Confidence.LOW, Confidence.LOW: Confidence.LOW}
_GRAVE = {severity: place for place, severity in enumerate((Severity.CRITICAL, Severity.MAJOR, Severity.MINOR))}
_GRAVE_CATEGORY = {
    category: place
    for place, category in enumerate(
        (
            Category.SECURITY_SCAN,
            Category.TEST_FAILURE,
            Category.AUTHENTICATION,
            Category.DEPENDENCY_ISSUE,
            Category.BRANCH_CONFLICT,
            Category.INFRASTRUCTURE,
            Category.UNKNOWN,
        )
    )
}


def classify(
    engine: Engine, log: Log, failed_steps: Sequence[str] = (), redact: Redact = str
) -> tuple[Classification, tuple[Note, ...]]:
    """Give the verdict of a log (the gravest of its failed jobs) and what the reader must know of the reading.

    `failed_steps`: names of the failed steps as the jobs API tells them; they beat what the log looks like.
    """
    if failed_steps:
        log = log.mark_failed(failed_steps)
    scan = engine.scan(log)
    notes = list(log.notes)
    if scan.timeouts:
        notes.append(Note("pattern-timeout", len(scan.timeouts), "; ".join(scan.timeouts)[:300]))
    passed = not failed_steps and log.passed
    jobs = [] if passed else _failed_jobs(log)
    verdicts = [_job_verdict(engine, log, job, scan.matches, redact) for job in jobs]
    return (_nothing_failed(scan.matches, log) if passed else gravest(verdicts)), tuple(notes)


def _nothing_failed(matches: Sequence[Match], log: Log) -> Classification:
    """The verdict of a log whose every job ran to its end without an error: signatures in it decided nothing."""
    last = {match.rule.id: match for match in matches}
    also = [
        AlsoMatched(m.rule.id, m.rule.category, log.number(m.index), "no step of this job failed", m.rule.kind)
        for m in last.values()
    ]
    made = unknown((), "no step failed in this log")
    return replace(
        made,
        subtype="nothing-failed",
        severity=Severity.MINOR,
        title="No step failed",
        remediation="If the run did fail, give the log of the job that failed.",
        also_matched=tuple(also[:MAX_ALSO]),
    )


def _failed_jobs(log: Log) -> list[str | None]:
    """Jobs in which a step failed; all of them when the log does not tell."""
    failed = list(dict.fromkeys(section.job for section in log.sections if section.failed))
    return failed or list(log.jobs)


def gravest(verdicts: Sequence[Classification]) -> Classification:
    """Give the verdict of a run from those of its failed jobs: decided before undecided, then by severity.

    Where one rule decided in several jobs alike, its last job speaks, as its last match does within a job.
    """
    if not verdicts:
        return unknown(())
    first = min(verdicts, key=_gravity)
    return next(v for v in reversed(verdicts) if v.rule_id == first.rule_id and _gravity(v) == _gravity(first))


def _gravity(verdict: Classification) -> tuple[bool, int, int, int]:
    return (
        verdict.source is Source.NONE,
        _GRAVE[verdict.severity],
        SURE_ORDER[verdict.confidence],
        _GRAVE_CATEGORY[verdict.category],
    )


def _job_verdict(engine: Engine, log: Log, job: str | None, matches: Sequence[Match], redact: Redact) -> Classification:
    sections = [section for section in log.sections if section.job == job]
    mine = [match for match in matches if log.section_at(match.index).job == job]
    if not sections:
        return unknown(())
    contest = arbitrate(engine.catalog, mine, log, sections)
    if not contest.alive:
        return _undecided(contest.candidates, log, sections, redact)
    best, rivals = contest.alive[0], contest.rivals
    also = _also(best, rivals, contest, log)
    if rivals:
        return _ambiguous([best, *rivals], also, log, redact)
    return _decided(best, also, log, sections, redact)


def _also(best: Candidate, rivals: Sequence[Candidate], contest: Contest, log: Log) -> tuple[AlsoMatched, ...]:
    out = []
    rest = sorted((c for c in contest.candidates if c is not best), key=lambda c: (c.rank, c.distance, c.match.rule.id))
    for other in rest[:MAX_ALSO]:
        rule = other.match.rule
        why = "equal rank: ambiguous" if other in rivals else why_lost(other, best, contest.beaten)
        out.append(AlsoMatched(rule.id, rule.category, log.number(other.lines[-1]), why, rule.kind))
    return tuple(out)


def _evidence(candidate: Candidate, log: Log, redact: Redact) -> tuple[Evidence, ...]:
    """The deciding line first: where the last run of the rule's lines begins (the first error, before its cascade)."""
    first = candidate.lines[-1]
    for index in reversed(candidate.lines):
        if first - index > CASCADE:
            break
        first = index
    order = [first, *(index for index in candidate.lines if index != first)]
    out = []
    for index in order[:MAX_EVIDENCE]:
        line = log.line(index)
        out.append(Evidence(line.number, redact(line.text)[:1000], line.job, line.step, index))
    return tuple(out)


def _captured(best: Candidate, evidence: Sequence[Evidence], log: Log) -> tuple[int, dict[str, str]]:
    """The values that a rule names, and the line that told them.

    A tool's closing line ("Compilation failed") may decide while the lines before it name what failed.
    """
    for line in evidence:
        if captured := capture(replace(best.match, index=line.index), log):
            return line.index, captured
    return evidence[0].index, {}


def _decided(
    best: Candidate, also: tuple[AlsoMatched, ...], log: Log, sections: Sequence[Section], redact: Redact
) -> Classification:
    rule = best.match.rule
    evidence = _evidence(best, log, redact)
    told, captured = _captured(best, evidence, log)
    captures = {name: redact(value) for name, value in captured.items()}
    confidence = rule.confidence
    if best.place == 1:
        confidence = _LOWER[confidence]
    if rule.kind is Kind.SYMPTOM and confidence is Confidence.HIGH:
        confidence = Confidence.MEDIUM
    tests = failed_tests(log, sections) if rule.category is Category.TEST_FAILURE else ()
    summary = rule.title + (": " + ", ".join(captures.values()) if captures else "")
    return Classification(
        category=rule.category,
        subtype=rule.subtype,
        severity=rule.severity,
        confidence=confidence,
        source=Source.RULE,
        rule_id=rule.id,
        ambiguous=False,
        fingerprint=fingerprint(rule.category, rule.subtype, rule.id, log.text_at(told), tests),
        summary=summary,
        evidence=evidence,
        captures=captures,
        also_matched=also,
        owner=rule.owner,
        transient=rule.transient,
        title=rule.title,
        remediation=rule.remediation,
        kind=rule.kind,
    )


def _ambiguous(tied: Sequence[Candidate], also: tuple[AlsoMatched, ...], log: Log, redact: Redact) -> Classification:
    first = tied[0].match.rule
    ids = tuple(candidate.match.rule.id for candidate in tied)
    best = AlsoMatched(first.id, first.category, log.number(tied[0].lines[-1]), "equal rank: ambiguous", first.kind)
    named = ", ".join(f"{c.match.rule.category} ({c.match.rule.id})" for c in tied)
    evidence = tuple(line for candidate in tied for line in _evidence(candidate, log, redact)[:1])
    return replace(
        unknown(evidence),
        ambiguous=True,
        subtype="ambiguous",
        summary=f"rules of equal rank disagree: {named}",
        severity=min((c.match.rule.severity for c in tied), key=_GRAVE.__getitem__),
        also_matched=(best, *also),
        candidates=ids,
        fingerprint=fingerprint(Category.UNKNOWN, "ambiguous", "+".join(sorted(ids)), evidence[0].text),
    )


def _undecided(
    candidates: Sequence[Candidate], log: Log, sections: Sequence[Section], redact: Redact
) -> Classification:
    """No rule that names a failure: tell what matched, and the line that comes nearest to one."""
    generic = [c for c in candidates if c.place < 2]
    generic.sort(key=lambda c: c.distance)
    evidence = _evidence(generic[0], log, redact)[:1] if generic else ()
    also = []
    for candidate in sorted(candidates, key=lambda c: (c.place, c.match.rule.id))[:MAX_ALSO]:
        rule = candidate.match.rule
        why = why_undecided(candidate)
        also.append(AlsoMatched(rule.id, rule.category, log.number(candidate.lines[-1]), why, rule.kind))
    stop = next((s.stop for s in reversed(sections) if s.failed), sections[-1].stop)
    text = _last_words(log, stop)
    made = replace(unknown(evidence), also_matched=tuple(also))
    return replace(made, fingerprint=fingerprint(Category.UNKNOWN, made.subtype, None, text))


def _last_words(log: Log, stop: int) -> str:
    """The last lines before a failure, which tell two unknown failures apart."""
    words: list[str] = []
    index = stop - 1
    while index >= 0 and len(words) < 3 and stop - index < 50:
        text = log.text_at(index).strip()
        if text and not text.startswith("##["):
            words.append(text)
        index -= 1
    return " ".join(words)


def unknown(evidence: tuple[Evidence, ...], summary: str = "no rule recognises this failure") -> Classification:
    """Give the verdict that nothing decided."""
    return Classification(
        category=Category.UNKNOWN,
        subtype="unmatched",
        severity=Severity.MAJOR,
        confidence=Confidence.LOW,
        source=Source.NONE,
        rule_id=None,
        ambiguous=False,
        fingerprint=fingerprint(Category.UNKNOWN, "unmatched", None, evidence[0].text if evidence else ""),
        summary=summary,
        evidence=evidence,
        owner=Owner.CTO,
        title="Unrecognised failure",
        remediation="Read the excerpt; add a rule for this failure if it may come again (coo rules test proves it).",
    )
