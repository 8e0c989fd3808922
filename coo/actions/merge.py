"""Merging the default branch into a run's branch, then re-running the failed jobs: no commit is lost."""

from __future__ import annotations

from dataclasses import replace

from coo.actions.facts import Case, ask
from coo.actions.lineage import merge_message
from coo.actions.rerun import rerun, rerun_words
from coo.actions.spec import Doing, GuardError, Spec, attempt_of, recheck, words
from coo.core.errors import CooError, Exit
from coo.core.model import GuardResult, Outcome, Run
from coo.ports import BranchFacts


def _merge_and_rerun(doing: Doing) -> Outcome:
    run = doing.case.run
    branch = recheck(doing, "run", "pulls", "branch", "commits", "base").branch
    if not isinstance(branch, BranchFacts):
        raise GuardError(GuardResult("base-mergeable", False, f"branch {run.branch} is gone"))
    if branch.merged_for == run.attempt:
        return _go_on(doing, branch.sha, "already ")
    try:
        made = doing.hands.merge(run.branch, run.default_branch, merge_message(run))
    except CooError as error:
        return _not_made(doing, error)
    if made is None:
        return _nothing_to_merge(doing)
    if made.parents[:1] == (branch.sha,):
        return _go_on(doing, made.sha)
    # Somebody was faster than the merge: GitHub merges into whatever the branch ends in.
    if found := _merged(doing):
        return _go_on(doing, found)
    told = f"merged {run.default_branch} into {run.branch}, which moved at that moment: it is at {made.sha}"
    return Outcome("failed", f"{told}. Nothing was re-run.", (told,), exit_code=Exit.REMOTE)


def _not_made(doing: Doing, failure: CooError) -> Outcome:
    """What a merge that failed comes to: its answer may have been lost after the effect."""
    run = doing.case.run
    if failure.code == "merge-conflict":
        told = f"{run.default_branch} does not merge into {run.branch}: they conflict. Nothing was changed"
        raise GuardError(GuardResult("base-mergeable", False, told)) from None
    if found := _merged(doing):
        return _go_on(doing, found)
    told = f"{run.default_branch} was not merged into {run.branch}: {words(failure)}. Nothing was re-run."
    return Outcome("failed", told, exit_code=failure.exit_code)


def _nothing_to_merge(doing: Doing) -> Outcome:
    """The branch got all of the default branch meanwhile: by another process of coo, or by somebody else."""
    if found := _merged(doing):
        return _go_on(doing, found, "already ")
    default = doing.case.run.default_branch
    told = f"the branch has all of {default} since a moment ago, and not by coo. Nothing was changed"
    raise GuardError(GuardResult("base-mergeable", False, told))


def _merged(doing: Doing) -> str | None:
    """The commit that the branch ends in, where that is coo's merge for this attempt and nothing else came since."""
    branch = ask(doing.case, doing.hands, ("branch", "base")).branch
    found = isinstance(branch, BranchFacts) and branch.merged_for == doing.case.run.attempt
    return branch.sha if found and isinstance(branch, BranchFacts) else None


def _go_on(doing: Doing, head: str, already: str = "") -> Outcome:
    """The default branch is merged: re-run the failed jobs, unless GitHub runs the workflow for the merge itself."""
    run = doing.case.run
    done = f"{already}merged {run.default_branch} into {run.branch} (it was at {run.sha}, and is at {head})"
    newer = _runs_of(doing, replace(run, sha=head))
    if newer is None:
        return rerun(doing, (done,))
    told = f"{done}; GitHub runs the workflow for it (run {newer.id}): nothing was re-run"
    return Outcome("done", told, (done,))


def _runs_of(doing: Doing, run: Run) -> Run | None:
    """A run of the workflow for a commit; None, too, where GitHub does not say: a re-run does no harm beside it."""
    try:
        return next(iter(doing.hands.runs_of_commit(run)), None)
    except CooError:
        return None


def _plan(case: Case) -> tuple[str, ...]:
    return f"merge {case.run.default_branch} into {case.run.branch}", rerun_words(case)


MERGE_AND_RERUN = Spec(
    does="Merges the default branch into the run's branch by GitHub's API, then runs the failed jobs again: for a"
    " branch that only an automation writes, that fell behind, and whose commits must be kept. If the two"
    " conflict, nothing is changed and it is escalated.\n\n"
    "A re-run runs the run's own commit, the one before the merge. It heals an automation that fetches its branch"
    " by name before it goes on (`git pull`, or a checkout with `ref: ${{ github.ref_name }}`); one that pushes"
    " what it made of the old commit is refused again. So a commit gets one merge: when the run fails again after"
    " it, the guard `base-mergeable` does not hold, and it is escalated. Where GitHub has started a run of the"
    " workflow for the merge by then (the token of an App or a person does that; that of a workflow,"
    " `GITHUB_TOKEN`, never), that run is the one that counts, and nothing is re-run. GitHub refuses a workflow's"
    " token a merge that brings changes of `.github/workflows/`.",
    plan=_plan,
    perform=_merge_and_rerun,
    target=attempt_of,
    undo="The report names the commit that the branch was at before, which stays an ancestor: `git revert -m 1 MERGE`,"
    " or, as long as nothing else was pushed, `git push --force-with-lease=BRANCH:MERGE origin BEFORE:BRANCH`.",
    marker="The line `Coo-Merged-For` of the merge commit's message, which names the run and its attempt, where the"
    " branch ends in that commit and it has the run's commit as its first parent; and the number of the run's newest"
    " attempt.",
)
"""`merge-base-and-rerun`."""
