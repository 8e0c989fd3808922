"""From a rule's `regex` pattern to one that a linear-time automaton can scan whole blocks of lines with.

The existence pattern matches wherever the rule's own pattern does, and perhaps elsewhere (it is *sound*);
the exact pattern is then tried on the lines found. What RE2 cannot express is made wider: lookarounds are
dropped, atomic and possessive parts become plain ones, backreferences become `.*`.
"""

from __future__ import annotations

from coo.core.automaton import compiles

EVERYTHING = ""
"""The existence pattern of last resort: every line is a candidate."""


def existence(pattern: str) -> str:
    """Give the existence pattern of a rule's pattern; `EVERYTHING` when there is no narrower one."""
    for candidate in (_normal(pattern), _widened(pattern)):
        if candidate is not None and compiles("(?m)" + candidate):
            return "(?m)" + candidate
    return EVERYTHING


# \A, \Z and \z mean the block's ends in a whole-block scan, \v and \R differ between the two engines.
_UNSOUND = frozenset("AZzGKRXvhmMpPLNCQEuU")


def _normal(pattern: str) -> str | None:
    """The pattern itself, or None where the two engines read it differently."""
    if "(?" in pattern and any(mark in pattern for mark in ("(?x", "(?V", "(?s", "(?L", "(?u", "(?b", "(?e", "(?r")):
        return None
    return None if _escapes(pattern) & _UNSOUND or "{," in pattern or "{e" in pattern else pattern


def _escapes(pattern: str) -> set[str]:
    found, at = set(), 0
    while (at := pattern.find("\\", at)) >= 0 and at + 1 < len(pattern):
        found.add(pattern[at + 1])
        at += 2
    return found


_LOOK = ("(?=", "(?!", "(?<=", "(?<!")


def _widened(pattern: str) -> str | None:
    """Drop what RE2 does not have; None when the pattern holds something that has no simple wider form."""
    if _normal(pattern) is None:
        return None
    out: list[str] = []
    at, size = 0, len(pattern)
    while at < size:
        char = pattern[at]
        if char == "\\":
            step = _escape(pattern, at)
            out.append(step[0])
            at = step[1]
        elif char == "[":
            stop = _class_end(pattern, at)
            out.append(pattern[at:stop])
            at = stop
        elif pattern.startswith(_LOOK, at):
            out.append("(?:)")
            at = _group_end(pattern, at)
            while at < size and pattern[at] in "*+?":
                at += 1
        elif pattern.startswith("(?>", at):
            out.append("(?:")
            at += 3
        elif pattern.startswith("(?P=", at):
            out.append(".*")
            at = _group_end(pattern, at)
        elif char == "+" and out and out[-1] in ("*", "+", "?", "}"):
            at += 1  # possessive
        else:
            out.append(char)
            at += 1
    return "".join(out)


def _escape(pattern: str, at: int) -> tuple[str, int]:
    nxt = pattern[at + 1 : at + 2]
    if nxt.isdigit() and nxt != "0":
        return ".*", at + 2
    if nxt == "g":
        return ".*", pattern.find(">", at) + 1 or len(pattern)
    return pattern[at : at + 2], at + 2


def _class_end(pattern: str, at: int) -> int:
    stop = at + 1
    if pattern[stop : stop + 1] == "^":
        stop += 1
    if pattern[stop : stop + 1] == "]":
        stop += 1
    while stop < len(pattern) and pattern[stop] != "]":
        if pattern[stop] == "\\":
            stop += 2
        elif pattern.startswith("[:", stop):
            stop = pattern.find(":]", stop) + 2
        else:
            stop += 1
    return stop + 1


def _group_end(pattern: str, at: int) -> int:
    depth = 0
    while at < len(pattern):
        char = pattern[at]
        if char == "\\":
            at += 2
            continue
        if char == "[":
            at = _class_end(pattern, at)
            continue
        depth += (char == "(") - (char == ")")
        at += 1
        if depth == 0:
            break
    return at
