"""Re-running the failed jobs of a run, alone or after its branch was deleted."""

from __future__ import annotations

from coo.actions.facts import Case, ask
from coo.actions.spec import Doing, Spec, attempt_of, call, recheck, words
from coo.core.model import Outcome, Run


def rerun_words(case: Case) -> str:
    """What a re-run would be, in words."""
    count = len(case.jobs)
    return f"re-run {count} failed job{'s' * (count != 1)}"


def _rerun_checked(doing: Doing) -> Outcome:
    recheck(doing, "run")
    return rerun(doing, ())


def _delete_and_rerun(doing: Doing) -> Outcome:
    branch = doing.case.run.branch
    # All of it again: a branch that was gone a moment ago, with nothing to lose, may be there now with a person's work.
    if recheck(doing, "run", "pulls", "branch", "commits").branch is None:
        return rerun(doing, (f"branch {branch} was gone already",))
    failure = call(lambda: doing.hands.delete_branch(branch))
    # The answer may have been lost after the effect: what counts is whether the branch is there.
    if failure and ask(doing.case, doing.hands, ("branch",)).branch is not None:
        told = f"branch {branch} was not deleted: {words(failure)}. Nothing was re-run."
        return Outcome("failed", told, exit_code=failure.exit_code)
    return rerun(doing, (f"deleted branch {branch}",))


def rerun(doing: Doing, before: tuple[str, ...]) -> Outcome:
    """Re-run the failed jobs; `before` is what was done already, in words."""
    case = doing.case
    done = rerun_words(case).replace("re-run", "re-ran", 1)
    failure = call(lambda: doing.hands.rerun_failed_jobs(case.run.id))
    if failure is None or _rerunning(doing):
        return Outcome("done", " and ".join((*before, done)), (*before, done))
    told = "; ".join((*before, f"the failed jobs were not re-run: {words(failure)}"))
    return Outcome("failed", f"{told}. Re-run them by hand: {case.run.url}", before, exit_code=failure.exit_code)


def _rerunning(doing: Doing) -> bool:
    """Whether a newer attempt is there in spite of a failed call: its answer was lost, or somebody was faster."""
    now = ask(doing.case, doing.hands, ("run",)).run
    return isinstance(now, Run) and now.attempt > doing.case.run.attempt


RERUN = Spec(
    does="Runs the failed jobs of the run again, for failures that a re-run may heal: a network, a registry or a runner"
    " that was not there for a moment. Nothing is marked green by coo: the new attempt passes or fails by itself.",
    plan=lambda case: (rerun_words(case),),
    perform=_rerun_checked,
    target=attempt_of,
    undo="None is needed: an attempt that failed is kept beside the new one, and the new one can be cancelled.",
    marker="The number of the run's newest attempt.",
)
"""`rerun-failed-jobs`."""

DELETE_AND_RERUN = Spec(
    does="Deletes the run's branch on the remote, then runs the failed jobs again: for a branch that only an automation"
    " writes, that an earlier run left behind, and that now refuses the automation's push.",
    plan=lambda case: (f"delete branch {case.run.branch}", rerun_words(case)),
    perform=_delete_and_rerun,
    target=attempt_of,
    undo="The branch can be made again at the commit that the report and the issue name, as long as GitHub keeps it: "
    "`git push origin SHA:refs/heads/BRANCH`.",
    marker="The branch that is gone, and the number of the run's newest attempt.",
)
"""`delete-branch-and-rerun`."""
