"""Runs to be looked at again later: noted durably, and taken by one process at a time."""

from __future__ import annotations

from sqlalchemy import select, update

from coo.adapters.ledger.store import Ledger
from coo.adapters.ledger.tables import DUE
from coo.ports import DueRun

WAITING, DONE = "waiting", "done"


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
    """Take a run that is due, for so many seconds; False when another process has it, or it is not due or done."""
    c = DUE.c
    where = (c.repo == run.repo.casefold(), c.run_id == run.run_id, c.attempt == run.attempt)
    free = (c.state == WAITING, c.claimed_until <= now, c.due_at <= now)
    statement = update(DUE).where(*where, *free).values(claimed_until=now + seconds).returning(c.run_id)
    with ledger.begin() as connection:
        return connection.execute(statement).first() is not None


def settle(ledger: Ledger, run: DueRun) -> None:
    """Note that a run was looked at again."""
    c = DUE.c
    where = (c.repo == run.repo.casefold(), c.run_id == run.run_id, c.attempt == run.attempt)
    with ledger.begin() as connection:
        connection.execute(update(DUE).where(*where).values(state=DONE))
