"""How a branch stands to the default branch, and whether coo merged it: told by the branch's own commits."""

from __future__ import annotations

import re
from dataclasses import dataclass

from coo.core.model import Run
from coo.ports import Comparison

_MARK = re.compile(r"^Coo-Merged-For: run (\d{1,20}), attempt (\d{1,9})$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class BaseFacts:
    """A branch against the default branch. `merged_for`: see `merged_for`."""

    comparison: Comparison
    merged_for: int | None = None


def merge_message(run: Run) -> str:
    """The message of coo's merge commit. Its last line is the mark by which the merge is found again."""
    mark = f"Coo-Merged-For: run {run.id}, attempt {run.attempt}"
    return f"Merge {run.default_branch} into {run.branch}\n\n{mark}"


def merged_for(run: Run, head_sha: str, comparison: Comparison) -> int | None:
    """The attempt of the run for which coo merged the default branch last, where nothing else came since.

    The head must be the run's commit with merges upon it, each of the default branch and marked for this run; any
    other commit in between is somebody's work, and the answer is None. `comparison`: the head against the default
    branch.
    """
    own = {commit.sha: commit for commit in comparison.commits}
    left = dict(own)
    newest = None
    while head_sha != run.sha:
        commit = left.pop(head_sha, None)
        if commit is None or len(commit.parents) != 2 or commit.parents[1] in own:
            return None
        mark = _MARK.search(commit.message)
        if mark is None or int(mark[1]) != run.id or int(mark[2]) > run.attempt:
            return None
        newest = newest or int(mark[2])
        head_sha = commit.parents[0]
    return newest
