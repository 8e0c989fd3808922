"""A remedy that waits: noted, found again when it is due, and done once, by whoever comes first."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from coo.adapters.github import GitHub, GitHubSettings
from coo.adapters.ledger import Ledger, journal, open_ledger
from coo.adapters.ledger.due import LedgerAppointments
from coo.adapters.ledger.memory import LedgerMemory
from coo.adapters.target import RunTarget
from coo.core.model import Triage
from coo.core.playbook import Action, Limits, Playbook
from coo.due import Looked, look_again, wait_of
from coo.ports import DueRun, Memory
from coo.triage import Options, triage
from tests.e2e import world
from tests.e2e.test_triage_runs import failed
from tests.e2e.world import LOST, RUN, TESTS, job
from tests.support.github_server import GitHubServer, Job, Repo

END = datetime.datetime(2026, 11, 2, 10, tzinfo=datetime.UTC).timestamp()
"""When every job of the local GitHub ends."""
MINUTE, DAY = 60.0, 86_400.0


class At:
    """A clock that is set by hand, so many minutes after the run ended."""

    def __init__(self, minutes: float) -> None:
        self.seconds = END + minutes * MINUTE

    def now(self) -> float:
        return self.seconds

    def monotonic(self) -> float:
        return 0.0


def patient(limits: Limits | None = None, **params: str) -> Playbook:
    """The default playbook, whose re-run of transient failures waits for 15 minutes."""
    with_ = params or {"after": "15m"}
    plays = tuple(
        replace(play, params=with_) if play.action is Action.RERUN else play for play in world.playbook().plays
    )
    return replace(world.playbook(), plays=plays, limits=limits or world.playbook().limits)


class Place:
    """One installation of coo: with a ledger of its own, or without."""

    def __init__(self, gh: GitHubServer, ledger: Ledger | None, play: Playbook | None = None) -> None:
        self.github = GitHub(GitHubSettings(token=gh.token, api_url=gh.api_url, retries=1, backoff=0.0, timeout=10))
        self.ledger = ledger
        self.play = play or patient()

    def memory(self, clock: At) -> Memory:
        if self.ledger is None:
            return self.github.memory("acme/shop", clock)
        return LedgerMemory(self.ledger, "acme/shop", clock)

    def triage(self, clock: At, run_id: int = RUN, act: bool = True, **options: object) -> Triage:
        source = self.github.source(RunTarget("acme/shop", run_id))
        told = Options(act=act, clock=clock, **options)  # type: ignore[arg-type]
        hands = self.github.hands("acme/shop")
        return triage(source, hands, world.engine(), self.play, None, told, self.memory(clock))

    def book(self, clock: At):  # type: ignore[no-untyped-def]
        if self.ledger is None:
            return self.github.appointments("acme/shop", clock, wait_of(self.play))
        return LedgerAppointments(self.ledger, "acme/shop")

    def due(self, clock: At, act: bool = True, do: Callable[[DueRun], Triage] | None = None) -> list[Looked]:
        def again(run: DueRun) -> Triage:
            return self.triage(clock, run.run_id, act, due=True, attempt=run.attempt)

        return list(look_again(self.book(clock), do or again, clock, act))


@pytest.fixture(params=["github", "ledger"])
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Ledger | None:
    """Each way of remembering."""
    return open_ledger(str(tmp_path / "ledger.db")) if request.param == "ledger" else None


def lost(gh: GitHubServer, *jobs: Job, **values: object) -> Repo:
    """A run whose runner was lost."""
    return failed(gh, *(jobs or (job(1, "build", LOST),)), **values)


def test_a_remedy_waits_and_is_done_when_it_is_due(ledger: Ledger | None) -> None:
    with GitHubServer() as gh:
        repo, coo = lost(gh), Place(gh, ledger)
        first = coo.triage(At(1))
        assert gh.writes == []
        assert [one.status for one in coo.due(At(14))] == ["waiting"]
        assert gh.writes == []
        (looked,) = coo.due(At(16))
        assert (looked.status, looked.detail) == ("done", "re-ran 1 failed job")
        assert repo.runs[RUN][-1].attempt == 2
        assert coo.due(At(17)) == []
        assert len(gh.writes) == 1
    assert (first.decision.action, first.outcome.status) == ("rerun-failed-jobs", "skipped")
    noted = "noted in the ledger" if ledger else "found again by GitHub's list of failed runs"
    assert first.outcome.detail == (
        "waits: `coo due --act` is to re-run 1 failed job at 2026-11-02 10:15 UTC,"
        f" 15m after the attempt ended ({noted})"
    )


def test_a_dry_run_notes_nothing_and_does_nothing(ledger: Ledger | None) -> None:
    with GitHubServer() as gh:
        lost(gh)
        coo = Place(gh, ledger)
        done = coo.triage(At(1), act=False)
        assert done.outcome.status == "dry-run"
        assert "would re-run 1 failed job at 2026-11-02 10:15 UTC" in done.outcome.detail
        if ledger:
            assert coo.due(At(16)) == []
            coo.triage(At(1))
        assert [one.status for one in coo.due(At(16), act=False)] == ["dry-run"]
        assert gh.writes == []
        assert [one.status for one in coo.due(At(16))] == ["done"], "the dry run took nothing"


def test_a_triage_after_the_wait_acts_at_once(ledger: Ledger | None) -> None:
    with GitHubServer() as gh:
        lost(gh)
        assert Place(gh, ledger).triage(At(15)).outcome.status == "done"


def test_hours_can_be_waited_too(ledger: Ledger | None) -> None:
    with GitHubServer() as gh:
        lost(gh)
        coo = Place(gh, ledger, patient(after="2h"))
        assert "at 2026-11-02 12:00 UTC, 2h after" in coo.triage(At(1)).outcome.detail
        assert [one.status for one in coo.due(At(119))] == ["waiting"]
        assert [one.status for one in coo.due(At(120))] == ["done"]


def test_guards_are_asked_at_once_and_again_when_it_is_due(ledger: Ledger | None) -> None:
    with GitHubServer() as gh:
        repo = lost(gh)
        coo = Place(gh, ledger)
        coo.triage(At(1))
        gh.fault("GET", f"/runs/{RUN}$", status=500, times=None)
        (looked,) = coo.due(At(16))
        assert not gh.sent("POST", "rerun")
        assert (looked.status, repo.issues) == ("failed", {})


def test_a_guard_that_does_not_hold_brings_it_to_people_at_once(ledger: Ledger | None) -> None:
    with GitHubServer() as gh:
        repo = lost(gh, attempt=3)
        assert Place(gh, ledger).triage(At(1)).decision.action == "escalate"
        assert len(repo.issues) == 1
        assert Place(gh, ledger).due(At(16)) == []


@pytest.mark.parametrize("again", ["running", "green", "failed"])
def test_a_run_that_somebody_re_ran_meanwhile_is_left_alone(ledger: Ledger | None, again: str) -> None:
    with GitHubServer() as gh:
        repo, coo = lost(gh), Place(gh, ledger)
        coo.triage(At(1))
        repo.rerun(RUN)
        if again != "running":
            repo.finish(RUN, "success" if again == "green" else "failure", [job(2, "build", TESTS)])
        looked = coo.due(At(16))
        assert gh.writes == []
        # Without a ledger the newer attempt is looked at: its failure is none that waits.
        assert [one.status for one in looked] == (["skipped"] if ledger or again == "failed" else [])
        if ledger:
            assert coo.due(At(17)) == []


def test_only_what_waits_is_done(ledger: Ledger | None) -> None:
    """A failure that nobody triaged, and that would be escalated, is not: it is not due."""
    with GitHubServer() as gh:
        repo = lost(gh, job(1, "test", TESTS))
        looked = Place(gh, ledger).due(At(16))
        assert (gh.writes, repo.issues) == ([], {})
    assert [one.detail for one in looked] == ([] if ledger else ["play failing-code does not wait: nothing is due"])


def test_a_days_limit_holds_when_it_is_due(ledger: Ledger | None) -> None:
    limits = Limits(3, {Action.RERUN: 1})
    with GitHubServer() as gh:
        repo, coo = lost(gh), Place(gh, ledger, patient(limits))
        coo.triage(At(1))
        repo.run(1, "main", (job(99, "test", b""),), attempt=2, started_at="2026-11-02T10:05:00Z", conclusion="success")
        if ledger:
            coo.memory(At(1)).take(Action.RERUN, 1)
        (looked,) = coo.due(At(16))
        assert not gh.sent("POST", "rerun")
        assert "guard `limit-left` did not hold" in repo.issues[1].body
        assert looked.status == "done"
        assert "opened issue #1" in looked.detail
        before = list(gh.writes)
        coo.due(At(17))
        assert gh.writes == before


def test_what_is_due_since_yesterday_is_left_alone(ledger: Ledger | None) -> None:
    with GitHubServer() as gh:
        lost(gh)
        coo = Place(gh, ledger)
        coo.triage(At(1))
        looked = coo.due(At(24 * 60 + 16))
        assert gh.writes == []
        assert [one.status for one in looked] == (["skipped"] if ledger else [])
        assert coo.due(At(24 * 60 + 17)) == []


def test_one_that_fails_keeps_nothing_from_the_others(ledger: Ledger | None) -> None:
    with GitHubServer() as gh:
        repo, coo = lost(gh), Place(gh, ledger)
        repo.run(RUN + 1, "feature/x", (job(2, "build", LOST),))
        for run in (RUN, RUN + 1):
            coo.triage(At(1), run)
        gh.fault("GET", "/jobs/1/logs", status=502, times=2)
        first = {one.run.run_id: one.status for one in coo.due(At(16))}
        assert first == {RUN: "failed", RUN + 1: "done"}
        assert [one.status for one in coo.due(At(17))] == ["done"], "what failed is tried again"
        assert repo.runs[RUN][-1].attempt == repo.runs[RUN + 1][-1].attempt == 2


def test_a_re_run_that_is_refused_is_told_and_tried_again(ledger: Ledger | None) -> None:
    with GitHubServer() as gh:
        repo, coo = lost(gh), Place(gh, ledger)
        coo.triage(At(1))
        gh.fault("POST", "rerun", status=403)
        assert [one.status for one in coo.due(At(16))] == ["failed"]
        assert "were not re-run" in repo.issues[1].body
        assert [one.status for one in coo.due(At(17))] == ["done"]
        assert (len(repo.issues), repo.runs[RUN][-1].attempt) == (1, 2)


def test_a_re_run_whose_answer_was_lost_is_done_once(ledger: Ledger | None) -> None:
    with GitHubServer() as gh:
        lost(gh)
        coo = Place(gh, ledger)
        coo.triage(At(1))
        gh.fault("POST", "rerun", reset=True, after_effect=True)
        assert [one.status for one in coo.due(At(16))] == ["done"]
        coo.due(At(17))
        assert len(gh.sent("POST", "rerun")) == 1


def test_two_processes_at_once_do_it_once(tmp_path: Path) -> None:
    with GitHubServer() as gh:
        lost(gh)
        one, two = (Place(gh, open_ledger(str(tmp_path / "ledger.db"))) for _ in range(2))
        one.triage(At(1))
        others: list[Looked] = []

        def meanwhile(run: DueRun) -> Triage:
            others.extend(two.due(At(16)))
            return one.triage(At(16), run.run_id, due=True, attempt=run.attempt)

        assert [looked.status for looked in one.due(At(16), do=meanwhile)] == ["done"]
        assert [(looked.status, looked.detail) for looked in others] == [("skipped", "another process is at it")]
        assert len(gh.sent("POST", "rerun")) == 1


def test_two_processes_without_a_ledger_do_it_once() -> None:
    """Both look at once; who comes second finds the re-run running."""
    with GitHubServer() as gh:
        repo, one, two = lost(gh), Place(gh, None), Place(gh, None)
        others: list[Looked] = []

        def meanwhile(run: DueRun) -> Triage:
            others.extend(two.due(At(16)))
            return one.triage(At(16), run.run_id, due=True, attempt=run.attempt)

        assert [looked.status for looked in one.due(At(16), do=meanwhile)] == ["skipped"]
        assert [looked.status for looked in others] == ["done"]
        assert repo.runs[RUN][-1].attempt == 2


class Killed(BaseException):
    """The process ends here."""


class Mortal:
    """Appointments of a process that is killed: it can note nothing any more."""

    def __init__(self, book: LedgerAppointments) -> None:
        self.waiting, self.claim = book.waiting, book.claim

    def release(self, run: DueRun) -> None:
        """Nobody is there to do it."""

    settle = release


@pytest.mark.parametrize("effect", [False, True])
def test_what_a_killed_process_held_is_taken_up_when_its_claim_has_run_out(tmp_path: Path, effect: bool) -> None:
    ledger = open_ledger(str(tmp_path / "ledger.db"))
    with GitHubServer() as gh:
        repo, coo = lost(gh), Place(gh, ledger)
        coo.triage(At(1))

        def dies(run: DueRun) -> Triage:
            # As a process leaves it that is killed here: begun, never ended, and no lock that says it lives.
            journal.start(ledger, "acme/shop", Action.RERUN, f"run {RUN}, attempt 1", At(16).now(), None)
            coo.memory(At(16)).take(Action.RERUN, 50)
            if effect:
                coo.github.hands("acme/shop").rerun_failed_jobs(RUN)
            raise Killed

        with pytest.raises(Killed):
            list(look_again(Mortal(LedgerAppointments(ledger, None)), dies, At(16), True))
        sent = len(gh.sent("POST", "rerun"))
        assert [one.status for one in coo.due(At(20))] == ["skipped"], "the claim holds still"
        (looked,) = coo.due(At(32))
        assert looked.status == ("skipped" if effect else "done")
        assert repo.runs[RUN][-1].attempt == 2
        assert len(gh.sent("POST", "rerun")) == 1 >= sent
        assert coo.due(At(33)) == []


def test_one_that_another_triage_is_at_waits_on(tmp_path: Path) -> None:
    """Not `coo due`, but a triage by hand, which fails then: it is taken up later."""
    ledger = open_ledger(str(tmp_path / "ledger.db"))
    with GitHubServer() as gh:
        lost(gh)
        coo = Place(gh, ledger)
        coo.triage(At(1))
        by_hand = coo.memory(At(16))
        assert by_hand.begin(Action.RERUN, f"run {RUN}, attempt 1") is None
        (looked,) = coo.due(At(17))
        assert (looked.status, "another process is at it" in looked.detail) == ("skipped", True)
        by_hand.end(Action.RERUN, f"run {RUN}, attempt 1", False, "GitHub answered 503")
        assert [one.status for one in coo.due(At(18))] == ["done"]


def test_a_time_noted_by_a_clock_that_is_fast_is_github_s_all_the_same(ledger: Ledger | None) -> None:
    """The machine that triaged first was a day ahead; the time comes from GitHub's clock."""
    with GitHubServer() as gh:
        lost(gh)
        coo = Place(gh, ledger, patient(after="9999h"))
        assert "at 2027-12-" in coo.triage(At(24 * 60)).outcome.detail
        assert [one.status for one in coo.due(At(16))] == ["waiting"]


def test_a_clock_that_is_slow_waits_no_longer_than_it_must(ledger: Ledger | None) -> None:
    """By ours the run has not ended yet."""
    with GitHubServer() as gh:
        lost(gh)
        coo = Place(gh, ledger)
        assert "at 2026-11-02 09:45 UTC" in coo.triage(At(-30)).outcome.detail
        assert gh.writes == []


def test_a_due_time_far_in_the_future_is_not_acted_on(tmp_path: Path) -> None:
    ledger = open_ledger(str(tmp_path / "ledger.db"))
    with GitHubServer() as gh:
        lost(gh)
        coo = Place(gh, ledger)
        coo.memory(At(0)).later(DueRun("acme/shop", RUN, 1, "transient-infrastructure", END + 10 * DAY))
        (looked,) = coo.due(At(16))
        assert (looked.status, looked.detail) == ("waiting", "due at 2026-11-12 10:00 UTC")
        assert not gh.requests


def test_a_claim_of_a_clock_that_is_a_day_ahead_holds_nobody_up(tmp_path: Path) -> None:
    ledger = open_ledger(str(tmp_path / "ledger.db"))
    with GitHubServer() as gh:
        lost(gh)
        coo = Place(gh, ledger)
        coo.triage(At(1))
        (run,) = LedgerAppointments(ledger, None).waiting()
        assert LedgerAppointments(ledger, None).claim(run, At(24 * 60).now())
        assert [one.status for one in coo.due(At(16))] == ["done"]


def test_a_wait_that_cannot_be_noted_goes_to_people(tmp_path: Path) -> None:
    from coo.core.errors import RemoteError

    with GitHubServer() as gh:
        repo = lost(gh)
        coo = Place(gh, open_ledger(str(tmp_path / "ledger.db")))
        memory = coo.memory(At(1))

        def gone(due: DueRun) -> bool:
            raise RemoteError("ledger-unreachable", "the disk is full", "make room")

        memory.later = gone  # type: ignore[method-assign]
        coo.memory = lambda clock: memory  # type: ignore[method-assign]
        done = coo.triage(At(1))
        assert len(repo.issues) == 1
    assert (done.outcome.status, "could not be noted: the disk is full" in done.outcome.detail) == ("failed", True)


def test_where_the_end_of_a_run_is_not_told_the_first_look_counts(tmp_path: Path) -> None:
    from coo.actions.wait import waits

    with GitHubServer() as gh:
        lost(gh)
        done = Place(gh, open_ledger(str(tmp_path / "ledger.db"))).triage(At(1), act=False)
    case_of = [replace(job, job=replace(job.job, completed_at=None)) for job in done.jobs]
    from coo.actions.facts import Case

    case = Case(replace(done.run, updated_at=None), done.classification, (), Action.RERUN, params={"after": "15m"})
    assert waits(case, case_of, At(1).now(), due=False) == At(16).now()
    assert waits(case, case_of, At(20).now(), due=True) is None
    assert waits(case, case_of, None, due=False) == 15 * MINUTE


def test_a_play_that_fits_no_run_asks_for_no_log() -> None:
    play = patient()
    plays = tuple(
        replace(one, when=replace(one.when, branch=("release/**",))) if one.params else one for one in play.plays
    )
    with GitHubServer() as gh:
        lost(gh)
        assert Place(gh, None, replace(play, plays=plays)).due(At(16)) == []
        assert not gh.sent("GET", "/jobs")
