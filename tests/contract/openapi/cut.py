"""Cut GitHub's OpenAPI description down to the operations that coo uses.

    python -m tests.contract.openapi.cut path/to/api.github.com.json[.gz]

The full description is `generated/api.github.com.json` of the npm package `@octokit/openapi`. What stays: the
operations below, every component that they reach, and nothing that is only prose (descriptions, examples). The
result is `github.json.gz` beside this file; it is made without a time stamp, so the same input gives the same bytes.
"""

from __future__ import annotations

import gzip
import json
import sys
from pathlib import Path
from typing import Any

OPERATIONS = (
    "GET /repos/{owner}/{repo}",
    "GET /repos/{owner}/{repo}/actions/jobs/{job_id}/logs",
    "GET /repos/{owner}/{repo}/actions/runs",
    "GET /repos/{owner}/{repo}/actions/runs/{run_id}",
    "GET /repos/{owner}/{repo}/actions/runs/{run_id}/attempts/{attempt_number}",
    "GET /repos/{owner}/{repo}/actions/runs/{run_id}/attempts/{attempt_number}/jobs",
    "GET /repos/{owner}/{repo}/actions/runs/{run_id}/jobs",
    "POST /repos/{owner}/{repo}/actions/runs/{run_id}/cancel",
    "POST /repos/{owner}/{repo}/actions/runs/{run_id}/rerun-failed-jobs",
    "GET /repos/{owner}/{repo}/actions/workflows/{workflow_id}/runs",
    "GET /repos/{owner}/{repo}/assignees/{assignee}",
    "GET /repos/{owner}/{repo}/branches/{branch}",
    "GET /repos/{owner}/{repo}/compare/{basehead}",
    "GET /repos/{owner}/{repo}/contents/{path}",
    "PUT /repos/{owner}/{repo}/contents/{path}",
    "GET /repos/{owner}/{repo}/git/ref/{ref}",
    "POST /repos/{owner}/{repo}/git/refs",
    "DELETE /repos/{owner}/{repo}/git/refs/{ref}",
    "GET /repos/{owner}/{repo}/issues",
    "POST /repos/{owner}/{repo}/issues",
    "PATCH /repos/{owner}/{repo}/issues/comments/{comment_id}",
    "GET /repos/{owner}/{repo}/issues/{issue_number}",
    "PATCH /repos/{owner}/{repo}/issues/{issue_number}",
    "GET /repos/{owner}/{repo}/issues/{issue_number}/comments",
    "POST /repos/{owner}/{repo}/issues/{issue_number}/comments",
    "POST /repos/{owner}/{repo}/labels",
    "GET /repos/{owner}/{repo}/labels/{name}",
    "POST /repos/{owner}/{repo}/merges",
    "GET /repos/{owner}/{repo}/pulls",
    "POST /repos/{owner}/{repo}/pulls",
    "GET /repos/{owner}/{repo}/rules/branches/{branch}",
    "GET /user",
)
PROSE = {"description", "example", "examples", "summary", "externalDocs", "x-github", "tags"}
OUTPUT = Path(__file__).with_name("github.json.gz")


def without_prose(value: Any, names: bool = False) -> Any:
    """The value without prose, its nullable enums made whole. `names`: the keys are names, all of which stay."""
    if isinstance(value, list):
        return [without_prose(item) for item in value]
    if not isinstance(value, dict):
        return value
    made = {
        key: without_prose(item, names=not names and key in ("properties", "headers", "schemas", "parameters"))
        for key, item in value.items()
        if names or key not in PROSE
    }
    # NOTE: OpenAPI 3.0.3 wants null among the values of a nullable enum; GitHub leaves it out and answers null.
    if not names and made.get("nullable") is True and None not in made.get("enum", [None]):
        made["enum"] = [*made["enum"], None]
    return made


def references(value: Any) -> set[str]:
    """Every `#/components/...` that a value points at, directly."""
    if isinstance(value, list):
        return set().union(*map(references, value))
    if not isinstance(value, dict):
        return set()
    found = set().union(*map(references, value.values()))
    if isinstance(value.get("$ref"), str):
        found.add(value["$ref"])
    return found


def cut(description: dict[str, Any]) -> dict[str, Any]:
    """The description with only `OPERATIONS` and what they reach."""
    paths: dict[str, dict[str, Any]] = {}
    for operation in OPERATIONS:
        method, path = operation.split(" ")
        paths.setdefault(path, {})[method.lower()] = without_prose(description["paths"][path][method.lower()])
    components: dict[str, dict[str, Any]] = {}
    todo = references(paths)
    while todo:
        _, _, kind, name = todo.pop().split("/")
        if name in components.setdefault(kind, {}):
            continue
        components[kind][name] = without_prose(description["components"][kind][name])
        todo |= references(components[kind][name])
    info = {key: description["info"][key] for key in ("title", "version", "license")}
    return {"openapi": description["openapi"], "info": info, "paths": paths, "components": components}


def load(path: Path) -> dict[str, Any]:
    """A description from a `.json` or `.json.gz` file."""
    raw = path.read_bytes()
    loaded: dict[str, Any] = json.loads(gzip.decompress(raw) if path.suffix == ".gz" else raw)
    return loaded


def main() -> None:
    """Cut the description named on the command line and write it beside this file."""
    text = json.dumps(cut(load(Path(sys.argv[1]))), sort_keys=True, separators=(",", ":"))
    OUTPUT.write_bytes(gzip.compress(text.encode(), mtime=0))
    print(f"{OUTPUT.name}: {len(text):,} characters, {OUTPUT.stat().st_size:,} bytes packed", file=sys.stderr)


if __name__ == "__main__":
    main()
