"""The workflows that people copy: those of `docs/action.md` and the one of this repository."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from tests.action.composite import ROOT, load

REPORT = {"contents": "read", "actions": "read"}
PERMISSIONS = {
    "report": REPORT,
    "escalate": REPORT | {"issues": "write"},
    "remediate": {"contents": "write", "actions": "write", "issues": "write", "pull-requests": "read"},
}
"""What each mode needs, and not more."""
DUE = {"contents": "read", "actions": "write", "issues": "write"}
"""What `coo due` needs: it re-runs, and brings to people what it may not re-run."""


@cache
def blocks() -> tuple[str, ...]:
    """The YAML blocks of `docs/action.md`."""
    text = (ROOT / "docs" / "action.md").read_text(encoding="utf-8")
    return tuple(re.findall(r"^```yaml\n(.*?)^```$", text, re.MULTILINE | re.DOTALL))


@cache
def examples() -> dict[str, str]:
    """The examples of the documentation by their mode, without the one that runs by a schedule."""
    return {mode_of(load(block)): block for block in blocks() if "triage" in load(block)["jobs"]}


def scheduled() -> dict[str, Any]:
    """The example that looks again at what waits."""
    (found,) = (load(block) for block in blocks() if "due" in load(block)["jobs"])
    return found


def mode_of(workflow: dict[str, Any]) -> str:
    """The mode in which a workflow uses coo."""
    steps = workflow["jobs"]["triage"]["steps"]
    found: str = next(step["with"]["mode"] for step in steps if "mode" in step.get("with", {}))
    return found


def granted(mode: str) -> dict[str, str]:
    """What the documented example of a mode grants, named as the local GitHub names it; the rest is `none`."""
    asked = load(examples()[mode])["jobs"]["triage"]["permissions"]
    names = ("actions", "contents", "issues", "pull_requests")
    return {"metadata": "read"} | {name: asked.get(name.replace("_", "-"), "none") for name in names}
