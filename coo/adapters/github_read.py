"""GitHub's JSON as the words of coo. Accounts are judged by GitHub's own user objects, never by git's names."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from urllib.parse import quote

from coo.core.errors import InputError, RemoteError
from coo.core.model import Job, Run, Step
from coo.ports import Commit, Issue, PullRequest

_BAD_REF = re.compile(r"[\x00-\x20\x7f~^:?*\[\\]|\.\.|@\{|//|(?:^|/)\.|\.lock(?:/|$)|^/|[/.]$|^$|^@$|^-")


def ref_name(name: str) -> str:
    """A branch's name. Raises `InputError` for one that git would not have."""
    if _BAD_REF.search(name):
        raise InputError("wrong-branch", f"{name!r} is not the name of a branch", "look at the branch yourself")
    return name


def ref_path(name: str) -> str:
    """A branch's name as part of a path (slashes stay). Raises `InputError` for one that git would not have."""
    return quote(ref_name(name), safe="/")


@contextmanager
def shaped(what: str) -> Iterator[None]:
    """Turn a missing or misshapen field into `RemoteError`."""
    try:
        yield
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise RemoteError(
            "bad-answer", f"GitHub's answer about {what} is not as documented ({error!r})", "is GITHUB_API_URL right?"
        ) from error


def run_of(data: Mapping[str, Any], repo: str, default_branch: str) -> Run:
    """A `workflow-run`. The default branch comes from the repository: a run does not tell it."""
    with shaped("the run"):
        path = str(data["path"]).split("@")[0]
        return Run(
            repo=repo,
            id=int(data["id"]),
            attempt=int(data.get("run_attempt") or 1),
            workflow=str(data.get("name") or path),
            workflow_path=path,
            event=str(data["event"]),
            branch=str(data["head_branch"] or ""),
            sha=str(data["head_sha"]),
            head_repo=str(data["head_repository"]["full_name"]) if data.get("head_repository") else None,
            status=str(data["status"]),
            conclusion=data["conclusion"],
            url=str(data["html_url"]),
            default_branch=default_branch,
            actor=_login(data.get("actor")) or "",
            created_at=data.get("created_at"),
            updated_at=data.get("updated_at"),
        )


def job_of(data: Mapping[str, Any]) -> Job:
    """A `job` of a run."""
    with shaped("a job"):
        steps = tuple(
            Step(str(step["name"]), int(step["number"]), step["conclusion"]) for step in data.get("steps") or ()
        )
        return Job(
            id=int(data["id"]),
            name=str(data["name"]),
            conclusion=data["conclusion"],
            url=str(data.get("html_url") or ""),
            steps=steps,
            started_at=data.get("started_at"),
            completed_at=data.get("completed_at"),
            runner=data.get("runner_name"),
        )


def commit_of(data: Mapping[str, Any]) -> Commit:
    """A `commit`; without an account it is nobody's, so not a bot's."""
    with shaped("a commit"):
        author, committer = data["author"], data["committer"]
        return Commit(
            str(data["sha"]),
            _login(author),
            is_bot(author),
            _login(committer),
            is_bot(committer),
            parents=tuple(str(parent["sha"]) for parent in data.get("parents") or ()),
            message=str(data["commit"]["message"]),
        )


def pull_of(data: Mapping[str, Any]) -> PullRequest:
    """A `pull-request-simple`."""
    with shaped("a pull request"):
        return PullRequest(
            int(data["number"]),
            _login(data["user"]) or "ghost",
            is_bot(data["user"]),
            str(data["html_url"]),
            str(data["state"]),
        )


def issue_of(data: Mapping[str, Any]) -> Issue:
    """An `issue`."""
    with shaped("an issue"):
        assigned = tuple(str(user["login"]) for user in data.get("assignees") or ())
        closed = data.get("closed_at")
        return Issue(
            int(data["number"]),
            str(data["html_url"]),
            str(data["state"]),
            data.get("body") or "",
            assigned,
            datetime.fromisoformat(str(closed)).timestamp() if closed else None,
            tuple(str(one["name"]) if isinstance(one, Mapping) else str(one) for one in data.get("labels") or ()),
            _login(data.get("user")) or "",
        )


def is_bot(user: Mapping[str, Any] | None) -> bool:
    """Whether GitHub says that an account is a bot. A login that ends in `[bot]` can belong to nothing else."""
    return bool(user) and (user.get("type") == "Bot" or (_login(user) or "").endswith("[bot]"))  # type: ignore[union-attr]


def _login(user: Mapping[str, Any] | None) -> str | None:
    return str(user["login"]) if user and user.get("login") else None
