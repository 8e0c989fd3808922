"""Who is at an action: a process that lives keeps it, and one that died lets go of it at once."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest

from coo.adapters.ledger import Ledger, alive, open_ledger
from coo.adapters.ledger.memory import STALE, LedgerMemory

ACTION, TARGET = "rerun-failed-jobs", "run 1, attempt 1"
BEGIN = """
import sys, time
from coo.adapters.ledger import open_ledger
from coo.adapters.ledger.memory import LedgerMemory
from coo.adapters.clock import SystemClock
memory = LedgerMemory(open_ledger(sys.argv[1]), "acme/shop", SystemClock())
print(memory.begin(*sys.argv[2:]) is None, flush=True)
time.sleep(600)
"""


class Clock:
    """A clock that is set by hand."""

    at = 1_800_000_000.0

    def now(self) -> float:
        return self.at

    def monotonic(self) -> float:
        return self.at


def memory_of(ledger: Ledger) -> LedgerMemory:
    return LedgerMemory(ledger, "acme/shop", Clock())


def until_free(memory: LedgerMemory) -> bool:
    """A database takes a moment to see that a connection has gone."""
    return any(memory.begin(ACTION, TARGET) is None or time.sleep(0.05) for _ in range(600))


def test_a_process_that_lives_keeps_its_action_and_one_that_is_killed_does_not(url: str, ledger: Ledger) -> None:
    memory = memory_of(ledger)
    command = [sys.executable, "-c", BEGIN, url, ACTION, TARGET]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None and other.stdout.readline() == "True\n"
        Clock.at += 100 * STALE
        for _ in range(2):  # however long it takes: the clock has no say
            begun = memory.begin(ACTION, TARGET)
            assert begun is not None and begun.status == "started"
        assert memory.begin(ACTION, "run 2, attempt 1") is None, "another target is free"
        other.kill()
    assert until_free(memory), "taken over as soon as the other is dead"
    memory.end(ACTION, TARGET, True, "re-ran 1 failed job")
    done = memory_of(ledger).begin(ACTION, TARGET)
    assert done is not None and done.status == "done", "what was done stays done"


def test_two_in_one_process_are_two(ledger: Ledger) -> None:
    first, second = memory_of(ledger), memory_of(ledger)
    assert first.begin(ACTION, TARGET) is None
    assert second.begin(ACTION, TARGET) is not None
    first.end(ACTION, TARGET, False, "503")
    assert second.begin(ACTION, TARGET) is None, "what failed may be tried again"
    second.end(ACTION, TARGET, False, "503")


def test_nothing_is_left_of_a_lock(url: str, ledger: Ledger) -> None:
    for _ in range(3):
        memory = memory_of(ledger)
        assert memory.begin(ACTION, TARGET) is None
        memory.end(ACTION, TARGET, False, "")
    if ledger.file:
        from pathlib import Path

        assert not list(Path(ledger.file).parent.glob("*.lock"))


def test_where_nobody_can_lock_time_tells(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alive, "hold", lambda *_: alive.UNKNOWN)
    memory = memory_of(ledger)
    assert memory.begin(ACTION, TARGET) is None
    assert memory.begin(ACTION, TARGET) is not None
    Clock.at += STALE + 1
    assert memory.begin(ACTION, TARGET) is None


def test_a_ledger_that_goes_away_holds_nothing(ledger: Ledger, monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    from coo.adapters.ledger import journal
    from coo.core.errors import RemoteError

    def gone(*_: object) -> None:
        raise RemoteError("ledger-failed", "gone", "wait")

    memory = memory_of(ledger)
    with monkeypatch.context() as patch:
        patch.setattr(journal, "start", gone)
        with pytest.raises(RemoteError):
            memory.begin(ACTION, TARGET)
    other = open_ledger(url)
    assert memory_of(other).begin(ACTION, TARGET) is None
    other.close()
