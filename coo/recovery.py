"""A run that succeeded: what people are told of it. The one place that `coo triage` calls for one (`coo/cli/green.py`).

Flaky tests are `coo.flaky`; here is what is said in the issues of failures that are over.
"""

from __future__ import annotations

from dataclasses import dataclass

from coo.actions.green import ends, say_green
from coo.actions.markers import workflow_marker
from coo.actions.run_guards import is_own_workflow
from coo.core.model import Outcome, Run
from coo.core.playbook import Playbook
from coo.flaky import Passed, passed
from coo.ports import Hands, Memory


@dataclass(frozen=True, slots=True)
class Green:
    """What was told, or would be, of a run that succeeded; empty where there was nothing to tell."""

    flaky: tuple[Outcome, ...] = ()
    recovered: tuple[Outcome, ...] = ()

    @property
    def outcomes(self) -> tuple[Outcome, ...]:
        """All of it."""
        return (*self.flaky, *self.recovered)


def green(at: Passed) -> Green:
    """Tell of a run that succeeded. Raises `AuthError` and `RemoteError` when GitHub cannot be asked."""
    if is_own_workflow(at.run, at.own_workflows):
        return Green()
    return Green(passed(at), recover(at.run, at.hands, at.playbook, at.act, at.memory))


def recover(run: Run, hands: Hands, playbook: Playbook, act: bool, memory: Memory | None = None) -> tuple[Outcome, ...]:
    """Say in each open issue of the run's workflow and branch that it is green again; a dry run says what it would.

    Closes an issue where the playbook says so (`escalation.close-on-recovery`). Raises `AuthError` and `RemoteError`
    when the issues cannot be listed; what goes wrong later is an `Outcome` with status `failed`.
    """
    if run.status != "completed" or run.conclusion != "success":
        return ()
    close = playbook.escalation.close_on_recovery
    found = [issue for issue in hands.open_issues(workflow_marker(run)) if ends(run, issue)]
    if not act:
        verb = "comment on and, if nothing else fails, close" if close else "comment on"
        return tuple(_would(f"{verb} issue #{one.number}", one.url) for one in found)
    told = (say_green(run, one.number, hands, close, memory) for one in found)
    return tuple(outcome for outcome in told if outcome is not None)


def _would(words: str, url: str) -> Outcome:
    return Outcome("dry-run", f"would {words}: green again", (words,), url)
