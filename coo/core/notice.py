"""Who is told of a triage besides the issue, and in which words: rules of the playbook, and messages without harm.

Pure. An address is never known here: `to` names one that the environment has.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from coo.core.model import Triage
from coo.core.neutralise import one_line, plain_address, slack_code, slack_link
from coo.core.redact import redact

MAX_TEXT = 400
"""Characters of a text that a message shows."""


@dataclass(frozen=True, slots=True)
class NotifyRule:
    """One entry of a playbook's `notify`: where to, and when. All conditions that are set must hold."""

    to: str
    """`slack` or `webhook`."""
    priority: tuple[str, ...] = ()
    owner: tuple[str, ...] = ()
    action: tuple[str, ...] = ()
    category: tuple[str, ...] = ()
    outcome: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Notice:
    """A message for one place. `key` is the same each time that the same thing is told there."""

    to: str
    key: str
    content: Mapping[str, Any]

    @property
    def body(self) -> bytes:
        """The JSON that is sent, byte for byte."""
        return json.dumps(self.content, ensure_ascii=True, sort_keys=True).encode("ascii")


def wanted(rules: Iterable[NotifyRule], done: Triage) -> tuple[str, ...]:
    """Where a triage is told, each place once; nowhere when it found that all was said before."""
    if done.outcome.status == "skipped":
        return ()
    facts = {
        "priority": str(done.decision.priority),
        "owner": str(done.decision.owner),
        "action": str(done.decision.action),
        "category": str(done.classification.category),
        "outcome": done.outcome.status if done.acted else "done",  # a dry run tells what would be
    }
    held = (rule.to for rule in rules if _holds(rule, facts))
    return tuple(dict.fromkeys(held))


def _holds(rule: NotifyRule, facts: Mapping[str, str]) -> bool:
    asked = {name: getattr(rule, name) for name in facts}
    return all(not values or facts[name] in values for name, values in asked.items())


def notice(to: str, done: Triage) -> Notice:
    """The message for one place."""
    told = (done.run.repo, done.run.id, done.run.attempt, to, done.decision.action, done.outcome.status)
    key = hashlib.sha256("\x1f".join(map(str, told)).encode("utf-8", "replace")).hexdigest()[:32]
    return Notice(to, key, {"text": slack_text(done)} if to == "slack" else webhook_content(done, key))


def slack_text(done: Triage) -> str:
    """The text of a Slack message; each text of others stands in code, links are GitHub's own."""
    run, found, decision = done.run, done.classification, done.decision
    lines = (
        f"*{decision.priority}* for *{decision.owner}*: `{found.category}` in {_code(run.workflow, 80)} of"
        f" {_code(run.repo, 140)}, branch {_code(run.branch, 120)}",
        _code(found.summary, MAX_TEXT),
        f"{decision.action}: {done.outcome.status} ({_code(done.outcome.detail, MAX_TEXT)})",
        " | ".join(
            link
            for link in (
                slack_link(f"run {run.id}, attempt {run.attempt}", run.url),
                slack_link("issue", done.outcome.issue_url or ""),
            )
            if link
        ),
    )
    return "\n".join(line for line in lines if line)


def _code(text: str, limit: int) -> str:
    return slack_code(redact(text), limit)


def webhook_content(done: Triage, key: str) -> dict[str, Any]:
    """The object of the generic webhook: ids and words of closed sets, and a few texts of one redacted line each."""
    run, found, decision, outcome = done.run, done.classification, done.decision, done.outcome
    return {
        "version": 1,
        "event": "triage",
        "id": key,
        "run": {
            "repo": run.repo,
            "id": run.id,
            "attempt": run.attempt,
            "url": plain_address(run.url),
            "sha": run.sha,
            "event": run.event,
            "workflow": _line(run.workflow),
            "branch": _line(run.branch),
        },
        "classification": {
            "category": str(found.category),
            "subtype": _line(found.subtype),
            "severity": str(found.severity),
            "confidence": str(found.confidence),
            "source": str(found.source),
            "rule_id": found.rule_id,
            "fingerprint": found.fingerprint,
            "summary": _line(found.summary),
        },
        "decision": {
            "play": decision.play,
            "action": str(decision.action),
            "owner": str(decision.owner),
            "priority": str(decision.priority),
        },
        "outcome": {
            "status": outcome.status,
            "detail": _line(outcome.detail),
            "issue_url": plain_address(outcome.issue_url or ""),
        },
    }


def _line(text: str) -> str:
    return one_line(redact(text))[:MAX_TEXT]
