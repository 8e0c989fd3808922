"""What became of earlier tries on one commit: by the ledger, and by GitHub's attempts and runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from coo.core.model import Category, Run
from coo.ports import Doubt, Hands, Memory

FAILED = ("failure", "timed_out", "startup_failure")
"""Conclusions of an attempt that failed by itself."""


@dataclass(frozen=True, slots=True)
class History:
    """The tries of one workflow on one commit, but for the attempt that is looked at."""

    attempts: tuple[Run, ...] = ()
    """Earlier attempts of the run, oldest first."""
    runs: tuple[Run, ...] = ()
    """The newest attempt of each other run."""
    doubts: tuple[Doubt, ...] = ()
    """Test failures that coo re-ran to see."""
    causes: Mapping[tuple[int, int], str] = field(default_factory=dict)
    """The category of what failed, by run and attempt, where it is remembered."""


def history_of(run: Run, hands: Hands, memory: Memory | None) -> History:
    """Ask what was tried on the commit of a run. Raises `AuthError` and `RemoteError`."""
    attempts = hands.attempts_before(run)
    runs = hands.runs_of_commit(run)
    if memory is None:
        return History(attempts, runs)
    causes = {}
    for one in (*attempts, *runs):
        if one.conclusion in FAILED and (category := memory.category(one.id, one.attempt)):
            causes[one.id, one.attempt] = category
    return History(attempts, runs, memory.doubts(run.workflow_path, run.sha), causes)


def failed_for_good(run: Run, history: History) -> str | None:
    """Why a re-run of a test failure would tell nothing new on this commit, or None.

    What nobody remembers the cause of counts as the tests' own failure: a re-run could hide it.
    """
    commit = f"commit {run.sha[:7]}"
    for doubt in history.doubts:
        if doubt.state in ("real", "other"):
            return f"a test failure of {commit} was re-run in run {doubt.run_id} and attempt {doubt.attempt} failed too"
        if doubt.state == "asked" and doubt.run_id == run.id and doubt.attempt < run.attempt:
            return f"attempt {doubt.attempt} was re-run to see, and attempt {run.attempt} failed too"
    for one in history.attempts:
        if _counts(one, history):
            return f"attempt {one.attempt} of this run failed too, on the same commit"
    for one in history.runs:
        if one.attempt > 1 and _counts(one, history):
            return f"attempt {one.attempt} of run {one.id} failed too, on the same commit"
    return None


def _counts(one: Run, history: History) -> bool:
    cause = history.causes.get((one.id, one.attempt), Category.TEST_FAILURE)
    return one.status == "completed" and one.conclusion in FAILED and cause == Category.TEST_FAILURE
