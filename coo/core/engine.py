"""Catalogue + log -> matches: one linear pass of all patterns at once, then exact matching around the hits."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from coo.core.automaton import Finder, PatternSet, WordSet
from coo.core.capture import Match
from coo.core.catalog import Catalog, Rule
from coo.core.existence import EVERYTHING, existence
from coo.core.literals import words_of
from coo.core.logs import Log
from coo.core.patience import Patience, found_in, no_clock
from coo.core.spans import Span, blocks_of, lines_at, together

CROWD = 40
"""Where a word stands more often than this in one block, its patterns look through the block by themselves."""
KEEP = 64
"""Matches kept of one pattern in one log: this many first ones and this many last ones."""


@dataclass(slots=True)
class Scan:
    """The matches of a log, in its order, and the patterns that ran out of time."""

    matches: list[Match]
    patience: Patience

    @property
    def timeouts(self) -> list[str]:
        """Patterns that took too long and were given up; the lines behind were not tried with them."""
        return self.patience.over


class Engine:
    """A catalogue made ready to scan logs. Safe to share between threads.

    `clock`: seconds of processor time, to bound what a hostile log costs; without one only single lines are bounded.
    """

    def __init__(self, catalog: Catalog, clock: Callable[[], float] = no_clock) -> None:
        self.catalog = catalog
        self._clock = clock
        self._patterns: list[str] = []
        self._ids: dict[str, int] = {}
        self._anchors: list[tuple[Rule, tuple[int, ...], tuple[int, ...]]] = []
        for rule in catalog.rules:
            any_ = tuple(self._id(p) for p in rule.match.any)
            all_ = tuple(self._id(p) for p in rule.match.all)
            self._anchors.append((rule, any_, all_))
        self._finders: dict[str, Finder | None] = {}
        owners: dict[str, list[int]] = {}
        wordless: list[int] = []
        for place, pattern in enumerate(self._patterns):
            words = words_of(pattern)
            wordless += [] if words else [place]
            for word in words or ():
                owners.setdefault(word, []).append(place)
        self._owners = list(owners.values())
        self._words = WordSet(list(owners))
        exists = {place: existence(self._patterns[place]) for place in wordless}
        self._members = [place for place, wide in exists.items() if wide != EVERYTHING]
        self._set = PatternSet([exists[place] for place in self._members])
        refused = {self._members[place] for place in self._set.refused}
        self._always = [place for place, wide in exists.items() if wide == EVERYTHING or place in refused]

    def _id(self, pattern: str) -> int:
        if pattern not in self._ids:
            self._ids[pattern] = len(self._patterns)
            self._patterns.append(pattern)
        return self._ids[pattern]

    def scan(self, log: Log) -> Scan:
        """Give every match of the catalogue in a log."""
        scan = Scan([], Patience(self._clock))
        hits = self._hits(log, scan)
        for rule, any_, all_ in self._anchors:
            lines = _merge([hits[i] for i in any_ if i in hits]) if any_ else []
            if not any_ and all_[0] in hits:
                lines = list(hits[all_[0]])
            if lines and (not all_ or all(i in hits for i in all_)):
                scan.matches += [
                    Match(rule, index) for index in lines if self._holds(rule, log, index, all_, hits, scan)
                ]
        scan.matches.sort(key=lambda match: (match.index, match.rule.id))
        return scan

    def _hits(self, log: Log, scan: Scan) -> dict[int, list[int]]:
        """For each pattern that matches anywhere, the lines where it does (the first and last `KEEP`)."""
        blocks = list(blocks_of(log.text))
        where: dict[int, list[Span]] = dict.fromkeys(self._always, blocks)
        for start, stop in blocks:
            text = log.text[start:stop]
            for member in self._set.matching(text):
                where.setdefault(self._members[member], []).append((start, stop))
            for pattern, spans in self._by_words(text).items():
                where.setdefault(pattern, []).extend((start + begin, start + end) for begin, end in spans)
        found = ((pattern, self._lines(pattern, log, in_, scan)) for pattern, in_ in where.items())
        return {pattern: lines for pattern, lines in found if lines}

    def _by_words(self, text: bytes) -> dict[int, list[Span]]:
        """For each pattern of whose words one stands in a block, the lines where, or the whole block where many."""
        found: dict[int, list[list[Span]]] = {}
        for word, offsets in self._words.places(text.lower()).items():
            spans = [(0, len(text))] if len(offsets) > CROWD else lines_at(text, offsets)
            for pattern in self._owners[word]:
                found.setdefault(pattern, []).append(spans)
        return {pattern: several[0] if len(several) == 1 else together(several) for pattern, several in found.items()}

    def _lines(self, pattern: int, log: Log, blocks: Sequence[Span], scan: Scan) -> list[int]:
        """The first and last `KEEP` lines of some blocks that a pattern matches.

        NOTE: from both ends, so that a log full of one error costs no more than `KEEP` lines at each.
        """
        text = self._patterns[pattern]
        first: list[int] = []
        for block in blocks:
            for index in self._candidates(pattern, log, *block):
                if found_in(text, log.text_at(index), scan.patience):
                    first.append(index)
                    if len(first) == KEEP:
                        return first + self._last(pattern, log, blocks, index, scan)
        return first

    def _last(self, pattern: int, log: Log, blocks: Sequence[Span], after: int, scan: Scan) -> list[int]:
        """The last `KEEP` lines behind a line that a pattern matches, in order."""
        text = self._patterns[pattern]
        last: list[int] = []
        for block in reversed(blocks):
            for index in reversed(list(self._candidates(pattern, log, *block))):
                if index <= after or len(last) == KEEP:
                    return last[::-1]
                if found_in(text, log.text_at(index), scan.patience):
                    last.append(index)
        return last[::-1]

    def _candidates(self, pattern: int, log: Log, start: int, stop: int) -> Iterator[int]:
        """Lines of a block that may match a pattern, in order, each once."""
        finder = self._finder(self._patterns[pattern])
        if finder is None:
            yield from range(log.index_at(start), log.index_at(stop) + 1)
            return
        end = -1
        for hit, _ in finder.spans(log.text[start:stop]):
            if hit > end:
                index = log.index_at(start + hit)
                yield index
                end = log.starts[index + 1] - 1 - start if index + 1 < len(log) else stop

    def _holds(
        self, rule: Rule, log: Log, index: int, all_: Sequence[int], hits: dict[int, list[int]], scan: Scan
    ) -> bool:
        match, section = rule.match, log.section_at(index)
        for pattern, name in ((match.step, section.step), (match.job, section.job)):
            if pattern is not None and (name is None or not found_in(pattern, name, scan.patience)):
                return False
        reach = match.within_lines
        for i in all_:
            near = hits[i] if reach is None else [at for at in hits[i] if abs(at - index) <= reach]
            if not any(log.section_at(at).job == section.job for at in near):
                return False
        if not match.none:
            return True
        around = range(max(index - (reach or 0), 0), min(index + (reach or 0) + 1, len(log)))
        return not any(self._stands(p, log, around, scan) for p in match.none)

    def _stands(self, pattern: str, log: Log, around: range, scan: Scan) -> bool:
        """Whether a pattern matches one of some lines: all at once first, then, where that may be, line by line."""
        stop = log.starts[around.stop] if around.stop < len(log) else len(log.text)
        finder = self._finder(pattern)
        if finder is not None and finder.start(log.text[log.starts[around.start] : stop]) < 0:
            return False
        return any(found_in(pattern, log.text_at(at), scan.patience) for at in around)

    def _finder(self, pattern: str) -> Finder | None:
        """The existence pattern made ready to search; None where every line may match."""
        if pattern not in self._finders:
            wide = existence(pattern)
            self._finders[pattern] = None if wide == EVERYTHING else Finder.of(wide)
        return self._finders[pattern]


def _merge(lists: list[list[int]]) -> list[int]:
    return lists[0] if len(lists) == 1 else sorted({index for lines in lists for index in lines})
