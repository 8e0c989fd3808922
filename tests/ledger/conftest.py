"""Each test of the ledger runs over both databases."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from coo.adapters.ledger import Ledger, open_ledger
from tests.support.postgres import database, postgres


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a Postgres server of our own, with one empty database."""
    with postgres(tmp_path_factory.mktemp("postgres")) as url:
        yield url


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty ledger."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'state' / 'ledger.db'}"
    return database(request.getfixturevalue("server"))


@pytest.fixture
def ledger(url: str) -> Iterator[Ledger]:
    """An empty ledger."""
    opened = open_ledger(url)
    yield opened
    opened.close()
