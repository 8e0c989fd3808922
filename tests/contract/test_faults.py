"""What GitHub and the wire do wrong, and that a write is never sent twice."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable

import pytest
from urllib3.exceptions import ProtocolError, ReadTimeoutError, SSLError

from coo.adapters.github import GitHub, GitHubHands, GitHubSettings
from coo.adapters.github_retry import WriteRetry, rate_limit_wait
from coo.adapters.target import RunTarget
from coo.core.errors import AuthError, CooError, InputError, RemoteError
from tests.contract.conftest import BRANCH, RUN, Connect
from tests.support.github_server import GitHubServer, Repo

TARGET = RunTarget("acme/shop", RUN)
WRITES: dict[str, Callable[[GitHubHands], object]] = {
    "POST issue": lambda hands: hands.create_issue("CI failed", "body", [], []),
    "POST comment": lambda hands: hands.comment_issue(1, "again"),
    "POST rerun": lambda hands: hands.rerun_failed_jobs(RUN),
    "DELETE branch": lambda hands: hands.delete_branch(BRANCH),
    "POST label": lambda hands: hands.ensure_labels(["coo"]),
}
ANY = r"^/repos/acme/shop/"


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_read_is_tried_again_after_a_server_fault(
    gh: GitHubServer, repo: Repo, connect: Connect, status: int
) -> None:
    gh.fault("GET", "/runs/7214$", status=status, times=2)
    assert connect().source(TARGET).run().id == RUN
    assert len(gh.sent("GET", "/runs/7214$")) == 3


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_read_is_given_up_after_the_retries(gh: GitHubServer, repo: Repo, connect: Connect, status: int) -> None:
    gh.fault("GET", "/runs/7214$", status=status, times=None, body=b"<html>Unicorn!</html>")
    with pytest.raises(RemoteError, match=f"GitHub answered {status}") as caught:
        connect().source(TARGET).run()
    assert (caught.value.code, caught.value.exit_code) == ("github-unavailable", 5)
    assert len(gh.sent("GET", "/runs/7214$")) == 3


def test_a_read_is_tried_again_after_a_reset(gh: GitHubServer, repo: Repo, connect: Connect) -> None:
    gh.fault("GET", "/runs/7214$", reset=True, times=2)
    assert connect().source(TARGET).run().id == RUN
    gh.fault("GET", "/runs/7214$", reset=True, times=None)
    with pytest.raises(RemoteError, match="the connection to GitHub broke"):
        connect().source(TARGET).run()


def test_a_read_that_is_late(gh: GitHubServer, repo: Repo, connect: Connect) -> None:
    gh.fault("GET", "/runs/7214$", delay=60)
    assert connect(timeout=1.0).source(TARGET).run().id == RUN
    gh.fault("GET", "/runs/7214$", delay=60, times=None)
    with pytest.raises(RemoteError, match="no answer from GitHub in time"):
        connect(timeout=0.1, retries=1).source(TARGET).run()


def test_a_body_that_ends_early(gh: GitHubServer, repo: Repo, connect: Connect) -> None:
    gh.fault("GET", "/runs/7214$", cut=40)
    with pytest.raises(RemoteError, match="the connection to GitHub broke"):
        connect().source(TARGET).run()


def test_nobody_listens() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    hands = GitHub(GitHubSettings("t0ken", url, retries=1, backoff=0.001)).hands("acme/shop")
    for ask in (lambda: hands.run(RUN), lambda: hands.rerun_failed_jobs(RUN)):
        with pytest.raises(RemoteError, match="no connection to GitHub") as caught:
            ask()
        assert caught.value.code == "github-unavailable"  # nothing was sent: a write is as certain as a read


@pytest.mark.parametrize("name", WRITES)
@pytest.mark.parametrize(
    "fault",
    [
        {"status": 500},
        {"status": 502},
        {"status": 503, "headers": {"Retry-After": "0"}},
        {"reset": True},
        {"delay": 60},
    ],
    ids=["500", "502", "503-retry-after", "reset", "late"],
)
def test_a_write_without_an_answer_is_not_sent_again(
    gh: GitHubServer, repo: Repo, connect: Connect, name: str, fault: dict[str, object]
) -> None:
    repo.issue("failing", "", [])
    method = name.split()[0]
    gh.fault(method, ANY, times=None, after_effect=True, **fault)
    with pytest.raises(RemoteError, match="may have been done or not") as caught:
        WRITES[name](connect(timeout=0.5 if "delay" in fault else 5.0).hands("acme/shop"))
    assert caught.value.code == "write-uncertain"
    assert len(gh.writes) == 1
    assert len(repo.runs[RUN]) <= 2 and len(repo.issues) <= 2


@pytest.mark.parametrize("error", [SSLError("bad record"), ProtocolError("cut"), ReadTimeoutError(None, "/", "late")])  # type: ignore[arg-type]
def test_no_fault_of_the_wire_sends_a_write_again(error: Exception) -> None:
    with pytest.raises(type(error)):
        WriteRetry(3).increment("POST", "/", error=error)
    assert WriteRetry(3).increment("GET", "/", error=error).total == 2


@pytest.mark.parametrize("name", WRITES)
def test_a_write_that_was_refused_with_a_wait_is_sent_again(
    gh: GitHubServer, repo: Repo, hands: GitHubHands, name: str
) -> None:
    repo.issue("failing", "", [])
    gh.fault(name.split()[0], ANY, status=429, headers={"Retry-After": "0"})
    WRITES[name](hands)
    assert len(gh.writes) == 2


@pytest.mark.parametrize("headers", [{}, {"Retry-After": "3600"}])
def test_a_write_is_not_sent_again_without_a_wait_or_with_a_long_one(
    gh: GitHubServer, repo: Repo, hands: GitHubHands, headers: dict[str, str]
) -> None:
    gh.fault("POST", ANY, status=429, headers=headers, times=None)
    with pytest.raises(RemoteError) as caught:
        hands.rerun_failed_jobs(RUN)
    assert caught.value.code == "rate-limited"
    assert len(gh.writes) == 1


@pytest.mark.parametrize("headers", [{}, {"Retry-After": "1"}])
def test_a_read_waits_for_a_short_rate_limit(
    gh: GitHubServer, repo: Repo, connect: Connect, headers: dict[str, str]
) -> None:
    gh.fault("GET", "/runs/7214$", status=429, headers=headers)
    started = time.monotonic()
    assert connect().source(TARGET).run().id == RUN
    assert time.monotonic() - started >= float(headers.get("Retry-After", 0))


@pytest.mark.parametrize(
    ("status", "headers", "message"),
    [
        (
            403,
            {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "4102444800"},
            "API rate limit exceeded for user ID 1.",
        ),
        (429, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "4102444800"}, "API rate limit exceeded"),
        (403, {"Retry-After": "4000"}, "You have exceeded a secondary rate limit. Please wait a few minutes."),
        (429, {"Retry-After": "4000"}, "Too many requests"),
        (403, {}, "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."),
    ],
)
def test_a_long_rate_limit_ends_at_once(
    gh: GitHubServer, repo: Repo, connect: Connect, status: int, headers: dict[str, str], message: str
) -> None:
    gh.fault("GET", "/runs/7214$", status=status, headers=headers, body={"message": message}, times=None)
    with pytest.raises(RemoteError, match="rate limit is reached") as caught:
        connect().source(TARGET).run()
    assert (caught.value.code, caught.value.exit_code) == ("rate-limited", 5)
    if "X-RateLimit-Reset" in headers:
        assert "until 00:00:01 UTC on 2100-01-01" in caught.value.message
    assert len(gh.requests) == 1


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"Retry-After": "7"}, 7.0),
        ({"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}, None),
        ({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "130"}, 31.0),
        ({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "10"}, 1.0),
        ({"X-RateLimit-Remaining": "5", "X-RateLimit-Reset": "130"}, None),
        ({}, None),
    ],
)
def test_the_wait_that_headers_ask_for(headers: dict[str, str], wait: float | None) -> None:
    assert rate_limit_wait(headers, 100.0) == wait


@pytest.mark.parametrize(
    ("status", "kind", "code"),
    [
        (400, RemoteError, "refused"),
        (401, AuthError, "bad-token"),
        (403, AuthError, "no-permission"),
        (404, RemoteError, "not-found"),
        (409, RemoteError, "refused"),
        (410, RemoteError, "refused"),
        (422, RemoteError, "refused"),
        (307, RemoteError, "moved"),
    ],
)
@pytest.mark.parametrize("name", WRITES)
def test_every_refusal_has_its_error(
    gh: GitHubServer, repo: Repo, hands: GitHubHands, name: str, status: int, kind: type[CooError], code: str
) -> None:
    gh.fault(name.split()[0], ANY, status=status, body={"message": "Because\nof \x1b[31mthis"}, times=None)
    with pytest.raises(kind) as caught:
        WRITES[name](hands)
    assert caught.value.code == code
    assert "\x1b" not in str(caught.value)
    assert len(gh.writes) == 1


def test_a_refusal_of_a_read_is_final(gh: GitHubServer, repo: Repo, connect: Connect) -> None:
    gh.fault("GET", "/runs/7214$", status=401, body={"message": "Bad credentials"}, times=None)
    with pytest.raises(AuthError, match="does not accept the token"):
        connect().source(TARGET).run()
    assert len(gh.requests) == 1


def test_a_wrong_token(repo: Repo, connect: Connect) -> None:
    with pytest.raises(AuthError) as caught:
        connect(token="ghp_wrong").source(TARGET).run()
    assert (caught.value.code, caught.value.exit_code) == ("bad-token", 4)
    assert "ghp_wrong" not in str(caught.value)


@pytest.mark.parametrize("token", ["two words", "line\nbreak", "pässword"])
def test_a_token_that_cannot_be_one(gh: GitHubServer, connect: Connect, token: str) -> None:
    with pytest.raises(AuthError):
        connect(token=token)


def test_the_token_is_not_in_what_is_printed() -> None:
    assert "s3cret" not in repr(GitHubSettings(token="s3cret"))


@pytest.mark.parametrize("url", ["", "api.github.com", "ftp://host", "https://"])
def test_a_wrong_api_url(url: str) -> None:
    with pytest.raises(InputError, match="GITHUB_API_URL") as caught:
        GitHub(GitHubSettings(api_url=url))
    assert caught.value.help


def test_a_redirect_to_another_host_is_not_followed(gh: GitHubServer, repo: Repo, connect: Connect) -> None:
    gh.fault("GET", "/runs/7214$", status=301, headers={"Location": "http://evil.example/x"})
    with pytest.raises(RemoteError) as caught:
        connect().source(TARGET).run()
    assert caught.value.code == "moved"


def test_every_request_names_its_version_and_sender(gh: GitHubServer, repo: Repo, connect: Connect) -> None:
    connect().source(TARGET).run()
    assert {one.headers["x-github-api-version"] for one in gh.requests} == {"2022-11-28"}
    assert all(one.headers["user-agent"].startswith("coo/") for one in gh.requests)
