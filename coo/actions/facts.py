"""What the guards look at: what is known of a run without asking, and the facts asked from GitHub just now."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from coo.actions.history import History, history_of
from coo.actions.lineage import BaseFacts, merged_for
from coo.core.errors import CooError
from coo.core.model import Classification, Run
from coo.core.playbook import Action
from coo.ports import BranchFacts, Commit, Hands, Memory, PullRequest, Room

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class JobPlay:
    """A failed job's own verdict, and the action that the playbook has for it alone."""

    job: str
    verdict: Classification
    action: Action


@dataclass(frozen=True, slots=True)
class Case:
    """A failed run with what was decided about it; every target of an action comes from `run`."""

    run: Run
    verdict: Classification
    jobs: tuple[JobPlay, ...]
    action: Action
    branch_patterns: tuple[str, ...] = ()
    attempts: int = 3
    """coo starts no attempt of a run above this number."""
    own_workflows: tuple[str, ...] = ()
    """Names and paths of the workflows that run coo."""
    day_limit: int = 0
    """How often the action may be done in a day in this repository."""
    play: str = ""
    """The play's id."""
    params: Mapping[str, Any] = field(default_factory=dict)
    """The play's parameters of the action, as the playbook has them."""


@dataclass(frozen=True, slots=True)
class Missing:
    """A fact that nobody knows, and why. `asked` is False when there was no GitHub to ask."""

    why: str
    asked: bool = True


OFFLINE = Missing("GitHub was not asked: there is no connection to it here", asked=False)


@dataclass(frozen=True, slots=True)
class Facts:
    """The answers of GitHub; each is `Missing` where it was not needed, not possible, or refused."""

    run: Run | Missing = OFFLINE
    branch: BranchFacts | Missing | None = OFFLINE
    """None when the branch does not exist any more."""
    commits: tuple[Commit, ...] | Missing = OFFLINE
    """What the branch has over the default branch."""
    pulls: tuple[PullRequest, ...] | Missing = OFFLINE
    """Open pull requests from the branch."""
    room: Room | Missing = OFFLINE
    """What is left of the action's limit for today."""
    history: History | Missing = OFFLINE
    """What became of earlier tries on the run's commit."""
    base: BaseFacts | Missing | None = OFFLINE
    """How the branch stands to the default branch; None when the branch does not exist any more."""
    others: tuple[Run, ...] | Missing = OFFLINE
    """Other runs of the branch and event: see `Hands.runs_beside`."""


_OfBranch = tuple[BranchFacts | Missing | None, BaseFacts | Missing | None, tuple[Commit, ...] | Missing]


def ask(case: Case, hands: Hands | None, needs: Collection[str], memory: Memory | None = None) -> Facts:
    """Ask for the facts named in `needs` (fields of `Facts`) and for no others. Never raises `CooError`."""
    if hands is None:
        return Facts()
    run: Run | Missing = OFFLINE
    pulls: tuple[PullRequest, ...] | Missing = OFFLINE
    if "run" in needs:
        run = _try(lambda: hands.run(case.run.id))
    branch, base, commits = _of_branch(case, hands, needs)
    if "pulls" in needs:
        pulls = _try(lambda: hands.open_pull_requests(case.run.branch))
    room: Room | Missing = OFFLINE
    if "room" in needs:
        room = _try(lambda: memory.room(case.action, case.day_limit)) if memory else Missing("nothing remembers it")
    history: History | Missing = OFFLINE
    if "history" in needs:
        history = _try(lambda: history_of(case.run, hands, memory))
    others: tuple[Run, ...] | Missing = OFFLINE
    if "others" in needs:
        others = _try(lambda: hands.runs_beside(case.run))
    return Facts(run, branch, commits, pulls, room, history, base, others)


def _of_branch(case: Case, hands: Hands, needs: Collection[str]) -> _OfBranch:
    """The branch, how it stands to the default branch, and what it has over it."""
    if not {"branch", "commits", "base"} & set(needs):
        return OFFLINE, OFFLINE, OFFLINE
    branch: BranchFacts | Missing | None = _try(lambda: hands.branch(case.run.branch))
    moved = isinstance(branch, BranchFacts) and branch.sha != case.run.sha
    base: BaseFacts | Missing | None = OFFLINE
    if "base" in needs or (moved and case.action is Action.MERGE_AND_RERUN):
        base = _base(case, hands, branch)
    if "commits" not in needs:
        commits: tuple[Commit, ...] | Missing = OFFLINE
    else:
        commits = base.comparison.commits if isinstance(base, BaseFacts) else _commits(case, hands, branch)
    if isinstance(branch, BranchFacts) and isinstance(base, BaseFacts):
        branch = replace(branch, merged_for=base.merged_for)
    return branch, base, commits


def _base(case: Case, hands: Hands, branch: BranchFacts | Missing | None) -> BaseFacts | Missing | None:
    if branch is None or isinstance(branch, Missing):
        return branch
    found = _try(lambda: hands.comparison(case.run.default_branch, branch.sha))
    if isinstance(found, Missing):
        return found
    # Only the action that merges may take its own merge for a branch that did not move.
    by_coo = merged_for(case.run, branch.sha, found) if case.action is Action.MERGE_AND_RERUN else None
    return BaseFacts(found, by_coo)


def _commits(case: Case, hands: Hands, branch: BranchFacts | Missing | None) -> tuple[Commit, ...] | Missing:
    if branch is None or isinstance(branch, Missing):
        return branch or ()  # a branch that is gone has nothing to lose
    return _try(lambda: hands.commits_since_base(case.run.default_branch, branch.sha))


def _try(question: Callable[[], T]) -> T | Missing:
    """The answer, or why there is none: a refused question is a fact about the guard, not a crash."""
    try:
        return question()
    except CooError as error:
        return Missing(f"GitHub did not say: {error.message}")
