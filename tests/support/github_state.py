"""What the local GitHub knows: repositories with commits, branches, runs, pull requests, issues and labels."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

TIME = "2026-11-02T10:00:00Z"


@dataclass(frozen=True)
class User:
    """An account. `type` is `User`, `Bot` or `Organization`, as GitHub says it."""

    login: str
    type: str = "User"


PERSON = User("mona")
BOT = User("github-actions[bot]", "Bot")
WEB_FLOW = User("web-flow")
"""The account that commits what people edit or merge on GitHub's web site."""


@dataclass(frozen=True)
class Commit:
    """A commit. `author` and `committer` are None when GitHub knows no account for the e-mail address."""

    sha: str
    parent: str | None
    author: User | None
    committer: User | None
    message: str = "Work"
    merged: str | None = None
    """The second parent of a merge."""


@dataclass(frozen=True)
class Step:
    """A step of a job."""

    name: str
    conclusion: str | None = "success"


@dataclass(frozen=True)
class Job:
    """A job of a run. `log` None: GitHub has no log for it (404; `log_gone` makes it 410)."""

    id: int
    name: str
    conclusion: str | None = "failure"
    log: bytes | None = b""
    steps: Sequence[Step] = (Step("Set up job"), Step("Run tests", "failure"))
    log_gone: bool = False
    runner: str | None = "GitHub Actions 2"


@dataclass(frozen=True)
class Run:
    """One attempt of a workflow run."""

    id: int
    branch: str | None
    sha: str
    jobs: Sequence[Job]
    conclusion: str | None = "failure"
    status: str = "completed"
    attempt: int = 1
    head_repo: str | None = None
    event: str = "push"
    workflow: str = "CI"
    path: str = ".github/workflows/ci.yml"
    actor: User = BOT
    created_at: str = TIME
    started_at: str = TIME
    """When this attempt was started."""
    updated_at: str | None = None
    """When this attempt ended; None for when it was started."""
    pulls: Sequence[int] = ()
    """Numbers of the pull requests that the run is for."""


@dataclass
class Branch:
    """A branch; `protected` is classic protection, `rules` the types of the rulesets' rules that hold for it."""

    name: str
    sha: str
    protected: bool = False
    rules: Sequence[str] = ()


@dataclass
class Pull:
    """A pull request. `head_repo` None: the fork was deleted."""

    number: int
    branch: str
    author: User | None
    head_repo: str | None
    base: str
    state: str = "open"
    title: str = ""
    body: str = ""


@dataclass
class Issue:
    """An issue (or, with `is_pull`, a pull request in the list of issues) with its comments."""

    number: int
    title: str
    body: str | None
    labels: list[str] = field(default_factory=list)
    assignees: list[str] = field(default_factory=list)
    author: User | None = BOT
    state: str = "open"
    is_pull: bool = False
    comments: list[str] = field(default_factory=list)
    commenters: dict[int, User] = field(default_factory=dict)
    """Who wrote a comment, by its place; the issue's author wrote the others."""
    closed_at: str | None = None
    """When it was closed (of a closed one, `TIME` where nothing is said)."""
    state_reason: str | None = None


class Repo:
    """One repository. Methods return what they made; the dictionaries may be changed by hand."""

    def __init__(self, name: str, default_branch: str = "main", private: bool = False) -> None:
        self.name = name
        self.default_branch = default_branch
        self.private = private
        self.commits: dict[str, Commit] = {}
        self.branches: dict[str, Branch] = {}
        self.runs: dict[int, list[Run]] = {}
        self.pulls: dict[int, Pull] = {}
        self.issues: dict[int, Issue] = {}
        self.labels: dict[str, str] = {}
        self.assignable: set[str] = set()
        self.trees: dict[str, dict[str, bytes]] = {}
        """Files by path, for a commit and all after it that have no tree of their own."""
        self.has_issues = True
        self.conflicting: set[str] = set()
        """Branches that do not merge with others."""
        self.token_user = BOT
        """Whose the token is: the author of what is merged by it."""
        self.push(default_branch, author=PERSON, message="Start")

    def push(
        self, branch: str, author: User | None = BOT, committer: User | str | None = "author", message: str = "Work"
    ) -> str:
        """Add a commit to a branch (made from the default branch if it does not exist) and return its SHA."""
        base = self.branches.get(branch) or self.branches.get(self.default_branch)
        sha = hashlib.sha1(f"{self.name} {len(self.commits)}".encode(), usedforsecurity=False).hexdigest()
        by = author if isinstance(committer, str) else committer
        self.commits[sha] = Commit(sha, base.sha if base else None, author, by, message)
        self.branches.setdefault(branch, Branch(branch, sha)).sha = sha
        return sha

    def branch(
        self, name: str, *, protected: bool = False, rules: Sequence[str] = (), author: User | None = BOT
    ) -> Branch:
        """A branch with one commit by `author` since the default branch."""
        self.push(name, author=author)
        made = self.branches[name]
        made.protected, made.rules = protected, rules
        return made

    def run(self, id: int, branch: str | None, jobs: Sequence[Job], **values: object) -> Run:
        """A run of a branch's present head (or of `sha=`); keywords are the fields of `Run`."""
        known = self.branches.get(branch or "") or self.branches[self.default_branch]
        defaults: dict[str, object] = {"sha": known.sha, "head_repo": self.name}
        made = Run(id=id, branch=branch, jobs=tuple(jobs), **(defaults | values))  # type: ignore[arg-type]
        self.runs[id] = [made]
        return made

    def rerun(self, id: int) -> Run:
        """What GitHub does on a re-run: one more attempt, in progress."""
        last = self.runs[id][-1]
        jobs = tuple(job if job.conclusion == "success" else replace(job, conclusion=None) for job in last.jobs)
        self.runs[id].append(replace(last, attempt=last.attempt + 1, status="in_progress", conclusion=None, jobs=jobs))
        return self.runs[id][-1]

    def finish(self, id: int, conclusion: str = "success", jobs: Sequence[Job] | None = None) -> Run:
        """End the latest attempt of a run."""
        last = self.runs[id][-1]
        ended = tuple(replace(job, conclusion=conclusion) if job.conclusion is None else job for job in last.jobs)
        self.runs[id][-1] = replace(last, status="completed", conclusion=conclusion, jobs=tuple(jobs or ended))
        return self.runs[id][-1]

    def pull(self, branch: str, author: User | None = BOT, *, head_repo: str | None = "", state: str = "open") -> Pull:
        """A pull request from a branch into the default branch (`head_repo`: of a fork)."""
        head = self.name if head_repo == "" else head_repo
        made = Pull(self._next_number(), branch, author, head, self.default_branch, state)
        self.pulls[made.number] = made
        return made

    def issue(self, title: str, body: str | None = "", labels: Iterable[str] = (), **values: object) -> Issue:
        """An issue; keywords are the fields of `Issue`. Labels are made on the way, as GitHub does."""
        made = Issue(self._next_number(), title, body, list(labels), **values)  # type: ignore[arg-type]
        for label in made.labels:
            self.labels.setdefault(label, "ededed")
        self.issues[made.number] = made
        return made

    def job(self, id: int) -> Job | None:
        """The latest form of a job."""
        found = [job for attempts in self.runs.values() for run in attempts for job in run.jobs if job.id == id]
        return found[-1] if found else None

    def history(self, sha: str | None) -> list[Commit]:
        """A commit and its ancestors, newest first."""
        line: dict[str, Commit] = {}
        todo = [sha]
        while todo:
            commit = self.commits.get(todo.pop() or "")
            if commit and commit.sha not in line:
                line[commit.sha] = commit
                todo += [commit.merged, commit.parent]
        return list(line.values())

    def _next_number(self) -> int:
        return 1 + max([0, *self.pulls, *self.issues])
