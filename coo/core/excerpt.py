"""The part of a log that explains its failure, for a given number of characters."""

from __future__ import annotations

import re
from bisect import bisect_left, insort
from collections.abc import Sequence
from dataclasses import dataclass, replace

from coo.core.logs import Log
from coo.core.model import Line
from coo.core.redact import count_redactions, redact
from coo.core.telling_lines import score_lines

MAX_SHOWN = 400
"""Characters of one line; the middle of a longer one is cut."""
_GAP = len("... 1234567 lines left out ...\n")
_CONTROL = re.compile("[\x00-\x08\x0a-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_CUT = re.compile(r" \[\.\.\. \d+ characters \.\.\.\] ")


@dataclass(frozen=True, slots=True)
class Excerpt:
    """What was kept of a log.

    `text`: as shown (`412 | line`), redacted, at most the asked number of characters; `lines`: the kept
    lines in the log's order with their shown text; `omitted`: lines that are not shown; `redactions`:
    replaced secrets in `text`.
    """

    text: str
    lines: tuple[Line, ...]
    omitted: int
    redactions: int


def shown(text: str, limit: int = MAX_SHOWN) -> str:
    """A line as an excerpt shows it: redacted, without control characters, cut in the middle."""
    text = redact(_CONTROL.sub("", text)).rstrip()
    if len(text) <= limit:
        return text
    head = limit * 2 // 3
    tail = limit - head
    return f"{text[:head]} [... {len(text) - limit} characters ...] {text[-tail:]}"


def same_line(text: str, said: str) -> bool:
    """Whether `said` quotes the log line `text` the way an excerpt shows it (blanks around it do not count)."""
    whole, said = redact(_CONTROL.sub("", text)).strip(), _CONTROL.sub("", said).strip()
    if not said or not whole:
        return False
    if whole == said:
        return True
    parts = _CUT.split(said)
    if len(parts) != 2 or len(parts[0]) + len(parts[1]) >= len(whole):
        return False
    return len(parts[0]) >= 20 and whole.startswith(parts[0]) and whole.endswith(parts[1])


def build_excerpt(log: Log, matches_lines: Sequence[int] = (), max_chars: int = 6000) -> Excerpt:
    """Choose the lines that explain a failure, in the log's order, within `max_chars` characters.

    `matches_lines`: indexes of lines that rules matched, best first. Deterministic; linear in the log's size.
    """
    scores = score_lines(log, matches_lines)
    order = sorted(scores, key=lambda index: (-scores[index], -index))
    chosen = _choose(log, order, max_chars)
    excerpt = _render(log, chosen)
    ranks = {index: rank for rank, index in enumerate(order)}
    while len(excerpt.text) > max_chars and chosen:  # a redaction over several lines made some longer
        worst = sorted(chosen, key=ranks.__getitem__)[-(1 + len(chosen) // 50) :]
        chosen = {index: text for index, text in chosen.items() if index not in worst}
        excerpt = _render(log, chosen)
    return excerpt


def _choose(log: Log, order: Sequence[int], max_chars: int) -> dict[int, str]:
    """Take lines from the best on while they fit, counting the marks of the gaps between them."""
    chosen: dict[int, str] = {}
    placed: list[int] = []
    used = _GAP
    limit = max(60, min(MAX_SHOWN, max_chars // 6))
    misses = 0
    for index in order:
        text = shown(log.text_at(index), limit)
        if not text:
            continue
        at = bisect_left(placed, index)
        joins = (at > 0 and placed[at - 1] == index - 1) + (at < len(placed) and placed[at] == index + 1)
        cost = len(f"{log.number(index)} | {text}\n") + _GAP * (1 - joins)
        if used + cost > max_chars:
            misses += 1
            if misses > 40:
                break
            continue
        used += cost
        chosen[index] = text
        insort(placed, index)
    return chosen


def _render(log: Log, chosen: dict[int, str]) -> Excerpt:
    """The text and lines of a choice; secrets that span lines are hidden here."""
    indexes = sorted(chosen)
    if not indexes:
        return Excerpt("", (), len(log), 0)
    texts = redact("\n".join(chosen[index] for index in indexes)).split("\n")
    out: list[str] = []
    lines: list[Line] = []
    before = -1
    for index, text in zip(indexes, texts, strict=True):
        _say_gap(log, before, index, out)
        line = log.line(index)
        lines.append(replace(line, text=text))
        out.append(f"{line.number} | {text}")
        before = index
    _say_gap(log, before, len(log), out)
    shown_text = "\n".join(out)
    return Excerpt(shown_text, tuple(lines), len(log) - len(lines), count_redactions(shown_text))


def _say_gap(log: Log, before: int, after: int, out: list[str]) -> None:
    """Say how many lines are left out between two shown ones, or that they repeat the line above."""
    count = after - before - 1
    if count <= 0:
        return
    if before >= 0 and count <= 20_000:
        above = log.text_at(before)
        if all(log.text_at(index) == above for index in range(before + 1, after)):
            out.append(f"... the line above {count} times more ...")
            return
    out.append(f"... {count} line{'s' * (count != 1)} left out ...")
