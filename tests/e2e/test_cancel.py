"""Cancelling the runs that a newer one stands for: what the server received decides, run by run."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from coo.adapters.github import GitHubHands
from coo.adapters.ledger import open_ledger
from coo.adapters.ledger.memory import LedgerMemory
from coo.core.model import Triage
from coo.core.playbook import Action, Play, Playbook, When
from tests.e2e.world import BRANCH, LOST, RUN, STRANGE, Noon, go, job, log
from tests.support.github_server import PERSON, GitHubServer, Job, Repo

WHERE = "feature/x"
RERUN = f"POST /repos/acme/shop/actions/runs/{RUN}/rerun-failed-jobs"
LOCKED = log("git push", "error: cannot lock ref 'refs/heads/gh-pages': is at 1111111 but expected 2222222")
GOING = {"status": "in_progress", "conclusion": None}


def playbook(**params: object) -> Playbook:
    when = When(category=("branch_conflict",), source=("rule",))
    return Playbook("race", (Play("race", Action.CANCEL_SUPERSEDED, when, params=params), Play("r", Action.ESCALATE)))


def cancel(gh: GitHubServer, play: Playbook | None = None, **values: object) -> Triage:
    return go(gh, play=play or playbook(), **values)  # type: ignore[arg-type]


def older(repo: Repo, id: int = RUN - 1, branch: str = WHERE, **values: object) -> None:
    """A run of the same workflow that has not ended."""
    repo.run(id, branch, (Job(id * 10, "push", None, None),), **(GOING | values))


def failed(repo: Repo, branch: str = WHERE, **values: object) -> None:
    repo.run(RUN, branch, (job(1, "push", LOCKED),), **values)


@contextmanager
def race(**run: object) -> Iterator[tuple[GitHubServer, Repo]]:
    """A run that lost a race for a ref."""
    with GitHubServer() as gh:
        repo = gh.repo("acme/shop")
        repo.branch(WHERE, author=PERSON)
        failed(repo, **run)
        yield gh, repo


def changed(gh: GitHubServer) -> list[str]:
    """The writes that change a run, without the telling of people."""
    return [write for write in gh.writes if "/issues" not in write and "/labels" not in write]


def post(id: int) -> str:
    return f"POST /repos/acme/shop/actions/runs/{id}/cancel"


@pytest.mark.parametrize("status", ["queued", "in_progress", "waiting", "pending", "requested"])
def test_an_older_run_is_cancelled_and_the_newest_is_re_run(status: str) -> None:
    with race() as (gh, repo):
        older(repo, status=status)
        done = cancel(gh)
        assert gh.writes == [post(RUN - 1), RERUN]
        assert repo.runs[RUN - 1][-1].conclusion == "cancelled"
        assert repo.runs[RUN][-1].attempt == 2
    assert (done.decision.action, done.outcome.status) == ("cancel-superseded-runs", "done")
    assert done.outcome.actions == (f"cancelled run {RUN - 1}", "re-ran 1 failed job")


def test_the_newest_of_the_older_ones_is_cancelled_first() -> None:
    with race() as (gh, repo):
        for back in (3, 1, 2):
            older(repo, RUN - back)
        cancel(gh)
        assert gh.writes == [post(RUN - 1), post(RUN - 2), post(RUN - 3), RERUN]


def test_no_more_than_ten_at_once_the_oldest() -> None:
    with race() as (gh, repo):
        for back in range(1, 13):
            older(repo, RUN - back)
        done = cancel(gh)
        assert gh.writes == [*(post(RUN - back) for back in range(3, 13)), RERUN]
    assert "2 more older runs go on: 10 at once are the most" in done.outcome.detail


def test_a_dry_run_cancels_nothing() -> None:
    with race() as (gh, repo):
        older(repo)
        done = cancel(gh, act=False)
        assert gh.writes == []
    assert done.outcome.status == "dry-run"
    assert any(guard.because == f"run {RUN - 1} is older and not ended" for guard in done.decision.guards)


@pytest.mark.parametrize(
    "other",
    [
        {"branch": "feature/y"},
        {"event": "pull_request"},
        {"path": ".github/workflows/other.yml"},
        {"head_repo": "mallory/shop"},
        {"id": RUN + 1},
        {"created_at": "2026-11-02T10:00:01Z"},
        {"attempt": 2},
        {"status": "completed", "conclusion": "success"},
        {"status": "completed", "conclusion": "cancelled", "updated_at": "2026-11-02T09:00:00Z"},
        {"workflow": "coo"},
    ],
    ids=lambda other: next(iter(other)),
)
def test_runs_that_are_left_alone(other: dict[str, object]) -> None:
    with race() as (gh, repo):
        repo.branch("feature/y", author=PERSON)
        older(repo, **other)  # type: ignore[arg-type]
        refused(gh, repo, "has-superseded-runs", "no older run of this workflow, branch and event")


def refused(gh: GitHubServer, repo: Repo, guard: str, because: str, play: Playbook | None = None) -> None:
    """Nothing was cancelled or re-run, and an issue names the guard."""
    done = cancel(gh, play)
    assert [one.id for one in done.decision.failed_guards] == [guard]
    assert changed(gh) == []
    (issue,) = repo.issues.values()
    assert f"guard `{guard}` did not hold" in issue.body
    assert because in done.decision.failed_guards[0].because


def test_others_are_left_alone_beside_one_that_is_cancelled() -> None:
    with race() as (gh, repo):
        repo.branch("feature/y", author=PERSON)
        older(repo, RUN - 1)
        older(repo, RUN - 2, branch="feature/y")
        older(repo, RUN - 3, path=".github/workflows/deploy.yml")
        older(repo, RUN - 4, event="workflow_dispatch")
        older(repo, RUN - 5, attempt=2)
        older(repo, RUN - 6, head_repo="mallory/shop")
        cancel(gh)
        assert gh.writes == [post(RUN - 1), RERUN]


def test_runs_of_another_pull_request_are_left_alone() -> None:
    with race(event="pull_request", pulls=(7,)) as (gh, repo):
        older(repo, RUN - 1, event="pull_request", pulls=(7,))
        older(repo, RUN - 2, event="pull_request", pulls=(8,))
        cancel(gh)
        assert gh.writes == [post(RUN - 1), RERUN]


@pytest.mark.parametrize("event", ["workflow_dispatch", "repository_dispatch", "issue_comment", "workflow_run"])
def test_events_whose_runs_do_not_stand_for_one_another(event: str) -> None:
    with race(event=event) as (gh, repo):
        older(repo, event=event)
        refused(gh, repo, "has-superseded-runs", f"a run of the event {event} does not stand for an older one")


@pytest.mark.parametrize("state", [GOING, {"status": "completed", "conclusion": "success"}])
def test_a_newer_run_goes_on_and_nothing_is_re_run(state: dict[str, object]) -> None:
    with race() as (gh, repo):
        older(repo)
        repo.run(RUN + 1, WHERE, (Job(5, "push", None, None),), created_at="2026-11-02T11:00:00Z", **state)
        done = cancel(gh)
        assert gh.writes == [post(RUN - 1)]
        assert len(repo.runs[RUN]) == 1
        assert repo.runs[RUN + 1][-1].conclusion == state["conclusion"]
    told = state["conclusion"] or state["status"]
    assert done.outcome.status == "done"
    assert done.outcome.detail == f"cancelled run {RUN - 1}; run {RUN + 1} is newer ({told}): nothing was re-run"


def test_a_newer_run_that_starts_meanwhile_counts() -> None:
    with race() as (gh, repo):
        older(repo)
        gh.fault("POST", "/cancel$", do=lambda: older(repo, RUN + 1, created_at="2026-11-02T11:00:00Z"))
        cancel(gh)
        assert gh.writes == [post(RUN - 1)]


def test_the_default_branch() -> None:
    with GitHubServer() as gh:
        repo = gh.repo("acme/shop")
        failed(repo, "main")
        older(repo, branch="main")
        refused(gh, repo, "not-default", "main is the default branch")
        assert not gh.sent("GET", "/actions/runs$"), "GitHub is not asked where the branch says no already"


@pytest.mark.parametrize("value", [False, "true", 1, None])
def test_the_default_branch_where_the_play_does_not_say_true(value: object) -> None:
    with GitHubServer() as gh:
        repo = gh.repo("acme/shop")
        failed(repo, "main")
        older(repo, branch="main")
        refused(gh, repo, "not-default", "main is the default branch", playbook(**{"default-branch": value}))


def test_the_default_branch_where_the_play_allows_it() -> None:
    with GitHubServer() as gh:
        repo = gh.repo("acme/shop")
        failed(repo, "main")
        older(repo, branch="main")
        cancel(gh, playbook(**{"default-branch": True}))
        assert gh.writes == [post(RUN - 1), RERUN]


def test_a_fork() -> None:
    with race(head_repo="mallory/shop") as (gh, repo):
        older(repo, head_repo="mallory/shop")
        refused(gh, repo, "same-repository", "the fork mallory/shop")


def test_attempts_are_limited() -> None:
    with race(attempt=3) as (gh, repo):
        older(repo)
        refused(gh, repo, "attempts-left", "attempt 3 of at most 3")


def test_coos_own_workflow() -> None:
    with race(path=".github/workflows/own.yml") as (gh, repo):
        older(repo, path=".github/workflows/own.yml")
        with pytest.raises(Exception, match="coo's own workflow"):
            cancel(gh, own_workflows=(".github/workflows/own.yml",))
        assert gh.writes == []


@pytest.mark.parametrize("other", [LOST, STRANGE])
def test_mixed_jobs(other: bytes) -> None:
    with race() as (gh, repo):
        older(repo)
        repo.run(RUN, WHERE, (job(1, "push", LOCKED), job(2, "x", other)))
        cancel(gh)
        assert changed(gh) == []


def test_a_day_has_a_limit(tmp_path: Path) -> None:
    memory = LedgerMemory(open_ledger(str(tmp_path / "ledger.db")), "acme/shop", Noon())
    for _ in range(20):
        memory.take(Action.CANCEL_SUPERSEDED, 20)
    with race() as (gh, repo):
        older(repo)
        done = cancel(gh, memory=memory)
        assert changed(gh) == []
    assert [one.id for one in done.decision.failed_guards] == ["limit-left"]


def test_a_run_that_somebody_re_ran_while_coo_looked() -> None:
    with race() as (gh, repo):
        older(repo)
        gh.fault("GET", "/actions/runs$", skip=3, do=lambda: repo.rerun(RUN))
        assert cancel(gh).outcome.status == "skipped"
        assert gh.writes == []


@pytest.mark.parametrize("how", ["ends", "is re-run"])
def test_a_run_that_changes_before_its_turn_is_left_alone(how: str) -> None:
    with race() as (gh, repo):
        older(repo, RUN - 1)
        older(repo, RUN - 2)

        def change() -> None:
            repo.finish(RUN - 2, "success")
            if how == "is re-run":
                repo.rerun(RUN - 2)

        gh.fault("POST", f"/{RUN - 1}/cancel$", do=change)
        done = cancel(gh)
        assert gh.writes == [post(RUN - 1), RERUN]
        assert repo.runs[RUN - 2][-1].conclusion != "cancelled"
    assert f"cancelled run {RUN - 2}" not in done.outcome.actions


def test_a_run_that_ends_at_the_moment_of_the_cancelling() -> None:
    with race() as (gh, repo):
        older(repo)
        gh.fault("POST", "/cancel$", do=lambda: repo.finish(RUN - 1, "success"))
        done = cancel(gh)
        assert gh.writes == [post(RUN - 1), RERUN]
    assert done.outcome.actions == ("the older runs had ended already", "re-ran 1 failed job")


@pytest.mark.parametrize("status", [401, 403, 404, 409, 422, 429, 500, 503])
def test_a_cancelling_that_is_refused_is_an_outcome_and_escalated(status: int) -> None:
    with race() as (gh, repo):
        older(repo, RUN - 1)
        older(repo, RUN - 2)
        gh.fault("POST", f"/{RUN - 2}/cancel$", status=status)
        done = cancel(gh)
        assert changed(gh) == [post(RUN - 1), post(RUN - 2)]
        assert len(repo.runs[RUN]) == 1
        (issue,) = repo.issues.values()
        assert f"cancelled run {RUN - 1}; run {RUN - 2} was not cancelled" in issue.body
        again = cancel(gh)
        assert changed(gh) == [post(RUN - 1), post(RUN - 2), post(RUN - 2), RERUN]
    assert (done.outcome.status, again.outcome.status) == ("failed", "done")
    assert done.outcome.actions[0] == f"cancelled run {RUN - 1}"
    assert not any("re-ran" in action or str(RUN - 2) in action for action in done.outcome.actions)
    assert done.outcome.exit_code in (4, 5)


@pytest.mark.parametrize("fault", [{"reset": True}, {"status": 502}])
def test_an_answer_that_is_lost_after_the_cancelling_is_no_failure(fault: dict[str, object]) -> None:
    with race() as (gh, repo):
        older(repo)
        gh.fault("POST", "/cancel$", after_effect=True, **fault)
        done = cancel(gh)
        assert gh.writes == [post(RUN - 1), RERUN]
    assert done.outcome.actions == (f"cancelled run {RUN - 1}", "re-ran 1 failed job")


def test_not_knowing_whether_a_newer_run_is_there_is_no_re_run() -> None:
    with race() as (gh, repo):
        older(repo)
        gh.fault("POST", "/cancel$", do=lambda: gh.fault("GET", "/actions/runs$", status=500, times=None))
        done = cancel(gh)
        assert changed(gh) == [post(RUN - 1)]
    assert (done.outcome.status, done.outcome.actions[0]) == ("failed", f"cancelled run {RUN - 1}")


@pytest.mark.parametrize("point", ["first", "second", "rerun_failed_jobs"])
def test_killed_at_any_point_and_run_again(point: str) -> None:
    with race() as (gh, repo):
        older(repo, RUN - 1)
        older(repo, RUN - 2)
        real, calls = GitHubHands.cancel_run, []

        def cancel_run(hands: GitHubHands, run_id: int) -> None:
            calls.append(run_id)
            if len(calls) == {"first": 1, "second": 2}.get(point):
                raise KeyboardInterrupt
            real(hands, run_id)

        def die(*_: object) -> None:
            raise KeyboardInterrupt

        with pytest.MonkeyPatch.context() as patch, pytest.raises(KeyboardInterrupt):
            patch.setattr(GitHubHands, "cancel_run", cancel_run)
            patch.setattr(GitHubHands, "rerun_failed_jobs", die)
            cancel(gh)
        done = cancel(gh)
        assert gh.writes == [post(RUN - 1), post(RUN - 2), RERUN]
        assert repo.runs[RUN][-1].attempt == 2
    assert done.outcome.status == "done"


def test_a_second_delivery_does_nothing() -> None:
    with race() as (gh, repo):
        older(repo)
        cancel(gh, attempt=1)
        before = list(gh.writes)
        with pytest.raises(Exception, match="was re-run already"):
            cancel(gh, attempt=1)
        assert gh.writes == before


def test_what_was_cancelled_for_the_first_attempt_does_not_count_for_the_second() -> None:
    with race() as (gh, repo):
        older(repo)
        cancel(gh, attempt=1)
        repo.finish(RUN, "failure")
        repo.runs[RUN][-1] = replace(repo.runs[RUN][-1], updated_at="2026-11-02T11:00:00Z")
        done = cancel(gh, attempt=2)
        assert changed(gh) == [post(RUN - 1), RERUN]
    assert [one.id for one in done.decision.failed_guards] == ["has-superseded-runs"]


def test_the_default_playbook_does_it_on_an_automations_branch() -> None:
    with GitHubServer() as gh:
        repo = gh.repo("acme/shop")
        repo.branch(BRANCH)
        failed(repo, BRANCH)
        older(repo, branch=BRANCH)
        done = go(gh)
        assert gh.writes == [post(RUN - 1), RERUN]
    assert done.decision.play == "automation-runs-race"


@pytest.mark.parametrize("values", [{"branch": WHERE}, {"branch": "main"}, {"branch": BRANCH, "event": "schedule"}])
def test_the_default_playbook_does_it_nowhere_else(values: dict[str, str]) -> None:
    with GitHubServer() as gh:
        repo = gh.repo("acme/shop")
        if values["branch"] != "main":
            repo.branch(values["branch"])
        failed(repo, **values)
        older(repo, **values)  # type: ignore[arg-type]
        done = go(gh)
        assert changed(gh) == []
    assert done.decision.play == "branch-conflict"
