"""`coo triage` of a run that succeeded: nothing to judge, but perhaps something to tell."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from coo.cli import common
from coo.cli.common import say, show
from coo.cli.incidents import ledger_memory
from coo.cli.publish import write_outputs
from coo.core.errors import AuthError, Exit, NothingToTriage, RemoteError

if TYPE_CHECKING:
    from coo.adapters.settings import Settings
    from coo.adapters.target import BundleTarget, RunTarget
    from coo.core.model import Outcome
    from coo.recovery import Green


def tell_green(
    nothing: NothingToTriage, target: RunTarget | BundleTarget, settings: Settings, mode: str, format: str, quiet: bool
) -> bool:
    """Tell people of a run that succeeded; False where it did not, or there is nothing to tell.

    Raises `AuthError` and `RemoteError` when GitHub cannot be asked, or when something could not be told.
    """
    from coo.adapters.target import BundleTarget

    if nothing.code != "not-failed" or isinstance(target, BundleTarget):
        return False
    found = _told(target, settings, mode)
    told = found.outcomes
    if not told:
        return False
    failed = next((one for one in told if one.status == "failed"), None)
    first = failed or next((one for one in told if one.status != "skipped"), told[0])
    write_outputs(
        {
            "category": "test_failure" if found.flaky else "",
            "action": "escalate",
            "outcome": first.status,
            "owner": "CTO" if found.flaky else "",
            "issue-url": first.issue_url or "",
            "cost-usd": "0",
        }
    )
    _show(target, told, format, quiet)
    if failed is not None:
        hint = "when the cause is gone, run coo again: it looks first at what was told"
        raise (AuthError if failed.exit_code == Exit.AUTH else RemoteError)("not-told", failed.detail, hint)
    return True


def _told(target: RunTarget, settings: Settings, mode: str) -> Green:
    from coo.adapters.actions import own_workflows
    from coo.adapters.clock import SystemClock
    from coo.adapters.github import GitHub, GitHubSettings
    from coo.adapters.playbook_file import find_playbook, load_playbook
    from coo.flaky import Passed
    from coo.recovery import Green, green
    from coo.triage import OWN_WORKFLOWS

    github = GitHub(GitHubSettings(settings.token, settings.api_url, settings.github_timeout, settings.github_retries))
    hands = github.hands(target.repo)
    run = hands.run(target.run_id)
    if target.event_attempt is not None and run.attempt != target.event_attempt:
        return Green()  # a newer attempt has an event of its own
    memory = ledger_memory(settings, target.repo) or github.memory(target.repo, SystemClock())
    playbook = load_playbook(find_playbook(settings.playbook))
    own = (*OWN_WORKFLOWS, *settings.own_workflows, *own_workflows())
    return green(
        Passed(run, hands, partial(common.make_engine, settings.rules), playbook, memory, own, mode != "report")
    )


def _show(target: RunTarget, told: Sequence[Outcome], format: str, quiet: bool) -> None:
    """A line for each: on standard output where a person reads it, and in the job's summary."""
    from coo.adapters.actions import write_summary
    from coo.core.neutralise import code_block, one_line
    from coo.core.redact import redact

    links = (f" ({one.issue_url})" if one.issue_url else "" for one in told)
    lines = [
        f"{target} succeeded: {one.status}: {one_line(one.detail)}{link}" for one, link in zip(told, links, strict=True)
    ]
    for line in lines:
        if format in ("text", "markdown", "github"):
            show(line)
        else:
            say(line, quiet)
    if path := os.environ.get("GITHUB_STEP_SUMMARY"):
        text = redact("\n".join(lines))
        write_summary(f"### coo: a run that succeeded\n\n{code_block(text)}", Path(path))
