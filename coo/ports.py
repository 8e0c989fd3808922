"""What the use case needs from the world, in the words of the field. `coo/adapters/` gives it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from coo.core.github_facts import (
    BranchFacts as BranchFacts,
)
from coo.core.github_facts import (
    Commit as Commit,
)
from coo.core.github_facts import (
    Comparison as Comparison,
)
from coo.core.github_facts import (
    FileFacts as FileFacts,
)
from coo.core.github_facts import (
    Issue as Issue,
)
from coo.core.github_facts import (
    PullRequest as PullRequest,
)
from coo.core.github_facts import (
    Suspects as Suspects,
)
from coo.core.logs import Log
from coo.core.memory_facts import (
    Begun as Begun,
)
from coo.core.memory_facts import (
    Doubt as Doubt,
)
from coo.core.memory_facts import (
    DueRun as DueRun,
)
from coo.core.memory_facts import (
    Room as Room,
)
from coo.core.memory_facts import (
    Seen as Seen,
)
from coo.core.model import Classification, Evidence, Job, ModelUse, Run
from coo.core.notice import Notice


class RunSource(Protocol):
    """Where a run, its jobs and their logs come from: GitHub, or a saved bundle."""

    def run(self) -> Run:
        """The run. Raises `AuthError`, `RemoteError`, `InputError` (no such run)."""

    def jobs(self) -> tuple[Job, ...]:
        """All jobs of the run's latest attempt."""

    def job_log(self, job: Job) -> bytes:
        """The raw log of a job. Raises `NothingToTriage` (code `logs-gone`) when GitHub has it no more."""


class Hands(Protocol):
    """What coo may ask of and do to one repository. Nothing here takes text from a log as a target."""

    def run(self, run_id: int) -> Run:
        """The run as it is now."""

    def branch(self, name: str) -> BranchFacts | None:
        """The branch as it is now, or None when it does not exist."""

    def commits_since_base(self, base: str, head_sha: str) -> tuple[Commit, ...]:
        """Commits on `head_sha` that `base` does not have. Raises `RemoteError` when not all can be listed."""

    def comparison(self, base: str, head_sha: str) -> Comparison:
        """`head_sha` against the branch `base`. Raises `RemoteError` when not all commits can be listed."""

    def merge(self, into: str, branch: str, message: str) -> Commit | None:
        """Merge one branch of this repository into another; the new commit, or None when there was nothing to merge.

        Raises `RemoteError` (`merge-conflict`) when GitHub cannot merge them, with nothing changed.
        """

    def runs_beside(self, run: Run) -> tuple[Run, ...]:
        """Other runs of the run's branch, event and pull requests: all that have not ended, the newest down to it."""

    def cancel_run(self, run_id: int) -> None:
        """Ask GitHub to cancel a run. Raises `RemoteError` (`refused`) for one that has ended."""

    def open_pull_requests(self, branch: str) -> tuple[PullRequest, ...]:
        """Open pull requests whose head is this branch of this repository."""

    def attempts_before(self, run: Run) -> tuple[Run, ...]:
        """The earlier attempts of a run, oldest first."""

    def runs_of_commit(self, run: Run) -> tuple[Run, ...]:
        """The newest attempt of each other run of a run's workflow for the same commit."""

    def rerun_failed_jobs(self, run_id: int) -> None:
        """Ask GitHub to run the failed jobs of a run again."""

    def delete_branch(self, name: str) -> None:
        """Delete a branch of this repository (its ref `heads/<name>`)."""

    def find_issue(self, marker: str) -> Issue | None:
        """The newest open issue labelled `coo` whose body holds `marker`."""

    def issue_has_comment(self, number: int, marker: str) -> bool:
        """Whether a comment of that issue holds `marker`."""

    def ensure_labels(self, labels: Sequence[str]) -> None:
        """Make the labels that do not exist yet."""

    def create_issue(self, title: str, body: str, labels: Sequence[str], assignees: Sequence[str]) -> Issue:
        """Open an issue. Assignees that GitHub refuses are left out, not fatal."""

    def is_assignable(self, login: str) -> bool:
        """Whether issues can be assigned to someone."""

    def comment_issue(self, number: int, body: str) -> None:
        """Comment on an issue."""

    def issue(self, number: int) -> Issue:
        """An issue as it is now."""

    def open_issues(self, marker: str) -> tuple[Issue, ...]:
        """The open issues labelled `coo` whose body holds `marker`, the oldest first."""

    def closed_issue(self, marker: str) -> Issue | None:
        """Of the closed issues labelled `coo` whose body holds `marker` the one that was closed last."""

    def own_comments(self, number: int, since: str | None = None) -> tuple[str, ...]:
        """The bodies of those comments of an issue that coo may have written, oldest first.

        `since`: a time in ISO 8601; comments that were last changed before it are left out.
        """

    def change_issue(
        self,
        number: int,
        body: str | None = None,
        state: str | None = None,
        reason: str | None = None,
        labels: Sequence[str] | None = None,
        assignees: Sequence[str] | None = None,
    ) -> None:
        """Change an issue by one request. What is None stays; labels and assignees are all that it has then.

        Assignees that GitHub refuses are left out.
        """

    def failures_before(self, run: Run, hours: int, enough: int) -> int:
        """How many runs of a run's workflow and branch failed within so many hours before it was made, itself counted.

        No more than `enough` are counted.
        """

    def jobs_of(self, run: Run) -> tuple[Job, ...]:
        """All jobs of an attempt of a run."""

    def log_of(self, job: Job) -> bytes:
        """The raw log of a job. Raises `NothingToTriage` (`logs-gone`, `log-too-large`) besides."""

    def file(self, path: str, branch: str) -> FileFacts | None:
        """A plain file as a branch (or commit) has it; None when there is none, or when it is a folder or a link."""

    def put_file(self, old: FileFacts, data: bytes, branch: str, message: str) -> None:
        """Commit a file's new content to a branch, if it is there still what it was."""

    def create_branch(self, name: str, sha: str) -> None:
        """Make a branch at a commit. Raises `RemoteError` (`refused`) when there is one."""

    def pull_requests_ever(self, branch: str) -> tuple[PullRequest, ...]:
        """Every pull request, open or not, whose head is this branch of this repository; the newest first."""

    def open_pull_request(self, branch: str, base: str, title: str, body: str) -> PullRequest:
        """Open a pull request, once."""

    def last_green(self, run: Run) -> Run | None:
        """The newest run of a run's workflow and branch before it that succeeded."""

    def suspects(self, green: Run, run: Run) -> Suspects:
        """What the commit of a run has over that of a green one."""


class Appointments(Protocol):
    """The runs that are to be looked at again, of one repository or of all that are known.

    Methods raise `RemoteError` and `AuthError`.
    """

    def waiting(self) -> Sequence[DueRun]:
        """Every run that waits, the soonest first; those too that are not due yet."""

    def claim(self, run: DueRun, now: float) -> bool:
        """Take a run that is due at a time (seconds since the epoch); False when another process has it."""

    def release(self, run: DueRun) -> None:
        """Let a claimed run wait on."""

    def settle(self, run: DueRun) -> None:
        """Note that a run was looked at and needs no more."""


class Memory(Protocol):
    """What coo knows of its own past in one repository: by a ledger, or by what GitHub itself remembers.

    Methods raise `RemoteError` and `AuthError` when the memory cannot be had; what is not known is no permission.
    """

    @property
    def name(self) -> str:
        """In words: `the ledger` or `GitHub`."""

    def room(self, action: str, cap: int) -> Room:
        """How much of a day's limit is left; takes nothing."""

    def take(self, action: str, cap: int) -> Room:
        """Take one of a day's limit; by a ledger in one atomic statement. `ok` is False when there was none."""

    def begin(self, action: str, target: str) -> Begun | None:
        """Note that an action begins; gives who began it before and did it or is at it, or None: it is ours.

        `target` names what it is done to, once and for all: the run, its attempt, its commit.
        """

    def end(self, action: str, target: str, done: bool, detail: str) -> None:
        """Note how an action ended."""

    def later(self, due: DueRun) -> bool:
        """Note a run to be looked at again; False when nothing durable is here to note it in."""

    def seen(self, fingerprint: str, run_id: int) -> Seen | None:
        """How often a failure was seen in other runs; None when this memory cannot tell."""

    def doubt(self, doubt: Doubt) -> None:
        """Note what is known of a test failure that is re-run to see; it takes the place of what was noted before."""

    def doubts(self, workflow: str, sha: str) -> tuple[Doubt, ...]:
        """Every test failure that a workflow re-ran to see on a commit; none where nothing remembers it."""

    def flaky(self, fingerprint: str) -> tuple[Doubt, ...]:
        """Each time that a failure turned out to be flaky, the newest first; none where nothing remembers it."""

    def category(self, run_id: int, attempt: int) -> str | None:
        """What kind of failure an attempt of a run had; None where nothing remembers it."""


@dataclass(frozen=True, slots=True)
class Question:
    """What the model is asked: the finished messages, and the closed sets its answer must be of."""

    system: str
    user: str
    plays: tuple[str, ...]
    """Play ids that the model may recommend."""
    log: Log
    """The log against which each evidence line of the answer is checked."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A checked answer. `classification` is None when the model gave nothing usable (`use.error` says why)."""

    classification: Classification | None
    use: ModelUse
    play: str | None = None
    evidence: tuple[Evidence, ...] = ()


class Model(Protocol):
    """A language model that answers a `Question`. Never raises for a fault of the service: it degrades."""

    def ask(self, question: Question) -> Answer:
        """Ask once (with one repair attempt) and check the answer."""


class Messenger(Protocol):
    """One place outside of GitHub that people are told in; only the environment knows its address."""

    def send(self, notice: Notice) -> str | None:
        """Send a message; None when it was taken, else why not, in words that hold no address. Never raises."""


class Clock(Protocol):
    """Time, so that tests can hold it still."""

    def now(self) -> float:
        """Seconds since the epoch, UTC."""

    def monotonic(self) -> float:
        """Seconds that only go forward."""
