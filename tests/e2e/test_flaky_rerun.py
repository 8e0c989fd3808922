"""A failed test is re-run to see: once, on the same commit, and never after it failed again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from coo.adapters.ledger import open_ledger
from coo.adapters.ledger.memory import LedgerMemory
from coo.core.incident import incident_of
from coo.core.model import Triage
from coo.core.playbook import Action, Limits
from coo.ports import Memory
from tests.e2e import world
from tests.e2e.world import FAILED_TEST, LOST, RUN, Noon, go, job, log, run_on
from tests.support.github_server import GitHubServer, Job, Repo

RERUN = f"POST /repos/acme/shop/actions/runs/{RUN}/rerun-failed-jobs"
CI = {"workflow": "CI", "path": ".github/workflows/ci.yml"}
OTHER_TEST = log(
    "pytest",
    "=========================== short test summary info ============================",
    "FAILED tests/test_cart.py::test_empty - assert [] is None",
    "========================= 1 failed, 11 passed in 0.31s =========================",
)
LINT = log("ruff check", "src/shop.py:1:1: F401 [*] `os` imported but unused", "Found 1 error.")


def failed(gh: GitHubServer, *jobs: Job, branch: str = "feature/x", **values: object) -> Repo:
    """A repository with one run whose test failed."""
    repo = gh.repo("acme/shop")
    if branch not in repo.branches:
        repo.branch(branch)
    run_on(repo, branch, *(jobs or (job(1, "test", FAILED_TEST),)), **(CI | values))
    return repo


def again(repo: Repo, data: bytes, name: str = "test") -> None:
    """The re-run ended with this log."""
    repo.finish(RUN, "failure", [job(11, name, data)])


def ledger(tmp_path: Path) -> LedgerMemory:
    return LedgerMemory(open_ledger(str(tmp_path / "ledger.db")), "acme/shop", Noon())


@pytest.fixture(params=["github", "ledger"])
def memory(request: pytest.FixtureRequest, tmp_path: Path) -> Memory | None:
    """Each way of remembering."""
    return ledger(tmp_path) if request.param == "ledger" else None


def refused(done: Triage, gh: GitHubServer, guard: str, because: str) -> None:
    """Escalated at once, and not re-run; the guard is named."""
    (failed_guard,) = done.decision.failed_guards
    assert (failed_guard.id, because in failed_guard.because) == (guard, True), failed_guard
    assert (done.decision.planned, done.decision.action) == ("rerun-to-confirm-flaky", "escalate")
    assert done.outcome.status == "done"
    assert f"guard `{guard}` did not hold" in gh.repos["acme/shop"].issues[1].body


def test_a_failed_test_is_re_run_and_nobody_is_told_yet(memory: Memory | None) -> None:
    with GitHubServer() as gh:
        repo = failed(gh)
        done = go(gh, memory=memory)
        assert gh.writes == [RERUN]
        assert repo.runs[RUN][-1].attempt == 2
    assert (done.decision.play, done.decision.action) == ("failed-test", "rerun-to-confirm-flaky")
    assert all(guard.held for guard in done.decision.guards)
    assert done.outcome.status == "done"


def test_a_dry_run_only_says_so(memory: Memory | None) -> None:
    with GitHubServer() as gh:
        failed(gh)
        done = go(gh, act=False, memory=memory)
        assert gh.writes == []
    assert done.outcome.detail == "would re-run 1 failed job to see whether a test is flaky"
    if memory:
        assert memory.doubts(CI["path"], done.run.sha) == ()


@pytest.mark.parametrize(("data", "state"), [(FAILED_TEST, "real"), (OTHER_TEST, "other")])
def test_a_test_that_fails_again_is_escalated_at_once(memory: Memory | None, data: bytes, state: str) -> None:
    with GitHubServer() as gh:
        repo = failed(gh)
        go(gh, memory=memory)
        again(repo, data)
        done = go(gh, memory=memory)
        assert len(gh.sent("POST", "rerun")) == 1
        refused(done, gh, "not-failed-for-good", "failed too")
        assert {"agent:cto", "p2"} <= set(repo.issues[1].labels)
    if memory:
        (doubt,) = memory.doubts(CI["path"], done.run.sha)
        assert (doubt.state, doubt.attempt, doubt.run_id) == (state, 2, RUN)


def test_on_the_default_branch_the_second_failure_is_urgent() -> None:
    with GitHubServer() as gh:
        repo = failed(gh, branch="main")
        assert go(gh).decision.play == "failed-test-on-default-branch"
        again(repo, FAILED_TEST)
        go(gh)
        assert {"agent:cto", "p1"} <= set(repo.issues[1].labels)


def test_a_commit_that_failed_for_good_is_not_re_run_in_another_run(memory: Memory | None) -> None:
    with GitHubServer() as gh:
        repo = failed(gh)
        go(gh, memory=memory)
        again(repo, FAILED_TEST)
        go(gh, memory=memory)
        repo.runs[RUN + 1] = [replace(run, id=RUN + 1) for run in repo.runs.pop(RUN)]
        run_on(repo, "feature/x", job(21, "test", FAILED_TEST), **CI, event="pull_request")
        repo.issues.clear()
        done = go(gh, memory=memory)
        assert len(gh.sent("POST", "rerun")) == 1
        refused(done, gh, "not-failed-for-good", "failed too")


def test_a_new_commit_may_be_re_run(memory: Memory | None) -> None:
    with GitHubServer() as gh:
        repo = failed(gh)
        go(gh, memory=memory)
        again(repo, FAILED_TEST)
        go(gh, memory=memory)
        repo.runs[RUN + 1] = [replace(run, id=RUN + 1) for run in repo.runs.pop(RUN)]
        repo.push("feature/x")
        run_on(repo, "feature/x", job(21, "test", FAILED_TEST), **CI)
        if memory:
            memory.end(Action.CONFIRM_FLAKY, f"run {RUN}, attempt 1", False, "the same number serves for a second run")
        assert go(gh, memory=memory).outcome.status == "done"
        assert len(gh.sent("POST", "rerun")) == 2


def test_without_a_ledger_nobody_knows_why_an_earlier_attempt_failed() -> None:
    with GitHubServer() as gh:
        repo = failed(gh, job(1, "test", LOST))
        assert go(gh).decision.action == "rerun-failed-jobs"
        again(repo, FAILED_TEST)
        refused(go(gh), gh, "not-failed-for-good", "attempt 1 of this run failed too")


def test_with_a_ledger_a_lost_runner_before_does_not_count(tmp_path: Path) -> None:
    memory = ledger(tmp_path)
    with GitHubServer() as gh:
        repo = failed(gh, job(1, "test", LOST))
        first = go(gh, memory=memory)
        open_ledger(str(tmp_path / "ledger.db")).record(incident_of(first, 1.0, str))
        again(repo, FAILED_TEST)
        assert go(gh, memory=memory).decision.action == "rerun-to-confirm-flaky"
        assert repo.runs[RUN][-1].attempt == 3
        again(repo, FAILED_TEST)
        done = go(gh, memory=memory)
        assert len(gh.sent("POST", "rerun")) == 2
        refused(done, gh, "attempts-left", "attempt 3 of at most 3")


def test_a_runner_lost_on_the_re_run_settles_nothing(tmp_path: Path) -> None:
    memory = ledger(tmp_path)
    with GitHubServer() as gh:
        repo = failed(gh)
        go(gh, memory=memory)
        again(repo, LOST)
        second = go(gh, memory=memory)
        assert second.decision.action == "rerun-failed-jobs"
        assert [one.state for one in memory.doubts(CI["path"], second.run.sha)] == ["asked"]
        again(repo, FAILED_TEST)
        go(gh, memory=memory)
        assert len(repo.issues) == 1
        assert [one.state for one in memory.doubts(CI["path"], second.run.sha)] == ["real"]


def test_a_linter_beside_a_failed_test_is_not_re_run() -> None:
    with GitHubServer() as gh:
        failed(gh, job(1, "test", FAILED_TEST), job(2, "lint", LINT))
        done = go(gh)
        assert not gh.sent("POST", "rerun")
        assert len(gh.repos["acme/shop"].issues) == 1
    assert done.decision.action == "escalate"


def test_a_linter_alone_is_not_re_run() -> None:
    with GitHubServer() as gh:
        failed(gh, job(2, "lint", LINT))
        done = go(gh)
        assert not gh.sent("POST", "rerun")
    assert (done.decision.play, done.decision.action) == ("failing-code", "escalate")


@pytest.mark.parametrize(
    "values", [{"workflow": "Release", "branch": "main"}, {"branch": "release/2"}, {"event": "release"}]
)
def test_releases_are_not_re_run(values: dict[str, str]) -> None:
    with GitHubServer() as gh:
        failed(gh, **values)  # type: ignore[arg-type]
        assert go(gh).decision.owner == "CPO"
        assert not gh.sent("POST", "rerun")


def test_no_playbook_gives_more_than_three_attempts(tmp_path: Path) -> None:
    with GitHubServer() as gh:
        failed(gh, attempt=3)
        done = go(gh, play=replace(world.playbook(), limits=Limits(attempts=10)))
        refused(done, gh, "attempts-left", "attempt 3 of at most 3")


def test_a_day_has_a_limit(memory: Memory | None) -> None:
    with GitHubServer() as gh:
        repo = failed(gh)
        repo.run(1, "main", (job(99, "test", b""),), attempt=2, started_at="2026-11-02T01:00:00Z")
        if memory:
            memory.take(Action.CONFIRM_FLAKY, 1)
        done = go(gh, memory=memory, play=replace(world.playbook(), limits=Limits(3, {Action.CONFIRM_FLAKY: 1})))
        assert not gh.sent("POST", "rerun")
        refused(done, gh, "limit-left", "1 of 1 today")


@pytest.mark.parametrize("path", [r"/actions/runs$", r"/attempts/1$"])
def test_a_history_that_github_does_not_tell_is_no_permission(path: str, tmp_path: Path) -> None:
    with GitHubServer() as gh:
        repo = failed(gh)
        repo.rerun(RUN)
        again(repo, FAILED_TEST)
        repo.runs[RUN][0] = replace(repo.runs[RUN][0], conclusion="cancelled")
        gh.fault("GET", path, status=500, times=None)
        done = go(gh, memory=ledger(tmp_path))
        assert not gh.sent("POST", "rerun")
        refused(done, gh, "not-failed-for-good", "did not say")


def test_a_re_run_whose_answer_was_lost_is_found(memory: Memory | None) -> None:
    with GitHubServer() as gh:
        failed(gh)
        gh.fault("POST", "rerun", reset=True, after_effect=True)
        assert go(gh, memory=memory).outcome.status == "done"
        assert len(gh.sent("POST", "rerun")) == 1


def test_a_re_run_that_is_refused_goes_to_people(memory: Memory | None) -> None:
    with GitHubServer() as gh:
        repo = failed(gh)
        gh.permissions["actions"] = "read"
        done = go(gh, memory=memory)
        assert "were not re-run" in repo.issues[1].body
    assert (done.outcome.status, done.outcome.exit_code) == ("failed", 4)


def test_a_commit_that_fails_for_good_while_coo_looks_is_left_alone() -> None:
    """Another run of the same commit ends right after the guards were asked."""
    with GitHubServer() as gh:
        repo = failed(gh)

        def ends() -> None:
            repo.runs[RUN + 1] = [replace(repo.runs[RUN][0], id=RUN + 1, attempt=2)]

        # The first look at the commit's runs is that of the guards, the second one counts the day's re-runs.
        gh.fault("GET", r"/actions/runs$", skip=1, do=ends)
        done = go(gh)
        assert not gh.sent("POST", "rerun")
        refused(done, gh, "not-failed-for-good", f"attempt 2 of run {RUN + 1} failed too")
