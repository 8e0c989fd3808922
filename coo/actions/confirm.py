"""Re-running a failed test to see whether it is flaky: it passes on the same commit, or it failed for good."""

from __future__ import annotations

from collections.abc import Sequence

from coo.actions.facts import Case
from coo.actions.rerun import rerun, rerun_words
from coo.actions.spec import Doing, GuardError, Spec, attempt_of, recheck
from coo.core.errors import CooError
from coo.core.model import Category, Classification, GuardResult, JobVerdict, Outcome, Run
from coo.ports import Doubt, Memory


def _confirm(doing: Doing) -> Outcome:
    recheck(doing, "run")
    recheck(doing, "history")
    try:
        if doing.memory is not None:
            _note(doing.case, doing.memory)
    except CooError as error:
        told = f"what is re-run cannot be noted: {error.message}"
        raise GuardError(GuardResult("not-failed-for-good", False, told)) from None
    return rerun(doing, ())


def _note(case: Case, memory: Memory) -> None:
    """Note what is re-run before it is: whoever sees the next attempt must know why there is one."""
    for job in case.jobs:
        memory.doubt(doubt_of(case.run, job.verdict, "asked", case.run.attempt))


def doubt_of(run: Run, verdict: Classification, state: str, attempt: int) -> Doubt:
    """What is known of a test failure of a run."""
    return Doubt(run.workflow_path, run.sha, run.id, verdict.fingerprint, attempt, verdict.summary, state)


def failed_again(run: Run, jobs: Sequence[JobVerdict], memory: Memory) -> None:
    """Settle the doubts of a run whose re-run failed in a test: `real` where the same failed, `other` where not.

    A re-run that ended for want of a runner or a network settles nothing. Raises `RemoteError`.
    """
    found = {job.classification.fingerprint for job in jobs if job.classification.category is Category.TEST_FAILURE}
    for doubt in memory.doubts(run.workflow_path, run.sha) if found else ():
        if doubt.run_id == run.id and doubt.state == "asked" and doubt.attempt < run.attempt:
            state = "real" if doubt.fingerprint in found else "other"
            memory.doubt(Doubt(doubt.workflow, doubt.sha, run.id, doubt.fingerprint, run.attempt, doubt.test, state))


CONFIRM_FLAKY = Spec(
    does="Runs the failed jobs of the run again, for failed tests that may be flaky: a test that passes on a re-run of"
    " the same commit is flaky, and the CTO gets one issue for it with its history; one that fails again is real, and"
    " is escalated at once. No commit is re-run again after that. Nothing is marked green by coo: the new attempt"
    " passes or fails by itself.",
    plan=lambda case: (f"{rerun_words(case)} to see whether a test is flaky",),
    perform=_confirm,
    target=attempt_of,
    undo="None is needed: an attempt that failed is kept beside the new one, and the new one can be cancelled.",
    marker="The number of the run's newest attempt, the attempts and runs that GitHub has of the commit, and the"
    " ledger's note of what was re-run to see.",
)
"""`rerun-to-confirm-flaky`."""
