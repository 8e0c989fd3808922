"""What a rule's captures read from a log, around the line on which it fired."""

from __future__ import annotations

from dataclasses import dataclass

from coo.core.catalog import Rule
from coo.core.logs import Log
from coo.core.patience import TIME_LIMIT, compiled

CAPTURE_REACH = 5
"""Lines before and after the hit in which captures are looked for."""


@dataclass(frozen=True, slots=True)
class Match:
    """A rule that fires on a line; `index` is the line's place in the log."""

    rule: Rule
    index: int


def capture(match: Match, log: Log) -> dict[str, str]:
    """Give the named values of a match: on its own line first, else on the nearest of the lines around it."""
    out: dict[str, str] = {}
    near = sorted(
        range(max(match.index - CAPTURE_REACH, 0), min(match.index + CAPTURE_REACH + 1, len(log))),
        key=lambda index: (abs(index - match.index), index),
    )
    for name, pattern in match.rule.captures.items():
        for index in near:
            try:
                found = compiled(pattern).search(log.text_at(index), timeout=TIME_LIMIT)
            except TimeoutError:
                break
            if found is not None:
                groups = found.groupdict()
                value = groups.get(name) or (found.group(1) if found.re.groups else found.group())
                if value:
                    out[name] = str(value).strip()[:200]
                    break
    return out
