"""A playbook from the data of its file. Pure: `playbook.schema.json` has accepted the data before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from coo.core.model import Owner, Priority
from coo.core.notice import NotifyRule
from coo.core.playbook import Action, Escalation, Fallback, GuardSpec, Limits, Play, Playbook, Team, When


def playbook_from(data: Mapping[str, Any], guidance: str = "", template: str = "") -> Playbook:
    """A `Playbook` of data that `playbook.schema.json` accepted; it is not checked again here.

    `guidance`: its prose; `template`: the text of the file that `escalation.template` names.
    """
    owners = {
        Owner(name): Team(tuple(team.get("assignees", ())), tuple(team.get("labels", ())))
        for name, team in data.get("owners", {}).items()
    }
    told = data.get("limits", {})
    per_day = {Action(name): count for name, count in told.get("per-day", {}).items()}
    limits = Limits(told.get("attempts", Limits().attempts), per_day)
    told = data.get("escalation", {})
    default = Escalation()
    escalation = Escalation(
        told.get("reopen-days", default.reopen_days),
        told.get("close-on-recovery", default.close_on_recovery),
        template,
    )
    return Playbook(data["id"], tuple(map(_play, data["plays"])), limits, owners, guidance, escalation, _notify(data))


def _notify(data: Mapping[str, Any]) -> tuple[NotifyRule, ...]:
    return tuple(
        NotifyRule(
            rule["to"],
            **{
                key: (value,) if isinstance(value, str) else tuple(value) for key, value in rule.get("when", {}).items()
            },
        )
        for rule in data.get("notify", ())
    )


def _play(data: Mapping[str, Any]) -> Play:
    owner, priority = data.get("owner"), data.get("priority")
    return Play(
        id=data["id"],
        action=Action(data["do"]),
        when=_when(data.get("when", {})),
        guards=tuple(map(_guard, data.get("guards", ()))),
        on_guard_failure=_fallback(data.get("on_guard_failure", {})),
        owner=Owner(owner) if owner else None,
        priority=Priority(priority) if priority else None,
        labels=tuple(data.get("issue", {}).get("labels", ())),
        params=dict(data.get("with", {})),
    )


def _when(data: Mapping[str, Any]) -> When:
    values: dict[str, Any] = {}
    for key, value in data.items():
        if key in ("attempt", "failures_in_24h"):
            values[key] = (value.get("min", 1), value.get("max", 10**9))
        elif isinstance(value, str):
            values[key] = (value,)
        else:
            values[key] = tuple(value) if isinstance(value, list) else value
    return When(**values)


def _guard(data: str | Mapping[str, Sequence[str]]) -> GuardSpec:
    if isinstance(data, str):
        return GuardSpec(data)
    ((guard_id, patterns),) = data.items()
    return GuardSpec(guard_id, (patterns,) if isinstance(patterns, str) else tuple(patterns))


def _fallback(data: str | Mapping[str, str]) -> Fallback:
    if isinstance(data, str):
        return Fallback(Action(data))
    priority = data.get("priority")
    return Fallback(
        Action(data.get("do", Action.ESCALATE)),
        Owner(data.get("owner", Owner.CTO)),
        Priority(priority) if priority else None,
    )
