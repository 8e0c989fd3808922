"""`coo due`: looks again at the runs that a playbook lets wait."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from coo.cli import common
from coo.cli.common import ConfigOption, QuietOption, RulesOption, say, show
from coo.cli.incidents import LedgerOption, ledger_memory, remember
from coo.core.errors import Exit, InputError, RemoteError

if TYPE_CHECKING:
    from coo.adapters.github import GitHub
    from coo.adapters.settings import Settings
    from coo.core.engine import Engine
    from coo.core.model import Triage
    from coo.core.playbook import Playbook
    from coo.due import Looked
    from coo.ports import Appointments, DueRun


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(due)


def due(
    repo: Annotated[
        str | None,
        typer.Option("--repo", metavar="OWNER/NAME", help="Of this repository (default: $GITHUB_REPOSITORY)."),
    ] = None,
    act: Annotated[bool, typer.Option("--act", help="Do what is due; else a dry run.")] = False,
    playbook: Annotated[str | None, typer.Option("--playbook", metavar="FILE", help="A file, or a name.")] = None,
    rules: RulesOption = None,
    ledger: LedgerOption = None,
    config: ConfigOption = None,
    quiet: QuietOption = False,
) -> int:
    """Look again at the runs that wait (`after: 15m`), and do what is due. A dry run unless --act."""
    from coo.adapters.clock import SystemClock
    from coo.adapters.settings import load_settings
    from coo.due import look_again

    flags = {"rules": rules, "playbook": playbook, "ledger": ledger}
    settings = load_settings(config, flags)
    repo = _checked(repo or os.environ.get("GITHUB_REPOSITORY") or None)
    work = _Work(settings, act)
    found = _said(look_again(work.book(repo), work.triage, SystemClock(), act))
    _summarise(found)
    say(f"{len(found)} {'run waits' if len(found) == 1 else 'runs wait'}", quiet)
    failed = [one for one in found if one.status == "failed"]
    if failed:
        told = f"{len(failed)} of {len(found)} runs could not be dealt with; the first: {failed[0].detail}"
        raise RemoteError("due-failed", told, "`coo due` tries them again the next time, until a day is over")
    return Exit.OK


def _said(found: Iterable[Looked]) -> list[Looked]:
    """Tell of each run as soon as it is known."""
    done: list[Looked] = []
    for one in found:
        show(_line(one))
        done.append(one)
    return done


def _line(one: Looked) -> str:
    from coo.core.neutralise import one_line

    link = f" ({one.url})" if one.url else ""
    return f"{one.run.repo}/{one.run.run_id} attempt {one.run.attempt}: {one.status}: {one_line(one.detail)}{link}"


def _summarise(found: Sequence[Looked]) -> None:
    """Add the lines to the job's summary, where Actions asks for one."""
    path = os.environ.get("GITHUB_STEP_SUMMARY")
    if not path:
        return
    from coo.adapters.actions import write_summary
    from coo.core.neutralise import code_block
    from coo.core.redact import redact

    lines = "\n".join(redact(_line(one)) for one in found) or "no run waits"
    write_summary(f"### coo: runs that wait\n\n{code_block(lines)}", Path(path))


def _checked(repo: str | None) -> str | None:
    from coo.adapters.target import is_repo

    if repo is not None and not is_repo(repo):
        raise InputError("bad-repository", f"{repo!r} is not a repository", "write it as OWNER/NAME")
    return repo


@dataclass
class _Work:
    """What is needed to triage runs one after the other; nothing is loaded before it is needed."""

    settings: Settings
    act: bool

    @cached_property
    def github(self) -> GitHub:
        from coo.adapters.github import GitHub, GitHubSettings

        told = self.settings
        return GitHub(GitHubSettings(told.token, told.api_url, told.github_timeout, told.github_retries))

    @cached_property
    def engine(self) -> Engine:
        return common.make_engine(self.settings.rules)

    @cached_property
    def playbook(self) -> Playbook:
        from coo.adapters.playbook_file import find_playbook, load_playbook

        return load_playbook(find_playbook(self.settings.playbook))

    @cached_property
    def own(self) -> tuple[str, ...]:
        from coo.adapters.actions import own_workflows
        from coo.triage import OWN_WORKFLOWS

        return (*OWN_WORKFLOWS, *self.settings.own_workflows, *own_workflows())

    def book(self, repo: str | None) -> Appointments:
        """Who knows what waits: the ledger, or GitHub where there is none. Raises `InputError` without either."""
        from coo.adapters.ledger.open import OFF, default_url

        url = self.settings.ledger or default_url()
        if url != OFF:
            from coo.adapters.ledger import open_ledger
            from coo.adapters.ledger.due import LedgerAppointments

            return LedgerAppointments(open_ledger(url), repo)
        if repo is None:
            hint = "name it: --repo OWNER/NAME; or a ledger, which knows the runs of all: --ledger FILE"
            raise InputError("no-repository", "without a ledger GitHub is asked, and no repository was named", hint)
        return self._by_github(repo)

    def _by_github(self, repo: str) -> Appointments:
        from coo.adapters.clock import SystemClock
        from coo.due import wait_of

        return self.github.appointments(repo, SystemClock(), wait_of(self.playbook, self.own))

    def triage(self, run: DueRun) -> Triage:
        """Triage a run that is due, by the rules alone: nothing is done on a model's verdict."""
        from coo.adapters.clock import SystemClock
        from coo.adapters.target import RunTarget
        from coo.cli.notifying import make_messengers
        from coo.triage import Options
        from coo.triage import triage as run_triage

        clock = SystemClock()
        memory = ledger_memory(self.settings, run.repo) or self.github.memory(run.repo, clock)
        told = make_messengers(self.settings, self.playbook)
        options = Options(
            act=self.act, attempt=run.attempt, own_workflows=self.own, clock=clock, due=True, messengers=told
        )
        source, hands = self.github.source(RunTarget(run.repo, run.run_id)), self.github.hands(run.repo)
        done = run_triage(source, hands, self.engine, self.playbook, None, options, memory)
        if self.act and (fault := remember(done, self.settings)):
            say(f"warning: not remembered: {fault}")
        return done
