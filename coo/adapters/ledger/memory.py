"""The `Memory` of one repository over a ledger."""

from __future__ import annotations

import datetime

from coo.adapters.ledger import alive, doubts, journal
from coo.adapters.ledger import due as due_runs
from coo.adapters.ledger.store import Ledger
from coo.ports import Begun, Clock, Doubt, DueRun, Room, Seen

STALE = 900.0
"""Seconds after which an action that was begun and never ended counts as left behind by a process that died, where
nothing else tells (`alive.py`)."""


class LedgerMemory:
    """What the ledger knows of one repository (`owner/name`). Methods raise `RemoteError`."""

    name = "the ledger"

    def __init__(self, ledger: Ledger, repo: str, clock: Clock) -> None:
        self._ledger = ledger
        self._repo = repo.casefold()
        self._clock = clock
        self._held: dict[tuple[str, str], alive.Release] = {}
        """The locks of what was begun here and has not ended."""

    def room(self, action: str, cap: int) -> Room:
        """How much of a day's limit is left; takes nothing."""
        used = self._ledger.used(self._scope(action), self._day())
        return Room(used < cap, used, cap, self.name)

    def take(self, action: str, cap: int) -> Room:
        """Take one of a day's limit in one statement."""
        used = self._ledger.take(self._scope(action), self._day(), cap)
        return Room(used is not None, used if used is not None else cap, cap, self.name)

    def begin(self, action: str, target: str) -> Begun | None:
        """Note that an action begins; gives who began it before, or None: it is ours."""
        held = alive.hold(self._ledger, self._repo, action, target)
        if held is None:
            begun = journal.started(self._ledger, self._repo, action, target)
            return begun or Begun(action, target, self._clock.now(), None, journal.STARTED, "")
        # Whoever holds the lock knows that nobody else is at it: an entry without an end is of a process that died.
        stale = STALE if held == alive.UNKNOWN else None
        ours = False
        try:
            before = journal.start(self._ledger, self._repo, action, target, self._clock.now(), stale)
            ours = before is None
            return before
        finally:
            if callable(held) and ours:
                self._held[action, target] = held
            elif callable(held):
                held()

    def end(self, action: str, target: str, done: bool, detail: str) -> None:
        """Note how an action ended."""
        try:
            journal.finish(self._ledger, self._repo, action, target, self._clock.now(), done, detail)
        finally:
            if release := self._held.pop((action, target), None):
                release()

    def later(self, due: DueRun) -> bool:
        """Note a run to be looked at again."""
        due_runs.put(self._ledger, due)
        return True

    def seen(self, fingerprint: str, run_id: int) -> Seen | None:
        """How often a failure was seen in other runs."""
        return self._ledger.seen(self._repo, fingerprint, run_id)

    def doubt(self, doubt: Doubt) -> None:
        """Note what is known of a test failure that is re-run to see."""
        doubts.note(self._ledger, self._repo, doubt, self._clock.now())

    def doubts(self, workflow: str, sha: str) -> tuple[Doubt, ...]:
        """Every test failure that a workflow re-ran to see on a commit."""
        return doubts.of_commit(self._ledger, self._repo, workflow, sha)

    def flaky(self, fingerprint: str) -> tuple[Doubt, ...]:
        """Each time that a failure turned out to be flaky, the newest first."""
        return doubts.proven(self._ledger, self._repo, fingerprint)

    def category(self, run_id: int, attempt: int) -> str | None:
        """What kind of failure an attempt of a run had."""
        return doubts.category(self._ledger, self._repo, run_id, attempt)

    def _scope(self, action: str) -> str:
        return f"{self._repo}:{action}"

    def _day(self) -> str:
        return datetime.datetime.fromtimestamp(self._clock.now(), datetime.UTC).date().isoformat()
