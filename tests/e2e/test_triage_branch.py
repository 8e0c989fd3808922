"""The example that must work, and each of its refusals: what the server received decides."""

from __future__ import annotations

import pytest

from coo.core.errors import NothingToTriage
from tests.e2e.world import BRANCH, PUSH_REJECTED, RUN, go, job, run_on, stale_branch
from tests.support.github_server import BOT, PERSON, WEB_FLOW, GitHubServer, Repo

DELETE = f"DELETE /repos/acme/shop/git/refs/heads/{BRANCH}"
RERUN = f"POST /repos/acme/shop/actions/runs/{RUN}/rerun-failed-jobs"


def test_the_branch_is_deleted_and_the_run_is_re_run() -> None:
    with stale_branch() as (gh, repo):
        done = go(gh)
        assert gh.writes == [DELETE, RERUN]
        assert BRANCH not in repo.branches
        assert repo.runs[RUN][-1].attempt == 2
    assert (done.classification.category, done.classification.rule_id) == ("branch_conflict", "git-push-rejected")
    assert (done.decision.action, done.decision.play) == ("delete-branch-and-rerun", "stale-automation-branch")
    assert all(guard.held for guard in done.decision.guards)
    assert done.outcome.status == "done"
    assert done.outcome.actions == (f"deleted branch {BRANCH}", "re-ran 1 failed job")
    assert (done.usd, done.models) == (0, ())


def test_a_dry_run_sends_no_request_that_changes_anything() -> None:
    with stale_branch() as (gh, _):
        done = go(gh, act=False)
        assert gh.writes == []
    assert done.outcome.status == "dry-run"
    assert done.outcome.detail == f"would delete branch {BRANCH} and re-run 1 failed job"
    assert done.decision.action == "delete-branch-and-rerun"


def test_a_dry_run_of_a_refusal_opens_no_issue() -> None:
    with stale_branch(author=PERSON) as (gh, _):
        done = go(gh, act=False)
        assert gh.writes == []
    assert (done.decision.action, done.outcome.status) == ("escalate", "dry-run")
    assert "agent:cto" in done.outcome.detail


def refused(gh: GitHubServer, repo: Repo, guard: str, because: str) -> None:
    """Nothing was deleted or re-run, and an issue to the CTO names the guard that failed."""
    done = go(gh)
    assert [guard.id for guard in done.decision.failed_guards] == [guard]
    assert not gh.sent("DELETE")
    assert not gh.sent("POST", "rerun")
    assert len(repo.runs[RUN]) == 1
    (issue,) = repo.issues.values()
    assert {"coo", "agent:cto", "p2", "workflow:branch_conflict"} <= set(issue.labels)
    assert f"guard `{guard}` did not hold" in issue.body
    assert because in issue.body
    assert (done.decision.action, done.decision.planned) == ("escalate", "delete-branch-and-rerun")
    assert done.outcome.status == "done"
    assert done.outcome.issue_url and done.outcome.issue_url.endswith(f"/issues/{issue.number}")


def test_a_branch_that_no_pattern_gives_to_automations() -> None:
    with GitHubServer() as gh:
        repo = gh.repo("acme/shop")
        repo.branch("feature/x")
        run_on(repo, "feature/x")
        refused(gh, repo, "branch-pattern", "feature/x matches none of")
        assert "feature/x" in repo.branches
        assert not gh.sent("GET", "/(compare|pulls|branches)"), "GitHub is not asked where the name says no already"


def test_a_fork() -> None:
    with stale_branch() as (gh, repo):
        run_on(repo, BRANCH, head_repo="mallory/shop")
        refused(gh, repo, "same-repository", "the fork mallory/shop")


def test_a_fork_that_was_deleted() -> None:
    # GitHub sends null for the repository of a deleted fork, which its own description does not allow.
    with stale_branch(strict=False) as (gh, repo):
        run_on(repo, BRANCH, head_repo=None)
        refused(gh, repo, "same-repository", "may have been a fork")


def test_a_commit_by_a_person() -> None:
    with stale_branch() as (gh, repo):
        repo.push(BRANCH, author=PERSON)
        repo.push(BRANCH, author=BOT)
        run_on(repo, BRANCH)
        refused(gh, repo, "bot-commits-only", "is by mona")


def test_a_commit_by_nobody_whom_github_knows() -> None:
    with stale_branch(author=None) as (gh, repo):
        refused(gh, repo, "bot-commits-only", "whom GitHub does not know")


def test_a_commit_that_a_bot_made_through_the_api_is_a_bots() -> None:
    with stale_branch() as (gh, repo):
        repo.push(BRANCH, author=BOT, committer=WEB_FLOW)
        run_on(repo, BRANCH)
        assert go(gh).outcome.status == "done"
        assert gh.writes == [DELETE, RERUN]


def test_an_open_pull_request_by_a_person() -> None:
    with stale_branch() as (gh, repo):
        repo.pull(BRANCH, author=PERSON)
        refused(gh, repo, "no-open-pull-request", "is by mona")


@pytest.mark.parametrize("state", ["open", "closed"])
def test_pull_requests_that_do_not_stand_in_the_way(state: str) -> None:
    with stale_branch() as (gh, repo):
        repo.pull(BRANCH, author=BOT if state == "open" else PERSON, state=state)
        go(gh)
        assert gh.writes == [DELETE, RERUN]


def test_a_branch_protected_the_classic_way() -> None:
    with stale_branch(protected=True) as (gh, repo):
        refused(gh, repo, "branch-unprotected", "is protected")


def test_a_branch_protected_by_a_ruleset() -> None:
    with stale_branch(rules=("deletion",)) as (gh, repo):
        refused(gh, repo, "branch-unprotected", "is protected")


def test_protection_that_github_does_not_tell() -> None:
    with stale_branch() as (gh, repo):
        gh.fault("GET", "/rules/branches/", status=403)
        refused(gh, repo, "branch-unprotected", "GitHub did not say")


def test_a_branch_that_moved_since_the_run() -> None:
    with stale_branch() as (gh, repo):
        repo.push(BRANCH)
        refused(gh, repo, "head-unchanged", "the branch moved from")


def test_the_default_branch() -> None:
    with GitHubServer() as gh:
        repo = gh.repo("acme/shop", default_branch=BRANCH)
        repo.push(BRANCH)
        run_on(repo, BRANCH)
        refused(gh, repo, "not-default", "is the default branch")
        assert BRANCH in repo.branches


@pytest.mark.parametrize(
    "name",
    ["automated/../main", "refs/heads/automated/x", "Automated/x", "automated/x.", "automated/x%2fmain", "automated/х"],
)
def test_branch_names_made_to_look_like_an_automations(name: str) -> None:
    with GitHubServer() as gh:
        repo = gh.repo("acme/shop")
        repo.branch(name)
        run_on(repo, name)
        done = go(gh)
        assert [guard.id for guard in done.decision.failed_guards] == ["branch-pattern"]
        assert not gh.sent("DELETE")
        assert name in repo.branches


def test_a_branch_that_moves_while_coo_looks() -> None:
    with stale_branch() as (gh, repo):
        # The first look at the branch is that of the guards; it moves right after.
        gh.fault("GET", "/pulls$", do=lambda: repo.push(BRANCH))
        refused(gh, repo, "head-unchanged", "the branch moved from")


def test_attempts_are_limited() -> None:
    with stale_branch() as (gh, repo):
        run_on(repo, BRANCH, attempt=3)
        refused(gh, repo, "attempts-left", "attempt 3 of at most 3")


def test_a_permission_that_is_missing_is_a_guard_that_did_not_hold() -> None:
    with stale_branch() as (gh, repo):
        gh.permissions["pull_requests"] = "none"
        refused(gh, repo, "no-open-pull-request", "GitHub did not say")


def test_a_second_delivery_after_the_re_run_does_nothing() -> None:
    with stale_branch() as (gh, repo):
        go(gh, attempt=1)
        before = list(gh.writes)
        with pytest.raises(NothingToTriage) as again:
            go(gh, attempt=1)
        assert again.value.code == "already-rerun"
        assert "attempt 1 of run 7214 was re-run already: attempt 2 is in_progress" in again.value.message
        repo.finish(RUN, "failure")
        with pytest.raises(NothingToTriage):
            go(gh, attempt=1)
        assert gh.writes == before


def test_a_second_delivery_after_a_refusal_says_nothing_twice() -> None:
    with stale_branch(author=PERSON) as (gh, repo):
        first = go(gh, attempt=1)
        before = list(gh.writes)
        second = go(gh, attempt=1)
        assert gh.writes == before
        assert second.outcome.status == "skipped"
        assert second.outcome.issue_url == first.outcome.issue_url
        assert len(repo.issues) == 1


def test_a_run_that_somebody_re_runs_while_coo_looks_is_left_alone() -> None:
    with stale_branch() as (gh, repo):
        gh.fault("GET", "/pulls$", do=lambda: repo.rerun(RUN))
        done = go(gh)
        assert gh.writes == []
    assert done.outcome.status == "skipped"
    assert "was re-run already" in done.outcome.detail


def test_a_process_that_died_after_the_deletion_is_taken_up() -> None:
    with stale_branch() as (gh, repo):
        del repo.branches[BRANCH]
        done = go(gh)
        assert gh.writes == [RERUN]
        assert repo.runs[RUN][-1].attempt == 2
    assert done.outcome.status == "done"
    assert f"branch {BRANCH} was gone already" in done.outcome.detail


def test_a_deletion_that_is_refused_is_an_outcome() -> None:
    with stale_branch() as (gh, repo):
        gh.permissions["contents"] = "read"
        done = go(gh)
        assert BRANCH in repo.branches
        assert not gh.sent("POST", "rerun")
        (issue,) = repo.issues.values()
        assert "was not deleted" in issue.body
        assert "agent:cto" in issue.labels
    assert done.outcome.status == "failed"
    assert f"branch {BRANCH} was not deleted" in done.outcome.detail
    assert "Nothing was re-run" in done.outcome.detail
    assert done.outcome.issue_url


def test_a_re_run_that_fails_after_the_deletion_says_exactly_that() -> None:
    with stale_branch() as (gh, repo):
        gh.fault("POST", "rerun-failed-jobs", status=502, times=None)
        done = go(gh)
        assert BRANCH not in repo.branches
        assert len(gh.sent("POST", "rerun-failed-jobs")) == 1, "a write is not repeated by the transport"
        assert len(repo.runs[RUN]) == 1
    assert done.outcome.status == "failed"
    assert done.outcome.detail.startswith(f"deleted branch {BRANCH}; the failed jobs were not re-run")
    assert done.outcome.actions[0] == f"deleted branch {BRANCH}"


@pytest.mark.parametrize("call", ["DELETE /git/refs", "POST /rerun-failed-jobs"])
def test_an_answer_that_is_lost_after_the_effect_is_no_failure(call: str) -> None:
    method, path = call.split(" ")
    with stale_branch() as (gh, repo):
        gh.fault(method, path, reset=True, after_effect=True)
        done = go(gh)
        assert gh.writes == [DELETE, RERUN]
        assert repo.runs[RUN][-1].attempt == 2
    assert done.outcome.status == "done"


def test_the_mode_escalate_deletes_nothing() -> None:
    with stale_branch() as (gh, repo):
        done = go(gh, remediate=False)
        assert not gh.sent("DELETE")
        assert len(repo.issues) == 1
    assert [guard.id for guard in done.decision.failed_guards] == ["mode"]


def test_two_failed_jobs_of_the_same_kind() -> None:
    with stale_branch() as (gh, repo):
        run_on(repo, BRANCH, job(1, "a", PUSH_REJECTED), job(2, "b", PUSH_REJECTED))
        done = go(gh)
        assert gh.writes == [DELETE, RERUN]
    assert done.outcome.actions[-1] == "re-ran 2 failed jobs"
