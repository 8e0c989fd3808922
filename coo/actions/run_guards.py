"""The guards that need no question: each a pure function of the failed run and of what was decided about it."""

from __future__ import annotations

from collections.abc import Iterable

from coo.actions.facts import Case
from coo.core.model import Category, Classification, Run, Source
from coo.core.patterns import branch_fault, first_branch_match
from coo.core.playbook import Action

Verdict = tuple[bool, str]
"""Whether a guard held, and the fact that says so."""

MAX_CONFIRM = 3
"""Attempts of a run whose tests are re-run to see, whatever a playbook allows."""


def rule_verdict(case: Case) -> Verdict:
    """Every verdict is a rule's, and neither ambiguous nor unknown."""
    named = [("the run", case.verdict), *((f"job {job.job}", job.verdict) for job in case.jobs)]
    for whose, verdict in named:
        if fault := _verdict_fault(verdict):
            return False, f"the verdict of {whose} {fault}"
    return True, f"by rule {case.verdict.rule_id}"


def _verdict_fault(verdict: Classification) -> str | None:
    if verdict.ambiguous:
        return "is ambiguous"
    if verdict.category is Category.UNKNOWN:
        return "is unknown"
    if verdict.source is not Source.RULE or not verdict.rule_id:
        return f"is not a rule's (source: {verdict.source})"
    return None


def every_job_agrees(case: Case) -> Verdict:
    """The playbook has the same action for each failed job by itself."""
    if not case.jobs:
        return False, "no failed job is known"
    for job in case.jobs:
        if job.action is not case.action:
            return False, f"mixed: job {job.job} ({job.verdict.category}) asks for {job.action}"
    return True, f"{len(case.jobs)} of {len(case.jobs)} failed jobs ask for {case.action}"


def every_job_transient(case: Case) -> Verdict:
    """Each failed job failed in a way that a re-run may heal."""
    for job in case.jobs:
        if not job.verdict.transient:
            return False, f"the failure of job {job.job} is not transient: a re-run could hide it"
    return bool(case.jobs), f"{len(case.jobs)} of {len(case.jobs)} failed jobs are transient"


def every_job_test_failure(case: Case) -> Verdict:
    """Each failed job failed in its tests, or in its code."""
    for job in case.jobs:
        if job.verdict.category is not Category.TEST_FAILURE:
            return False, f"the failure of job {job.job} is {job.verdict.category}"
    return bool(case.jobs), f"{len(case.jobs)} of {len(case.jobs)} failed jobs are test failures"


def not_own_workflow(case: Case) -> Verdict:
    """The run is not of a workflow that runs coo."""
    own = is_own_workflow(case.run, case.own_workflows)
    return not own, f"workflow {case.run.workflow}" + (" is coo's own" if own else "")


def is_own_workflow(run: Run, own: Iterable[str]) -> bool:
    """Whether the run is of a workflow that runs coo, by its name or its path; letter case does not count."""
    names = {run.workflow.casefold(), run.workflow_path.partition("@")[0].casefold()} - {""}
    return any(name.casefold() in names for name in own)


def attempts_left(case: Case) -> Verdict:
    """The playbook allows another attempt of the run; what is re-run to see never gets more than three."""
    most = min(case.attempts, MAX_CONFIRM) if case.action is Action.CONFIRM_FLAKY else case.attempts
    return case.run.attempt < most, f"attempt {case.run.attempt} of at most {most}"


def branch_pattern(case: Case) -> Verdict:
    """The branch has a plain name that the playbook gave to automations."""
    if fault := branch_fault(case.run.branch):
        return False, fault
    if not case.branch_patterns:
        return False, "the playbook has no branch pattern for this action"
    pattern = first_branch_match(case.run.branch, case.branch_patterns)
    if pattern is None:
        return False, f"branch {case.run.branch} matches none of {', '.join(case.branch_patterns)}"
    return True, pattern


def same_repository(case: Case) -> Verdict:
    """The branch is of this repository and not of a fork."""
    head = case.run.head_repo
    if head is None:
        return False, "the repository of the branch is not known: it may have been a fork"
    if head.casefold() != case.run.repo.casefold():
        return False, f"the branch is of the fork {head}"
    return True, case.run.repo


def not_default(case: Case) -> Verdict:
    """The branch is not the default branch; only to cancel its runs a play may say `default-branch: true`."""
    default = case.run.default_branch
    if not default:
        return False, "the default branch is not known"
    if case.action is Action.CANCEL_SUPERSEDED and case.params.get("default-branch") is True:
        return True, "the play allows the default branch"
    # Letter case counts for git but not on every disk a branch is checked out to: be strict.
    if case.run.branch.casefold() == default.casefold():
        return False, f"{case.run.branch} is the default branch"
    return True, f"the default branch is {default}"
