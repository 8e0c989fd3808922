"""More of the local GitHub: one issue and its changes, the runs of a workflow. Importing it registers its routes."""

from __future__ import annotations

from tests.support.github_routes import Answer, Request, invalid, not_found, page, route
from tests.support.github_state import TIME, Repo, Run


@route("GET", r"/issues/(\d+)", "issues=read")
def get_issue(repo: Repo, request: Request) -> Answer:
    """An issue."""
    issue = repo.issues.get(int(request.groups[0]))
    return Answer(200, request.shapes.issue(repo, issue)) if issue else not_found()


@route("PATCH", r"/issues/(\d+)", "issues=write")
def change_issue(repo: Repo, request: Request) -> Answer:
    """Change an issue's body, close it, reopen it."""
    issue = repo.issues.get(int(request.groups[0]))
    if issue is None:
        return not_found()
    body = request.body
    if len(body.get("body") or "") > 65536:
        return invalid("Issue", "custom", "body")
    if set(body.get("assignees", ())) - repo.assignable:
        return invalid("Issue", "invalid", "assignees")
    issue.body = body.get("body", issue.body)
    issue.labels = list(body.get("labels", issue.labels))
    issue.assignees = list(body.get("assignees", issue.assignees))
    if body.get("state", issue.state) != issue.state:
        issue.state = body["state"]
        issue.closed_at = TIME if issue.state == "closed" else None
        issue.state_reason = body.get("state_reason") or ("completed" if issue.state == "closed" else "reopened")
    return Answer(200, request.shapes.issue(repo, issue))


@route("GET", r"/actions/workflows/([^/]+)/runs", "actions=read")
def workflow_runs(repo: Repo, request: Request) -> Answer:
    """The latest attempt of each run of a workflow (by its file's name), newest first, by what the query asks for."""
    newest = [attempts[-1] for attempts in repo.runs.values()]
    ours = [run for run in newest if run.path.rpartition("/")[2] == request.groups[0]]
    if not ours:
        return not_found()
    found = sorted((run for run in ours if _fits(run, request)), key=lambda run: (run.created_at, run.id))[::-1]
    runs, headers = page(request, found)
    listed = [request.shapes.run(repo, run) for run in runs]
    return Answer(200, {"total_count": len(found), "workflow_runs": listed}, headers)


def _fits(run: Run, request: Request) -> bool:
    asked = request.query
    since, _, until = asked.get("created", "..").replace("<=", "..").replace(">=", "").partition("..")
    return (
        since <= run.created_at <= (until or "9")
        and asked.get("branch") in (None, run.branch)
        and asked.get("status") in (None, run.status, run.conclusion)
    )
