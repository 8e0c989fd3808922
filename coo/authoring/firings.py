"""How rules fare on many logs: how often each fired, won and lost, and to whom."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field

from coo.core.catalog import Catalog
from coo.core.model import Classification, Source

HEALTHY = "nothing-failed"
"""The subtype of the verdict on a log in which no step failed."""


@dataclass(slots=True)
class Fate:
    """One rule over all logs; every figure counts logs. `fired` is the sum of the others.

    `won`: it gave the log's verdict; `tied`: it was one of those between which the verdict could not choose;
    `undecided`: no rule decided, and it could not; `healthy`: no step failed, so nothing was to be decided.
    """

    fired: int = 0
    won: int = 0
    tied: int = 0
    undecided: int = 0
    healthy: int = 0
    lost_to: Counter[str] = field(default_factory=Counter)

    @property
    def lost(self) -> int:
        """Logs whose verdict is another rule's."""
        return self.lost_to.total()


@dataclass(slots=True)
class Firings:
    """The fates of all rules by id. `alarms`: (log, rule) where a rule decided a log that was said to be healthy."""

    fates: dict[str, Fate]
    logs: int = 0
    decided: int = 0
    healthy: int = 0
    unread: int = 0
    alarms: list[tuple[str, str]] = field(default_factory=list)

    @property
    def never(self) -> list[str]:
        """Rules that fired in no log, sorted."""
        return sorted(name for name, fate in self.fates.items() if not fate.fired)

    @property
    def on_healthy(self) -> list[str]:
        """Rules that fired in a log in which no step failed, sorted."""
        return sorted(name for name, fate in self.fates.items() if fate.healthy)


def no_firings(catalog: Catalog) -> Firings:
    """Begin to count."""
    return Firings({rule.id: Fate() for rule in catalog.rules})


def count(firings: Firings, log: str, fired: Collection[str], verdict: Classification, said_healthy: bool) -> None:
    """Count one log: the rules that matched in it, and its verdict. `said_healthy`: the caller says that it passed."""
    winner = verdict.rule_id if verdict.source is Source.RULE else None
    firings.logs += 1
    firings.decided += winner is not None
    firings.healthy += verdict.subtype == HEALTHY
    for name in set(fired):
        fate = firings.fates[name]
        fate.fired += 1
        if name == winner:
            fate.won += 1
        elif winner is not None:
            fate.lost_to[winner] += 1
        elif verdict.subtype == HEALTHY:
            fate.healthy += 1
        elif name in verdict.candidates:
            fate.tied += 1
        else:
            fate.undecided += 1
    if said_healthy and winner is not None:
        firings.alarms.append((log, winner))
