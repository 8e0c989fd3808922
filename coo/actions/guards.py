"""The guards by name, the ones that each action cannot do without, and how they are checked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from coo.actions import github_guards as github
from coo.actions import run_guards
from coo.actions.facts import Case, Facts, Missing, ask
from coo.actions.run_guards import Verdict
from coo.actions.supersede import has_superseded_runs
from coo.core.model import GuardResult
from coo.core.playbook import Action
from coo.ports import Hands, Memory

MINIMUM: Mapping[Action, tuple[str, ...]] = {
    Action.RERUN: (
        "rule-verdict",
        "every-job-agrees",
        "every-job-transient",
        "not-own-workflow",
        "attempts-left",
        "run-still-failed",
        "limit-left",
    ),
    Action.CONFIRM_FLAKY: (
        "rule-verdict",
        "every-job-agrees",
        "every-job-test-failure",
        "not-own-workflow",
        "attempts-left",
        "run-still-failed",
        "not-failed-for-good",
        "limit-left",
    ),
    Action.DELETE_AND_RERUN: (
        "rule-verdict",
        "every-job-agrees",
        "not-own-workflow",
        "attempts-left",
        "branch-pattern",
        "same-repository",
        "not-default",
        "run-still-failed",
        "branch-unprotected",
        "head-unchanged",
        "bot-commits-only",
        "no-open-pull-request",
        "limit-left",
    ),
    Action.MERGE_AND_RERUN: (
        "rule-verdict",
        "every-job-agrees",
        "not-own-workflow",
        "attempts-left",
        "branch-pattern",
        "same-repository",
        "not-default",
        "run-still-failed",
        "branch-unprotected",
        "head-unchanged",
        "bot-commits-only",
        "no-open-pull-request",
        "base-mergeable",
        "limit-left",
    ),
    Action.CANCEL_SUPERSEDED: (
        "rule-verdict",
        "every-job-agrees",
        "not-own-workflow",
        "attempts-left",
        "same-repository",
        "not-default",
        "run-still-failed",
        "has-superseded-runs",
        "limit-left",
    ),
    Action.PIN_DEPENDENCY: (
        "rule-verdict",
        "every-job-agrees",
        "not-own-workflow",
        "same-repository",
        "run-still-failed",
        "limit-left",
    ),
}
"""The guards without which an action refuses, whatever a playbook says."""

RUN_GUARDS: Mapping[str, Callable[[Case], Verdict]] = {
    "rule-verdict": run_guards.rule_verdict,
    "every-job-agrees": run_guards.every_job_agrees,
    "every-job-transient": run_guards.every_job_transient,
    "every-job-test-failure": run_guards.every_job_test_failure,
    "not-own-workflow": run_guards.not_own_workflow,
    "attempts-left": run_guards.attempts_left,
    "branch-pattern": run_guards.branch_pattern,
    "same-repository": run_guards.same_repository,
    "not-default": run_guards.not_default,
}
"""Guards over what is known without asking."""

GITHUB_GUARDS: Mapping[str, tuple[str, Callable[[Case, Any], Verdict]]] = {
    "run-still-failed": ("run", github.run_still_failed),
    "branch-unprotected": ("branch", github.branch_unprotected),
    "head-unchanged": ("branch", github.head_unchanged),
    "bot-commits-only": ("commits", github.bot_commits_only),
    "no-open-pull-request": ("pulls", github.no_open_pull_request),
    "base-mergeable": ("base", github.base_mergeable),
    "has-superseded-runs": ("others", has_superseded_runs),
    "not-failed-for-good": ("history", github.not_failed_for_good),
    "limit-left": ("room", github.limit_left),
}
"""Guards over a fact that is asked for just now, of GitHub or of the memory: the fact's name (a field of `Facts`),
and the judgement."""


def check(
    case: Case, wanted: Iterable[str], hands: Hands | None, memory: Memory | None = None
) -> tuple[GuardResult, ...]:
    """The results of the guards that a play wants, then of those that its action needs anyway.

    GitHub is asked only when every guard that needs no question held; else its guards are left out.
    """
    ids = tuple(dict.fromkeys((*wanted, *MINIMUM.get(case.action, ()))))
    results = {name: result(name, case, Facts()) for name in ids if name in RUN_GUARDS}
    if all(guard.held for guard in results.values()):
        asking = [name for name in ids if name in GITHUB_GUARDS]
        facts = ask(case, hands, {GITHUB_GUARDS[name][0] for name in asking}, memory)
        results |= {name: result(name, case, facts) for name in asking}
    return tuple(results[name] for name in ids if name in results)


def result(guard_id: str, case: Case, facts: Facts) -> GuardResult:
    """The result of one guard. A missing fact means: not held. Raises `KeyError` for a guard that does not exist."""
    if guard_id in RUN_GUARDS:
        return GuardResult(guard_id, *RUN_GUARDS[guard_id](case))
    need, judge = GITHUB_GUARDS[guard_id]
    fact = getattr(facts, need)
    if isinstance(fact, Missing):
        return GuardResult(guard_id, False, fact.why, asked=fact.asked)
    return GuardResult(guard_id, *judge(case, fact))


def permits(case: Case, results: Iterable[GuardResult]) -> bool:
    """Whether an action may be done: every result held, and none of the action's minimum is missing."""
    by_id = {guard.id: guard.held for guard in results}
    needed = MINIMUM.get(case.action, ())
    return all(by_id.values()) and all(by_id.get(name) is True for name in needed)
