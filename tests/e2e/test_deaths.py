"""The process is killed at each point of each action; the next one finds what is so, and nothing happens twice."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from coo.adapters.ledger import open_ledger
from coo.core.playbook import Action
from tests.e2e.mortal import LEDGER_WRITES, Processes
from tests.e2e.scenarios import OPEN, SCENARIOS, Scenario, state
from tests.e2e.test_faults import good, prepared, shape
from tests.e2e.world import RUN
from tests.support.github_server import GitHubServer

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork and SIGKILL")
KILLED = -signal.SIGKILL


@pytest.fixture(scope="module")
def processes() -> Iterator[Processes]:
    with Processes() as running:
        yield running


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ledger with its tables, to be copied: making them takes longer than a triage."""
    path = tmp_path_factory.mktemp("ledger") / "ledger.db"
    open_ledger(str(path)).close()
    return path


class Life:
    """One scenario's GitHub and ledger, and the processes that work on it one after the other."""

    def __init__(self, gh: GitHubServer, scenario: Scenario, folder: Path, empty: Path, processes: Processes) -> None:
        shutil.copy(empty, folder / "ledger.db")
        self.repo = gh.repo("acme/shop")
        event = folder / "event.json"
        event.write_text(json.dumps(gh.event(self.repo, RUN)), encoding="utf-8")
        self.argv = ["triage", "--event", str(event), "--act", "--no-llm", "--ledger", str(folder / "ledger.db")]
        self.env = {"GITHUB_TOKEN": gh.token, "GITHUB_API_URL": gh.api_url}
        self._scenario, self._processes, self._folder = scenario, processes, folder
        self._pid: int | None = None
        self._known = threading.Event()

    def run(self, die: tuple[str, str] | None = None) -> int:
        """Run `coo triage --act`; gives the exit code."""
        self._known.clear()
        out = str(self._folder / "out.txt")
        return self._processes.run(
            self._started, argv=self.argv, env=self.env, scenario=self._scenario.name, die=die, out=out
        )

    def _started(self, pid: int) -> None:
        self._pid = pid
        self._known.set()

    def kill(self) -> None:
        """Kill the process that is at work."""
        assert self._known.wait(30) and self._pid is not None
        os.kill(self._pid, signal.SIGKILL)

    @property
    def told(self) -> str:
        """All that the processes printed."""
        return (self._folder / "out.txt").read_text(encoding="utf-8")


def again(life: Life, scenario: Scenario, what: str) -> list[str]:
    """What is wrong after the next process."""
    code = life.run()
    wrong = [] if code in (0, 3) else [f"{what}: exit code {code}: {life.told[-600:]}"]
    if shape(state(life.repo)) != shape(good(scenario).after):
        wrong.append(f"{what}: it ends in {state(life.repo)} instead of {good(scenario).after}: {life.told[-600:]}")
    return wrong


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_killed_at_a_request_that_changes_something(
    scenario: Scenario, when: str, tmp_path: Path, empty: Path, processes: Processes
) -> None:
    wrong = []
    for place, call in enumerate(call for call in good(scenario).calls if call.method != "GET"):
        folder = tmp_path / str(place)
        folder.mkdir()
        with prepared(scenario) as gh:
            life = Life(gh, scenario, folder, empty, processes)
            kill = {"do": life.kill} if when == "before" else {"then": life.kill, "after_effect": True}
            gh.fault(call.method, f"^{re.escape(call.path)}$", skip=call.nth, reset=True, **kill)
            assert life.run() == KILLED, life.told
            wrong += again(life, scenario, f"{when} {call}")
    assert not wrong, "\n".join(wrong)


NOTED = (SCENARIOS[0], *(one for one in SCENARIOS if one.action is Action.ESCALATE))
"""Where the ledger is written to by different code: by every remedy in one place, and by escalations."""


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("scenario", NOTED, ids=lambda scenario: scenario.name)
def test_killed_at_a_write_to_the_ledger(
    scenario: Scenario, when: str, tmp_path: Path, empty: Path, processes: Processes
) -> None:
    wrong = []
    for where in LEDGER_WRITES:
        if where == "the limit is taken" and scenario.action is Action.ESCALATE and scenario is not OPEN:
            continue  # what is told in an issue that is there is none of the day's new ones
        folder = tmp_path / where.replace(" ", "-")
        folder.mkdir()
        with prepared(scenario) as gh:
            life = Life(gh, scenario, folder, empty, processes)
            assert life.run((where, when)) == KILLED, f"{where}: {life.told}"
            wrong += again(life, scenario, f"{when} {where}")
    assert not wrong, "\n".join(wrong)


def test_the_program_itself_is_killed_between_a_deletion_and_its_re_run(tmp_path: Path, empty: Path) -> None:
    scenario = SCENARIOS[0]
    shutil.copy(empty, tmp_path / "ledger.db")
    with prepared(scenario) as gh:
        repo = gh.repo("acme/shop")
        command = [sys.executable, "-m", "coo", "triage", f"acme/shop/{RUN}", "--act", "--no-llm"]
        env = os.environ | {
            "GITHUB_TOKEN": gh.token, "GITHUB_API_URL": gh.api_url, "COO_LEDGER_URL": str(tmp_path / "ledger.db"),
        }  # fmt: skip
        started = threading.Event()
        first: list[subprocess.Popen[bytes]] = []

        def kill() -> None:
            assert started.wait(30)
            first[0].kill()

        gh.fault("DELETE", "/git/refs/", then=kill, after_effect=True, reset=True)
        first.append(subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
        started.set()
        assert first[0].wait() == KILLED
        assert [len(repo.branches), len(repo.runs[RUN])] == [1, 1]
        second = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
        assert second.returncode == 0, second.stderr
        assert "was gone already and re-ran 1 failed job" in second.stdout
        assert state(repo) == good(scenario).after
