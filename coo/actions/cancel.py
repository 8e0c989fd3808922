"""Cancelling the runs that a failed run stands for, then re-running its failed jobs if it is the newest."""

from __future__ import annotations

from collections.abc import Sequence

from coo.actions.facts import Case, Missing, ask
from coo.actions.rerun import rerun, rerun_words
from coo.actions.spec import Doing, GuardError, Spec, attempt_of, call, recheck, words
from coo.actions.supersede import is_superseded, newest, superseded
from coo.core.errors import CooError, Exit
from coo.core.model import GuardResult, Outcome, Run

MOST = 10
"""How many runs are cancelled at once."""


def _cancel_and_rerun(doing: Doing) -> Outcome:
    others = recheck(doing, "run", "others").others
    if isinstance(others, Missing):
        raise GuardError(GuardResult("has-superseded-runs", False, others.why))
    older = superseded(doing.case, others)
    done: list[str] = []
    # The oldest are the ones in the way; of these the newest first, so that none starts as another one ends.
    for other in reversed(older[:MOST]):
        cancelled, failure = _cancel(doing, other)
        if cancelled:
            done.append(f"cancelled run {other.id}")
        if failure:
            told = "; ".join((*done, f"run {other.id} was not cancelled: {words(failure)}"))
            code = Exit.AUTH if failure.exit_code == Exit.AUTH else Exit.REMOTE
            return Outcome("failed", f"{told}. Nothing was re-run.", tuple(done), exit_code=code)
    if left := len(older[MOST:]):
        note = f"{left} more older run{'s go' if left > 1 else ' goes'} on: {MOST} at once are the most"
        return _then(doing, done, (note,))
    return _then(doing, done)


def _cancel(doing: Doing, other: Run) -> tuple[bool, CooError | None]:
    """Cancel one run that is still to be cancelled now: whether that was done, and why not."""
    now = _now(doing, other)
    if isinstance(now, CooError):
        return False, now
    if not is_superseded(doing.case, now):
        return False, None
    failure = call(lambda: doing.hands.cancel_run(other.id))
    if failure is None:
        return True, None
    # The answer may have been lost after the effect, or the run had ended (409): what counts is how it is.
    now = _now(doing, other)
    ended = now if isinstance(now, Run) and now.status == "completed" else None
    return bool(ended and ended.conclusion == "cancelled"), None if ended else failure


def _now(doing: Doing, other: Run) -> Run | CooError:
    """The run as it is now, or why that is not known. A run that goes on cannot be deleted."""
    try:
        return doing.hands.run(other.id)
    except CooError as error:
        return error


def _then(doing: Doing, done: Sequence[str], notes: tuple[str, ...] = ()) -> Outcome:
    """After the cancelling: the newest run goes on; if that is this one, its failed jobs run again."""
    before = (*(done or ("the older runs had ended already",)), *notes)
    others = ask(doing.case, doing.hands, ("others",)).others
    if isinstance(others, Missing):
        told = f"whether a newer run is there is not known ({others.why}): nothing was re-run"
        return Outcome("failed", "; ".join((*before, told)), tuple(done), exit_code=Exit.REMOTE)
    if newer := newest(doing.case, others):
        state = newer.conclusion if newer.status == "completed" else newer.status
        told = f"run {newer.id} is newer ({state}): nothing was re-run"
        return Outcome("done", "; ".join((*before, told)), tuple(done))
    return rerun(doing, before)


def _plan(case: Case) -> tuple[str, ...]:
    older = f"cancel older runs of this workflow, branch and event ({MOST} at most)"
    return older, f"{rerun_words(case)} unless a newer run is there"


CANCEL_SUPERSEDED = Spec(
    does="Cancels the older runs of the same workflow, branch and event that wait or are in progress, then runs the"
    " failed jobs again if the failed run is the newest: for runs of one workflow that fight over a ref or a lock. If a"
    " newer run is there, that one goes on and nothing is re-run.\n\n"
    f"No more than {MOST} runs are cancelled at once, the oldest. Left alone are: this run and every newer one, other"
    " workflows (the file counts) and coo's own, other branches, forks and events, runs of other pull requests, and a"
    " run that was re-run, as somebody wanted it. It is for the events `push`, `pull_request`, `pull_request_target`"
    " and `schedule`: a dispatched run may have inputs of its own, and the run of an issue or a comment is about that."
    " A run takes a while to end after it was cancelled; give the workflow a `concurrency` group so that the re-run"
    " waits for it, and for good with `cancel-in-progress: true`, which makes this action needless.",
    plan=_plan,
    perform=_cancel_and_rerun,
    target=attempt_of,
    undo="A run that was cancelled can be re-run from its page; the report names it.",
    marker="The state of the older runs: one that was cancelled after this run had failed counts as done; and the"
    " number of the run's newest attempt.",
)
"""`cancel-superseded-runs`."""
