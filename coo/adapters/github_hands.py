"""What coo asks of and does to one repository. Every target comes from the run's metadata, none from a log."""

from __future__ import annotations

from coo.adapters.github_attempt_hands import AttemptHands
from coo.adapters.github_beside_hands import BesideHands
from coo.adapters.github_branch_hands import BranchHands
from coo.adapters.github_file_hands import FileHands
from coo.adapters.github_issue_hands import IssueHands
from coo.adapters.github_log_hands import LogHands
from coo.adapters.github_run_hands import RunHands
from coo.adapters.github_told_hands import ToldHands
from coo.adapters.github_workflow_hands import WorkflowHands


class GitHubHands(
    RunHands, AttemptHands, BesideHands, BranchHands, IssueHands, ToldHands, WorkflowHands, LogHands, FileHands
):
    """The `Hands` over GitHub, for one repository (`owner/name`). Methods raise `AuthError` and `RemoteError`."""
