"""What patterns of names have to do with each other. Pure; no answer here is a guess: False means "not proven"."""

from __future__ import annotations

import re
from functools import lru_cache

_BRANCH_TOKEN = re.compile(r"\*\*|\*|\?|.", re.DOTALL)


def covers_name(wide: str, narrow: str) -> bool:
    """Whether every name that `narrow` matches is matched by `wide` (see `patterns.name_matches`)."""
    return _covers(tuple(wide.casefold()), tuple(narrow.casefold()), branch=False)


def covers_branch(wide: str, narrow: str) -> bool:
    """Whether every branch that `narrow` matches is matched by `wide` (see `patterns.branch_matches`)."""
    tokens = (tuple(_BRANCH_TOKEN.findall(one)) for one in (wide, narrow))
    return _covers(*tokens, branch=True)


def apart(one: str, other: str) -> bool:
    """Whether no branch can match both patterns: what stands before their first wildcards differs."""
    first, second = (re.split(r"[*?]", pattern, maxsplit=1)[0] for pattern in (one, other))
    both_plain = first == one and second == other
    return first != second if both_plain else not (first.startswith(second) or second.startswith(first))


@lru_cache(maxsize=4096)
def _covers(wide: tuple[str, ...], narrow: tuple[str, ...], branch: bool) -> bool:
    if not wide:
        return not narrow
    head, rest = wide[0], wide[1:]
    if head in ("*", "**"):
        eats = narrow and (head == "**" or not branch or narrow[0] not in ("/", "**"))
        return _covers(rest, narrow, branch) or bool(eats and _covers(wide, narrow[1:], branch))
    if not narrow:
        return False
    same = head == narrow[0] or (branch and head == "?" and narrow[0] not in ("/", "*", "**"))
    return same and _covers(rest, narrow[1:], branch)
