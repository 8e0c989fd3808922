"""What GitHub itself remembers of coo's past: enough for limits, where there is no ledger."""

from __future__ import annotations

import datetime

from coo.adapters.github_http import GitHubApi
from coo.adapters.github_read import shaped
from coo.core.playbook import Action
from coo.ports import Begun, Clock, Doubt, DueRun, Room, Seen

_RERUNS = (Action.RERUN, Action.CONFIRM_FLAKY, Action.DELETE_AND_RERUN, Action.MERGE_AND_RERUN)
_PAGES = 10
"""Pages of 100 runs that are looked at: GitHub lists no more than 1,000 that were made since a day."""
_BACK = 3
"""Days before today in which a run may have been made that was re-run today."""


class GitHubMemory:
    """What GitHub knows of one repository (`owner/name`). Methods raise `AuthError` and `RemoteError`.

    It counts what anybody did: a limit is reached sooner than by a ledger, never later. It cannot take atomically.
    """

    name = "GitHub"

    def __init__(self, api: GitHubApi, repo: str, clock: Clock) -> None:
        self._api = api
        self._base = f"/repos/{repo}"
        self._clock = clock

    def room(self, action: str, cap: int) -> Room:
        """How much of a day's limit is left, counted from GitHub's lists."""
        if action in _RERUNS:
            used, by = self._reruns(cap), "GitHub's list of runs"
        elif action == Action.CANCEL_SUPERSEDED:
            used, by = self._cancelled(), "GitHub's list of cancelled runs"
        else:
            used, by = self._issues(cap), "GitHub's list of issues"
        return Room(used < cap, used, cap, by)

    def take(self, action: str, cap: int) -> Room:
        """Look again, right before the action: the action itself is what GitHub remembers."""
        return self.room(action, cap)

    def begin(self, action: str, target: str) -> Begun | None:
        """None: each action asks GitHub for the present state before it acts."""
        return None

    def end(self, action: str, target: str, done: bool, detail: str) -> None:
        """Nothing to note: the run's attempt, the branch, the issue's marker tell it."""

    def later(self, due: DueRun) -> bool:
        """False: GitHub keeps no appointments."""
        return False

    def seen(self, fingerprint: str, run_id: int) -> Seen | None:
        """None: only a ledger counts failures."""
        return None

    def doubt(self, doubt: Doubt) -> None:
        """Nothing to note: the attempts of a run tell what failed and what passed."""

    def doubts(self, workflow: str, sha: str) -> tuple[Doubt, ...]:
        """None: GitHub knows attempts, not why they were started."""
        return ()

    def flaky(self, fingerprint: str) -> tuple[Doubt, ...]:
        """None: the issue of a flaky test tells the times before."""
        return ()

    def category(self, run_id: int, attempt: int) -> str | None:
        """None: GitHub knows that an attempt failed, not why."""
        return None

    def _midnight(self) -> datetime.datetime:
        now = datetime.datetime.fromtimestamp(self._clock.now(), datetime.UTC)
        return now.replace(hour=0, minute=0, second=0, microsecond=0)

    def _reruns(self, enough: int) -> int:
        """Attempts above the first that were started today, by anybody; no more than `enough` are counted."""
        today = self._midnight().strftime("%Y-%m-%dT%H:%M:%SZ")
        since = (self._midnight() - datetime.timedelta(days=_BACK)).strftime("%Y-%m-%d")
        found = 0
        with shaped("the runs"):
            pages = self._api.pages(
                f"{self._base}/actions/runs", "list the runs of these days", "actions=read", created=f">={since}"
            )
            for number, page in enumerate(pages, 1):
                for run in page["workflow_runs"]:
                    started = str(run.get("run_started_at") or run["created_at"])
                    found += int(run.get("run_attempt") or 1) > 1 and started >= today
                if found >= enough or number >= _PAGES:
                    break
        return found

    def _cancelled(self) -> int:
        since = self._midnight().strftime("%Y-%m-%d")
        with shaped("the runs"):
            query: dict[str, str | int] = {"status": "cancelled", "created": f">={since}", "per_page": 1}
            found = self._api.get(
                f"{self._base}/actions/runs", "count the cancelled runs of today", "actions=read", **query
            )
            return int(found.data["total_count"])

    def _issues(self, enough: int) -> int:
        """Issues of coo that were opened today; no more than `enough` are counted."""
        today = self._midnight().strftime("%Y-%m-%dT%H:%M:%SZ")
        query: dict[str, str | int] = {"state": "all", "labels": "coo", "sort": "created", "direction": "desc"}
        found = 0
        with shaped("the issues"):
            for page in self._api.pages(f"{self._base}/issues", "list coo's issues", "issues=read", **query):
                fresh = [one for one in page if "pull_request" not in one and str(one["created_at"]) >= today]
                found += len(fresh)
                if len(fresh) < len(page) or found >= enough:
                    break
        return found
