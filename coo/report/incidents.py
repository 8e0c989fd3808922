"""Incidents of the ledger as text, JSON lines and CSV."""

from __future__ import annotations

import csv
import datetime
import io
from collections.abc import Sequence
from dataclasses import asdict, fields

from coo.core.incident import Incident
from coo.core.neutralise import inert_for_runner, terminal_line
from coo.core.redact import redact
from coo.report.as_json import dumps
from coo.report.layout import Page

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
"""What makes a spreadsheet take a cell for a formula (OWASP, "CSV injection")."""
COLUMNS = tuple(one.name for one in fields(Incident) if one.name not in ("jobs", "models"))


def moment(at: float) -> str:
    """A time in UTC, as ISO 8601 to the second."""
    return datetime.datetime.fromtimestamp(at, datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def incidents_text(incidents: Sequence[Incident], more: bool, width: int = 80, unicode: bool = True) -> str:
    """Two lines an incident, the newest first. `more`: there are older ones that are not shown."""
    page = Page(max(60, min(width, 120)), False, unicode)
    lines = []
    for one in incidents:
        verdict = f"{one.category}/{one.subtype}" if one.category != "unknown" else "unknown"
        lines.append(
            page.cut(
                page.field(f"{one.id:5} {moment(one.at)[:16]}Z {one.fingerprint[:8]} {one.repo} {one.branch}"),
                page.width,
            )
        )
        told = f"      {verdict} by {one.rule_id or one.source}: {one.action}, {one.status}"
        lines.append(page.cut(page.field(told), page.width))
    if not incidents:
        lines.append("no incidents")
    if more:
        lines.append("older ones are not shown: --limit N")
    return inert_for_runner("\n".join(line.rstrip() for line in lines)) + "\n"


def incident_text(one: Incident, width: int = 80, unicode: bool = True) -> str:
    """Everything that is remembered of one incident."""
    page = Page(max(60, min(width, 120)), False, unicode)
    rows = [
        ("run", f"{one.repo} run {one.run_id}, attempt {one.attempt} ({one.workflow}, {one.event})"),
        ("at", moment(one.at)),
        ("branch", f"{one.branch} at {one.sha[:12]}" + (" (default)" if one.on_default else "")),
        ("verdict", f"{one.category}/{one.subtype}, {one.severity}, confidence {one.confidence}"),
        ("by", f"rule {one.rule_id}" if one.rule_id else f"source {one.source}"),
        ("summary", one.summary),
        ("fingerprint", one.fingerprint),
        ("decision", f"{one.action} by play {one.play}, for {one.owner}, {one.priority}"),
        ("planned", one.planned if one.planned != one.action else ""),
        ("outcome", f"{one.status}: {one.detail}"),
        ("issue", one.issue_url or ""),
        ("cost", f"${one.usd:.4f}, {len(one.models)} questions to a model, {one.seconds:.1f} s"),
        ("url", one.url),
    ]
    lines = [f"incident {one.id}"]
    for name, text in rows:
        lines += page.wrap(page.field(text), f"  {name:11} ", " " * 14) if text else []
    for job in one.jobs:
        lines += ["", *page.wrap(page.field(f"job {job.name}: {job.category}/{job.subtype}, {job.summary}"), rest="  ")]
        shown = job.context.splitlines() or [f"{e.line} | {e.text}" for e in job.evidence]
        lines += [page.cut(f"  {page.field(line)}", page.width) for line in shown]
    return inert_for_runner("\n".join(line.rstrip() for line in lines)) + "\n"


def incident_json(one: Incident) -> str:
    """One object on one line, with its jobs and models."""
    return dumps({"version": 1, **asdict(one), "at": moment(one.at)})


def incidents_csv(incidents: Sequence[Incident]) -> str:
    """A table with a head. A text that a spreadsheet would take for a formula begins with an apostrophe."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for one in incidents:
        values = {name: getattr(one, name) for name in COLUMNS} | {"at": moment(one.at)}
        writer.writerow([cell(value) for value in values.values()])
    return out.getvalue()


def cell(value: object) -> str:
    """A value for a spreadsheet: one line, no secrets, never a formula."""
    if value is None:
        return ""
    if isinstance(value, bool | int | float):
        return str(value)
    text = terminal_line(redact(str(value)))  # also for a runner, which reads standard output
    return f"'{text}" if text.lstrip().startswith(_FORMULA) or text.startswith(_FORMULA) else text
