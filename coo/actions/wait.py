"""A remedy that waits (`with: {after: 15m}`): when it is due, and what is noted until then."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from typing import Any

from coo.actions.facts import Case
from coo.actions.spec import words
from coo.core.errors import CooError
from coo.core.model import JobVerdict, Outcome, Run
from coo.ports import DueRun, Memory

_UNITS = {"m": 60.0, "h": 3_600.0}


def after(params: Mapping[str, Any]) -> float | None:
    """The seconds that an action waits; None where it does not wait."""
    told = params.get("after")
    return int(told[:-1]) * _UNITS[told[-1]] if told else None


def ended_at(run: Run, jobs: Sequence[JobVerdict] = ()) -> float | None:
    """When an attempt ended, by GitHub's clock (seconds since the epoch); None where GitHub did not say."""
    told: list[str | None] = [one.job.completed_at for one in jobs if one.job.completed_at]
    try:
        return max(datetime.datetime.fromisoformat(one).timestamp() for one in told or [run.updated_at] if one)
    except ValueError:
        return None


def due_at(ended: float | None, seconds: float, now: float) -> float:
    """When a remedy is due. By GitHub's clock; an end that is still to come by ours does not put it off further."""
    return (now if ended is None else min(ended, now)) + seconds


def waits(case: Case, jobs: Sequence[JobVerdict], now: float | None, due: bool) -> float | None:
    """Until when a remedy waits, in seconds since the epoch; None when it is to be done now.

    `now`: None where there is no clock: then it waits. `due`: `coo due` found that it is time, which counts where
    GitHub does not say when the attempt ended.
    """
    seconds = after(case.params)
    if seconds is None:
        return None
    ended = ended_at(case.run, jobs)
    if now is None:
        return (ended or 0.0) + seconds
    if ended is None and due:
        return None
    then = due_at(ended, seconds, now)
    return then if then > now else None


def put_off(case: Case, planned: Sequence[str], then: float, act: bool, memory: Memory | None) -> Outcome:
    """Note a remedy for later, or say that it would be. One that cannot be noted is `failed`."""
    what = f"{' and '.join(planned)} at {moment(then)}, {case.params['after']} after the attempt ended"
    if not act or memory is None:
        return Outcome("dry-run", f"would {what}, by `coo due`", tuple(planned))
    try:
        noted = memory.later(DueRun(case.run.repo, case.run.id, case.run.attempt, case.play, then))
    except CooError as error:
        return Outcome("failed", f"the wait could not be noted: {words(error)}.", exit_code=error.exit_code)
    how = f"noted in {memory.name}" if noted else "found again by GitHub's list of failed runs"
    return Outcome("skipped", f"waits: `coo due --act` is to {what} ({how})")


def moment(at: float) -> str:
    """A time for people, in UTC."""
    return datetime.datetime.fromtimestamp(at, datetime.UTC).strftime("%Y-%m-%d %H:%M UTC")
