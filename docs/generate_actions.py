"""Writes docs/actions/: a page for each action that has guards of its own, from the action itself.

    python docs/generate_actions.py

A test fails when a page is not what this writes.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from coo.actions.guards import GITHUB_GUARDS, MINIMUM
from coo.actions.remedies import SPECS
from coo.adapters.resources import schema
from coo.core.playbook import DEFAULT_PER_DAY, Action

FOLDER = Path(__file__).with_name("actions")


def pages() -> dict[str, str]:
    """Every page by its file's name."""
    made = {f"{action}.md": _page(action) for action in SPECS}
    return made | {"README.md": _index()}


def _index() -> str:
    rows = [f"| [`{action}`]({action}.md) | {SPECS[action].does.partition(':')[0].rstrip('.')} |" for action in SPECS]
    return "\n".join(
        [
            "<!-- Made by docs/generate_actions.py -->",
            "",
            "# Actions",
            "",
            "What coo can do besides telling people (`escalate`, `report-only`). Each is a closed, typed thing: what it touches",
            "comes from the run's metadata and the playbook, never from a log or a model.",
            "",
            "| action | does |",
            "|---|---|",
            *rows,
            "",
        ]
    )


def _page(action: Action) -> str:
    spec = SPECS[action]
    parts = ["<!-- Made by docs/generate_actions.py -->", f"# {action}", spec.does, "## Parameters", _params(action)]
    parts += [
        "## Guards",
        "It refuses without these, whether the playbook lists them or not ([what each holds for](../playbooks.md#guards)):",
        "\n".join(
            f"- `{name}`" + (" (asked just before)" if name in GITHUB_GUARDS else "") for name in MINIMUM[action]
        ),
        "## How often",
        f"At most {DEFAULT_PER_DAY[action]} times a day in one repository, or what `limits.per-day.{action}` of the playbook "
        "says. A ledger counts what coo did, in one atomic statement; without one GitHub's own lists are counted, where "
        "what others did counts too.",
        "## Dry run",
        "Without `--act` the guards are checked, and what would be done is said; nothing is sent that changes anything.",
        "## Twice",
        f"Found again by: {spec.marker[:1].lower()}{spec.marker[1:]}",
        "## Undo",
        spec.undo,
    ]
    return "\n\n".join(parts) + "\n"


def _params(action: Action) -> str:
    whole: dict[str, Any] = schema("playbook")["$defs"]
    params = whole.get(f"with-{action}", {}).get("properties", {})
    if not params:
        return "None."
    rows = [f"| `{name}` | {about.get('description', '')} |" for name, about in params.items()]
    return "\n".join(["| `with:` | meaning |", "|---|---|", *rows])


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name, text in pages().items():
        (FOLDER / name).write_text(text, encoding="utf-8", newline="\n")
