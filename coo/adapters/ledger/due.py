"""Runs to be looked at again later: noted durably, and taken by one process at a time."""

from __future__ import annotations

from sqlalchemy import select, update

from coo.adapters.ledger.store import Ledger
from coo.adapters.ledger.tables import DUE
from coo.ports import DueRun

WAITING, DONE = "waiting", "done"
CLAIM = 900.0
"""Seconds for which a run is taken."""


def put(ledger: Ledger, run: DueRun) -> bool:
    """Note a run for later; gives False when that attempt was noted before: its time stays as it is."""
    insert = ledger.upsert(DUE).values(
        repo=run.repo.casefold(),
        run_id=run.run_id,
        attempt=run.attempt,
        play=run.play,
        due_at=run.due_at,
        claimed_until=0.0,
        state=WAITING,
    )
    insert = insert.on_conflict_do_nothing(index_elements=["repo", "run_id", "attempt"]).returning(DUE.c.run_id)
    with ledger.begin() as connection:
        return connection.execute(insert).first() is not None


def waiting(ledger: Ledger, repo: str | None = None) -> list[DueRun]:
    """Every run that waits, the soonest first."""
    c = DUE.c
    where = [c.state == WAITING] + ([c.repo == repo.casefold()] if repo else [])
    statement = select(c.repo, c.run_id, c.attempt, c.play, c.due_at).where(*where).order_by(c.due_at, c.run_id)
    with ledger.begin() as connection:
        return [DueRun(*row) for row in connection.execute(statement)]


def claim(ledger: Ledger, run: DueRun, now: float, seconds: float) -> bool:
    """Take a run that is due, for so many seconds; False when another process has it, or it is not due or done.

    A claim that lasts longer than any does is of a clock that went wrong: it counts for nothing.
    """
    c = DUE.c
    where = (c.repo == run.repo.casefold(), c.run_id == run.run_id, c.attempt == run.attempt)
    unclaimed = (c.claimed_until <= now) | (c.claimed_until > now + 2 * seconds)
    free = (c.state == WAITING, unclaimed, c.due_at <= now)
    statement = update(DUE).where(*where, *free).values(claimed_until=now + seconds).returning(c.run_id)
    with ledger.begin() as connection:
        return connection.execute(statement).first() is not None


def release(ledger: Ledger, run: DueRun) -> None:
    """Give up a claim: the run waits on."""
    c = DUE.c
    where = (c.repo == run.repo.casefold(), c.run_id == run.run_id, c.attempt == run.attempt)
    with ledger.begin() as connection:
        connection.execute(update(DUE).where(*where).values(claimed_until=0.0))


def settle(ledger: Ledger, run: DueRun) -> None:
    """Note that a run was looked at again."""
    c = DUE.c
    where = (c.repo == run.repo.casefold(), c.run_id == run.run_id, c.attempt == run.attempt)
    with ledger.begin() as connection:
        connection.execute(update(DUE).where(*where).values(state=DONE))


class LedgerAppointments:
    """The `Appointments` that a ledger keeps: of one repository (`owner/name`), or of all."""

    def __init__(self, ledger: Ledger, repo: str | None) -> None:
        self._ledger = ledger
        self._repo = repo

    def waiting(self) -> list[DueRun]:
        """Every run that waits, the soonest first."""
        return waiting(self._ledger, self._repo)

    def claim(self, run: DueRun, now: float) -> bool:
        """Take a run that is due; a process that dies holds it no longer than `CLAIM` seconds."""
        return claim(self._ledger, run, now, CLAIM)

    def release(self, run: DueRun) -> None:
        """Let a claimed run wait on."""
        release(self._ledger, run)

    def settle(self, run: DueRun) -> None:
        """Note that a run was looked at and needs no more."""
        settle(self._ledger, run)
