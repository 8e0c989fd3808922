"""Lines around a verdict: for reports, and for the excerpt that a model sees."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from coo.core.engine import Engine
from coo.core.logs import Log
from coo.core.model import Classification, Line

_FRAME = ("##[group]", "##[endgroup]")
"""Lines that only frame a log's output."""


def context_of(log: Log, verdict: Classification, before: int, redact: Callable[[str], str]) -> tuple[Line, ...]:
    """Give the redacted lines from `before` lines ahead of the deciding one to the one after it, of the same job."""
    if not verdict.evidence or verdict.evidence[0].index < 0:
        return ()
    at = verdict.evidence[0].index
    job = log.section_at(at).job
    lines = [line for line in log.lines(at - before, at + 2) if line.job == job and not line.text.startswith(_FRAME)]
    return tuple(replace(line, text=redact(line.text)[:1000]) for line in lines)


def matched_lines(engine: Engine, log: Log, verdict: Classification) -> list[int]:
    """Give the indexes of the lines that rules matched, the deciding ones first, then from the end backwards."""
    first = [line.index for line in verdict.evidence if line.index >= 0]
    others = sorted({match.index for match in engine.scan(log).matches}, reverse=True)
    return list(dict.fromkeys([*first, *others]))
