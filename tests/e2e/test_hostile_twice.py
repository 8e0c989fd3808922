"""Two processes at once, and clocks that go wrong: once stays once."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import pytest

from coo.adapters.ledger import open_ledger
from coo.adapters.ledger.memory import LedgerMemory
from coo.core.errors import NothingToTriage
from coo.core.model import Triage
from coo.core.playbook import Action, Limits
from coo.ports import Memory
from tests.e2e import world
from tests.e2e.world import BRANCH, LOST, RUN, Noon, go, job, stale_branch
from tests.support.github_server import GitHubServer

DAY = 86_400.0


class Skewed(Noon):
    """A clock that is wrong by some seconds."""

    def __init__(self, by: float) -> None:
        self.by = by

    def now(self) -> float:
        return super().now() + self.by


def at_once(gh: GitHubServer, memories: list[Memory | None]) -> list[Triage | NothingToTriage]:
    """The same triage by several processes that start together."""
    ready, ended = threading.Barrier(len(memories)), list[Triage | NothingToTriage]()

    def one(memory: Memory | None) -> None:
        ready.wait()
        try:
            ended.append(go(gh, memory=memory))
        except NothingToTriage as nothing:
            ended.append(nothing)

    threads = [threading.Thread(target=one, args=(memory,)) for memory in memories]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ended) == len(memories)
    return ended


def ledgers(tmp_path: Path, *skews: float) -> list[Memory | None]:
    """One ledger, as several processes with clocks of their own see it."""
    return [LedgerMemory(open_ledger(str(tmp_path / "ledger.db")), "acme/shop", Skewed(by)) for by in skews]


@pytest.mark.parametrize("skews", [(0, 0, 0), (-DAY, 0, DAY), (0, 3600, -3600)])
def test_several_processes_with_one_ledger_do_it_once(tmp_path: Path, skews: tuple[float, ...]) -> None:
    with stale_branch() as (gh, repo):
        at_once(gh, ledgers(tmp_path, *skews))
        assert len(gh.sent("DELETE")) == 1
        assert len(gh.sent("POST", "/rerun-failed-jobs$")) == 1
        assert len(repo.runs[RUN]) == 2
        assert not repo.issues


def test_several_processes_without_a_ledger_have_one_effect() -> None:
    with stale_branch() as (gh, repo):
        at_once(gh, [None, None, None])
        assert BRANCH not in repo.branches
        assert len(repo.runs[RUN]) == 2


def test_several_processes_tell_people_once(tmp_path: Path) -> None:
    with GitHubServer() as gh:
        repo = gh.repo("acme/shop")
        repo.run(RUN, "main", (job(1, "odd", world.STRANGE),))
        at_once(gh, ledgers(tmp_path, 0, 600, -600))
        (issue,) = repo.issues.values()
        assert issue.comments == []


@pytest.mark.parametrize("skew", [-2 * DAY, -3600.0, 0.0, 3600.0, 2 * DAY])
def test_what_was_done_is_not_done_again_by_another_clock(tmp_path: Path, skew: float) -> None:
    first, second = ledgers(tmp_path, 0, skew)
    with GitHubServer() as gh:
        repo = gh.repo("acme/shop")
        repo.run(RUN, "main", (job(1, "test", LOST),))
        before = repo.runs[RUN][0]
        go(gh, memory=first)
        repo.runs[RUN] = [before]  # a GitHub that does not tell of the new attempt yet
        done = go(gh, memory=second)
        assert len(gh.sent("POST", "/rerun-failed-jobs$")) == 1
    assert done.outcome.status == "skipped"


def test_the_last_of_a_limit_is_taken_once(tmp_path: Path) -> None:
    few = replace(world.playbook(), limits=Limits(3, {Action.RERUN: 1}))
    with GitHubServer() as gh:
        repo = gh.repo("acme/shop")
        repo.run(RUN, "main", (job(1, "test", LOST),))
        first, second = ledgers(tmp_path, 0, 60)
        go(gh, play=few, memory=first)
        repo.runs.clear()
        repo.run(RUN, "main", (job(1, "test", LOST),), sha=repo.push("main"))
        repo.runs[RUN] = [replace(repo.runs[RUN][0], attempt=2)]
        done = go(gh, play=few, memory=second)
        assert len(gh.sent("POST", "/rerun-failed-jobs$")) == 1
    assert [guard.id for guard in done.decision.failed_guards] == ["limit-left"]
