"""What coo asks of and does to workflow runs."""

from __future__ import annotations

from coo.adapters.github_repo_hands import RepoHands
from coo.adapters.github_runs import get_run, run_path
from coo.core.model import Run


class RunHands(RepoHands):
    """Runs of one repository. Methods raise `AuthError` and `RemoteError`."""

    def run(self, run_id: int) -> Run:
        """The run as it is now."""
        return get_run(self._api, self._repo, run_id)

    def rerun_failed_jobs(self, run_id: int) -> None:
        """Run the failed jobs again. `RemoteError` (`refused`) when the run is running or too old."""
        path = f"{run_path(self._repo, run_id)}/rerun-failed-jobs"
        self._api.write("POST", path, f"re-run the failed jobs of run {run_id}", "actions=write")
