"""What a TARGET means."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from coo.adapters.target import BundleTarget, RunTarget, check_host, parse_event, parse_target, read_event
from coo.core.errors import InputError
from tests.contract.conftest import RUN
from tests.support.github_server import GitHubServer, Repo

HUB = "https://github.com"


@pytest.mark.parametrize(
    ("text", "target"),
    [
        (f"{HUB}/acme/shop/actions/runs/123", RunTarget("acme/shop", 123, origin=HUB)),
        (f"{HUB}/acme/shop/actions/runs/123/", RunTarget("acme/shop", 123, origin=HUB)),
        (f"{HUB}/acme/shop/actions/runs/123?pr=4&check_suite_focus=true#x", RunTarget("acme/shop", 123, origin=HUB)),
        (f"{HUB}/acme/shop/actions/runs/123/attempts/2", RunTarget("acme/shop", 123, 2, origin=HUB)),
        (f"{HUB}/acme/shop/actions/runs/123/job/456#step:3:7", RunTarget("acme/shop", 123, None, 456, HUB)),
        (f"{HUB}/acme/shop/actions/runs/123/attempts/2/jobs/456", RunTarget("acme/shop", 123, 2, 456, HUB)),
        (
            "https://git.acme.example:8443/a/b.c/actions/runs/1",
            RunTarget("a/b.c", 1, origin="https://git.acme.example:8443"),
        ),
        ("http://127.0.0.1:81/a/b/actions/runs/1", RunTarget("a/b", 1, origin="http://127.0.0.1:81")),
        ("https://mona:pw@git.example/a/b/actions/runs/1", RunTarget("a/b", 1, origin="https://git.example")),
        ("acme/shop/123", RunTarget("acme/shop", 123)),
        ("acme_corp/my.shop-2/9", RunTarget("acme_corp/my.shop-2", 9)),
    ],
)
def test_a_run(text: str, target: RunTarget) -> None:
    assert parse_target(text) == target


@pytest.mark.parametrize(
    "text",
    [
        f"{HUB}/acme/shop",
        f"{HUB}/acme/shop/actions/runs/",
        f"{HUB}/acme/shop/actions/runs/12x",
        f"{HUB}/acme/../actions/runs/12",
        f"{HUB}/acme/shop/actions/workflows/ci.yml",
        f"{HUB}/acme/shop/pull/12",
        f"{HUB}/acme/shop/actions/runs/99999999999999999999999",
        "ftp://github.com/acme/shop/actions/runs/1",
        "https:///acme/shop/actions/runs/1",
        "https://[bad/acme/shop/actions/runs/1",
        "",
        "acme/shop",
        "acme/shop/main",
        "acme/../1",
        "no/such/directory/here",
        "acme/shop/1\n",
    ],
)
def test_what_is_no_target_says_what_would_be(text: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_target(text)
    assert "owner/repo/RUN_ID" in caught.value.help
    assert caught.value.exit_code == 2


def test_a_directory_wins_and_a_file_is_told_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("acme/shop/1").mkdir(parents=True)
    Path("build.log").write_text("")
    assert parse_target("acme/shop/1") == BundleTarget(Path("acme/shop/1"))
    assert parse_target("acme/shop/2") == RunTarget("acme/shop", 2)
    with pytest.raises(InputError, match="is a file") as caught:
        parse_target("build.log")
    assert "coo classify" in caught.value.help


@pytest.mark.parametrize(
    ("origin", "api"),
    [
        (HUB, "https://api.github.com"),
        ("https://GitHub.com", "https://api.github.com/"),
        ("https://git.acme.example", "https://git.acme.example/api/v3"),
        ("https://acme.ghe.example", "https://api.acme.ghe.example"),
        ("http://127.0.0.1:81", "http://127.0.0.1:81"),
        (None, "http://127.0.0.1:81"),
    ],
)
def test_the_host_of_a_url_is_the_host_of_the_api(origin: str | None, api: str) -> None:
    check_host(RunTarget("a/b", 1, origin=origin), api)


@pytest.mark.parametrize(
    ("origin", "api", "hint"),
    [
        ("https://evil.example", "https://api.github.com", "GITHUB_API_URL=https://evil.example/api/v3"),
        (HUB, "https://git.acme.example/api/v3", "GITHUB_API_URL=https://api.github.com"),
        ("https://github.com.evil.example", "https://api.github.com", "evil"),
        ("http://127.0.0.1:82", "http://127.0.0.1:81", "127.0.0.1:82"),
    ],
)
def test_another_host_is_refused(origin: str, api: str, hint: str) -> None:
    with pytest.raises(InputError) as caught:
        check_host(RunTarget("a/b", 1, origin=origin), api)
    assert hint in caught.value.help


def test_an_event(gh: GitHubServer, repo: Repo, tmp_path: Path) -> None:
    path = tmp_path / "event.json"
    path.write_text(json.dumps(gh.event(repo, RUN)))
    assert read_event(path) == RunTarget("acme/shop", RUN, event_attempt=1)
    repo.rerun(RUN)
    assert parse_event(gh.event(repo, RUN, "in_progress")).event_attempt == 2


GOOD: dict[str, Any] = {"workflow_run": {"id": 1, "run_attempt": 1}, "repository": {"full_name": "a/b"}}


@pytest.mark.parametrize(
    "event",
    [
        None,
        [],
        {"ref": "refs/heads/main"},
        GOOD | {"workflow_run": "x"},
        GOOD | {"repository": {"full_name": "a/b/../c"}},
        GOOD | {"repository": None},
        GOOD | {"workflow_run": {"id": "1", "run_attempt": 1}},
        GOOD | {"workflow_run": {"id": True, "run_attempt": 1}},
        GOOD | {"workflow_run": {"id": 1}},
        GOOD | {"workflow_run": {"id": 1, "run_attempt": 0}},
    ],
)
def test_a_payload_that_is_none(event: Any) -> None:
    with pytest.raises(InputError) as caught:
        parse_event(event)
    assert "workflow_run" in caught.value.help


def test_an_event_file_that_cannot_be_read(tmp_path: Path) -> None:
    broken = tmp_path / "event.json"
    broken.write_bytes(b'{"workflow_run": \xff')
    for path in (broken, tmp_path / "none.json", tmp_path):
        with pytest.raises(InputError, match=path.name):
            read_event(path)
