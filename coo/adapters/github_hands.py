"""What coo asks of and does to one repository. Every target comes from the run's metadata, none from a log."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from coo.adapters.github_http import GitHubApi
from coo.adapters.github_read import commit_of, issue_of, pull_of, ref_path, shaped
from coo.adapters.github_runs import get_run, run_path
from coo.core.errors import AuthError, RemoteError
from coo.core.model import Run
from coo.ports import BranchFacts, Commit, Issue, PullRequest

LABEL = "coo"
_COLOURS = {"agent:": "1d76db", "workflow:": "fbca04", "p0": "b60205", "p1": "d93f0b", LABEL: "5319e7"}


class GitHubHands:
    """The `Hands` over GitHub, for one repository (`owner/name`). Methods raise `AuthError` and `RemoteError`."""

    def __init__(self, api: GitHubApi, repo: str) -> None:
        self._api = api
        self._repo = repo
        self._base = f"/repos/{repo}"

    def run(self, run_id: int) -> Run:
        """The run as it is now."""
        return get_run(self._api, self._repo, run_id)

    def branch(self, name: str) -> BranchFacts | None:
        """The branch as it is now, or None when there is none of exactly this name."""
        path = ref_path(name)
        found = self._api.find(f"{self._base}/branches/{path}", f"read branch {name}", "contents=read")
        with shaped("the branch"):
            # NOTE: GitHub sends a renamed branch's old name on to the new one; that is another branch.
            if found is None or found.data["name"] != name:
                return None
            flag = found.data["protected"]
            return BranchFacts(
                name, str(found.data["commit"]["sha"]), True if flag is True else self._has_rules(name, path)
            )

    def _has_rules(self, name: str, path: str) -> bool | None:
        """Whether a ruleset holds for the branch (any rule counts); None when GitHub does not say."""
        try:
            found = self._api.find(f"{self._base}/rules/branches/{path}", f"read the rules for {name}", "metadata=read")
        except AuthError:
            return None
        return None if found is None or not isinstance(found.data, list) else bool(found.data)

    def commits_since_base(self, base: str, head_sha: str) -> tuple[Commit, ...]:
        """Commits on `head_sha` that `base` does not have, oldest first; all of them or `RemoteError`."""
        what = f"compare {head_sha[:7]} with {base}"
        path = f"{self._base}/compare/{ref_path(base)}...{quote(head_sha, safe='')}"
        commits: list[Commit] = []
        total = 0
        with shaped("the comparison"):
            for page in self._api.pages(path, what, "contents=read"):
                total = int(page["total_commits"])
                commits += map(commit_of, page["commits"])
        unique = tuple({commit.sha: commit for commit in commits}.values())
        if len(unique) != total:
            raise RemoteError(
                "too-many",
                f"cannot {what}: GitHub tells of {total} commits and lists {len(unique)}",
                "look at the branch yourself: nothing was changed",
            )
        return unique

    def open_pull_requests(self, branch: str) -> tuple[PullRequest, ...]:
        """Open pull requests whose head is this branch of this repository."""
        head = f"{self._repo.split('/')[0]}:{branch}"
        what = f"list the pull requests from {branch}"
        with shaped("the pull requests"):
            pages = self._api.pages(f"{self._base}/pulls", what, "pull_requests=read", state="open", head=head)
            # NOTE: filtered again, as GitHub passes over a `head` that it cannot read and then lists everything.
            return tuple(pull_of(pull) for page in pages for pull in page if self._is_from(pull["head"], branch))

    def _is_from(self, head: dict[str, object], branch: str) -> bool:
        repo = head["repo"]
        ours = not isinstance(repo, dict) or str(repo["full_name"]).casefold() == self._repo.casefold()
        return head["ref"] == branch and ours

    def rerun_failed_jobs(self, run_id: int) -> None:
        """Run the failed jobs again. `RemoteError` (`refused`) when the run is running or too old."""
        path = f"{run_path(self._repo, run_id)}/rerun-failed-jobs"
        self._api.write("POST", path, f"re-run the failed jobs of run {run_id}", "actions=write")

    def delete_branch(self, name: str) -> None:
        """Delete a branch; one that is gone already is well."""
        path = f"{self._base}/git/refs/heads/{ref_path(name)}"
        try:
            self._api.write("DELETE", path, f"delete branch {name}", "contents=write")
        except RemoteError as error:
            if error.code != "refused" or "Reference does not exist" not in error.message:
                raise

    def find_issue(self, marker: str) -> Issue | None:
        """The newest open issue labelled `coo` whose body holds `marker` (from the list: the search index lags)."""
        query: dict[str, str | int] = {"state": "open", "labels": LABEL, "sort": "created", "direction": "desc"}
        for page in self._api.pages(f"{self._base}/issues", "list the open issues", "issues=read", **query):
            with shaped("the issues"):
                for issue in page:
                    if "pull_request" not in issue and marker in (issue["body"] or ""):
                        return issue_of(issue)
        return None

    def issue_has_comment(self, number: int, marker: str) -> bool:
        """Whether a comment of that issue holds `marker`."""
        path, what = f"{self._base}/issues/{number}/comments", f"read the comments of issue #{number}"
        with shaped("the comments"):
            pages = self._api.pages(path, what, "issues=read")
            return any(marker in (comment.get("body") or "") for page in pages for comment in page)

    def ensure_labels(self, labels: Sequence[str]) -> None:
        """Make the labels that do not exist yet."""
        for label in labels:
            path = f"{self._base}/labels/{quote(label, safe='')}"
            if self._api.find(path, f"read label {label}", "issues=read") is None:
                self._create_label(label)

    def _create_label(self, label: str) -> None:
        colour = next((colour for start, colour in _COLOURS.items() if label.startswith(start)), "ededed")
        body = {"name": label, "color": colour, "description": "Set by coo"}
        try:
            self._api.write("POST", f"{self._base}/labels", f"make label {label}", "issues=write", body)
        except RemoteError as error:
            if error.code != "refused" or "already_exists" not in error.message:  # somebody was quicker
                raise

    def create_issue(self, title: str, body: str, labels: Sequence[str], assignees: Sequence[str]) -> Issue:
        """Open an issue, once. People who cannot be assigned are left out: `Issue.assignees` says who was."""
        content = {"title": title, "body": body, "labels": list(labels)}
        able = [login for login in assignees if self._is_assignable(login)]
        if able:
            content["assignees"] = able
        reply = self._api.write("POST", f"{self._base}/issues", "open an issue", "issues=write", content)
        return issue_of(reply.data)

    def _is_assignable(self, login: str) -> bool:
        path = f"{self._base}/assignees/{quote(login, safe='')}"
        return self._api.find(path, f"look whether {login} can be assigned", "issues=read") is not None

    def comment_issue(self, number: int, body: str) -> None:
        """Comment on an issue, once."""
        path = f"{self._base}/issues/{number}/comments"
        self._api.write("POST", path, f"comment on issue #{number}", "issues=write", {"body": body})
