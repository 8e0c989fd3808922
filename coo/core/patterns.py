"""Patterns of branch and workflow names, and which branch names coo may act on."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

# A name outside of this may be fine for git, but then a person looks at it: look-alike letters, percent
# encodings, control characters and revision syntax (`@{`, `~`, `^`) have no place in an automation's branch.
_PLAIN_BRANCH = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+/-]*")
_READS_AS_COMMIT = re.compile(r"head|[0-9a-f]{40}|[0-9a-f]{64}", re.IGNORECASE)
MAX_BRANCH = 244
"""Characters that GitHub takes for a branch's name."""


@lru_cache(maxsize=1024)
def _branch_regex(pattern: str) -> re.Pattern[str]:
    parts = re.split(r"(\*\*|\*|\?)", pattern)
    kinds = {"**": ".*", "*": "[^/]*", "?": "[^/]"}
    return re.compile("".join(kinds.get(part, re.escape(part)) for part in parts), re.DOTALL)


def branch_matches(name: str, pattern: str) -> bool:
    """Whether a branch name matches a pattern of GitHub's branch filters, letter case included.

    `*` is any characters but `/`, `**` any characters, `?` one character but `/`; all else is literal.
    """
    return _branch_regex(pattern).fullmatch(name) is not None


def first_branch_match(name: str, patterns: Sequence[str]) -> str | None:
    """The first of `patterns` that the branch name matches, or None."""
    return next((pattern for pattern in patterns if branch_matches(name, pattern)), None)


def name_matches(name: str, pattern: str) -> bool:
    """Whether a name (of a workflow, a rule, a subtype) matches: `*` is anything, letter case does not count."""
    regex = ".*".join(re.escape(part) for part in pattern.split("*"))
    return re.fullmatch(regex, name, re.IGNORECASE | re.DOTALL) is not None


def branch_fault(name: str) -> str | None:
    """Why coo must not act on a branch of this name, or None when the name is plain.

    This is stricter than git: what an automation writes is plain, and anything else is for a person.
    """
    if not name:
        return "the branch has no name"
    if not name.isascii() or not name.isprintable():
        return "the name has characters outside printable ASCII"
    if len(name) > MAX_BRANCH:
        return f"the name is longer than {MAX_BRANCH} characters"
    if name.casefold() == "refs" or name.casefold().startswith("refs/"):
        return "the name begins with refs/"
    if _READS_AS_COMMIT.fullmatch(name):
        return "the name reads as HEAD or as a commit"
    if ".." in name:
        return "the name has .."
    segments = name.split("/")
    if not all(segments):
        return "the name has an empty part"
    if any(part[0] in ".-" or part.endswith((".", ".lock")) for part in segments):
        return "a part of the name begins with . or -, or ends with . or .lock"
    if not _PLAIN_BRANCH.fullmatch(name):
        return "the name has characters other than letters, digits and . _ + / -"
    return None
