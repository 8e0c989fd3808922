"""How good verdicts are on labelled logs: per category, covered, wrong, evidence, alarms, calibration."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from coo.core.model import Category, Classification, Confidence, Source

NEAR = 5
"""Lines: the first evidence line may be this far from a labelled one."""
SUCCESS = "success"
"""The label of a log of a run that did not fail."""
NAMED = tuple(category for category in Category if category is not Category.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Label:
    """What a person said of a log. `category`: one of ours, `unknown` or `success`; `sure`: False for a weak label.

    `acceptable`: categories that a fair judge could also give; `lines` (1-based) and `texts`: the labelled evidence.
    """

    id: str
    category: str
    acceptable: tuple[str, ...] = ()
    lines: tuple[int, ...] = ()
    texts: tuple[str, ...] = ()
    sure: bool = True
    repo: str = ""


Scored = tuple[Label, Classification | None]
"""A label and the verdict on its log; None where the log could not be read."""


@dataclass(slots=True)
class Share:
    """How many of how many."""

    hits: int = 0
    of: int = 0

    def add(self, hit: bool) -> None:
        """Count one more."""
        self.hits += hit
        self.of += 1

    @property
    def value(self) -> float | None:
        """Between 0 and 1; None of nothing."""
        return self.hits / self.of if self.of else None


@dataclass(slots=True)
class CategoryScore:
    """One category. `support`: logs so labelled; `right`: of these so named; `false`: others wrongly so named."""

    support: int = 0
    right: int = 0
    false: int = 0

    @property
    def recall(self) -> float | None:
        """None without a log of the category."""
        return self.right / self.support if self.support else None

    @property
    def precision(self) -> float:
        """0 where nothing was named so."""
        return self.right / (self.right + self.false) if self.right + self.false else 0.0

    @property
    def f1(self) -> float | None:
        """The harmonic mean of both; None without a log of the category."""
        if self.recall is None:
            return None
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0


@dataclass(slots=True)
class Scores:
    """The figures of a set of labelled logs; those with a weak label count nowhere but in `left_out`.

    `exact` and `lenient` are of the failing logs, `covered` and `evidence` of those whose label names a category;
    `decided`: failing logs that a rule decided; `wrong`: (label, verdict's rule) of those not even leniently right.
    """

    categories: dict[Category, CategoryScore] = field(default_factory=lambda: {c: CategoryScore() for c in NAMED})
    calibration: dict[Confidence, Share] = field(default_factory=lambda: {c: Share() for c in Confidence})
    exact: Share = field(default_factory=Share)
    lenient: Share = field(default_factory=Share)
    covered: Share = field(default_factory=Share)
    evidence: Share = field(default_factory=Share)
    decided: int = 0
    wrong: list[tuple[str, str]] = field(default_factory=list)
    confidently_wrong: int = 0
    healthy: int = 0
    alarms: list[tuple[str, str]] = field(default_factory=list)
    left_out: int = 0
    unread: int = 0

    @property
    def rule_precision(self) -> float | None:
        """How often a deciding rule was at least leniently right; None where no rule decided."""
        return 1 - len(self.wrong) / self.decided if self.decided else None

    @property
    def macro_f1(self) -> float | None:
        """The mean over the categories that have logs."""
        each = [score.f1 for score in self.categories.values() if score.f1 is not None]
        return sum(each) / len(each) if each else None


def score(pairs: Iterable[Scored]) -> Scores:
    """Count."""
    out = Scores()
    for label, verdict in pairs:
        if not label.sure:
            out.left_out += 1
            continue
        out.unread += verdict is None
        if label.category == SUCCESS:
            _healthy(out, label, verdict)
        else:
            _failing(out, label, verdict)
    return out


def _healthy(out: Scores, label: Label, verdict: Classification | None) -> None:
    out.healthy += 1
    if verdict is not None and verdict.source is Source.RULE:
        out.alarms.append((label.id, str(verdict.rule_id)))
        out.calibration[verdict.confidence].add(False)


def _failing(out: Scores, label: Label, verdict: Classification | None) -> None:
    got = verdict.category if verdict else None
    exact = got is not None and got.value == label.category
    lenient = exact or (got is not None and got.value in label.acceptable)
    by_rule = verdict is not None and verdict.source is Source.RULE
    out.exact.add(exact)
    out.lenient.add(lenient)
    if verdict is not None and by_rule:
        out.decided += 1
        out.calibration[verdict.confidence].add(lenient)
        if not lenient:
            out.wrong.append((label.id, str(verdict.rule_id)))
            out.confidently_wrong += verdict.confidence is Confidence.HIGH
    if label.category in NAMED:
        own = out.categories[Category(label.category)]
        own.support += 1
        own.right += exact
        out.covered.add(by_rule)
        out.evidence.add(verdict is not None and _hit(label, verdict))
    if got in out.categories and not lenient:
        out.categories[got].false += 1


def _hit(label: Label, verdict: Classification) -> bool:
    """Is the first evidence line near a labelled one, or does it have the text of one?"""
    if not verdict.evidence:
        return False
    first = verdict.evidence[0]
    near = any(abs(first.line - line) <= NEAR for line in label.lines)
    return near or (bool(first.text) and any(first.text.strip()[:60] in text for text in label.texts))


def halves(pairs: Sequence[Scored]) -> tuple[list[Scored], list[Scored]]:
    """Split by a hash of the repository, so that all logs of one are in the same half."""
    first: list[Scored] = []
    second: list[Scored] = []
    for pair in pairs:
        odd = hashlib.sha256(pair[0].repo.lower().encode()).digest()[0] & 1
        (second if odd else first).append(pair)
    return first, second
