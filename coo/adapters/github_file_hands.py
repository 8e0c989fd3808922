"""What coo asks of and does to one file of a repository, on a branch of its own, to propose a change of it.

The file is the playbook's, the branch coo's own; what is written there was checked before.
"""

from __future__ import annotations

import base64
import binascii
from urllib.parse import quote

from coo.adapters.github_read import pull_of, ref_name, shaped
from coo.adapters.github_repo_hands import RepoHands
from coo.core.errors import RemoteError
from coo.ports import FileFacts, PullRequest

_MAX_BYTES = 1_000_000
"""GitHub gives no larger file in one answer."""


class FileHands(RepoHands):
    """Files, new branches and new pull requests. Methods raise `AuthError` and `RemoteError`."""

    def file(self, path: str, branch: str) -> FileFacts | None:
        """A plain file of a branch (or commit); None where there is none, or a folder, a link or a submodule."""
        what = f"read {path} of branch {branch}"
        found = self._api.find(f"{self._contents(path)}?ref={quote(ref_name(branch), safe='')}", what, "contents=read")
        if found is None or not isinstance(found.data, dict) or found.data.get("type") != "file":
            return None
        with shaped("the file"):
            # NOTE: for a link GitHub answers with the file that it leads to, under that file's path.
            if found.data["path"] != path:
                return None
            if found.data.get("encoding") != "base64" or int(found.data["size"]) > _MAX_BYTES:
                raise RemoteError("too-large", f"cannot {what}: it is larger than coo reads", "change it by hand")
            try:
                data = base64.b64decode(str(found.data["content"]))
            except binascii.Error as error:
                raise ValueError("not base64") from error
            return FileFacts(path, data, str(found.data["sha"]))

    def put_file(self, old: FileFacts, data: bytes, branch: str, message: str) -> None:
        """Commit a file's new content to a branch, if it is there still what it was. Raises `RemoteError` `refused`."""
        body = {
            "message": message,
            "content": base64.b64encode(data).decode("ascii"),
            "sha": old.sha,
            "branch": ref_name(branch),
        }
        self._api.write("PUT", self._contents(old.path), f"change {old.path} on {branch}", "contents=write", body)

    def create_branch(self, name: str, sha: str) -> None:
        """Make a branch at a commit. Raises `RemoteError` (`refused`) when there is one."""
        body = {"ref": f"refs/heads/{ref_name(name)}", "sha": sha}
        self._api.write("POST", f"{self._base}/git/refs", f"make branch {name}", "contents=write", body)

    def pull_requests_ever(self, branch: str) -> tuple[PullRequest, ...]:
        """Every pull request, open or not, whose head is this branch of this repository; the newest first."""
        head = f"{self._repo.split('/')[0]}:{ref_name(branch)}"
        what = f"list the pull requests from {branch}"
        with shaped("the pull requests"):
            pages = self._api.pages(f"{self._base}/pulls", what, "pull_requests=read", state="all", head=head)
            found = [pull for page in pages for pull in page if pull["head"]["ref"] == branch]
            return tuple(pull_of(pull) for pull in found if self._is_ours(pull["head"]["repo"]))

    def _is_ours(self, repo: object) -> bool:
        return not isinstance(repo, dict) or str(repo.get("full_name")).casefold() == self._repo.casefold()

    def open_pull_request(self, branch: str, base: str, title: str, body: str) -> PullRequest:
        """Open a pull request, once."""
        content = {"title": title, "body": body, "head": ref_name(branch), "base": ref_name(base)}
        what = f"open a pull request from {branch}"
        return pull_of(self._api.write("POST", f"{self._base}/pulls", what, "pull_requests=write", content).data)

    def _contents(self, path: str) -> str:
        return f"{self._base}/contents/{quote(path, safe='/')}"
