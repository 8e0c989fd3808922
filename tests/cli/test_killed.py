"""A process that is killed while GitHub does what it asked for: run again, the end is right and nothing came twice."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import Coo, environment
from tests.e2e.world import BRANCH, PUSH_REJECTED, RUN, job
from tests.support.github_server import PERSON, GitHubServer

PLAYBOOK = """id: moves
plays:
  - id: keep
    when: {category: branch_conflict, source: rule}
    do: merge-base-and-rerun
    guards: [{branch-pattern: automated/*}]
"""
CANCEL = PLAYBOOK.replace("merge-base-and-rerun", "cancel-superseded-runs")
TARGET = f"acme/shop/{RUN}"
RERUN = f"POST /repos/acme/shop/actions/runs/{RUN}/rerun-failed-jobs"


@pytest.fixture
def gh(world: Path) -> Iterator[GitHubServer]:
    (world / "coo.yml").write_text("github-timeout: 60\ngithub-retries: 1\nplaybook: moves.yml\n")
    with GitHubServer() as server:
        repo = server.repo("acme/shop")
        repo.branch(BRANCH)
        repo.run(RUN - 1, BRANCH, (job(2, "push", None),), status="in_progress", conclusion=None)
        repo.run(RUN, BRANCH, (job(1, "push", PUSH_REJECTED),))
        repo.push("main", author=PERSON)
        yield server


def killed_at(gh: GitHubServer, call: str) -> None:
    """Run coo as a process, and kill it when GitHub has done a call and has not answered yet."""
    gh.fault("POST", call, delay=60, after_effect=True)
    env = environment(GITHUB_API_URL=gh.api_url, GITHUB_TOKEN=gh.token)
    command = [sys.executable, "-m", "coo", "triage", TARGET, "--act", "--no-llm"]
    process = subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    for _ in range(900):
        if gh.sent("POST", call) or process.poll() is not None:
            break
        time.sleep(0.1)
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=60)
    assert gh.sent("POST", call)


@pytest.mark.parametrize(
    ("playbook", "first"),
    [
        (PLAYBOOK, "POST /repos/acme/shop/merges"),
        (CANCEL, f"POST /repos/acme/shop/actions/runs/{RUN - 1}/cancel"),
    ],
    ids=["merge", "cancel"],
)
def test_a_process_that_is_killed_after_the_first_call(
    coo: Coo, gh: GitHubServer, world: Path, playbook: str, first: str
) -> None:
    (world / "moves.yml").write_text(playbook)
    killed_at(gh, first.rpartition("/")[2])
    assert gh.writes == [first]
    head = gh.repo("acme/shop").branches[BRANCH].sha
    done = coo("triage", TARGET, "--act", "--no-llm", GITHUB_API_URL=gh.api_url, GITHUB_TOKEN=gh.token)
    assert done.code == 0, done.err
    assert gh.writes == [first, RERUN]
    assert gh.repo("acme/shop").branches[BRANCH].sha == head
    assert gh.repo("acme/shop").runs[RUN][-1].attempt == 2
