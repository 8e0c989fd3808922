"""GitHub: where runs come from, and the hands that act on one repository.

github = GitHub(GitHubSettings(token=..., api_url=...))
source = github.source(target)       # a RunSource
hands = github.hands("owner/name")   # the Hands
"""

from __future__ import annotations

from collections.abc import Callable

from coo.adapters.github_due import GitHubAppointments
from coo.adapters.github_hands import GitHubHands
from coo.adapters.github_http import GitHubApi, GitHubSettings
from coo.adapters.github_logs import fetch_log
from coo.adapters.github_memory import GitHubMemory
from coo.adapters.github_read import job_of, shaped
from coo.adapters.github_runs import get_run, run_path
from coo.adapters.target import RunTarget, check_host
from coo.core.model import Job, Run
from coo.ports import Clock

__all__ = ["GitHub", "GitHubHands", "GitHubRuns", "GitHubSettings"]


class GitHub:
    """A connection to GitHub. Raises `InputError` or `AuthError` for settings that cannot work."""

    def __init__(self, settings: GitHubSettings) -> None:
        self._api = GitHubApi(settings)

    def source(self, target: RunTarget) -> GitHubRuns:
        """The run that a target names. Raises `InputError` when it is on another host than the API."""
        check_host(target, self._api.settings.api_url)
        return GitHubRuns(self._api, target)

    def hands(self, repo: str) -> GitHubHands:
        """The hands for a repository (`owner/name`)."""
        return GitHubHands(self._api, repo)

    def memory(self, repo: str, clock: Clock) -> GitHubMemory:
        """What GitHub itself remembers of a repository, where there is no ledger."""
        return GitHubMemory(self._api, repo, clock)

    def appointments(self, repo: str, clock: Clock, waits: Callable[[Run], float | None]) -> GitHubAppointments:
        """The runs of a repository that wait, where there is no ledger. `waits`: how long a failed run waits, if so."""
        return GitHubAppointments(self._api, repo, clock, waits)


class GitHubRuns:
    """A `RunSource` over GitHub: the latest attempt of a run, or the one that the target names."""

    def __init__(self, api: GitHubApi, target: RunTarget) -> None:
        self._api = api
        self._target = target

    def run(self) -> Run:
        """The run. Raises `InputError` when there is none that the token may see."""
        return get_run(self._api, self._target.repo, self._target.run_id, self._target.attempt)

    def jobs(self) -> tuple[Job, ...]:
        """All jobs of the attempt, however many."""
        target = self._target
        path = f"{run_path(target.repo, target.run_id, target.attempt)}/jobs"
        # Without a number GitHub is asked for the latest attempt; with one it takes no filter.
        params: dict[str, str | int] = {"filter": "latest"} if target.attempt is None else {}
        with shaped("the run's jobs"):
            pages = self._api.pages(path, f"list the jobs of run {target.run_id}", "actions=read", **params)
            return tuple(job_of(job) for page in pages for job in page["jobs"])

    def job_log(self, job: Job) -> bytes:
        """The raw log of a job. Raises `NothingToTriage` (`logs-gone`, `log-too-large`)."""
        return fetch_log(self._api, self._target.repo, job)
