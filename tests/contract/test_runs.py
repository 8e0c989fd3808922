"""Reading a run, its jobs and their logs over HTTP."""

from __future__ import annotations

import pytest

from coo.adapters.github import GitHubHands
from coo.adapters.target import RunTarget
from coo.core.errors import AuthError, InputError, NothingToTriage, RemoteError
from coo.core.model import Job as CooJob
from coo.core.model import Run, Step
from tests.contract.conftest import BRANCH, LOG, RUN, Connect
from tests.support.github_server import PERSON, GitHubServer, Job, Repo

TARGET = RunTarget("acme/shop", RUN)
JOB = CooJob(11, "implement", "failure")


def test_a_run_is_told_with_its_default_branch(gh: GitHubServer, repo: Repo, connect: Connect) -> None:
    assert connect().source(TARGET).run() == Run(
        repo="acme/shop", id=RUN, attempt=1, workflow="Roadmap Agent", workflow_path=".github/workflows/ci.yml",
        event="push", branch=BRANCH, sha=repo.branches[BRANCH].sha, head_repo="acme/shop", status="completed",
        conclusion="failure", url=f"{gh.url}/acme/shop/actions/runs/{RUN}", default_branch="main",
        actor="github-actions[bot]", created_at="2026-11-02T10:00:00Z", updated_at="2026-11-02T10:00:00Z",
    )  # fmt: skip


def test_a_fork_a_deleted_fork_and_a_run_without_branch(repo: Repo, connect: Connect) -> None:
    repo.run(1, BRANCH, [], head_repo="mallory/shop", actor=PERSON)
    repo.run(2, None, [], head_repo=None)
    assert connect().source(RunTarget("acme/shop", 1)).run().head_repo == "mallory/shop"
    gone = connect().source(RunTarget("acme/shop", 2)).run()
    assert (gone.head_repo, gone.branch) == (None, "")


@pytest.mark.parametrize(
    ("status", "conclusion"),
    [("in_progress", None), ("queued", None), ("completed", "success"), ("completed", "cancelled")],
)
def test_the_state_of_a_run_is_told_as_it_is(repo: Repo, connect: Connect, status: str, conclusion: str | None) -> None:
    repo.run(RUN, BRANCH, [], status=status, conclusion=conclusion)
    run = connect().source(TARGET).run()
    assert (run.status, run.conclusion) == (status, conclusion)


def test_the_latest_attempt_unless_the_target_names_one(gh: GitHubServer, repo: Repo, connect: Connect) -> None:
    repo.rerun(RUN)
    latest, first = connect().source(TARGET), connect().source(RunTarget("acme/shop", RUN, attempt=1))
    assert [(s.run().attempt, s.run().status) for s in (latest, first)] == [(2, "in_progress"), (1, "completed")]
    assert [job.conclusion for job in latest.jobs()] == [None, "success"]
    assert [job.conclusion for job in first.jobs()] == ["failure", "success"]
    assert gh.sent("GET", "/runs/7214/jobs")[0].query == {"filter": "latest", "per_page": "100"}


def test_the_hands_see_the_run_as_it_is_now(repo: Repo, hands: GitHubHands) -> None:
    assert hands.run(RUN).conclusion == "failure"
    repo.finish(RUN, "success")
    assert hands.run(RUN).conclusion == "success"


def test_a_job_with_its_steps(repo: Repo, connect: Connect) -> None:
    job = connect().source(TARGET).jobs()[0]
    assert job.steps == (Step("Set up job", 1, "success"), Step("Run tests", 2, "failure"))
    assert (job.id, job.name, job.conclusion, job.runner) == (11, "implement", "failure", "GitHub Actions 2")
    assert job.url.endswith("/acme/shop/actions/runs/7214/job/11")


def test_all_jobs_over_all_pages(gh: GitHubServer, repo: Repo, connect: Connect) -> None:
    repo.run(RUN, BRANCH, [Job(n, f"test {n}") for n in range(250)])
    assert [job.id for job in connect().source(TARGET).jobs()] == list(range(250))
    assert len(gh.sent("GET", "/jobs$")) == 3


def test_no_such_run_says_what_to_check(repo: Repo, connect: Connect) -> None:
    with pytest.raises(InputError, match="has no run 9, or the token cannot see it") as caught:
        connect().source(RunTarget("acme/shop", 9)).run()
    assert (caught.value.code, caught.value.exit_code) == ("no-such-run", 2)
    with pytest.raises(InputError, match="attempt 4 of run 7214"):
        connect().source(RunTarget("acme/shop", RUN, attempt=4)).run()


def test_a_private_repository_without_a_token(gh: GitHubServer, connect: Connect) -> None:
    gh.repo("acme/secret", private=True).run(1, "main", [])
    with pytest.raises(InputError, match="or the token cannot see it") as caught:
        connect(token=None).source(RunTarget("acme/secret", 1)).run()
    assert "GITHUB_TOKEN" in caught.value.help


def test_without_a_token_public_runs_can_be_read_but_logs_cannot(repo: Repo, connect: Connect) -> None:
    source = connect(token="").source(TARGET)
    assert source.run().id == RUN
    with pytest.raises(AuthError, match="without a token") as caught:
        source.job_log(source.jobs()[0])
    assert caught.value.code == "no-token"
    assert "set GITHUB_TOKEN" in caught.value.help


def test_a_log_comes_byte_by_byte_and_its_host_never_sees_the_token(
    gh: GitHubServer, repo: Repo, connect: Connect
) -> None:
    assert connect().source(TARGET).job_log(JOB) == LOG
    asked, fetched = (one for one in gh.requests if one.path.endswith(("/logs", ".txt")))
    assert (asked.host, fetched.host) == ("api", "logs")
    assert gh.token in asked.headers["authorization"]
    assert gh.token not in str(fetched.headers)


def test_the_netrc_file_is_not_asked_for_the_host_of_the_logs(
    repo: Repo, connect: Connect, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path_factory.mktemp("home") / "netrc"
    netrc.write_text("machine 127.0.0.1 login mona password secret\n")
    monkeypatch.setenv("NETRC", str(netrc))
    assert connect().source(TARGET).job_log(JOB) == LOG  # the server fails the test if any authorization arrives


@pytest.mark.parametrize("job", [Job(11, "implement", log=None), Job(11, "implement", log_gone=True)])
def test_a_log_that_is_gone(repo: Repo, connect: Connect, job: Job) -> None:
    repo.run(RUN, BRANCH, [job])
    with pytest.raises(NothingToTriage, match="implement") as caught:
        connect().source(TARGET).job_log(JOB)
    assert (caught.value.code, caught.value.exit_code) == ("logs-gone", 3)


def test_a_log_that_its_host_has_no_more(gh: GitHubServer, repo: Repo, connect: Connect) -> None:
    gh.fault("GET", r"^/logs/", status=404, body=b"BlobNotFound")
    with pytest.raises(NothingToTriage) as caught:
        connect().source(TARGET).job_log(JOB)
    assert caught.value.code == "logs-gone"


def test_a_log_over_the_cap_is_not_read(repo: Repo, connect: Connect) -> None:
    repo.run(RUN, BRANCH, [Job(11, "implement", log=b"x" * 3000)])
    assert len(connect(max_log_bytes=3000).source(TARGET).job_log(JOB)) == 3000
    with pytest.raises(NothingToTriage, match="larger than 2,999 bytes") as caught:
        connect(max_log_bytes=2999).source(TARGET).job_log(JOB)
    assert caught.value.code == "log-too-large"


@pytest.mark.parametrize(
    "fault", [{"status": 403, "body": b"expired"}, {"status": 503, "body": b""}, {"reset": True}, {"cut": 10}]
)
def test_a_download_that_fails_once_gets_a_fresh_address(
    gh: GitHubServer, repo: Repo, connect: Connect, fault: dict[str, object]
) -> None:
    gh.fault("GET", r"^/logs/", **fault)
    assert connect().source(TARGET).job_log(JOB) == LOG
    assert len(gh.sent("GET", "/jobs/11/logs$")) == 2


def test_a_download_that_always_fails_ends(gh: GitHubServer, repo: Repo, connect: Connect) -> None:
    gh.fault("GET", r"^/logs/", status=503, body=b"", times=None)
    with pytest.raises(RemoteError, match="the host of the logs answered 503") as caught:
        connect().source(TARGET).job_log(JOB)
    assert caught.value.code == "log-download-failed"
    assert "sig=" not in str(caught.value)
    assert len(gh.sent("GET", r"^/logs/")) == 3


def test_an_answer_that_is_not_as_documented(gh: GitHubServer, repo: Repo, connect: Connect) -> None:
    gh.fault("GET", "/runs/7214$", status=200, body={"id": RUN})
    with pytest.raises(RemoteError, match="not as documented"):
        connect().source(TARGET).run()
    gh.fault("GET", "/runs/7214$", status=200, body=b"<html>proxy</html>")
    with pytest.raises(RemoteError, match="not JSON"):
        connect().source(TARGET).run()


def test_a_url_of_another_host_never_gets_the_token(gh: GitHubServer, connect: Connect) -> None:
    with pytest.raises(InputError, match=r"evil\.example") as caught:
        connect().source(RunTarget("acme/shop", 1, origin="https://evil.example"))
    assert caught.value.code == "other-host"
    assert gh.requests == []
