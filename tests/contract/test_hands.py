"""What coo asks of and does to a repository, over HTTP."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from coo.adapters.github import GitHubHands
from coo.core.errors import AuthError, InputError, RemoteError
from coo.ports import BranchFacts, PullRequest
from tests.contract.conftest import BRANCH, RUN, Connect
from tests.support.github_server import PERSON, WEB_FLOW, GitHubServer, Repo, User

MARKER = "<!-- coo:fingerprint=9f2c -->"


def test_a_branch_as_it_is_now(repo: Repo, hands: GitHubHands) -> None:
    assert hands.branch(BRANCH) == BranchFacts(BRANCH, repo.branches[BRANCH].sha, False)
    moved = repo.push(BRANCH, author=PERSON)
    assert hands.branch(BRANCH) == BranchFacts(BRANCH, moved, False)
    assert hands.branch("automated/other") is None


@pytest.mark.parametrize(
    "rules", [["deletion"], ["non_fast_forward"], ["update"], ["required_status_checks"], ["pull_request"]]
)
def test_any_rule_of_a_ruleset_protects(repo: Repo, hands: GitHubHands, rules: list[str]) -> None:
    repo.branches[BRANCH].rules = rules
    facts = hands.branch(BRANCH)
    assert facts is not None and facts.protected is True


def test_classic_protection_protects(repo: Repo, hands: GitHubHands) -> None:
    repo.branches[BRANCH].protected = True
    facts = hands.branch(BRANCH)
    assert facts is not None and facts.protected is True


@pytest.mark.parametrize("status", [403, 404])
def test_rules_that_github_does_not_tell_are_not_taken_for_none(
    gh: GitHubServer, repo: Repo, hands: GitHubHands, status: int
) -> None:
    gh.fault("GET", "/rules/branches/", status=status)
    facts = hands.branch(BRANCH)
    assert facts is not None and facts.protected is None


def test_the_new_name_of_a_renamed_branch_is_another_branch(gh: GitHubServer, repo: Repo, hands: GitHubHands) -> None:
    repo.branch("kept")
    there = {"Location": f"{gh.api_url}/repos/acme/shop/branches/kept"}
    gh.fault("GET", "/branches/automated/implement-72$", status=301, headers=there)
    assert hands.branch(BRANCH) is None


@pytest.mark.parametrize("name", ["auto/#1 %2F?".replace(" ", ""), "auto/ü-ß", "a/b/c.d", "auto/100%"])
def test_names_of_branches_are_encoded(gh: GitHubServer, repo: Repo, hands: GitHubHands, name: str) -> None:
    name = name.replace("?", "")  # git allows no question mark
    repo.branch(name)
    assert hands.branch(name) is not None
    hands.delete_branch(name)
    assert name not in repo.branches
    assert gh.writes == [f"DELETE /repos/acme/shop/git/refs/heads/{name}"]


@pytest.mark.parametrize(
    "name", ["", "..", "a/../../issues", "a/./b", "/a", "a//b", "a b", "a?x=1", "a\nb", "-d", "a.lock"]
)
def test_what_git_would_not_call_a_branch_is_never_sent(gh: GitHubServer, hands: GitHubHands, name: str) -> None:
    with pytest.raises(InputError):
        hands.delete_branch(name)
    assert gh.requests == []


def test_commits_with_the_accounts_that_github_knows(repo: Repo, hands: GitHubHands) -> None:
    repo.push(BRANCH, author=PERSON, committer=WEB_FLOW)
    head = repo.push(BRANCH, author=None)
    told = [
        (commit.author, commit.author_is_bot, commit.committer, commit.committer_is_bot)
        for commit in hands.commits_since_base("main", head)
    ]
    bot = "github-actions[bot]"
    assert told == [(bot, True, bot, True), ("mona", False, "web-flow", False), (None, False, None, False)]


@pytest.mark.parametrize(
    ("user", "bot"),
    [
        (User("renovate[bot]", "Bot"), True),
        (User("copilot", "Bot"), True),
        (User("release-bot"), False),
        (User("dependabot"), False),
        (User("acme", "Organization"), False),
    ],
)
def test_only_github_says_who_is_a_bot(repo: Repo, hands: GitHubHands, user: User, bot: bool) -> None:
    head = repo.push(BRANCH, author=user)
    assert hands.commits_since_base("main", head)[-1].author_is_bot is bot


def test_all_commits_over_all_pages_or_none(gh: GitHubServer, repo: Repo, hands: GitHubHands) -> None:
    for _ in range(130):
        head = repo.push(BRANCH)
    assert len(hands.commits_since_base("main", head)) == 131
    short = {"total_commits": 400, "commits": []}
    gh.fault("GET", "/compare/", status=200, body=short)
    with pytest.raises(RemoteError, match="tells of 400 commits and lists 0"):
        hands.commits_since_base("main", head)


def test_a_head_that_github_does_not_know(hands: GitHubHands) -> None:
    with pytest.raises(RemoteError):
        hands.commits_since_base("main", "f" * 40)


def test_open_pull_requests_from_exactly_this_branch(gh: GitHubServer, repo: Repo, hands: GitHubHands) -> None:
    person, bot = repo.pull(BRANCH, PERSON), repo.pull(BRANCH)
    repo.pull(BRANCH, PERSON, state="closed")
    repo.pull(BRANCH, PERSON, head_repo="mallory/shop")
    repo.pull("automated/other", PERSON)
    links = [f"{gh.url}/acme/shop/pull/{pull.number}" for pull in (bot, person)]
    assert hands.open_pull_requests(BRANCH) == (
        PullRequest(bot.number, "github-actions[bot]", True, links[0]),
        PullRequest(person.number, "mona", False, links[1]),
    )
    assert gh.sent("GET", "/pulls")[0].query["head"] == f"acme:{BRANCH}"


def test_pull_requests_are_filtered_here_too(gh: GitHubServer, repo: Repo, hands: GitHubHands) -> None:
    repo.pull("automated/other", PERSON)
    ghost = repo.pull(BRANCH, None)
    everything = [gh.shapes.pull(repo, pull) for pull in repo.pulls.values()]
    gh.fault("GET", "/pulls", status=200, body=everything)
    found = hands.open_pull_requests(BRANCH)
    assert [(pull.number, pull.author, pull.author_is_bot) for pull in found] == [(ghost.number, "ghost", False)]


def test_a_rerun_is_one_more_attempt(gh: GitHubServer, repo: Repo, hands: GitHubHands) -> None:
    hands.rerun_failed_jobs(RUN)
    assert repo.runs[RUN][-1].attempt == 2
    with pytest.raises(RemoteError, match="already running") as caught:
        hands.rerun_failed_jobs(RUN)
    assert caught.value.code == "refused"


def test_a_branch_that_is_gone_is_deleted(repo: Repo, hands: GitHubHands) -> None:
    hands.delete_branch(BRANCH)
    assert BRANCH not in repo.branches
    hands.delete_branch(BRANCH)


def test_a_branch_that_a_ruleset_keeps(repo: Repo, hands: GitHubHands) -> None:
    repo.branches[BRANCH].rules = ["deletion"]
    with pytest.raises(RemoteError, match="Cannot delete this branch") as caught:
        hands.delete_branch(BRANCH)
    assert caught.value.code == "refused"


def test_the_newest_open_issue_with_label_and_marker(repo: Repo, hands: GitHubHands) -> None:
    assert hands.find_issue(MARKER) is None
    repo.issue("old", MARKER, ["coo"])
    newest = repo.issue("new", f"text\n{MARKER}", ["coo", "p1"], assignees=["mona"])
    repo.issue("no label", MARKER)
    repo.issue("closed", MARKER, ["coo"], state="closed")
    repo.issue("a pull request", MARKER, ["coo"], is_pull=True)
    repo.issue("no body", None, ["coo"])
    found = hands.find_issue(MARKER)
    assert found is not None
    assert (found.number, found.state, found.assignees) == (newest.number, "open", ("mona",))
    assert found.url.endswith(f"/acme/shop/issues/{newest.number}")


def test_an_issue_on_a_later_page(gh: GitHubServer, repo: Repo, hands: GitHubHands) -> None:
    first = repo.issue("first", MARKER, ["coo"])
    for number in range(150):
        repo.issue(f"other {number}", "", ["coo"])
    found = hands.find_issue(MARKER)
    assert found is not None and found.number == first.number
    assert len(gh.sent("GET", "/issues$")) == 2


def test_a_comment_with_a_marker(repo: Repo, hands: GitHubHands) -> None:
    issue = repo.issue("failing", "", ["coo"])
    issue.comments += ["nothing"] * 120
    assert not hands.issue_has_comment(issue.number, MARKER)
    hands.comment_issue(issue.number, f"{MARKER}\nagain")
    assert hands.issue_has_comment(issue.number, MARKER)


def test_a_marker_in_the_words_of_others_is_not_coos(gh: GitHubServer, repo: Repo, hands: GitHubHands) -> None:
    mine = repo.issue("failing", MARKER, ["coo"])
    repo.issue("forged", MARKER, ["coo"], author=PERSON)
    repo.issue("by an account that is gone", MARKER, ["coo"], author=None)
    found = hands.find_issue(MARKER)
    assert found is not None and found.number == mine.number
    mine.comments.append(MARKER)
    mine.commenters[0] = PERSON
    assert not hands.issue_has_comment(mine.number, MARKER)
    assert len(gh.sent("GET", "^/user$")) == 1


def test_with_a_persons_token_that_persons_words_are_coos(gh: GitHubServer, repo: Repo, hands: GitHubHands) -> None:
    gh.account = PERSON
    issue = hands.create_issue("failing", MARKER, ["coo"], [])
    repo.issue("forged", MARKER, ["coo"], author=User("mallory"))
    found = hands.find_issue(MARKER)
    assert found is not None and found.number == issue.number
    hands.comment_issue(issue.number, MARKER)
    assert hands.issue_has_comment(issue.number, MARKER)


def test_an_account_that_cannot_be_asked_for_now_is_no_guess(gh: GitHubServer, repo: Repo, hands: GitHubHands) -> None:
    repo.issue("failing", MARKER, ["coo"], author=PERSON)
    gh.fault("GET", "^/user$", status=502, times=None)
    with pytest.raises(RemoteError):
        hands.find_issue(MARKER)


@pytest.mark.parametrize("said", [None, "true", 0, {}])
def test_protection_in_a_form_that_is_none_is_not_known(
    gh: GitHubServer, repo: Repo, hands: GitHubHands, said: object
) -> None:
    told = {"name": BRANCH, "commit": {"sha": repo.branches[BRANCH].sha}, "protected": said}
    gh.fault("GET", "/branches/", status=200, body=told)
    facts = hands.branch(BRANCH)
    assert facts is not None and facts.protected is None


def test_labels_are_made_when_missing(gh: GitHubServer, repo: Repo, hands: GitHubHands) -> None:
    repo.labels["coo"] = "123456"
    hands.ensure_labels(["coo", "agent:cto", "p1", "workflow:branch_conflict"])
    hands.ensure_labels(["coo", "agent:cto"])
    assert set(repo.labels) == {"coo", "agent:cto", "p1", "workflow:branch_conflict"}
    assert repo.labels["coo"] == "123456"
    assert len(gh.writes) == 3


def test_a_label_that_somebody_made_meanwhile(gh: GitHubServer, repo: Repo, hands: GitHubHands) -> None:
    repo.labels["COO"] = "123456"  # labels differ by more than case
    hands.ensure_labels(["coo"])
    assert set(repo.labels) == {"COO"}


def test_an_issue_with_the_people_who_can_be_assigned(repo: Repo, hands: GitHubHands) -> None:
    repo.assignable = {"mona"}
    issue = hands.create_issue("CI failed", f"{MARKER}\nbody", ["coo", "agent:cto"], ["mona", "nobody/../x"])
    assert (issue.number, issue.assignees, issue.body) == (1, ("mona",), f"{MARKER}\nbody")
    assert repo.issues[1].labels == ["coo", "agent:cto"]
    assert hands.find_issue(MARKER) == issue


def test_an_issue_for_nobody(repo: Repo, hands: GitHubHands) -> None:
    assert hands.create_issue("CI failed", "body", [], ["nobody"]).assignees == ()


def test_issues_that_are_switched_off(repo: Repo, hands: GitHubHands) -> None:
    repo.has_issues = False
    with pytest.raises(RemoteError, match="Issues has been disabled"):
        hands.create_issue("CI failed", "body", ["coo"], [])


@pytest.mark.parametrize(
    ("permission", "needed"),
    [("actions", "actions: write"), ("contents", "contents: write"), ("issues", "issues: write")],
)
def test_a_missing_permission_is_named(
    gh: GitHubServer, repo: Repo, hands: GitHubHands, permission: str, needed: str
) -> None:
    gh.permissions[permission] = "read"
    act: dict[str, Callable[[], object]] = {
        "actions": lambda: hands.rerun_failed_jobs(RUN),
        "contents": lambda: hands.delete_branch(BRANCH),
        "issues": lambda: hands.create_issue("CI failed", "body", [], []),
    }
    with pytest.raises(AuthError, match="Resource not accessible") as caught:
        act[permission]()
    assert (caught.value.code, caught.value.exit_code) == ("no-permission", 4)
    assert f"`{needed}`" in caught.value.help


def test_without_a_token_nothing_is_written(repo: Repo, connect: Connect) -> None:
    with pytest.raises(AuthError) as caught:
        connect(token=None).hands("acme/shop").rerun_failed_jobs(RUN)
    assert caught.value.code == "no-token"
