"""Telling people of a triage besides the issue. What goes wrong there is said in the report, and changes nothing."""

from __future__ import annotations

from collections.abc import Mapping

from coo.core.errors import CooError
from coo.core.model import Note, Triage
from coo.core.notice import Notice, NotifyRule, notice, wanted
from coo.ports import Memory, Messenger

ACTION = "notify"


def notify(
    done: Triage, rules: tuple[NotifyRule, ...], messengers: Mapping[str, Messenger], memory: Memory | None = None
) -> tuple[Note, ...]:
    """Tell each place that the playbook names of a finished triage; a dry run sends nothing. Gives what came of it.

    `memory` keeps two processes from telling the same: one that only GitHub has cannot, and the message's key must do.
    """
    return tuple(_told(notice(to, done), done, messengers.get(to), memory) for to in wanted(rules, done))


def _told(message: Notice, done: Triage, messenger: Messenger | None, memory: Memory | None) -> Note:
    if not done.acted:
        what = f"would tell {message.to} of {done.decision.action}, {done.decision.priority} for {done.decision.owner}"
        return Note("notify-dry-run", 1, what if messenger else f"{what}, but has no address for it")
    if messenger is None:
        return Note("notify-failed", 1, f"{message.to}: no address is set for it in the environment")
    target = f"{message.to} {message.key}"
    if _begun(memory, target):
        return Note("notify-skipped", 1, f"{message.to} was told of this already")
    why = messenger.send(message)
    _end(memory, target, why)
    return Note("notify-failed", 1, f"{message.to}: {why}") if why else Note("notified", 1, message.to)


def _begun(memory: Memory | None, target: str) -> bool:
    """Whether somebody told it before, or is at it. A memory that is not there keeps nobody from telling."""
    try:
        return memory is not None and memory.begin(ACTION, target) is not None
    except CooError:
        return False


def _end(memory: Memory | None, target: str, why: str | None) -> None:
    try:
        if memory is not None:
            memory.end(ACTION, target, why is None, why or "told")
    except CooError:
        return
