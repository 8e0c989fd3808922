"""Addresses, migrations, and what goes wrong when a ledger is opened."""

from __future__ import annotations

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from coo.adapters.ledger import Ledger, open_ledger
from coo.adapters.ledger.open import OFF, default_url, shown
from coo.adapters.ledger.tables import METADATA
from coo.core.errors import CooError, InputError, RemoteError


def test_the_migrations_make_the_tables_that_the_code_uses(ledger: Ledger) -> None:
    with ledger.begin() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, METADATA) == []


def test_a_ledger_opens_again(url: str) -> None:
    open_ledger(url).take("a", "2026-11-22", 5)
    assert open_ledger(url).used("a", "2026-11-22") == 1


def test_a_ledger_of_a_newer_version_is_left_alone(url: str) -> None:
    ledger = open_ledger(url)
    with ledger.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(InputError, match="newer version") as caught:
        open_ledger(url)
    assert caught.value.code == "newer-ledger"


def test_a_file_is_enough_of_an_address_and_is_written_ahead(tmp_path: Path) -> None:
    ledger = open_ledger(str(tmp_path / "new" / "ledger.db"))
    with ledger.begin() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar_one() == "wal"
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar_one() == 1


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("mysql://x/y", "bad-ledger"),
        ("sqlite://", "bad-ledger"),
        ("sqlite:///:memory:", "bad-ledger"),
        ("nonsense://x", "bad-ledger"),
        ("postgresql://u:hunter2@127.0.0.1:1/x", "ledger-unreachable"),
        ("/proc/none/ledger.db", "bad-ledger"),
    ],
)
def test_an_address_that_is_none(url: str, code: str) -> None:
    with pytest.raises(CooError) as caught:
        open_ledger(url)
    assert caught.value.code == code
    assert caught.value.help
    assert "hunter2" not in f"{caught.value.message} {caught.value.help}"


def test_a_file_of_another_kind_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("These are my notes, and no database at all.\n" * 100)
    with pytest.raises(InputError, match="not a ledger"):
        open_ledger(str(path))
    assert path.read_text().startswith("These are my notes")


def test_a_password_is_not_shown() -> None:
    assert "hunter2" not in shown("postgresql://coo:hunter2@db.example/ledger")
    assert "db.example" in shown("postgresql://coo:hunter2@db.example/ledger")


def test_a_database_that_goes_away_is_a_remote_error(tmp_path: Path) -> None:
    ledger = open_ledger(str(tmp_path / "ledger.db"))
    (tmp_path / "ledger.db").unlink()
    (tmp_path / "ledger.db").mkdir()
    with pytest.raises(RemoteError, match="ledger"):
        ledger.take("a", "2026-11-22", 1)


def test_where_the_ledger_is_when_nobody_says() -> None:
    assert default_url({"GITHUB_ACTIONS": "true"}) == OFF
    assert default_url({"XDG_STATE_HOME": "/var/s"}) == "sqlite:////var/s/coo/ledger.db"
    assert default_url({}).endswith("/.local/state/coo/ledger.db")
