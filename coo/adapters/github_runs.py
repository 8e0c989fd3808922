"""One run, asked from GitHub."""

from __future__ import annotations

from coo.adapters.github_http import GitHubApi
from coo.adapters.github_read import run_of, shaped
from coo.core.errors import InputError
from coo.core.model import Run


def run_path(repo: str, run_id: int, attempt: int | None = None) -> str:
    """The API's path of a run, or of one attempt of it."""
    path = f"/repos/{repo}/actions/runs/{run_id}"
    return path if attempt is None else f"{path}/attempts/{attempt}"


def get_run(api: GitHubApi, repo: str, run_id: int, attempt: int | None = None) -> Run:
    """A run with its repository's default branch, which only the repository itself tells (two requests).

    Raises `InputError` (`no-such-run`), `AuthError`, `RemoteError`.
    """
    found = api.find(run_path(repo, run_id, attempt), f"read run {run_id} of {repo}", "actions=read")
    if found is None:
        which = f"run {run_id}" if attempt is None else f"attempt {attempt} of run {run_id}"
        hint = (
            "set GITHUB_TOKEN if the repository is private"
            if api.anonymous
            else "the token needs `actions: read` there"
        )
        raise InputError(
            "no-such-run", f"{repo} has no {which}, or the token cannot see it", f"check the number; {hint}"
        )
    about = api.get(f"/repos/{repo}", f"read the repository {repo}", "metadata=read")
    with shaped("the repository"):
        return run_of(found.data, repo, str(about.data["default_branch"]))
