"""The lives of rules: a lock that holds what each rule decided when it was last looked at."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from coo.core.catalog import Rule
from coo.core.errors import Problem


@dataclass(frozen=True, slots=True)
class Locked:
    """One rule of a lock. `hash`: of what decides; `version`: counts its changes from 1; `changed`: ISO 8601 day."""

    hash: str
    version: int
    changed: str


Lock = Mapping[str, Locked]
"""Locked rules by id."""


def deciding_hash(rule: Rule) -> str:
    """Give 64 hexadecimal digits that change when a rule may decide otherwise, or give a verdict of other words.

    Title, prose, references and examples decide nothing; of the status it counts only whether the rule is in force.
    """
    decides = {
        "in_force": rule.status != "deprecated",
        "category": rule.category,
        "subtype": rule.subtype,
        "kind": rule.kind,
        "severity": rule.severity,
        "confidence": rule.confidence,
        "owner": rule.owner,
        "transient": rule.transient,
        "match": asdict(rule.match),
        "captures": dict(rule.captures),
        "supersedes": sorted(rule.supersedes),
    }
    text = json.dumps(decides, sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


def relocked(lock: Lock, rules: Sequence[Rule], date: str) -> dict[str, Locked]:
    """Give the lock brought up to date: a new rule has version 1, a changed one the next; both get the `date`.

    Rules that vanished stay in it: see `lock_faults`.
    """
    out = dict(lock)
    for rule in rules:
        known, now = lock.get(rule.id), deciding_hash(rule)
        if known is None or known.hash != now:
            out[rule.id] = Locked(now, known.version + 1 if known else 1, date)
    return dict(sorted(out.items()))


def vanished(lock: Lock, rules: Sequence[Rule], path: str) -> list[Problem]:
    """Tell the locked rules that are gone. `path`: the lock's file."""
    have = {rule.id for rule in rules}
    how = "an id is never used again: bring the file back with `status: deprecated` and `replaced_by`"
    return [
        Problem(path, 1, 1, "locked-rule-gone", f"the rule '{name}' is locked and has no file", how)
        for name in sorted(lock)
        if name not in have
    ]


def lock_faults(lock: Lock, rules: Sequence[Rule], path: str) -> list[Problem]:
    """Tell every rule that differs from its lock: changed, new, or gone without being deprecated."""
    problems = vanished(lock, rules, path)
    how = "read the change again, then run `coo rules lock`"
    for rule in sorted(rules, key=lambda rule: rule.id):
        known = lock.get(rule.id)
        if known is None:
            problems.append(Problem(rule.path, 1, 1, "not-locked", f"the rule '{rule.id}' is not locked", how))
        elif known.hash != deciding_hash(rule):
            what = f"the rule '{rule.id}' is not what was locked as version {known.version} on {known.changed}"
            problems.append(Problem(rule.path, 1, 1, "lock-differs", what, how))
    return problems
