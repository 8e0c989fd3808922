"""A triage as a user has it: the bundled rules and a real playbook, over HTTP, against the stateful local GitHub."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from coo.adapters.github import GitHub, GitHubSettings
from coo.adapters.playbook_file import find_playbook, load_playbook
from coo.adapters.rule_files import load_catalog
from coo.adapters.target import RunTarget
from coo.core.engine import Engine
from coo.core.model import Triage
from coo.core.playbook import Playbook
from coo.ports import Memory, Model
from coo.triage import Options, triage
from tests.support.github_server import GitHubServer, Job, Repo, Step


class Noon:
    """A clock that stands still on the day of the tests' runs."""

    def now(self) -> float:
        return datetime.datetime(2026, 11, 2, 12, tzinfo=datetime.UTC).timestamp()

    def monotonic(self) -> float:
        return 0.0


BRANCH = "automated/implement-72"
RUN = 7214


def log(step: str, *lines: str) -> bytes:
    """A raw job log of one failed step, framed as GitHub frames it."""
    framed = [f"##[group]Run {step}", step, "##[endgroup]", *lines, "##[error]Process completed with exit code 1."]
    return "".join(f"2026-11-02T10:00:00.{i:07d}Z {line}\n" for i, line in enumerate(framed)).encode()


PUSH_REJECTED = log(
    f"git push origin {BRANCH}",
    "To https://github.com/acme/shop",
    f" ! [rejected]        {BRANCH} -> {BRANCH} (fetch first)",
    "error: failed to push some refs to 'https://github.com/acme/shop'",
    "hint: Updates were rejected because the remote contains work that you do not",
    "hint: have locally.",
)
NO_SPACE = log("npm ci", "npm error code ENOSPC", "npm error ENOSPC: no space left on device, write")
LOST = b"2026-11-02T10:00:00.0000000Z ##[error]The hosted runner lost communication with the server.\n"
TESTS = log(
    "pytest",
    "=========================== short test summary info ============================",
    "ERROR tests/test_shop.py",
    "!!!!!!!!!!!!!!!!!!!! Interrupted: 1 error during collection !!!!!!!!!!!!!!!!!!!!",
    "=============================== 1 error in 0.31s ===============================",
)
"""Tests that could not be collected: a failure that no re-run is for, and that goes to people at once."""
FAILED_TEST = log(
    "pytest",
    "=========================== short test summary info ============================",
    "FAILED tests/test_shop.py::test_total - assert 3 == 4",
    "========================= 1 failed, 11 passed in 0.31s =========================",
)
"""One test failed: a re-run tells whether it is flaky."""
STRANGE = log("make frobnicate", "the frobnicator is not amused", "make: leaving quietly")


def job(id: int, name: str, data: bytes | None, conclusion: str = "failure", **values: object) -> Job:
    """A job whose last step failed."""
    return Job(id, name, conclusion, data, (Step("Set up job"), Step("Run it", conclusion)), **values)  # type: ignore[arg-type]


@cache
def engine() -> Engine:
    """The bundled catalogue, loaded once."""
    return Engine(load_catalog())


@cache
def playbook(name: str = "default") -> Playbook:
    """A bundled playbook."""
    return load_playbook(find_playbook(name))


@contextmanager
def stale_branch(strict: bool = True, **branch: object) -> Iterator[tuple[GitHubServer, Repo]]:
    """The example of the issue: a push of an automation was rejected on its own branch."""
    with GitHubServer(strict=strict) as gh:
        repo = gh.repo("acme/shop")
        repo.branch(BRANCH, **branch)  # type: ignore[arg-type]
        run_on(repo, BRANCH)
        yield gh, repo


def run_on(repo: Repo, branch: str, *jobs: Job, **values: object) -> None:
    """A failed run of the roadmap agent on a branch, by default with the rejected push."""
    values = {"workflow": "Autonomous Roadmap Agent", "path": ".github/workflows/roadmap.yml"} | values
    repo.run(RUN, branch, jobs or (job(1, "implement", PUSH_REJECTED),), **values)


def go(
    gh: GitHubServer,
    act: bool = True,
    play: Playbook | None = None,
    model: Model | None = None,
    attempt: int | None = None,
    memory: Memory | None = None,
    retries: int = 1,
    **options: object,
) -> Triage:
    """Triage the run as `coo triage` does. `attempt`: as from the event of that attempt; `memory`: else GitHub's."""
    github = GitHub(GitHubSettings(token=gh.token, api_url=gh.api_url, retries=retries, backoff=0.0, timeout=10))
    source = github.source(RunTarget("acme/shop", RUN, attempt))
    settings = Options(act=act, attempt=attempt, **options)  # type: ignore[arg-type]
    memory = memory or github.memory("acme/shop", Noon())
    return triage(source, github.hands("acme/shop"), engine(), play or playbook(), model, settings, memory)
