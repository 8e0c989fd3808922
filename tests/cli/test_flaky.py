"""`coo triage` of a run that succeeded on a re-run: what failed before was flaky, and is told."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import Coo, Done
from tests.e2e.world import FAILED_TEST, LOST, RUN, job
from tests.support.github_server import GitHubServer, Repo

TARGET = f"acme/shop/{RUN}"
OPENED = f"{TARGET} succeeded: done: opened issue #1 of a flaky test ("


@pytest.fixture
def gh(world: Path) -> Iterator[GitHubServer]:
    (world / "coo.yml").write_text("github-timeout: 20\ngithub-retries: 1\n")
    with GitHubServer() as server:
        shop = server.repo("acme/shop")
        shop.branch("feature/x")
        healed(shop, FAILED_TEST)
        yield server


def healed(repo: Repo, data: bytes) -> None:
    """A run that failed, was re-run and passed."""
    repo.run(RUN, "feature/x", (job(1, "test", data),))
    repo.rerun(RUN)
    repo.finish(RUN)


@pytest.fixture
def ask(coo: Coo, gh: GitHubServer) -> Coo:
    def triage(*args: object, **env: str) -> Done:
        given = {"GITHUB_API_URL": gh.api_url, "GITHUB_TOKEN": gh.token} | env
        return coo("triage", *(args or (TARGET,)), **given).harmless()

    return triage


def test_a_flaky_test_is_told(ask: Coo, gh: GitHubServer) -> None:
    done = ask(TARGET, "--act", GITHUB_OUTPUT="out", GITHUB_STEP_SUMMARY="summary")
    assert (done.code, done.out.startswith(OPENED)) == (0, True)
    (issue,) = gh.repo("acme/shop").issues.values()
    assert "flaky" in issue.labels
    assert "outcome=done\n" in Path("out").read_text()
    assert "/issues/1\n" in Path("out").read_text()
    assert Path("summary").read_text().startswith("### coo: a run that succeeded\n\n```\n" + OPENED)
    again = ask(TARGET, "--act")
    assert (again.code, "tells of this flaky test already" in again.out) == (0, True)
    assert len(gh.repo("acme/shop").issues) == 1


def test_it_is_told_in_the_mode_escalate_and_planned_in_report(ask: Coo, gh: GitHubServer) -> None:
    done = ask(TARGET)
    assert (done.code, gh.writes) == (0, [])
    assert "succeeded: dry-run: would open an issue of a flaky test" in done.out
    assert ask(TARGET, "--mode", "escalate").out.startswith(OPENED)


def test_a_machine_s_format_is_not_mixed_with_words(ask: Coo) -> None:
    done = ask(TARGET, "--format", "json")
    assert (done.code, done.out) == (0, "")
    assert "would open an issue of a flaky test" in done.err


def test_an_event_is_enough(ask: Coo, gh: GitHubServer) -> None:
    event = gh.event(gh.repo("acme/shop"), RUN)
    Path("event.json").write_text(json.dumps(event))
    assert ask("--event", "event.json", "--act").out.startswith(OPENED)


def test_the_ledger_remembers_it(ask: Coo) -> None:
    from coo.adapters.clock import SystemClock
    from coo.adapters.ledger import open_ledger
    from coo.adapters.ledger.memory import LedgerMemory

    assert ask(TARGET, "--act", "--ledger", "ledger.db").out.startswith(OPENED)
    with open_ledger("ledger.db").begin() as connection:
        (found,) = connection.exec_driver_sql("SELECT fingerprint FROM flaky WHERE state = 'flaky'").scalars()
    (time,) = LedgerMemory(open_ledger("ledger.db"), "acme/shop", SystemClock()).flaky(found)
    assert (time.run_id, time.attempt) == (RUN, 2)
    again = ask(TARGET, "--act", "--ledger", "ledger.db")
    assert "skipped: a flaky test was told already" in again.out


def test_a_green_run_of_another_kind_is_nothing_to_triage(ask: Coo, gh: GitHubServer) -> None:
    healed(gh.repo("acme/shop"), LOST)
    assert ask(TARGET, "--act").refused(3, "not-failed").out == ""
    gh.repo("acme/shop").run(RUN, "feature/x", (job(1, "test", b"", "success"),), conclusion="success")
    assert ask(TARGET, "--act").refused(3, "not-failed").out == ""
    assert gh.writes == []


def test_what_cannot_be_told_is_an_error(ask: Coo, gh: GitHubServer) -> None:
    gh.permissions["issues"] = "read"
    done = ask(TARGET, "--act").refused(4, "not-told")
    assert "succeeded: failed: a flaky test could not be told" in done.out
    gh.permissions["issues"] = "write"
    gh.fault("GET", "/attempts/1$", status=500, times=None)
    ask(TARGET, "--act").refused(5, "\\S+")
    assert gh.repo("acme/shop").issues == {}
