"""From a rule's pattern to words one of which stands in every line that it matches.

All words of all patterns are then looked for at once (`coo.core.automaton.WordSet`), and a pattern is tried only on
lines that hold one of its own. Letter case of ASCII does not count: words are in lower case, as is the text that they
are looked for in.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Sequence
from functools import cache, lru_cache
from importlib import import_module
from typing import Any

# NOTE: the standard library's own parser of patterns; private, but the same from 3.11 to 3.14 (tests hold it).
_parser: Any = import_module("re._parser")

Words = frozenset[str]
Texts = frozenset[str]
"""All texts that a part of a pattern can stand for."""
_EMPTY: Texts = frozenset([""])
LEAST = 3
"""Characters that a word has at least; a shorter one stands in too many lines."""
_MOST = 96
"""Words of one pattern."""
_SPELT = 24
"""Texts that a part of a pattern may stand for to be spelt out one by one."""
_WIDTH = 6
"""Characters of a class that is spelt out."""
_TIMES = 4
"""How often the body of a repetition is written out."""
_COMMON = {"error", "errors", "warning", "failed", "failure", "fail", "info", "build", "exit", "code", "exception"}
_COMMON |= {"timeout", "invalid", "name", "files", "file", "more", "null", "less", "key", "test", "tests", "in"}
"""Words that stand in many lines of many logs: they tell less than their length says."""
_FOREIGN = ("[[:", "(?|", "(?V", "(?e", "(?r", "(?b", "{e", "{,", r"\m", r"\M", r"\K", r"\G", r"\X", r"\R", r"\L")
"""Syntax that the `regex` module reads in its own way."""


@lru_cache(maxsize=16384)
def words_of(pattern: str) -> Words | None:
    """Give words, in lower case, one of which is in each line that a pattern matches; None when there are none."""
    if any(mark in pattern for mark in _FOREIGN):
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            parsed = _parser.parse(pattern, int(re.ASCII))
    except (re.error, RecursionError, Warning, OverflowError):
        return None
    if parsed.state.flags & re.VERBOSE:
        return None
    found = _sequence(parsed)
    if not found or not all(map(_is_telling, found)):
        return None
    # Where one word holds another, the shorter one finds both.
    return frozenset(word for word in found if not any(other in word and other != word for other in found))


def _is_telling(word: str) -> bool:
    return len(word) >= LEAST and not word.isspace()


def _worth(words: Words) -> tuple[int, int]:
    """Long words first, then few of them; blanks and what every log says tell little."""
    return min(map(_weight, words)), -len(words)


def _weight(word: str) -> int:
    plain = word.strip(" :[]#(*")
    return len(plain) - (3 if plain in _COMMON else 0)


def _sequence(items: Any) -> Words | None:
    """The best words of parts that stand one after another."""
    found: list[Words] = []
    run, tail = _EMPTY, ""
    for operation, argument in items:
        if operation is _LITERAL:
            tail += _lower(argument)
            continue
        if operation in _ROOMLESS:
            continue
        run, tail = _joined(run, tail), ""
        texts, goes_on = _spelt(operation, argument)
        if texts is not None and len(run) * len(texts) <= _SPELT:
            run = frozenset([head + end for head in run for end in texts])
        else:
            found += _words(run)
            run = texts or _EMPTY
            if texts is None and (inner := _inner(operation, argument)):
                found.append(inner)
        if not goes_on:
            found += _words(run)
            run = _EMPTY
    found += _words(_joined(run, tail))
    return max(found, key=_worth) if found else None


def _joined(run: Texts, tail: str) -> Texts:
    return frozenset([head + tail for head in run]) if tail else run


def _words(run: Texts) -> list[Words]:
    return [] if "" in run else [run]


def _spelt(operation: Any, argument: Any) -> tuple[Texts | None, bool]:
    """All texts that a part can stand for, None when they are too many; and whether what follows is joined to it.

    Where it is not, a text is only what the part begins with.
    """
    if operation in _REPEATS:
        return _repeat(*argument)
    made = _PARTS.get(operation)
    return (made(argument), True) if made else (None, False)


def _class(items: Any) -> Texts | None:
    """The characters of a small class."""
    out = set()
    for kind, code in items:
        if kind is not _LITERAL:
            return None
        out.add(_lower(code))
    return frozenset(out) if len(out) <= _WIDTH else None


def _all(items: Any) -> Texts | None:
    """All texts of parts that stand one after another."""
    run, tail = _EMPTY, ""
    for operation, argument in items:
        if operation is _LITERAL:
            tail += _lower(argument)
            continue
        if operation in _ROOMLESS:
            continue
        texts, goes_on = _spelt(operation, argument)
        if texts is None or not goes_on or len(run) * len(texts) > _SPELT:
            return None
        run, tail = frozenset([head + end for head in _joined(run, tail) for end in texts]), ""
    return _joined(run, tail)


def _either(several: Sequence[Texts | None]) -> Texts | None:
    out: set[str] = set()
    for texts in several:
        if texts is None:
            return None
        out |= texts
    return frozenset(out) if len(out) <= _SPELT else None


def _repeat(least: int, most: Any, body: Any) -> tuple[Texts | None, bool]:
    texts = _all(body) if least or most == 1 else None
    if texts is None:
        return None, False
    if (least, most) == (0, 1):
        return _either([_EMPTY, texts]), True
    run: Texts = _EMPTY
    for _ in range(min(least, _TIMES)):
        run = frozenset([head + end for head in run for end in texts])
        if len(run) > _SPELT:
            return None, False
    return run, least == most <= _TIMES


_LITERAL = _parser.LITERAL
_ROOMLESS = frozenset([_parser.AT, _parser.ASSERT, _parser.ASSERT_NOT])
"""They take up no room: what stands before and behind them is joined."""
_REPEATS = frozenset([_parser.MAX_REPEAT, _parser.MIN_REPEAT, _parser.POSSESSIVE_REPEAT])
_PARTS: dict[Any, Callable[[Any], Texts | None]] = {
    _parser.IN: _class,
    _parser.SUBPATTERN: lambda argument: _all(argument[3]),
    _parser.ATOMIC_GROUP: _all,
    _parser.BRANCH: lambda argument: _either([_all(alternative) for alternative in argument[1]]),
}


def _inner(operation: Any, argument: Any) -> Words | None:
    """The words of a part that stands for too many texts."""
    if operation is _parser.SUBPATTERN:
        return _sequence(argument[3])
    if operation is _parser.ATOMIC_GROUP:
        return _sequence(argument)
    if operation is _parser.BRANCH:
        return _branch(argument[1])
    if operation in _REPEATS and argument[0] >= 1:
        return _sequence(argument[2])
    return None


def _branch(alternatives: Sequence[Any]) -> Words | None:
    """The words of all alternatives; none when one of them has none."""
    out: set[str] = set()
    for alternative in alternatives:
        words = _sequence(alternative)
        if not words:
            return None
        out |= words
    return frozenset(out) if len(out) <= _MOST else None


@cache
def _lower(code: int) -> str:
    char = chr(code)
    return char.lower() if char.isascii() else char
