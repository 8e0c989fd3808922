"""The playbook: which play answers a failure. Pure; `coo.adapters.playbook_file` reads and checks the files."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from coo.core.model import Category, Classification, Owner, Priority, Run, Severity, Source
from coo.core.notice import NotifyRule
from coo.core.patterns import first_branch_match, name_matches


class Action(StrEnum):
    """What coo can do (a closed set)."""

    RERUN = "rerun-failed-jobs"
    CONFIRM_FLAKY = "rerun-to-confirm-flaky"
    DELETE_AND_RERUN = "delete-branch-and-rerun"
    MERGE_AND_RERUN = "merge-base-and-rerun"
    CANCEL_SUPERSEDED = "cancel-superseded-runs"
    PIN_DEPENDENCY = "pin-dependency"
    ESCALATE = "escalate"
    REPORT_ONLY = "report-only"

    @property
    def remedies(self) -> bool:
        """True for an action with guards of its own: all that do more than tell people of a failure."""
        return self not in (Action.ESCALATE, Action.REPORT_ONLY)


DEFAULT_OWNERS: Mapping[Category, Owner] = {
    Category.SECURITY_SCAN: Owner.CISO,
    Category.AUTHENTICATION: Owner.CISO,
}
"""Who owns a category where neither play nor rule says it; the CTO has all others."""

DEFAULT_PRIORITIES: Mapping[Severity, Priority] = {
    Severity.CRITICAL: Priority.P0,
    Severity.MAJOR: Priority.P2,
    Severity.MINOR: Priority.P3,
}


@dataclass(frozen=True, slots=True)
class When:
    """The conditions of a play. All that are set must hold; of a tuple one value is enough."""

    category: tuple[str, ...] = ()
    subtype: tuple[str, ...] = ()
    rule: tuple[str, ...] = ()
    severity: tuple[str, ...] = ()
    confidence: tuple[str, ...] = ()
    source: tuple[str, ...] = ()
    owner: tuple[str, ...] = ()
    event: tuple[str, ...] = ()
    conclusion: tuple[str, ...] = ()
    branch: tuple[str, ...] = ()
    workflow: tuple[str, ...] = ()
    transient: bool | None = None
    ambiguous: bool | None = None
    default_branch: bool | None = None
    mixed: bool | None = None
    """The failed jobs have verdicts of more than one category."""
    attempt: tuple[int, int] | None = None
    """Lowest and highest attempt number of the run."""
    failures_in_24h: tuple[int, int] | None = None
    """Least and most runs of the same workflow and branch that failed within a day, this one counted."""


@dataclass(frozen=True, slots=True)
class GuardSpec:
    """A guard that a play asks for; `patterns` are those of `branch-pattern`."""

    id: str
    patterns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Fallback:
    """What happens when a guard of a play did not hold."""

    action: Action = Action.ESCALATE
    owner: Owner = Owner.CTO
    priority: Priority | None = None


@dataclass(frozen=True, slots=True)
class Play:
    """One entry of a playbook. `owner` and `priority` of None mean the default of the verdict."""

    id: str
    action: Action
    when: When = When()
    guards: tuple[GuardSpec, ...] = ()
    on_guard_failure: Fallback = Fallback()
    owner: Owner | None = None
    priority: Priority | None = None
    labels: tuple[str, ...] = ()
    """Labels that an issue of this play gets besides coo's own."""
    params: Mapping[str, Any] = field(default_factory=dict)
    """What the action's own schema allows (`with:`), as it stands in the playbook."""

    @property
    def only_tells(self) -> bool:
        """True where the play changes no branch, run or file: it writes issues, or nothing."""
        pins = self.action is Action.PIN_DEPENDENCY and not self.params.get("pull-request")
        return pins or not self.action.remedies

    @property
    def branch_patterns(self) -> tuple[str, ...]:
        """The patterns of the play's `branch-pattern` guard."""
        return next((spec.patterns for spec in self.guards if spec.id == "branch-pattern"), ())


@dataclass(frozen=True, slots=True)
class Team:
    """Who is assigned, and which labels are set, when an issue goes to an owner."""

    assignees: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()


DEFAULT_PER_DAY: Mapping[Action, int] = {
    Action.RERUN: 50,
    Action.CONFIRM_FLAKY: 25,
    Action.DELETE_AND_RERUN: 20,
    Action.MERGE_AND_RERUN: 20,
    Action.CANCEL_SUPERSEDED: 20,
    Action.PIN_DEPENDENCY: 10,
    Action.ESCALATE: 50,
    Action.REPORT_ONLY: 1_000_000,
}
"""Times a day in one repository, where a playbook says nothing; of `escalate` new issues count, not comments."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How often coo may act."""

    attempts: int = 3
    """coo starts no attempt of a run above this number."""
    per_day: Mapping[Action, int] = field(default_factory=dict)
    """How often coo may do an action in one repository between two midnights in UTC; `DEFAULT_PER_DAY` else."""

    def day(self, action: Action) -> int:
        """How often an action may be done in a day."""
        return self.per_day.get(action, DEFAULT_PER_DAY[action])


@dataclass(frozen=True, slots=True)
class Escalation:
    """How people are told."""

    reopen_days: int = 14
    """An issue that was closed less than so many days ago is reopened; a new one is opened else, and links it."""
    close_on_recovery: bool = False
    """Close an issue when its workflow is green again on its branch."""
    template: str = ""
    """The text that an issue's body is made by (`coo.core.issue_template`); the bundled one where empty."""


@dataclass(frozen=True, slots=True)
class Playbook:
    """A checked playbook; `guidance` is its prose (`playbooks/<name>.md`)."""

    id: str
    plays: tuple[Play, ...]
    limits: Limits = Limits()
    owners: Mapping[Owner, Team] = field(default_factory=dict)
    guidance: str = ""
    escalation: Escalation = Escalation()
    notify: tuple[NotifyRule, ...] = ()
    """Who is told besides the issue."""


NO_PLAY = Play("no-play", Action.REPORT_ONLY)
"""Stands in when no play holds: the failure is reported, and nothing else."""


Failures = Callable[[int], int | None]
"""How many runs failed within a day: given how many are enough to know; None where nobody can tell."""


def nobody_counts(_enough: int) -> int | None:
    """Stands in where there is nobody to ask how often a workflow failed."""
    return None


def select(
    playbook: Playbook, run: Run, verdict: Classification, mixed: bool = False, failures: Failures = nobody_counts
) -> Play:
    """The first play whose conditions hold, or `NO_PLAY`."""
    return next((play for play in playbook.plays if not unmet(play.when, run, verdict, mixed, failures)), NO_PLAY)


def unmet(
    when: When, run: Run, verdict: Classification, mixed: bool = False, failures: Failures = nobody_counts
) -> tuple[str, ...]:
    """The names of the conditions that do not hold, in a fixed order; empty when the play may be taken.

    `failures` is asked only where every other condition holds.
    """
    plain: dict[str, tuple[tuple[str, ...], str]] = {
        "category": (when.category, verdict.category),
        "severity": (when.severity, verdict.severity),
        "confidence": (when.confidence, verdict.confidence),
        "source": (when.source, verdict.source),
        "owner": (when.owner, verdict_owner(verdict)),
        "event": (when.event, run.event),
        "conclusion": (when.conclusion, run.conclusion or ""),
    }
    flags = {
        "transient": (when.transient, verdict.transient),
        "ambiguous": (when.ambiguous, verdict.ambiguous),
        "default_branch": (when.default_branch, run.branch == run.default_branch),
        "mixed": (when.mixed, mixed),
    }
    names = {
        # NOTE: a model's subtype is free text, which a log could have dictated: it chooses no play.
        "subtype": (when.subtype, () if verdict.source is Source.MODEL else (verdict.subtype,)),
        "rule": (when.rule, (verdict.rule_id or "",)),
        "workflow": (when.workflow, (run.workflow, run.workflow_path)),
    }
    failed = [key for key, (wanted, value) in plain.items() if wanted and value not in wanted]
    failed += [key for key, (flag, truth) in flags.items() if flag is not None and flag is not truth]
    for key, (patterns, values) in names.items():
        if patterns and not any(name_matches(value, pattern) for value in values for pattern in patterns):
            failed.append(key)
    if when.branch and first_branch_match(run.branch, when.branch) is None:
        failed.append("branch")
    if when.attempt and not when.attempt[0] <= run.attempt <= when.attempt[1]:
        failed.append("attempt")
    if when.failures_in_24h and not failed:
        least, most = when.failures_in_24h
        count = failures(least if most >= 10**9 else most + 1)
        if count is None or not least <= count <= most:
            failed.append("failures_in_24h")
    return tuple(failed)


def verdict_owner(verdict: Classification) -> Owner:
    """Who owns a verdict: the rule's owner, or that of the category. A model's suggestion does not count."""
    if verdict.source is Source.RULE:
        return verdict.owner
    return DEFAULT_OWNERS.get(verdict.category, Owner.CTO)


def verdict_priority(verdict: Classification) -> Priority:
    """How soon an escalation of a verdict wants an answer, where its play does not say. A model is never urgent."""
    return DEFAULT_PRIORITIES[Severity.MAJOR if verdict.source is Source.MODEL else verdict.severity]


def is_mixed(verdicts: Sequence[Classification]) -> bool:
    """Whether the failed jobs failed in more than one category."""
    return len({verdict.category for verdict in verdicts}) > 1
