"""Runs that GitHub does not give: each fault has its exit code, and says what to do. Over HTTP, as a user has it."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import Coo, Done
from tests.e2e.world import BRANCH, RUN, STRANGE, job, run_on
from tests.support.github_server import GitHubServer, Repo
from tests.support.model_server import KEY, ModelServer, says, status

TARGET = f"acme/shop/{RUN}"


@pytest.fixture
def gh() -> Iterator[GitHubServer]:
    with GitHubServer() as server:
        shop = server.repo("acme/shop")
        shop.branch(BRANCH)
        run_on(shop, BRANCH)
        yield server


@pytest.fixture
def repo(gh: GitHubServer) -> Repo:
    return gh.repo("acme/shop")


@pytest.fixture
def ask(coo: Coo, gh: GitHubServer, world: Path) -> Coo:
    """Run a command against the local GitHub; it does not try often there."""
    (world / "coo.yml").write_text("github-timeout: 20\ngithub-retries: 1\nmodel-deadline: 20\n")

    def run(*args: object, **env: str) -> Done:
        return coo(*args, **({"GITHUB_API_URL": gh.api_url, "GITHUB_TOKEN": gh.token} | env))

    return run


@pytest.fixture(params=["triage", "fetch"])
def command(request: pytest.FixtureRequest) -> list[str]:
    return {"triage": ["triage", TARGET], "fetch": ["fetch", TARGET, "-o", "saved"]}[request.param]


def test_a_run_that_succeeded(ask: Coo, repo: Repo, command: list[str]) -> None:
    repo.run(RUN, BRANCH, [job(1, "implement", b"", "success")], conclusion="success")
    done = ask(*command).refused(3, "not-failed|no-failed-job")
    assert done.out == ""
    assert not Path("saved").exists()


def test_a_run_that_is_still_running(ask: Coo, repo: Repo) -> None:
    run_on(repo, BRANCH, status="in_progress", conclusion=None)
    assert "is in_progress" in ask("triage", TARGET).refused(3, "still-running").err


@pytest.mark.parametrize("gone", ["404", "410"])
def test_logs_that_expired(ask: Coo, repo: Repo, command: list[str], gone: str) -> None:
    run_on(repo, BRANCH, job(1, "implement", None if gone == "404" else b"", log_gone=gone == "410"))
    done = ask(*command).refused(3, "logs-gone")
    assert done.out == "", "nothing is said about the failure"


@pytest.mark.parametrize("token", ["ghs_" + "x" * 36, "", "two words", "caf\xe9"])
def test_a_token_that_does_not_do(ask: Coo, repo: Repo, command: list[str], token: str) -> None:
    repo.private = True
    done = ask(*command, GITHUB_TOKEN=token)
    if token:
        done.refused(4, "bad-token")
        assert token not in done.err
    else:
        done.refused(2, "no-such-run")
    assert "GITHUB_TOKEN" in done.err


def test_no_token_reads_no_logs(ask: Coo, command: list[str]) -> None:
    assert "set GITHUB_TOKEN" in ask(*command, GITHUB_TOKEN="").refused(4, "no-token").err


def test_a_permission_that_is_missing(ask: Coo, gh: GitHubServer, command: list[str]) -> None:
    gh.permissions["actions"] = "none"
    assert "`actions: read`" in ask(*command).refused(4, "no-permission").err


def test_a_run_that_there_is_not(ask: Coo) -> None:
    assert "check the number" in ask("triage", "acme/shop/1").refused(2, "no-such-run").err
    ask("triage", "acme/other/1").refused(2, "no-such-run")


@pytest.mark.parametrize("headers", [{"Retry-After": "7200"}, {}, {"Retry-After": "0"}], ids=["long", "none", "now"])
def test_429(ask: Coo, gh: GitHubServer, command: list[str], headers: dict[str, str]) -> None:
    gh.fault("GET", f"/runs/{RUN}$", status=429, headers=headers, times=None)
    started = time.monotonic()
    assert "rate limit" in ask(*command).refused(5, "rate-limited").err
    assert time.monotonic() - started < 30, "two hours are not waited"
    assert len(gh.sent("GET", f"/runs/{RUN}$")) == (1 if headers.get("Retry-After") == "7200" else 2)


def test_a_secondary_rate_limit(ask: Coo, gh: GitHubServer) -> None:
    body = {"message": "You have exceeded a secondary rate limit.", "documentation_url": "https://docs.example"}
    gh.fault("GET", f"/runs/{RUN}$", status=403, headers={"Retry-After": "3600"}, body=body, times=None)
    assert " until " in ask("triage", TARGET).refused(5, "rate-limited").err


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_5xx(ask: Coo, gh: GitHubServer, status: int) -> None:
    gh.fault("GET", f"/runs/{RUN}$", status=status, body=b"<html>Unicorn!</html>", times=None)
    assert f"answered {status}" in ask("triage", TARGET).refused(5, "github-unavailable").err


def test_the_host_of_the_logs_fails(ask: Coo, gh: GitHubServer, command: list[str]) -> None:
    gh.fault("GET", "^/logs/", status=503, times=None)
    done = ask(*command)
    done.refused(5, "log-download-failed")
    assert "sig=" not in done.err, "the address of a log is as good as a password"


def test_an_answer_that_is_not_githubs(ask: Coo, gh: GitHubServer) -> None:
    gh.fault("GET", f"/runs/{RUN}$", status=200, body=b"<html>Sign in to the hotel's network</html>", times=None)
    ask("triage", TARGET).refused(5, "github-unavailable")
    gh.fault("GET", f"/runs/{RUN + 1}$", status=200, body={"id": "x"}, times=None)
    ask("triage", f"acme/shop/{RUN + 1}").refused(5, "bad-answer")


def test_a_reset_connection(ask: Coo, gh: GitHubServer) -> None:
    gh.fault("GET", f"/runs/{RUN}$", reset=True, times=None)
    ask("triage", TARGET).refused(5, "github-unavailable")


def test_an_answer_that_does_not_come_in_time(ask: Coo, gh: GitHubServer) -> None:
    gh.fault("GET", f"/runs/{RUN}$", delay=60, times=None)
    Path("coo.yml").write_text("github-timeout: 0.2\ngithub-retries: 1\n")
    assert "in time" in ask("triage", TARGET).refused(5, "github-unavailable").err


def dead_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def test_nobody_listens(ask: Coo, command: list[str]) -> None:
    url = f"http://user:s3cr3tpassw0rd@127.0.0.1:{dead_port()}"
    done = ask(*command, GITHUB_API_URL=url).refused(5, "github-unavailable")
    assert "s3cr3tpassw0rd" not in done.err


@pytest.mark.parametrize(
    "url", ["github.com", "ftp://x", "http://127.0.0.1:port", "http://[x", "http://127.0.0.1:99999"]
)
def test_an_api_url_that_is_none(ask: Coo, url: str) -> None:
    assert "GITHUB_API_URL" in ask("triage", TARGET, GITHUB_API_URL=url).refused(2, "wrong-api-url").err


@pytest.mark.parametrize(
    ("target", "code"),
    [
        ("https://github.com/acme/shop", "wrong-url"),
        ("https://github.com/acme/shop/actions/runs/abc", "wrong-url"),
        ("https://user:s3cr3tpassw0rd@github.com/acme/shop/pull/1", "wrong-url"),
        ("ftp://github.com/acme/shop/actions/runs/1", "wrong-url"),
        ("http://[bad/acme", "wrong-url"),
        ("https://elsewhere.example/acme/shop/actions/runs/1", "other-host"),
        ("https://user:s3cr3tpassw0rd@elsewhere.example/acme/shop/actions/runs/1", "other-host"),
        ("acme/shop/abc", "no-such-target"),
        ("acme/shop/" + "9" * 30, "no-such-target"),
        ("x" * 5000, "no-such-target"),
        ("\x1b[2J\n::set-output name=a::b", "no-such-target"),
        ("", "no-such-target"),
    ],
)
def test_a_target_that_is_no_run_asks_nobody(ask: Coo, gh: GitHubServer, target: str, code: str) -> None:
    for args in (["triage", target], ["fetch", target, "-o", "saved"]):
        done = ask(*args).refused(2, code)
        assert "s3cr3tpassw0rd" not in done.err
    assert gh.requests == []


def test_no_target(ask: Coo) -> None:
    ask("triage").refused(2, "no-target")
    ask("fetch", "-o", "saved").refused(2, "no-target")


EVENTS: dict[str, tuple[bytes, str]] = {
    "not-json": (b"make: nothing\n", "event-invalid"),
    "binary": (b"\xff\xfe\x00\x81", "event-invalid"),
    "deep": (b"[" * 200_000, "event-invalid"),
    "list": (b"[]", "event-not-a-run"),
    "push": (b'{"ref": "refs/heads/main", "repository": {"full_name": "acme/shop"}}', "event-not-a-run"),
    "no-repository": (b'{"workflow_run": {"id": 1, "run_attempt": 1}}', "event-invalid"),
    "evil-repository": (
        b'{"workflow_run": {"id": 1, "run_attempt": 1}, "repository": {"full_name": "../../x"}}', "event-invalid",
    ),
    "text-for-id": (
        b'{"workflow_run": {"id": "1;x", "run_attempt": 1}, "repository": {"full_name": "a/b"}}', "event-invalid",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", EVENTS)
@pytest.mark.parametrize("way", ["--event", "GITHUB_EVENT_PATH"])
def test_an_event_that_tells_of_no_run(ask: Coo, gh: GitHubServer, case: str, way: str) -> None:
    data, code = EVENTS[case]
    Path("event.json").write_bytes(data)
    if way == "--event":
        ask("triage", "--event", "event.json").refused(2, code)
    else:
        ask("triage", GITHUB_EVENT_PATH="event.json").refused(2, code)
    assert gh.requests == []


def test_an_event_file_that_is_missing(ask: Coo) -> None:
    ask("triage", "--event", "missing.json").refused(2, "event-unreadable")
    ask("triage", "--event", ".").refused(2, "event-unreadable")


def test_fetch_saves_what_triage_reads(ask: Coo, gh: GitHubServer) -> None:
    assert ask("fetch", TARGET, "-o", "saved").harmless().code == 0
    asked = len(gh.requests)
    done = ask("triage", "saved").harmless()
    assert done.code == 0
    assert "branch_conflict[git-push-rejected]" in done.out
    assert len(gh.requests) == asked, "a saved run is triaged without GitHub"
    assert (
        json.loads(ask("classify", "saved", "--format", "jsonl").out)["classification"]["rule_id"]
        == "git-push-rejected"
    )


@pytest.mark.parametrize("option", [["--act"], ["--mode", "remediate"], ["--mode", "escalate"]])
def test_a_saved_run_cannot_be_acted_on(ask: Coo, gh: GitHubServer, option: list[str]) -> None:
    ask("fetch", TARGET, "-o", "saved")
    assert ask("triage", "saved", *option).refused(2, "act-offline").out == ""
    assert gh.writes == []


def test_fetch_does_not_write_over_other_things(ask: Coo) -> None:
    Path("mine").mkdir()
    Path("mine/thesis.txt").write_text("years of work")
    ask("fetch", TARGET, "-o", "mine").refused(2, "not-a-bundle")
    ask("fetch", TARGET, "-o", "mine/thesis.txt").refused(2, "not-a-bundle")
    ask("fetch", TARGET, "-o", "/proc/nowhere").refused(2, "bundle-not-written")
    ask("fetch", "mine", "-o", "saved").refused(2, "not-on-github")
    assert Path("mine/thesis.txt").read_text() == "years of work"


@pytest.mark.parametrize(
    ("file", "text", "code"),
    [
        ("run.json", None, "not-a-bundle"),
        ("run.json", "{", "bundle-invalid"),
        ("run.json", "[]", "bundle-invalid"),
        ("run.json", "[" * 200_000, "bundle-invalid"),
        ("run.json", '{"version": 99}', "bundle-version"),
        ("run.json", '{"version": 1}', "bundle-invalid"),
        ("jobs.json", None, "not-a-bundle"),
        ("jobs.json", '{"version": 1, "jobs": 3}', "bundle-invalid"),
        ("jobs.json", '{"version": 1, "jobs": [{"id": "../../etc/passwd"}]}', "bundle-invalid"),
    ],
)
def test_a_broken_bundle(ask: Coo, file: str, text: str | None, code: str) -> None:
    ask("fetch", TARGET, "-o", "saved")
    Path("saved", file).unlink()
    if text is not None:
        Path("saved", file).write_text(text)
    assert ask("triage", "saved").refused(2, code).out == ""


def test_a_bundle_without_its_logs(ask: Coo) -> None:
    ask("fetch", TARGET, "-o", "saved")
    Path("saved/logs/1.log").unlink()
    ask("triage", "saved").refused(3, "logs-gone")
    ask("classify", "saved").refused(2, "no-logs")
    Path("saved/logs").rmdir()
    ask("triage", "saved").refused(2, "bundle-without-logs")


def test_a_report_that_cannot_be_written_keeps_nothing_from_the_other_places(ask: Coo) -> None:
    Path("file").write_text("")
    done = ask("triage", TARGET, "--report-dir", "file", GITHUB_STEP_SUMMARY="missing/summary.md", GITHUB_OUTPUT="out")
    done.refused(2, "report-not-written")
    done.refused(2, "actions-file")
    assert "branch_conflict[git-push-rejected]" in done.out
    assert "category=branch_conflict\n" in Path("out").read_text()


def test_outputs_tell_that_there_was_nothing(ask: Coo, repo: Repo) -> None:
    repo.run(RUN, BRANCH, [job(1, "implement", b"", "success")], conclusion="success")
    ask("triage", TARGET, GITHUB_OUTPUT="out").refused(3, "not-failed")
    assert "outcome=nothing\n" in Path("out").read_text()


def test_a_missing_permission_to_act_is_an_outcome_in_the_report(ask: Coo, gh: GitHubServer) -> None:
    gh.permissions["contents"] = "read"
    done = ask("triage", TARGET, "--act", "--report-dir", "report")
    done.refused(4, "not-done")
    assert json.loads(Path("report/report.json").read_text())["outcome"]["status"] == "failed"
    assert "failed" in done.out


MODEL_FAULTS = {
    "dead": None,
    "401": status(401, {"error": {"message": "Incorrect API key provided: " + KEY, "code": "invalid_api_key"}}),
    "not-json": status(200, "<html>hello</html>", kind="text/html"),
    "nonsense": says("certainly! here is your verdict"),
}


@pytest.mark.parametrize("case", MODEL_FAULTS)
def test_a_model_that_fails_degrades_and_is_said(ask: Coo, repo: Repo, case: str) -> None:
    run_on(repo, BRANCH, job(1, "build", STRANGE))
    Path("strange.log").write_bytes(STRANGE)
    if case == "dead":  # no time for a second try
        Path("coo.yml").write_text("model-deadline: 0.5\n")
    step = MODEL_FAULTS[case]
    with ModelServer(*([step] if step else [])) as server:
        url = server.base_url if step else f"http://user:s3cr3tpassw0rd@127.0.0.1:{dead_port()}/v1"
        env = {"OPENAI_BASE_URL": url, "OPENAI_API_KEY": KEY}
        logs = ask("classify", "strange.log", "--llm", "--format", "jsonl", **env).harmless()
        text = ask("classify", "strange.log", "--llm").harmless()
        run = ask("triage", TARGET, "--verbose").harmless()
    assert (logs.code, text.code, run.code) == (0, 0, 0)
    told = json.loads(logs.out)
    assert told["classification"]["category"] == "unknown"
    assert told["model"]["error"]
    for out in (text.out, run.out):
        assert "gave no usable answer" in " ".join(out.split()), out
    for one in (logs, text, run):
        assert KEY not in one.out + one.err
        assert "s3cr3tpassw0rd" not in one.out + one.err


def test_a_model_that_answers_is_asked_through_the_environment(ask: Coo) -> None:
    Path("strange.log").write_bytes(STRANGE)
    answer = says(evidence=[(4, "the frobnicator is not amused")])
    with ModelServer(answer) as server:
        env = {"OPENAI_BASE_URL": server.base_url, "OPENAI_API_KEY": KEY, "COO_MODEL": "a-model"}
        done = ask("classify", "strange.log", "--llm", "--format", "jsonl", **env)
        assert ask("classify", "strange.log", "--format", "jsonl").code == 0
        assert len(server.requests) == 1, "without --llm there is no network"
        assert server.requests[0].body["model"] == "a-model"
    assert json.loads(done.out)["classification"]["source"] == "model"
