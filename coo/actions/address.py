"""Whom an escalation goes to: labels and people, by the playbook."""

from __future__ import annotations

from dataclasses import dataclass

from coo.core.model import Category, Decision
from coo.core.playbook import Action, Playbook, Team

LABEL = "coo"
"""The label that every issue of coo carries, and by which it is found again."""


@dataclass(frozen=True, slots=True)
class Address:
    """Whom an issue goes to: enums and the playbook's own words, never text of a log or a model."""

    labels: tuple[str, ...]
    assignees: tuple[str, ...]
    day_limit: int = 1_000_000
    """New issues in a day in this repository."""
    reopen_days: int = 14
    """An issue that was closed less than so many days before is reopened."""


def address(playbook: Playbook, decision: Decision, category: Category) -> Address:
    """The labels and people of an escalation, and how often there may be a new one."""
    team = playbook.owners.get(decision.owner, Team())
    extra = next((play.labels for play in playbook.plays if play.id == decision.play), ())
    own = (LABEL, f"agent:{decision.owner.lower()}", decision.priority.lower(), f"workflow:{category}")
    labels = tuple(dict.fromkeys((*own, *extra, *team.labels)))
    return Address(labels, team.assignees, playbook.limits.day(Action.ESCALATE), playbook.escalation.reopen_days)
