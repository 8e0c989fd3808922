"""More of the local GitHub: merging branches, cancelling runs. Importing it registers its routes.

`repo.conflicting.add("main")` makes every merge with that branch a conflict; `repo.token_user` is the author of merges.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace

from tests.support.github_routes import Answer, Request, error, route
from tests.support.github_state import WEB_FLOW, Commit, Repo

LATER = "2026-11-02T10:30:00Z"
"""When runs are cancelled: after those of the tests had failed."""


@route("POST", "/merges", "contents=write")
def merge(repo: Repo, request: Request) -> Answer:
    """Merge one branch (`head`) into another (`base`): 201 with the commit, 204 where there is nothing to merge."""
    into, branch = request.body["base"], request.body["head"]
    if into not in repo.branches:
        return error(404, "Base does not exist")
    if branch not in repo.branches:
        return error(404, "Head does not exist")
    to, what = repo.branches[into], repo.branches[branch].sha
    if to.protected or to.rules:
        return error(409, "Could not create merge commit: changes must be made through a pull request.")
    if repo.commits[what] in repo.history(to.sha):
        return Answer(204)
    if {into, branch} & repo.conflicting:
        return error(409, "Merge conflict")
    sha = hashlib.sha1(f"{repo.name} {len(repo.commits)}".encode(), usedforsecurity=False).hexdigest()
    told = request.body.get("commit_message", f"Merge {branch} into {into}")
    repo.commits[sha] = Commit(sha, to.sha, repo.token_user, WEB_FLOW, told, what)
    to.sha = sha
    return Answer(201, request.shapes.commit(repo.commits[sha]))


@route("POST", r"/actions/runs/(\d+)/cancel", "actions=write")
def cancel(repo: Repo, request: Request) -> Answer:
    """Cancel a run: here it has ended at once, on GitHub it takes a while."""
    attempts = repo.runs.get(int(request.groups[0]))
    if not attempts:
        return error(404, "Not Found")
    if attempts[-1].status == "completed":
        return error(409, "Cannot cancel a workflow run that is completed.")
    jobs = tuple(replace(job, conclusion=job.conclusion or "cancelled") for job in attempts[-1].jobs)
    ended = {"status": "completed", "conclusion": "cancelled", "updated_at": LATER}
    attempts[-1] = replace(attempts[-1], jobs=jobs, **ended)  # type: ignore[arg-type]
    return Answer(202, {})
