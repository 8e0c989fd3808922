"""Exact matching within time limits: what a hostile line may cost, and what a hostile log may."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache

import regex

TIME_LIMIT = 0.5
"""Seconds of processor time for one exact match; a pattern that needs more counts as not matching, and is told."""
LOG_LIMIT = 2.0
"""Seconds for one pattern on all long lines of a log together; then it is given up for that log, and told."""
LONG_LINE = 1000
"""Characters; on shorter lines no pattern takes long enough to be worth a look at the clock."""


def no_clock() -> float:
    """A clock that stands still: only single lines are bounded then."""
    return 0.0


@dataclass(slots=True)
class Patience:
    """How long each pattern has taken on long lines of one log, and which ones were given up.

    A pattern that needs a little too long on each of many lines is as bad as one that never ends on one.
    """

    clock: Callable[[], float] = no_clock
    spent: dict[str, float] = field(default_factory=dict)
    over: list[str] = field(default_factory=list)

    def spend(self, pattern: str, since: float) -> None:
        """Count the time since a reading of the clock."""
        self.spent[pattern] = self.spent.get(pattern, 0.0) + self.clock() - since
        if self.spent[pattern] > LOG_LIMIT and pattern not in self.over:
            self.over.append(pattern)


@lru_cache(maxsize=4096)
def compiled(pattern: str) -> regex.Pattern[str]:
    """Compile a rule's pattern as coo reads it (ASCII classes). Raises `regex.error`."""
    return regex.compile(pattern, regex.ASCII | regex.VERSION0)


def found_in(pattern: str, text: str, patience: Patience) -> bool:
    """Search a pattern in a line within the time limits; a pattern that runs out of time is given up."""
    if pattern in patience.over:
        return False
    started = patience.clock() if len(text) > LONG_LINE else None
    try:
        return compiled(pattern).search(text, timeout=TIME_LIMIT) is not None
    except TimeoutError:
        patience.over.append(pattern)
        return False
    finally:
        if started is not None:
            patience.spend(pattern, started)
