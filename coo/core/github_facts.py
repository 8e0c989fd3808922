"""What GitHub tells of a repository, in the words of the field."""

from __future__ import annotations

from dataclasses import dataclass

from coo.core.model import Run


@dataclass(frozen=True, slots=True)
class BranchFacts:
    """A branch as GitHub has it at this moment.

    `protected` counts classic protection and rulesets; None when GitHub did not say (no permission).
    """

    name: str
    sha: str
    protected: bool | None
    merged_for: int | None = None
    """The attempt for which coo merged the default branch into it; found out where that counts, not by GitHub."""


@dataclass(frozen=True, slots=True)
class Commit:
    """Who made a commit: logins where GitHub knows them, and whether each is a bot account."""

    sha: str
    author: str | None
    author_is_bot: bool
    committer: str | None
    committer_is_bot: bool
    parents: tuple[str, ...] = ()
    """SHAs; of a merge the first is the commit that the branch ended in before."""
    message: str = ""


@dataclass(frozen=True, slots=True)
class Comparison:
    """What a commit has over a branch, and how many commits it lacks of it."""

    commits: tuple[Commit, ...]
    """Oldest first, all of them."""
    behind: int


@dataclass(frozen=True, slots=True)
class PullRequest:
    """A pull request from a branch."""

    number: int
    author: str
    author_is_bot: bool
    url: str
    state: str = "open"
    """`open` or `closed`; a merged one is closed."""


@dataclass(frozen=True, slots=True)
class FileFacts:
    """A file as a branch has it; `sha` is the name that git gives its content."""

    path: str
    data: bytes
    sha: str


@dataclass(frozen=True, slots=True)
class Issue:
    """An issue that coo opened before (it carries coo's marker)."""

    number: int
    url: str
    state: str
    body: str
    assignees: tuple[str, ...] = ()
    """Logins of the people it is assigned to, as GitHub says."""
    closed_at: float | None = None
    """Seconds since the epoch; None while it is open."""
    labels: tuple[str, ...] = ()
    author: str = ""
    """The login of the account that coo wrote it as."""


@dataclass(frozen=True, slots=True)
class Suspects:
    """The commits since the last green run of a workflow on a branch, among which the cause may be."""

    green: Run
    total: int
    commits: tuple[Commit, ...]
    """Oldest first; of very many only the first ones."""
    url: str
    """The page that shows the range."""
