"""The linear-time automaton (RE2) behind the first pass, with types of our own: the library ships none.

Text is UTF-8 bytes of many lines; no match reaches over a newline.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import re2

_MEMORY = 256 << 20


def _options() -> Any:
    made = re2.Options()
    made.never_nl = True
    made.log_errors = False
    made.never_capture = True
    made.max_mem = _MEMORY
    made.encoding = re2.Options.Encoding.UTF8
    return made


def compiles(pattern: str) -> bool:
    """Whether RE2 can express a pattern."""
    try:
        re2.compile(pattern, _options())
    except re2.error:
        return False
    return True


class Finder:
    """One pattern, to find where it matches."""

    def __init__(self, pattern: str) -> None:
        self._pattern: Any = re2.compile(pattern, _options())

    def start(self, text: bytes, at: int = 0) -> int:
        """Give the offset of the first match at or after `at`, or -1."""
        found = self._pattern.search(text, at)
        return -1 if found is None else int(found.start())

    def spans(self, text: bytes) -> Iterator[tuple[int, int]]:
        """Give where each match begins and ends."""
        for found in self._pattern.finditer(text):
            yield found.start(), found.end()


class PatternSet:
    """Many patterns, to tell which of them match anywhere in a text, in one pass."""

    def __init__(self, patterns: Sequence[str]) -> None:
        self._set: Any = None
        if patterns:
            self._set = re2.Set.SearchSet(_options())
            for pattern in patterns:
                self._set.Add(pattern)
            self._set.Compile()

    def matching(self, text: bytes) -> list[int]:
        """Give the places in the given order of the patterns that match."""
        return [] if self._set is None else self._set.Match(text) or []
