"""The project's documents, taken apart: their links, headings, tables and blocks of code."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

ROOT = Path(__file__).resolve().parents[2]
RULE_PAGES = tuple(sorted((ROOT / "docs" / "rules").glob("*/*.md")))
"""Made by `coo rules docs`, and many: the tests look at all of them at once."""
DOCUMENTS = tuple(
    sorted({*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "playbooks").glob("*.md")} - {*RULE_PAGES})
)
_COMMENT = re.compile(r"<!-- (?P<key>[a-z]+): (?P<value>.+?) -->")


@dataclass(frozen=True, slots=True)
class Block:
    """A block of code. `said`: the comment before it as (key, value), like (`file`, `rules/x.yml`)."""

    page: Path
    line: int
    language: str
    text: str
    said: tuple[str, str] | None = None

    @property
    def name(self) -> str:
        """Where it stands, for a reader."""
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def name_of(page: Path) -> str:
    """A page's path in the repository."""
    return page.relative_to(ROOT).as_posix()


@cache
def tokens(page: Path) -> tuple[Token, ...]:
    """The page as a Markdown parser sees it."""
    return tuple(MarkdownIt("commonmark").enable("table").parse(page.read_text(encoding="utf-8")))


def blocks(*pages: Path) -> list[Block]:
    """The blocks of code of these pages (of all without any)."""
    out = []
    for page in pages or DOCUMENTS:
        said: tuple[str, str] | None = None
        for token in tokens(page):
            if token.type == "html_block":
                found = _COMMENT.match(token.content)
                said = (found["key"], found["value"]) if found else None
            elif token.type == "fence":
                line = token.map[0] + 1 if token.map else 0
                out.append(Block(page, line, token.info.strip(), token.content, said))
                said = None
            elif token.type.endswith("_open"):
                said = None
    return out


def inline(page: Path) -> Iterator[Token]:
    """Every piece of text of a page."""
    for token in tokens(page):
        yield from token.children or ()


def links(page: Path) -> Iterator[str]:
    """The targets of a page's links."""
    for token in inline(page):
        if token.type == "link_open":
            yield str(token.attrs["href"])


def code_spans(page: Path) -> set[str]:
    """What a page sets in code within its text."""
    return {token.content for token in inline(page) if token.type == "code_inline"}


def anchors(page: Path) -> set[str]:
    """The anchors that GitHub gives a page's headings."""
    found: dict[str, int] = {}
    out = set()
    all_tokens = tokens(page)
    for place, token in enumerate(all_tokens):
        if token.type != "heading_open":
            continue
        slug = re.sub(r"[^\w\- ]", "", all_tokens[place + 1].content.lower()).replace(" ", "-")
        count = found.get(slug, 0)
        found[slug] = count + 1
        out.add(f"{slug}-{count}" if count else slug)
    return out


def tables(page: Path) -> list[list[list[str]]]:
    """A page's tables as rows of cells in Markdown, the heading row first."""
    out: list[list[list[str]]] = []
    before = ""
    for token in tokens(page):
        if token.type == "table_open":
            out.append([])
        elif token.type == "tr_open":
            out[-1].append([])
        elif before in ("th_open", "td_open"):
            out[-1][-1].append(token.content)
        before = token.type
    return out


def first_column(page: Path, heading: str) -> list[str]:
    """The first cells, without back-ticks, of every table of a page whose first column has this heading."""
    rows = [row for table in tables(page) if table[0][0] == heading for row in table[1:]]
    return [row[0].strip("`") for row in rows]
