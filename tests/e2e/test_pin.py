"""A release that broke upstream: the issue with the last version that worked, and the pull request that pins it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from coo.core.model import Triage
from coo.core.playbook import Action, Play, Playbook, When
from tests.e2e.world import RUN, TESTS, engine, go, job, log, playbook
from tests.support.github_files import files
from tests.support.github_server import PERSON, GitHubServer, Job, Repo

BROKEN = log(
    "pip install -r requirements.txt",
    "Collecting acme-core",
    "ERROR: Could not find a version that satisfies the requirement acme-core==1.3 (from versions: 1.1, 1.2)",
    "ERROR: No matching distribution found for acme-core==1.3",
)
HASHES = log(
    "pip install -r requirements.txt",
    "Requirement already satisfied: other in /opt/lib (3.1)",
    "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.",
    "    acme-core==1.3 from https://registry.example/acme_core-1.3.whl:",
)


def green_log(*lines: str) -> bytes:
    return "".join(f"2026-11-01T10:00:00.0000000Z {line}\n" for line in lines).encode()


GREEN = green_log("Successfully installed acme-core-1.2 other-3.0")
EARLY = "2026-11-01T10:00:00Z"


def green(repo: Repo, id: int = 70, branch: str = "main", data: bytes | None = GREEN, **values: object) -> None:
    """A run of CI that succeeded the day before."""
    values = {"conclusion": "success", "created_at": EARLY} | values
    one = Job(id * 10, "build", "success", data)
    repo.run(id, branch, (one,), **values)


@contextmanager
def broken(
    data: bytes = BROKEN, branch: str = "main", requirements: str = "acme-core>=1\nother\n"
) -> Iterator[tuple[GitHubServer, Repo]]:
    """A failed run of CI, and a repository with a requirements.txt; green runs are the test's."""
    with GitHubServer() as gh:
        gh.permissions["pull_requests"] = "write"
        repo = gh.repo("acme/shop")
        repo.trees[repo.branches["main"].sha] = {"api/requirements.txt": requirements.encode()}
        if branch != "main":
            repo.branch(branch, author=PERSON)
        repo.run(RUN, branch, (job(1, "build", data),))
        yield gh, repo


PIN = Play("pin", Action.PIN_DEPENDENCY, When(category=("dependency_issue",), source=("rule",)))
PULL = replace(PIN, params={"pull-request": True, "file": "api/requirements.txt"})


def pin(gh: GitHubServer, play: Play = PIN, **options: object) -> Triage:
    return go(gh, play=Playbook("test", (play,)), **options)  # type: ignore[arg-type]


def body(repo: Repo) -> str:
    (issue,) = repo.issues.values()
    return issue.body or ""


def test_the_last_version_that_worked() -> None:
    with broken() as (gh, repo):
        green(repo)
        done = pin(gh)
        assert (done.decision.action, done.outcome.status) == ("pin-dependency", "done")
        told = body(repo)
        assert "`acme-core` (pip) worked at **`1.2`**" in told
        assert "acme-core==1.2" in told
        assert "It is of the same commit" in told
        assert "/actions/runs/70" in told
        assert {path.split("/")[4] for path in (w.split(" ")[1] for w in gh.writes)} <= {"issues", "labels"}


def test_what_changed_since() -> None:
    with broken(HASHES) as (gh, repo):
        green(repo)
        pin(gh)
        assert "pip  other  3.0 -> 3.1" in body(repo)


def test_the_default_branch_stands_in() -> None:
    with broken(branch="feature/x") as (gh, repo):
        green(repo)
        pin(gh)
        assert "worked at **`1.2`**" in body(repo)
        assert "same commit" not in body(repo)


def test_the_branch_itself_comes_first() -> None:
    with broken(branch="feature/x") as (gh, repo):
        green(repo)
        green(
            repo, 71, "feature/x", green_log("Successfully installed acme-core-1.1"), created_at="2026-11-01T09:00:00Z"
        )
        pin(gh)
        assert "worked at **`1.1`**" in body(repo)


def test_a_fork_with_a_branch_of_that_name_does_not_count() -> None:
    with broken() as (gh, repo):
        green(repo, 71, data=green_log("Successfully installed acme-core-6.6.6"), head_repo="evil/shop")
        pin(gh)
        assert "6.6.6" not in body(repo)
        assert "coo cannot say it: no run of this workflow that succeeded" in body(repo)


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({"data": None}, "GitHub has no log of job"),
        ({"data": green_log("nothing of note")}, "does not say which versions it installed"),
        ({"data": green_log("Successfully installed another-1.0")}, "names no package that this log also names"),
    ],
)
def test_where_nothing_can_be_said_the_issue_says_so(values: dict[str, object], why: str) -> None:
    with broken() as (gh, repo):
        green(repo, **values)  # type: ignore[arg-type]
        assert pin(gh).outcome.status == "done"
        assert why in body(repo)


@pytest.mark.parametrize("status", [401, 403, 404, 500])
@pytest.mark.parametrize("call", ["/workflows/ci.yml/runs", "/runs/70/attempts/1/jobs", "/jobs/700/logs", "/logs/acme"])
def test_a_green_log_that_cannot_be_had_stops_no_escalation(call: str, status: int) -> None:
    with broken() as (gh, repo):
        green(repo)
        # The first read of the workflow's runs, jobs and logs that is only for the comparison fails for ever.
        gh.fault("GET", call, status=status, times=None, skip=1 if call == "/logs/acme" else 0)
        assert pin(gh).outcome.status == "done"
        assert "coo cannot say it" in body(repo) or "worked at" in body(repo)
        assert len(repo.issues) == 1


def test_again_is_told_once() -> None:
    with broken() as (gh, repo):
        green(repo)
        first, second = pin(gh), pin(gh)
        assert (first.outcome.status, second.outcome.status) == ("done", "skipped")
        assert len(gh.sent("POST", "/issues")) == 1


def test_it_may_be_done_where_coo_only_escalates() -> None:
    with broken() as (gh, repo):
        green(repo)
        assert pin(gh, remediate=False).decision.action == "pin-dependency"
        assert "worked at" in body(repo)


def test_a_dry_run_writes_nothing() -> None:
    with broken() as (gh, repo):
        green(repo)
        done = pin(gh, PULL, act=False)
        assert (done.outcome.status, gh.writes) == ("dry-run", [])
        assert "open a pull request that pins it in api/requirements.txt" in done.outcome.detail


# --- the pull request


def test_a_pull_request_is_proposed() -> None:
    with broken() as (gh, repo):
        green(repo)
        done = pin(gh, PULL)
        (pull,) = repo.pulls.values()
        print_of = done.classification.fingerprint
        assert pull.branch == f"coo/pin-{print_of}"
        assert (pull.base, pull.title) == ("main", "Pin a dependency to the last version that worked")
        assert files(repo, repo.branches[pull.branch].sha)["api/requirements.txt"] == b"acme-core==1.2\nother\n"
        assert files(repo, repo.branches["main"].sha)["api/requirements.txt"] == b"acme-core>=1\nother\n"
        assert "[Opened pull request" in body(repo) and "/pull/1>" in body(repo)
        assert done.outcome.status == "done"
        (sent,) = gh.sent("PUT", "/contents")
        assert sent.body["branch"] == pull.branch and sent.body["message"] == pull.title


def test_a_second_failure_finds_the_pull_request() -> None:
    with broken() as (gh, repo):
        green(repo)
        pin(gh, PULL)
        repo.issues.clear()
        pin(gh, PULL)
        assert len(repo.pulls) == 1
        assert "proposes it already" in body(repo)
        next(iter(repo.pulls.values())).state = "closed"
        repo.issues.clear()
        pin(gh, PULL)
        assert len(repo.pulls) == 1
        assert "proposed it before and was closed" in body(repo)


@pytest.mark.parametrize("step", ["POST /git/refs", "PUT /contents", "POST /pulls"])
@pytest.mark.parametrize("fault", [{"status": 500}, {"reset": True}])
def test_an_answer_that_is_lost_does_nothing_twice(step: str, fault: dict[str, object]) -> None:
    method, path = step.split(" ")
    with broken() as (gh, repo):
        green(repo)
        gh.fault(method, path, after_effect=True, **fault)
        assert pin(gh, PULL).outcome.status == "done"
        assert len(repo.pulls) == 1 and len(gh.sent("POST", "/git/refs")) == 1
        assert len(gh.sent("PUT", "/contents")) == 1 and len(gh.sent("POST", "/pulls")) == 1


@pytest.mark.parametrize("step", ["POST /git/refs", "PUT /contents", "POST /pulls"])
@pytest.mark.parametrize("status", [403, 404, 409, 422, 500])
def test_a_refused_step_is_told_and_taken_up_again(step: str, status: int) -> None:
    method, path = step.split(" ")
    with broken() as (gh, repo):
        green(repo)
        gh.fault(method, path, status=status)
        done = pin(gh, PULL)
        assert done.outcome.status == "failed" and done.outcome.exit_code
        assert "No pull request was opened" in body(repo)
        assert not repo.pulls and len(repo.issues) == 1
        pin(gh, PULL)
        assert len(repo.pulls) == 1 and len(repo.issues) == 1
        (pull,) = repo.pulls.values()
        assert files(repo, repo.branches[pull.branch].sha)["api/requirements.txt"] == b"acme-core==1.2\nother\n"


def test_killed_at_each_write_and_begun_again() -> None:
    class Killed(BaseException):
        pass

    def die() -> None:
        raise Killed

    for step in (("POST", "/git/refs"), ("PUT", "/contents"), ("POST", "/pulls"), ("POST", "/issues")):
        with broken() as (gh, repo):
            green(repo)
            gh.fault(*step, reset=True, times=None)  # the process sees no answer, and dies of that here
            with contextlib.suppress(Killed):
                pin(gh, PULL)
            gh._faults.clear()
            pin(gh, PULL)
            assert len(repo.pulls) == 1 and len(repo.issues) == 1, step


def refused(gh: GitHubServer, repo: Repo, why: str) -> None:
    """Nothing but an issue, which says why."""
    done = pin(gh, PULL)
    assert not repo.pulls
    assert not gh.sent("POST", "/git/refs") and not gh.sent("PUT", "")
    assert why in body(repo), body(repo)
    assert done.outcome.status == "done"


@pytest.mark.parametrize(
    ("requirements", "why"),
    [
        ("other\n", "none of its lines"),
        ("acme-core\nacme_core>=1 ; python_version < '3.12'\n", "2 of its lines name"),
        ("acme-core==1.3 --hash=sha256:00\n", "not of the plain form"),
        ("acme-core @ git+https://git.example/acme\n", "not of the plain form"),
        ("-e ./acme-core\n", "none of its lines"),
        ("acme-core==1.2\n", "is pinned to that version already"),
    ],
)
def test_a_file_that_is_left_alone(requirements: str, why: str) -> None:
    with broken(requirements=requirements) as (gh, repo):
        green(repo)
        refused(gh, repo, why)


def test_no_file_no_pull_request() -> None:
    with broken() as (gh, repo):
        green(repo)
        sha = repo.branches["main"].sha
        repo.trees[sha] = {"api/requirements.txt": b"-> secrets/other.txt", "secrets/other.txt": b"acme-core>=1\n"}
        refused(gh, repo, "no plain file api/requirements.txt")


def test_a_branch_that_changed_the_file_itself() -> None:
    with broken(branch="feature/x") as (gh, repo):
        green(repo)
        repo.trees[repo.branches["feature/x"].sha] = {"api/requirements.txt": b"acme-core==1.3\nother\n"}
        refused(gh, repo, "its own change may have broken it")


def test_a_version_that_the_default_branch_did_not_have() -> None:
    with broken(branch="feature/x") as (gh, repo):
        green(repo, 71, "feature/x", green_log("Successfully installed acme-core-6.6.6"))
        refused(gh, repo, "no green run of the default branch")
    with broken(branch="feature/x") as (gh, repo):
        green(repo)
        green(repo, 71, "feature/x", green_log("Successfully installed acme-core-6.6.6"))
        refused(gh, repo, "does not name this version of it alone")


def test_a_green_run_of_an_event_that_strangers_start() -> None:
    with broken() as (gh, repo):
        green(repo, event="issue_comment")
        refused(gh, repo, "was started by issue")


def test_two_versions_in_the_green_log() -> None:
    with broken() as (gh, repo):
        green(
            repo,
            data=green_log("Successfully installed acme-core-1.1", "Successfully installed acme-core-1.2"),
        )
        refused(gh, repo, "does not name this version of it alone")


def test_a_branch_of_that_name_with_other_work() -> None:
    with broken() as (gh, repo):
        green(repo)
        fingerprint = pin(gh, PULL, act=False).classification.fingerprint
        made = repo.branch(f"coo/pin-{fingerprint}", author=PERSON)
        repo.trees[made.sha] = {"api/requirements.txt": b"evil\n"}
        refused(gh, repo, "holds another api/requirements.txt")


def test_a_fork_gets_no_pin() -> None:
    with broken() as (gh, repo):
        green(repo)
        repo.run(RUN, "main", (job(1, "build", BROKEN),), head_repo="evil/shop")
        done = pin(gh, PULL)
        assert [guard.id for guard in done.decision.failed_guards] == ["same-repository"]
        assert done.decision.action == "escalate" and not repo.pulls


def test_a_pull_request_is_no_escalation() -> None:
    with broken() as (gh, repo):
        green(repo)
        done = pin(gh, PULL, remediate=False)
        assert done.decision.action == "escalate" and not repo.pulls


def test_hostile_names_and_versions_go_nowhere() -> None:
    with broken() as (gh, repo):
        evil = ("acme-core-1.2\\n--index-url=https://evil.example", "acme-core-1.2;curl", "@maintainer fixes #1")
        green(repo, data=green_log(*(f"Successfully installed {one}" for one in evil), "+ acme-core 1.2`"))
        pin(gh, PULL)
        told = body(repo)
        assert not repo.pulls
        assert "evil.example" not in told and "@maintainer" not in told and "curl" not in told


# --- the bundled playbook


@pytest.mark.parametrize(
    ("branch", "play", "priority"),
    [("main", "broken-release-on-default-branch", "P1"), ("feature/x", "broken-release", "P2")],
)
def test_the_default_playbook_pins(branch: str, play: str, priority: str) -> None:
    with broken(branch=branch) as (gh, repo):
        green(repo)
        done = go(gh)
        assert (done.decision.play, done.decision.priority, done.decision.owner) == (play, priority, "CTO")
        assert "worked at **`1.2`**" in body(repo)
        assert not repo.pulls and not gh.sent("PUT", "/contents")


def test_the_default_playbook_names_subtypes_that_rules_have() -> None:
    known = {rule.subtype for rule in engine().catalog.rules}
    pins = [play for play in playbook().plays if play.action is Action.PIN_DEPENDENCY]
    assert len(pins) == 2
    assert [name for play in pins for name in play.when.subtype if name not in known] == []
    assert pins[0].when.subtype == pins[1].when.subtype


def test_beside_another_failure_nothing_is_pinned() -> None:
    with broken() as (gh, repo):
        green(repo)
        repo.run(RUN, "main", (job(1, "build", BROKEN), job(2, "test", TESTS)))
        assert go(gh).decision.action != "pin-dependency"
        assert "worked at" not in body(repo)
