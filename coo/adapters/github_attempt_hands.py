"""What coo asks of the attempts of a run, and of the other runs of its workflow for the same commit."""

from __future__ import annotations

from coo.adapters.github_read import run_of, shaped
from coo.adapters.github_repo_hands import RepoHands
from coo.adapters.github_runs import run_path
from coo.core.model import Run


class AttemptHands(RepoHands):
    """Attempts and runs of one commit. Methods raise `AuthError` and `RemoteError`."""

    def attempts_before(self, run: Run) -> tuple[Run, ...]:
        """The earlier attempts of a run, oldest first."""
        return tuple(self._attempt(run, number) for number in range(1, run.attempt))

    def _attempt(self, run: Run, number: int) -> Run:
        path = run_path(self._repo, run.id, number)
        found = self._api.get(path, f"read attempt {number} of run {run.id}", "actions=read")
        return run_of(found.data, self._repo, run.default_branch)

    def runs_of_commit(self, run: Run) -> tuple[Run, ...]:
        """The newest attempt of each other run of a run's workflow for the same commit."""
        what = f"list the runs for commit {run.sha[:7]}"
        with shaped("the runs"):
            pages = self._api.pages(f"{self._base}/actions/runs", what, "actions=read", head_sha=run.sha)
            found = [run_of(data, self._repo, run.default_branch) for page in pages for data in page["workflow_runs"]]
        # NOTE: looked at again, as a server that does not know `head_sha` lists everything.
        return tuple(
            one for one in found if one.id != run.id and one.sha == run.sha and one.workflow_path == run.workflow_path
        )
