"""How often coo may act in a day, counted by GitHub or by a ledger; and one action by two processes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from coo.adapters.ledger import open_ledger
from coo.adapters.ledger.memory import LedgerMemory
from coo.core.model import Triage
from coo.core.playbook import Action, Limits, Playbook
from coo.ports import Begun, Memory
from tests.e2e import world
from tests.e2e.world import LOST, RUN, Noon, go, job
from tests.support.github_server import GitHubServer

TODAY, YESTERDAY = "2026-11-02T00:00:00Z", "2026-11-01T23:59:59Z"


def limited(cap: int) -> Playbook:
    return replace(world.playbook(), limits=Limits(3, {Action.RERUN: cap}))


def lost_runner(gh: GitHubServer, memory: Memory | None = None, cap: int = 2) -> Triage:
    """A run whose runner was lost, triaged under a limit."""
    repo = gh.repos.get("acme/shop") or gh.repo("acme/shop")
    repo.run(RUN, "main", (job(1, "test", LOST),))
    return go(gh, play=limited(cap), memory=memory)


def ledger(tmp_path: Path) -> LedgerMemory:
    return LedgerMemory(open_ledger(str(tmp_path / "ledger.db")), "acme/shop", Noon())


def test_github_counts_the_re_runs_of_today() -> None:
    with GitHubServer() as gh:
        repo = gh.repo("acme/shop")
        for number, started in enumerate((TODAY, YESTERDAY, TODAY), 1):
            repo.run(
                number, "main", (job(10 + number, "test", b""),), attempt=2, started_at=started, conclusion="success"
            )
        done = lost_runner(gh, cap=2)
        assert not gh.sent("POST", "rerun")
        (issue,) = repo.issues.values()
    (guard,) = done.decision.failed_guards
    assert (guard.id, guard.because) == ("limit-left", "2 of 2 today, by GitHub's list of runs")
    assert "`limit-left` did not hold" in issue.body


def test_what_is_left_by_github_is_used() -> None:
    with GitHubServer() as gh:
        gh.repo("acme/shop").run(1, "main", (job(11, "test", b""),), attempt=2, started_at=TODAY)
        done = lost_runner(gh, cap=2)
        assert gh.sent("POST", "rerun")
    assert any(guard.id == "limit-left" and "1 of 2 today" in guard.because for guard in done.decision.guards)


def test_a_limit_that_nobody_can_count_is_no_permission() -> None:
    with GitHubServer() as gh:
        gh.fault("GET", "/actions/runs$", status=500, times=None)
        done = lost_runner(gh)
        assert not gh.sent("POST", "rerun")
    assert [guard.id for guard in done.decision.failed_guards] == ["limit-left"]


def test_the_ledger_counts_what_coo_did(tmp_path: Path) -> None:
    memory = ledger(tmp_path)
    with GitHubServer() as gh:
        outcomes = []
        for _ in range(3):
            outcomes.append(lost_runner(gh, memory, cap=1).outcome.status)
            gh.repos["acme/shop"].runs.clear()
            memory.end(Action.RERUN, f"run {RUN}, attempt 1", False, "a run of another day")
        assert len(gh.sent("POST", "rerun")) == 1
        assert outcomes[0] == "done"


def test_a_dry_run_takes_nothing_of_a_limit(tmp_path: Path) -> None:
    memory = ledger(tmp_path)
    with GitHubServer() as gh:
        gh.repo("acme/shop").run(RUN, "main", (job(1, "test", LOST),))
        for _ in range(3):
            assert go(gh, act=False, play=limited(1), memory=memory).outcome.status == "dry-run"
    assert memory.room(Action.RERUN, 1).used == 0


def test_what_another_process_does_or_did_is_not_done_again(tmp_path: Path) -> None:
    memory = ledger(tmp_path)
    assert memory.begin(Action.RERUN, f"run {RUN}, attempt 1") is None
    with GitHubServer() as gh:
        done = lost_runner(gh, memory)
        assert not gh.writes
        assert (done.outcome.status, done.outcome.detail) == (
            "skipped",
            f"run {RUN}, attempt 1: another process is at it",
        )
        memory.end(Action.RERUN, f"run {RUN}, attempt 1", True, "re-ran 1 failed job")
        done = lost_runner(gh, memory)
        assert not gh.writes
    assert "was done already" in done.outcome.detail


class Ends:
    """A ledger that dies before it can note the end."""

    def __init__(self, memory: LedgerMemory) -> None:
        self._memory = memory
        self.name = memory.name
        self.room, self.take, self.later, self.seen = memory.room, memory.take, memory.later, memory.seen

    def begin(self, action: str, target: str) -> Begun | None:
        return self._memory.begin(action, target)

    def end(self, action: str, target: str, done: bool, detail: str) -> None:
        from coo.core.errors import RemoteError

        raise RemoteError("ledger-unreachable", "gone", "wait")


def test_an_end_that_cannot_be_noted_is_no_failure(tmp_path: Path) -> None:
    with GitHubServer() as gh:
        done = lost_runner(gh, Ends(ledger(tmp_path)))
        assert (done.outcome.status, len(gh.sent("POST", "rerun"))) == ("done", 1)


def test_without_a_memory_nothing_is_done() -> None:
    from coo.adapters.github import GitHub, GitHubSettings
    from coo.adapters.target import RunTarget
    from coo.triage import Options, triage

    with GitHubServer() as gh:
        gh.repo("acme/shop").run(RUN, "main", (job(1, "test", LOST),))
        github = GitHub(GitHubSettings(token=gh.token, api_url=gh.api_url, retries=1, backoff=0.0, timeout=10))
        source, hands = github.source(RunTarget("acme/shop", RUN)), github.hands("acme/shop")
        done = triage(source, hands, world.engine(), world.playbook(), options=Options(act=True))
        assert not gh.sent("POST", "rerun")
    assert [guard.id for guard in done.decision.failed_guards] == ["limit-left"]
