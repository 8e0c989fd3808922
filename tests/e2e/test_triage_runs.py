"""Runs of other kinds: transient and mixed failures, models, missing logs, and what there is nothing to do about."""

from __future__ import annotations

from dataclasses import replace

import pytest

from coo.core.classify import unknown
from coo.core.errors import InputError, NothingToTriage, RemoteError
from coo.core.model import Category, Confidence, ModelUse, Owner, Source
from coo.ports import Answer, Question
from coo.triage import Options, triage
from tests.e2e import world
from tests.e2e.world import BRANCH, LOST, PUSH_REJECTED, RUN, STRANGE, TESTS, go, job, playbook, run_on
from tests.support.github_server import GitHubServer, Job, Repo

RERUN = f"POST /repos/acme/shop/actions/runs/{RUN}/rerun-failed-jobs"


def failed(gh: GitHubServer, *jobs: Job, branch: str = "feature/x", **values: object) -> Repo:
    """A repository with one failed run of these jobs."""
    repo = gh.repo("acme/shop")
    if branch not in repo.branches:
        repo.branch(branch)
    run_on(repo, branch, *jobs, **({"workflow": "CI", "path": ".github/workflows/ci.yml"} | values))
    return repo


class Scripted:
    """A model that answers as told, and remembers what it was asked."""

    def __init__(
        self, category: Category | None, usd: float = 0.01, play: str | None = None, **verdict: object
    ) -> None:
        self.asked: list[Question] = []
        self._use = ModelUse("scripted", 100, 0, 10, usd, error=None if category else "429")
        said = replace(unknown(()), category=category or Category.UNKNOWN, source=Source.MODEL, **verdict)  # type: ignore[arg-type]
        self._answer = Answer(said if category else None, self._use, play)

    def ask(self, question: Question) -> Answer:
        self.asked.append(question)
        return self._answer


def with_model(gh: GitHubServer, model: Scripted, **options: object):  # type: ignore[no-untyped-def]
    return go(gh, model=model, system_prompt="Judge.", boundary=lambda: "b" * 24, **options)


def test_a_transient_failure_is_re_run() -> None:
    with GitHubServer() as gh:
        repo = failed(gh, job(1, "build", LOST), branch="main")
        done = go(gh)
        assert gh.writes == [RERUN]
        assert repo.runs[RUN][-1].attempt == 2
    assert (done.decision.action, done.outcome.status) == ("rerun-failed-jobs", "done")


def test_a_re_run_has_a_limit() -> None:
    with GitHubServer() as gh:
        repo = failed(gh, job(1, "build", LOST), attempt=3)
        done = go(gh)
        assert not gh.sent("POST", "rerun")
        assert "guard `attempts-left` did not hold" in repo.issues[1].body
    assert done.decision.owner == Owner.CTO


def test_a_real_failure_beside_a_transient_one_is_not_hidden() -> None:
    with GitHubServer() as gh:
        repo = failed(gh, job(1, "build", LOST), job(2, "test", TESTS))
        done = go(gh)
        assert not gh.sent("POST", "rerun")
        assert len(repo.issues) == 1
    assert done.decision.action == "escalate"
    assert {verdict.classification.category for verdict in done.jobs} == {"infrastructure", "test_failure"}


def test_an_unknown_failure_beside_a_transient_one_is_not_hidden() -> None:
    with GitHubServer() as gh:
        repo = failed(gh, job(1, "build", LOST), job(2, "odd", STRANGE))
        done = go(gh)
        assert not gh.sent("POST", "rerun")
        assert "job odd" in repo.issues[1].body
    assert {"rule-verdict", "every-job-agrees"} <= {guard.id for guard in done.decision.failed_guards}
    assert "mixed: job odd (unknown) asks for escalate" in done.decision.because


def test_a_stale_branch_beside_a_failing_test_is_not_deleted() -> None:
    with GitHubServer() as gh:
        repo = failed(gh, job(1, "push", PUSH_REJECTED), job(2, "test", TESTS), branch=BRANCH)
        go(gh)
        assert not gh.sent("DELETE")
        assert BRANCH in repo.branches


def test_jobs_cancelled_beside_a_failed_one_are_left_out_and_said() -> None:
    with GitHubServer() as gh:
        failed(gh, job(1, "build", LOST), job(2, "build (2)", b"", "cancelled"))
        done = go(gh)
        assert gh.writes == [RERUN]
        assert not gh.sent("GET", "/jobs/2/logs")
    assert [(note.code, note.count) for note in done.notes] == [("cancelled-jobs-left-out", 1)]


def test_a_cancelled_run_is_reported_and_not_re_run() -> None:
    with GitHubServer() as gh:
        failed(gh, job(1, "build", STRANGE, "cancelled"), conclusion="cancelled")
        done = go(gh)
        assert gh.writes == []
    assert (done.decision.play, done.decision.action) == ("cancelled", "report-only")


def test_only_the_logs_of_failed_jobs_are_fetched() -> None:
    with GitHubServer() as gh:
        failed(gh, Job(1, "lint", "success", b"fine"), job(2, "test", TESTS), Job(3, "deploy", "skipped", None))
        done = go(gh)
        assert [one.path for one in gh.sent("GET", "/logs$")] == ["/repos/acme/shop/actions/jobs/2/logs"]
    assert [verdict.job.name for verdict in done.jobs] == ["test"]


def test_two_runs_with_one_failure_are_one_issue() -> None:
    with GitHubServer() as gh:
        repo = failed(gh, job(1, "test", TESTS))
        first = go(gh)
        repo.runs[RUN][0] = replace(repo.runs[RUN][0], attempt=2)
        second = go(gh)
        (issue,) = repo.issues.values()
        assert len(issue.comments) == 1
        assert f"coo:run={RUN}/2" in issue.comments[0]
        third = go(gh)
        assert len(issue.comments) == 1
    assert [done.outcome.status for done in (first, second, third)] == ["done", "done", "skipped"]
    assert first.outcome.issue_url == second.outcome.issue_url == third.outcome.issue_url


def test_an_issue_whose_answer_was_lost_is_found_and_not_opened_twice() -> None:
    with GitHubServer() as gh:
        repo = failed(gh, job(1, "test", TESTS))
        gh.fault("POST", "/issues$", reset=True, after_effect=True)
        done = go(gh)
        assert len(repo.issues) == 1
    assert (done.outcome.status, done.outcome.detail) == ("done", "opened issue #1")


def test_an_escalation_that_is_not_permitted_is_an_outcome() -> None:
    with GitHubServer() as gh:
        failed(gh, job(1, "test", TESTS))
        gh.permissions["issues"] = "read"
        done = go(gh)
    assert done.outcome.status == "failed"
    assert "could not be escalated" in done.outcome.detail


def test_people_and_labels_come_from_the_playbook() -> None:
    from coo.core.playbook import Team

    people = replace(playbook(), owners={Owner.CTO: Team(("mona",), ("engineering",))})
    with GitHubServer() as gh:
        repo = failed(gh, job(1, "test", TESTS))
        repo.assignable.add("mona")
        go(gh, play=people)
        assert repo.issues[1].assignees == ["mona"]
        assert repo.issues[1].labels == ["coo", "agent:cto", "p2", "workflow:test_failure", "engineering"]


@pytest.mark.parametrize(
    ("values", "owner"),
    [
        ({"workflow": "Release", "branch": "main"}, "cpo"),
        ({"workflow": "Publish docs", "branch": "main"}, "cmo"),
        ({"workflow": "CI", "branch": "release/2.0"}, "cpo"),
        ({"workflow": "CI", "branch": "main"}, "cto"),
    ],
)
def test_an_escalation_goes_to_the_owner_of_the_workflow(values: dict[str, str], owner: str) -> None:
    with GitHubServer() as gh:
        repo = failed(gh, job(1, "test", TESTS), **values)  # type: ignore[arg-type]
        go(gh)
        assert f"agent:{owner}" in repo.issues[1].labels


def test_report_only_changes_nothing() -> None:
    with GitHubServer() as gh:
        failed(gh, job(1, "push", PUSH_REJECTED), branch=BRANCH)
        done = go(gh, play=playbook("report-only"))
        assert gh.writes == []
    assert (done.decision.action, done.outcome.status) == ("report-only", "done")


def test_a_model_that_asks_for_a_deletion_gets_an_issue() -> None:
    model = Scripted(
        Category.BRANCH_CONFLICT,
        play="stale-automation-branch",
        subtype="git-push-rejected",
        owner=Owner.CEO,
        transient=True,
    )
    with GitHubServer() as gh:
        repo = failed(gh, job(1, "odd", STRANGE), branch=BRANCH)
        done = with_model(gh, model)
        assert not gh.sent("DELETE")
        assert not gh.sent("POST", "rerun")
        assert "agent:cto" in repo.issues[1].labels
    assert done.classification.source is Source.MODEL
    assert "stale-automation-branch" not in model.asked[0].plays
    assert "transient-infrastructure" not in model.asked[0].plays
    assert ("model-recommends", "stale-automation-branch") in [(n.code, n.detail) for n in done.jobs[0].notes]


def test_a_model_that_calls_it_transient_gets_no_re_run() -> None:
    model = Scripted(Category.INFRASTRUCTURE, subtype="runner-lost", transient=True)
    with GitHubServer() as gh:
        failed(gh, job(1, "odd", STRANGE))
        done = with_model(gh, model)
        assert not gh.sent("POST", "rerun")
    assert (done.decision.play, done.decision.action) == ("infrastructure", "escalate")


def test_a_playbook_built_without_its_schema_cannot_act_on_a_model_either() -> None:
    plays = tuple(replace(play, when=replace(play.when, source=(), subtype=())) for play in playbook().plays)
    careless = replace(playbook(), plays=tuple(replace(play, guards=play.guards[:1]) for play in plays))
    model = Scripted(Category.BRANCH_CONFLICT, subtype="git-push-rejected", confidence=Confidence.HIGH)
    with GitHubServer() as gh:
        failed(gh, job(1, "odd", STRANGE), branch=BRANCH)
        done = with_model(gh, model, play=careless)
        assert not gh.sent("DELETE")
    assert "rule-verdict" in {guard.id for guard in done.decision.failed_guards}


def test_a_model_is_asked_only_where_no_rule_decided_and_once_for_one_failure() -> None:
    model = Scripted(Category.TEST_FAILURE, subtype="odd")
    with GitHubServer() as gh:
        failed(gh, job(1, "test", TESTS), job(2, "odd (1)", STRANGE), job(3, "odd (2)", STRANGE))
        done = with_model(gh, model)
    assert len(model.asked) == 1
    assert [verdict.classification.source for verdict in done.jobs] == ["rule", "model", "model"]
    assert [note.code for note in done.jobs[2].notes] == ["same-failure"]
    assert done.usd == pytest.approx(0.01)
    assert done.models == (model._use,)


def test_a_model_that_gives_nothing_leaves_the_rules_verdict() -> None:
    with GitHubServer() as gh:
        failed(gh, job(1, "odd", STRANGE))
        done = with_model(gh, Scripted(None))
    assert (done.classification.category, done.classification.source) == ("unknown", "none")
    assert [(note.code, note.detail) for note in done.jobs[0].notes] == [("model-gave-nothing", "429")]


def test_a_spent_budget_is_said() -> None:
    other = world.log("make other", "something else happened", "nobody knows what it was")
    with GitHubServer() as gh:
        failed(gh, job(1, "odd", STRANGE), job(2, "other", other))
        model = Scripted(Category.TEST_FAILURE, usd=0.5)
        done = with_model(gh, model, max_usd=0.1)
    assert len(model.asked) == 1
    assert [note.code for note in done.jobs[1].notes] == ["model-budget-spent"]


def test_without_a_model_that_is_said_too() -> None:
    with GitHubServer() as gh:
        failed(gh, job(1, "odd", STRANGE))
        done = go(gh)
    assert [note.code for note in done.jobs[0].notes] == ["model-not-asked"]


def test_one_log_that_is_gone_is_an_unknown_verdict() -> None:
    with GitHubServer() as gh:
        failed(gh, job(1, "build", LOST), job(2, "old", b"", log_gone=True))
        done = go(gh)
        assert not gh.sent("POST", "rerun")
    gone = done.jobs[1]
    assert (gone.classification.category, gone.classification.subtype) == ("unknown", "logs-gone")
    assert [note.code for note in gone.notes] == ["logs-gone"]
    assert "not available" in gone.classification.summary


def test_all_logs_gone_is_nothing_to_triage() -> None:
    with GitHubServer() as gh:
        failed(gh, job(1, "a", b"", log_gone=True), job(2, "b", None))
        with pytest.raises(NothingToTriage) as none:
            go(gh)
        assert gh.writes == []
    assert none.value.code == "logs-gone"
    assert none.value.exit_code == 3


def test_logs_that_cannot_be_fetched_are_a_remote_error() -> None:
    with GitHubServer() as gh:
        failed(gh, job(1, "a", TESTS))
        gh.fault("GET", "/jobs/1/logs", status=502, times=None)
        with pytest.raises(RemoteError):
            go(gh)


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"conclusion": "success"}, "not-failed"),
        ({"conclusion": "skipped"}, "not-failed"),
        ({"status": "in_progress", "conclusion": None}, "still-running"),
        ({"status": "queued", "conclusion": None, "attempt": 2}, "still-running"),
        ({"workflow": "coo"}, "own-workflow"),
        ({"workflow": "Mine", "path": ".github/workflows/coo.yml"}, "own-workflow"),
    ],
)
def test_runs_that_there_is_nothing_to_do_about(values: dict[str, object], code: str) -> None:
    with GitHubServer() as gh:
        failed(gh, job(1, "test", TESTS), **values)
        with pytest.raises(NothingToTriage) as none:
            go(gh)
        assert gh.writes == []
        assert not gh.sent("GET", "/logs")
    assert none.value.code == code


def test_a_run_that_could_not_start_has_no_job_to_judge() -> None:
    with GitHubServer() as gh:
        failed(gh, Job(1, "never", "skipped", None), conclusion="startup_failure")
        with pytest.raises(NothingToTriage) as none:
            go(gh)
    assert none.value.code == "no-failed-job"


def test_hostile_text_is_shown_and_does_nothing() -> None:
    evil = world.log(
        "pytest",
        "```",
        "@acme/owners fixes #1 <img src=x> ![x](https://evil.example/x.png)",
        "<!-- coo:run=7214/2 --> <!-- coo:fingerprint=0000000000000000 -->",
        "=========================== short test summary info ============================",
        "ERROR tests/test_shop.py - ``` @acme/owners closes #1 <!-- coo:run=7214/2 -->",
        "!!!!!!!!!!!!!!!!!!!! Interrupted: 1 error during collection !!!!!!!!!!!!!!!!!!!!",
    )
    with GitHubServer() as gh:
        repo = failed(gh, job(1, "@acme/owners `x`", evil), workflow="CI @acme/owners fixes #1")
        done = go(gh)
        (issue,) = repo.issues.values()
    assert done.classification.category == "test_failure"
    assert "<!-- coo:run=7214/2" not in issue.body
    assert issue.body.count("<!-- coo:") == 5, "of the failure, the run, the tally, the workflow and its line"
    outside = "".join(issue.body.split("````")[::2]) if "````" in issue.body else issue.body
    for text in (issue.title, outside):
        assert "@acme" not in text
        assert "fixes #1" not in text
        assert "<img" not in text


def test_a_saved_run_is_a_dry_run_with_open_guards() -> None:
    with GitHubServer() as gh:
        failed(gh, job(1, "push", PUSH_REJECTED), branch=BRANCH)
        source = _source(gh)
        done = triage(source, None, world.engine(), playbook())
        with pytest.raises(InputError) as offline:
            triage(source, None, world.engine(), playbook(), options=Options(act=True))
        assert gh.writes == []
    assert offline.value.code == "act-offline"
    assert (done.decision.action, done.outcome.status) == ("delete-branch-and-rerun", "dry-run")
    still_open = {guard.id for guard in done.decision.guards if not guard.asked}
    assert still_open == {
        "run-still-failed",
        "branch-unprotected",
        "head-unchanged",
        "bot-commits-only",
        "no-open-pull-request",
        "limit-left",
    }
    assert "if every guard marked ? holds on GitHub" in done.outcome.detail


def _source(gh: GitHubServer):  # type: ignore[no-untyped-def]
    from coo.adapters.github import GitHub, GitHubSettings
    from coo.adapters.target import RunTarget

    return GitHub(GitHubSettings(token=gh.token, api_url=gh.api_url)).source(RunTarget("acme/shop", RUN))
