"""A run that passed on a re-run: what failed before on the same commit was flaky, and the CTO is told so.

`passed` is for a run that succeeded; what a run that failed again means is `coo.actions.confirm`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial

from coo.actions.flaky_issue import FlakyTelling
from coo.actions.flaky_text import FlakyTest
from coo.actions.history import FAILED
from coo.actions.run_guards import is_own_workflow
from coo.core.engine import Engine
from coo.core.errors import NothingToTriage
from coo.core.model import Category, Job, JobVerdict, Outcome, Run
from coo.core.playbook import Action, Play, Playbook, select
from coo.ports import Hands, Memory
from coo.verdicts import SecondOpinion, failed_jobs, job_verdicts

_LOST = "a test failure that coo re-ran to see"


@dataclass(frozen=True, slots=True)
class _Attempt:
    """A `RunSource` of an earlier attempt of a run."""

    hands: Hands
    attempt: Run

    def run(self) -> Run:
        return self.attempt

    def jobs(self) -> tuple[Job, ...]:
        return self.hands.jobs_of(self.attempt)

    def job_log(self, job: Job) -> bytes:
        return self.hands.log_of(job)


@dataclass(frozen=True, slots=True)
class Passed:
    """A run that succeeded, with all that is needed to find and tell what was flaky in it.

    `engine` gives the rules, which are not loaded for a run that needs none. `act`: False for a dry run, which changes
    nothing. `own_workflows`: names and paths of workflows that run coo.
    """

    run: Run
    hands: Hands
    engine: Callable[[], Engine]
    playbook: Playbook
    memory: Memory | None = None
    own_workflows: tuple[str, ...] = ()
    act: bool = False


def passed(at: Passed) -> tuple[Outcome, ...]:
    """Tell of each test that failed in an earlier attempt and passed in this one; none where there is nothing to tell.

    A failure counts where the playbook would re-run it to see (`rerun-to-confirm-flaky`), whoever did re-run it.
    Raises `AuthError` and `RemoteError` when GitHub cannot be asked what failed before.
    """
    run = at.run
    if run.status != "completed" or run.conclusion != "success" or run.attempt < 2:
        return ()
    if is_own_workflow(run, at.own_workflows):
        return ()
    telling = partial(FlakyTelling, run, playbook=at.playbook, hands=at.hands, memory=at.memory, act=at.act)
    return tuple(telling(test, play).tell() for test, play in _found(at))


def _found(at: Passed) -> list[tuple[FlakyTest, Play]]:
    """What failed before on the same commit, each failure once, as the last attempt that had it."""
    found: dict[str, tuple[FlakyTest, Play]] = {}
    for attempt in at.hands.attempts_before(at.run):
        if attempt.conclusion in FAILED and attempt.status == "completed" and attempt.sha == at.run.sha:
            for test, play in _failures(at, attempt):
                found[test.fingerprint] = test, play
    return list(found.values())


def _failures(at: Passed, attempt: Run) -> Iterable[tuple[FlakyTest, Play]]:
    """The test failures of an attempt: by rules over its logs, or as the ledger has them where the logs are gone."""
    source = _Attempt(at.hands, attempt)
    jobs, _ = failed_jobs(source.jobs())
    opinion = SecondOpinion(None, at.engine(), at.playbook, "", str)
    try:
        verdicts = job_verdicts(source, attempt, jobs, opinion) if jobs else ()
    except NothingToTriage:
        yield from _remembered(at, attempt)
        return
    for verdict in verdicts:
        play = select(at.playbook, attempt, verdict.classification)
        if play.action is Action.CONFIRM_FLAKY and verdict.classification.category is Category.TEST_FAILURE:
            yield _test(attempt, verdict), play


def _remembered(at: Passed, attempt: Run) -> Iterable[tuple[FlakyTest, Play]]:
    """What coo re-ran to see, as the ledger has it."""
    play = next((one for one in at.playbook.plays if one.action is Action.CONFIRM_FLAKY), None)
    if play is None or at.memory is None:
        return
    for doubt in at.memory.doubts(at.run.workflow_path, at.run.sha):
        if doubt.run_id == at.run.id and doubt.attempt == attempt.attempt:
            yield FlakyTest(doubt.fingerprint, attempt.attempt, "of that attempt", "", doubt.test or _LOST), play


def _test(attempt: Run, verdict: JobVerdict) -> FlakyTest:
    found = verdict.classification
    shown = [f"{line.number} | {line.text}" for line in verdict.context]
    shown = shown or [f"{line.line} | {line.text}" for line in found.evidence]
    return FlakyTest(found.fingerprint, attempt.attempt, verdict.job.name, found.title, found.summary, "\n".join(shown))
