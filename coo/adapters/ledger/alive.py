"""Whether the process that began an action still lives: it holds a lock, which goes when the process does.

In Postgres the lock belongs to a connection, beside SQLite to an open file. Where neither is to be had (Windows, a disk
without locks) only time tells, see `memory.STALE`.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import text

from coo.adapters.ledger.faults import ledger_faults
from coo.adapters.ledger.store import Ledger

UNKNOWN = "unknown"
"""Nobody can lock here."""

Release = Callable[[], None]


def hold(ledger: Ledger, repo: str, action: str, target: str) -> Release | str | None:
    """Lock an action until the release is called or the process ends; None when a living process has it.

    Gives `UNKNOWN` where there is no way to lock. Raises `RemoteError` when the database cannot be used.
    """
    key = hashlib.sha256("\x1f".join((repo.casefold(), action, target)).encode("utf-8", "replace")).hexdigest()
    if ledger.file is None:
        return _hold_in_postgres(ledger, int(key[:15], 16))
    return _hold_file(f"{ledger.file}-{key[:16]}.lock")


def _hold_in_postgres(ledger: Ledger, key: int) -> Release | None:
    with ledger_faults(ledger.name):
        connection = ledger.connect()
        held = connection.execute(text("SELECT pg_try_advisory_lock(:key)"), {"key": key}).scalar_one()
        connection.commit()
    if not held:
        connection.close()
        return None

    def release() -> None:
        # The lock must not go back into the pool with its connection.
        with contextlib.suppress(Exception):
            connection.invalidate()
            connection.close()

    return release


def _hold_file(path: str) -> Release | str | None:
    try:
        import fcntl
    except ImportError:
        return UNKNOWN
    for _ in range(100):
        try:
            file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError:
            return UNKNOWN
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(file)
            return None
        except OSError:
            os.close(file)
            return UNKNOWN
        if _is(file, path):
            return lambda: _release_file(file, path)
        os.close(file)  # the one before us took its file away in between: lock the new one
    return UNKNOWN


def _is(file: int, path: str) -> bool:
    """Whether the open file is the one that has the name now."""
    try:
        there: Any = Path(path).stat()
    except OSError:
        return False
    ours = os.fstat(file)
    return bool((there.st_dev, there.st_ino) == (ours.st_dev, ours.st_ino))


def _release_file(file: int, path: str) -> None:
    with contextlib.suppress(OSError):
        Path(path).unlink()  # while it is locked: nobody can have it between the two
    with contextlib.suppress(OSError):
        os.close(file)
