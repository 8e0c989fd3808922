"""`coo triage`, the main job, and `coo fetch`, which saves a run."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from coo.cli.common import (
    ConfigOption,
    LlmOption,
    QuietOption,
    RulesOption,
    VerboseOption,
    make_engine,
    one_of,
    say,
)
from coo.cli.green import tell_green
from coo.cli.incidents import LedgerOption, ledger_memory, remember
from coo.cli.publish import publish, write_outputs
from coo.core.errors import AuthError, Exit, InputError, NothingToTriage, RemoteError

if TYPE_CHECKING:
    from coo.adapters.github import GitHub
    from coo.adapters.settings import Settings
    from coo.adapters.target import BundleTarget, RunTarget
    from coo.core.model import Triage
    from coo.ports import Hands, Memory, RunSource

FORMATS = ("text", "json", "jsonl", "markdown", "sarif", "github")
MODES = ("report", "escalate", "remediate")

TargetArgument = Annotated[
    str | None,
    typer.Argument(metavar="TARGET", help="A run's URL, owner/repo/RUN_ID, or a directory saved by `coo fetch`."),
]
EventOption = Annotated[
    Path | None,
    typer.Option("--event", metavar="FILE", help="A workflow_run payload (default under Actions: $GITHUB_EVENT_PATH)."),
]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(triage)
    app.command()(fetch)


def triage(
    target: TargetArgument = None,
    event: EventOption = None,
    act: Annotated[bool, typer.Option("--act", help="Do what was decided; else a dry run.")] = False,
    mode: Annotated[
        str | None, typer.Option("--mode", help="report (dry run), escalate (issues only) or remediate (= --act).")
    ] = None,
    format: Annotated[str, typer.Option("--format", "-f", help=", ".join(FORMATS))] = "text",
    playbook: Annotated[str | None, typer.Option("--playbook", metavar="FILE", help="A file, or a name.")] = None,
    report_dir: Annotated[
        Path | None, typer.Option("--report-dir", metavar="DIR", help="Also write report.md and report.json there.")
    ] = None,
    model: Annotated[str | None, typer.Option("--model", help="Model to ask (default gpt-4.1, or COO_MODEL).")] = None,
    rules: RulesOption = None,
    llm: LlmOption = None,
    ledger: LedgerOption = None,
    config: ConfigOption = None,
    quiet: QuietOption = False,
    verbose: VerboseOption = False,
) -> int:
    """Triage a failed run: fetch, classify, decide, act or escalate, report. A dry run unless --act."""
    from coo.adapters.settings import load_settings
    from coo.core.model import Note

    one_of(format, FORMATS, "--format")
    mode = _mode(mode, act)
    flags = {"llm": llm, "rules": rules, "playbook": playbook, "model": model, "ledger": ledger}
    settings = load_settings(config, flags)
    found = _target(target, event)
    if verbose:
        say(f"target {found}, playbook {settings.playbook}, mode {mode}")
    try:
        done = _triage(found, settings, mode, quiet)
    except NothingToTriage as nothing:
        if tell_green(nothing, found, settings, mode, format, quiet):
            return Exit.OK
        write_outputs({"outcome": "nothing", "action": "none", "category": "", "cost-usd": "0"})
        raise nothing from None
    if fault := remember(done, settings):
        done = replace(done, notes=(*done.notes, Note("not-remembered", 1, fault)))
        say(f"warning: not remembered: {fault}")  # also with --quiet: a limit may miss it later
    publish(done, format, report_dir)
    if done.outcome.status == "failed":
        hint = "when the cause is gone, run coo again: it asks GitHub for the present state first"
        kind = AuthError if done.outcome.exit_code == Exit.AUTH else RemoteError
        raise kind("not-done", done.outcome.detail, hint)
    return Exit.OK


def _mode(mode: str | None, act: bool) -> str:
    if mode is None:
        return "remediate" if act else "report"
    one_of(mode, MODES, "--mode")
    if act and mode != "remediate":
        raise InputError("act-and-mode", f"--act and --mode {mode} contradict each other", "give one of the two")
    return mode


def _target(target: str | None, event: Path | None) -> RunTarget | BundleTarget:
    from coo.adapters.target import parse_target, read_event

    if target is not None and event is not None:
        raise InputError("two-targets", "both a TARGET and --event were given", "give one of the two")
    if target is not None:
        return parse_target(target)
    named = os.environ.get("GITHUB_EVENT_PATH")
    if event is None and not named:
        raise InputError("no-target", "no run was named", "give a run's URL, owner/repo/RUN_ID or a saved run")
    return read_event(event or Path(str(named)))


@dataclass(frozen=True, slots=True)
class _World:
    """Where a target's run comes from, and the hands to act on its repository (None for a saved run)."""

    source: RunSource
    hands: Hands | None
    memory: Memory | None = None
    """What GitHub remembers of the repository."""


def _world(target: RunTarget | BundleTarget, settings: Settings) -> _World:
    from coo.adapters.clock import SystemClock
    from coo.adapters.target import BundleTarget

    if isinstance(target, BundleTarget):
        from coo.adapters.bundle import Bundle

        return _World(Bundle(target.directory), None)
    github = _github(settings)
    return _World(github.source(target), github.hands(target.repo), github.memory(target.repo, SystemClock()))


def _github(settings: Settings) -> GitHub:
    from coo.adapters.github import GitHub, GitHubSettings

    return GitHub(GitHubSettings(settings.token, settings.api_url, settings.github_timeout, settings.github_retries))


def _triage(target: RunTarget | BundleTarget, settings: Settings, mode: str, quiet: bool) -> Triage:
    from coo.adapters.actions import own_workflows
    from coo.adapters.clock import SystemClock
    from coo.adapters.playbook_file import find_playbook, load_playbook
    from coo.adapters.prompt_file import boundary, system_prompt
    from coo.adapters.target import BundleTarget
    from coo.cli.asking import make_model
    from coo.cli.notifying import make_messengers
    from coo.core.model import Note
    from coo.triage import OWN_WORKFLOWS, Options
    from coo.triage import triage as run_triage

    playbook = load_playbook(find_playbook(settings.playbook))
    engine = make_engine(settings.rules)
    world = _world(target, settings)
    options = Options(
        act=mode != "report",
        remediate=mode != "escalate",
        attempt=None if isinstance(target, BundleTarget) else target.event_attempt,
        own_workflows=(*OWN_WORKFLOWS, *settings.own_workflows, *own_workflows()),
        max_usd=settings.usd_limit,
        excerpt_chars=settings.excerpt_chars,
        system_prompt=system_prompt(),
        boundary=boundary,
        clock=SystemClock(),
        messengers=make_messengers(settings, playbook),
    )
    if not isinstance(target, BundleTarget):
        say(f"fetching {target} ...", quiet)
    model = make_model(settings)
    memory = world.memory
    if memory is not None and not isinstance(target, BundleTarget):
        memory = ledger_memory(settings, target.repo) or memory
    done = run_triage(world.source, world.hands, engine, playbook, model, options, memory)
    if model is None or settings.max_usd_per_day is None:
        return done
    why = f"what other runs spend is not known yet, so ${settings.max_usd_per_day:.2f} a day bounds this run only"
    return replace(done, notes=(*done.notes, Note("daily-limit-not-kept", 1, why)))


def fetch(
    target: TargetArgument = None,
    directory: Annotated[Path | None, typer.Option("-o", "--output", metavar="DIR", help="Where to save it.")] = None,
    event: EventOption = None,
    config: ConfigOption = None,
    quiet: QuietOption = False,
) -> int:
    """Save a run with the logs of its failed jobs as a directory that triage and classify read."""
    from coo.adapters.bundle import save_bundle
    from coo.adapters.settings import load_settings
    from coo.adapters.target import BundleTarget
    from coo.verdicts import failed_jobs

    if directory is None:
        raise InputError("no-output", "no directory was given to save the run in", "add -o DIR")
    found = _target(target, event)
    if isinstance(found, BundleTarget):
        raise InputError("not-on-github", f"{found.directory} is a directory, not a run on GitHub", "give a run's URL")
    source = _world(found, load_settings(config, {})).source
    run = source.run()
    jobs = source.jobs()
    wanted, _ = failed_jobs(jobs)
    if not wanted:
        raise NothingToTriage("no-failed-job", f"no job of run {run.id} failed", "only failed runs can be saved")
    logs: dict[int, bytes] = {}
    for count, job in enumerate(wanted, 1):
        say(f"log {count} of {len(wanted)}: {job.id}", quiet)
        try:
            logs[job.id] = source.job_log(job)
        except NothingToTriage as error:
            say(f"warning: {error.message}")  # also with --quiet: what is saved is not whole
    if not logs:
        told = f"none of the {len(wanted)} failed jobs has a log any more"
        raise NothingToTriage("logs-gone", told, "GitHub keeps logs for a limited time; run the workflow again")
    save_bundle(directory, run, jobs, logs)
    say(f"saved run {run.id} with {len(logs)} of {len(wanted)} logs in {directory}", quiet)
    return Exit.OK
