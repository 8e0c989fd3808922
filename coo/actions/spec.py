"""What every action has: its words, its way back, its mark, and what does it. The guards are in `guards.py`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from coo.actions.facts import Case, Facts, ask
from coo.actions.guards import GITHUB_GUARDS, result
from coo.core.errors import CooError
from coo.core.model import GuardResult, Outcome
from coo.ports import Hands, Memory


class GuardError(Exception):
    """A guard that held when it was checked does not hold now; nothing was changed."""

    def __init__(self, guard: GuardResult) -> None:
        super().__init__(f"{guard.id}: {guard.because}")
        self.guard = guard


@dataclass(frozen=True, slots=True)
class Doing:
    """An action at work: the case, and the hands and the memory that it works with."""

    case: Case
    hands: Hands
    memory: Memory | None = None
    tell: Callable[[str], Outcome] | None = None
    """Escalates the failure, with a section of Markdown added to what the issue says."""


@dataclass(frozen=True, slots=True)
class Spec:
    """One action. `does`, `undo` and `marker` are sentences for its page in docs/actions/."""

    does: str
    """What it does, and for which failures it is."""

    plan: Callable[[Case], tuple[str, ...]]
    """What it would change, in words."""
    perform: Callable[[Doing], Outcome]
    """Does it. Asks again right before it acts: raises `GuardError` when a guard broke and nothing was changed.
    A call that fails is an `Outcome` with status `failed`."""
    target: Callable[[Case], str]
    """What it is done to, once and for all: a second process that finds it begun or done leaves it alone."""
    undo: str
    """How to undo it, or why that needs nobody."""
    marker: str
    """By what a second try finds that it was done."""


def recheck(doing: Doing, *needs: str) -> Facts:
    """Ask for facts again; raise `GuardError` when one of their guards does not hold any more."""
    facts = ask(doing.case, doing.hands, needs, doing.memory)
    for name, (need, _) in GITHUB_GUARDS.items():
        guard = result(name, doing.case, facts) if need in needs else None
        if guard and not guard.held:
            raise GuardError(guard)
    return facts


def attempt_of(case: Case) -> str:
    """The target of an action on one attempt of a run."""
    return f"run {case.run.id}, attempt {case.run.attempt}"


def words(failure: CooError) -> str:
    """Why a call failed, to stand inside of a sentence."""
    return failure.message.rstrip(".")


def call(change: Callable[[], object]) -> CooError | None:
    """Make one change; gives why it failed, or None."""
    try:
        change()
    except CooError as error:
        return error
    return None
