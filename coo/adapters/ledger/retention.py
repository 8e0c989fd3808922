"""How long the ledger remembers: by age, and by the room that it takes."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from sqlalchemy import delete, func, literal, select, update

from coo.adapters.ledger.store import Ledger
from coo.adapters.ledger.tables import ATTEMPTS, DUE, FLAKY, INCIDENTS, JOBS, LIMITS

DAY = 86_400.0
KEEP_DAYS = 400
"""Days that incidents are kept by default: a year, and the month to compare it with."""
KEEP_MB = 500
"""Megabytes that the ledger may take by default."""
_JOB, _INCIDENT = 200, 1_500
"""Bytes that a row takes besides the texts that are counted, its part of the indexes included."""
_SHARE = 10
"""One part in so many of the incidents goes at once when there is too little room."""


@dataclass(frozen=True, slots=True)
class Pruned:
    """What was forgotten: whole incidents, and incidents of which only the log's lines went."""

    incidents: int
    contexts: int
    bytes: int
    """About what the incidents take now (see `size`)."""


def size(ledger: Ledger) -> int:
    """Give about how many bytes the incidents take.

    NOTE: counted from the texts: a database's file does not shrink when rows go, and may hold much else.
    """
    texts = (JOBS.c.name, JOBS.c.summary, JOBS.c.evidence, JOBS.c.context)
    each = sum((func.length(text) for text in texts), start=literal(_JOB))
    with ledger.begin() as connection:
        jobs = connection.execute(select(func.coalesce(func.sum(each), 0))).scalar_one()
        count = connection.execute(select(func.count()).select_from(INCIDENTS)).scalar_one()
    return int(jobs) + _INCIDENT * count


def prune(ledger: Ledger, now: float, keep_days: float = KEEP_DAYS, keep_mb: float = KEEP_MB) -> Pruned:
    """Forget what is too old; then, while there is too little room, the oldest lines of logs and then incidents."""
    before = now - keep_days * DAY
    with ledger.begin() as connection:
        gone = connection.execute(delete(INCIDENTS).where(INCIDENTS.c.at < before)).rowcount
        connection.execute(delete(FLAKY).where(FLAKY.c.at < before))
        connection.execute(delete(ATTEMPTS).where(ATTEMPTS.c.started_at < before))
        connection.execute(delete(DUE).where(DUE.c.due_at < before))
        # A limit's period is a day or a month; what is two months old bounds nothing any more.
        old = func.substr(LIMITS.c.period, 1, 7) < _month(now - 62 * DAY)
        connection.execute(delete(LIMITS).where(old))
    stripped = 0
    while (took := size(ledger)) > keep_mb * 1_000_000:
        if lines := _strip(ledger):
            stripped += lines
        elif oldest := _forget(ledger):
            gone += oldest
        else:
            break
    return Pruned(gone, stripped, took)


def _month(at: float) -> str:
    return datetime.datetime.fromtimestamp(at, datetime.UTC).strftime("%Y-%m")


def _strip(ledger: Ledger) -> int:
    """Take the lines of logs from the oldest incidents that have any; the verdicts stay."""
    with ledger.begin() as connection:
        having = select(JOBS.c.incident_id).where(JOBS.c.context != "").distinct().order_by(JOBS.c.incident_id)
        ids = list(connection.execute(having).scalars())
        ids = ids[: max(1, len(ids) // _SHARE)]
        if not ids:
            return 0
        connection.execute(update(JOBS).where(JOBS.c.incident_id.between(ids[0], ids[-1])).values(context=""))
        return len(ids)


def _forget(ledger: Ledger) -> int:
    with ledger.begin() as connection:
        count = connection.execute(select(func.count()).select_from(INCIDENTS)).scalar_one()
        if not count:
            return 0
        oldest = select(INCIDENTS.c.id).order_by(INCIDENTS.c.at).limit(max(1, count // _SHARE))
        return connection.execute(delete(INCIDENTS).where(INCIDENTS.c.id.in_(oldest))).rowcount
