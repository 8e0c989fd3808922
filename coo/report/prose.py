"""Advice in prose -> Markdown: paragraphs, lists and inline code stay; everything else is only text."""

from __future__ import annotations

import re

from coo.core.neutralise import code_span, inert_for_runner, markdown_inline, visible

_ITEM = re.compile(r"\s*(?:[-*]|\d{1,2}[.)])\s+")
_CODE = re.compile(r"`([^`]+)`")
_MAX_CHARS = 8_000


def prose(text: str) -> str:
    """Markdown of `text`, which may be a rule's or a model's. `-`, `*` and `1.` lines become lists."""
    blocks: list[list[str]] = [[]]
    for line in inert_for_runner(visible(text[:_MAX_CHARS])).split("\n"):
        item = _ITEM.match(line)
        if not line.strip():
            blocks.append([])
        elif item:
            if blocks[-1] and not blocks[-1][-1].startswith("- "):
                blocks.append([])
            blocks[-1].append("- " + _inline(line[item.end() :]))
        elif blocks[-1] and blocks[-1][-1].startswith("- "):
            blocks[-1][-1] += " " + _inline(line)
        else:
            blocks[-1].append(_inline(line))
    return "\n\n".join("\n".join(block) for block in blocks if block)


def _inline(line: str) -> str:
    """A line with its inline code; an odd backtick is a character like another."""
    parts = _CODE.split(line.strip())
    out = [code_span(part) if at % 2 else _text(part) for at, part in enumerate(parts)]
    return "".join(out).strip()


def _text(part: str) -> str:
    """A piece between two pieces of code: its outer blanks count."""
    shown = markdown_inline(part)
    if not shown:
        return " " if part else ""
    return " " * part.startswith(" ") + shown + " " * part.endswith(" ")
