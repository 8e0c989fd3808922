"""`coo playbook simulate`: what a playbook would have done over past runs."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from coo.cli.common import ConfigOption, QuietOption, RulesOption, make_engine, one_of, output, say, screen
from coo.cli.incidents import LedgerOption, RepoOption, age, opened
from coo.core.errors import CooError, Exit, InputError, NothingToTriage

if TYPE_CHECKING:
    from coo.adapters.settings import Settings
    from coo.authoring.simulate import Answered, Judged
    from coo.core.engine import Engine
    from coo.core.playbook import Playbook

FORMATS = ("text", "json", "markdown")
MANY = 20
"""From so many runs on, progress is told."""


def simulate(
    runs: Annotated[
        list[Path] | None, typer.Argument(metavar="RUNS...", help="Runs saved by `coo fetch`, or folders of such.")
    ] = None,
    playbook: Annotated[str | None, typer.Option("--playbook", metavar="FILE", help="A file, or a name.")] = None,
    compare: Annotated[
        str | None, typer.Option("--compare", metavar="FILE", help="Show only what this playbook answers differently.")
    ] = None,
    ledger: LedgerOption = None,
    since: Annotated[
        str | None, typer.Option("--since", metavar="AGE", help="Of the ledger: not older than 90m, 36h, 14d, 8w.")
    ] = None,
    repo: RepoOption = None,
    format: Annotated[str, typer.Option("--format", "-f", help=", ".join(FORMATS))] = "text",
    rules: RulesOption = None,
    config: ConfigOption = None,
    quiet: QuietOption = False,
) -> int:
    """Show what a playbook would have done: over saved runs, or with --ledger or --since over what is remembered.

    Nothing is asked of GitHub and nothing is done: guards that only GitHub can answer are shown as `?`.
    """
    from coo.adapters.playbook_file import find_playbook, load_playbook
    from coo.adapters.settings import load_settings
    from coo.report.simulation import simulation_json, simulation_markdown, simulation_text

    one_of(format, FORMATS, "--format")
    if not runs and ledger is None and since is None:
        raise InputError("no-runs", "no runs were named", "name saved runs, or the ledger: --ledger URL, --since 30d")
    settings = load_settings(config, {"rules": rules, "playbook": playbook, "ledger": ledger})
    book = load_playbook(find_playbook(settings.playbook))
    other = load_playbook(find_playbook(compare)) if compare else None
    engine = make_engine(settings.rules)
    over = _Over(settings, book, other, engine, quiet)
    over.saved(_bundles(runs or []))
    if ledger is not None or since is not None:
        over.ledger(ledger, config, time.time() - age(since) if since else None, repo)
    notes = _notes(book, over.found)
    named = other.id if other else None
    if format == "json":
        output(simulation_json(over.found, over.left, notes, book.id, named))
    elif format == "markdown":
        output(simulation_markdown(over.found, over.left, notes, book.id, named))
    else:
        page = screen()
        output(simulation_text(over.found, over.left, notes, named, page.width, page.unicode))
    if over.unreadable:
        say(f"{over.unreadable} of the runs could not be read: see what was left out")
    return Exit.USAGE if over.unreadable else Exit.OK


class _Over:
    """The runs as they are gone through: `found`, `left` out with the reason, and how many were `unreadable`."""

    def __init__(self, settings: Settings, book: Playbook, other: Playbook | None, engine: Engine, quiet: bool) -> None:
        from coo.adapters.actions import own_workflows
        from coo.triage import OWN_WORKFLOWS

        self.found: list[Answered] = []
        self.left: list[tuple[str, str]] = []
        self.unreadable = 0
        self._own = (*OWN_WORKFLOWS, *settings.own_workflows, *own_workflows())
        self._book, self._other, self._engine, self._quiet = book, other, engine, quiet

    def saved(self, bundles: Sequence[Path]) -> None:
        """Judge and answer saved runs."""
        for count, path in enumerate(bundles, 1):
            if len(bundles) >= MANY and count % 10 == 0:
                say(f"{count} of {len(bundles)} saved runs", self._quiet)
            try:
                self._answer(_judged(path, self._engine, self._book))
            except CooError as error:
                self._leave(str(path), error)

    def ledger(self, url: str | None, config: Path | None, since: float | None, repo: str | None) -> None:
        """Answer what the ledger remembers, the oldest first."""
        from coo.adapters.ledger.store import Query
        from coo.authoring.simulate import remembered

        with opened(url, config) as book:
            past = book.incidents(Query(repo=repo, since=since), 10**9)[::-1]
            for count, one in enumerate(past, 1):
                if len(past) >= MANY and count % 100 == 0:
                    say(f"{count} of {len(past)} remembered runs", self._quiet)
                try:
                    self._answer(remembered(book.incident(one.id) or one, self._engine.catalog.by_id))
                except CooError as error:
                    self._leave(f"{one.repo}/{one.run_id}/{one.attempt}", error)

    def _answer(self, judged: Judged) -> None:
        from coo.authoring.simulate import answers

        self.found.append(answers(judged, self._book, self._other, self._own))

    def _leave(self, name: str, error: CooError) -> None:
        self.unreadable += not isinstance(error, NothingToTriage)
        self.left.append((name, error.message))


def _bundles(places: Sequence[Path]) -> list[Path]:
    """The saved runs that are meant. Raises `InputError` for a place that holds none."""
    out: list[Path] = []
    for place in places:
        found = sorted(_below(place))
        if not found:
            raise InputError("no-runs", f"{place} holds no saved run", "give a directory that `coo fetch` wrote")
        out += found
    return list(dict.fromkeys(out))


def _below(place: Path) -> Iterator[Path]:
    from coo.adapters.bundle import is_bundle

    if is_bundle(place):
        yield place
    elif place.is_dir():
        yield from (file.parent for file in place.rglob("run.json"))


def _judged(path: Path, engine: Engine, book: Playbook) -> Judged:
    """A saved run with its verdicts by rules. Raises `InputError`, `NothingToTriage`."""
    from coo.adapters.bundle import Bundle
    from coo.authoring.simulate import Judged
    from coo.verdicts import SecondOpinion, failed_jobs, job_verdicts

    bundle = Bundle(path)
    run = bundle.run()
    jobs, _ = failed_jobs(bundle.jobs())
    if not jobs:
        raise NothingToTriage("no-failed-job", "none of its jobs failed", "name a run that failed")
    verdicts = job_verdicts(bundle, run, jobs, SecondOpinion(None, engine, book, "", str))
    return Judged(f"{run.repo}/{run.id}/{run.attempt}", run, verdicts)


def _notes(book: Playbook, found: Sequence[Answered]) -> list[str]:
    notes = []
    if counting := [play.id for play in book.plays if play.when.failures_in_24h]:
        notes.append(f"plays that count the failures of a day were passed over: {', '.join(counting)}")
    if any(one.judged.remembered for one in found):
        notes.append(
            "the ledger keeps neither a run's conclusion (taken as failure) nor the repository of its head (open)"
        )
    return notes
