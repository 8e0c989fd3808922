"""The figures of `coo rules stats` as text and JSON."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterable

from coo.authoring.firings import Fate, Firings
from coo.report.as_json import dumps

_MOST = 4
"""Winners named for one rule in the text."""


def firings_json(firings: Firings) -> str:
    """One object; rules by id, `lost_to` by the winner's id."""
    rules = [
        {
            "rule_id": name,
            "fired": fate.fired,
            "won": fate.won,
            "lost": fate.lost,
            "lost_to": dict(_ordered(fate.lost_to)),
            "tied": fate.tied,
            "undecided": fate.undecided,
            "healthy": fate.healthy,
        }
        for name, fate in sorted(firings.fates.items())
    ]
    whole = {
        "version": 1,
        "logs": firings.logs,
        "decided": firings.decided,
        "healthy": firings.healthy,
        "unread": firings.unread,
        "rules": rules,
        "never_fired": firings.never,
        "fired_on_healthy": firings.on_healthy,
        "alarms": [{"log": log, "rule_id": rule} for log, rule in firings.alarms],
    }
    return dumps(whole, indent=2) + "\n"


def firings_text(firings: Firings, width: int = 80) -> str:
    """For a terminal of a width (60 to 100 columns are used)."""
    width = max(60, min(width, 100))
    unread = f", {firings.unread} not readable" if firings.unread else ""
    parts = [
        f"{firings.logs} logs: {firings.decided} decided by a rule, {firings.healthy} without a failed step{unread}"
    ]
    fired = sorted(((n, f) for n, f in firings.fates.items() if f.fired), key=lambda pair: (-pair[1].fired, pair[0]))
    lines = [f"{'rule':42} fired   won  lost  tied  healthy"] if fired else []
    for name, fate in fired:
        lines.append(f"{name:42}{fate.fired:6}{fate.won:6}{fate.lost:6}{fate.tied:6}{fate.healthy:9}")
        lines += _told(fate, width)
    parts += ["\n".join(lines)] if lines else []
    healthy = [f"{name} ({firings.fates[name].healthy})" for name in firings.on_healthy]
    parts += _list(f"Fired where no step failed, and decided nothing there ({len(healthy)})", healthy, width)
    parts += _list(f"Never fired ({len(firings.never)})", firings.never, width)
    if firings.alarms:
        told = [f"  {log}\n    {rule}" for log, rule in firings.alarms]
        parts.append("\n".join([f"error: rules decided logs that are said to be healthy: {len(told)}", *told]))
    return "\n\n".join(parts) + "\n"


def _told(fate: Fate, width: int) -> list[str]:
    """To whom a rule lost, and where nobody won."""
    ordered = _ordered(fate.lost_to)
    parts = [f"{name} ({number})" for name, number in ordered[:_MOST]]
    parts += [f"{len(ordered) - _MOST} more"] if len(ordered) > _MOST else []
    told = [f"lost to {', '.join(parts)}"] if parts else []
    told += [f"{fate.undecided} without a decision"] if fate.undecided else []
    return [_filled("; ".join(told), width, "    ")] if told else []


def _ordered(counts: Counter[str]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))


def _list(heading: str, names: Iterable[str], width: int) -> list[str]:
    text = ", ".join(names)
    return [f"{heading}:\n{_filled(text, width, '  ')}"] if text else []


def _filled(text: str, width: int, indent: str) -> str:
    return textwrap.fill(
        text, width, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False, break_long_words=False
    )
