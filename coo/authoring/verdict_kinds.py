"""Which verdicts can be: those of the catalogue's rules, those that no rule decided, and those of a model."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache
from itertools import product

from coo.core.catalog import Rule
from coo.core.globs import covers_name
from coo.core.model import Category, Confidence, Owner, Severity, Source
from coo.core.patterns import name_matches
from coo.core.playbook import DEFAULT_OWNERS, When

UNDECIDED = ("ambiguous", "unmatched", "nothing-failed", "logs-gone", "log-not-read")
"""The subtypes of verdicts that no rule and no model decided."""
_CONFIDENCES = tuple(map(str, Confidence))
_SEVERITIES = tuple(map(str, Severity))
DIMENSIONS = (
    "category", "subtype", "rule", "severity", "confidence", "source", "owner", "transient", "ambiguous",
)  # fmt: skip
"""The conditions of a play that are about the verdict; all others are about the run."""
PLAIN = tuple(name for name in DIMENSIONS if name not in ("subtype", "rule"))
"""Those of them with a closed set of values."""


@dataclass(frozen=True, slots=True)
class VerdictKind:
    """Verdicts that only differ in what a tuple holds several of. `subtype` None: free text, which matches nothing."""

    category: str
    subtype: str | None
    rule: str
    severity: tuple[str, ...]
    confidence: tuple[str, ...]
    source: str
    owner: str
    transient: bool
    ambiguous: bool = False


def kinds(rules: Iterable[Rule]) -> tuple[VerdictKind, ...]:
    """Every verdict that there can be with these rules; some of them may never come."""
    found = [_of_rule(rule) for rule in rules]
    for subtype in UNDECIDED:
        found.append(
            VerdictKind(
                Category.UNKNOWN, subtype, "", _SEVERITIES, _CONFIDENCES, Source.NONE, Owner.CTO, False,
                subtype == "ambiguous",
            )
        )  # fmt: skip
    for category in Category:
        owner = DEFAULT_OWNERS.get(category, Owner.CTO)
        found.append(VerdictKind(category, None, "", _SEVERITIES, _CONFIDENCES, Source.MODEL, owner, False))
    return tuple(found)


def _of_rule(rule: Rule) -> VerdictKind:
    # NOTE: a verdict is never surer than its rule, and less sure in some places of a log.
    sure = _CONFIDENCES[_CONFIDENCES.index(rule.confidence) :]
    return VerdictKind(
        rule.category, rule.subtype, rule.id, (str(rule.severity),), sure, Source.RULE, rule.owner, rule.transient
    )


def narrowed(kind: VerdictKind, when: When, only: Iterable[str] = DIMENSIONS) -> VerdictKind | None:
    """The verdicts of a kind for which the conditions about the verdict hold; None when there are none."""
    wanted = set(only)
    for name in wanted & {"category", "source", "owner"}:
        values = getattr(when, name)
        if values and getattr(kind, name) not in values:
            return None
    for name in wanted & {"transient", "ambiguous"}:
        if getattr(when, name) not in (None, getattr(kind, name)):
            return None
    for name in wanted & {"subtype", "rule"}:
        patterns, value = getattr(when, name), getattr(kind, name)
        if patterns and (value is None or not any(name_matches(value, pattern) for pattern in patterns)):
            return None
    for name in wanted & {"severity", "confidence"}:
        values = getattr(when, name)
        left = tuple(value for value in getattr(kind, name) if not values or value in values)
        if not left:
            return None
        kind = replace(kind, severity=left) if name == "severity" else replace(kind, confidence=left)
    return kind


@cache
def any_rules() -> tuple[VerdictKind, ...]:
    """Every verdict that there could be with any rules whatever; of the names of subtype and rule nothing is said."""
    of_rules = product(Category, _SEVERITIES, _CONFIDENCES, Owner, (True, False))
    found = [
        VerdictKind(category, "", "", (severity,), (confidence,), Source.RULE, owner, transient)
        for category, severity, confidence, owner, transient in of_rules
    ]
    for kind in kinds(()):
        pairs = product(_SEVERITIES, _CONFIDENCES)
        found += [replace(kind, severity=(severity,), confidence=(sure,)) for severity, sure in pairs]
    return tuple(found)


def possible(when: When) -> tuple[VerdictKind, ...]:
    """Those of `any_rules` that a play can be for."""
    found = []
    for kind in any_rules():
        # A subtype that a rule may have is a rule's to choose; the others' are known.
        names = PLAIN if kind.source == Source.RULE else DIMENSIONS
        if narrowed(kind, when, names):
            found.append(kind)
    return tuple(found)


def always_holds(wide: When, narrow: When, kind: VerdictKind) -> bool:
    """Whether the conditions of one play about the verdict hold for all verdicts of a kind that another is for."""
    for key in ("subtype", "rule"):
        patterns, names = getattr(wide, key), getattr(narrow, key)
        if patterns and not (names and all(name_is_covered(patterns, name) for name in names)):
            return False
    return narrowed(kind, wide, PLAIN) == kind


def name_is_covered(patterns: Iterable[str], value: str) -> bool:
    """Whether one of the patterns matches all that a pattern matches."""
    return any(covers_name(pattern, value) for pattern in patterns)
