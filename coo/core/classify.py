"""Matches -> one verdict a job, and one verdict of several jobs, with the reasons (arbitration).

The order: what the log only mentions (echoed script, clean-up) loses to what happened; the failed step beats
other steps; a cause beats a symptom beats a generic; a rule beats those it supersedes; the better confidence;
the nearest to the end of the failed step. If the best two are then of equal rank and of different categories
and stand close together, the verdict is ambiguous.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from coo.core.engine import Engine, Match, capture
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
    Zone,
)

Redact = Callable[[str], str]

MAX_EVIDENCE = 5
"""Evidence lines of a verdict."""
MAX_ALSO = 30
"""Losing rules that a verdict tells."""
CLEARLY_NEARER = 40
"""Lines: of two causes of different categories, one that stands this much nearer to the failure wins."""

_KINDS = {Kind.CAUSE: 0, Kind.SYMPTOM: 1, Kind.GENERIC: 2}
_SURE = {Confidence.HIGH: 0, Confidence.MEDIUM: 1, Confidence.LOW: 2}
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


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """A rule in one job with its best match, and the place that arbitration gives it (lower is better)."""

    match: Match
    lines: tuple[int, ...]
    """All lines of this rule in the same place, in order."""
    place: int
    """0: the failed step (or no step is known to have failed), 1: another step, 2: only a mention."""
    distance: int
    """Lines from the last match to the end of the failed step (or of the job's log)."""
    mention: str = ""

    @property
    def rank(self) -> tuple[int, int, int]:
        """What must differ for one to win outright: generic last, then place, then kind."""
        kind = _KINDS[self.match.rule.kind]
        return (2 if self.place == 2 else kind == 2, self.place, kind)


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
    verdicts = [_job_verdict(engine, log, job, scan.matches, redact) for job in _failed_jobs(log)]
    return gravest(verdicts), tuple(notes)


def _failed_jobs(log: Log) -> list[str | None]:
    """Jobs in which a step failed; all of them when the log does not tell."""
    failed = list(dict.fromkeys(section.job for section in log.sections if section.failed))
    return failed or list(log.jobs)


def gravest(verdicts: Sequence[Classification]) -> Classification:
    """Give the verdict of a run from those of its failed jobs: decided before undecided, then by severity."""
    if not verdicts:
        return unknown(())
    return min(verdicts, key=_gravity)


def _gravity(verdict: Classification) -> tuple[bool, int, int, int]:
    return (
        verdict.source is Source.NONE,
        _GRAVE[verdict.severity],
        _SURE[verdict.confidence],
        _GRAVE_CATEGORY[verdict.category],
    )


def _job_verdict(
    engine: Engine, log: Log, job: str | None, matches: Sequence[Match], redact: Redact
) -> Classification:
    sections = [section for section in log.sections if section.job == job]
    mine = [match for match in matches if log.section_at(match.index).job == job]
    if not sections:
        return unknown(())
    candidates = _candidates(mine, log, sections)
    beaten = _superseded(engine, candidates)
    alive = [c for c in candidates if c.place < 2 and c.match.rule.kind is not Kind.GENERIC and c not in beaten]
    alive.sort(key=lambda c: (c.rank, _SURE[c.match.rule.confidence], c.distance, -len(c.match.rule.id), c.match.rule.id))
    if not alive:
        return _undecided(candidates, log, sections, redact)
    best = alive[0]
    rivals = _rivals(best, alive[1:])
    also = _also(best, rivals, beaten, candidates, log)
    if rivals:
        return _ambiguous([best, *rivals], also, log, redact)
    return _decided(best, also, log, redact)


def _candidates(matches: Sequence[Match], log: Log, sections: Sequence[Section]) -> list[Candidate]:
    """One candidate for each rule: its matches in the best place that it has any in."""
    failed = [s for s in sections if s.failed and s.zone is not Zone.CLEANUP] or [s for s in sections if s.failed]
    steps = {(s.step, s.zone is Zone.CLEANUP) for s in failed}
    end = failed[-1].stop if failed else sections[-1].stop
    grouped: dict[str, dict[tuple[int, str], list[Match]]] = {}
    for match in matches:
        where = _place(log.section_at(match.index), bool(failed), steps)
        grouped.setdefault(match.rule.id, {}).setdefault(where, []).append(match)
    out = []
    for places in grouped.values():
        (place, mention), group = min(places.items())
        lines = tuple(match.index for match in group)
        inside = [line for line in lines if line < end] or list(lines)
        out.append(Candidate(group[0], lines, place, abs(end - inside[-1]), mention))
    return out


def _place(section: Section, known: bool, steps: set[tuple[str | None, bool]]) -> tuple[int, str]:
    if section.zone is Zone.SCRIPT:
        return 2, "stands in an echoed script, which is not output"
    if section.failed:
        return 0, ""
    if section.zone is Zone.CLEANUP:
        return 2, "stands in the clean-up after the job's steps"
    if not known or (section.step, False) in steps:
        return 0, ""
    return 1, ""


def _superseded(engine: Engine, candidates: Sequence[Candidate]) -> dict[Candidate, str]:
    """Candidates beaten by one that says so and that happened in no worse a place."""
    out: dict[Candidate, str] = {}
    for strong in candidates:
        names = engine.catalog.superseded.get(strong.match.rule.id, frozenset())
        if strong.place == 2:
            continue
        for weak in candidates:
            if weak.match.rule.id in names and strong.place <= weak.place:
                out.setdefault(weak, strong.match.rule.id)
    return out


def _rivals(best: Candidate, others: Sequence[Candidate]) -> list[Candidate]:
    """Those of another category that nothing sets apart from the best one."""
    rule = best.match.rule
    return [
        other
        for other in others
        if other.match.rule.category is not rule.category
        and other.rank == best.rank
        and other.match.rule.confidence is rule.confidence
        and other.distance - best.distance < CLEARLY_NEARER
    ]


def _also(
    best: Candidate,
    rivals: Sequence[Candidate],
    beaten: dict[Candidate, str],
    candidates: Sequence[Candidate],
    log: Log,
) -> tuple[AlsoMatched, ...]:
    out = []
    rest = sorted((c for c in candidates if c is not best), key=lambda c: (c.rank, c.distance, c.match.rule.id))
    for other in rest[:MAX_ALSO]:
        rule = other.match.rule
        why = "equal rank: ambiguous" if other in rivals else _why(other, best, beaten)
        out.append(AlsoMatched(rule.id, rule.category, log.number(other.lines[-1]), why, rule.kind))
    return tuple(out)


def _why(other: Candidate, best: Candidate, beaten: dict[Candidate, str]) -> str:
    rule = other.match.rule
    if other in beaten:
        return f"superseded by {beaten[other]}"
    if other.place == 2:
        return f"mention: {other.mention}"
    if rule.kind is Kind.GENERIC:
        return "generic: says only that something failed"
    if other.place > best.place:
        return "stands outside the failed step"
    if _KINDS[rule.kind] > _KINDS[best.match.rule.kind]:
        return "symptom"
    if rule.confidence is not best.match.rule.confidence:
        return f"less sure: {rule.confidence} against {best.match.rule.confidence}"
    return "farther from the end of the failed step"


def _evidence(candidate: Candidate, log: Log, redact: Redact) -> tuple[Evidence, ...]:
    """The deciding line first: the last one of the rule in its place, then the others from the first."""
    order = [candidate.lines[-1], *candidate.lines[:-1]]
    out = []
    for index in order[:MAX_EVIDENCE]:
        line = log.line(index)
        out.append(Evidence(line.number, redact(line.text)[:1000], line.job, line.step, index))
    return tuple(out)


def _decided(best: Candidate, also: tuple[AlsoMatched, ...], log: Log, redact: Redact) -> Classification:
    rule = best.match.rule
    evidence = _evidence(best, log, redact)
    deciding = replace(best.match, index=evidence[0].index)
    captures = {name: redact(value) for name, value in capture(deciding, log).items()}
    confidence = rule.confidence
    if best.place == 1:
        confidence = _LOWER[confidence]
    if rule.kind is Kind.SYMPTOM and confidence is Confidence.HIGH:
        confidence = Confidence.MEDIUM
    summary = rule.title + (": " + ", ".join(captures.values()) if captures else "")
    return Classification(
        category=rule.category,
        subtype=rule.subtype,
        severity=rule.severity,
        confidence=confidence,
        source=Source.RULE,
        rule_id=rule.id,
        ambiguous=False,
        fingerprint=fingerprint(rule.category, rule.subtype, rule.id, log.text_at(evidence[0].index)),
        summary=summary,
        evidence=evidence,
        captures=captures,
        also_matched=also,
        owner=rule.owner,
        transient=rule.transient,
        title=rule.title,
        remediation=rule.remediation,
    )


def _ambiguous(
    tied: Sequence[Candidate], also: tuple[AlsoMatched, ...], log: Log, redact: Redact
) -> Classification:
    first = tied[0].match.rule
    ids = tuple(candidate.match.rule.id for candidate in tied)
    best = AlsoMatched(
        first.id, first.category, log.number(tied[0].lines[-1]), "equal rank: ambiguous", first.kind
    )
    evidence = tuple(line for candidate in tied for line in _evidence(candidate, log, redact)[:1])
    return replace(
        unknown(evidence),
        ambiguous=True,
        subtype="ambiguous",
        summary="rules of equal rank disagree: " + ", ".join(f"{c.match.rule.category} ({c.match.rule.id})" for c in tied),
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
    lines = generic[:1] or sorted(candidates, key=lambda c: c.distance)[:0]
    evidence = _evidence(lines[0], log, redact)[:1] if lines else ()
    also = []
    for candidate in sorted(candidates, key=lambda c: (c.place, c.match.rule.id))[:MAX_ALSO]:
        rule = candidate.match.rule
        why = f"mention: {candidate.mention}" if candidate.place == 2 else "generic: says only that something failed"
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
