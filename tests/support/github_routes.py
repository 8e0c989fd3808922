"""The operations of the local GitHub: each takes the repository and a request, may change state, and answers."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from tests.support.github_json import Shapes
from tests.support.github_state import BOT, Job, Repo, Run, User


@dataclass
class Request:
    """A request as a handler sees it; `groups` are the decoded parts of the path."""

    query: Mapping[str, str]
    body: Any
    shapes: Shapes
    logs_url: str
    url: str
    anonymous: bool = False
    groups: Sequence[str] = ()
    account: User = BOT
    """Whose token it is."""


@dataclass
class Answer:
    """A status, a JSON body (None: no body) and headers."""

    status: int
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)


Handler = Callable[[Repo, Request], Answer]
ROUTES: list[tuple[str, re.Pattern[str], str, Handler]] = []


def route(method: str, pattern: str, needs: str) -> Callable[[Handler], Handler]:
    """Register a handler for the path after `/repos/{owner}/{repo}`; `needs` is a permission such as `actions=read`."""

    def register(handler: Handler) -> Handler:
        ROUTES.append((method, re.compile(pattern), needs, handler))
        return handler

    return register


def find_route(method: str, path: str) -> tuple[str, Handler, tuple[str, ...]] | None:
    """The permission, handler and decoded path parts of a request."""
    for wanted, pattern, needs, handler in ROUTES:
        if wanted == method and (match := pattern.fullmatch(path)):
            return needs, handler, tuple(map(unquote, match.groups()))
    return None


def error(status: int, message: str, **extra: Any) -> Answer:
    """GitHub's form of an error."""
    told = {"message": message, "documentation_url": "https://docs.github.example", "status": str(status)}
    return Answer(status, told | extra)


def not_found() -> Answer:
    """What GitHub says of things that do not exist or may not be seen."""
    return error(404, "Not Found")


def invalid(resource: str, code: str, name: str) -> Answer:
    """GitHub's 422."""
    return error(422, "Validation Failed", errors=[{"resource": resource, "code": code, "field": name}])


def page(request: Request, items: Sequence[Any], default: int = 30) -> tuple[list[Any], dict[str, str]]:
    """The asked page of a list, and its Link header."""
    size = min(int(request.query.get("per_page", default)), 100)
    number = int(request.query.get("page", 1))
    last = max(1, -(-len(items) // size))
    others = "".join(f"&{key}={value}" for key, value in request.query.items() if key != "page")
    to = {"next": number + 1, "last": last} if number < last else {}
    link = ", ".join(f'<{request.url}?page={target}{others}>; rel="{rel}"' for rel, target in to.items())
    return list(items[(number - 1) * size : number * size]), {"Link": link} if link else {}


@route("GET", "", "metadata=read")
def repository(repo: Repo, request: Request) -> Answer:
    """The repository itself."""
    return Answer(200, request.shapes.repo(repo))


def _attempt(repo: Repo, id: str, attempt: str | None = None) -> Run | None:
    attempts = repo.runs.get(int(id), [])
    found = [run for run in attempts if attempt is None or run.attempt == int(attempt)]
    return found[-1] if found else None


@route("GET", "/actions/runs", "actions=read")
def list_runs(repo: Repo, request: Request) -> Answer:
    """The latest attempt of each run, newest first, by what the query asks for."""
    asked = request.query
    since = asked.get("created", ">=").removeprefix(">=")
    found = [
        attempts[-1]
        for attempts in sorted(repo.runs.values(), key=lambda attempts: (attempts[-1].created_at, attempts[-1].id))
        if attempts[-1].created_at >= since
        and asked.get("branch") in (None, attempts[-1].branch)
        and asked.get("event") in (None, attempts[-1].event)
        and asked.get("head_sha") in (None, attempts[-1].sha)
        and asked.get("status") in (None, attempts[-1].status, attempts[-1].conclusion)
    ][::-1]
    runs, headers = page(request, found)
    listed = [request.shapes.run(repo, run) for run in runs]
    return Answer(200, {"total_count": len(found), "workflow_runs": listed}, headers)


@route("GET", r"/actions/runs/(\d+)", "actions=read")
@route("GET", r"/actions/runs/(\d+)/attempts/(\d+)", "actions=read")
def get_run(repo: Repo, request: Request) -> Answer:
    """A run, or one attempt of it."""
    run = _attempt(repo, *request.groups)
    return Answer(200, request.shapes.run(repo, run)) if run else not_found()


@route("GET", r"/actions/runs/(\d+)/jobs", "actions=read")
@route("GET", r"/actions/runs/(\d+)/attempts/(\d+)/jobs", "actions=read")
def get_jobs(repo: Repo, request: Request) -> Answer:
    """The jobs of a run's latest attempt, or of one attempt."""
    run = _attempt(repo, *request.groups)
    if run is None:
        return not_found()
    jobs, headers = page(request, run.jobs)
    listed = [request.shapes.job(repo, run, job) for job in jobs]
    return Answer(200, {"total_count": len(run.jobs), "jobs": listed}, headers)


@route("GET", r"/actions/jobs/(\d+)/logs", "actions=read")
def get_log(repo: Repo, request: Request) -> Answer:
    """Where a job's log is: another host, for a minute, without a token."""
    job: Job | None = repo.job(int(request.groups[0]))
    if request.anonymous:
        return error(403, "Must have admin rights to Repository.")
    if job is not None and job.log_gone:
        return error(410, "Server Error")
    if job is None or job.log is None:
        return not_found()
    return Answer(302, None, {"Location": f"{request.logs_url}/{repo.name}/{job.id}.txt?sig=s3cr%2Ft&se=2026"})


@route("POST", r"/actions/runs/(\d+)/rerun-failed-jobs", "actions=write")
def rerun(repo: Repo, request: Request) -> Answer:
    """One more attempt, in progress."""
    run = _attempt(repo, request.groups[0])
    if run is None:
        return not_found()
    if run.status != "completed":
        return error(403, "The workflow run containing this job is already running")
    repo.rerun(run.id)
    return Answer(201, {})


@route("GET", r"/branches/(.+)", "contents=read")
def get_branch(repo: Repo, request: Request) -> Answer:
    """A branch with its protection flag."""
    branch = repo.branches.get(request.groups[0])
    return Answer(200, request.shapes.branch(repo, branch)) if branch else error(404, "Branch not found")


@route("GET", r"/rules/branches/(.+)", "metadata=read")
def get_rules(repo: Repo, request: Request) -> Answer:
    """The rulesets' rules that hold for a branch (also for one that does not exist)."""
    branch = repo.branches.get(request.groups[0])
    rules, headers = page(request, list(branch.rules) if branch else [])
    return Answer(200, [request.shapes.rule(kind) for kind in rules], headers)


@route("GET", r"/compare/(.+)\.\.\.(.+)", "contents=read")
def compare(repo: Repo, request: Request) -> Answer:
    """Commits of the head that the base has not, oldest first."""
    shas = [repo.branches[name].sha if name in repo.branches else name for name in request.groups]
    if not all(sha in repo.commits for sha in shas):
        return not_found()
    base, head = (repo.history(sha) for sha in shas)
    ahead = [commit for commit in reversed(head) if commit not in base]
    listed, headers = page(request, ahead, 250)
    behind = len([commit for commit in base if commit not in head])
    return Answer(200, request.shapes.comparison(repo, shas[0], ahead, behind, listed), headers)


@route("DELETE", r"/git/refs/heads/(.+)", "contents=write")
def delete_branch(repo: Repo, request: Request) -> Answer:
    """Delete a branch and close the pull requests from it."""
    branch = repo.branches.get(request.groups[0])
    if branch is None:
        return error(422, "Reference does not exist")
    if branch.protected or branch.name == repo.default_branch:
        return error(422, "Cannot delete this protected branch")
    if branch.rules:
        return error(422, "Repository rule violations found\n\nCannot delete this branch")
    del repo.branches[branch.name]
    for pull in repo.pulls.values():
        if pull.branch == branch.name and pull.head_repo == repo.name:
            pull.state = "closed"
    return Answer(204)


@route("GET", "/pulls", "pull_requests=read")
def get_pulls(repo: Repo, request: Request) -> Answer:
    """Pull requests, newest first; `head` is `owner:branch`."""
    state, head = request.query.get("state", "open"), request.query.get("head")
    found = [
        pull
        for pull in sorted(repo.pulls.values(), key=lambda pull: -pull.number)
        if state in (pull.state, "all") and head in (None, f"{(pull.head_repo or '?').split('/')[0]}:{pull.branch}")
    ]
    pulls, headers = page(request, found)
    return Answer(200, [request.shapes.pull(repo, pull) for pull in pulls], headers)
