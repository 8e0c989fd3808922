"""A test that passes on a re-run of the same commit: one issue to the CTO, which every further time is added to."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from coo.adapters.github import GitHub, GitHubSettings
from coo.core.errors import RemoteError
from coo.core.model import Outcome
from coo.core.playbook import Action, Limits, Playbook
from coo.flaky import Passed, passed
from coo.ports import Memory
from tests.e2e import world
from tests.e2e.test_flaky_rerun import CI, LINT, OTHER_TEST, failed, ledger
from tests.e2e.world import FAILED_TEST, LOST, RUN, STRANGE, Noon, go, job, log, run_on
from tests.support.github_server import GitHubServer, Repo


@pytest.fixture(params=["github", "ledger"])
def memory(request: pytest.FixtureRequest, tmp_path: Path) -> Memory | None:
    """Each way of remembering."""
    return ledger(tmp_path) if request.param == "ledger" else None


def look(
    gh: GitHubServer, memory: Memory | None = None, act: bool = True, play: Playbook | None = None
) -> tuple[Outcome, ...]:
    """What is told when the run has succeeded."""
    github = GitHub(GitHubSettings(token=gh.token, api_url=gh.api_url, retries=1, backoff=0.0, timeout=10))
    hands = github.hands("acme/shop")
    memory = memory or github.memory("acme/shop", Noon())
    return passed(Passed(hands.run(RUN), hands, world.engine, play or world.playbook(), memory, ("coo",), act))


def healed(gh: GitHubServer, memory: Memory | None = None, **values: object) -> Repo:
    """A repository whose run failed in a test, was re-run by coo, and passed."""
    repo = failed(gh, **values)
    go(gh, memory=memory)
    repo.finish(RUN)
    return repo


def next_time(gh: GitHubServer, repo: Repo, memory: Memory | None = None) -> None:
    """The same test is flaky again, in a new run of a new commit."""
    repo.runs[RUN + len(repo.runs)] = [replace(run, id=RUN + len(repo.runs)) for run in repo.runs.pop(RUN)]
    if memory:
        memory.end(Action.CONFIRM_FLAKY, f"run {RUN}, attempt 1", False, "the number serves for a second run")
    repo.push("feature/x")
    run_on(repo, "feature/x", job(31, "test", FAILED_TEST), **CI)
    go(gh, memory=memory)
    repo.finish(RUN)


def test_a_flaky_test_gets_an_issue_with_what_failed(memory: Memory | None) -> None:
    with GitHubServer() as gh:
        repo = healed(gh, memory)
        (told,) = look(gh, memory)
        (issue,) = repo.issues.values()
        sha = repo.runs[RUN][-1].sha
    assert (told.status, told.detail) == ("done", "opened issue #1 of a flaky test")
    assert told.issue_url and told.issue_url.endswith("/issues/1")
    assert issue.title == "CI: flaky test (pytest reports failed tests)"
    assert issue.labels == ["coo", "agent:cto", "p3", "workflow:test_failure", "flaky"]
    assert "tests/test_shop.py::test_total" in issue.body
    assert "**Failed** in attempt 1, job test; **passed** in attempt 2 of the same commit" in issue.body
    assert sha[:12] in issue.body
    assert "- **Flaky**: once" in issue.body
    if memory:
        (doubt,) = memory.doubts(CI["path"], sha)
        assert (doubt.state, doubt.attempt) == ("flaky", 2)


def test_a_second_delivery_says_nothing_twice(memory: Memory | None) -> None:
    with GitHubServer() as gh:
        repo = healed(gh, memory)
        look(gh, memory)
        before = list(gh.writes)
        (told,) = look(gh, memory)
        assert gh.writes == before
        assert len(repo.issues) == 1
    assert told.status == "skipped"


def test_the_same_test_again_is_a_comment_and_a_counter(memory: Memory | None) -> None:
    with GitHubServer() as gh:
        repo = healed(gh, memory)
        look(gh, memory)
        for number in (2, 3):
            next_time(gh, repo, memory)
            if memory:  # another commit's run of the same number
                target = f"flaky {memory.doubts(CI['path'], repo.runs[RUN][-1].sha)[0].fingerprint}, run {RUN}"
                memory.end(Action.ESCALATE, f"{target}, attempt 2", False, "")
            repo.issues[1].body = (repo.issues[1].body or "").replace(f"{RUN}/2", "99/2")
            repo.issues[1].comments = [one.replace(f"{RUN}/2", "98/2") for one in repo.issues[1].comments]
            (told,) = look(gh, memory)
            assert told.detail == f"commented on issue #1: flaky again, {number} times"
        (issue,) = repo.issues.values()
    assert len(issue.comments) == 2
    assert "Flaky again: 3 times." in issue.comments[1]
    assert "- **Flaky**: 3 times" in issue.body
    assert ("### Flaky before" in issue.comments[1]) is bool(memory)
    if memory:
        assert issue.comments[1].count("| `.github/workflows/ci.yml` |") == 2


def test_another_test_is_another_issue() -> None:
    with GitHubServer() as gh:
        repo = healed(gh)
        look(gh)
        repo.runs.clear()
        run_on(repo, "feature/x", job(31, "test", OTHER_TEST), **CI)
        go(gh)
        repo.finish(RUN)
        look(gh)
        assert len(repo.issues) == 2


def test_whoever_re_ran_it_it_is_flaky() -> None:
    with GitHubServer() as gh:
        repo = failed(gh)
        repo.rerun(RUN)
        repo.finish(RUN)
        assert [one.status for one in look(gh)] == ["done"]


def test_a_test_that_failed_twice_and_then_passed_is_flaky_once(tmp_path: Path) -> None:
    memory = ledger(tmp_path)
    with GitHubServer() as gh:
        repo = failed(gh)
        go(gh, memory=memory)
        repo.finish(RUN, "failure")
        go(gh, memory=memory)
        repo.rerun(RUN)
        repo.finish(RUN)
        (told,) = look(gh, memory)
        assert told.status == "done"
        assert "**Failed** in attempt 2" in (repo.issues[2].body or "")
        assert [one.state for one in memory.doubts(CI["path"], repo.runs[RUN][-1].sha)] == ["flaky"]


def test_a_dry_run_changes_nothing(memory: Memory | None) -> None:
    with GitHubServer() as gh:
        repo = healed(gh, memory)
        before = list(gh.writes)
        (told,) = look(gh, memory, act=False)
        assert gh.writes == before
        look(gh, memory)
        repo.rerun(RUN)
        repo.finish(RUN)
        before = list(gh.writes)
        (again,) = look(gh, memory, act=False)
        assert gh.writes == before
    assert (told.status, again.status) == ("dry-run", "dry-run")
    assert "would open an issue of a flaky test, labelled coo, agent:cto" in told.detail
    assert "would comment on issue #1: flaky again" in again.detail


@pytest.mark.parametrize("data", [LINT, LOST, STRANGE])
def test_what_is_no_test_is_not_called_flaky(data: bytes) -> None:
    with GitHubServer() as gh:
        repo = failed(gh, job(1, "test", data))
        repo.rerun(RUN)
        repo.finish(RUN)
        assert look(gh) == ()
        assert repo.issues == {}


@pytest.mark.parametrize(
    "values",
    [
        {"attempt": 1, "conclusion": "success"},
        {"attempt": 2, "conclusion": "failure"},
        {"attempt": 2, "conclusion": "cancelled"},
        {"attempt": 2, "status": "in_progress", "conclusion": None},
        {"attempt": 2, "conclusion": "success", "workflow": "coo"},
    ],
)
def test_runs_that_prove_nothing(values: dict[str, object]) -> None:
    with GitHubServer() as gh:
        failed(gh, **values)
        assert look(gh) == ()
        assert not gh.sent("GET", "/jobs")


def test_an_earlier_attempt_that_was_cancelled_proves_nothing() -> None:
    with GitHubServer() as gh:
        repo = failed(gh, conclusion="cancelled")
        repo.rerun(RUN)
        repo.finish(RUN)
        assert look(gh) == ()


def test_where_the_logs_are_gone_the_ledger_knows_what_failed(memory: Memory | None) -> None:
    with GitHubServer() as gh:
        repo = healed(gh, memory)
        gh.fault("GET", "/jobs/1/logs", status=410, times=None)
        told = look(gh, memory)
        assert len(repo.issues) == (1 if memory else 0)
    assert [one.status for one in told] == (["done"] if memory else [])


def test_an_issue_that_was_closed_is_opened_again(memory: Memory | None) -> None:
    with GitHubServer() as gh:
        repo = healed(gh, memory)
        look(gh, memory)
        repo.issues[1].state, repo.issues[1].closed_at = "closed", "2026-11-02T11:00:00Z"
        assert [one.status for one in look(gh, memory)] == ["skipped"]
        assert repo.issues[1].state == "closed"
        repo.rerun(RUN)
        repo.finish(RUN, "failure", [job(1, "test", FAILED_TEST)])
        repo.rerun(RUN)
        repo.finish(RUN)
        (told,) = look(gh, memory)
        assert (repo.issues[1].state, len(repo.issues[1].comments), len(repo.issues)) == ("open", 1, 1)
    assert told.detail.startswith("reopened and commented on issue #1")


def test_an_issue_that_was_closed_long_ago_is_not_opened_again() -> None:
    with GitHubServer() as gh:
        repo = healed(gh)
        look(gh)
        repo.issues[1].state, repo.issues[1].closed_at = "closed", "2026-10-01T10:00:00Z"
        repo.rerun(RUN)
        repo.finish(RUN, "failure", [job(1, "test", FAILED_TEST)])
        repo.rerun(RUN)
        repo.finish(RUN)
        (told,) = look(gh)
        assert (told.detail, repo.issues[1].state) == ("opened issue #2 of a flaky test", "closed")
        assert "The same test was in #1, which was closed before." in (repo.issues[2].body or "")


def test_two_processes_without_a_ledger_leave_one_issue() -> None:
    """Another one opens its issue between our look and ours: ours is taken back."""
    with GitHubServer() as gh:
        repo = healed(gh)
        look(gh)
        first = repo.issues.pop(1)
        gh.fault("POST", "/issues$", do=lambda: repo.issues.setdefault(1, first))
        (told,) = look(gh)
        assert {number: issue.state for number, issue in repo.issues.items()} == {1: "open", 2: "closed"}
        assert "<!-- coo:flaky=" not in (repo.issues[2].body or "")
        assert first.comments == []
    assert told.detail == (
        "opened issue #2 of a flaky test and closed it as a duplicate of issue #1;"
        " issue #1 tells of this flaky test already"
    )


@pytest.mark.parametrize("event", ["issues", "issue_comment"])
def test_what_coo_wrote_sets_off_no_answer(event: str, memory: Memory | None) -> None:
    with GitHubServer() as gh:
        repo = healed(gh, memory)
        look(gh, memory)
        repo.rerun(RUN)
        repo.finish(RUN, "failure", [job(1, "test", FAILED_TEST)])
        repo.rerun(RUN)
        repo.finish(RUN)
        repo.runs[RUN] = [replace(run, event=event, actor=repo.issues[1].author) for run in repo.runs[RUN]]
        before = list(gh.writes)
        (told,) = look(gh, memory)
        assert gh.writes == before
    assert (told.status, "set this run off" in told.detail) == ("skipped", True)


def test_an_issue_whose_answer_was_lost_is_found() -> None:
    with GitHubServer() as gh:
        repo = healed(gh)
        gh.fault("POST", "/issues$", reset=True, after_effect=True)
        (told,) = look(gh)
        assert (told.status, len(repo.issues)) == ("done", 1)


def test_a_process_that_died_between_the_comment_and_the_counter(memory: Memory | None) -> None:
    with GitHubServer() as gh:
        repo = healed(gh, memory)
        look(gh, memory)
        repo.rerun(RUN)
        repo.finish(RUN, "failure", [job(1, "test", FAILED_TEST)])
        repo.rerun(RUN)
        repo.finish(RUN)
        gh.fault("PATCH", "/issues/1$", status=502)
        assert [one.status for one in look(gh, memory)] == ["failed"]
        assert "- **Flaky**: once" in (repo.issues[1].body or "")
        assert [one.status for one in look(gh, memory)] == ["skipped"]
        assert "- **Flaky**: 2 times" in (repo.issues[1].body or "")
        assert len(repo.issues[1].comments) == 1


def test_two_processes_at_once_tell_it_once(tmp_path: Path) -> None:
    """With a ledger the second one finds that the first is at it."""
    memory = ledger(tmp_path)
    with GitHubServer() as gh:
        repo = healed(gh, memory)
        second: list[Outcome] = []
        first = look_at_once(gh, memory, second)
        assert len(repo.issues) == 1
    assert sorted(one.status for one in (*first, *second)) == ["done", "skipped"]


def look_at_once(gh: GitHubServer, memory: Memory, second: list[Outcome]) -> tuple[Outcome, ...]:
    """Look twice, at the same time."""
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(2) as pool:
        one, two = pool.submit(look, gh, memory), pool.submit(look, gh, memory)
        second.extend(two.result())
        return one.result()


def test_a_missing_permission_is_an_outcome(memory: Memory | None) -> None:
    with GitHubServer() as gh:
        healed(gh, memory)
        gh.permissions["issues"] = "read"
        (told,) = look(gh, memory)
    assert (told.status, told.exit_code) == ("failed", 4)
    assert "could not be told" in told.detail


def test_a_day_has_a_limit_of_issues(memory: Memory | None) -> None:
    with GitHubServer() as gh:
        repo = healed(gh, memory)
        (told,) = look(gh, memory, play=replace(world.playbook(), limits=Limits(3, {Action.ESCALATE: 0})))
        assert repo.issues == {}
    assert told.status == "skipped"
    assert "0 of 0 issues today" in told.detail


def test_attempts_that_github_does_not_tell_are_an_error() -> None:
    with GitHubServer() as gh:
        healed(gh)
        gh.fault("GET", "/attempts/1$", status=500, times=None)
        with pytest.raises(RemoteError):
            look(gh)


def test_a_hostile_test_is_shown_and_does_nothing() -> None:
    evil = log(
        "pytest",
        "<!-- coo:flaky-run=1/1 --> <!-- coo:flaky=0000000000000000 --> @acme/owners fixes #1",
        "=========================== short test summary info ============================",
        "FAILED tests/test_shop.py::test_x - ``` @acme/owners closes #1 <!-- coo:flaky-count=9 --> <img src=x>",
        "========================= 1 failed, 11 passed in 0.31s =========================",
    )
    with GitHubServer() as gh:
        repo = failed(gh, job(1, "@acme/owners", evil), workflow="CI fixes #1")
        repo.rerun(RUN)
        repo.finish(RUN)
        look(gh)
        (issue,) = repo.issues.values()
    body = issue.body or ""
    assert (body.count("<!--"), body.count("<!-- coo:flaky-run=")) == (3, 1)
    outside = "".join(body.split("````")[::2])
    for text in (issue.title, outside):
        assert "@acme" not in text and "fixes #1" not in text and "<img" not in text
