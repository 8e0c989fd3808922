"""The prose of a playbook: a section for each category, of which the model gets the relevant ones."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

_HEADING = re.compile(r"##\s+`?([a-z_]+)`?\s*")
_FENCE = re.compile(r"\s{0,3}(```+|~~~+)")


def sections(markdown: str) -> dict[str, str]:
    """The text under each `## name` heading, by name, heading included; text before the first is left out."""
    found: dict[str, list[str]] = {}
    current: list[str] | None = None
    for line, fenced in _lines(markdown):
        heading = None if fenced else _HEADING.fullmatch(line)
        if heading:
            current = found.setdefault(heading[1], [])
        elif not fenced and re.match(r"##?\s", line):
            current = None  # a heading that is no category belongs to none
        if current is not None:
            current.append(line)
    return {name: "\n".join(lines).strip() for name, lines in found.items()}


def guidance(markdown: str, categories: Iterable[str]) -> str:
    """The sections of `categories`, in that order, separated by blank lines; a missing one is left out."""
    by_name = sections(markdown)
    wanted = dict.fromkeys(str(category) for category in categories)
    return "\n\n".join(by_name[name] for name in wanted if name in by_name)


def outline(markdown: str, categories: Iterable[str]) -> str:
    """The heading and the first paragraph of each category's section: what belongs there, without what is done."""
    by_name = sections(markdown)
    parts = (by_name[str(name)].split("\n\n") for name in categories if str(name) in by_name)
    return "\n\n".join("\n\n".join(part[:2]) for part in parts)


def _lines(markdown: str) -> Iterator[tuple[str, bool]]:
    """Each line, and whether it stands in a fenced block."""
    fence = ""
    for line in markdown.splitlines():
        mark = _FENCE.match(line)
        yield line, bool(fence) or mark is not None
        if mark and not fence:
            fence = mark[1]
        elif mark and fence and mark[1].startswith(fence) and not line.strip().strip(fence[0]):
            fence = ""
