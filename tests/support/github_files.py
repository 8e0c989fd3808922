"""More of the local GitHub: files, new branches, new pull requests. Importing it registers its routes.

Files are set by `repo.trees[sha] = {path: bytes}`; a link is `b"-> other/path"`, and is answered as GitHub does.
"""

from __future__ import annotations

import base64
import hashlib

from tests.support.github_routes import Answer, Request, error, invalid, not_found, route
from tests.support.github_state import BOT, Branch, Repo


def files(repo: Repo, sha: str) -> dict[str, bytes]:
    """The files of a commit."""
    return next((repo.trees[commit.sha] for commit in repo.history(sha) if commit.sha in repo.trees), {})


def blob(data: bytes) -> str:
    """The name that git gives a content."""
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


@route("GET", "/contents/(.+)", "contents=read")
def get_file(repo: Repo, request: Request) -> Answer:
    """A file of a branch or commit."""
    ref = request.query.get("ref", repo.default_branch)
    sha = repo.branches[ref].sha if ref in repo.branches else ref
    path = request.groups[0]
    if sha not in repo.commits:
        return error(404, f"No commit found for the ref {ref}")
    tree = files(repo, sha)
    if any(name.startswith(f"{path}/") for name in tree):
        return Answer(200, [])
    if path in tree and tree[path].startswith(b"-> "):
        path = tree[path][3:].decode()
    if path not in tree:
        return not_found()
    data = tree[path]
    link = f"{request.shapes.web}/{repo.name}/blob/{ref}/{path}"
    made = request.shapes.sample(
        "content-file", type="file", name=path.rpartition("/")[2], path=path, sha=blob(data), size=len(data),
        encoding="base64", content=base64.encodebytes(data).decode(), url=link, html_url=link, git_url=link,
        download_url=link,
    )  # fmt: skip
    return Answer(200, made)


@route("PUT", "/contents/(.+)", "contents=write")
def put_file(repo: Repo, request: Request) -> Answer:
    """Commit a file to a branch; its SHA must be that of the content that is replaced."""
    branch, path = repo.branches.get(request.body.get("branch", repo.default_branch)), request.groups[0]
    if branch is None:
        return error(404, f"Branch {request.body.get('branch')} not found")
    tree = files(repo, branch.sha)
    if path in tree and request.body.get("sha") != blob(tree[path]):
        return error(409, f"{path} does not match {request.body.get('sha')}")
    data = base64.b64decode(request.body["content"])
    sha = repo.push(branch.name, author=BOT, message=request.body["message"])
    repo.trees[sha] = tree | {path: data}
    return Answer(200, {"content": {"path": path, "sha": blob(data)}, "commit": {"sha": sha}})


@route("POST", "/git/refs", "contents=write")
def create_ref(repo: Repo, request: Request) -> Answer:
    """Make a branch."""
    name, sha = request.body["ref"].removeprefix("refs/heads/"), request.body["sha"]
    if name in repo.branches:
        return error(422, "Reference already exists")
    if sha not in repo.commits:
        return error(422, "Object does not exist")
    repo.branches[name] = Branch(name, sha)
    link = f"{request.shapes.web}/x"
    made = {"ref": f"refs/heads/{name}", "node_id": "x", "url": link}
    return Answer(201, made | {"object": {"type": "commit", "sha": sha, "url": link}})


@route("POST", "/pulls", "pull_requests=write")
def create_pull(repo: Repo, request: Request) -> Answer:
    """Open a pull request; one that is open from the branch already is refused."""
    head, base = request.body["head"], request.body["base"]
    if head not in repo.branches or base not in repo.branches:
        return invalid("PullRequest", "invalid", "head")
    if any(pull.branch == head and pull.state == "open" for pull in repo.pulls.values()):
        return error(422, "Validation Failed", errors=[{"message": f"A pull request already exists for acme:{head}."}])
    made = repo.pull(head, BOT)
    made.title, made.body = request.body["title"], request.body.get("body", "")
    shown = request.shapes.sample("pull-request") | request.shapes.pull(repo, made)
    for side in ("head", "base"):
        shown[side]["user"] = request.shapes.user(BOT)
    return Answer(201, shown)
