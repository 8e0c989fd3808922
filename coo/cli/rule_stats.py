"""`coo rules stats`: how rules fare on many logs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from coo.cli.common import (
    ConfigOption,
    QuietOption,
    RulesOption,
    configured_engine,
    one_of,
    output,
    say,
    screen,
    show,
    tell,
)
from coo.core.errors import CooError, Exit, InputError

if TYPE_CHECKING:
    from coo.authoring.firings import Firings
    from coo.core.engine import Engine

FORMATS = ("text", "json")


def stats(
    paths: Annotated[list[str] | None, typer.Argument(metavar="PATH", help="Logs, run-log archives, folders.")] = None,
    healthy: Annotated[
        list[Path] | None,
        typer.Option("--healthy", metavar="DIR", help="Logs of runs that passed: exit 1 when a rule decides one."),
    ] = None,
    format: Annotated[str, typer.Option("--format", "-f", help=", ".join(FORMATS))] = "text",
    rules: RulesOption = None,
    config: ConfigOption = None,
    quiet: QuietOption = False,
) -> int:
    """Count how often each rule fired, won, lost and to whom, and name those that never fired."""
    from coo.authoring.firings import no_firings
    from coo.report.firings import firings_json, firings_text

    one_of(format, FORMATS, "--format")
    if not paths and not healthy:
        raise InputError("no-input", "no log was given", "give logs or folders of logs: coo rules stats logs/")
    engine = configured_engine(rules, config)
    firings = no_firings(engine.catalog)
    _count(engine, firings, paths or (), False, quiet)
    _count(engine, firings, [str(folder) for folder in healthy or ()], True, quiet)
    if format == "json":
        output(firings_json(firings))
    else:
        show(firings_text(firings, screen().width))
    if firings.alarms:
        return Exit.FOUND
    return Exit.USAGE if firings.unread else Exit.OK


def _count(engine: Engine, firings: Firings, paths: Sequence[str], healthy: bool, quiet: bool) -> None:
    from coo.adapters.files import find_inputs, read_input
    from coo.authoring.firings import count
    from coo.core.classify import classify
    from coo.core.redact import redact

    for item in find_inputs(paths, lambda text: say(f"note: {text}", quiet)):
        try:
            if isinstance(item, tuple):
                raise item[1]
            log = read_input(item)
        except CooError as error:
            tell(error)
            firings.unread += 1
            continue
        verdict, _ = classify(engine, log, redact=redact)
        fired = {match.rule.id for match in engine.scan(log).matches}
        count(firings, log.name, fired, verdict, healthy)
