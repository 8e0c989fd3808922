"""A job's log: GitHub names a place on another host, and from there it is fetched without the token."""

from __future__ import annotations

import time

import requests

from coo import __version__
from coo.adapters.github_errors import Asked, error_of
from coo.adapters.github_http import GitHubApi
from coo.core.errors import NothingToTriage, RemoteError
from coo.core.model import Job

_CHUNK = 1 << 20


class _TryAgainError(Exception):
    """The place of the log did not give it; a fresh place may."""


class _NoAuth(requests.auth.AuthBase):
    """No credentials at all; without this, requests would look for some in ~/.netrc."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        return request


def fetch_log(api: GitHubApi, repo: str, job: Job) -> bytes:
    """The raw log of a job.

    Raises `NothingToTriage` (`logs-gone`, `log-too-large`), `AuthError`, or `RemoteError` after the retries.
    """
    failure: Exception | None = None
    for attempt in range(api.settings.retries + 1):
        if attempt:
            time.sleep(api.settings.backoff * 2 ** (attempt - 1))
        place = _place(api, repo, job)  # a place is good for a minute: each try asks for a new one
        try:
            return _download(api, place, job)
        except (_TryAgainError, requests.RequestException) as error:
            failure = error
    why = str(failure) if isinstance(failure, _TryAgainError) else type(failure).__name__
    raise RemoteError("log-download-failed", f"cannot download the log of job {job.name!r}: {why}", "try again later")


def _place(api: GitHubApi, repo: str, job: Job) -> str:
    asked = Asked(f"fetch the log of job {job.name!r}", "actions=read", anonymous=api.anonymous)
    reply = api.answer("GET", f"/repos/{repo}/actions/jobs/{job.id}/logs", asked, {})
    if reply.status in (404, 410):
        raise _gone(job)
    place = reply.headers.get("location", "")
    if reply.status != 302 or not place:
        raise error_of(asked, reply.status, requests.structures.CaseInsensitiveDict(reply.headers), reply.data)
    if api.settings.api_url.startswith("https:") and not place.startswith("https:"):
        raise RemoteError(
            "moved", f"the log of job {job.name!r} is at an address that is not encrypted", "check GITHUB_API_URL"
        )
    return place


def _download(api: GitHubApi, place: str, job: Job) -> bytes:
    settings = api.settings
    ends = time.monotonic() + settings.max_log_seconds
    data = bytearray()
    with requests.Session() as session:
        session.auth = _NoAuth()
        session.max_redirects = 3
        session.headers["User-Agent"] = f"coo/{__version__}"
        with session.get(place, stream=True, timeout=settings.timeout) as response:
            if response.status_code in (404, 410):
                raise _gone(job)
            if response.status_code != 200:
                raise _TryAgainError(f"the host of the logs answered {response.status_code}")
            for chunk in response.iter_content(_CHUNK):
                data += chunk
                if len(data) > settings.max_log_bytes:
                    raise _too_large(job, settings.max_log_bytes)
                if time.monotonic() > ends:
                    raise _TryAgainError(f"it took longer than {settings.max_log_seconds:g} seconds")
    return bytes(data)


def _gone(job: Job) -> NothingToTriage:
    return NothingToTriage(
        "logs-gone",
        f"GitHub has no log of job {job.name!r}: it expired, was deleted, or the job never started",
        "re-run the job, or open its page on GitHub",
    )


def _too_large(job: Job, limit: int) -> NothingToTriage:
    return NothingToTriage(
        "log-too-large",
        f"the log of job {job.name!r} is larger than {limit:,} bytes and was not read",
        "download it by hand and give its last part to `coo classify`",
    )
