"""GitHub Markdown for what others read there: secrets hidden, then made harmless. Issues and comments use only this.

Hidden first, as an escaped secret has lost its shape. The functions are those of `neutralise`, under their names.
"""

from __future__ import annotations

from coo.core import neutralise
from coo.core.redact import redact


def markdown_inline(text: str, limit: int | None = None) -> str:
    """For a place inside a line."""
    return neutralise.markdown_inline(redact(text), limit)


neutralise_markdown = markdown_inline


def code_span(text: str, limit: int | None = None, table: bool = False) -> str:
    """As inline code; `table` for a cell of a table."""
    return neutralise.code_span(redact(text), limit, table)


def code_block(text: str, info: str = "", limit: int | None = None) -> str:
    """As a fenced block."""
    return neutralise.code_block(redact(text), info, limit)


def markdown_link(text: str, url: str) -> str:
    """A link whose text is not trusted, to an address that GitHub or a playbook gave."""
    return neutralise.markdown_link(redact(text), url)
