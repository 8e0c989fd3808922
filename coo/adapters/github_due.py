"""Runs that wait, found again where there is no ledger: by GitHub's own list of failed runs."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator

from coo.actions.wait import ended_at
from coo.adapters.github_http import GitHubApi
from coo.adapters.github_read import run_of, shaped
from coo.core.model import Run
from coo.ports import Clock, DueRun

DAY = 86_400.0
_FAILED = ("failure", "timed_out")
_BACK = 3 * DAY
"""How long before it failed a run may have been made: a re-run keeps the time at which it was made."""
_PAGES = 10


class GitHubAppointments:
    """The `Appointments` of one repository (`owner/name`), as far as GitHub's list of runs tells them.

    `waits`: for a failed run the seconds that a play which may fit it waits, or None. GitHub takes no claims: what a
    process does, another one finds done.
    """

    def __init__(self, api: GitHubApi, repo: str, clock: Clock, waits: Callable[[Run], float | None]) -> None:
        self._api = api
        self._repo = repo
        self._clock = clock
        self._waits = waits

    def waiting(self) -> list[DueRun]:
        """The failed runs whose wait may be over, or was over within the last 24 hours; the soonest first."""
        about = self._api.get(f"/repos/{self._repo}", f"read the repository {self._repo}", "metadata=read")
        with shaped("the repository"):
            default = str(about.data["default_branch"])
        found = {}
        for run in self._failed(default):
            seconds, ended = self._waits(run), ended_at(run)
            if seconds is None or ended is None or run.conclusion not in _FAILED:
                continue
            if ended + seconds + DAY > self._clock.now():
                found[run.id] = DueRun(self._repo, run.id, run.attempt, "", ended + seconds)
        return sorted(found.values(), key=lambda due: (due.due_at, due.run_id))

    def _failed(self, default_branch: str) -> Iterator[Run]:
        back = datetime.datetime.fromtimestamp(self._clock.now() - DAY - _BACK, datetime.UTC)
        since = back.strftime("%Y-%m-%d")
        for status in _FAILED:
            pages = self._api.pages(
                f"/repos/{self._repo}/actions/runs",
                "list the failed runs",
                "actions=read",
                status=status,
                created=f">={since}",
            )
            with shaped("the runs"):
                for number, page in enumerate(pages, 1):
                    yield from (run_of(data, self._repo, default_branch) for data in page["workflow_runs"])
                    if number >= _PAGES:
                        break

    def claim(self, run: DueRun, now: float) -> bool:
        """Whether it is due."""
        return run.due_at <= now

    def release(self, run: DueRun) -> None:
        """Nothing to give back."""

    def settle(self, run: DueRun) -> None:
        """Nothing to note: the run's attempt tells it."""
