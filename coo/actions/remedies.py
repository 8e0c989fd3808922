"""The actions that change runs and branches. Each asks again right before it acts, and may be done twice."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from coo.actions.facts import Case, Facts, ask
from coo.actions.guards import GITHUB_GUARDS, permits, result
from coo.core.errors import CooError
from coo.core.model import GuardResult, Outcome, Run
from coo.core.playbook import Action
from coo.ports import Hands


class GuardError(Exception):
    """A guard that held when it was checked does not hold now; nothing was changed."""

    def __init__(self, guard: GuardResult) -> None:
        super().__init__(f"{guard.id}: {guard.because}")
        self.guard = guard


def plan(case: Case) -> tuple[str, ...]:
    """What an action would change, in words."""
    count = len(case.jobs)
    rerun = f"re-run {count} failed job{'s' * (count != 1)}"
    if case.action is Action.DELETE_AND_RERUN:
        return f"delete branch {case.run.branch}", rerun
    return (rerun,) if case.action is Action.RERUN else ()


def remedy(case: Case, guards: Sequence[GuardResult], hands: Hands | None, act: bool) -> Outcome:
    """Do a remedy whose guards all hold, or say what it would do.

    Raises `GuardError` when a guard broke in the meantime and nothing was changed yet, `ValueError` when the
    guards given do not permit the action. A call that fails is an `Outcome` with status `failed`.
    """
    planned = plan(case)
    if not act:
        return Outcome("dry-run", f"would {' and '.join(planned)}", planned)
    if hands is None or not permits(case, guards):
        raise ValueError(f"{case.action} without its guards")
    if case.action is Action.RERUN:
        _recheck(case, hands, "run")
        return _rerun(case, hands, ())
    return _delete_and_rerun(case, hands)


def _delete_and_rerun(case: Case, hands: Hands) -> Outcome:
    branch = case.run.branch
    _recheck(case, hands, "run")
    if _recheck(case, hands, "branch").branch is None:
        return _rerun(case, hands, (f"branch {branch} was gone already",))
    failure = _call(lambda: hands.delete_branch(branch))
    # The answer may have been lost after the effect: what counts is whether the branch is there.
    if failure and ask(case, hands, ("branch",)).branch is not None:
        told = f"branch {branch} was not deleted: {_words(failure)}. Nothing was re-run."
        return Outcome("failed", told, exit_code=failure.exit_code)
    return _rerun(case, hands, (f"deleted branch {branch}",))


def _rerun(case: Case, hands: Hands, before: tuple[str, ...]) -> Outcome:
    """Re-run the failed jobs; `before` is what was done already, in words."""
    words = plan(case)[-1].replace("re-run", "re-ran", 1)
    failure = _call(lambda: hands.rerun_failed_jobs(case.run.id))
    if failure is None or _rerunning(case, hands):
        return Outcome("done", " and ".join((*before, words)), (*before, words))
    told = "; ".join((*before, f"the failed jobs were not re-run: {_words(failure)}"))
    return Outcome("failed", f"{told}. Re-run them by hand: {case.run.url}", before, exit_code=failure.exit_code)


def _rerunning(case: Case, hands: Hands) -> bool:
    """Whether a newer attempt is there in spite of a failed call: its answer was lost, or somebody was faster."""
    now = ask(case, hands, ("run",)).run
    return isinstance(now, Run) and now.attempt > case.run.attempt


def _recheck(case: Case, hands: Hands, fact: str) -> Facts:
    """Ask for one fact again; raise `GuardError` when one of its guards does not hold any more."""
    facts = ask(case, hands, (fact,))
    for name, (need, _) in GITHUB_GUARDS.items():
        guard = result(name, case, facts) if need == fact else None
        if guard and not guard.held:
            raise GuardError(guard)
    return facts


def _words(failure: CooError) -> str:
    return failure.message.rstrip(".")


def _call(change: Callable[[], None]) -> CooError | None:
    """Make one change; gives why it failed, or None."""
    try:
        change()
    except CooError as error:
        return error
    return None
