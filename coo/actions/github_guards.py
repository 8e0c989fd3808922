"""The guards over GitHub's facts: each a pure function of a case and of one fact, asked just now."""

from __future__ import annotations

import re

from coo.actions.facts import Case
from coo.actions.history import History, failed_for_good
from coo.actions.lineage import BaseFacts
from coo.actions.run_guards import Verdict
from coo.core.model import Run
from coo.ports import BranchFacts, Commit, PullRequest, Room

FAILED = ("failure", "timed_out", "startup_failure")
"""Conclusions after which a run may be re-run; somebody may have cancelled a cancelled one on purpose."""

GONE = "the branch is gone already"

# GitHub's own account commits what is done through its API and web pages; the author says who did it.
_WEB_COMMITTER = "web-flow"
_CO_AUTHOR = re.compile(r"^[ \t]*co-authored-by[ \t]*:(.*)$", re.IGNORECASE | re.MULTILINE)
_BOT_ADDRESS = re.compile(r"<(?:\d+\+)?[\w-]+\[bot\]@users\.noreply\.[\w.-]+>\s*$", re.ASCII)


def run_still_failed(case: Case, now: Run) -> Verdict:
    """GitHub tells the same attempt of the same run, completed and failed."""
    if _identity(now) != _identity(case.run):
        return False, "GitHub tells another branch, commit or repository for this run"
    if now.attempt != case.run.attempt:
        return False, f"attempt {case.run.attempt} was re-run already: attempt {now.attempt} is {now.status}"
    if now.status != "completed":
        return False, f"the run is {now.status}"
    if now.conclusion not in FAILED:
        return False, f"the run's conclusion is {now.conclusion}"
    return True, f"attempt {now.attempt}: {now.conclusion}"


def _identity(run: Run) -> tuple[object, ...]:
    head = run.head_repo.casefold() if run.head_repo else None
    return run.id, run.repo.casefold(), run.branch, run.sha, run.default_branch, head


def branch_unprotected(case: Case, branch: BranchFacts | None) -> Verdict:
    """Neither branch protection nor a ruleset covers the branch, and GitHub said so."""
    if branch is None:
        return True, GONE
    if branch.protected is None:
        return False, "GitHub did not say whether the branch is protected"
    if branch.protected:
        return False, f"branch {case.run.branch} is protected"
    return True, "no protection, no ruleset"


def head_unchanged(case: Case, branch: BranchFacts | None) -> Verdict:
    """The branch still ends in the commit that failed, or for a merge in coo's own merges upon it."""
    if branch is None:
        return True, GONE
    if branch.merged_for is not None:
        return True, f"at {branch.sha[:7]}, which is {case.run.sha[:7]} and coo's merge of {case.run.default_branch}"
    if not case.run.sha or branch.sha != case.run.sha:
        return False, f"the branch moved from {case.run.sha[:7]} to {branch.sha[:7]} since the run"
    return True, f"still at {case.run.sha[:7]}"


def bot_commits_only(_case: Case, commits: tuple[Commit, ...]) -> Verdict:
    """Every commit that the branch has over the default branch is known to be a bot's."""
    for commit in commits:
        if person := _person(commit):
            return False, f"commit {commit.sha[:7]} is by {person}"
    return True, f"{len(commits)} commit{'s' * (len(commits) != 1)}, none by a person"


def _person(commit: Commit) -> str | None:
    """Who of author and committer is not known to be a bot."""
    if not (commit.author and commit.author_is_bot):
        return commit.author or "an author whom GitHub does not know"
    if not (commit.committer and (commit.committer_is_bot or commit.committer == _WEB_COMMITTER)):
        return commit.committer or "a committer whom GitHub does not know"
    if any(not _BOT_ADDRESS.search(who) for who in _CO_AUTHOR.findall(commit.message)):
        return f"{commit.author} with a co-author who is not known to be a bot"
    return None


def no_open_pull_request(_case: Case, pulls: tuple[PullRequest, ...]) -> Verdict:
    """No person has an open pull request from the branch."""
    for pull in pulls:
        if not pull.author_is_bot:
            return False, f"pull request #{pull.number} is by {pull.author}"
    return True, "none by a person"


def base_mergeable(case: Case, base: BaseFacts | None) -> Verdict:
    """There is something of the default branch to merge, or coo merged it for this very attempt; never twice."""
    default = case.run.default_branch
    if base is None:
        return False, GONE
    if base.merged_for == case.run.attempt:
        return True, f"coo merged {default} for this attempt already"
    if base.merged_for is not None:
        return False, f"{default} was merged for attempt {base.merged_for} already, and the run failed again"
    count = base.comparison.behind
    if not count:
        return False, f"the branch has all of {default}: there is nothing to merge"
    return True, f"{count} commit{'s' * (count != 1)} of {default} to merge"


def limit_left(_case: Case, room: Room) -> Verdict:
    """The playbook's limit for this action and this day is not used up."""
    return room.ok, f"{room.used} of {room.cap} today, by {room.by}"


def not_failed_for_good(case: Case, history: History) -> Verdict:
    """No re-run of the run's commit failed in its tests before, in this run or another of the workflow."""
    why = failed_for_good(case.run, history)
    return why is None, why or f"no re-run of commit {case.run.sha[:7]} failed yet"
