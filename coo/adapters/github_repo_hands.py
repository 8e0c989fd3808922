"""What every part of the hands has: the API and the repository that it is for."""

from __future__ import annotations

from coo.adapters.github_http import GitHubApi


class RepoHands:
    """A part of the `Hands` over GitHub, for one repository (`owner/name`)."""

    def __init__(self, api: GitHubApi, repo: str) -> None:
        self._api = api
        self._repo = repo
        self._base = f"/repos/{repo}"
