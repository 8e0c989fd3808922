"""GitHub's refusals in the words of coo: which error it is, what was asked, and what to do next."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from coo.adapters.github_retry import rate_limit_wait
from coo.core.errors import AuthError, CooError, RemoteError

_RATE_LIMIT = re.compile(r"(?i)\brate limit\b|please (?:retry your request again later|wait a few minutes)")
_STATE = re.compile(r"(?i)already running|cannot be (?:re-?run|retried)|unable to (?:re-?run|retry)|created over")


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked of GitHub: `what` continues "GitHub refused to ...", `needs` is a permission (`actions=read`)."""

    what: str
    needs: str
    write: bool = False
    anonymous: bool = False


def error_of(asked: Asked, status: int, headers: Mapping[str, str], data: Any) -> CooError:
    """The error that an answer other than success means."""
    said = message_of(data)
    if status == 401:
        return _unknown_token(asked)
    if status == 429 or (status == 403 and _is_rate_limit(headers, said)):
        return _rate_limited(asked, headers)
    if status == 403 and not _STATE.search(said):
        return _forbidden(asked, headers, said)
    if status >= 500:
        return lost(asked, f"GitHub answered {status}")
    if status == 404:
        return RemoteError(
            "not-found",
            f"cannot {asked.what}: GitHub does not know it, or the token may not see it",
            _permission(asked.needs),
        )
    if status < 400:
        return RemoteError(
            "moved",
            f"cannot {asked.what}: GitHub answered {status} and points elsewhere",
            "use the repository's present name",
        )
    told = f"GitHub refused to {asked.what} ({status}): {said or 'no reason given'}"
    return RemoteError("refused", told, "look at the run's page on GitHub: it may not allow this now")


def lost(asked: Asked, why: str, sent: bool = True) -> RemoteError:
    """No usable answer came. A write that was sent may have been done all the same, which the error says."""
    hint = "see https://www.githubstatus.com and try again later"
    if asked.write and sent:
        return RemoteError(
            "write-uncertain",
            f"{why} to the request to {asked.what}: it may have been done or not, and was not sent again",
            "run coo again: it asks GitHub for the present state first",
        )
    return RemoteError("github-unavailable", f"cannot {asked.what}: {why}", hint)


def message_of(data: Any) -> str:
    """What GitHub says of an error, with its details, as one short line."""
    if not isinstance(data, dict):
        return ""
    details = data.get("errors")
    parts = [data.get("message"), *(details if isinstance(details, list) else ())]
    told = (" ".join(map(str, part.values())) if isinstance(part, dict) else str(part) for part in parts if part)
    return "".join(char if char.isprintable() else " " for char in "; ".join(told))[:300]


def _is_rate_limit(headers: Mapping[str, str], said: str) -> bool:
    return rate_limit_wait(headers, time.time()) is not None or bool(_RATE_LIMIT.search(said))


def _rate_limited(asked: Asked, headers: Mapping[str, str]) -> RemoteError:
    now = time.time()
    wait = rate_limit_wait(headers, now)
    when = "" if wait is None else time.strftime(" until %H:%M:%S UTC on %Y-%m-%d", time.gmtime(now + wait))
    hint = "set GITHUB_TOKEN: without a token the limit is 60 requests an hour" if asked.anonymous else "try again then"
    return RemoteError("rate-limited", f"cannot {asked.what}: GitHub's rate limit is reached{when}", hint)


def _unknown_token(asked: Asked) -> AuthError:
    if asked.anonymous:
        return AuthError(
            "no-token", f"cannot {asked.what} without a token", f"set GITHUB_TOKEN; {_permission(asked.needs)}"
        )
    return AuthError(
        "bad-token",
        f"cannot {asked.what}: GitHub does not accept the token",
        "check GITHUB_TOKEN: it is wrong, expired or revoked",
    )


def _forbidden(asked: Asked, headers: Mapping[str, str], said: str) -> AuthError:
    if asked.anonymous:
        return _unknown_token(asked)
    needs = headers.get("x-accepted-github-permissions") or asked.needs
    return AuthError("no-permission", f"cannot {asked.what}: {said or 'GitHub forbids it'}", _permission(needs))


def _permission(needs: str) -> str:
    """`issues=write; pull_requests=write` -> how to give it, in a workflow's words."""
    wanted = " or ".join(
        " and ".join(one.strip().replace("_", "-").replace("=", ": ") for one in choice.split(","))
        for choice in needs.split(";")
    )
    return f"the token needs `{wanted}` (in a workflow: `permissions:`)"
