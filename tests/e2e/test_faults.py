"""Every call to GitHub of every action goes wrong in every way: coo says what is so, and a second try sets it right.

The calls are those that the local GitHub receives in a good run of the action, so a new call is broken by itself.
"""

from __future__ import annotations

import re
import select
import threading
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import pytest
import requests
from urllib3.connection import HTTPConnection

from coo.actions.remedies import SPECS
from coo.core.errors import CooError
from coo.core.model import Outcome
from coo.core.playbook import Action
from tests.e2e import world
from tests.e2e.scenarios import SCENARIOS, Scenario, State, lies, state
from tests.support.github_server import GitHubServer

REFUSALS: Mapping[str, dict[str, Any]] = {
    "401": {"status": 401},
    "403": {"status": 403},
    "404": {"status": 404},
    "409": {"status": 409},
    "422": {"status": 422},
    "429": {"status": 429},
    "429 with a short wait": {"status": 429, "headers": {"Retry-After": "0"}},
    "429 with a long wait": {"status": 429, "headers": {"Retry-After": "86400"}},
    "500": {"status": 500},
    "503 as a page": {"status": 503, "body": b"<html>Unicorn!</html>"},
    "no answer in time": {"status": 500, "delay": 3600.0},
    "the connection is reset": {"reset": True},
    "a page instead of JSON": {"status": 200, "body": b"<html>Log in</html>"},
}
"""Nothing is done, and nothing is learnt."""
MISSHAPEN: Mapping[str, dict[str, Any]] = {
    "not all of the answer": {"cut": -1},
    "an empty object": {"status": 200, "body": {}, "after_effect": True},
    "an empty list": {"status": 200, "body": b"[]", "after_effect": True},
    "null": {"status": 200, "body": b"null", "after_effect": True},
    "a word": {"status": 200, "body": b'"yes"', "after_effect": True},
}
"""It is done, and what comes back is not what GitHub describes."""
LOST_ANSWERS: Mapping[str, dict[str, Any]] = {
    "502 after the effect": {"status": 502, "after_effect": True},
    "no answer in time after the effect": {"delay": 3600.0},
    "the connection is reset after the effect": {"reset": True, "after_effect": True},
}
"""It is done, and coo does not learn it."""
KINDS = REFUSALS | MISSHAPEN | LOST_ANSWERS
HEALED = ("429 with a short wait",)
LASTING = ("404", "500", "no answer in time", "the connection is reset")
"""Kinds that are also tried with a fault that stays, where coo asks the same again."""

SOME = (*LASTING, "403", "an empty object")
"""Kinds that the reads of every scenario are tried with."""


@dataclass(frozen=True)
class Call:
    """A request of a good run: the `nth` of its method and path, counted from 0."""

    method: str
    path: str
    nth: int

    def gone(self, kind: str) -> bool:
        """Whether GitHub itself says that a branch or another run is not there: then coo leaves it alone."""
        return kind == "404" and bool(re.search(rf"/shop/branches/|/runs/(?!{world.RUN})\d+$", self.path))

    @property
    def lists(self) -> bool:
        """Whether its true answer is a list."""
        return bool(re.search(r"/(?:issues|pulls|comments|commits|timeline)$|/rules/branches/", self.path))

    def __str__(self) -> str:
        return f"{self.method} {self.path} (#{self.nth + 1})"


@dataclass(frozen=True)
class Good:
    """A run of a scenario without faults."""

    calls: tuple[Call, ...]
    deciding: int
    """How many calls come before anything is decided: the run, its jobs and its first log."""
    asked: tuple[Call, ...]
    """The calls between the decision and the first that changes something: without their answers nothing is done."""
    before: State
    after: State


def try_it(gh: GitHubServer, scenario: Scenario, retries: int = 0) -> Outcome | CooError:
    """The outcome of a triage that acts, or the error that a person gets to read. Anything else is a crash."""
    try:
        return world.go(gh, play=scenario.playbook, attempt=scenario.attempt, retries=retries).outcome
    except CooError as error:
        return error


@contextmanager
def prepared(scenario: Scenario) -> Iterator[GitHubServer]:
    """The scenario's GitHub. It does not judge requests here: it did so for the same ones in the good run."""
    with GitHubServer(strict=False, judge=False) as gh:
        scenario.prepare(gh)
        gh.requests.clear()
        yield gh


@cache
def good(scenario: Scenario) -> Good:
    """Run a scenario undisturbed and judge its requests."""
    with GitHubServer() as gh:
        scenario.prepare(gh)
        gh.requests.clear()
        repo = gh.repo("acme/shop")
        before = state(repo)
        outcome = try_it(gh, scenario)
        assert isinstance(outcome, Outcome) and outcome.status == "done", outcome
        assert not lies(outcome.actions, outcome.detail, before, state(repo))
        seen: dict[tuple[str, str], int] = {}
        calls = []
        for one in gh.requests:
            key = one.method, one.path
            calls.append(Call(*key, seen.get(key, 0)))
            seen[key] = seen.get(key, 0) + 1
        deciding = 1 + next(place for place, one in enumerate(gh.requests) if one.host == "logs")
        first = next(place for place, call in enumerate(calls) if call.method != "GET")
        return Good(tuple(calls), deciding, tuple(calls[deciding:first]), before, state(repo))


@contextmanager
def impatient(held: threading.Event) -> Iterator[None]:
    """A socket runs out of time as soon as the server holds an answer back, and never before."""
    real = HTTPConnection.getresponse

    def getresponse(self: HTTPConnection) -> Any:
        while not select.select([self.sock], [], [], 0.002)[0]:
            if held.is_set():
                held.clear()
                self.timeout = 0.001
                break
        return real(self)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(HTTPConnection, "getresponse", getresponse)
        yield


def broken(scenario: Scenario, call: Call, kind: str, lasting: bool) -> list[str]:
    """What is wrong after a call failed, and after a second try without the fault."""
    whole, held = good(scenario), threading.Event()
    with prepared(scenario) as gh, impatient(held):
        repo = gh.repo("acme/shop")
        fault = gh.fault(
            call.method, f"^{re.escape(call.path)}$", skip=call.nth, held=held,
            **{"times": None if lasting else 1} | KINDS[kind],
        )  # fmt: skip
        first = try_it(gh, scenario, retries=int(kind in HEALED))
        assert fault.seen > call.nth, "the call was not made: this test shows nothing"
        between = state(repo)
        wrong = judged(first, whole, between)
        if call.gone(kind):
            wrong = [fault for fault in wrong if "was gone already" not in fault]
        needed = not (scenario.spares and re.search(scenario.spares, call.path))
        blind = call in whole.asked and needed and kind not in HEALED and not call.gone(kind)
        if blind and acted(between) != acted(whole.before):
            wrong.append(f"acted although it did not get the answer: {between}")
        if between == whole.before:
            return wrong  # nothing was changed, so a second try is the good run
        fault.times = 0
        second = try_it(gh, scenario)
        if shape(state(repo)) not in map(shape, right_ends(whole, call, kind)):
            wrong.append(f"the second try ends in {state(repo)} instead of {whole.after}: {second!r}")
        return wrong


def acted(now: State) -> State:
    """What only an action changes; people may be told without an answer."""
    return {name: now[name] for name in ("branches", "runs", "pulls")}


def judged(first: Outcome | CooError, whole: Good, now: State) -> list[str]:
    """Whether what coo says after the fault is so."""
    if isinstance(first, CooError):
        told = [] if first.message and first.exit_code in (2, 3, 4, 5) else [f"{first!r} is for no reader"]
        return told + ([] if now == whole.before else ["changed something and tells of an error only"])
    wrong = lies(first.actions, first.detail, whole.before, now)
    if first.status not in ("done", "failed", "skipped"):
        wrong.append(f"status {first.status}")
    if first.status == "failed" and first.exit_code not in (4, 5):
        wrong.append(f"failed with exit code {first.exit_code}: {first.detail}")
    return wrong


def right_ends(whole: Good, call: Call, kind: str) -> list[State]:
    """The good run's end; or what was left alone because GitHub said that it is not there."""
    ends = [whole.after]
    if call.gone(kind):
        ends.append(whole.after | {"branches": whole.before["branches"]})
        after: dict[int, list[object]] = whole.after["runs"]
        others = {run: was for run, was in whole.before["runs"].items() if len(was) == len(after[run])}
        ends.append(whole.after | {"runs": after | others})
    return ends


def shape(now: State) -> State:
    """A state without the numbers of issues and pull requests, which depend on which came first."""
    return now | {name: sorted(now[name].values()) for name in ("issues", "pulls")}


def enough(scenario: Scenario, call: Call) -> Collection[str]:
    """The kinds that a read is tried with: all for the first scenario, few where an earlier one reads the same.

    All reads are sent by the same code; what differs is what is done without their answers. What is read to tell people
    after an action is broken by the scenarios that only tell.
    """
    earlier = SCENARIOS[: SCENARIOS.index(scenario)]
    if not earlier:
        return KINDS
    paths = {one.path for other in earlier for one in good(other).calls}
    if call.path not in paths:
        return SOME
    return ("500",) if call in good(scenario).asked else ()


def test_every_action_has_a_scenario() -> None:
    assert {scenario.action for scenario in SCENARIOS} == {*SPECS, Action.ESCALATE}
    assert len({scenario.name for scenario in SCENARIOS}) == len(SCENARIOS)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_every_call_fails(scenario: Scenario, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # Looking for proxies in the environment, each time, is a fifth of a request's time.
    monkeypatch.setattr(requests.sessions, "get_environ_proxies", lambda *_, **__: {})
    whole = good(scenario)
    wrong = []
    for place, call in enumerate(whole.calls):
        if scenario is not SCENARIOS[0] and place < whole.deciding:
            continue
        if call.method == "GET" and (kind in LOST_ANSWERS or (kind == "an empty list" and call.lists)):
            continue  # a read has no effect, and a list may well be empty
        if call.method == "GET" and kind not in enough(scenario, call):
            continue
        again = call in {replace(other, nth=call.nth) for other in whole.calls[place + 1 :]}
        for lasting in (False, True) if again and kind in LASTING else (False,):
            wrong += [
                f"{call}, {kind}{', lasting' * lasting}: {fault}" for fault in broken(scenario, call, kind, lasting)
            ]
    assert not wrong, "\n".join(wrong)
