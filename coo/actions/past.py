"""What is known of a failure's past: since when, how often, and which commits may have brought it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from coo.actions.markers import ended, first_tally, seen_line, words
from coo.core.errors import CooError
from coo.core.model import Run
from coo.core.told import code_span, markdown_link, neutralise_markdown
from coo.ports import Commit, Hands, Memory, Seen, Suspects

MAX_COMMITS = 10
"""Suspected commits that an issue lists."""


@dataclass(frozen=True, slots=True)
class Past:
    """What GitHub and the memory say. `suspects` is a text where it is not known: why."""

    suspects: Suspects | str
    seen: Seen | None = None


def past_of(run: Run, fingerprint: str, hands: Hands, memory: Memory | None) -> Past:
    """Ask for it. What cannot be asked is said in the issue, and keeps nobody from telling of the failure."""
    return Past(_suspects(run, hands), _seen(run, fingerprint, memory))


def _suspects(run: Run, hands: Hands) -> Suspects | str:
    try:
        green = hands.last_green(run)
        return hands.suspects(green, run) if green else "No earlier green run of this workflow on this branch is known."
    except CooError as error:
        return f"Not known: {neutralise_markdown(error.message, 300)}."


def _seen(run: Run, fingerprint: str, memory: Memory | None) -> Seen | None:
    try:
        return memory.seen(fingerprint, run.id) if memory else None
    except CooError:
        return None


def seen_part(run: Run, past: Past | None) -> str:
    """Since when and how often, by the issue and by the memory."""
    line = seen_line(first_tally(run), run)
    seen = past.seen if past else None
    if seen is None or not seen.count or seen.first_at is None:
        return line
    since = datetime.fromtimestamp(seen.first_at, UTC).strftime("%Y-%m-%d %H:%M UTC")
    runs = "1 other run" if seen.count == 1 else f"{seen.count} other runs"
    return f"{line}\n\nThe ledger remembers it of {runs}, the first on {since}."


def suspects_part(past: Past | None) -> str:
    """The commits since the last green run, the newest first. Nobody is mentioned."""
    if past is None:
        return ""
    head = "### Suspected commits"
    found = past.suspects
    if isinstance(found, str):
        return f"{head}\n\n{found}"
    green = markdown_link(f"run {found.green.id}", found.green.url)
    last = f"the last green run of this workflow on this branch ({green}, {words(ended(found.green))})"
    if not found.total:
        return f"{head}\n\nNone: {last} had no other commit. The cause may lie outside of the repository."
    count = "1 commit" if found.total == 1 else f"{found.total} commits"
    shown = found.commits[::-1][:MAX_COMMITS]
    lines = [f"{head}\n\n{markdown_link(count, found.url)} since {last}:\n"]
    lines += [f"- {code_span(commit.sha[:10])} {_told(commit)}" for commit in shown]
    if found.total > len(shown):
        lines.append(f"- and {found.total - len(shown)} more")
    return "\n".join(lines)


def _told(commit: Commit) -> str:
    """The first line of a commit's message, and who wrote it, as plain words."""
    first = next(iter(commit.message.strip().splitlines()), "")
    by = f", by {neutralise_markdown(commit.author, 60)}" if commit.author else ""
    return f"{neutralise_markdown(first, 100)}{by}"
