"""What coo asks of and does to issues. What is written there was made harmless before."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from coo.adapters.github_accounts import Accounts
from coo.adapters.github_read import issue_of, shaped
from coo.core.errors import RemoteError
from coo.ports import Issue

LABEL = "coo"
_COLOURS = {"agent:": "1d76db", "workflow:": "fbca04", "p0": "b60205", "p1": "d93f0b", LABEL: "5319e7"}


class IssueHands(Accounts):
    """Issues and labels of one repository. Methods raise `AuthError` and `RemoteError`.

    A marker counts only where coo may have put it: anybody can write one into an issue or a comment of their own.
    """

    def find_issue(self, marker: str) -> Issue | None:
        """The newest open issue labelled `coo` whose body holds `marker` (from the list: the search index lags)."""
        query: dict[str, str | int] = {"state": "open", "labels": LABEL, "sort": "created", "direction": "desc"}
        for page in self._api.pages(f"{self._base}/issues", "list the open issues", "issues=read", **query):
            with shaped("the issues"):
                for issue in page:
                    held = "pull_request" not in issue and marker in (issue["body"] or "")
                    if held and self.may_be_ours(issue["user"]):
                        return issue_of(issue)
        return None

    def issue_has_comment(self, number: int, marker: str) -> bool:
        """Whether a comment of that issue holds `marker`."""
        path, what = f"{self._base}/issues/{number}/comments", f"read the comments of issue #{number}"
        with shaped("the comments"):
            pages = self._api.pages(path, what, "issues=read")
            held = (one for page in pages for one in page if marker in (one.get("body") or ""))
            return any(self.may_be_ours(comment["user"]) for comment in held)

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
        able = [login for login in assignees if self.is_assignable(login)]
        if able:
            content["assignees"] = able
        reply = self._api.write("POST", f"{self._base}/issues", "open an issue", "issues=write", content)
        return issue_of(reply.data)

    def is_assignable(self, login: str) -> bool:
        """Whether issues can be assigned to someone."""
        path = f"{self._base}/assignees/{quote(login, safe='')}"
        return self._api.find(path, f"look whether {login} can be assigned", "issues=read") is not None

    def comment_issue(self, number: int, body: str) -> None:
        """Comment on an issue, once."""
        path = f"{self._base}/issues/{number}/comments"
        self._api.write("POST", path, f"comment on issue #{number}", "issues=write", {"body": body})
