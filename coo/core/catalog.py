"""Rules, and the catalogue that holds them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from coo.core.model import Category, Confidence, Kind, Owner, Severity


@dataclass(frozen=True, slots=True)
class Example:
    """A piece of log on which a rule fires, or must not."""

    name: str
    log: str


@dataclass(frozen=True, slots=True)
class Matcher:
    """What a rule looks for. Patterns are searched in each clean line; see `docs/rule-format.md`."""

    any: tuple[str, ...] = ()
    all: tuple[str, ...] = ()
    none: tuple[str, ...] = ()
    within_lines: int | None = None
    step: str | None = None
    job: str | None = None

    @property
    def patterns(self) -> Iterable[str]:
        """Every pattern of the matcher."""
        yield from (*self.any, *self.all, *self.none)
        yield from (name for name in (self.step, self.job) if name is not None)


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of the catalogue; `path` is the file it came from."""

    id: str
    title: str
    category: Category
    subtype: str
    status: str
    kind: Kind
    severity: Severity
    confidence: Confidence
    owner: Owner
    transient: bool
    description: str
    remediation: str
    match: Matcher
    captures: Mapping[str, str] = field(default_factory=dict)
    supersedes: tuple[str, ...] = ()
    false_positives: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    positive: tuple[Example, ...] = ()
    negative: tuple[Example, ...] = ()
    replaced_by: str | None = None
    path: str = ""


def build_rule(data: Mapping[str, Any], path: str) -> Rule:
    """Make a rule of a checked mapping.

    Raises `KeyError`, `TypeError` or `ValueError` for one that the schema would refuse.
    """
    match = data["match"]
    examples = data["examples"]
    return Rule(
        id=str(data["id"]),
        title=str(data["title"]),
        category=Category(data["category"]),
        subtype=str(data["subtype"]),
        status=str(data["status"]),
        kind=Kind(data["kind"]),
        severity=Severity(data["severity"]),
        confidence=Confidence(data["confidence"]),
        owner=Owner(data["owner"]),
        transient=bool(data["transient"]),
        description=str(data["description"]).strip(),
        remediation=str(data["remediation"]).strip(),
        match=Matcher(
            any=tuple(match.get("any", ())),
            all=tuple(match.get("all", ())),
            none=tuple(match.get("none", ())),
            within_lines=match.get("within_lines"),
            step=match.get("step"),
            job=match.get("job"),
        ),
        captures=dict(data.get("captures", {})),
        supersedes=tuple(data.get("supersedes", ())),
        false_positives=tuple(data.get("false_positives", ())),
        references=tuple(data["references"]),
        positive=tuple(Example(e["name"], e["log"]) for e in examples["positive"]),
        negative=tuple(Example(e["name"], e["log"]) for e in examples["negative"]),
        replaced_by=data.get("replaced_by"),
        path=path,
    )


class Catalog:
    """The rules in force, by id, with what each supersedes (also through others)."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self.rules = tuple(sorted((rule for rule in rules if rule.status != "deprecated"), key=lambda rule: rule.id))
        self.deprecated = tuple(rule for rule in rules if rule.status == "deprecated")
        self.by_id = {rule.id: rule for rule in self.rules}

    @cached_property
    def superseded(self) -> dict[str, frozenset[str]]:
        """For each rule the ids of all rules that it supersedes, directly or through another."""
        return {rule.id: frozenset(self._reach(rule.id)) for rule in self.rules}

    def _reach(self, start: str) -> set[str]:
        found: set[str] = set()
        todo = list(self.by_id[start].supersedes)
        while todo:
            name = todo.pop()
            if name not in found and name != start:
                found.add(name)
                if name in self.by_id:
                    todo.extend(self.by_id[name].supersedes)
        return found

    @cached_property
    def version(self) -> str:
        """12 hexadecimal digits that change when a pattern or a verdict of any rule changes."""
        text = "\n".join(repr((r.id, r.category, r.kind, r.confidence, r.match, r.supersedes)) for r in self.rules)
        return hashlib.sha256(text.encode()).hexdigest()[:12]
