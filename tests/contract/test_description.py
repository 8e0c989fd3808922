"""The local GitHub and its judge: a wrong request must be seen, else the other tests prove nothing."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from tests.contract.openapi.cut import OPERATIONS, OUTPUT, cut, load
from tests.support.github_openapi import Description, description_file
from tests.support.github_server import GitHubServer

BASE = "/repos/acme/shop"
HEADERS = {"X-GitHub-Api-Version": "2022-11-28"}


@pytest.mark.parametrize(
    ("method", "path", "body", "told"),
    [
        ("GET", f"{BASE}/nothing", None, "no such operation"),
        ("PUT", f"{BASE}/issues", None, "no such operation"),
        ("GET", f"{BASE}/issues?label=coo", None, "query parameter 'label'"),
        ("GET", f"{BASE}/issues?state=opened", None, "query state"),
        ("GET", f"{BASE}/issues?per_page=many", None, "query per_page"),
        ("GET", f"{BASE}/issues?page=1&page=2", None, "given 2 times"),
        ("GET", f"{BASE}/git/refs/heads/main", None, "no such operation"),
        ("POST", f"{BASE}/issues", {"body": "no title"}, "'title' is a required property"),
        ("POST", f"{BASE}/issues", {"title": "t", "label": ["coo"]}, "'label' is not a property"),
        ("POST", f"{BASE}/issues", {"title": "t", "assignees": "mona"}, "'mona' is not of type 'array'"),
        ("POST", f"{BASE}/labels", None, "needs a body"),
        ("DELETE", f"{BASE}/git/refs/heads/a/b", {"force": True}, "takes no body"),
    ],
)
def test_a_request_against_the_description_is_seen(method: str, path: str, body: Any, told: str) -> None:
    with GitHubServer(strict=False) as gh:
        gh.repo("acme/shop")
        requests.request(method, gh.api_url + path, json=body, headers=HEADERS, timeout=5)
    assert any(told in violation for violation in gh.violations), gh.violations


def test_a_violation_fails_the_block() -> None:
    with pytest.raises(AssertionError, match="x-github-api-version is missing"), GitHubServer() as gh:
        gh.repo("acme/shop")
        requests.get(f"{gh.api_url}{BASE}", timeout=5)


def test_a_token_at_the_host_of_the_logs_is_seen() -> None:
    with pytest.raises(AssertionError, match="a token reached the host of the logs"), GitHubServer() as gh:
        requests.get(f"{gh._logs.url}/logs/acme/shop/1.txt", headers={"Authorization": "token x"}, timeout=5)


def test_slashes_in_branches_and_the_longer_template() -> None:
    judge = Description(load(OUTPUT))
    paths = {
        "/branches/automated/x": "/branches/{branch}",
        "/rules/branches/automated/x": "/rules/branches/{branch}",
        "/git/refs/heads/automated/x": "/git/refs/{ref}",
        "/compare/main...automated%2Fx": "/compare/{basehead}",
        "/labels/agent%3Acto": "/labels/{name}",
    }
    for path, template in paths.items():
        method = "DELETE" if "/git/" in path else "GET"
        found = judge.find(method, BASE + path)
        assert found is not None and found.template.endswith(template)


def test_the_vendored_slice_is_a_cut_of_the_larger_one() -> None:
    vendored = load(OUTPUT)
    assert {f"{method.upper()} {path}" for path, item in vendored["paths"].items() for method in item} == set(
        OPERATIONS
    )
    assert vendored == cut(load(description_file()))
