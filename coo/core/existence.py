"""From a rule's `regex` pattern to one that a linear-time automaton can scan whole blocks of lines with.

The existence pattern matches every line that the rule's own pattern matches, and perhaps others (it is *sound*);
the exact pattern is then tried on the lines found. It is made in two steps:

1. What RE2 does not have is made wider: lookarounds are dropped, atomic and possessive parts become plain ones,
   backreferences become `.*`.
2. Of `first.*second` only the more telling part is kept. An automaton of many patterns has to remember which of
   their first parts a line has shown, and a few dozen of those multiply to states without end (measured: 1,000
   patterns scanned 0.5 MB/s with such gaps and over 100 MB/s without).
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Sequence
from functools import cache, lru_cache
from importlib import import_module
from typing import Any, NamedTuple

EVERYTHING = ""
"""The existence pattern of last resort: every line is a candidate."""

# NOTE: the standard library's own parser of patterns; private, but the same from 3.11 to 3.14 (tests hold it).
_parser: Any = import_module("re._parser")

_WIDE = 16
"""A class of at least so many characters, repeated more than `_SHORT` times, is a gap."""
_SHORT = 3
_FIRST = 1.0
"""The least weight of what a stretch begins with. Digits, blanks and options at the start keep an automaton of many
patterns in doubt at every letter (measured: of 240 ms for the first 1 MB, 200 went to a fifth of the patterns)."""
_ENOUGH = 7.0
"""What is left without such a start must still weigh so much; `failed` alone would make a candidate of many lines."""
_MOST = 1000
"""RE2 counts no further."""
_FOREIGN = ("[[:", "(?|", "(?V", "(?e", "(?r", "(?b", "{e", "{,", r"\m", r"\M", r"\K", r"\G", r"\X", r"\R")
"""Syntax that the `regex` module reads in its own way."""

_PLAIN = re.compile(
    r"""(?:\(\?i\))? (?! \[ | \\[dsb] | \( | \\?.[?*])(?:
        [^\\()\[\]{}.*+?|^$\n] [?*+]?             # a literal
      | \\[!-/:-@\[-^`{-~] [?*+]? | \\[ds] [?*+]? | \\b
      | \[ (?:[A-Za-z0-9]-[A-Za-z0-9] | [A-Za-z0-9 ,:;'"/_.!%@=<>()?*+$])+ \] (?![*+{])
      | \( (?:\?: | (?!\?)) | \)\?? | [|^$]
    )+""",
    re.VERBOSE,
)
"""Patterns that are their own existence patterns: they begin with a literal, there is no gap in them, and both
engines read them alike. Most are, and reading those no further halves the time to make an engine."""
_GROUP = re.compile(r"\([^()]*\)")


class _Piece(NamedTuple):
    """A part of a sequence: its RE2 text, how telling it is (in literal characters), whether it is a gap."""

    text: str
    weight: float = 0.0
    gap: bool = False


@lru_cache(maxsize=8192)
def existence(pattern: str) -> str:
    """Give the existence pattern of a rule's pattern; `EVERYTHING` when there is no narrower one.

    What RE2 cannot compile after all (a limit on repetitions) the engine treats as `EVERYTHING` too.
    """
    if any(mark in pattern for mark in _FOREIGN):
        return EVERYTHING
    if _PLAIN.fullmatch(pattern) and ("|" not in pattern or "|" not in _GROUP.sub("", pattern)):
        return "(?mi)" + pattern[4:] if pattern.startswith("(?i)") else "(?m)" + pattern
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            parsed = _parser.parse(pattern, int(re.ASCII))
    except (re.error, RecursionError, Warning, OverflowError):
        return EVERYTHING
    made = _whole(parsed)
    flags = "(?mi)" if parsed.state.flags & re.IGNORECASE else "(?m)"
    if made.weight <= 0 or parsed.state.flags & (re.VERBOSE | re.DOTALL):
        return EVERYTHING
    return flags + made.text


def _pieces(sequence: Any) -> list[_Piece]:
    return [_piece(operation, argument) for operation, argument in sequence]


def _whole(sequence: Any) -> _Piece:
    """What of a whole pattern is scanned for: the best stretch, or of alternatives the best stretch of each."""
    if len(sequence) == 1 and sequence[0][0] is _parser.BRANCH:
        parts = [_whole(branch) for branch in sequence[0][1][1]]
        return _Piece("|".join(part.text for part in parts), min(part.weight for part in parts))
    pieces = _pieces(sequence)
    made = _best(pieces, _FIRST)
    return made if made.weight >= _ENOUGH else _best(pieces, 0.0)


def _best(pieces: Sequence[_Piece], first: float) -> _Piece:
    """The most telling stretch between two gaps of a sequence; it begins with a piece of at least some weight."""
    best, text, weight = _Piece(""), "", 0.0
    for piece in (*pieces, _Piece("", gap=True)):
        if piece.gap:
            best = max(best, _Piece(text, weight), piece, key=lambda stretch: stretch.weight)
            text, weight = "", 0.0
        elif text or piece.weight >= first:
            text += piece.text
            weight += piece.weight
    return best


def _joined(pieces: Sequence[_Piece]) -> _Piece:
    """A sequence as one piece; where it has a gap, its best stretch, which then stands alone."""
    if any(piece.gap for piece in pieces):
        kept = _best(pieces, 0.0)
        return _Piece(kept.text, kept.weight, gap=True)
    return _Piece("".join(piece.text for piece in pieces), sum(piece.weight for piece in pieces))


def _piece(operation: Any, argument: Any) -> _Piece:
    made = _PIECES.get(operation)
    return made(argument) if made else _Piece("", gap=True)


@cache
def _literal(code: int) -> _Piece:
    char = chr(code)
    if char == "\n":
        return _Piece("", gap=True)
    if char.isascii() and not char.isalnum():
        return _Piece(f"\\x{code:02x}", 0.6 if char == " " else 1.0)
    return _Piece(char, 1.0)


def _class(items: Sequence[tuple[Any, Any]]) -> _Piece:
    text, size, negated = "", 0, False
    for operation, argument in items:
        name = str(operation)
        if name == "NEGATE":
            negated = True
        elif name == "LITERAL":
            text += f"\\x{{{argument:x}}}"
            size += 1
        elif name == "RANGE":
            text += f"\\x{{{argument[0]:x}}}-\\x{{{argument[1]:x}}}"
            size += argument[1] - argument[0] + 1
        elif name == "CATEGORY":
            text += _CATEGORIES[str(argument)]
            size += 10 if str(argument) == "CATEGORY_DIGIT" else 5 if str(argument) == "CATEGORY_SPACE" else 99
    return _Piece(f"[{'^' * negated}{text}]", 0.0 if negated or size >= _WIDE else 0.5 / max(size, 1))


_CATEGORIES = {
    "CATEGORY_DIGIT": r"\d",
    "CATEGORY_NOT_DIGIT": r"\D",
    "CATEGORY_SPACE": r"\s",
    "CATEGORY_NOT_SPACE": r"\S",
    "CATEGORY_WORD": r"\w",
    "CATEGORY_NOT_WORD": r"\W",
}
_ANCHORS = {
    "AT_BEGINNING": ("^", 1.0),
    "AT_BEGINNING_STRING": ("^", 1.0),
    "AT_END": ("$", 0.5),
    "AT_END_STRING": ("$", 0.5),
    "AT_BOUNDARY": (r"\b", 0.1),
    "AT_NON_BOUNDARY": (r"\B", 0.1),
}


def _anchor(where: Any) -> _Piece:
    return _Piece(*_ANCHORS[str(where)])


def _repeat(argument: tuple[int, Any, Any]) -> _Piece:
    least, most, body = argument
    unlimited = most is _parser.MAXREPEAT
    if (unlimited or most > _SHORT) and _is_wide(body):
        return _Piece("", gap=True)
    inner = _joined(_pieces(body))
    if inner.gap:
        return _Piece(f"(?:{inner.text})", inner.weight if least else 0.0, gap=True)
    if not unlimited and most > _MOST:
        unlimited = True
    times = f"{{{least},}}" if unlimited else f"{{{least},{most}}}"
    return _Piece(f"(?:{inner.text}){times}", inner.weight * min(least, 3))


def _is_wide(body: Any) -> bool:
    """One character of a large class: repeated, it may be anything."""
    if len(body) != 1:
        return False
    operation, argument = str(body[0][0]), body[0][1]
    if operation in ("ANY", "NOT_LITERAL"):
        return True
    if operation == "IN":
        return _class(argument).weight == 0.0
    return operation == "SUBPATTERN" and _is_wide(argument[3])


def _branch(argument: tuple[Any, list[Any]]) -> _Piece:
    """Alternatives: one that has a gap inside makes the whole a stretch of its own."""
    parts = [_joined(_pieces(branch)) for branch in argument[1]]
    text = "|".join(part.text for part in parts)
    return _Piece(f"(?:{text})", min(part.weight for part in parts), gap=any(part.gap for part in parts))


def _group(argument: tuple[Any, int, int, Any]) -> _Piece:
    _, added, removed, body = argument
    inner = _joined(_pieces(body))
    flag = "i" if added & re.IGNORECASE else "-i" if removed & re.IGNORECASE else ""
    return _Piece(f"(?{flag}:{inner.text})", inner.weight, inner.gap)


_NAMED: dict[str, Any] = {
    "LITERAL": _literal,
    "NOT_LITERAL": lambda code: _Piece(f"[^\\x{{{code:x}}}]"),
    "ANY": lambda _: _Piece("."),
    "IN": _class,
    "AT": _anchor,
    "MAX_REPEAT": _repeat,
    "MIN_REPEAT": _repeat,
    "POSSESSIVE_REPEAT": _repeat,
    "BRANCH": _branch,
    "SUBPATTERN": _group,
    "ATOMIC_GROUP": lambda body: _group((None, 0, 0, body)),
    "ASSERT": lambda _: _Piece(""),
    "ASSERT_NOT": lambda _: _Piece(""),
}
"""Everything else (backreferences, conditionals) is a gap."""

_PIECES = {getattr(_parser, name): made for name, made in _NAMED.items()}
