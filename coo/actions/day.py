"""How often a workflow failed within a day on its branch, for the condition `failures_in_24h` of a play."""

from __future__ import annotations

from dataclasses import dataclass, field

from coo.core.errors import CooError
from coo.core.model import Note, Run
from coo.ports import Hands

HOURS = 24


@dataclass(slots=True)
class DayOfFailures:
    """Asks GitHub when a play wants to know, once for each number that is enough; `notes` tell why it could not."""

    run: Run
    hands: Hands | None
    notes: list[Note] = field(default_factory=list)
    _known: dict[int, int | None] = field(default_factory=dict)

    def __call__(self, enough: int) -> int | None:
        """Failed runs of the workflow on the branch within a day, this one counted; None where nobody can tell.

        A run of a fork's branch counts for no branch of this repository.
        """
        if (self.run.head_repo or "").casefold() != self.run.repo.casefold():
            return 0
        if enough not in self._known:
            self._known[enough] = self._ask(enough)
        return self._known[enough]

    def _ask(self, enough: int) -> int | None:
        if self.hands is None:
            self._say("there is no connection to GitHub here")
            return None
        try:
            return self.hands.failures_before(self.run, HOURS, enough)
        except CooError as error:
            self._say(error.message)
            return None

    def _say(self, why: str) -> None:
        told = f"failures_in_24h of a play could not be asked, and counts as not met: {why}"
        if not self.notes:
            self.notes.append(Note("condition-not-asked", 1, told))
