"""A green run of a workflow and branch says so in the issues of its failures, once, and closes them where wanted."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from coo.adapters.github import GitHub, GitHubSettings
from coo.adapters.ledger import open_ledger
from coo.adapters.ledger.memory import LedgerMemory
from coo.core.errors import CooError
from coo.core.model import Outcome
from coo.core.playbook import Escalation, Playbook
from coo.ports import Memory
from coo.recovery import recover
from tests.e2e.test_escalation import CI, DAY, TELL, again, opened
from tests.e2e.world import RUN, Noon
from tests.support.github_server import PERSON, GitHubServer, Issue, Repo

CLOSE = replace(TELL, escalation=Escalation(close_on_recovery=True))
GREEN = RUN + 1


def green(repo: Repo, day: int = 5, id: int = GREEN, **values: object) -> None:
    """A run of CI that succeeded."""
    times = {"created_at": DAY.format(day), "started_at": DAY.format(day)}
    made = {"branch": "main", "conclusion": "success"} | CI | times | values
    repo.run(id, str(made.pop("branch")), (), **made)


def heal(
    gh: GitHubServer, play: Playbook = TELL, act: bool = True, memory: Memory | None = None, id: int = GREEN
) -> tuple[Outcome, ...]:
    """Tell of the green run as `coo triage` does."""
    github = GitHub(GitHubSettings(token=gh.token, api_url=gh.api_url, retries=1, backoff=0.0, timeout=10))
    hands = github.hands("acme/shop")
    return recover(hands.run(id), hands, play, act, memory or github.memory("acme/shop", Noon()))


def broken(gh: GitHubServer) -> tuple[Repo, Issue]:
    """A failure of the second that has an issue; CI is green again since the fifth."""
    issue = opened(gh)
    repo = gh.repos["acme/shop"]
    green(repo)
    return repo, issue


def test_the_issue_says_how_long_it_took() -> None:
    with GitHubServer() as gh:
        _, issue = broken(gh)
        (told,) = heal(gh)
        (comment,) = issue.comments
        assert issue.state == "open"
        assert heal(gh) == (), "it is said once"
        assert len(issue.comments) == 1
    assert (told.status, told.detail, told.actions) == (
        "done",
        "commented on issue #1: green again after 3 d",
        ("commented on issue #1",),
    )
    assert told.issue_url and told.issue_url.endswith("/issues/1")
    assert f"Green again: [CI, run {GREEN}](<http" in comment
    assert "succeeded on branch `main` at `" in comment
    assert "3 d after the first failure (2026-11-02 10:00 UTC). Close this issue if that settles it." in comment


def test_the_issue_is_closed_where_the_playbook_says_so() -> None:
    with GitHubServer() as gh:
        _, issue = broken(gh)
        (told,) = heal(gh, CLOSE)
        assert (issue.state, issue.state_reason) == ("closed", "completed")
        assert "This issue is closed by that." in issue.comments[0]
    assert told.actions == ("commented on issue #1", "closed issue #1")


def test_a_dry_run_changes_nothing() -> None:
    with GitHubServer() as gh:
        broken(gh)
        gh.requests.clear()
        (told,) = heal(gh, CLOSE, act=False)
        assert not gh.writes
    assert told.status == "dry-run"
    assert told.actions == ("comment on and, if nothing else fails, close issue #1",)


@pytest.mark.parametrize(
    "values",
    [
        {"branch": "feature/x"},
        {"path": ".github/workflows/other.yml"},
        {"head_repo": "mallory/shop"},
        {"conclusion": "failure"},
        {"conclusion": "cancelled"},
        {"conclusion": None, "status": "in_progress"},
        {"id": RUN - 1, "day": 1},
    ],
    ids=str,
)
def test_what_is_no_recovery(values: dict[str, object]) -> None:
    with GitHubServer() as gh:
        issue = opened(gh)
        repo = gh.repos["acme/shop"]
        repo.branch("feature/x")
        green(repo, **values)  # type: ignore[arg-type]
        assert heal(gh, CLOSE, id=int(str(values.get("id", GREEN)))) == ()
        assert (issue.state, issue.comments) == ("open", [])


def test_a_re_run_of_the_failed_run_may_be_the_green_one() -> None:
    with GitHubServer() as gh:
        issue = opened(gh)
        repo = gh.repos["acme/shop"]
        repo.rerun(RUN)
        repo.finish(RUN)
        assert len(heal(gh, id=RUN)) == 1
        assert "less than a minute after the first failure" in issue.comments[0]


def test_an_issue_of_two_branches_is_closed_by_the_second_one() -> None:
    with GitHubServer() as gh:
        _, issue = broken(gh)
        repo = gh.repos["acme/shop"]
        repo.branch("feature/x")
        repo.runs[RUN] = [replace(repo.runs[RUN][0], branch="feature/x", attempt=2)]
        from tests.e2e.world import go

        go(gh, play=TELL)
        assert (issue.body or "").count("coo:workflow=") == 2
        heal(gh, CLOSE)
        assert issue.state == "open"
        assert "Another workflow or branch has this failure still." in issue.comments[-1]
        green(repo, 6, GREEN + 1, branch="feature/x")
        heal(gh, CLOSE, id=GREEN + 1)
        assert issue.state == "closed"


def test_a_failure_that_returns_after_that_is_a_failure_again() -> None:
    with GitHubServer() as gh:
        _, issue = broken(gh)
        heal(gh, CLOSE)
        again(gh, 8)
        assert (issue.state, (issue.body or "").count("coo:workflow=")) == ("open", 1)
        green(gh.repos["acme/shop"], 9, GREEN + 1)
        (told,) = heal(gh, CLOSE, id=GREEN + 1)
    assert "green again after 1 d" in told.detail


def test_a_process_that_died_after_its_comment_does_not_comment_twice() -> None:
    with GitHubServer() as gh:
        _, issue = broken(gh)
        gh.fault("PATCH", "/issues/1$", status=500)
        (failed,) = heal(gh, CLOSE)
        assert (failed.status, failed.actions, issue.state) == ("failed", ("commented on issue #1",), "open")
        (told,) = heal(gh, CLOSE)
        assert (len(issue.comments), issue.state) == (1, "closed")
    assert told.actions == ("closed issue #1",)


def test_two_processes_with_a_ledger_say_it_once(tmp_path: Path) -> None:
    memory = LedgerMemory(open_ledger(str(tmp_path / "ledger.db")), "acme/shop", Noon())
    with GitHubServer() as gh:
        _, issue = broken(gh)
        assert memory.begin("escalate", f"green issue #1, run {GREEN}, attempt 1") is None
        assert heal(gh, memory=memory) == ()
        assert issue.comments == []


def test_an_issue_that_a_person_forged_is_left_alone() -> None:
    with GitHubServer() as gh:
        repo, issue = broken(gh)
        forged = repo.issue("mine", issue.body, ["coo"], author=PERSON)
        assert len(heal(gh, CLOSE)) == 1
        assert (forged.state, forged.comments) == ("open", [])


def test_an_issue_closed_in_between_is_left_alone() -> None:
    with GitHubServer() as gh:
        _, issue = broken(gh)
        gh.fault("GET", "/issues/1$", do=lambda: setattr(issue, "state", "closed"))
        assert heal(gh) == ()
        assert issue.comments == []


@pytest.mark.parametrize(("path", "method"), [("/issues/1$", "GET"), ("/comments$", "GET"), ("/comments$", "POST")])
def test_a_call_that_fails_is_an_outcome(path: str, method: str) -> None:
    with GitHubServer() as gh:
        _, issue = broken(gh)
        gh.fault(method, path, status=403)
        (told,) = heal(gh, CLOSE)
        assert (told.status, told.exit_code, issue.state) == ("failed", 4, "open")
        (told,) = heal(gh, CLOSE)
        assert (told.status, issue.state, len(issue.comments)) == ("done", "closed", 1)


def test_issues_that_cannot_be_listed_are_an_error() -> None:
    with GitHubServer() as gh:
        broken(gh)
        gh.fault("GET", "/issues$", status=500, times=None)
        with pytest.raises(CooError):
            heal(gh)
