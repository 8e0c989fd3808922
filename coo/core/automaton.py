"""The linear-time automata behind the first pass: Aho and Corasick's for words, RE2 for patterns.

Text is UTF-8 bytes of many lines; no match reaches over a newline.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import re2
from ahocorasick_rs import BytesAhoCorasick, MatchKind

_MEMORY = 256 << 20


def _options(capture: bool = False) -> Any:
    made = re2.Options()
    made.never_nl = True
    made.log_errors = False
    made.never_capture = not capture
    made.max_mem = _MEMORY
    made.encoding = re2.Options.Encoding.UTF8
    return made


class Finder:
    """One pattern, to find where it matches."""

    def __init__(self, pattern: str) -> None:
        self._pattern: Any = re2.compile(pattern, _options())

    @classmethod
    def of(cls, pattern: str) -> Finder | None:
        """Make one, or None of a pattern that RE2 cannot express."""
        try:
            return cls(pattern)
        except re2.error:
            return None

    def start(self, text: bytes, at: int = 0) -> int:
        """Give the offset of the first match at or after `at`, or -1."""
        found = self._pattern.search(text, at)
        return -1 if found is None else int(found.start())

    def spans(self, text: bytes) -> Iterator[tuple[int, int]]:
        """Give where each match begins and ends."""
        for found in self._pattern.finditer(text):
            yield found.span()


class Reader:
    """One pattern with groups, to read a line in linear time."""

    def __init__(self, pattern: str) -> None:
        self._pattern: Any = re2.compile(pattern, _options(capture=True))

    def groups(self, line: str) -> tuple[str, ...] | None:
        """Give the groups of a match at the line's beginning, without those that took no part; None without one."""
        found = self._pattern.match(line)
        return None if found is None else tuple(str(part) for part in found.groups() if part)


class WordSet:
    """Many words, to tell which of them stand in a text and where, in one pass (Aho and Corasick's automaton)."""

    def __init__(self, words: Sequence[str]) -> None:
        encoded = [word.encode() for word in words]
        self._words = BytesAhoCorasick(encoded, matchkind=MatchKind.Standard) if encoded else None

    def places(self, text: bytes) -> dict[int, list[int]]:
        """Give for each word, by its place in the given order, the offsets at which it begins.

        `text` is in lower case, as far as it is ASCII.
        """
        out: dict[int, list[int]] = {}
        if self._words is not None:
            for word, start, _ in self._words.find_matches_as_indexes(text, overlapping=True):
                out.setdefault(word, []).append(start)
        return out


class PatternSet:
    """Many patterns, to tell which of them match anywhere in a text, in one pass.

    `refused`: places in the given order of patterns that RE2 cannot express; they never match.
    """

    def __init__(self, patterns: Sequence[str]) -> None:
        self.refused: list[int] = []
        self._places: list[int] = []
        self._set: Any = re2.Set.SearchSet(_options())
        for place, pattern in enumerate(patterns):
            try:
                self._set.Add(pattern)
            except re2.error:
                self.refused.append(place)
            else:
                self._places.append(place)
        if self._places:
            self._set.Compile()

    def matching(self, text: bytes) -> list[int]:
        """Give the places in the given order of the patterns that match."""
        if not self._places:
            return []
        return [self._places[member] for member in self._set.Match(text) or ()]
