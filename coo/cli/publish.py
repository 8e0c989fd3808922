"""Where the report of a triage goes: the terminal, a folder, and GitHub Actions' files."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from coo.cli.common import output, screen, tell
from coo.core.errors import InputError

if TYPE_CHECKING:
    from coo.core.model import Triage


def publish(done: Triage, format: str, report_dir: Path | None) -> None:
    """Leave the report where Actions and the caller look for it, and print it.

    A place that cannot be written keeps nothing from the others; its `InputError` comes last.
    """
    import time

    from coo.adapters.actions import write_report, write_summary
    from coo.report.as_json import triage_json
    from coo.report.markdown import triage_markdown

    now = time.time()
    writes: list[Callable[[], None]] = []
    if report_dir is not None:
        files = {"report.md": triage_markdown(done, now=now), "report.json": triage_json(done)}
        writes.append(partial(write_report, report_dir, files))
    if summary := os.environ.get("GITHUB_STEP_SUMMARY"):
        writes.append(partial(write_summary, triage_markdown(done, now=now), Path(summary)))
    writes += [partial(write_outputs, _outputs(done, report_dir)), partial(output, _render(done, format, now))]
    faults: list[InputError] = []
    for write in writes:
        try:
            write()
        except InputError as fault:
            faults.append(fault)
    for other in faults[1:]:
        tell(other)
    if faults:
        raise faults[0]


def write_outputs(outputs: dict[str, str]) -> None:
    """Set the outputs of the step, where Actions asks for them. Raises `InputError` when that cannot be done."""
    from coo.adapters import actions

    if path := os.environ.get("GITHUB_OUTPUT"):
        actions.write_outputs(outputs, Path(path))


def _outputs(done: Triage, report_dir: Path | None) -> dict[str, str]:
    verdict, decision, outcome = done.classification, done.decision, done.outcome
    return {
        "category": verdict.category,
        "subtype": verdict.subtype,
        "rule-id": verdict.rule_id or "",
        "confidence": verdict.confidence,
        "source": verdict.source,
        "action": decision.action,
        "outcome": outcome.status,
        "owner": decision.owner,
        "issue-url": outcome.issue_url or "",
        "report-path": str(report_dir / "report.md") if report_dir else "",
        "cost-usd": f"{done.usd:.6f}",
    }


def _render(done: Triage, format: str, now: float) -> str:
    if format == "json":
        from coo.report.as_json import triage_json

        return triage_json(done)
    if format == "jsonl":
        from coo.report.as_json import dumps, triage_object

        return dumps(triage_object(done)) + "\n"
    if format == "sarif":
        from coo.report.sarif import triage_sarif

        return triage_sarif(done)
    if format == "markdown":
        from coo.report.markdown import triage_markdown

        return triage_markdown(done, now=now)
    if format == "github":
        from coo.report.github import triage_annotations

        return triage_annotations(done)
    from coo.report.text import triage_text

    page = screen()
    return triage_text(done, width=page.width, colour=page.colour, unicode=page.unicode, now=now)
