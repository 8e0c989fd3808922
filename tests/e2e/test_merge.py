"""Merging the default branch into an automation's branch: what the server received decides, refusal by refusal."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from coo.adapters.github import GitHubHands
from coo.adapters.ledger import open_ledger
from coo.adapters.ledger.memory import LedgerMemory
from coo.core.model import Triage
from coo.core.playbook import Action, GuardSpec, Play, Playbook, When
from tests.e2e.world import BRANCH, PUSH_REJECTED, RUN, TESTS, Noon, go, job, run_on, stale_branch
from tests.support.github_server import BOT, PERSON, WEB_FLOW, GitHubServer, Repo, User

MERGE = "POST /repos/acme/shop/merges"
RERUN = f"POST /repos/acme/shop/actions/runs/{RUN}/rerun-failed-jobs"
KEEP = Playbook(
    "keep",
    (
        Play(
            "keep-commits",
            Action.MERGE_AND_RERUN,
            When(category=("branch_conflict",), source=("rule",)),
            (GuardSpec("branch-pattern", ("automated/*",)),),
        ),
        Play("rest", Action.ESCALATE),
    ),
)


def behind(repo: Repo) -> None:
    """The default branch got a commit that the automation's branch lacks."""
    repo.push("main", author=PERSON)


def merged(repo: Repo, attempt: int = 1, run: int = RUN, author: User = BOT, told: str | None = None) -> str:
    """What coo's merge leaves on the branch."""
    told = f"Merge main into {BRANCH}\n\nCoo-Merged-For: run {run}, attempt {attempt}" if told is None else told
    sha = repo.push(BRANCH, author=author, committer=WEB_FLOW, message=told)
    repo.commits[sha] = replace(repo.commits[sha], merged=repo.branches["main"].sha)
    return sha


def merge(gh: GitHubServer, **values: object) -> Triage:
    return go(gh, play=KEEP, **values)  # type: ignore[arg-type]


def changed(gh: GitHubServer) -> list[str]:
    """The writes that change a branch or a run, without the telling of people."""
    return [write for write in gh.writes if "/issues" not in write and "/labels" not in write]


def test_the_default_branch_is_merged_and_the_run_is_re_run() -> None:
    with stale_branch() as (gh, repo):
        behind(repo)
        before = repo.branches[BRANCH].sha
        done = merge(gh)
        assert gh.writes == [MERGE, RERUN]
        after = repo.commits[repo.branches[BRANCH].sha]
        assert (after.parent, after.merged) == (before, repo.branches["main"].sha)
        assert gh.sent("POST", "/merges$")[0].body == {
            "base": BRANCH,
            "head": "main",
            "commit_message": f"Merge main into {BRANCH}\n\nCoo-Merged-For: run {RUN}, attempt 1",
        }
        assert repo.runs[RUN][-1].attempt == 2
    assert done.outcome.status == "done"
    assert done.outcome.actions == (
        f"merged main into {BRANCH} (it was at {before}, and is at {after.sha})",
        "re-ran 1 failed job",
    )


def test_a_dry_run_merges_nothing() -> None:
    with stale_branch() as (gh, repo):
        behind(repo)
        done = merge(gh, act=False)
        assert gh.writes == []
    assert done.outcome.detail == f"would merge main into {BRANCH} and re-run 1 failed job"


def refused(gh: GitHubServer, repo: Repo, guard: str, because: str) -> None:
    """Nothing was merged or re-run, and an issue names the guard."""
    done = merge(gh)
    assert [one.id for one in done.decision.failed_guards] == [guard]
    assert changed(gh) == []
    (issue,) = repo.issues.values()
    assert f"guard `{guard}` did not hold" in issue.body
    assert because in issue.body


def test_a_conflict_is_escalated_and_nothing_is_changed() -> None:
    with stale_branch() as (gh, repo):
        behind(repo)
        repo.conflicting.add(BRANCH)
        before = repo.branches[BRANCH].sha
        done = merge(gh)
        assert changed(gh) == [MERGE]
        assert repo.branches[BRANCH].sha == before
        (issue,) = repo.issues.values()
        assert f"main does not merge into {BRANCH}: they conflict. Nothing was changed" in issue.body
    assert (done.decision.action, done.outcome.status) == ("escalate", "done")
    assert [one.id for one in done.decision.failed_guards] == ["base-mergeable"]


def test_a_branch_that_has_all_of_the_default_branch() -> None:
    with stale_branch() as (gh, repo):
        refused(gh, repo, "base-mergeable", "there is nothing to merge")


def test_a_branch_that_is_gone() -> None:
    with stale_branch() as (gh, repo):
        del repo.branches[BRANCH]
        refused(gh, repo, "base-mergeable", "the branch is gone already")


def test_a_branch_that_no_pattern_gives_to_automations() -> None:
    with GitHubServer() as gh:
        repo = gh.repo("acme/shop")
        repo.branch("feature/x")
        run_on(repo, "feature/x")
        behind(repo)
        refused(gh, repo, "branch-pattern", "matches none of")


def test_a_fork() -> None:
    with stale_branch() as (gh, repo):
        behind(repo)
        run_on(repo, BRANCH, head_repo="mallory/shop")
        refused(gh, repo, "same-repository", "the fork mallory/shop")


def test_the_default_branch_itself() -> None:
    with GitHubServer() as gh:
        repo = gh.repo("acme/shop", default_branch=BRANCH)
        run_on(repo, BRANCH)
        refused(gh, repo, "not-default", "is the default branch")


@pytest.mark.parametrize("how", [{"protected": True}, {"rules": ("update",)}])
def test_a_protected_branch(how: dict[str, object]) -> None:
    with stale_branch(**how) as (gh, repo):
        behind(repo)
        refused(gh, repo, "branch-unprotected", "is protected")


def test_a_branch_that_moved() -> None:
    with stale_branch() as (gh, repo):
        behind(repo)
        repo.push(BRANCH)
        refused(gh, repo, "head-unchanged", "the branch moved from")


def test_a_commit_by_a_person() -> None:
    with stale_branch(author=PERSON) as (gh, repo):
        behind(repo)
        refused(gh, repo, "bot-commits-only", "is by mona")


def test_a_pull_request_by_a_person() -> None:
    with stale_branch() as (gh, repo):
        behind(repo)
        repo.pull(BRANCH, author=PERSON)
        refused(gh, repo, "no-open-pull-request", "is by mona")


def test_attempts_are_limited() -> None:
    with stale_branch() as (gh, repo):
        behind(repo)
        run_on(repo, BRANCH, attempt=3)
        refused(gh, repo, "attempts-left", "attempt 3 of at most 3")


def test_coos_own_workflow_is_left_alone() -> None:
    with stale_branch() as (gh, repo):
        behind(repo)
        run_on(repo, BRANCH, path=".github/workflows/own.yml")
        with pytest.raises(Exception, match="coo's own workflow"):
            merge(gh, own_workflows=(".github/workflows/own.yml",))
        assert gh.writes == []


def test_mixed_jobs() -> None:
    with stale_branch() as (gh, repo):
        behind(repo)
        run_on(repo, BRANCH, job(1, "push", PUSH_REJECTED), job(2, "test", TESTS))
        done = merge(gh)
        assert changed(gh) == []
    assert done.decision.action == "escalate"


def test_a_day_has_a_limit(tmp_path: Path) -> None:
    memory = LedgerMemory(open_ledger(str(tmp_path / "ledger.db")), "acme/shop", Noon())
    for _ in range(20):
        memory.take(Action.MERGE_AND_RERUN, 20)
    with stale_branch() as (gh, repo):
        behind(repo)
        done = merge(gh, memory=memory)
        assert changed(gh) == []
    assert [one.id for one in done.decision.failed_guards] == ["limit-left"]


@pytest.mark.parametrize(
    ("what", "guard"),
    [
        (lambda repo: repo.push(BRANCH), "head-unchanged"),
        (lambda repo: repo.push(BRANCH, author=PERSON), "head-unchanged"),
        (lambda repo: repo.pull(BRANCH, author=PERSON), "no-open-pull-request"),
        (lambda repo: setattr(repo.branches[BRANCH], "protected", True), "branch-unprotected"),
        (lambda repo: repo.branches.pop(BRANCH), "base-mergeable"),
    ],
)
def test_what_changes_while_coo_looks_stops_it(what, guard: str) -> None:  # type: ignore[no-untyped-def]
    with stale_branch() as (gh, repo):
        behind(repo)
        # The last question before the second look is the list of runs for the limit.
        gh.fault("GET", "/actions/runs$", skip=1, do=lambda: what(repo))
        done = merge(gh)
        assert changed(gh) == []
    assert guard in [one.id for one in done.decision.failed_guards]


def test_a_push_at_the_moment_of_the_merge_is_not_taken_for_the_runs_own_state() -> None:
    with stale_branch() as (gh, repo):
        behind(repo)
        gh.fault("POST", "/merges$", do=lambda: repo.push(BRANCH))
        done = merge(gh)
        assert changed(gh) == [MERGE]
    assert done.outcome.status == "failed"
    assert "which moved at that moment" in done.outcome.detail


@pytest.mark.parametrize("point", ["merge", "runs_of_commit", "rerun_failed_jobs"])
def test_killed_at_any_point_and_run_again(point: str) -> None:
    with stale_branch() as (gh, repo):
        behind(repo)
        before = repo.branches[BRANCH].sha

        def die(*_: object) -> None:
            raise KeyboardInterrupt

        with pytest.MonkeyPatch.context() as patch, pytest.raises(KeyboardInterrupt):
            patch.setattr(GitHubHands, point, die)
            merge(gh)
        done = merge(gh)
        assert gh.writes == [MERGE, RERUN]
        head = repo.commits[repo.branches[BRANCH].sha]
        assert (head.parent, head.merged) == (before, repo.branches["main"].sha)
        assert repo.runs[RUN][-1].attempt == 2
    already = "" if point == "merge" else "already "
    assert done.outcome.actions[0] == f"{already}merged main into {BRANCH} (it was at {before}, and is at {head.sha})"


def test_killed_and_the_default_branch_went_on() -> None:
    with stale_branch() as (gh, repo):
        behind(repo)
        merged(repo)
        behind(repo)
        assert merge(gh).outcome.status == "done"
        assert gh.writes == [RERUN]


@pytest.mark.parametrize("more", [False, True])
def test_a_run_that_fails_again_after_the_merge_is_for_people(more: bool) -> None:
    with stale_branch() as (gh, repo):
        behind(repo)
        merge(gh, attempt=1)
        repo.finish(RUN, "failure")
        if more:
            behind(repo)
        before = list(gh.writes)
        done = merge(gh, attempt=2)
        assert changed(gh) == [MERGE, RERUN] == before
    (guard,) = done.decision.failed_guards
    assert (guard.id, guard.because) == (
        "base-mergeable",
        "main was merged for attempt 1 already, and the run failed again",
    )


def test_a_new_run_of_the_merge_itself_that_fails_is_for_people() -> None:
    with stale_branch() as (gh, repo):
        behind(repo)
        merged(repo, run=7000)
        run_on(repo, BRANCH)
        refused(gh, repo, "base-mergeable", "there is nothing to merge")


@pytest.mark.parametrize(
    "after",
    [
        lambda repo: merged(repo, run=RUN + 1),
        lambda repo: merged(repo, attempt=2),
        lambda repo: merged(repo, told="Merge main into x"),
        lambda repo: merged(repo, told=f"x Coo-Merged-For: run {RUN}, attempt 1"),
        lambda repo: repo.push(BRANCH, message=f"Work\n\nCoo-Merged-For: run {RUN}, attempt 1"),
        lambda repo: (merged(repo), repo.push(BRANCH)),
        lambda repo: (repo.push(BRANCH), merged(repo)),
    ],
    ids=["another run's", "a later attempt's", "no mark", "a mark in a line", "no merge", "a commit after", "before"],
)
def test_what_is_not_coos_own_merge_is_a_branch_that_moved(after) -> None:  # type: ignore[no-untyped-def]
    with stale_branch() as (gh, repo):
        behind(repo)
        after(repo)
        done = merge(gh)
        assert changed(gh) == []
    assert "head-unchanged" in [one.id for one in done.decision.failed_guards]


def test_a_merge_of_something_else_than_the_default_branch_is_a_branch_that_moved() -> None:
    with stale_branch() as (gh, repo):
        behind(repo)
        repo.branch("feature/y", author=BOT)
        sha = merged(repo)
        repo.commits[sha] = replace(repo.commits[sha], merged=repo.branches["feature/y"].sha)
        done = merge(gh)
        assert changed(gh) == []
    assert "head-unchanged" in [one.id for one in done.decision.failed_guards]


def test_a_merge_by_a_person_is_a_persons_commit() -> None:
    with stale_branch() as (gh, repo):
        behind(repo)
        merged(repo, author=PERSON)
        refused(gh, repo, "bot-commits-only", "is by mona")


def test_only_this_action_takes_coos_merge_for_a_branch_that_did_not_move() -> None:
    with stale_branch() as (gh, repo):
        behind(repo)
        merged(repo)
        done = go(gh)
        assert not gh.sent("DELETE")
    assert [one.id for one in done.decision.failed_guards] == ["head-unchanged"]


def test_a_run_that_github_starts_for_the_merge_is_the_one_that_counts() -> None:
    with stale_branch() as (gh, repo):
        behind(repo)
        path = ".github/workflows/roadmap.yml"
        gh.fault("GET", "/actions/runs$", skip=2, do=lambda: repo.run(9000, BRANCH, (), path=path, status="queued"))
        done = merge(gh)
        assert gh.writes == [MERGE]
        assert len(repo.runs[RUN]) == 1
    assert done.outcome.status == "done"
    assert done.outcome.detail.endswith("GitHub runs the workflow for it (run 9000): nothing was re-run")


def test_another_process_that_merged_a_moment_ago() -> None:
    with stale_branch() as (gh, repo):
        behind(repo)
        gh.fault("POST", "/merges$", do=lambda: merged(repo))
        done = merge(gh)
        assert gh.writes == [MERGE, RERUN]
        assert len(repo.runs[RUN]) == 2
    assert done.outcome.actions[0].startswith("already merged")


def test_a_merge_by_somebody_else_a_moment_ago() -> None:
    with stale_branch() as (gh, repo):
        behind(repo)
        gh.fault("POST", "/merges$", do=lambda: merged(repo, told="Merge main"))
        done = merge(gh)
        assert changed(gh) == [MERGE]
    assert [one.id for one in done.decision.failed_guards] == ["base-mergeable"]
    assert "and not by coo" in done.decision.because


@pytest.mark.parametrize("fault", [{"reset": True}, {"status": 502}])
def test_an_answer_that_is_lost_after_the_merge_is_no_failure(fault: dict[str, object]) -> None:
    with stale_branch() as (gh, repo):
        behind(repo)
        gh.fault("POST", "/merges$", after_effect=True, **fault)
        done = merge(gh)
        assert gh.writes == [MERGE, RERUN]
    assert done.outcome.status == "done"


@pytest.mark.parametrize("status", [401, 403, 404, 409, 422, 429, 500, 503])
def test_a_merge_that_is_refused_is_an_outcome_and_escalated(status: int) -> None:
    with stale_branch() as (gh, repo):
        behind(repo)
        before = repo.branches[BRANCH].sha
        gh.fault("POST", "/merges$", status=status)
        done = merge(gh)
        assert changed(gh) == [MERGE]
        assert repo.branches[BRANCH].sha == before
        (issue,) = repo.issues.values()
        assert f"main was not merged into {BRANCH}" in issue.body
    assert done.outcome.status == "failed"
    assert done.outcome.exit_code in (4, 5)


def test_a_re_run_that_fails_after_the_merge_says_exactly_that() -> None:
    with stale_branch() as (gh, repo):
        behind(repo)
        gh.fault("POST", "rerun-failed-jobs", status=502)
        done = merge(gh)
        assert changed(gh) == [MERGE, RERUN]
        again = merge(gh)
        assert changed(gh) == [MERGE, RERUN, RERUN]
    assert done.outcome.status == "failed"
    assert done.outcome.detail.startswith(f"merged main into {BRANCH}")
    assert again.outcome.status == "done"
