"""What a TARGET on the command line means: a run on GitHub, or a directory saved by `coo fetch`."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

from coo.core.errors import InputError

DEFAULT_API_URL = "https://api.github.com"
FORMS = (
    "give a run's URL (https://github.com/owner/repo/actions/runs/123), owner/repo/RUN_ID, or a directory saved by "
    "`coo fetch`"
)
_REPO = r"(?P<repo>[A-Za-z0-9][A-Za-z0-9_-]*/[A-Za-z0-9._-]+)"
_NAME = re.compile(_REPO)
_SHORT = re.compile(_REPO + r"/(?P<run>[0-9]{1,19})")
_PATH = re.compile(
    "/"
    + _REPO
    + r"/actions/runs/(?P<run>[0-9]{1,19})(?:/attempts/(?P<attempt>[0-9]{1,9}))?(?:/jobs?/(?P<job>[0-9]{1,19}))?/?"
)


@dataclass(frozen=True, slots=True)
class RunTarget:
    """A run on GitHub. `attempt` is set when a URL named one (else the latest is read), `job` when it named a job."""

    repo: str
    run_id: int
    attempt: int | None = None
    job: int | None = None
    origin: str | None = None
    """`https://host` of the URL it came from, None when no host was named."""
    event_attempt: int | None = None
    """The attempt that an event told of. The latest is read all the same, and if it is another, the event is stale."""

    def __str__(self) -> str:
        return f"{self.repo}/{self.run_id}"


@dataclass(frozen=True, slots=True)
class BundleTarget:
    """A directory that holds a saved run."""

    directory: Path


def parse_target(text: str) -> RunTarget | BundleTarget:
    """Read a TARGET. An existing directory wins over `owner/repo/RUN_ID`. Raises `InputError`."""
    if "://" in text:
        return _parse_url(text)
    if text and _there(text, Path.is_dir):
        return BundleTarget(Path(text))
    if (match := _SHORT.fullmatch(text)) and is_repo(match["repo"]):
        return RunTarget(match["repo"], int(match["run"]))
    if text and _there(text, Path.exists):
        raise InputError("not-a-run", f"{text} is a file, not a saved run", f"{FORMS}; `coo classify` reads log files")
    raise InputError("no-such-target", f"{text!r} is neither a run nor a directory that exists", FORMS)


def _there(text: str, asked: Callable[[Path], bool]) -> bool:
    try:
        return asked(Path(text))
    except (OSError, ValueError):  # too long, or with a NUL: no name of anything
        return False


def read_event(path: Path) -> RunTarget:
    """The run that a `workflow_run` event's file tells of. Raises `InputError`."""
    try:
        data = json.loads(path.read_bytes())
    except OSError as error:
        raise InputError(
            "event-unreadable", f"cannot read the event file {path}: {error.strerror}", _EVENT_HELP
        ) from error
    except (ValueError, RecursionError) as error:
        raise InputError("event-invalid", f"{path} is not JSON: {error}", _EVENT_HELP) from error
    return parse_event(data, str(path))


_EVENT_HELP = "give the payload of a `workflow_run` event; under Actions it is at $GITHUB_EVENT_PATH"


def parse_event(data: Any, name: str = "the event") -> RunTarget:
    """The run that a `workflow_run` event's payload tells of; only ids are taken from it. Raises `InputError`."""
    run = data.get("workflow_run") if isinstance(data, Mapping) else None
    if not isinstance(run, Mapping):
        raise InputError("event-not-a-run", f"{name} holds no workflow_run", _EVENT_HELP)
    for holder in (data.get("repository"), run.get("repository")):
        repo = holder.get("full_name") if isinstance(holder, Mapping) else None
        if isinstance(repo, str) and is_repo(repo):
            break
    else:
        raise InputError("event-invalid", f"{name} names no repository (repository.full_name)", _EVENT_HELP)
    return RunTarget(repo, _positive(run, "id", name), event_attempt=_positive(run, "run_attempt", name))


def check_host(target: RunTarget, api_url: str) -> None:
    """Refuse a URL of another host than the API's: a token goes only where its owner said. Raises `InputError`."""
    if target.origin is None:
        return
    named, api = urlsplit(target.origin), urlsplit(api_url)
    if api.netloc.lower() in (named.netloc.lower(), f"api.{named.netloc.lower()}"):
        return
    base = "https://api.github.com" if named.hostname == "github.com" else f"{target.origin}/api/v3"
    raise InputError(
        "other-host",
        f"the run is on {named.netloc}, but coo talks to {api.netloc}",
        f"set GITHUB_API_URL={base} (and a GITHUB_TOKEN for that host)",
    )


def _parse_url(text: str) -> RunTarget:
    try:
        parts: SplitResult = urlsplit(text.strip())
        host = parts.netloc.rpartition("@")[2] if parts.hostname else ""
    except ValueError as error:
        raise InputError("wrong-url", f"{text!r} is not a URL: {error}", FORMS) from error
    match = _PATH.fullmatch(parts.path)
    if parts.scheme not in ("http", "https") or not host or match is None or not is_repo(match["repo"]):
        raise InputError("wrong-url", f"{text!r} is not the URL of a workflow run", FORMS)
    attempt, job = (int(match[name]) if match[name] else None for name in ("attempt", "job"))
    return RunTarget(match["repo"], int(match["run"]), attempt, job, f"{parts.scheme}://{host}")


def is_repo(name: str) -> bool:
    """Whether a text is an `owner/name` as GitHub allows it."""
    return _NAME.fullmatch(name) is not None and name.split("/")[1] not in (".", "..")


def _positive(run: Mapping[str, Any], key: str, name: str) -> int:
    value = run.get(key)
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise InputError("event-invalid", f"{name}: workflow_run.{key} is not a positive number", _EVENT_HELP)
    return value
