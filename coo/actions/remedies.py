"""The actions by name, and how one is done: dry, guarded, bounded, and once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from coo.actions import cancel, confirm, merge, pin, rerun
from coo.actions.facts import Case
from coo.actions.github_guards import limit_left
from coo.actions.guards import permits
from coo.actions.spec import Doing, GuardError, Spec
from coo.core.errors import CooError
from coo.core.model import GuardResult, Outcome
from coo.core.playbook import Action
from coo.ports import Hands, Memory

__all__ = ["SPECS", "GuardError", "plan", "remedy"]

SPECS: Mapping[Action, Spec] = {
    Action.RERUN: rerun.RERUN,
    Action.CONFIRM_FLAKY: confirm.CONFIRM_FLAKY,
    Action.DELETE_AND_RERUN: rerun.DELETE_AND_RERUN,
    Action.MERGE_AND_RERUN: merge.MERGE_AND_RERUN,
    Action.CANCEL_SUPERSEDED: cancel.CANCEL_SUPERSEDED,
    Action.PIN_DEPENDENCY: pin.PIN_DEPENDENCY,
}
"""Every action that has guards of its own."""


def plan(case: Case) -> tuple[str, ...]:
    """What an action would change, in words."""
    spec = SPECS.get(case.action)
    return spec.plan(case) if spec else ()


def remedy(
    case: Case,
    guards: Sequence[GuardResult],
    hands: Hands | None,
    act: bool,
    memory: Memory | None = None,
    tell: Callable[[str], Outcome] | None = None,
) -> Outcome:
    """Do a remedy whose guards all hold, or say what it would do. `tell`: escalates, with a section added.

    Raises `GuardError` when a guard broke in the meantime and nothing was changed yet, `ValueError` when the
    guards given do not permit the action. A call that fails is an `Outcome` with status `failed`.
    """
    planned = plan(case)
    if not act:
        return Outcome("dry-run", f"would {' and '.join(planned)}", planned)
    if hands is None or memory is None or not permits(case, guards):
        raise ValueError(f"{case.action} without its guards")
    spec = SPECS[case.action]
    target = spec.target(case)
    try:
        before = memory.begin(case.action, target)
        if before is not None and before.status == "done":
            return Outcome("skipped", f"{target}: {case.action} was done already")
        if before is not None:
            return Outcome("skipped", f"{target}: another process is at it")
    except CooError as error:
        raise GuardError(GuardResult("limit-left", False, f"nobody can tell: {error.message}")) from None
    outcome: Outcome | None = None
    try:
        try:
            room = memory.take(case.action, case.day_limit)
        except CooError as error:
            raise GuardError(GuardResult("limit-left", False, f"nobody can tell: {error.message}")) from None
        if not room.ok:
            raise GuardError(GuardResult("limit-left", *limit_left(case, room)))
        outcome = spec.perform(Doing(case, hands, memory, tell))
    finally:
        _note(memory, case.action, target, outcome)
    return outcome


def _note(memory: Memory, action: Action, target: str, outcome: Outcome | None) -> None:
    """Note the end. What was done stays done even where that cannot be noted: the next try asks GitHub first."""
    done = outcome is not None and outcome.status == "done"
    try:
        memory.end(action, target, done, outcome.detail if outcome else "a guard did not hold any more")
    except CooError:
        return
