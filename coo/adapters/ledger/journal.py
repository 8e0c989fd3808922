"""What coo set out to do: written before it is done, so that a process that died in between is known."""

from __future__ import annotations

from sqlalchemy import select, update

from coo.adapters.ledger.store import Ledger
from coo.adapters.ledger.tables import ATTEMPTS
from coo.ports import Begun

STARTED, DONE, FAILED = "started", "done", "failed"


def start(ledger: Ledger, repo: str, action: str, target: str, at: float, stale: float | None) -> Begun | None:
    """Note that an action begins; gives the entry of another who had begun it before, or None: it is ours.

    An entry that failed, or that was begun more than `stale` seconds ago and never ended, is taken over; with None,
    every entry that never ended is.
    """
    c = ATTEMPTS.c
    values = {"started_at": at, "ended_at": None, "status": STARTED, "detail": ""}
    insert = ledger.upsert(ATTEMPTS).values(repo=repo.casefold(), action=action, target=target, **values)
    left = c.status == STARTED if stale is None else (c.status == STARTED) & (c.started_at < at - stale)
    over = (c.status == FAILED) | left
    insert = insert.on_conflict_do_update(
        index_elements=["repo", "action", "target"], set_=values, where=over
    ).returning(c.target)
    with ledger.begin() as connection:
        if connection.execute(insert).first() is not None:
            return None
    return started(ledger, repo, action, target)


def started(ledger: Ledger, repo: str, action: str, target: str) -> Begun | None:
    """The entry of an action; None when nobody began it."""
    c = ATTEMPTS.c
    where = (c.repo == repo.casefold(), c.action == action, c.target == target)
    with ledger.begin() as connection:
        row = connection.execute(select(ATTEMPTS).where(*where)).mappings().first()
    return None if row is None else Begun(**{name: value for name, value in row.items() if name != "repo"})


def finish(ledger: Ledger, repo: str, action: str, target: str, at: float, done: bool, detail: str) -> None:
    """Note how an action ended."""
    c = ATTEMPTS.c
    status = DONE if done else FAILED
    where = (c.repo == repo.casefold(), c.action == action, c.target == target)
    with ledger.begin() as connection:
        connection.execute(update(ATTEMPTS).where(*where).values(ended_at=at, status=status, detail=detail[:2000]))
