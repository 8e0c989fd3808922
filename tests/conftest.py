"""For every test: nothing of the machine's own environment decides what coo does."""

from __future__ import annotations

import os

import pytest

PREFIXES = ("GITHUB_", "OPENAI_", "COO_", "RUNNER_", "ACTIONS_")
NAMES = ("CI", "COLUMNS", "NO_COLOR", "FORCE_COLOR", "AZURE_OPENAI_API_KEY")


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name in NAMES or (name.startswith(PREFIXES) and name not in ("COO_OPENAPI", "COO_TEST_PROCESSES")):
            monkeypatch.delenv(name)
