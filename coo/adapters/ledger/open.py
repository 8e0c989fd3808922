"""Opening a ledger: its address, its connections, and the newest form of its tables."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, NoSuchModuleError
from sqlalchemy.pool import NullPool

from coo.adapters.ledger.faults import ledger_faults
from coo.adapters.ledger.store import Ledger
from coo.core.errors import InputError

OFF = "none"
"""The address of no ledger."""
_LOCK = 0x636F6F  # "coo": the advisory lock that migrations of Postgres stand in line for
_WAIT = 30.0
"""Seconds that a connection waits for another process's write."""


def default_url(environ: Mapping[str, str] | None = None) -> str:
    """Where the ledger is when nobody says: a file of the user's, and none on a runner of GitHub Actions."""
    env = os.environ if environ is None else environ
    if env.get("GITHUB_ACTIONS") == "true":
        return OFF
    state = env.get("XDG_STATE_HOME") or str(Path("~/.local/state").expanduser())
    return f"sqlite:///{state}/coo/ledger.db"


def open_ledger(url: str) -> Ledger:
    """Open a ledger and bring its tables up to date. `url`: a file's path, `sqlite:///FILE` or `postgresql://...`.

    Raises `InputError` for an address that is none or a file of another kind, `RemoteError` when the database cannot
    be reached.
    """
    engine = _engine(url)
    with ledger_faults(shown(url)), engine.connect() as connection, _alone(connection):
        _upgrade(connection)
    return Ledger(engine, shown(url))


def shown(url: str) -> str:
    """The address without a password."""
    try:
        return make_url(_full(url)).render_as_string(hide_password=True)
    except ArgumentError:
        return "the ledger"


def _full(url: str) -> str:
    if "://" not in url:
        return f"sqlite:///{url}"
    scheme, _, rest = url.partition("://")
    return f"postgresql+psycopg://{rest}" if scheme in ("postgres", "postgresql") else url


def _engine(url: str) -> Engine:
    help_text = "give a file's path, sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME"
    try:
        address = make_url(_full(url))
        backend = address.get_backend_name()
    except (ArgumentError, NoSuchModuleError):
        raise InputError("bad-ledger", "the ledger's address cannot be read", help_text) from None
    if backend == "postgresql":
        return _postgres(address.render_as_string(hide_password=False))
    if backend != "sqlite":
        raise InputError("bad-ledger", f"a ledger cannot be kept in {backend}", help_text)
    path = Path(address.database or "")
    if not address.database or address.database == ":memory:":
        raise InputError("bad-ledger", "a ledger in memory remembers nothing", help_text)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        why = error.strerror or str(error)
        raise InputError("bad-ledger", f"{path.parent}: {why}", "choose another file: --ledger") from None
    return _sqlite(address.render_as_string(hide_password=False))


def _postgres(url: str) -> Engine:
    try:
        return create_engine(url, pool_pre_ping=True, connect_args={"connect_timeout": 10})
    except ModuleNotFoundError:
        raise InputError(
            "no-driver", "the driver of Postgres is not installed", "pip install 'coo[postgres]'"
        ) from None


def _sqlite(url: str) -> Engine:
    # NOTE: a connection for each use: SQLite's are cheap, and none is left open where a process is killed.
    engine = create_engine(url, poolclass=NullPool, connect_args={"timeout": _WAIT})

    @event.listens_for(engine, "connect")
    def _connected(connection: Any, _record: Any) -> None:
        # NOTE: Python's driver begins transactions by itself, and too late for what is read first.
        connection.isolation_level = None
        for pragma in ("journal_mode=WAL", "foreign_keys=ON", "synchronous=NORMAL"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


@contextmanager
def _alone(connection: Connection) -> Iterator[None]:
    """One transaction for all migrations, while every other process waits."""
    with connection.begin():
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        yield


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")))
    return config


def _upgrade(connection: Connection) -> None:
    config = _config()
    script = ScriptDirectory.from_config(config)
    now = MigrationContext.configure(connection).get_current_revision()
    head = script.get_current_head()
    if now == head:
        return
    if now is not None and now not in {one.revision for one in script.walk_revisions()}:
        raise InputError(
            "newer-ledger", "the ledger was written by a newer version of coo", "upgrade coo, or name another ledger"
        )
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
