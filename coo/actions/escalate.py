"""Escalation: one issue for one fingerprint, one mention for one attempt of a run."""

from __future__ import annotations

from dataclasses import dataclass

from coo.actions.issue import IssueText
from coo.core.errors import CooError
from coo.core.model import Category, Decision, Outcome
from coo.core.playbook import Playbook, Team
from coo.ports import Hands, Issue

LABEL = "coo"
"""The label that every issue of coo carries, and by which it is found again."""


@dataclass(frozen=True, slots=True)
class Address:
    """Whom an issue goes to: enums and the playbook's own words, never text of a log or a model."""

    labels: tuple[str, ...]
    assignees: tuple[str, ...]


def address(playbook: Playbook, decision: Decision, category: Category) -> Address:
    """The labels and people of an escalation."""
    team = playbook.owners.get(decision.owner, Team())
    extra = next((play.labels for play in playbook.plays if play.id == decision.play), ())
    own = (LABEL, f"agent:{decision.owner.lower()}", decision.priority.lower(), f"workflow:{category}")
    return Address(tuple(dict.fromkeys((*own, *extra, *team.labels))), team.assignees)


def escalate(text: IssueText, to: Address, hands: Hands | None, act: bool) -> Outcome:
    """Open the issue, or comment on the open one of the same failure, or find that it is said already.

    A dry run only looks, and stays a dry run when it may not. A call that fails is an `Outcome` with status `failed`.
    """
    if hands is None:
        return Outcome("dry-run", f"would {_opening(to)} (GitHub was not asked whether there is one)", (_opening(to),))
    try:
        issue = hands.find_issue(text.fingerprint_marker)
        if issue is None:
            return _open(text, to, hands, act)
        return _mention(issue, text, hands, act)
    except CooError as error:
        if not act:
            detail = f"would {_opening(to)}, or comment on one that is open: {error.message}"
            return Outcome("dry-run", detail, (_opening(to),))
        return Outcome("failed", f"the failure could not be escalated: {error.message}", exit_code=error.exit_code)


def _opening(to: Address) -> str:
    people = f" and assign {', '.join(to.assignees)}" if to.assignees else ""
    return f"open an issue labelled {', '.join(to.labels)}{people}"


def _open(text: IssueText, to: Address, hands: Hands, act: bool) -> Outcome:
    if not act:
        return Outcome("dry-run", f"would {_opening(to)}", (_opening(to),))
    hands.ensure_labels(to.labels)
    try:
        issue = hands.create_issue(text.title, text.body, to.labels, to.assignees)
    except CooError:
        # The answer may have been lost after the effect: an issue that is there now is this one.
        found = hands.find_issue(text.fingerprint_marker)
        if found is None:
            raise
        issue = found
    return Outcome("done", f"opened issue #{issue.number}", (f"opened issue #{issue.number}",), issue.url)


def _mention(issue: Issue, text: IssueText, hands: Hands, act: bool) -> Outcome:
    name = f"issue #{issue.number}"
    if text.run_marker in issue.body or hands.issue_has_comment(issue.number, text.run_marker):
        return Outcome("skipped", f"{name} tells of this run already", (), issue.url)
    if not act:
        return Outcome("dry-run", f"would comment on {name}", (f"comment on {name}",), issue.url)
    hands.comment_issue(issue.number, text.comment)
    return Outcome("done", f"commented on {name}", (f"commented on {name}",), issue.url)
