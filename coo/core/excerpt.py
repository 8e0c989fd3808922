"""The part of a log that explains its failure, for a given number of characters."""

from __future__ import annotations

import re
from bisect import bisect_left, insort
from collections.abc import Sequence
from dataclasses import dataclass, replace

from coo.core import telling
from coo.core.fingerprint import normalise
from coo.core.logs import Log
from coo.core.model import Line, Section, Zone
from coo.core.redact import count_redactions, redact

MAX_CANDIDATES = 6000
"""Telling lines that are weighed; of a log with more, those of its first third and its last two thirds count."""
MAX_SHOWN = 400
"""Characters of one line; the middle of a longer one is cut."""
MAX_SCRIPT = 300
"""Lines after which an echoed script is no longer believed to go on."""
_GAP = len("... 1234567 lines left out ...\n")
_TAIL = 30
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
    text = _CONTROL.sub("", redact(text)).rstrip()
    if len(text) <= limit:
        return text
    head = limit * 2 // 3
    tail = limit - head
    return f"{text[:head]} [... {len(text) - limit} characters ...] {text[-tail:]}"


def same_line(text: str, said: str) -> bool:
    """Whether `said` quotes the log line `text` the way an excerpt shows it (blanks around it do not count)."""
    whole, said = _CONTROL.sub("", redact(text)).strip(), _CONTROL.sub("", said).strip()
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
    scores = _scores(log, matches_lines)
    order = sorted(scores, key=lambda index: (-scores[index], -index))
    chosen = _choose(log, order, max_chars)
    while True:
        excerpt = _render(log, chosen)
        if len(excerpt.text) <= max_chars or not chosen:
            break
        worst = max(chosen, key=order.index)
        chosen = {index: text for index, text in chosen.items() if index != worst}
    return excerpt if len(excerpt.text) <= max_chars else Excerpt("", (), len(log), 0)


def _scores(log: Log, matches: Sequence[int]) -> dict[int, float]:
    """A score for each line worth showing."""
    scores: dict[int, float] = {}

    def give(index: int, score: float) -> None:
        if 0 <= index < len(log) and score > scores.get(index, 0):
            scores[index] = score

    for rank, index in enumerate(dict.fromkeys(matches)):
        give(index, 1000 - min(rank, 400))
        for step in (1, 2, 3):
            give(index - step, 140 - 5 * step - rank)
            give(index + step, 140 - 5 * step - rank)
    ends = _failed_ends(log)
    _score_tails(log, ends, give)
    _score_telling(log, ends, give)
    return scores


@dataclass(frozen=True, slots=True)
class _End:
    """The lines of a failed step, up to the error that ended it."""

    start: int
    stop: int


def _failed_ends(log: Log) -> list[_End]:
    """Failed steps; without any, the last lines that are neither echoed script nor clean-up."""
    ends = [_end(log, section) for section in log.sections if section.failed and section.zone is not Zone.CLEANUP]
    if ends:
        return ends
    for section in reversed(log.sections):
        if section.zone is Zone.STEP and section.stop - section.start > 1:
            return [_End(section.start, section.stop)]
    return [_End(0, len(log))]


def _end(log: Log, section: Section) -> _End:
    for index in range(section.stop - 1, max(section.start, section.stop - 12) - 1, -1):
        if log.text_at(index).startswith("##[error]"):
            return _End(section.start, index + 1)
    return _End(section.start, section.stop)


def _score_tails(log: Log, ends: Sequence[_End], give: object) -> None:
    """The last lines of each failed step: the nearer to its end the better."""
    assert callable(give)  # noqa: S101
    for end in ends:
        distance = 0
        for index in range(end.stop - 1, max(end.start, end.stop - 4 * _TAIL) - 1, -1):
            if telling.is_noise(log.text_at(index)[:300]):
                continue
            give(index, max(78 - 2.5 * distance, 20))
            distance += 1
            if distance >= _TAIL:
                break


def _score_telling(log: Log, ends: Sequence[_End], give: object) -> None:
    """Lines whose words tell something, with the lines around them; the like of one seen before counts less."""
    assert callable(give)  # noqa: S101
    seen: dict[str, int] = {}
    first = {end.start: True for end in ends}
    starts = [end.start for end in ends]
    for index, text, zone in _candidates(log):
        weight = float(telling.weigh(text))
        if weight <= 0 or zone is Zone.SCRIPT or (zone is Zone.CLEANUP and not text.startswith("##[error]")):
            continue
        at = bisect_left(starts, index + 1) - 1
        inside = at >= 0 and index < ends[at].stop
        kind = normalise(text[:200])
        count = seen[kind] = seen.get(kind, 0) + 1
        weight -= min(12 * (count - 1), 60)
        weight -= 0 if inside else 40 if zone is Zone.CLEANUP else 24
        if inside and weight >= telling.STRONG and first[starts[at]]:
            first[starts[at]] = False
            weight += 12
        give(index, weight)
        if weight >= telling.PLAIN:
            _score_around(log, index, weight, give)


def _score_around(log: Log, index: int, weight: float, give: object) -> None:
    """Lines next to a telling one, and the rest of a traceback or of a picture of the source below it."""
    assert callable(give)  # noqa: S101
    for step, less in ((-1, 26), (-2, 34), (1, 22), (2, 30)):
        near = index + step
        if 0 <= near < len(log) and not telling.is_noise(log.text_at(near)[:300]):
            give(near, weight - less)
    for near in range(index + 1, min(index + 12, len(log))):
        if not telling.is_frame(log.text_at(near)[:300]):
            break
        give(near, weight - 24 - (near - index))


def _candidates(log: Log) -> list[tuple[int, str, Zone]]:
    """Lines that may tell something, in order, bounded in number."""
    found = [match.span() for match in telling.CANDIDATE.finditer(log.text)]
    if len(found) > MAX_CANDIDATES:
        third = MAX_CANDIDATES // 3
        found = found[:third] + found[-2 * third :]
    out = []
    for start, stop in found:
        index = log.index_at(start)
        text = log.text[start : min(stop, start + 1200)].decode("utf-8", "replace")
        out.append((index, text, _zone(log, index)))
    return out


def _zone(log: Log, index: int) -> Zone:
    """The zone of a line; an echoed script that goes on and on is taken to have ended."""
    section = log.section_at(index)
    return Zone.STEP if section.zone is Zone.SCRIPT and index - section.start > MAX_SCRIPT else section.zone


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
