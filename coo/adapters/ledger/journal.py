"""What coo set out to do: written before it is done, so that a process that died in between is known."""

from __future__ import annotations

from sqlalchemy import select, update

from coo.adapters.ledger.store import Ledger
from coo.adapters.ledger.tables import ATTEMPTS
from coo.ports import Begun

STARTED, DONE, FAILED = "started", "done", "failed"


def start(ledger: Ledger, repo: str, action: str, target: str, at: float, stale: float) -> Begun | None:
    """Note that an action begins; gives the entry of another who had begun it before, or None: it is ours.

    An entry that failed, or that was begun more than `stale` seconds ago and never ended, is taken over.
    """
    c = ATTEMPTS.c
    values = {"started_at": at, "ended_at": None, "status": STARTED, "detail": ""}
    insert = ledger.upsert(ATTEMPTS).values(repo=repo.casefold(), action=action, target=target, **values)
    over = (c.status == FAILED) | ((c.status == STARTED) & (c.started_at < at - stale))
    insert = insert.on_conflict_do_update(
        index_elements=["repo", "action", "target"], set_=values, where=over
    ).returning(c.target)
    with ledger.begin() as connection:
        if connection.execute(insert).first() is not None:
            return None
        where = (c.repo == repo.casefold(), c.action == action, c.target == target)
        row = connection.execute(select(ATTEMPTS).where(*where)).mappings().one()
        return Begun(**{name: value for name, value in row.items() if name != "repo"})


def finish(ledger: Ledger, repo: str, action: str, target: str, at: float, done: bool, detail: str) -> None:
    """Note how an action ended."""
    c = ATTEMPTS.c
    status = DONE if done else FAILED
    where = (c.repo == repo.casefold(), c.action == action, c.target == target)
    with ledger.begin() as connection:
        connection.execute(update(ATTEMPTS).where(*where).values(ended_at=at, status=status, detail=detail[:2000]))
