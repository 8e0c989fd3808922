"""Issues that people like to get: counted, reopened, with the suspected commits, once, and to the right owner."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from coo.adapters.ledger import open_ledger
from coo.adapters.ledger.memory import LedgerMemory
from coo.adapters.playbook_file import load_playbook
from coo.core.model import Triage
from coo.core.playbook import Action, Escalation, Limits, Play, Playbook, When
from coo.ports import Room
from tests.e2e.world import RUN, STRANGE, TESTS, Noon, go, job, log, playbook
from tests.support.github_server import PERSON, GitHubServer, Issue, Repo

CI = {"workflow": "CI", "path": ".github/workflows/ci.yml"}
TELL = Playbook("tell", (Play("all", Action.ESCALATE),))
DAY = "2026-11-{:02d}T10:00:00Z"


def failing(gh: GitHubServer, day: int = 2, data: bytes = STRANGE, attempt: int = 1, branch: str = "main") -> Repo:
    """A failed run of CI, of that day of November 2026."""
    repo = gh.repos.get("acme/shop") or gh.repo("acme/shop")
    if branch not in repo.branches:
        repo.branch(branch)
    times = {"created_at": DAY.format(day), "started_at": DAY.format(day), "attempt": attempt}
    repo.run(RUN, branch, (job(1, "test", data),), **CI, **times)
    return repo


def again(gh: GitHubServer, day: int, play: Playbook = TELL, **options: object) -> Triage:
    """The failure once more, in another attempt on another day."""
    failing(gh, day, attempt=day)
    return go(gh, play=play, **options)


def opened(gh: GitHubServer, play: Playbook = TELL, day: int = 2, **values: object) -> Issue:
    repo = failing(gh, day, **values)  # type: ignore[arg-type]
    go(gh, play=play)
    return repo.issues[max(repo.issues)]


def test_an_issue_counts_its_failures_and_says_since_when() -> None:
    with GitHubServer() as gh:
        issue = opened(gh)
        assert re.search(r"\*\*Seen\*\* once, on 2026-11-02 10:00 UTC in \[run 7214\]\(<http", issue.body or "")
        again(gh, 3)
        assert len(issue.comments) == 1
        assert "The same failure again, 2 times since 2026-11-02 10:00 UTC." in issue.comments[0]
        again(gh, 4)
        again(gh, 4)
    assert "**Seen** 3 times since 2026-11-02 10:00 UTC, last on 2026-11-04 10:00 UTC" in (issue.body or "")
    assert (issue.body or "").count("coo:seen=") == 1
    assert (issue.body or "").count("coo:workflow=") == 1
    assert len(issue.comments) == 2


def test_the_ledger_tells_of_runs_that_no_issue_has(tmp_path: Path) -> None:
    from coo.core.incident import incident_of

    book = open_ledger(str(tmp_path / "ledger.db"))
    memory = LedgerMemory(book, "acme/shop", Noon())
    with GitHubServer() as gh:
        repo = failing(gh)
        done = go(gh, act=False, play=TELL, memory=memory)
        past = replace(done, run=replace(done.run, id=1))
        book.record(incident_of(past, 1_790_000_000.0, str))
        go(gh, play=TELL, memory=memory)
    assert "The ledger remembers it of 1 other run, the first on 2026-09-21" in (repo.issues[1].body or "")


def test_a_process_that_died_before_its_comment_counts_once() -> None:
    with GitHubServer() as gh:
        issue = opened(gh)
        gh.fault("POST", "/comments$", status=500)
        assert again(gh, 3).outcome.status == "failed"
        assert again(gh, 3).outcome.status == "done"
        assert len(issue.comments) == 1
    assert "**Seen** 2 times" in (issue.body or "")


def test_a_count_that_cannot_be_written_keeps_nobody_uninformed() -> None:
    with GitHubServer() as gh:
        issue = opened(gh)
        gh.fault("PATCH", "/issues/1$", status=500)
        done = again(gh, 3)
        assert len(issue.comments) == 1
    assert done.outcome.status == "done"
    assert "but its count may be one short" in done.outcome.detail


def closed(gh: GitHubServer, day: int) -> Issue:
    issue = opened(gh)
    issue.state, issue.closed_at = "closed", DAY.format(day)
    return issue


def test_a_failure_that_returns_reopens_its_issue_with_a_note() -> None:
    with GitHubServer() as gh:
        issue = closed(gh, 3)
        done = again(gh, 5)
        assert gh.sent("PATCH", "/issues/1$")[-1].body["state"] == "open"
        assert len(gh.repos["acme/shop"].issues) == 1
        assert issue.state == "open"
        assert again(gh, 5).outcome.status == "skipped"
    assert done.outcome.actions == ("reopened issue #1", "commented on issue #1")
    assert "2 times since 2026-11-02 10:00 UTC. It came back after this issue was closed." in issue.comments[0]


def test_a_dry_run_says_that_it_would_reopen() -> None:
    with GitHubServer() as gh:
        closed(gh, 3)
        gh.requests.clear()
        done = again(gh, 5, act=False)
        assert not gh.writes
    assert done.outcome.detail == "would reopen and comment on issue #1"


def test_an_issue_closed_long_ago_stays_closed_and_a_new_one_links_it() -> None:
    with GitHubServer() as gh:
        issue = closed(gh, 3)
        repo = gh.repos["acme/shop"]
        assert again(gh, 17).outcome.actions == ("opened issue #2",)
        assert (issue.state, issue.comments) == ("closed", [])
        assert "The same failure was in #1, which was closed before." in (repo.issues[2].body or "")
        again(gh, 18)
        assert len(repo.issues[2].comments) == 1


@pytest.mark.parametrize(("days", "issues"), [(2, 2), (3, 1)])
def test_the_playbook_says_how_long_an_issue_may_be_reopened(days: int, issues: int) -> None:
    with GitHubServer() as gh:
        closed(gh, 3)
        again(gh, 5, replace(TELL, escalation=Escalation(days)))
        assert len(gh.repos["acme/shop"].issues) == issues


def test_a_run_that_ended_before_the_issue_was_closed_does_not_reopen_it() -> None:
    with GitHubServer() as gh:
        issue = closed(gh, 9)
        done = again(gh, 5)
        assert (issue.state, len(issue.comments)) == ("closed", 1)
    assert done.outcome.actions == ("commented on issue #1",)


def test_a_closed_issue_that_tells_of_the_run_stays_closed() -> None:
    with GitHubServer() as gh:
        issue = closed(gh, 1)
        done = go(gh, play=TELL)
        assert (issue.state, len(gh.repos["acme/shop"].issues)) == ("closed", 1)
    assert done.outcome.detail == "issue #1 tells of this run already, and was closed"


def test_an_issue_that_cannot_be_reopened_now_is_reopened_by_the_next_try() -> None:
    with GitHubServer() as gh:
        issue = closed(gh, 3)
        gh.fault("PATCH", "/issues/1$", status=403)
        done = again(gh, 5)
        assert (issue.state, issue.comments) == ("closed", [])
        assert (done.outcome.status, done.outcome.exit_code) == ("failed", 4)
        again(gh, 5)
        assert (issue.state, len(issue.comments)) == ("open", 1)


def test_the_commits_since_the_last_green_run_are_suspects() -> None:
    with GitHubServer() as gh:
        repo = gh.repo("acme/shop")
        repo.run(70, "main", (), conclusion="success", created_at=DAY.format(1), **CI)
        repo.push("main", author=PERSON, message="Raise the limit @acme/owners fixes #7 <b>\n\nlong story")
        repo.push("main", author=None, message="Second")
        body = opened(gh).body or ""
    part = body.split("### Suspected commits")[1].split("###")[0]
    assert re.search(r"\[2 commits\]\(<http\S+>\) since the last green run of this workflow on this branch", part)
    assert re.search(r"\[run 70\]\(<http\S+>\)", part)
    lines = [line for line in part.splitlines() if line.startswith("- ")]
    assert ["Second" in line for line in lines] == [True, False]
    assert lines[1].endswith(", by mona")
    assert "@acme" not in part
    assert "#7" not in part
    assert "<b>" not in part
    assert "long story" not in part


def test_a_green_run_of_the_same_commit_clears_the_commits() -> None:
    with GitHubServer() as gh:
        gh.repo("acme/shop").run(70, "main", (), conclusion="success", created_at=DAY.format(1), **CI)
        body = opened(gh).body or ""
    assert "had no other commit. The cause may lie outside of the repository." in body


@pytest.mark.parametrize(
    "values",
    [
        {"path": ".github/workflows/other.yml"},
        {"branch": "feature/x"},
        {"head_repo": "mallory/shop"},
        {"conclusion": "failure"},
        {"created_at": DAY.format(3)},
    ],
)
def test_what_is_no_earlier_green_run_of_the_workflow_and_branch(values: dict[str, str]) -> None:
    with GitHubServer() as gh:
        repo = gh.repo("acme/shop")
        repo.branch("feature/x")
        green = {"conclusion": "success", "created_at": DAY.format(1), "branch": "main", **CI} | values
        repo.run(70, str(green.pop("branch")), (), **green)
        body = opened(gh).body or ""
    assert "No earlier green run of this workflow on this branch is known." in body


@pytest.mark.parametrize("path", ["/actions/workflows/ci.yml/runs$", "/compare/"])
def test_suspects_that_cannot_be_asked_keep_nobody_uninformed(path: str) -> None:
    with GitHubServer() as gh:
        gh.repo("acme/shop").run(70, "main", (), conclusion="success", created_at=DAY.format(1), **CI)
        gh.fault("GET", path, status=500, times=None)
        body = opened(gh).body or ""
    assert "### Suspected commits\n\nNot known: " in body


def test_jobs_of_a_matrix_with_one_cause_are_one_row() -> None:
    with GitHubServer() as gh:
        repo = gh.repo("acme/shop")
        jobs = tuple(job(number, f"test ({number})", STRANGE) for number in (1, 2, 3))
        repo.run(RUN, "main", jobs, **CI)
        go(gh, play=TELL)
        body = repo.issues[1].body or ""
    assert len(re.findall(r"^Jobs? ", body, re.MULTILINE)) == 1
    assert re.search(r"^Jobs \[test \(1\)\]\(<http\S+/job/1>\), \[test \(2\)\]", body, re.MULTILINE)


def test_two_broken_tests_are_two_issues() -> None:
    other = log(
        "pytest", "FAILED tests/test_shop.py::test_other - assert 3 == 4", "=== 1 failed, 11 passed in 0.31s ==="
    )
    with GitHubServer() as gh:
        repo = failing(gh, data=TESTS)
        go(gh, play=TELL)
        failing(gh, 3, data=other, attempt=2)
        go(gh, play=TELL)
        assert len(repo.issues) == 2


def rival(gh: GitHubServer, repo: Repo, **values: object) -> None:
    """Another process opens an issue of the same failure right before ours."""
    body = go(gh, act=False, play=TELL).classification.fingerprint

    def race() -> None:
        repo.issue("CI: the same", f"<!-- coo:fingerprint={body} -->\nquicker", ["coo"], **values)

    gh.fault("POST", "/issues$", do=race)


def test_of_two_issues_opened_at_the_same_instant_the_younger_is_closed() -> None:
    with GitHubServer() as gh:
        repo = failing(gh)
        rival(gh, repo)
        done = go(gh, play=TELL)
        older, ours = repo.issues[1], repo.issues[2]
        assert (older.state, ours.state, ours.state_reason) == ("open", "closed", "not_planned")
        assert ours.comments == ["#1 is of the same failure; it goes on there."]
        assert f"coo:run={RUN}/1" in older.comments[0]
        again(gh, 3)
        assert len(older.comments) == 2
        older.state, older.closed_at = "closed", DAY.format(3)
        again(gh, 4)
        assert (older.state, ours.state) == ("open", "closed"), "the duplicate is not found by the failure any more"
    assert done.outcome.status == "done"
    assert done.outcome.actions == (
        "opened issue #2",
        "closed issue #2",
        "commented on issue #2",
        "commented on issue #1",
    )


def test_an_issue_that_a_person_forged_makes_none_of_ours_a_duplicate() -> None:
    with GitHubServer() as gh:
        repo = failing(gh)
        rival(gh, repo, author=PERSON)
        done = go(gh, play=TELL)
        assert repo.issues[2].state == "open"
    assert done.outcome.actions == ("opened issue #2",)


def test_a_duplicate_that_a_dead_process_left_is_closed_with_the_next_mention() -> None:
    with GitHubServer() as gh:
        issue = opened(gh)
        repo = gh.repos["acme/shop"]
        left = repo.issue("CI: the same", issue.body, ["coo"])
        done = again(gh, 3)
        assert (issue.state, left.state, len(issue.comments)) == ("open", "closed", 1)
    assert done.outcome.actions == ("commented on issue #1", "closed issue #2", "commented on issue #2")


def test_a_lost_answer_finds_its_own_issue_and_not_another_s() -> None:
    with GitHubServer() as gh:
        repo = failing(gh)
        rival(gh, repo)
        gh.fault("POST", "/issues$", reset=True, after_effect=True)
        done = go(gh, play=TELL)
        assert [issue.state for issue in repo.issues.values()] == ["open", "closed"]
    assert done.outcome.actions[0] == "opened issue #2"


def test_a_duplicate_that_cannot_be_closed_is_said() -> None:
    with GitHubServer() as gh:
        repo = failing(gh)
        rival(gh, repo)
        gh.fault("PATCH", "/issues/2$", status=500)
        done = go(gh, play=TELL)
    assert done.outcome.status == "failed"
    assert "a duplicate of #1" in done.outcome.detail


def ledger(tmp_path: Path) -> LedgerMemory:
    return LedgerMemory(open_ledger(str(tmp_path / "ledger.db")), "acme/shop", Noon())


def test_two_processes_with_a_ledger_tell_once(tmp_path: Path) -> None:
    told: list[Triage] = []

    class Meanwhile(LedgerMemory):
        """Another process does the same while this one takes of the day's limit."""

        def take(self, action: str, cap: int) -> Room:
            told.append(go(gh, play=TELL, memory=ledger(tmp_path)))
            return super().take(action, cap)

    with GitHubServer() as gh:
        repo = failing(gh)
        done = go(gh, play=TELL, memory=Meanwhile(open_ledger(str(tmp_path / "ledger.db")), "acme/shop", Noon()))
        assert len(repo.issues) == 1
    assert done.outcome.status == "done"
    assert [one.outcome.detail for one in told] == ["another process is telling of this run"]


def test_new_issues_have_a_limit_and_comments_have_none(tmp_path: Path) -> None:
    play = replace(TELL, limits=Limits(3, {Action.ESCALATE: 1}))
    memory = ledger(tmp_path)
    with GitHubServer() as gh:
        repo = failing(gh)
        go(gh, play=play, memory=memory)
        assert again(gh, 3, play, memory=memory).outcome.status == "done"
        failing(gh, 4, data=TESTS, attempt=4)
        done = go(gh, play=play, memory=memory)
        assert (len(repo.issues), len(repo.issues[1].comments)) == (1, 1)
    assert (done.outcome.status, done.outcome.detail) == (
        "skipped",
        "no issue was opened: 1 of 1 new issues today, by the ledger",
    )


def failures(gh: GitHubServer, hours: tuple[int, ...], **values: object) -> Repo:
    """Failed runs so many hours before noon of the third, and the one at noon."""
    repo = gh.repo("acme/shop")
    for number, ago in enumerate(hours, 1):
        at = f"2026-11-{3 - (ago > 12):02d}T{(12 - ago) % 24:02d}:00:00Z"
        defaults = {"created_at": at, "conclusion": "failure", "branch": "main", **CI}
        made = defaults | values
        repo.run(number, str(made.pop("branch")), (), **made)
    repo.run(RUN, "main", (job(1, "test", STRANGE),), created_at="2026-11-03T12:00:00Z", **CI)
    return repo


def test_the_third_failure_of_a_day_on_the_default_branch_goes_to_the_ceo() -> None:
    with GitHubServer() as gh:
        repo = failures(gh, (23, 5))
        done = go(gh)
        assert {"agent:ceo", "p1"} <= set(repo.issues[1].labels)
    assert done.decision.play == "keeps-failing"


@pytest.mark.parametrize(
    ("hours", "values"),
    [
        ((5,), {}),
        ((5, 25), {}),
        ((5, 6), {"conclusion": "success"}),
        ((5, 6), {"conclusion": "cancelled"}),
        ((5, 6), {"path": ".github/workflows/other.yml"}),
        ((5, 6), {"branch": "feature/x"}),
        ((5, 6), {"head_repo": "mallory/shop"}),
    ],
)
def test_what_is_no_third_failure(hours: tuple[int, ...], values: dict[str, str]) -> None:
    with GitHubServer() as gh:
        gh.repo("acme/shop").branch("feature/x") if "branch" in values else None
        repo = gh.repos.get("acme/shop")
        repo = failures(gh, hours, **values)
        assert go(gh).decision.owner == "CTO"
        assert "agent:ceo" not in repo.issues[1].labels


def test_a_fork_s_branch_of_the_same_name_is_not_the_default_branch() -> None:
    with GitHubServer() as gh:
        repo = failures(gh, (5, 6))
        repo.run(RUN, "main", (job(1, "test", STRANGE),), head_repo="mallory/shop", **CI)
        assert go(gh).decision.play != "keeps-failing"
        assert not [one for one in gh.sent("GET", "/workflows/") if "status" not in one.query]


def test_failures_that_cannot_be_counted_count_as_none_and_the_report_says_so() -> None:
    with GitHubServer() as gh:
        repo = failures(gh, (5, 6))
        gh.fault("GET", "/actions/workflows/", status=500, times=None)
        done = go(gh)
        assert "condition-not-asked" in (repo.issues[1].body or "")
    assert done.decision.owner == "CTO"
    assert [note.code for note in done.notes] == ["condition-not-asked"]


def test_github_is_not_asked_for_a_play_that_another_condition_rules_out() -> None:
    play = Play("often", Action.ESCALATE, When(default_branch=True, failures_in_24h=(2, 10**9)))
    with GitHubServer() as gh:
        failing(gh, branch="feature/x")
        done = go(gh, act=False, play=Playbook("mine", (play, Play("rest", Action.REPORT_ONLY))))
        assert not gh.sent("GET", "/actions/workflows/")
    assert (done.decision.play, done.notes) == ("rest", ())


def test_an_issue_that_becomes_another_owner_s_gets_labels_and_people() -> None:
    from coo.core.model import Owner, Priority
    from coo.core.playbook import Team

    ceo = Playbook("c", (Play("all", Action.ESCALATE, owner=Owner.CEO, priority=Priority.P1),))
    ceo = replace(ceo, owners={Owner.CEO: Team(("octocat", "nobody"))})
    with GitHubServer() as gh:
        issue = opened(gh)
        issue.assignees.append("mona")
        gh.repos["acme/shop"].assignable |= {"mona", "octocat"}
        again(gh, 3, ceo)
        assert issue.labels == ["coo", "agent:cto", "workflow:unknown", "agent:ceo", "p1"]
        assert issue.assignees == ["mona", "octocat"]
        again(gh, 4)
        assert issue.labels == ["coo", "agent:cto", "workflow:unknown", "agent:ceo", "p1"], "it gets no less urgent"


def test_a_playbook_s_template_makes_the_body(tmp_path: Path) -> None:
    (tmp_path / "issue.md").write_text("For $owner, $priority ($$).\n$cause\n## What now\n$steps\n", encoding="utf-8")
    file = tmp_path / "mine.yml"
    file.write_text("id: mine\nescalation: {template: issue.md}\nplays: [{id: all, do: escalate}]\n", encoding="utf-8")
    with GitHubServer() as gh:
        issue = opened(gh, load_playbook(file))
        body = issue.body or ""
        assert re.search(r"-->\nFor CTO, P2 \(\$\)\.\n\n### Root cause\n", body)
        assert "## What now\n\n### Next steps" in body
        assert "### What coo did" not in body
        again(gh, 3, load_playbook(file))
        assert len(issue.comments) == 1, "the marks are coo's own, whatever a template says"


def test_the_default_playbook_has_each_owner() -> None:
    owners = {play.owner for play in playbook().plays} | {play.on_guard_failure.owner for play in playbook().plays}
    assert {"CTO", "CISO", "CPO", "CEO", "CMO"} <= {str(owner) for owner in owners if owner}
