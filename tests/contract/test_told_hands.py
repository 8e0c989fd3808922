"""Issues that coo told people in, and a workflow's past, as GitHub answers for them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from coo.adapters.github import GitHub, GitHubHands, GitHubSettings
from coo.core.errors import RemoteError
from coo.core.model import Run
from tests.support.github_server import PERSON, GitHubServer, Repo

MARK = "<!-- coo:fingerprint=9f2c -->"
CI = {"path": ".github/workflows/ci.yml"}


@pytest.fixture
def gh() -> Iterator[GitHubServer]:
    with GitHubServer() as server:
        server.repo("acme/shop")
        yield server


@pytest.fixture
def repo(gh: GitHubServer) -> Repo:
    return gh.repos["acme/shop"]


@pytest.fixture
def hands(gh: GitHubServer) -> GitHubHands:
    return GitHub(GitHubSettings(token=gh.token, api_url=gh.api_url, retries=0, backoff=0.0)).hands("acme/shop")


def run_of(hands: GitHubHands, repo: Repo, **values: object) -> Run:
    repo.run(7, "main", (), **(CI | values))
    return hands.run(7)


def test_open_issues_are_the_oldest_first_and_coo_s_own(repo: Repo, hands: GitHubHands) -> None:
    for labels, body, values in (
        (["coo"], MARK, {}),
        (["coo"], MARK, {}),
        (["coo"], MARK, {"state": "closed"}),
        (["coo"], MARK, {"author": PERSON}),
        (["coo"], MARK, {"is_pull": True}),
        (["coo"], "words", {}),
        ([], MARK, {}),
    ):
        repo.issue("x", body, labels, **values)
    assert [issue.number for issue in hands.open_issues(MARK)] == [1, 2]


def test_of_the_closed_ones_that_which_was_closed_last(repo: Repo, hands: GitHubHands) -> None:
    for closed in ("2026-11-02T10:00:00Z", "2026-11-05T10:00:00Z", "2026-11-01T10:00:00Z"):
        repo.issue("x", MARK, ["coo"], state="closed", closed_at=closed)
    repo.issue("x", MARK, ["coo"])
    found = hands.closed_issue(MARK)
    assert found is not None
    assert (found.number, found.state, found.closed_at) == (2, "closed", 1793872800.0)
    assert hands.closed_issue("<!-- other -->") is None


def test_many_issues_are_looked_through(repo: Repo, hands: GitHubHands) -> None:
    repo.issue("x", MARK, ["coo"])
    for _ in range(120):
        repo.issue("x", "other", ["coo"])
    assert [issue.number for issue in hands.open_issues(MARK)] == [1]


def test_one_request_changes_what_is_given_and_nothing_else(gh: GitHubServer, repo: Repo, hands: GitHubHands) -> None:
    issue = repo.issue("x", "before", ["coo", "a"], assignees=["mona"])
    repo.assignable |= {"mona", "hubot"}
    hands.change_issue(1, state="closed", reason="not_planned")
    assert gh.sent("PATCH")[-1].body == {"state": "closed", "state_reason": "not_planned"}
    hands.change_issue(1, "after", "open", labels=["coo"], assignees=["hubot"])
    assert (issue.body, issue.state, issue.labels, issue.assignees) == ("after", "open", ["coo"], ["hubot"])
    assert len(gh.writes) == 2
    now = hands.issue(1)
    assert (now.body, now.labels, now.assignees, now.closed_at) == ("after", ("coo",), ("hubot",), None)


def test_a_change_is_sent_once(gh: GitHubServer, repo: Repo, hands: GitHubHands) -> None:
    repo.issue("x", "before", ["coo"])
    gh.fault("PATCH", "/issues/1$", status=502, times=None)
    with pytest.raises(RemoteError) as error:
        hands.change_issue(1, "after")
    assert (error.value.code, len(gh.sent("PATCH"))) == ("write-uncertain", 1)


def test_comments_of_others_are_left_out_and_a_time_is_asked_for(
    gh: GitHubServer, repo: Repo, hands: GitHubHands
) -> None:
    issue = repo.issue("x", MARK, ["coo"])
    issue.comments += ["ours", "theirs"]
    issue.commenters[1] = PERSON
    assert hands.own_comments(1, "2026-11-02T10:00:00Z") == ("ours",)
    assert gh.sent("GET", "/comments$")[-1].query["since"] == "2026-11-02T10:00:00Z"


def test_failures_of_a_day(repo: Repo, hands: GitHubHands) -> None:
    for number, made in enumerate(("2026-11-01T09:59:59Z", "2026-11-01T10:00:01Z", "2026-11-02T10:00:01Z"), 1):
        repo.run(number, "main", (), created_at=made, **CI)
    run = run_of(hands, repo)
    assert hands.failures_before(run, 24, 9) == 2
    assert hands.failures_before(run, 24, 1) == 1
    assert hands.failures_before(replace(run, branch=""), 24, 9) == 1


def test_the_last_green_run_and_what_came_after(repo: Repo, hands: GitHubHands) -> None:
    for number in (1, 2):
        made = f"2026-11-01T1{number}:00:00Z"
        repo.run(number, "main", (), conclusion="success", created_at=made, **CI)
    repo.push("main", author=PERSON, message="One")
    run = run_of(hands, repo)
    green = hands.last_green(run)
    assert green is not None
    assert green.id == 2
    found = hands.suspects(green, run)
    assert (found.total, [commit.message for commit in found.commits]) == (1, ["One"])
    assert found.url.startswith("https://")


@pytest.mark.parametrize("fault", [{"status": 500}, {"status": 404}, {"body": {}, "status": 200}])
def test_a_past_that_is_not_told_is_an_error(
    gh: GitHubServer, repo: Repo, hands: GitHubHands, fault: dict[str, object]
) -> None:
    run = run_of(hands, repo)
    gh.strict = False
    gh.fault("GET", "/actions/workflows/", times=None, **fault)  # type: ignore[arg-type]
    with pytest.raises(RemoteError):
        hands.last_green(run)
