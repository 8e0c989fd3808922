"""Merging branches, and the runs beside a run, over HTTP."""

from __future__ import annotations

import pytest

from coo.adapters.github import GitHubHands
from coo.core.errors import AuthError, InputError, RemoteError
from tests.contract.conftest import BRANCH, RUN
from tests.support.github_server import PERSON, GitHubServer, Job, Repo


def test_a_comparison_tells_both_sides(repo: Repo, hands: GitHubHands) -> None:
    repo.push("main", author=PERSON)
    repo.push("main", author=PERSON)
    found = hands.comparison("main", repo.branches[BRANCH].sha)
    assert (len(found.commits), found.behind) == (1, 2)
    assert found.commits[0].parents == (repo.commits[repo.branches[BRANCH].sha].parent,)


def test_a_merge_gives_the_new_commit(gh: GitHubServer, repo: Repo, hands: GitHubHands) -> None:
    before, base = repo.branches[BRANCH].sha, repo.push("main", author=PERSON)
    made = hands.merge(BRANCH, "main", "Merge\n\nMark: 1")
    assert made is not None
    assert (made.sha, made.parents, made.message) == (repo.branches[BRANCH].sha, (before, base), "Merge\n\nMark: 1")
    assert hands.comparison("main", made.sha).behind == 0
    assert hands.merge(BRANCH, "main", "again") is None
    assert gh.writes == ["POST /repos/acme/shop/merges"] * 2


def test_a_conflict_is_told_from_other_refusals(gh: GitHubServer, repo: Repo, hands: GitHubHands) -> None:
    repo.push("main", author=PERSON)
    repo.conflicting.add(BRANCH)
    with pytest.raises(RemoteError) as conflict:
        hands.merge(BRANCH, "main", "x")
    assert conflict.value.code == "merge-conflict"
    gh.fault("POST", "/merges$", status=409)
    with pytest.raises(RemoteError) as other:
        hands.merge(BRANCH, "main", "x")
    assert other.value.code == "refused"


@pytest.mark.parametrize("names", [("automated/gone", "main"), (BRANCH, "gone")])
def test_a_branch_that_is_not_there(hands: GitHubHands, names: tuple[str, str]) -> None:
    with pytest.raises(RemoteError, match="cannot merge"):
        hands.merge(*names, "x")


@pytest.mark.parametrize("name", ["", "..", "a/../b", "/a", "a b", "a\nb", "-d", "a.lock", "a^{}", "@"])
def test_what_git_would_not_call_a_branch_is_never_sent(gh: GitHubServer, hands: GitHubHands, name: str) -> None:
    for names in ((name, "main"), (BRANCH, name)):
        with pytest.raises(InputError):
            hands.merge(*names, "x")
    assert gh.requests == []


@pytest.mark.parametrize("fault", [{"status": 502}, {"reset": True}, {"status": 500, "after_effect": True}])
def test_a_merge_is_sent_once(gh: GitHubServer, repo: Repo, hands: GitHubHands, fault: dict[str, object]) -> None:
    repo.push("main", author=PERSON)
    gh.fault("POST", "/merges$", times=None, **fault)
    with pytest.raises(RemoteError, match="may have been done"):
        hands.merge(BRANCH, "main", "x")
    assert len(gh.writes) == 1


def other(repo: Repo, id: int, **values: object) -> None:
    repo.run(id, BRANCH, (Job(id * 10, "x", None),), **({"workflow": "Roadmap Agent"} | values))


def test_runs_beside_a_run(repo: Repo, hands: GitHubHands) -> None:
    repo.branch("automated/other")
    live = {"status": "queued", "conclusion": None}
    other(repo, RUN - 1, **live)
    other(repo, RUN + 1, conclusion="success")
    other(repo, RUN + 2, event="workflow_dispatch", **live)
    repo.run(RUN + 3, "automated/other", (), **live)
    other(repo, 5, created_at="2026-10-02T10:00:00Z", status="waiting", conclusion=None)
    assert {run.id for run in hands.runs_beside(hands.run(RUN))} == {RUN - 1, RUN + 1, 5}


def test_runs_beside_a_run_of_a_pull_request(repo: Repo, hands: GitHubHands) -> None:
    other(repo, RUN, event="pull_request", pulls=(7,))
    for number, pulls in ((RUN - 1, (7,)), (RUN - 2, (8,)), (RUN - 3, ()), (RUN - 4, (7, 8))):
        other(repo, number, event="pull_request", pulls=pulls, status="queued", conclusion=None)
    assert [run.id for run in hands.runs_beside(hands.run(RUN))] == [RUN - 1]


def test_runs_beside_a_run_over_all_pages(gh: GitHubServer, repo: Repo, hands: GitHubHands) -> None:
    for number in range(150):
        other(repo, RUN + 1000 + number, created_at="2026-11-03T10:00:00Z", conclusion="success")
    for number in range(130):
        other(repo, number + 1, created_at="2026-11-01T10:00:00Z", status="queued", conclusion=None)
    found = {run.id for run in hands.runs_beside(hands.run(RUN))}
    assert len(found) == 280
    assert all(
        one.query.get("branch") == BRANCH and one.query.get("event") == "push" for one in gh.sent("GET", "/runs$")
    )


def test_a_run_that_github_does_not_list_has_nothing_beside_it(repo: Repo, hands: GitHubHands) -> None:
    run = hands.run(RUN)
    del repo.runs[RUN]
    with pytest.raises(RemoteError, match="does not list run 7214"):
        hands.runs_beside(run)


def test_a_run_is_cancelled(gh: GitHubServer, repo: Repo, hands: GitHubHands) -> None:
    other(repo, RUN - 1, status="in_progress", conclusion=None)
    hands.cancel_run(RUN - 1)
    assert repo.runs[RUN - 1][-1].conclusion == "cancelled"
    with pytest.raises(RemoteError, match="completed") as ended:
        hands.cancel_run(RUN - 1)
    assert ended.value.code == "refused"
    assert gh.writes == [f"POST /repos/acme/shop/actions/runs/{RUN - 1}/cancel"] * 2


def test_a_run_is_not_cancelled_without_permission(gh: GitHubServer, repo: Repo, hands: GitHubHands) -> None:
    gh.permissions["actions"] = "read"
    with pytest.raises(AuthError) as refused:
        hands.cancel_run(RUN)
    assert "actions: write" in refused.value.help
