"""For every test: nothing of the machine's own environment decides what coo does."""

from __future__ import annotations

import os

import pytest
from hypothesis import settings

# No test is timed: a busy machine must not fail one.
settings.register_profile("coo", deadline=None)
settings.load_profile("coo")

PREFIXES = ("GITHUB_", "OPENAI_", "COO_", "RUNNER_", "ACTIONS_")
NAMES = ("CI", "COLUMNS", "NO_COLOR", "FORCE_COLOR", "AZURE_OPENAI_API_KEY")


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name in NAMES or (name.startswith(PREFIXES) and name not in ("COO_OPENAPI", "COO_TEST_PROCESSES")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("COO_LEDGER_URL", "none")
