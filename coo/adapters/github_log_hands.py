"""What coo asks of the logs of other runs than the one it triages: of a green one, to compare."""

from __future__ import annotations

from coo.adapters.github_logs import fetch_log
from coo.adapters.github_read import job_of, shaped
from coo.adapters.github_repo_hands import RepoHands
from coo.adapters.github_runs import run_path
from coo.core.model import Job, Run


class LogHands(RepoHands):
    """Jobs and logs of the runs of one repository. Methods raise `AuthError` and `RemoteError`."""

    def jobs_of(self, run: Run) -> tuple[Job, ...]:
        """All jobs of an attempt of a run."""
        path = f"{run_path(self._repo, run.id, run.attempt)}/jobs"
        with shaped("the run's jobs"):
            pages = self._api.pages(path, f"list the jobs of run {run.id}", "actions=read")
            return tuple(job_of(job) for page in pages for job in page["jobs"])

    def log_of(self, job: Job) -> bytes:
        """The raw log of a job. Raises `NothingToTriage` (`logs-gone`, `log-too-large`) besides."""
        return fetch_log(self._api, self._repo, job)
