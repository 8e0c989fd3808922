"""What coo asks of the attempts of a run, of its commit's other runs, and of failed runs that wait; over HTTP."""

from __future__ import annotations

import datetime
from dataclasses import replace

import pytest

from coo.adapters.github import GitHubHands
from coo.adapters.github_due import GitHubAppointments
from coo.core.errors import RemoteError
from coo.core.model import Run
from coo.ports import DueRun
from tests.contract.conftest import BRANCH, RUN, Connect
from tests.support.github_server import GitHubServer, Job, Repo

JOBS = (Job(1, "test"),)


def test_earlier_attempts_oldest_first(repo: Repo, hands: GitHubHands) -> None:
    repo.run(RUN, BRANCH, JOBS)
    for _ in range(2):
        repo.rerun(RUN)
        repo.finish(RUN, "failure")
    now = hands.run(RUN)
    before = hands.attempts_before(now)
    assert [(one.id, one.attempt, one.conclusion, one.sha) for one in before] == [
        (RUN, 1, "failure", now.sha),
        (RUN, 2, "failure", now.sha),
    ]
    assert hands.attempts_before(before[0]) == ()


def test_an_attempt_that_github_does_not_know_is_an_error(repo: Repo, hands: GitHubHands) -> None:
    repo.run(RUN, BRANCH, JOBS, attempt=2)
    with pytest.raises(RemoteError):
        hands.attempts_before(hands.run(RUN))


def test_runs_of_a_commit_are_those_of_the_same_workflow(repo: Repo, hands: GitHubHands) -> None:
    repo.run(RUN, BRANCH, JOBS)
    repo.run(RUN + 1, BRANCH, JOBS, event="pull_request", attempt=2)
    repo.run(RUN + 2, BRANCH, JOBS, path=".github/workflows/else.yml")
    repo.push(BRANCH)
    repo.run(RUN + 3, BRANCH, JOBS)
    (other,) = hands.runs_of_commit(hands.run(RUN))
    assert (other.id, other.attempt, other.event) == (RUN + 1, 2, "pull_request")


def test_many_runs_of_a_commit_are_all_listed(repo: Repo, hands: GitHubHands) -> None:
    for number in range(RUN, RUN + 130):
        repo.run(number, BRANCH, JOBS)
    assert len(hands.runs_of_commit(hands.run(RUN))) == 129


class Clock:
    """A clock that stands still, so many hours after the runs of the tests."""

    def __init__(self, hours: float) -> None:
        self._now = datetime.datetime(2026, 11, 2, 10, tzinfo=datetime.UTC).timestamp() + 3600 * hours

    def now(self) -> float:
        return self._now

    def monotonic(self) -> float:
        return 0.0


def book(connect: Connect, hours: float, wait: float | None = 900.0) -> GitHubAppointments:
    def waits(run: Run) -> float | None:
        return wait

    return connect().appointments("acme/shop", Clock(hours), waits)


def test_failed_runs_of_a_day_wait_the_soonest_first(gh: GitHubServer, repo: Repo, connect: Connect) -> None:
    repo.runs.clear()
    repo.run(3, BRANCH, JOBS, started_at="2026-11-02T09:30:00Z", conclusion="timed_out")
    repo.run(2, BRANCH, JOBS)
    repo.run(4, BRANCH, JOBS, conclusion="success")
    repo.run(5, BRANCH, JOBS, conclusion="cancelled")
    repo.run(6, BRANCH, JOBS, status="in_progress", conclusion=None)
    then = Clock(0).now()
    found = book(connect, 1).waiting()
    assert found == [
        DueRun("acme/shop", 3, 1, "", then - 1800 + 900),
        DueRun("acme/shop", 2, 1, "", then + 900),
    ]
    assert book(connect, 24.2).waiting() == [found[1]]
    assert book(connect, 24.3).waiting() == []
    assert book(connect, 1, None).waiting() == []
    assert gh.writes == []


def test_a_run_that_was_made_days_ago_and_failed_now_is_found(repo: Repo, connect: Connect) -> None:
    repo.runs.clear()
    made = repo.run(2, BRANCH, JOBS, created_at="2026-10-31T10:00:00Z")
    repo.runs[2] = [made, replace(made, attempt=2)]
    assert [one.attempt for one in book(connect, 1).waiting()] == [2]


def test_what_is_due_may_be_taken_by_anybody(connect: Connect) -> None:
    run = DueRun("acme/shop", 2, 1, "", Clock(1).now())
    assert not book(connect, 0).claim(run, Clock(0).now())
    assert book(connect, 1).claim(run, Clock(1).now())
