"""What coo asks of and does to the other runs of one branch: those that a newer one stands for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from coo.adapters.github_read import run_of, shaped
from coo.adapters.github_repo_hands import RepoHands
from coo.adapters.github_runs import run_path
from coo.core.errors import RemoteError
from coo.core.model import Run

LIVE = ("queued", "in_progress", "waiting", "pending", "requested")
"""The states of a run that has not ended, as GitHub's lists are asked for them."""


class BesideHands(RepoHands):
    """Runs beside a run. Methods raise `AuthError` and `RemoteError`."""

    def runs_beside(self, run: Run) -> tuple[Run, ...]:
        """Other runs of the run's branch and event: every one that has not ended, and the newest down to this run.

        For an event of pull requests only those of the same ones. Raises `RemoteError` (`bad-answer`) where GitHub
        does not list the run itself.
        """
        found = self._newest(run)
        for status in LIVE:
            found |= self._list(run, status=status)
        own = found.pop(run.id, None)
        if own is None:
            told = f"GitHub does not list run {run.id} among the runs of branch {run.branch}"
            raise RemoteError("bad-answer", told, "look at the runs yourself: nothing was changed")
        same = [data for data in found.values() if _pulls(data) == _pulls(own)]
        runs = (run_of(data, self._repo, run.default_branch) for data in same)
        # NOTE: looked at again, as a server that does not know a filter lists everything.
        return tuple(one for one in runs if (one.branch, one.event) == (run.branch, run.event))

    def _newest(self, run: Run) -> dict[int, Mapping[str, Any]]:
        """The newest runs of the branch and event, by id, until the page that has the run or an older one."""
        found: dict[int, Mapping[str, Any]] = {}
        with shaped("the runs"):
            for page in self._pages(run):
                found |= {int(data["id"]): data for data in page["workflow_runs"]}
                if found and min(found) <= run.id:
                    break
        return found

    def _list(self, run: Run, **query: str) -> dict[int, Mapping[str, Any]]:
        with shaped("the runs"):
            return {int(data["id"]): data for page in self._pages(run, **query) for data in page["workflow_runs"]}

    def _pages(self, run: Run, **query: str) -> Any:
        what = f"list the runs of branch {run.branch}"
        asked: dict[str, str | int] = {"branch": run.branch, "event": run.event, **query}
        return self._api.pages(f"{self._base}/actions/runs", what, "actions=read", **asked)

    def cancel_run(self, run_id: int) -> None:
        """Ask GitHub to cancel a run; `RemoteError` (`refused`) for one that has ended."""
        path = f"{run_path(self._repo, run_id)}/cancel"
        self._api.write("POST", path, f"cancel run {run_id}", "actions=write")


def _pulls(data: Mapping[str, Any]) -> list[int]:
    with shaped("a run's pull requests"):
        return sorted(int(pull["number"]) for pull in data.get("pull_requests") or ())
