"""A database's faults in coo's own words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DatabaseError, InterfaceError, OperationalError, SQLAlchemyError

from coo.core.errors import InputError, RemoteError


@contextmanager
def ledger_faults(where: str) -> Iterator[None]:
    """Turn a database's errors into `InputError` (not a ledger) or `RemoteError` (not to be had now).

    NOTE: the driver's text may hold an address with a password, or a row's values: only the kind is told.
    """
    try:
        yield
    except (OperationalError, InterfaceError) as error:
        why = _why(str(error.orig or ""))
        raise RemoteError(
            "ledger-unreachable", f"{where}: {why}", "check the address and that it can be written"
        ) from None
    except DatabaseError as error:
        kind = type(error.orig).__name__
        if "not a database" in str(error.orig):
            raise InputError("bad-ledger", f"{where}: the file is not a ledger", "name another file") from None
        raise RemoteError(
            "ledger-failed", f"{where}: the database refused ({kind})", "see the database's own log"
        ) from None
    except SQLAlchemyError as error:
        raise RemoteError("ledger-failed", f"{where}: {type(error).__name__}", "see the database's own log") from None


_KNOWN = {
    "database is locked": "another process holds it",
    "unable to open database file": "the file cannot be opened",
    "readonly database": "the file cannot be written",
    "disk is full": "the disk is full",
    "disk I/O error": "the disk cannot be read or written",
    "password authentication failed": "the user or the password is wrong",
    "does not exist": "there is no such database or user",
    "Connection refused": "nobody listens there",
    "timeout": "it does not answer",
}


def _why(told: str) -> str:
    return next((words for sign, words in _KNOWN.items() if sign in told), "the database cannot be used")
