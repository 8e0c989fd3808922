"""What a terminal shows of `coo classify`: a block for one log, a line for each of many."""

from __future__ import annotations

from collections.abc import Sequence

from coo.core.model import Classification
from coo.core.neutralise import inert_for_runner
from coo.report.layout import Page
from coo.report.results import LogResult
from coo.report.snippet import explain_block, verdict_block
from coo.report.words import cost, heading, note_text, plural, tally

_BLOCKS = 3
"""Up to so many logs get a block each; more get a line each."""


def classify_text(
    results: Sequence[LogResult], *, width: int = 80, colour: bool = False, unicode: bool = True, explain: bool = False
) -> str:
    """The verdicts of logs for people in a terminal. `explain`: every match, and why it lost."""
    page = Page(max(width, 40), colour, unicode)
    blocks = explain or len(results) <= _BLOCKS
    parts = [_block(page, result, explain) for result in results] if blocks else [_lines(page, results)]
    parts.append(_footer(page, results))
    return inert_for_runner("\n\n".join("\n".join(line.rstrip() for line in part) for part in parts)) + "\n"


def _block(page: Page, result: LogResult, explain: bool) -> list[str]:
    if result.classification is None:
        return _unread(page, result)
    size = f"{plural(result.lines, 'line')}, {result.size:,} bytes"
    lines = page.wrap(f"{page.field(result.name)} ({size})", rest="  ")
    lines += verdict_block(page, result.classification, result.context, model=result.model, notes=result.notes)
    return [*lines, *explain_block(page, result.classification)] if explain else lines


def _unread(page: Page, result: LogResult) -> list[str]:
    if result.error is None:
        return page.wrap(f"{page.field(result.name)}: not classified", rest="  ")
    message = f"{result.name}: error[{result.error.code}]: {result.error.message}"
    lines = page.wrap(page.field(message), rest="  ")
    return lines + (page.wrap(page.field(result.error.help), "  help: ", "        ") if result.error.help else [])


def _lines(page: Page, results: Sequence[LogResult]) -> list[str]:
    out: list[str] = []
    for result in results:
        found = result.classification
        if found is None:
            out += _unread(page, result)
            continue
        out.append(page.cut(page.field(f"{_where(result, found)}: {heading(found)}"), page.width))
        out.append(page.cut(f"  {page.field(found.summary or found.title)}", page.width))
        told = ", ".join(note_text(note) for note in result.notes)
        out += page.wrap(page.field(told), "  note: ", "        ") if told else []
    return out


def _where(result: LogResult, found: Classification) -> str:
    return f"{result.name}:{found.evidence[0].line}" if found.evidence else result.name


def _footer(page: Page, results: Sequence[LogResult]) -> list[str]:
    verdicts = [result.classification for result in results if result.classification]
    parts = [tally(verdicts, "log")]
    unread = len(results) - len(verdicts)
    if unread:
        parts.append(f"{unread} not readable")
    parts.append(page.field(cost(result.model for result in results if result.model)))
    return page.join(parts, f" {page.mark('·')} ")
