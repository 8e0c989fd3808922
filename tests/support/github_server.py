"""A stateful GitHub on 127.0.0.1, for tests: real HTTP, real state, faults on demand, every request checked.

    with GitHubServer() as gh:                        # gh.api_url is GITHUB_API_URL, gh.token is GITHUB_TOKEN
        repo = gh.repo("acme/shop")                   # has `main` with one commit by a person
        repo.branch("automated/implement-72")         # one commit by BOT since main; protected=, rules=, author=PERSON
        repo.run(7214, "automated/implement-72", [Job(1, "implement", log=b"...")], workflow="Autonomous Roadmap Agent")
        ...                                           # run coo
        assert gh.writes == ["DELETE /repos/acme/shop/git/refs/heads/automated/implement-72", "POST ..."]
        assert "automated/implement-72" not in repo.branches
        assert repo.runs[7214][-1].attempt == 2       # the attempts of a run, oldest first

State (`tests/support/github_state.py`; change it at any time): `repo.push(branch, author=PERSON)` moves a branch,
`repo.pull(branch, author=PERSON)`, `repo.issue(title, body, labels)`, `repo.issues[1].comments`, `repo.labels`,
`repo.assignable.add("mona")`, `repo.finish(7214, "success")`, `repo.runs[7214]`, `repo.private`, `repo.has_issues`;
`Job(log=None)` has no log (404), `Job(log_gone=True)` answers 410.

Access: `gh.token` is the only good token (others: 401; none: public reads only, no logs).
`gh.permissions["issues"] = "read"` (or `"none"`) takes a permission away: 403 as GitHub says it.
`gh.account = PERSON` makes the token that person's: `GET /user` answers, and new issues and comments are by them.

Faults: `gh.fault(method, path_pattern, status=503, times=1)`. The pattern is searched in the path without its query
(`/repos/acme/shop/issues`; a log's own host has `/logs/acme/shop/1.txt`). Also `skip=` (let that many through first),
`times=None` (for ever), `headers=`, `body=` (a dict for JSON, bytes for anything else), `delay=` seconds before the
answer, `reset=True` (the connection is cut), `after_effect=True` (the change is made, then the fault happens),
`cut=n` (only n bytes of the true body arrive), `do=` (called first: change state behind coo's back), `then=` (called
after the effect, before the answer), `held=` (an event that is set when the answer begins to wait).

Records: `gh.requests` (each with `method`, `path`, `query`, `body`, `headers`, `host` = `api` or `logs`),
`gh.sent("POST", pattern)`, `gh.writes` (every request that is not a GET, as `METHOD path`). Leaving the `with` block
fails if a request broke GitHub's OpenAPI description, if a token reached the host of the logs, or if this server itself
answered against the description.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from tests.support import github_files as github_files  # registers its routes
from tests.support import github_issues as github_issues  # registers its routes
from tests.support import github_moves as github_moves  # registers its routes
from tests.support import github_told as github_told  # registers its routes
from tests.support.github_http import Incoming, Reply, serve
from tests.support.github_json import Shapes
from tests.support.github_openapi import Description
from tests.support.github_routes import Answer, Request, error, find_route, not_found
from tests.support.github_state import BOT, PERSON, WEB_FLOW, Branch, Commit, Issue, Job, Pull, Repo, Run, Step, User

__all__ = [
    "BOT", "PERSON", "WEB_FLOW", "Branch", "Commit", "Fault", "GitHubServer", "Issue", "Job", "Pull", "Recorded",
    "Repo", "Run", "Step", "User",
]  # fmt: skip

GOOD_TOKEN = "ghs_" + "t" * 36
PERMISSIONS = {"actions": "write", "contents": "write", "issues": "write", "pull_requests": "read", "metadata": "read"}
LEVELS = ("none", "read", "write")


@dataclass(frozen=True)
class Recorded:
    """A request that arrived; `body` is decoded JSON."""

    host: str
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: Any


@dataclass
class Fault:
    """What goes wrong, where and how often (see the top of the file)."""

    method: str
    pattern: str
    status: int | None = None
    headers: dict[str, str] = field(default_factory=dict)
    body: Any = None
    delay: float = 0.0
    reset: bool = False
    cut: int | None = None
    times: int | None = 1
    skip: int = 0
    after_effect: bool = False
    do: Callable[[], object] | None = None
    then: Callable[[], object] | None = None
    held: threading.Event | None = None
    seen: int = 0

    def strikes(self, method: str, path: str) -> bool:
        """Whether it is this request's turn (and count it)."""
        if method != self.method or not re.search(self.pattern, path):
            return False
        self.seen += 1
        return self.skip < self.seen and (self.times is None or self.seen <= self.skip + self.times)

    def reply(self, true: Reply | None) -> Reply:
        """The reply with the fault in it; `true` is what would have been answered."""
        if self.status is not None:
            told = self.body if self.body is not None else error(self.status, f"Fault {self.status}").body
            raw = told if isinstance(told, bytes) else json.dumps(told).encode()
            kind = "text/html" if isinstance(told, bytes) else "application/json; charset=utf-8"
            return Reply(
                self.status, {"Content-Type": kind} | self.headers, raw, self.delay, self.reset, held=self.held
            )
        base = true or Reply(500)
        headers = base.headers | self.headers
        return Reply(base.status, headers, base.body, self.delay, self.reset, self.cut, self.held)


class GitHubServer:
    """See the top of the file. `strict=False`: leaving the block does not check `violations`; `judge=False`: faster,
    nothing is held against the description."""

    token = GOOD_TOKEN

    def __init__(self, strict: bool = True, judge: bool = True) -> None:
        self.strict = strict
        self.judge = judge
        self.description = Description.default()
        self.repos: dict[str, Repo] = {}
        self.permissions = dict(PERMISSIONS)
        self.account = BOT
        self.requests: list[Recorded] = []
        self.violations: list[str] = []
        self._faults: list[Fault] = []
        self._lock = threading.Lock()
        self._api = serve(self._answer_api)
        self._logs = serve(self._answer_log)
        self.api_url = self._api.url
        self.url = self.api_url
        self.shapes = Shapes(self.description, self.api_url, self.url)

    def __enter__(self) -> GitHubServer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
        assert kind or not self.strict or not self.violations, "\n".join(self.violations)

    def close(self) -> None:
        """Stop both servers; answers that wait are let go."""
        self._api.close()
        self._logs.close()

    def repo(self, name: str, **values: Any) -> Repo:
        """The repository, made on first mention (`default_branch=`, `private=`)."""
        if name not in self.repos:
            self.repos[name] = Repo(name, **values)
        return self.repos[name]

    def fault(self, method: str, pattern: str, **values: Any) -> Fault:
        """Script a fault; the first that fits a request strikes."""
        self._faults.append(Fault(method, pattern, **values))
        return self._faults[-1]

    def sent(self, method: str, pattern: str = "") -> list[Recorded]:
        """The recorded requests of a method whose path holds the pattern, on either host."""
        return [one for one in self.requests if one.method == method and re.search(pattern, one.path)]

    @property
    def writes(self) -> list[str]:
        """Every request that was not a GET, in order."""
        return [f"{one.method} {one.path}" for one in self.requests if one.method != "GET"]

    def event(self, repo: Repo, run_id: int, action: str = "completed") -> dict[str, Any]:
        """A `workflow_run` event's payload for the latest attempt of a run."""
        return {
            "action": action, "workflow_run": self.shapes.run(repo, repo.runs[run_id][-1]),
            "repository": self.shapes.repo(repo), "sender": self.shapes.user(BOT),
        }  # fmt: skip

    def _record(self, host: str, incoming: Incoming) -> Recorded:
        parts = urlsplit(incoming.target)
        try:
            body = json.loads(incoming.body) if incoming.body else None
        except ValueError:
            body = incoming.body
        query = {name: values[0] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
        one = Recorded(host, incoming.method, unquote(parts.path), query, incoming.headers, body)
        self.requests.append(one)
        return one

    def _with_faults(self, one: Recorded, work: Callable[[], Reply]) -> Reply:
        fault = next((fault for fault in self._faults if fault.strikes(one.method, one.path)), None)
        if fault is None:
            return work()
        if fault.do is not None:
            fault.do()
        before = (fault.status is not None or fault.reset) and not fault.after_effect
        reply = fault.reply(None if before else work())
        if fault.then is not None:
            fault.then()
        return reply

    def _answer_log(self, incoming: Incoming) -> Reply:
        with self._lock:
            one = self._record("logs", incoming)
            if "authorization" in one.headers:
                self.violations.append(f"a token reached the host of the logs: {one.path}")

            def work() -> Reply:
                match = re.fullmatch(r"/logs/([^/]+/[^/]+)/(\d+)\.txt", one.path)
                job = self.repos[match[1]].job(int(match[2])) if match and match[1] in self.repos else None
                if job is None or job.log is None or one.query.get("sig") != "s3cr/t":
                    return Reply(404, {}, b"BlobNotFound")
                return Reply(200, {"Content-Type": "text/plain; charset=utf-8"}, job.log)

            return self._with_faults(one, work)

    def _answer_api(self, incoming: Incoming) -> Reply:
        with self._lock:
            one = self._record("api", incoming)
            if self.judge:
                self._check_request(incoming, one)
            return self._with_faults(one, lambda: self._work(incoming, one))

    def _check_request(self, incoming: Incoming, one: Recorded) -> None:
        parts = urlsplit(incoming.target)
        found = self.description.find(one.method, parts.path)
        query = parse_qs(parts.query, keep_blank_values=True)
        if found is None:
            faults = ["GitHub describes no such operation"]
        else:
            faults = list(self.description.request_faults(found, query, one.body, bool(incoming.body)))
        wanted = {"user-agent", "x-github-api-version"}
        faults += [f"header {name} is missing" for name in sorted(wanted - one.headers.keys())]
        self.violations += [f"{one.method} {incoming.target}: {fault}" for fault in faults]

    def _work(self, incoming: Incoming, one: Recorded) -> Reply:
        try:
            answer = self._route(incoming, one)
        except Exception as broken:
            self.violations.append(f"this server broke on {one.method} {incoming.target}: {broken!r}")
            answer = error(500, "Server Error")
        found = self.description.find(one.method, urlsplit(incoming.target).path)
        if found is not None and self.judge:
            faults = self.description.answer_faults(found, answer.status, answer.body)
            self.violations += [f"this server, {one.method} {one.path} -> {answer.status}: {fault}" for fault in faults]
        headers = {"Content-Type": "application/json; charset=utf-8", "X-GitHub-Request-Id": "T:1"} | answer.headers
        return Reply(answer.status, headers, b"" if answer.body is None else json.dumps(answer.body).encode())

    def _route(self, incoming: Incoming, one: Recorded) -> Answer:
        path = urlsplit(incoming.target).path
        if path == "/user":
            return self._whose(one)
        match = re.fullmatch(r"/repos/([^/]+/[^/]+)(/.*)?", path)
        repo = self.repos.get(match[1]) if match else None
        route = find_route(one.method, (match[2] or "") if match else path)
        token = one.headers.get("authorization", "").split(" ")[-1]
        if token and token != self.token:
            return error(401, "Bad credentials")
        if repo is None or route is None or (repo.private and not token):
            return not_found()
        needs, handler, groups = route
        refusal = self._refusal(needs, bool(token))
        if refusal is not None:
            return refusal
        url = f"{self.api_url}{path}"
        request = Request(
            one.query, one.body or {}, self.shapes, f"{self._logs.url}/logs", url, not token, groups, self.account
        )
        return handler(repo, request)

    def _whose(self, one: Recorded) -> Answer:
        """`GET /user`: a person's token may ask whose it is, that of an Action or an app may not."""
        token = one.headers.get("authorization", "").split(" ")[-1]
        if token != self.token:
            return error(401, "Bad credentials" if token else "Requires authentication")
        if self.account.type == "Bot":
            return error(403, "Resource not accessible by integration")
        return Answer(200, self.shapes.account(self.account))

    def _refusal(self, needs: str, known: bool) -> Answer | None:
        name, level = needs.split("=")
        if not known:
            return error(401, "Requires authentication") if level == "write" else None
        if LEVELS.index(self.permissions.get(name, "none")) >= LEVELS.index(level):
            return None
        refused = error(403, "Resource not accessible by integration")
        refused.headers["X-Accepted-GitHub-Permissions"] = needs
        return refused
