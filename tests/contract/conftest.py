from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from coo.adapters.github import GitHub, GitHubHands, GitHubSettings
from tests.support.github_server import GitHubServer, Job, Repo

BRANCH = "automated/implement-72"
RUN = 7214
LOG = "\ufeff2026-11-02T10:00:00.0000000Z ##[group]Run git push\r\n".encode() + b"\xff\x00 not UTF-8\n"

Connect = Callable[..., GitHub]


@pytest.fixture
def gh() -> Iterator[GitHubServer]:
    """A local GitHub; the test fails if a request to it broke GitHub's description."""
    with GitHubServer() as server:
        yield server


@pytest.fixture
def repo(gh: GitHubServer) -> Repo:
    """acme/shop with the failed run of an automation branch."""
    shop = gh.repo("acme/shop")
    shop.branch(BRANCH)
    shop.run(RUN, BRANCH, [Job(11, "implement", log=LOG), Job(12, "lint", "success")], workflow="Roadmap Agent")
    return shop


@pytest.fixture
def connect(gh: GitHubServer) -> Connect:
    """Make a `GitHub` for the local server, with waits that a test can bear; keywords are settings."""

    def make(**values: Any) -> GitHub:
        quick: dict[str, Any] = {
            "api_url": gh.api_url,
            "token": gh.token,
            "retries": 2,
            "backoff": 0.001,
            "timeout": 5.0,
        }
        return GitHub(GitHubSettings(**(quick | values)))

    return make


@pytest.fixture
def hands(connect: Connect, repo: Repo) -> GitHubHands:
    """The hands for acme/shop."""
    return connect().hands(repo.name)
