"""A verdict as a compiler would show it: where, the lines, what is marked, and remarks."""

from __future__ import annotations

import re
from collections.abc import Sequence

from coo.core.model import AlsoMatched, Classification, Evidence, Kind, Line, ModelUse, Note, Severity
from coo.report.layout import Page, cells
from coo.report.words import decided_by, heading, note_text, sureness

_COLOUR = {Severity.CRITICAL: "red", Severity.MAJOR: "red", Severity.MINOR: "yellow"}
_COMMAND = re.compile(r"(?:## \[\w+\])?\s*")
_ITEMS = re.compile(r"\n(?=\s*(?:[-*]|\d{1,2}[.)])\s)|\n\s*\n")
_MAX_LINES = 40


def excerpt(context: Sequence[Line], evidence: Sequence[Evidence]) -> list[tuple[int, str]]:
    """The lines to show, by number: the context of the first evidence line, and the evidence itself."""
    if not evidence:
        return [(line.number, line.text) for line in context][:_MAX_LINES]
    job = evidence[0].job
    lines = {line.number: line.text for line in context}
    lines |= {each.line: each.text for each in evidence if each.job == job}
    return sorted(lines.items())[:_MAX_LINES]


def place(evidence: Evidence, job: str | None = None) -> str:
    """Where a line stands: `job / step : line`, without what is not known."""
    where = " / ".join(part for part in (job or evidence.job, evidence.step) if part)
    return f"{where} : {evidence.line}" if where else f"line {evidence.line}"


def verdict_block(
    page: Page,
    verdict: Classification,
    context: Sequence[Line] = (),
    job: str | None = None,
    model: ModelUse | None = None,
    notes: Sequence[Note] = (),
) -> list[str]:
    """The lines of one verdict."""
    head = page.field(heading(verdict))
    out = page.wrap(f"{head}: {page.field(verdict.summary or verdict.title)}", rest="  ")
    out[0] = out[0].replace(head, page.paint(head, _COLOUR[verdict.severity]), 1)
    if verdict.evidence:
        out.append(page.cut(f"  --> {page.field(place(verdict.evidence[0], job))}", page.width))
    shown = excerpt(context, verdict.evidence)
    gutter = max((len(str(number)) for number, _ in shown), default=3)
    out += _source(page, shown, verdict.evidence, gutter)
    out += _remarks(page, verdict, model, notes, " " * (gutter + 1))
    return out


def _source(page: Page, shown: Sequence[tuple[int, str]], evidence: Sequence[Evidence], gutter: int) -> list[str]:
    out: list[str] = []
    before: int | None = None
    for number, text in shown:
        if before is not None and number > before + 1:
            out.append(page.paint("...", "blue"))
        before = number
        margin = f"{number:>{gutter}} | "
        line = page.cut(page.field(text), page.width - len(margin))
        out.append(page.paint(margin, "blue") + line if line else page.paint(margin.rstrip(), "blue"))
        if evidence and number == evidence[0].line:
            out += _carets(page, line, gutter)
    return out


def _carets(page: Page, line: str, gutter: int) -> list[str]:
    """The line of carets under the text of the line that decided, past the runner's `##[error]`."""
    match = _COMMAND.match(line)
    start = line[: match.end()] if match else ""
    marked = line[len(start) :].rstrip()
    if not marked:
        return []
    return [f"{' ' * gutter} | {' ' * cells(start)}{page.paint('^' * cells(marked), 'red')}"]


def _remarks(
    page: Page, verdict: Classification, model: ModelUse | None, notes: Sequence[Note], indent: str
) -> list[str]:
    remarks = [f"confidence: {sureness(verdict)} ({decided_by(verdict, model)})", f"severity: {verdict.severity.value}"]
    if verdict.ambiguous:
        between = ", ".join(verdict.candidates) or "rules of different categories"
        remarks.append(f"ambiguous between: {between}")
    if verdict.also_matched:
        remarks.append(f"also matched: {_also(verdict.also_matched)}")
    mark, rest = f"{indent}= ", f"{indent}  "
    out = [line for remark in remarks for line in page.wrap(page.field(remark), mark, rest, most=8)]
    for at, part in enumerate(_ITEMS.split(verdict.remediation.strip())[:8]):
        if part.strip():
            text = page.field(f"help: {part}" if at == 0 else part)
            out += page.wrap(text, rest if at else mark, rest, most=6)
    for note in notes:
        out += page.wrap(page.field(f"note: {note_text(note)}"), mark, rest, most=8)
    return out


def _also(also: Sequence[AlsoMatched], most: int = 8) -> str:
    """Each rule once, with its kind, or why it lost where it is a cause like the winner."""
    told: dict[str, str] = {}
    for each in also:
        told.setdefault(each.rule_id, each.lost_because if each.kind is Kind.CAUSE else each.kind.value)
    parts = [f"{rule} ({why})" if why else rule for rule, why in told.items()]
    more = f", and {len(parts) - most} more" if len(parts) > most else ""
    return ", ".join(parts[:most]) + more


def explain_block(page: Page, verdict: Classification) -> list[str]:
    """Every match of a verdict: line, kind, rule, category, and why it lost (`--explain`)."""
    rows: list[tuple[str, str, str, str, str]] = []
    if verdict.rule_id and verdict.evidence:
        kind = verdict.kind.value if verdict.kind else ""
        rows.append((str(verdict.evidence[0].line), kind, verdict.rule_id, verdict.category.value, "won"))
    rows += [
        (str(each.line), each.kind.value, each.rule_id, each.category.value, f"lost: {each.lost_because}")
        for each in verdict.also_matched
    ]
    if not rows:
        return ["  no rule matched"]
    columns = [max(len(row[at]) for row in rows) for at in range(4)]
    out = ["  matches:"]
    for row in rows:
        line, *cols = (
            cell.rjust(size) if at == 0 else cell.ljust(size)
            for at, (cell, size) in enumerate(zip(row[:4], columns, strict=True))
        )
        text = "  ".join([line, *cols])
        first = page.field(f"  {text}  ")
        if cells(first) + 16 > page.width:  # too narrow for one line a match
            out += [page.cut(first.rstrip(), page.width), *page.wrap(page.field(row[4]), "      ", "      ")]
        else:
            out += page.wrap(page.field(row[4]), first, " " * cells(first))
    return out
