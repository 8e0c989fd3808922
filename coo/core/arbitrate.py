"""Arbitration: which of the rules that match in a job wins, and why the others lose.

The order: what the log only mentions (echoed script, clean-up) loses to what happened; the failed step beats
other steps; a cause beats a symptom beats a generic; a rule beats those it supersedes; the better confidence;
the nearest to the end of the failed step. If the best two are then of equal rank and of different categories
and stand close together, the verdict is ambiguous.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from coo.core.capture import Match
from coo.core.catalog import Catalog
from coo.core.logs import Log
from coo.core.model import Confidence, Kind, Section, Zone

CLEARLY_NEARER = 40
"""Lines: of two causes of different categories, one that stands this much nearer to the failure wins."""

KIND_ORDER = {Kind.CAUSE: 0, Kind.SYMPTOM: 1, Kind.GENERIC: 2}
SURE_ORDER = {Confidence.HIGH: 0, Confidence.MEDIUM: 1, Confidence.LOW: 2}


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
    def can_decide(self) -> bool:
        """A cause or symptom of the failed step, or a cause elsewhere: an effect elsewhere had no consequence."""
        kind = self.match.rule.kind
        return kind is not Kind.GENERIC and (self.place == 0 or (self.place == 1 and kind is Kind.CAUSE))

    @property
    def rank(self) -> tuple[int, int, int]:
        """What must differ for one to win outright: generic last, then place, then kind."""
        kind = KIND_ORDER[self.match.rule.kind]
        return (2 if self.place == 2 else kind == 2, self.place, kind)


@dataclass(frozen=True, slots=True)
class Contest:
    """The candidates of a job: `alive` in the order in which they win, and who beat the superseded ones."""

    candidates: list[Candidate]
    alive: list[Candidate]
    beaten: dict[Candidate, str]

    @property
    def rivals(self) -> list[Candidate]:
        """Those of another category that nothing sets apart from the best one."""
        return _rivals(self.alive[0], self.alive[1:]) if self.alive else []


def arbitrate(catalog: Catalog, matches: Sequence[Match], log: Log, sections: Sequence[Section]) -> Contest:
    """Put the rules that match in one job in order. `sections` are those of the job."""
    candidates = _candidates(matches, log, sections)
    beaten = _superseded(catalog, candidates)
    alive = [candidate for candidate in candidates if candidate.can_decide and candidate not in beaten]
    alive.sort(key=_order)
    return Contest(candidates, alive, beaten)


def _order(candidate: Candidate) -> tuple[tuple[int, int, int], int, int, int, str]:
    rule = candidate.match.rule
    return candidate.rank, SURE_ORDER[rule.confidence], candidate.distance, -len(rule.id), rule.id


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


def _superseded(catalog: Catalog, candidates: Sequence[Candidate]) -> dict[Candidate, str]:
    """Candidates beaten by one that says so and that happened in no worse a place."""
    out: dict[Candidate, str] = {}
    for strong in candidates:
        names = catalog.superseded.get(strong.match.rule.id, frozenset())
        if not strong.can_decide:
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


def why_lost(other: Candidate, best: Candidate, beaten: dict[Candidate, str]) -> str:
    """Say in words why a candidate lost to the best one."""
    rule = other.match.rule
    if other in beaten:
        return f"superseded by {beaten[other]}"
    if other.place == 2:
        return f"mention: {other.mention}"
    if rule.kind is Kind.GENERIC:
        return "generic: says only that something failed"
    if other.place > best.place:
        return "stands outside the failed step"
    if KIND_ORDER[rule.kind] > KIND_ORDER[best.match.rule.kind]:
        return "symptom"
    if rule.confidence is not best.match.rule.confidence:
        return f"less sure: {rule.confidence} against {best.match.rule.confidence}"
    return "farther from the end of the failed step"


def why_undecided(candidate: Candidate) -> str:
    """Say in words why a candidate could not decide although nothing beat it."""
    if candidate.place == 2:
        return f"mention: {candidate.mention}"
    if candidate.match.rule.kind is Kind.GENERIC:
        return "generic: says only that something failed"
    return "a symptom outside the failed step"
