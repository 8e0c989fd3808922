"""`coo due`: what waits is done by whoever comes first, and each run is a line."""

from __future__ import annotations

import datetime
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from coo.adapters.ledger import open_ledger
from coo.adapters.ledger.due import LedgerAppointments, put
from coo.adapters.ledger.store import Query
from coo.ports import DueRun
from tests.cli.conftest import Coo, Done, environment
from tests.e2e.world import LOST, RUN, job
from tests.support.github_server import GitHubServer, Repo

PLAYBOOK = """id: patient
plays:
  - id: transient
    when: {category: infrastructure, source: rule, transient: true}
    do: rerun-failed-jobs
    with: {after: 15m}
    guards: [every-job-transient, attempts-left]
  - id: rest
    do: escalate
"""
LINE = f"acme/shop/{RUN} attempt 1:"


def ago(minutes: float) -> str:
    """A time so many minutes ago, as GitHub writes it."""
    then = datetime.datetime.now(datetime.UTC) - datetime.timedelta(minutes=minutes)
    return then.strftime("%Y-%m-%dT%H:%M:%SZ")


@pytest.fixture
def gh(world: Path) -> Iterator[GitHubServer]:
    (world / "coo.yml").write_text("github-timeout: 60\ngithub-retries: 1\nplaybook: patient.yml\n")
    (world / "patient.yml").write_text(PLAYBOOK)
    with GitHubServer() as server:
        run(server, 30)
        yield server


def run(gh: GitHubServer, minutes: float, id: int = RUN) -> Repo:
    """A run whose runner was lost so many minutes ago."""
    shop = gh.repo("acme/shop")
    if "feature/x" not in shop.branches:
        shop.branch("feature/x")
    at = ago(minutes)
    shop.run(id, "feature/x", (job(id, "build", LOST),), created_at=at, started_at=at)
    return shop


@pytest.fixture
def ask(coo: Coo, gh: GitHubServer) -> Coo:
    def due(*args: object, **env: str) -> Done:
        return coo("due", *args, **({"GITHUB_API_URL": gh.api_url, "GITHUB_TOKEN": gh.token} | env)).harmless()

    return due


def noted(minutes: float = 5, repo: str = "acme/shop", run_id: int = RUN) -> str:
    """A ledger in which a run is due since so many minutes."""
    put(open_ledger("ledger.db"), DueRun(repo, run_id, 1, "transient", time.time() - 60 * minutes))
    return "ledger.db"


def test_without_a_ledger_github_is_asked(ask: Coo, gh: GitHubServer) -> None:
    done = ask("--repo", "acme/shop")
    assert (done.code, done.out, done.err) == (0, f"{LINE} dry-run: would re-run 1 failed job\n", "1 run waits\n")
    assert gh.writes == []
    done = ask("--act", GITHUB_REPOSITORY="acme/shop")
    assert (done.code, done.out) == (0, f"{LINE} done: re-ran 1 failed job\n")
    done = ask("--act", "--repo", "acme/shop")
    assert (done.code, done.out, done.err) == (0, "", "0 runs wait\n")
    assert len(gh.writes) == 1


def test_what_is_not_due_yet_is_told(ask: Coo, gh: GitHubServer) -> None:
    run(gh, 5)
    done = ask("--act", "--repo", "acme/shop", "-q")
    assert (done.code, done.err, gh.writes) == (0, "", [])
    assert done.out.startswith(f"{LINE} waiting: due at 20")


def test_a_ledger_knows_what_waits_in_every_repository(ask: Coo, gh: GitHubServer) -> None:
    book = noted()
    noted(repo="acme/else", run_id=9)
    done = ask("--act", "--ledger", book)
    assert (done.code, sorted(done.out.splitlines())) == (
        0,
        sorted(
            [
                f"{LINE} done: re-ran 1 failed job",
                "acme/else/9 attempt 1: skipped: acme/else has no run 9, or the token cannot see it",
            ]
        ),
    )
    assert LedgerAppointments(open_ledger(book), None).waiting() == []
    (incident,) = open_ledger(book).incidents(Query())
    assert (incident.play, incident.status, incident.acted) == ("transient", "done", True)
    assert ask("--act", "--ledger", book).out == ""


def test_a_repository_that_is_named_is_the_only_one(ask: Coo) -> None:
    book = noted()
    assert ask("--ledger", book, "--repo", "acme/else").out == ""
    assert ask("--ledger", book, "--repo", "acme/shop").out != ""


def test_one_that_failed_is_exit_code_5_and_waits_on(ask: Coo, gh: GitHubServer) -> None:
    book = noted()
    run(gh, 30, RUN + 1)
    noted(run_id=RUN + 1)
    gh.fault("GET", f"/runs/{RUN}$", status=502, times=2)
    done = ask("--act", "--ledger", book).refused(5, "due-failed")
    assert done.out.startswith(f"{LINE} failed: ")
    assert done.out.endswith(f"acme/shop/{RUN + 1} attempt 1: done: re-ran 1 failed job\n")
    assert "1 of 2 runs could not be dealt with" in done.err
    assert ask("--act", "--ledger", book).out == f"{LINE} done: re-ran 1 failed job\n"


@pytest.mark.parametrize(
    ("args", "code", "name"),
    [
        ([], 2, "no-repository"),
        (["--repo", "acme"], 2, "bad-repository"),
        (["--repo", "acme/../x"], 2, "bad-repository"),
        (["--repo", "acme/shop", "--playbook", "nowhere"], 2, "no-playbook"),
        (["--ledger", "mysql://x/y"], 2, "bad-ledger"),
    ],
)
def test_what_cannot_be_done_says_why(ask: Coo, gh: GitHubServer, args: list[str], code: int, name: str) -> None:
    ask(*args).refused(code, name)
    assert gh.writes == []


def test_a_list_that_github_does_not_give(ask: Coo, gh: GitHubServer) -> None:
    gh.fault("GET", "/actions/runs$", status=500, times=None)
    assert ask("--act", "--repo", "acme/shop").refused(5, "\\S+").out == ""
    assert ask("--act", "--repo", "acme/shop", GITHUB_TOKEN="ghs_" + "x" * 36).refused(4, "\\S+").out == ""


def process(gh: GitHubServer) -> subprocess.Popen[str]:
    """`coo due --act` as a process of its own."""
    env = environment(GITHUB_API_URL=gh.api_url, GITHUB_TOKEN=gh.token, COO_LEDGER_URL="ledger.db")
    command = [sys.executable, "-m", "coo", "due", "--act"]
    return subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_processes_at_once_do_each_run_once(gh: GitHubServer) -> None:
    numbers = [RUN + more for more in range(2)]
    for number in numbers:
        run(gh, 30, number)
        noted(run_id=number)
    started = [process(gh) for _ in range(2)]
    told = [one.communicate(timeout=120) for one in started]
    assert [one.returncode for one in started] == [0, 0], told
    sent = sorted(one.path for one in gh.sent("POST"))
    assert sent == [f"/repos/acme/shop/actions/runs/{number}/rerun-failed-jobs" for number in numbers]
    lines = "".join(out for out, _ in told).splitlines()
    assert sum(": done: " in line for line in lines) == len(numbers)


def test_a_process_that_is_killed_after_the_call_has_done_it_once(ask: Coo, gh: GitHubServer) -> None:
    book = noted()
    gh.fault("POST", "rerun", delay=60, after_effect=True)
    killed = process(gh)
    for _ in range(600):
        if gh.sent("POST", "rerun") or killed.poll() is not None:
            break
        time.sleep(0.1)
    killed.send_signal(signal.SIGKILL)
    killed.communicate(timeout=60)
    assert gh.repo("acme/shop").runs[RUN][-1].attempt == 2
    assert ask("--act", "--ledger", book).out == f"{LINE} skipped: another process is at it\n"
    (waiting,) = LedgerAppointments(open_ledger(book), None).waiting()
    LedgerAppointments(open_ledger(book), None).release(waiting)  # its claim has run out
    assert "was re-run already: attempt 2 is in_progress" in ask("--act", "--ledger", book).out
    assert len(gh.sent("POST", "rerun")) == 1
    assert ask("--act", "--ledger", book).out == ""
