"""`coo classify` and `coo excerpt`: logs in, verdicts or excerpts out."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from coo.cli.common import (
    ConfigOption,
    QuietOption,
    RulesOption,
    VerboseOption,
    configured_engine,
    make_engine,
    one_of,
    output,
    say,
    screen,
    tell,
)
from coo.core.errors import CooError, Exit, InputError

if TYPE_CHECKING:
    from coo.adapters.settings import Settings
    from coo.core.engine import Engine
    from coo.core.logs import Log
    from coo.report.results import LogResult

FORMATS = ("text", "json", "jsonl", "markdown", "sarif", "github")
CONTEXT = 2
"""Lines shown before the deciding one."""

PathsArgument = Annotated[
    list[str] | None,
    typer.Argument(metavar="PATH", help="Logs, run-log archives, folders; - (the default) for a pipe."),
]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(classify)
    app.command()(excerpt)


def classify(
    paths: PathsArgument = None,
    format: Annotated[str, typer.Option("--format", "-f", help=", ".join(FORMATS))] = "text",
    explain: Annotated[bool, typer.Option("--explain", help="Show every match, and why it lost.")] = False,
    require_match: Annotated[bool, typer.Option("--require-match", help="Exit 1 when a log has no verdict.")] = False,
    rules: RulesOption = None,
    llm: Annotated[bool, typer.Option("--llm/--no-llm", help="Ask the model where no rule decides.")] = False,
    model: Annotated[str | None, typer.Option("--model", help="Model to ask (default gpt-4.1, or COO_MODEL).")] = None,
    playbook: Annotated[str | None, typer.Option("--playbook", metavar="FILE", help="Whose prose it gets.")] = None,
    config: ConfigOption = None,
    quiet: QuietOption = False,
    verbose: VerboseOption = False,
) -> int:
    """Classify logs. Reads no network unless --llm is given."""
    from coo.adapters.settings import load_settings

    one_of(format, FORMATS, "--format")
    settings = load_settings(config, {"llm": llm or None, "rules": rules, "model": model, "playbook": playbook})
    engine = make_engine(settings.rules)
    if verbose:
        say(f"{len(engine.catalog.rules)} rules, catalogue {engine.catalog.version}")
    results = _Results(engine, settings if llm else None, CONTEXT, quiet)
    code = Exit.OK
    kept: list[LogResult] = []
    for result in results.of(_named(paths)):
        if result.error is not None:
            code = Exit.USAGE
            tell(result.error)
        elif require_match and result.classification is not None and result.classification.rule_id is None:
            code = code or Exit.FOUND
        if format == "jsonl":
            output(_render([result], "jsonl", False))
        else:
            kept.append(result)
            _progress(len(kept), quiet)
    if format == "jsonl" or (format == "text" and kept and not any(result.classification for result in kept)):
        return code  # of nothing but unreadable inputs, standard error has said all
    output(_render(kept, format, explain))
    return code


def _progress(done: int, quiet: bool) -> None:
    """Tell on a terminal how far a long list has come."""
    if not quiet and done % 100 == 0 and sys.stderr.isatty():
        say(f"{done} logs classified ...")


def _named(paths: list[str] | None) -> list[str]:
    if paths:
        return paths
    if sys.stdin is None or sys.stdin.isatty():
        how = "give a path, or pipe a log in: gh run view --log-failed ID | coo classify -"
        raise InputError("no-input", "no log was given", how)
    return ["-"]


class _Results:
    """Classifies one log after the other, with the model where it was asked for."""

    def __init__(self, engine: Engine, ask: Settings | None, context: int, quiet: bool) -> None:
        self.engine = engine
        self.context = context
        self.quiet = quiet
        self.asker = None
        if ask is not None:
            from coo.cli.asking import Asker

            self.asker = Asker(ask, engine)

    def of(self, paths: list[str]) -> Iterator[LogResult]:
        from coo.adapters.files import find_inputs, read_input
        from coo.report.results import LogResult

        for item in find_inputs(paths, lambda text: say(f"note: {text}", self.quiet)):
            if isinstance(item, tuple):
                yield LogResult(item[0], error=item[1])
                continue
            try:
                log = read_input(item)
            except CooError as error:
                yield LogResult(item.name, error=error)
                continue
            yield self.one(log)

    def one(self, log: Log) -> LogResult:
        from coo.core.classify import classify as arbitrate
        from coo.core.redact import redact
        from coo.core.snippets import context_of
        from coo.report.results import LogResult

        verdict, notes = arbitrate(self.engine, log, redact=redact)
        use = None
        if self.asker is not None and verdict.subtype != "nothing-failed" and verdict.rule_id is None:
            verdict, use = self.asker.ask(log, verdict)
        context = context_of(log, verdict, self.context, redact)
        return LogResult(log.name, log.size, log.line_count, verdict, use, notes, context)


def _render(results: list[LogResult], format: str, explain: bool) -> str:
    if format in ("json", "jsonl"):
        from coo.report.as_json import classify_json, classify_jsonl

        return classify_json(results) if format == "json" else classify_jsonl(results)
    if format == "text":
        from coo.report.listing import classify_text

        page = screen()
        return classify_text(results, width=page.width, colour=page.colour, unicode=page.unicode, explain=explain)
    if format == "markdown":
        from coo.report.listing_markdown import classify_markdown

        return classify_markdown(results)
    if format == "sarif":
        from coo.report.sarif import classify_sarif

        return classify_sarif(results)
    from coo.report.github import classify_annotations

    return classify_annotations(results)


def excerpt(
    path: Annotated[str, typer.Argument(metavar="PATH", help="A log; - for a pipe.")] = "-",
    max_chars: Annotated[int, typer.Option("--max-chars", min=200, max=1_000_000, help="Characters at most.")] = 6000,
    rules: RulesOption = None,
    config: ConfigOption = None,
) -> int:
    """Print the redacted lines that explain a failure: what the model would see."""
    from coo.adapters.files import Input, read_input
    from coo.core.classify import classify as arbitrate
    from coo.core.excerpt import build_excerpt
    from coo.core.neutralise import inert_for_runner, visible
    from coo.core.redact import redact
    from coo.core.snippets import matched_lines

    if path == "-" and (sys.stdin is None or sys.stdin.isatty()):
        _named(None)
    log = read_input(Input(path, None if path == "-" else Path(path)))
    engine = configured_engine(rules, config)
    verdict, _ = arbitrate(engine, log, redact=redact)
    text = visible(build_excerpt(log, matched_lines(engine, log, verdict), max_chars).text)
    # A runner takes `##[...]` and `::...::` in its output for commands; elsewhere the text is the model's, as it is.
    output(inert_for_runner(text) if os.environ.get("GITHUB_ACTIONS") else text)
    return Exit.OK
