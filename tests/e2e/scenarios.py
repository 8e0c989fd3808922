"""One good run of each action, for tests that break it: how the world stands before, and what may be said after."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from coo.core.playbook import Action, Fallback, GuardSpec, Play, Playbook
from tests.e2e.world import BRANCH, FAILED_TEST, LOST, PUSH_REJECTED, RUN, STRANGE, go, job, log, run_on
from tests.support.github_server import PERSON, GitHubServer, Job, Repo

State = dict[str, Any]
"""What stands on the local GitHub, without the words of issues."""


@dataclass(frozen=True, eq=False)
class Scenario:
    """A failed run for which an action is right. Its guards fall back to a report, so that only the action acts."""

    name: str
    action: Action
    prepare: Callable[[GitHubServer], None]
    params: Mapping[str, Any] = field(default_factory=dict)
    attempt: int = 1
    """The attempt of the run that the event tells of."""
    spares: str = ""
    """A pattern of paths whose answers are only told to people: without them the action is done all the same."""

    @property
    def playbook(self) -> Playbook:
        """The action for every failure, and nothing else."""
        patterns = GuardSpec("branch-pattern", ("automated/*",))
        guards = (patterns,) if self.action in (Action.DELETE_AND_RERUN, Action.MERGE_AND_RERUN) else ()
        no = Fallback(Action.REPORT_ONLY)
        return Playbook("faults", (Play("it", self.action, guards=guards, on_guard_failure=no, params=self.params),))


def _automation(gh: GitHubServer) -> None:
    repo = gh.repo("acme/shop")
    repo.branch(BRANCH)
    run_on(repo, BRANCH)


def _lost_runner(gh: GitHubServer) -> None:
    gh.repo("acme/shop").run(RUN, "main", (job(1, "test", LOST),))


def _failed_test(gh: GitHubServer) -> None:
    repo = gh.repo("acme/shop")
    repo.branch("feature/x", author=PERSON)
    repo.run(RUN, "feature/x", (job(1, "test", FAILED_TEST),))


def _behind(gh: GitHubServer) -> None:
    """The automation's branch lacks what the default branch got since."""
    _automation(gh)
    gh.repo("acme/shop").push("main", author=PERSON)


def _two_runs(gh: GitHubServer) -> None:
    """An older run of the same workflow and branch is still going."""
    repo = gh.repo("acme/shop")
    repo.branch("feature/x", author=PERSON)
    repo.run(RUN - 1, "feature/x", (job(2, "test", None, conclusion=None),), status="in_progress", conclusion=None)
    repo.run(RUN, "feature/x", (job(1, "test", PUSH_REJECTED),))


def _broken_release(gh: GitHubServer) -> None:
    gh.permissions["pull_requests"] = "write"
    repo = gh.repo("acme/shop")
    repo.trees[repo.branches["main"].sha] = {"requirements.txt": b"acme-core>=1\n"}
    green = b"2026-11-01T10:00:00.0000000Z Successfully installed acme-core-1.2 other-3.0\n"
    values = {"conclusion": "success", "created_at": "2026-11-01T10:00:00Z"}
    repo.run(70, "main", (Job(700, "build", "success", green),), **values)
    told = "ERROR: No matching distribution found for acme-core==1.3"
    repo.run(RUN, "main", (job(1, "build", log("pip install -r requirements.txt", told)),))
    _labels(repo, "workflow:dependency_issue")


def _labels(repo: Repo, *more: str) -> None:
    """Nearly all labels are there: how the others are made is broken often enough by one."""
    repo.labels.update(dict.fromkeys(("coo", "p2", *more), "ededed"))


def _strange(gh: GitHubServer) -> None:
    repo = gh.repo("acme/shop")
    repo.run(RUN, "main", (job(1, "test", STRANGE),))
    _labels(repo, "workflow:unknown")


def _strange_again(gh: GitHubServer) -> None:
    """The failure has an issue that tells of the first attempt; now the second failed, too."""
    _strange(gh)
    go(gh, play=OPEN.playbook, attempt=1)
    repo = gh.repo("acme/shop")
    repo.rerun(RUN)
    repo.finish(RUN, "failure")
    gh.requests.clear()


def _strange_returns(gh: GitHubServer) -> None:
    """The failure has an issue that was closed; now it is back."""
    _strange_again(gh)
    gh.repo("acme/shop").issues[1].state = "closed"


OPEN = Scenario("escalate: open", Action.ESCALATE, _strange)
SCENARIOS = (
    Scenario("delete-branch-and-rerun", Action.DELETE_AND_RERUN, _automation),
    Scenario("rerun-failed-jobs", Action.RERUN, _lost_runner),
    Scenario("rerun-to-confirm-flaky", Action.CONFIRM_FLAKY, _failed_test),
    Scenario("merge-base-and-rerun", Action.MERGE_AND_RERUN, _behind),
    Scenario("cancel-superseded-runs", Action.CANCEL_SUPERSEDED, _two_runs),
    OPEN,
    Scenario("escalate: comment", Action.ESCALATE, _strange_again, attempt=2),
    Scenario("escalate: reopen", Action.ESCALATE, _strange_returns, attempt=2),
    Scenario(
        "pin-dependency",
        Action.PIN_DEPENDENCY,
        _broken_release,
        {"pull-request": True, "file": "requirements.txt"},
        spares="/jobs/1/logs|/shop/1.txt|/rules/branches/",
    ),
)
"""The first is the one for which the calls before any decision are broken; they are the same for all."""


def state(repo: Repo) -> State:
    """What stands in a repository now."""
    return {
        "branches": {name: branch.sha for name, branch in repo.branches.items()},
        "runs": {key: [(run.attempt, run.status, run.conclusion) for run in runs] for key, runs in repo.runs.items()},
        "pulls": {number: (pull.branch, pull.state) for number, pull in repo.pulls.items()},
        "issues": {
            number: (issue.state, sorted(issue.labels), sorted(issue.assignees), len(issue.comments))
            for number, issue in repo.issues.items()
        },
        "labels": sorted(repo.labels),
    }


def _attempts(now: State) -> int:
    return sum(map(len, now["runs"].values()))


Claim = Callable[[State, State, "re.Match[str]"], bool]
CLAIMS: Mapping[str, Claim] = {
    r"deleted branch (\S+)": lambda before, now, m: m[1] in before["branches"] and m[1] not in now["branches"],
    r"branch (\S+) was gone already": lambda before, now, m: m[1] not in before["branches"],
    r"merged main into (\S+) \(it was at (\w+), and is at (\w+)\)": lambda before, now, m: (
        before["branches"][m[1]] == m[2] and now["branches"][m[1]] == m[3]
    ),
    r"already merged main into (\S+) \(it was at (\w+), and is at (\w+)\)": lambda before, now, m: (
        before["branches"][m[1]] == m[3]
    ),
    r"cancelled run (\d+)": lambda before, now, m: now["runs"][int(m[1])] != before["runs"][int(m[1])],
    r"the older runs had ended already": lambda before, now, m: before["runs"] == now["runs"] or _attempts(now) > 0,
    r"opened pull request #(\d+)": lambda before, now, m: int(m[1]) in now["pulls"],
    r"reopened issue #(\d+)": lambda before, now, m: (
        (before["issues"][int(m[1])][0], now["issues"][int(m[1])][0]) == ("closed", "open")
    ),
    r"re-ran \d+ failed jobs?": lambda before, now, m: _attempts(now) == _attempts(before) + 1,
    r"opened issue #(\d+)": lambda before, now, m: int(m[1]) in now["issues"] and int(m[1]) not in before["issues"],
    r"commented on issue #(\d+)": lambda before, now, m: (
        now["issues"][int(m[1])][3] == before["issues"][int(m[1])][3] + 1
    ),
}
"""What an outcome may say was done, and whether it was."""

CHANGES: Mapping[str, tuple[Callable[[State, State], bool], str]] = {
    "a branch is gone": (
        lambda before, now: bool(before["branches"].keys() - now["branches"].keys()),
        "deleted branch",
    ),
    "a branch moved": (
        lambda before, now: any(now["branches"].get(name, sha) != sha for name, sha in before["branches"].items()),
        "merged",
    ),
    "there is a new attempt": (lambda before, now: _attempts(now) > _attempts(before), "re-ran"),
    "there is a new issue": (lambda before, now: len(now["issues"]) > len(before["issues"]), "opened issue|issue #"),
    "there is a new pull request": (lambda before, now: len(now["pulls"]) > len(before["pulls"]), "pull request"),
    "an issue has a new comment": (
        lambda before, now: any(now["issues"][number][3] > one[3] for number, one in before["issues"].items()),
        "commented|tells of this run",
    ),
}
"""What may change, and the words without which an outcome hides it (or else it says that it may have been done)."""


def lies(actions: tuple[str, ...], detail: str, before: State, now: State) -> list[str]:
    """What an outcome says and is not so, and what is so and it does not say."""
    out = []
    for said in actions:
        claims = [(match, holds) for pattern, holds in CLAIMS.items() if (match := re.fullmatch(pattern, said))]
        if not claims:
            out.append(f"nobody can check {said!r}: add it to CLAIMS")
        elif not all(holds(before, now, match) for match, holds in claims):
            out.append(f"says {said!r}, which is not so")
    told = " ".join((*actions, detail))
    for what, (changed, words) in CHANGES.items():
        if changed(before, now) and not re.search(f"{words}|may have been done", told):
            out.append(f"{what}, and the outcome does not say so: {detail!r}")
    return out
