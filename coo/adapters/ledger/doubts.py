"""Test failures that were re-run to see whether they are real: one row for a failure of a run on a commit."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, select

from coo.adapters.ledger.store import Ledger
from coo.adapters.ledger.tables import FLAKY, INCIDENTS
from coo.core.redact import redact
from coo.ports import Doubt

MAX_TEST = 2_000
"""Characters that are kept of what failed."""
_PATH = 300


def note(ledger: Ledger, repo: str, doubt: Doubt, at: float) -> None:
    """Remember a doubt; the newest of a failure of a run on a commit takes the older one's place."""
    keys = {
        "repo": repo.casefold(),
        "workflow": doubt.workflow[:_PATH],
        "sha": doubt.sha,
        "run_id": doubt.run_id,
        "fingerprint": doubt.fingerprint,
    }
    values = {"attempt": doubt.attempt, "test": redact(doubt.test)[:MAX_TEST], "state": doubt.state, "at": at}
    insert = ledger.upsert(FLAKY).values(**keys, **values)
    insert = insert.on_conflict_do_update(index_elements=list(keys), set_=values)
    with ledger.begin() as connection:
        connection.execute(insert)


def of_commit(ledger: Ledger, repo: str, workflow: str, sha: str) -> tuple[Doubt, ...]:
    """Every doubt of a workflow on a commit, oldest first."""
    c = FLAKY.c
    where = (c.repo == repo.casefold(), c.workflow == workflow[:_PATH], c.sha == sha)
    return _read(ledger, select(FLAKY).where(*where).order_by(c.at, c.run_id, c.fingerprint))


def proven(ledger: Ledger, repo: str, fingerprint: str) -> tuple[Doubt, ...]:
    """Each time that a failure was found to be flaky, newest first."""
    c = FLAKY.c
    where = (c.repo == repo.casefold(), c.fingerprint == fingerprint, c.state == "flaky")
    return _read(ledger, select(FLAKY).where(*where).order_by(c.at.desc(), c.run_id.desc()))


def category(ledger: Ledger, repo: str, run_id: int, attempt: int) -> str | None:
    """The category of an attempt's verdict; None when it was never triaged."""
    c = INCIDENTS.c
    where = (c.repo == repo.casefold(), c.run_id == run_id, c.attempt == attempt)
    with ledger.begin() as connection:
        return connection.execute(select(c.category).where(*where)).scalar_one_or_none()


def _read(ledger: Ledger, statement: Select[Any]) -> tuple[Doubt, ...]:
    with ledger.begin() as connection:
        rows = connection.execute(statement).mappings()
        return tuple(Doubt(**{name: row[name] for name in row if name != "repo"}) for row in rows)
