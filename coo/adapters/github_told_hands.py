"""What coo asks of the issues that it told people of failures in, and how it brings them up to date."""

from __future__ import annotations

from collections.abc import Sequence

from coo.adapters.github_accounts import Accounts
from coo.adapters.github_read import issue_of, shaped
from coo.ports import Issue

LABEL = "coo"
_CLOSED_PAGES = 10
"""Pages of 100 closed issues that are looked through, those that changed last first."""


class ToldHands(Accounts):
    """Issues that carry a marker of coo's. Methods raise `AuthError` and `RemoteError`."""

    def open_issues(self, marker: str) -> tuple[Issue, ...]:
        """The open issues labelled `coo` whose body holds `marker`, the oldest first."""
        return tuple(sorted(self._holding(marker, "open", 50), key=lambda issue: issue.number))

    def closed_issue(self, marker: str) -> Issue | None:
        """Of the closed issues labelled `coo` whose body holds `marker` the one that was closed last."""
        found = self._holding(marker, "closed", _CLOSED_PAGES)
        return max(found, key=lambda issue: (issue.closed_at or 0.0, issue.number), default=None)

    def _holding(self, marker: str, state: str, most: int) -> list[Issue]:
        """From the list, not from the search: its index lags behind."""
        order = "created" if state == "open" else "updated"
        query: dict[str, str | int] = {"state": state, "labels": LABEL, "sort": order, "direction": "desc"}
        found: list[Issue] = []
        with shaped("the issues"):
            pages = self._api.pages(f"{self._base}/issues", f"list the {state} issues", "issues=read", **query)
            for number, page in enumerate(pages, 1):
                held = (one for one in page if "pull_request" not in one and marker in (one["body"] or ""))
                found += [issue_of(one) for one in held if self.may_be_ours(one["user"])]
                if number >= most:
                    break
        return found

    def issue(self, number: int) -> Issue:
        """An issue as it is now."""
        reply = self._api.get(f"{self._base}/issues/{number}", f"read issue #{number}", "issues=read")
        return issue_of(reply.data)

    def own_comments(self, number: int, since: str | None = None) -> tuple[str, ...]:
        """The bodies of those comments of an issue that coo may have written, oldest first."""
        query: dict[str, str | int] = {"since": since} if since else {}
        path, what = f"{self._base}/issues/{number}/comments", f"read the comments of issue #{number}"
        with shaped("the comments"):
            pages = self._api.pages(path, what, "issues=read", **query)
            return tuple(one.get("body") or "" for page in pages for one in page if self.may_be_ours(one["user"]))

    def change_issue(
        self,
        number: int,
        body: str | None = None,
        state: str | None = None,
        reason: str | None = None,
        labels: Sequence[str] | None = None,
        assignees: Sequence[str] | None = None,
    ) -> None:
        """Change an issue by one request. What is None stays; labels and assignees are all that it has then."""
        content: dict[str, object] = {"body": body, "state": state, "state_reason": reason}
        content["labels"] = None if labels is None else list(labels)
        content["assignees"] = None if assignees is None else list(assignees)
        told = {name: value for name, value in content.items() if value is not None}
        self._api.write("PATCH", f"{self._base}/issues/{number}", f"change issue #{number}", "issues=write", told)
