"""The pull request that pins a dependency: one line of one file that the playbook names, on a branch of coo's own."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

from coo.actions.facts import Case
from coo.core.errors import CooError, RemoteError
from coo.core.model import Run
from coo.core.pin_edit import Refused, pinned
from coo.core.pins import Package
from coo.core.told import code_span, markdown_link, neutralise_markdown
from coo.ports import FileFacts, Hands, PullRequest

TITLE = "Pin a dependency to the last version that worked"
"""Title and commit message: nothing of a log."""


@dataclass(frozen=True, slots=True)
class Pull:
    """What became of the pull request, in words; `failure` is set when a call failed."""

    detail: str
    actions: tuple[str, ...] = ()
    url: str = ""
    failure: CooError | None = None

    @property
    def section(self) -> str:
        """For the issue, in Markdown."""
        text = self.detail[:1].upper() + self.detail[1:]
        told = markdown_link(text, self.url) if self.url else neutralise_markdown(text, 500)
        return f"### Pull request\n\n{told}."


def branch_name(fingerprint: str) -> str:
    """coo's own branch for the pin of a failure: constants and hexadecimal digits."""
    if not re.fullmatch(r"[0-9a-f]{8,64}", fingerprint):
        fingerprint = hashlib.sha256(fingerprint.encode("utf-8", "replace")).hexdigest()
    return f"coo/pin-{fingerprint[:16]}"


def propose(case: Case, hands: Hands, package: Package, green: Run) -> Pull:
    """Open the pull request, or find it. Each step asks first what is so: it may be begun again at any point."""
    branch = branch_name(case.verdict.fingerprint)
    try:
        if before := _before(hands, branch):
            return before
        change = _change(case, hands, package)
        if isinstance(change, Refused):
            return Pull(f"no pull request: {change.why}")
        old, data, base_sha = change
        if refused := _commit(case, hands, branch, base_sha, old, data):
            return Pull(f"no pull request: {refused.why}")
        return _open(case, hands, branch, _body(case, package, green, old.path))
    except CooError as error:
        return Pull(f"no pull request was opened: {error.message}", failure=error)


def _before(hands: Hands, branch: str) -> Pull | None:
    """The pull request that an earlier try opened, whatever became of it."""
    found = hands.pull_requests_ever(branch)
    if one := next((pull for pull in found if pull.state == "open"), None):
        return Pull(f"pull request #{one.number} proposes it already", url=one.url)
    if found:
        return Pull(f"pull request #{found[0].number} proposed it before and was closed", url=found[0].url)
    return None


def _change(case: Case, hands: Hands, package: Package) -> tuple[FileFacts, bytes, str] | Refused:
    """The file as the default branch has it, its new content, and the commit that the default branch ends in."""
    path, default = str(case.params.get("file") or ""), case.run.default_branch
    if not path:
        return Refused("the playbook names no file")
    base = hands.branch(default)
    old = hands.file(path, default)
    if base is None or old is None:
        return Refused(f"the default branch has no plain file {path}")
    failed = hands.file(path, case.run.sha)
    if failed is None or failed.data != old.data:
        return Refused(f"the failed run has another {path} than the default branch: its own change may have broken it")
    data = pinned(path, old.data, package)
    return Refused(f"{path}: {data.why}") if isinstance(data, Refused) else (old, data, base.sha)


def _commit(case: Case, hands: Hands, branch: str, sha: str, old: FileFacts, data: bytes) -> Refused | None:
    """The branch with the one commit on it, made where it is missing."""
    if hands.branch(branch) is None:
        try:
            hands.create_branch(branch, sha)
        except RemoteError:
            if hands.branch(branch) is None:  # else its answer was lost, or another process was faster
                raise
    there = hands.file(old.path, branch)
    if there is None or there.data not in (old.data, data):
        return Refused(f"branch {branch} holds another {old.path}; delete the branch to let coo propose the pin")
    if there.data != data:
        try:
            hands.put_file(there, data, branch, TITLE)
        except RemoteError:
            now = hands.file(old.path, branch)
            if now is None or now.data != data:
                raise
    made = hands.branch(branch)
    commits = hands.commits_since_base(case.run.default_branch, made.sha) if made else ()
    if len(commits) != 1:
        return Refused(f"branch {branch} holds more than the pin; delete it to let coo propose the pin")
    return None


def _open(case: Case, hands: Hands, branch: str, body: str) -> Pull:
    try:
        made = hands.open_pull_request(branch, case.run.default_branch, TITLE, body)
    except RemoteError:
        found: tuple[PullRequest, ...] = hands.pull_requests_ever(branch)
        if not found:
            raise
        made = found[0]
    return Pull(f"opened pull request #{made.number}", (f"opened pull request #{made.number}",), made.url)


def _body(case: Case, package: Package, green: Run, path: str) -> str:
    run = case.run
    return "\n\n".join(
        (
            f"A release broke {markdown_link(f'run {run.id}', run.url)} of {neutralise_markdown(run.workflow, 80)}.",
            f"{markdown_link(f'Run {green.id}', green.url)} of the default branch was the last green one. By its log it"
            f" had {code_span(package.name)} at {code_span(package.version)}: this pins it there, in"
            f" {code_span(path)}.",
            "A lock file beside it is not changed: refresh it on this branch. Look at the release before you merge, and"
            " take the pin out when a better one is there.",
        )
    )
