"""Requests to GitHub's REST API through PyGithub's requester: one call is one request with a typed error.

PyGithub's objects are not used: they complete themselves by requests that nobody asked for, and pass over statuses that
are neither success nor error (a redirected POST). Its requester gives the authentication, the API version and the pool.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, cast
from urllib.parse import urlsplit

import requests
from github import Auth
from github.Requester import Requester
from requests.utils import parse_header_links
from urllib3.exceptions import ConnectTimeoutError, ReadTimeoutError

from coo import __version__
from coo.adapters.github_errors import Asked, error_of, lost
from coo.adapters.github_retry import WriteRetry
from coo.adapters.target import DEFAULT_API_URL
from coo.core.errors import AuthError, InputError, RemoteError

API_VERSION = "2022-11-28"
PAGE = 100
MAX_PAGES = 50


@dataclass(frozen=True, slots=True)
class GitHubSettings:
    """How to reach GitHub. Times are seconds; `timeout` is for a connection and for each read."""

    token: str | None = field(default=None, repr=False)
    api_url: str = DEFAULT_API_URL
    timeout: float = 30.0
    retries: int = 3
    backoff: float = 0.5
    """The second try comes at once, the third after twice this, the fourth after four times."""
    max_wait: float = 60.0
    """The longest wait for a rate limit; a longer one ends in `RemoteError`."""
    max_log_bytes: int = 256 * 1024 * 1024
    max_log_seconds: float = 600.0


@dataclass(frozen=True, slots=True)
class Reply:
    """A successful answer; header names are lower case."""

    status: int
    headers: dict[str, str]
    data: Any


class GitHubApi:
    """GitHub's REST API. Raises `InputError` for a wrong URL and `AuthError` for a token that cannot be one."""

    def __init__(self, settings: GitHubSettings) -> None:
        if not _is_url(settings.api_url):
            hint = f"set it to {DEFAULT_API_URL}, or https://HOST/api/v3 for GitHub Enterprise"
            raise InputError("wrong-api-url", f"GITHUB_API_URL is not a URL: {settings.api_url!r}", hint)
        token = (settings.token or "").strip()
        if not (token.isascii() and token.isprintable()) or " " in token:
            raise AuthError("bad-token", "the token holds characters that no token has", "check GITHUB_TOKEN")
        self.settings = settings
        self.anonymous = not token
        # NOTE: `Github(timeout=)` takes whole seconds only; the requester below it has no such limit.
        self._requester = Requester(
            auth=Auth.Token(token) if token else None,
            base_url=settings.api_url.rstrip("/"),
            timeout=cast(int, settings.timeout),
            user_agent=f"coo/{__version__}",
            per_page=PAGE,
            verify=True,
            retry=WriteRetry(settings.retries, max_wait=settings.max_wait, backoff_factor=settings.backoff),
            pool_size=None,
            api_version=API_VERSION,
        )

    def get(self, path: str, what: str, needs: str, **params: str | int) -> Reply:
        """GET `path` (below the API's URL, percent-encoded). Raises `AuthError` or `RemoteError`."""
        asked = Asked(what, needs, anonymous=self.anonymous)
        reply = self.answer("GET", path, asked, params)
        return self._expect(reply, asked)

    def find(self, path: str, what: str, needs: str) -> Reply | None:
        """GET something that may not exist: None after 404."""
        asked = Asked(what, needs, anonymous=self.anonymous)
        reply = self.answer("GET", path, asked, {})
        return None if reply.status == 404 else self._expect(reply, asked)

    def write(self, verb: str, path: str, what: str, needs: str, body: dict[str, Any] | None = None) -> Reply:
        """POST, PATCH, PUT or DELETE, sent once. Raises `AuthError` or `RemoteError` (`write-uncertain`)."""
        asked = Asked(what, needs, write=True, anonymous=self.anonymous)
        return self._expect(self.answer(verb, path, asked, {}, body), asked)

    def pages(self, path: str, what: str, needs: str, **params: str | int) -> Iterator[Any]:
        """The data of every page. Raises `RemoteError` (`too-many`, `bad-answer`) rather than leave some out."""
        reply = self.get(path, what, needs, per_page=PAGE, **params)
        yield _page(reply.data, what)
        for _ in range(MAX_PAGES - 1):
            following = _next_link(reply.headers)
            if following is None:
                return
            reply = self.get(following, what, needs)
            yield _page(reply.data, what)
        if _next_link(reply.headers) is not None:
            told = f"cannot {what}: GitHub lists more than {MAX_PAGES} pages"
            raise RemoteError("too-many", told, "this is more than coo looks through: do it by hand")

    def answer(
        self, verb: str, path: str, asked: Asked, params: dict[str, str | int], body: dict[str, Any] | None = None
    ) -> Reply:
        """Whatever GitHub answers, errors too. Raises `RemoteError` only when there is no answer."""
        try:
            status, headers, raw = self._requester.requestJson(verb, path, params, None, body)
        except requests.RequestException as error:
            raise lost(asked, *_why(error)) from error
        except (RuntimeError, AssertionError) as error:  # PyGithub's words for a redirect to another host
            raise RemoteError(
                "moved", f"cannot {asked.what}: GitHub points to another host", "check GITHUB_API_URL"
            ) from error
        try:
            data = json.loads(raw) if raw else None
            if raw and ("\\ud" in raw or "\\uD" in raw):
                data = _whole(data)
        except ValueError as error:
            if status < 300:
                raise lost(asked, "GitHub's answer is not JSON") from error
            data = None
        return Reply(status, headers, data)

    @staticmethod
    def _expect(reply: Reply, asked: Asked) -> Reply:
        if 200 <= reply.status < 300:
            return reply
        raise error_of(asked, reply.status, requests.structures.CaseInsensitiveDict(reply.headers), reply.data)


def _is_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0  # asking checks the port
    except ValueError:
        return False


def _page(data: Any, what: str) -> Any:
    """The data as it is. What holds no list is no page: read as one it would mean that there is nothing."""
    if isinstance(data, list) or (isinstance(data, dict) and any(isinstance(value, list) for value in data.values())):
        return data
    told = f"cannot {what}: GitHub's answer holds no list"
    raise RemoteError("bad-answer", told, "is GITHUB_API_URL right?")


def _whole(data: Any) -> Any:
    """JSON without halves of characters, which no address, file or database takes; U+FFFD stands for them."""
    if isinstance(data, str):
        return data.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(data, list):
        return [_whole(item) for item in data]
    return {_whole(key): _whole(value) for key, value in data.items()} if isinstance(data, dict) else data


def _next_link(headers: dict[str, str]) -> str | None:
    for link in parse_header_links(headers.get("link", "")):
        if link.get("rel") == "next":
            return str(link["url"])
    return None


def _why(error: requests.RequestException) -> tuple[str, bool]:
    """What happened on the wire, and whether the request may have reached GitHub."""
    reason = getattr(error.args[0], "reason", None) if error.args else None
    if isinstance(error, requests.ConnectTimeout) or isinstance(reason, ConnectTimeoutError):
        return "no connection to GitHub", False
    if isinstance(error, requests.Timeout) or isinstance(reason, ReadTimeoutError):
        return "no answer from GitHub in time", True
    if isinstance(error, requests.exceptions.SSLError):
        return "GitHub's certificate was not accepted", False
    return "the connection to GitHub broke", True
