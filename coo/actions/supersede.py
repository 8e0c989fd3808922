"""Which runs a failed run stands for: older ones of the same workflow, branch and event that have not ended."""

from __future__ import annotations

from collections.abc import Sequence

from coo.actions.facts import Case
from coo.actions.run_guards import Verdict, is_own_workflow
from coo.core.model import Run

EVENTS = ("push", "pull_request", "pull_request_target", "schedule")
"""Events of which a newer run does all that an older one does. A dispatched run may have inputs of its own, and a run
of an issue, a comment or another workflow is about another thing each time."""

LIVE = ("queued", "in_progress", "waiting", "pending", "requested")
"""The states of a run that has not ended."""


def superseded(case: Case, others: Sequence[Run]) -> tuple[Run, ...]:
    """The runs that may be cancelled, oldest first."""
    found = [one for one in others if is_superseded(case, one)]
    return tuple(sorted(found, key=lambda one: one.id))


def is_superseded(case: Case, other: Run) -> bool:
    """Whether a run is older than the failed one, does the same, and has not ended.

    One that was re-run is left alone: somebody wanted it after the newer one was there.
    """
    return _older(case, other) and other.status in LIVE and other.attempt == 1


def cancelled_since(case: Case, others: Sequence[Run]) -> tuple[Run, ...]:
    """Older runs that were cancelled after this one had failed: by coo before it died, or by somebody else."""
    failed_at = case.run.updated_at
    return tuple(
        one
        for one in others
        if _older(case, one)
        and (one.status, one.conclusion, one.attempt) == ("completed", "cancelled", 1)
        and failed_at
        and one.updated_at
        and one.updated_at > failed_at
    )


def newest(case: Case, others: Sequence[Run]) -> Run | None:
    """The newest run of the same workflow, branch and event, if it is newer than the failed one; ended or not."""
    newer = [one for one in others if _same(case, one) and one.id > case.run.id]
    return max(newer, key=lambda one: one.id, default=None)


def _older(case: Case, other: Run) -> bool:
    ours, theirs = case.run.created_at, other.created_at
    by_time = not (ours and theirs) or theirs <= ours
    return _same(case, other) and other.id < case.run.id and by_time


def _same(case: Case, other: Run) -> bool:
    run = case.run
    same = _group(run) == _group(other) and bool(run.workflow_path and run.branch and run.head_repo)
    return same and run.event in EVENTS and not is_own_workflow(other, case.own_workflows)


def _group(run: Run) -> tuple[str, ...]:
    return run.repo.casefold(), (run.head_repo or "").casefold(), run.workflow_path, run.branch, run.event


def has_superseded_runs(case: Case, others: tuple[Run, ...]) -> Verdict:
    """An older run that this one stands for has not ended, or was cancelled since this one failed."""
    if case.run.event not in EVENTS:
        return False, f"a run of the event {case.run.event} does not stand for an older one"
    if older := superseded(case, others):
        return True, f"{_named(older)} older and not ended"
    if gone := cancelled_since(case, others):
        return True, f"{_named(gone)} older, and cancelled since"
    return False, "no older run of this workflow, branch and event is waiting or in progress"


def _named(runs: Sequence[Run]) -> str:
    numbers = ", ".join(str(run.id) for run in runs[:10])
    more = f" and {len(runs) - 10} more" if len(runs) > 10 else ""
    return f"run{'s' * (len(runs) != 1)} {numbers}{more} {'is' if len(runs) == 1 else 'are'}"
