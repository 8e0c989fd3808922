"""What coo asks of the past of one workflow on one branch: its failures, its last green run, the commits since."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from itertools import islice
from urllib.parse import quote

from coo.adapters.github_read import commit_of, run_of, shaped
from coo.adapters.github_repo_hands import RepoHands
from coo.core.model import Run
from coo.ports import Suspects

FAILED = ("failure", "timed_out", "startup_failure")
"""Conclusions of a run that failed by itself."""
_PAGES = 5
"""Pages of 100 runs that are looked through."""
_COMMITS = 100
"""Commits of a range that are listed, the oldest ones."""


class WorkflowHands(RepoHands):
    """Runs of one workflow on one branch. Methods raise `AuthError` and `RemoteError`."""

    def failures_before(self, run: Run, hours: int, enough: int) -> int:
        """How many runs of a run's workflow and branch failed within so many hours before it was made, itself counted.

        A run that was healed by a re-run does not count; no more than `enough` are counted.
        """
        made = _time(run.created_at)
        since = made - datetime.timedelta(hours=hours)
        found = {run.id}
        for one in self._runs(run, f"{_text(since)}..{_text(made)}"):
            if one.conclusion in FAILED and since < _time(one.created_at) <= made:
                found.add(one.id)
            if len(found) >= enough:
                break
        return len(found)

    def last_green(self, run: Run) -> Run | None:
        """The newest run of a run's workflow and branch before it that succeeded."""
        made = _time(run.created_at)
        for one in self._runs(run, f"<={_text(made)}", status="success"):
            if one.conclusion == "success" and one.id != run.id and _time(one.created_at) <= made:
                return one
        return None

    def suspects(self, green: Run, run: Run) -> Suspects:
        """What the commit of a run has over that of a green one."""
        what = f"compare {run.sha[:7]} with {green.sha[:7]}"
        path = f"{self._base}/compare/{quote(green.sha, safe='')}...{quote(run.sha, safe='')}"
        with shaped("the comparison"):
            found = self._api.get(path, what, "contents=read", per_page=_COMMITS).data
            commits = tuple(map(commit_of, found["commits"]))
            return Suspects(green, int(found["total_commits"]), commits, str(found["html_url"]))

    def _runs(self, run: Run, created: str, **query: str | int) -> Iterator[Run]:
        """Runs of the workflow on the branch of this repository itself, the newest first; not those of forks."""
        if not run.branch:
            return
        name = quote(run.workflow_path.rpartition("/")[2], safe="")
        path = f"{self._base}/actions/workflows/{name}/runs"
        what = f"list the runs of workflow {run.workflow}"
        pages = self._api.pages(path, what, "actions=read", branch=run.branch, created=created, **query)
        for page in islice(pages, _PAGES):
            with shaped("the runs"):
                found = [run_of(data, self._repo, run.default_branch) for data in page["workflow_runs"]]
            # NOTE: filtered again: a fork's branch may have the same name, and a server may pass over a filter.
            for one in found:
                ours = (one.head_repo or "").casefold() == self._repo.casefold()
                if ours and one.branch == run.branch and one.workflow_path == run.workflow_path:
                    yield one


def _time(text: str | None) -> datetime.datetime:
    """A time as GitHub writes it. Raises `ValueError` for anything else."""
    with shaped("a run's time"):
        return datetime.datetime.fromisoformat(text or "")


def _text(at: datetime.datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")
