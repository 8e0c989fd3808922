"""What coo asks of and does to branches. A branch's name comes from the run's metadata, never from a log."""

from __future__ import annotations

import re
from urllib.parse import quote

from coo.adapters.github_read import commit_of, pull_of, ref_name, ref_path, shaped
from coo.adapters.github_repo_hands import RepoHands
from coo.core.errors import AuthError, RemoteError
from coo.ports import BranchFacts, Commit, Comparison, PullRequest

_CONFLICT = re.compile(r"\(409\): Merge conflict")


class BranchHands(RepoHands):
    """Branches of one repository, and pull requests from them. Methods raise `AuthError` and `RemoteError`."""

    def branch(self, name: str) -> BranchFacts | None:
        """The branch as it is now, or None when there is none of exactly this name."""
        path = ref_path(name)
        found = self._api.find(f"{self._base}/branches/{path}", f"read branch {name}", "contents=read")
        with shaped("the branch"):
            # NOTE: GitHub sends a renamed branch's old name on to the new one; that is another branch.
            if found is None or found.data["name"] != name:
                return None
            flag = found.data["protected"]
            protected = flag if flag is True else self._has_rules(name, path) if flag is False else None
            return BranchFacts(name, str(found.data["commit"]["sha"]), protected)

    def _has_rules(self, name: str, path: str) -> bool | None:
        """Whether a ruleset holds for the branch (any rule counts); None when GitHub does not say."""
        try:
            found = self._api.find(f"{self._base}/rules/branches/{path}", f"read the rules for {name}", "metadata=read")
        except AuthError:
            return None
        return None if found is None or not isinstance(found.data, list) else bool(found.data)

    def commits_since_base(self, base: str, head_sha: str) -> tuple[Commit, ...]:
        """Commits on `head_sha` that `base` does not have, oldest first; all of them or `RemoteError`."""
        return self.comparison(base, head_sha).commits

    def comparison(self, base: str, head_sha: str) -> Comparison:
        """`head_sha` against the branch `base`, with all its commits or `RemoteError`."""
        what = f"compare {head_sha[:7]} with {base}"
        path = f"{self._base}/compare/{ref_path(base)}...{quote(head_sha, safe='')}"
        commits: list[Commit] = []
        total = behind = 0
        with shaped("the comparison"):
            for page in self._api.pages(path, what, "contents=read"):
                total, behind = int(page["total_commits"]), int(page.get("behind_by") or 0)
                commits += map(commit_of, page["commits"])
        unique = tuple({commit.sha: commit for commit in commits}.values())
        if len(unique) != total:
            raise RemoteError(
                "too-many",
                f"cannot {what}: GitHub tells of {total} commits and lists {len(unique)}",
                "look at the branch yourself: nothing was changed",
            )
        return Comparison(unique, behind)

    def merge(self, into: str, branch: str, message: str) -> Commit | None:
        """Merge one branch into another; None when there was nothing to merge. `RemoteError` `merge-conflict`."""
        body = {"base": ref_name(into), "head": ref_name(branch), "commit_message": message}
        what = f"merge {branch} into {into}"
        try:
            reply = self._api.write("POST", f"{self._base}/merges", what, "contents=write", body)
        except RemoteError as error:
            if error.code == "refused" and _CONFLICT.search(error.message):
                hint = "merge them by hand and resolve the conflict"
                raise RemoteError("merge-conflict", f"{branch} and {into} conflict", hint) from error
            raise
        return None if reply.status == 204 else commit_of(reply.data)

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

    def delete_branch(self, name: str) -> None:
        """Delete a branch; one that is gone already is well."""
        path = f"{self._base}/git/refs/heads/{ref_path(name)}"
        try:
            self._api.write("DELETE", path, f"delete branch {name}", "contents=write")
        except RemoteError as error:
            if error.code != "refused" or "Reference does not exist" not in error.message:
                raise
