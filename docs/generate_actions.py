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
    return made | {"escalate.md": TELLING["escalate"], "notify.md": TELLING["notify"], "README.md": _index()}


MADE = "<!-- Made by docs/generate_actions.py -->"
TELLING = {
    "escalate": f"""{MADE}

# escalate

Opens one issue for one fingerprint and brings it to its owner, or comments on the one that is there, reopens it, or links it. It changes no branch and no run, so it needs no guard; it is what a guard that did not hold falls back to.

## Parameters

None of its own. Owner, priority and labels are the play's; people and further labels are those of `owners`; `escalation` of the playbook has `reopen-days`, `close-on-recovery` and `template` ([Issues](../playbooks.md#issues)).

## Guards

None. Title, labels, assignees and links come from the playbook, the rule and GitHub; all text of a log is redacted and neutralised.

## How often

At most {DEFAULT_PER_DAY[Action.ESCALATE]} new issues a day in one repository, or what `limits.per-day.escalate` says. Comments have no limit, but an attempt of a run is told once.

## Dry run

It looks whether there is an issue already, and says what it would open or write; nothing is sent that changes anything.

## Twice

Found again by hidden marks in the issue and its comments (fingerprint, run and attempt, a count), in words of coo's own account or of a bot only. Two issues of one instant become one: the younger is closed and links the older.

## Undo

Close the issue: coo opens it again only if the failure returns.
""",
    "notify": f"""{MADE}

# notify

Sends a message after the outcome: to a Slack-compatible webhook, or signed JSON to a webhook of your own. It is not an action of a play but a list of the playbook ([who is told besides](../playbooks.md#who-is-told-besides)).

## Parameters

`to` (`slack` or `webhook`) and `when` (priorities, owners, actions and the like). The addresses come from the environment only: `COO_SLACK_WEBHOOK_URL`, `COO_WEBHOOK_URL`, and `COO_WEBHOOK_SECRET` for the signature.

## Guards

None. Links are GitHub's own; text of others stands in code, redacted, with Slack's signs escaped; no redirect is followed.

## How often

Once for a triage, as the playbook's conditions say.

## Dry run

Nothing is sent; the report says what would be.

## Twice

A message has an idempotency key, and is tried once more only after a timeout or a fault of the receiver. Slack does not know such keys: after a timeout a message may show twice.

## Undo

There is none: what was sent was read.
""",
}


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
            "Telling people has pages, too: [`escalate`](escalate.md), [`notify`](notify.md).",
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
