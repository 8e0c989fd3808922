"""Looking again at the runs that wait: which are due, taken by one process at a time, each through a whole triage."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from coo.actions.run_guards import is_own_workflow
from coo.actions.wait import after, moment
from coo.core.classify import unknown
from coo.core.errors import CooError, InputError, NothingToTriage
from coo.core.model import Run, Triage
from coo.core.playbook import Action, Playbook, When, unmet
from coo.ports import Appointments, Clock, DueRun

DAY = 86_400.0
"""Seconds after which a run that is due is left alone: whoever waits for it has looked themselves."""
_OF_THE_RUN = ("event", "conclusion", "branch", "workflow", "default_branch", "attempt")
"""The conditions of a play that need no verdict."""


@dataclass(frozen=True, slots=True)
class Looked:
    """What became of one run. `status`: that of its outcome, or `waiting`, `skipped`, `failed`."""

    run: DueRun
    status: str
    detail: str
    url: str | None = None


def wait_of(playbook: Playbook, own_workflows: tuple[str, ...] = ()) -> Callable[[Run], float | None]:
    """A function that gives the shortest wait of the plays that may fit a failed run, or None where none waits."""
    plays = [(_by_run(play.when), seconds) for play in playbook.plays if (seconds := after(play.params)) is not None]

    def shortest(run: Run) -> float | None:
        if run.attempt >= playbook.limits.attempts or is_own_workflow(run, own_workflows):
            return None
        nothing = unknown(())
        return min((seconds for when, seconds in plays if not unmet(when, run, nothing)), default=None)

    return shortest


def _by_run(when: When) -> When:
    return replace(When(), **{name: getattr(when, name) for name in _OF_THE_RUN})


def look_again(book: Appointments, triage: Callable[[DueRun], Triage], clock: Clock, act: bool) -> Iterator[Looked]:
    """Triage what is due, one by one; what fails keeps nothing from the others. A dry run takes and notes nothing.

    Raises `RemoteError` and `AuthError` when nobody can tell what waits.
    """
    for run in book.waiting():
        try:
            yield _look(book, run, triage, clock, act)
        except CooError as error:
            yield Looked(run, "failed", error.message)


def _look(book: Appointments, run: DueRun, triage: Callable[[DueRun], Triage], clock: Clock, act: bool) -> Looked:
    now = clock.now()
    if run.due_at > now:
        return Looked(run, "waiting", f"due at {moment(run.due_at)}")
    if act and not book.claim(run, now):
        return Looked(run, "skipped", "another process is at it")
    if now - run.due_at > DAY:
        if act:
            book.settle(run)
        return Looked(run, "skipped", f"was due at {moment(run.due_at)}: too long ago to act on")
    keep = True
    try:
        done = triage(run)
        # What another process is at, or what failed, may still be to do when it comes round again.
        remedy = Action(done.decision.action).remedies
        keep = done.outcome.status == "failed" or (done.outcome.status == "skipped" and remedy)
        return Looked(run, done.outcome.status, done.outcome.detail, done.outcome.issue_url)
    except (NothingToTriage, InputError) as nothing:
        keep = False
        return Looked(run, "skipped", nothing.message)
    finally:
        if act:
            (book.release if keep else book.settle)(run)
