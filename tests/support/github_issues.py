"""The issue side of the local GitHub: issues, comments, labels, assignees. Importing it registers its routes."""

from __future__ import annotations

from tests.support.github_routes import Answer, Request, error, invalid, not_found, page, route
from tests.support.github_state import Repo


@route("GET", "/issues", "issues=read")
def get_issues(repo: Repo, request: Request) -> Answer:
    """Issues (pull requests among them), newest first unless told otherwise."""
    if not repo.has_issues:
        return error(410, "Issues has been disabled in this repository.")
    state = request.query.get("state", "open")
    wanted = {label for label in request.query.get("labels", "").split(",") if label}
    newest_first = request.query.get("direction", "desc") == "desc"
    found = [
        issue
        for _, issue in sorted(repo.issues.items(), reverse=newest_first)
        if state in (issue.state, "all") and wanted <= set(issue.labels)
    ]
    issues, headers = page(request, found)
    return Answer(200, [request.shapes.issue(repo, issue) for issue in issues], headers)


@route("POST", "/issues", "issues=write")
def create_issue(repo: Repo, request: Request) -> Answer:
    """Open an issue. One assignee who cannot be assigned spoils the whole request, as on GitHub."""
    if not repo.has_issues:
        return error(410, "Issues has been disabled in this repository.")
    body = request.body
    if not body.get("title"):
        return invalid("Issue", "missing_field", "title")
    if len(body.get("body", "")) > 65536:
        return error(422, "Validation Failed", errors=["body is too long (maximum is 65536 characters)"])
    if set(body.get("assignees", ())) - repo.assignable:
        return invalid("Issue", "invalid", "assignees")
    issue = repo.issue(
        body["title"], body.get("body"), body.get("labels", ()), assignees=list(body.get("assignees", ())),
        author=request.account,
    )  # fmt: skip
    return Answer(201, request.shapes.issue(repo, issue))


@route("GET", r"/issues/(\d+)/comments", "issues=read")
def get_comments(repo: Repo, request: Request) -> Answer:
    """The comments of an issue, oldest first."""
    issue = repo.issues.get(int(request.groups[0]))
    if issue is None:
        return not_found()
    indexes, headers = page(request, range(len(issue.comments)))
    return Answer(200, [request.shapes.comment(repo, issue, index) for index in indexes], headers)


@route("POST", r"/issues/(\d+)/comments", "issues=write")
def create_comment(repo: Repo, request: Request) -> Answer:
    """Comment on an issue."""
    issue = repo.issues.get(int(request.groups[0]))
    if issue is None:
        return not_found()
    issue.comments.append(request.body["body"])
    issue.commenters[len(issue.comments) - 1] = request.account
    return Answer(201, request.shapes.comment(repo, issue, len(issue.comments) - 1))


@route("GET", "/labels/(.+)", "issues=read")
def get_label(repo: Repo, request: Request) -> Answer:
    """A label."""
    name = request.groups[0]
    return Answer(200, request.shapes.label(name, repo.labels[name])) if name in repo.labels else not_found()


@route("POST", "/labels", "issues=write")
def create_label(repo: Repo, request: Request) -> Answer:
    """Make a label; its name must be new (letters' case does not count)."""
    name = request.body["name"]
    if name.lower() in {known.lower() for known in repo.labels}:
        return invalid("Label", "already_exists", "name")
    repo.labels[name] = request.body.get("color", "ededed")
    return Answer(201, request.shapes.label(name, repo.labels[name]))


@route("GET", "/assignees/(.+)", "issues=read")
def get_assignee(repo: Repo, request: Request) -> Answer:
    """Whether someone can be assigned to issues."""
    return Answer(204) if request.groups[0] in repo.assignable else not_found()
