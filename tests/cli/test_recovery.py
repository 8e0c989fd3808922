"""`coo triage` of a run that succeeded where an issue is open: it is told there, and nothing is left to triage else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import Coo, Done
from tests.e2e.world import RUN, STRANGE, job
from tests.support.github_server import GitHubServer

FAILED, GREEN = f"acme/shop/{RUN}", f"acme/shop/{RUN + 1}"


@pytest.fixture
def gh(world: Path) -> Iterator[GitHubServer]:
    (world / "coo.yml").write_text("github-timeout: 20\ngithub-retries: 1\n")
    with GitHubServer() as server:
        shop = server.repo("acme/shop")
        shop.run(RUN, "main", (job(1, "test", STRANGE),))
        shop.run(RUN + 1, "main", (), conclusion="success")
        yield server


@pytest.fixture
def ask(coo: Coo, gh: GitHubServer) -> Coo:
    def triage(*args: object, **env: str) -> Done:
        given = {"GITHUB_API_URL": gh.api_url, "GITHUB_TOKEN": gh.token} | env
        return coo("triage", *args, **given).harmless()

    return triage


def test_nothing_to_triage_where_no_issue_is_open(ask: Coo, gh: GitHubServer) -> None:
    done = ask(GREEN, "--act")
    assert (done.code, gh.writes) == (3, [])
    assert "did not fail" in done.err


def test_a_green_run_is_told_in_the_issue_of_its_workflow(ask: Coo, gh: GitHubServer) -> None:
    assert ask(FAILED, "--act").code == 0
    issue = gh.repo("acme/shop").issues[1]
    planned = ask(GREEN)
    assert (planned.code, issue.comments) == (0, [])
    assert "succeeded: dry-run: would comment on issue #1: green again" in planned.out
    done = ask(GREEN, "--mode", "escalate", GITHUB_OUTPUT="out", GITHUB_STEP_SUMMARY="summary")
    assert (done.code, len(issue.comments)) == (0, 1)
    assert "succeeded: done: commented on issue #1: green again after" in done.out
    outputs = Path("out").read_text()
    assert "outcome=done\n" in outputs
    assert "category=\n" in outputs
    assert "green again" in Path("summary").read_text()
    assert ask(GREEN, "--act").code == 3


def test_the_playbook_closes_it(ask: Coo, gh: GitHubServer, world: Path) -> None:
    text = "id: mine\nescalation: {close-on-recovery: true}\nplays: [{id: all, do: escalate}]\n"
    (world / "mine.yml").write_text(text, encoding="utf-8")
    ask(FAILED, "--act", "--playbook", "mine.yml")
    assert ask(GREEN, "--act", "--playbook", "mine.yml").code == 0
    assert gh.repo("acme/shop").issues[1].state == "closed"


def test_coo_s_own_green_run_is_told_nowhere(ask: Coo, gh: GitHubServer) -> None:
    ask(FAILED, "--act")
    own = {"workflow": "coo", "path": ".github/workflows/coo.yml"}
    gh.repo("acme/shop").run(RUN + 1, "main", (), conclusion="success", **own)
    assert ask(GREEN, "--act").code == 3
    assert gh.repo("acme/shop").issues[1].comments == []
