"""`coo incidents`: what the ledger remembers."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from coo.cli.common import ConfigOption, QuietOption, one_of, output, say, screen
from coo.core.errors import CooError, Exit, InputError

if TYPE_CHECKING:
    from coo.adapters.ledger import Ledger
    from coo.adapters.ledger.store import Query
    from coo.adapters.settings import Settings
    from coo.core.model import Triage
    from coo.ports import Memory

LedgerOption = Annotated[
    str | None,
    typer.Option("--ledger", metavar="URL", help="A file, or postgresql://...; else $COO_LEDGER_URL, else your own."),
]
RepoOption = Annotated[str | None, typer.Option("--repo", metavar="OWNER/NAME", help="Of this repository.")]
CategoryOption = Annotated[str | None, typer.Option("--category", help="Of this category.")]
SourceOption = Annotated[str | None, typer.Option("--source", help="Decided by: rule, model or none.")]
RuleOption = Annotated[str | None, typer.Option("--rule", metavar="ID", help="Decided by this rule.")]
PrintOption = Annotated[str | None, typer.Option("--fingerprint", help="Of the failure that begins so.")]
SinceOption = Annotated[str | None, typer.Option("--since", metavar="AGE", help="Not older than 90m, 36h, 14d, 8w.")]
_UNITS = {"m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0}
_ALL = 10**9


def register(app: typer.Typer) -> None:
    """Add the group."""
    group = typer.Typer(help="Show and export what the ledger remembers of past triages.", no_args_is_help=True)
    group.command("list")(list_)
    group.command("show")(show)
    group.command("export")(export)
    app.add_typer(group, name="incidents")


def list_(
    repo: RepoOption = None,
    category: CategoryOption = None,
    source: SourceOption = None,
    rule: RuleOption = None,
    fingerprint: PrintOption = None,
    since: SinceOption = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="At most so many.")] = 30,
    format: Annotated[str, typer.Option("--format", "-f", help="text or jsonl")] = "text",
    ledger: LedgerOption = None,
    config: ConfigOption = None,
) -> int:
    """List incidents, the newest first."""
    from coo.report.incidents import incident_json, incidents_text

    one_of(format, ("text", "jsonl"), "--format")
    query = _query(repo, category, source, rule, fingerprint, since)
    with opened(ledger, config) as book:
        found = book.incidents(query, limit + 1)
    page = screen()
    if format == "jsonl":
        output("".join(f"{incident_json(one)}\n" for one in found[:limit]))
    else:
        output(incidents_text(found[:limit], len(found) > limit, page.width, page.unicode))
    return Exit.OK


def show(
    number: Annotated[int, typer.Argument(metavar="ID", help="The incident's number, from `coo incidents list`.")],
    format: Annotated[str, typer.Option("--format", "-f", help="text or json")] = "text",
    ledger: LedgerOption = None,
    config: ConfigOption = None,
) -> int:
    """Show all that is remembered of one incident."""
    from coo.report.incidents import incident_json, incident_text

    one_of(format, ("text", "json"), "--format")
    with opened(ledger, config) as book:
        found = book.incident(number)
    if found is None:
        raise InputError("no-such-incident", f"there is no incident {number}", "`coo incidents list` shows them")
    page = screen()
    output(incident_json(found) if format == "json" else incident_text(found, page.width, page.unicode))
    return Exit.OK


def export(
    path: Annotated[Path | None, typer.Option("-o", "--output", metavar="FILE", help="Else standard output.")] = None,
    format: Annotated[
        str, typer.Option("--format", "-f", help="jsonl (whole incidents) or csv (a line each)")
    ] = "jsonl",
    repo: RepoOption = None,
    category: CategoryOption = None,
    source: SourceOption = None,
    rule: RuleOption = None,
    fingerprint: PrintOption = None,
    since: SinceOption = None,
    ledger: LedgerOption = None,
    config: ConfigOption = None,
    quiet: QuietOption = False,
) -> int:
    """Write incidents out, the newest first: JSON lines with jobs and evidence, or a table for a spreadsheet."""
    from coo.report.incidents import incident_json, incidents_csv

    one_of(format, ("jsonl", "csv"), "--format")
    query = _query(repo, category, source, rule, fingerprint, since)
    with opened(ledger, config) as book:
        found = book.incidents(query, _ALL)
        whole = [book.incident(one.id) or one for one in found] if format == "jsonl" else found
    text = incidents_csv(whole) if format == "csv" else "".join(f"{incident_json(one)}\n" for one in whole)
    if path is None:
        output(text)
    else:
        try:
            path.write_text(text, encoding="utf-8", newline="")
        except OSError as error:
            raise InputError("unwritable", f"{path}: {error.strerror or error}", "choose another file") from None
    say(f"{len(whole)} incidents", quiet)
    return Exit.OK


def ledger_memory(settings: Settings, repo: str) -> Memory | None:
    """The ledger's memory of a repository; None, and a warning, where there is no ledger to be had."""
    from coo.adapters.clock import SystemClock
    from coo.adapters.ledger.open import OFF, default_url

    url = settings.ledger or default_url()
    if url == OFF:
        return None
    from coo.adapters.ledger import open_ledger
    from coo.adapters.ledger.memory import LedgerMemory

    try:
        return LedgerMemory(open_ledger(url), repo, SystemClock())
    except CooError as fault:
        say(f"warning: no ledger: {fault.message}; limits are counted by GitHub instead")
        return None


def remember(done: Triage, settings: Settings) -> str | None:
    """Put a triage into the ledger; gives why it could not be, or None. What it did stays done either way."""
    from coo.adapters.ledger.open import OFF, default_url

    url = settings.ledger or default_url()
    if url == OFF:
        return None
    from coo.adapters.ledger import open_ledger
    from coo.adapters.ledger.retention import prune
    from coo.core.incident import incident_of
    from coo.core.redact import redact

    now = time.time()
    try:
        ledger = open_ledger(url)
        ledger.record(incident_of(done, now, redact))
        prune(ledger, now, settings.ledger_days, settings.ledger_mb)
        ledger.close()
    except CooError as fault:
        return fault.message
    return None


@contextmanager
def opened(url: str | None, config: Path | None) -> Iterator[Ledger]:
    """The ledger that is named, or the user's own. Raises `InputError`, `RemoteError`."""
    from coo.adapters.ledger.open import OFF, default_url
    from coo.adapters.settings import load_settings

    settings = load_settings(config, {"ledger": url})
    address = settings.ledger or default_url()
    if address == OFF:
        hint = "name it: --ledger FILE, or COO_LEDGER_URL"
        raise InputError("no-ledger", "there is no ledger here: nothing is remembered", hint)
    from coo.adapters.ledger import open_ledger

    book = open_ledger(address)
    try:
        yield book
    finally:
        book.close()


def _query(
    repo: str | None,
    category: str | None,
    source: str | None,
    rule: str | None,
    fingerprint: str | None,
    since: str | None,
) -> Query:
    from coo.adapters.ledger.store import Query
    from coo.core.model import Category, Source

    if category is not None:
        one_of(category, [str(value) for value in Category], "--category")
    if source is not None:
        one_of(source, [str(value) for value in Source], "--source")
    after = time.time() - age(since) if since else None
    return Query(repo, category, source, rule, fingerprint, since=after)


def age(text: str) -> float:
    """Give the seconds of `90m`, `36h`, `14d` or `8w`. Raises `InputError`."""
    match = re.fullmatch(r"(\d{1,6})([mhdw])", text)
    if match is None:
        raise InputError("bad-age", f"--since {text}: not an age", "write it as 90m, 36h, 14d or 8w")
    return int(match[1]) * _UNITS[match[2]]
