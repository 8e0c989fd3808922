"""A score for each line of a log: how much it helps to understand the failure."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from coo.core import telling
from coo.core.fingerprint import normalise
from coo.core.logs import Log
from coo.core.model import Section, Zone

MAX_CANDIDATES = 6000
"""Telling lines that are weighed, about; of a log with more, the first third and the last two thirds of these count."""
MAX_SCRIPT = 300
"""Lines after which an echoed script is no longer believed to go on."""
_CHUNK = 1 << 18
_TAIL = 30

Give = Callable[[int, float], None]


def score_lines(log: Log, matches: Sequence[int]) -> dict[int, float]:
    """Score the lines worth showing, by index. `matches`: indexes of lines that rules matched, best first."""
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


def _score_tails(log: Log, ends: Sequence[_End], give: Give) -> None:
    """The last lines of each failed step: the nearer to its end the better."""
    for end in ends:
        distance = 0
        for index in range(end.stop - 1, max(end.start, end.stop - 4 * _TAIL) - 1, -1):
            if telling.is_noise(log.text_at(index)[:300]):
                continue
            give(index, max(78 - 2.5 * distance, 20))
            distance += 1
            if distance >= _TAIL:
                break


def _score_telling(log: Log, ends: Sequence[_End], give: Give) -> None:
    """Lines whose words tell something, with the lines around them; the like of one seen before counts less."""
    seen: dict[str, int] = {}
    first = {end.start: True for end in ends}
    starts = [end.start for end in ends]
    for index, text, zone in _candidates(log):
        weight = float(telling.weigh(text))
        if weight <= 0 or zone is Zone.SCRIPT or (zone is Zone.CLEANUP and not text.startswith("##[error]")):
            continue
        at = bisect_right(starts, index) - 1
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


def _score_around(log: Log, index: int, weight: float, give: Give) -> None:
    """Lines next to a telling one, and the rest of a traceback or of a picture of the source below it."""
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
    out = []
    for start, stop in _spans(log):
        index = log.index_at(start)
        text = log.text[start : min(stop, start + 1200)].decode("utf-8", "replace")
        out.append((index, text, _zone(log, index)))
    return out


def _spans(log: Log) -> list[tuple[int, int]]:
    """Where telling lines begin and end. A log full of them is looked at from its end, then from its begin."""
    tail: list[list[tuple[int, int]]] = []
    stop, found = len(log), 0
    while stop > 0 and found < MAX_CANDIDATES * 2 // 3:
        start = max(log.index_at(max(_offset(log, stop) - _CHUNK, 0)), 0)
        start = start if start < stop else stop - 1
        tail.append(_spans_between(log, start, stop))
        found += len(tail[-1])
        stop = start
    head: list[tuple[int, int]] = []
    start = 0
    while start < stop and len(head) < MAX_CANDIDATES // 3:
        until = min(max(log.index_at(_offset(log, start) + _CHUNK), start + 1), stop)
        head += _spans_between(log, start, until)
        start = until
    return head + [span for spans in reversed(tail) for span in spans]


def _spans_between(log: Log, start: int, stop: int) -> list[tuple[int, int]]:
    text = log.text[_offset(log, start) : _offset(log, stop)]
    base = _offset(log, start)
    return [(base + begin, base + end) for begin, end in telling.CANDIDATE.spans(text)]


def _offset(log: Log, index: int) -> int:
    return log.starts[index] if index < len(log) else len(log.text)


def _zone(log: Log, index: int) -> Zone:
    """The zone of a line; an echoed script that goes on and on is taken to have ended."""
    section = log.section_at(index)
    return Zone.STEP if section.zone is Zone.SCRIPT and index - section.start > MAX_SCRIPT else section.zone
