"""How reports say things in words: times, money, notes, who decided."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from coo.core.model import Classification, Confidence, Decision, GuardResult, ModelUse, Note, Outcome, Run, Source

_NOTES = {
    "long-lines-capped": "{n} overlong line{s} searched only at the start and the end",
    "invalid-utf8": "bytes that are not valid UTF-8 were replaced",
    "log-cut": "the log is too large: its middle was not searched",
    "logs-gone": "GitHub no longer has {n} log{s}: nothing can be said about {what}",
}
_CONCLUSIONS = {
    "failure": "failed",
    "timed_out": "timed out",
    "startup_failure": "failed to start",
    "action_required": "waits for approval",
}


def plural(count: int, noun: str) -> str:
    """`1 job`, `2 jobs`."""
    return f"{count:,} {noun}{'s' * (count != 1)}"


def note_text(note: Note) -> str:
    """A note as a sentence without a full stop: what was skipped, cut, not fetched or not sent."""
    told = _NOTES.get(note.code)
    if told is not None:
        one = note.count == 1
        text = told.format(n=note.count, s="" if one else "s", what="it" if one else "them")
        return f"{text}: {note.detail}" if note.detail else text
    times = f" ({note.count} times)" if note.count > 1 else ""
    return (
        f"{note.code.replace('-', ' ')}{times}: {note.detail}" if note.detail else note.code.replace("-", " ") + times
    )


def seconds_since(stamp: str | None, now: float | None) -> float | None:
    """Seconds from an ISO 8601 time to `now` (seconds since the epoch); None when either is not known."""
    if not stamp or now is None:
        return None
    try:
        then = datetime.fromisoformat(stamp)
    except ValueError:
        return None
    return now - (then if then.tzinfo else then.replace(tzinfo=UTC)).timestamp()


def ago(seconds: float) -> str:
    """A past time as people say it: `just now`, `4 minutes ago`, `3 days ago`."""
    for unit, size in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if seconds >= size:
            return f"{plural(int(seconds // size), unit)} ago"
    return "just now"


def ended(run: Run, now: float | None) -> str:
    """How the run ended and when: `failed 4 minutes ago`."""
    how = run.conclusion or run.status
    how = _CONCLUSIONS.get(how, how.replace("_", " "))
    since = seconds_since(run.updated_at, now)
    return how if since is None else f"{how} {ago(since)}"


def duration(seconds: float) -> str:
    """`0.3 s`, `12 s`, `3 min 20 s`."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    return f"{whole} s" if whole < 60 else f"{whole // 60} min {whole % 60} s"


def money(usd: float) -> str:
    """US dollars, to the hundredth of a cent."""
    return f"${usd:,.4f}"


def cost(uses: Iterable[ModelUse]) -> str:
    """What the model calls cost together, and what of it is not known."""
    uses = list(uses)
    text = money(sum(use.usd for use in uses))
    unpriced = sorted({use.name for use in uses if not use.usd_known})
    return f"{text} and calls without a known price ({', '.join(unpriced)})" if unpriced else text


def model_use(use: ModelUse) -> str:
    """How asking the model went: tokens and price, or why its answer was not used."""
    if use.error:
        spent = f" ({money(use.usd)} spent)" if use.usd else ""
        return f"model {use.name} gave no usable answer: {use.error}{spent}"
    if use.cached:
        return f"model {use.name}, an earlier answer for the same failure; $0.0000"
    kept = f" ({use.cached_tokens:,} cached)" if use.cached_tokens else ""
    price = money(use.usd) if use.usd_known else "price not known"
    return f"model {use.name}, {use.input_tokens:,} tokens in{kept}, {use.output_tokens:,} out; {price}"


def decided_by(verdict: Classification, use: ModelUse | None) -> str:
    """Who decided, what asking the model cost, or that it was not asked."""
    who = {Source.RULE: "rule", Source.MODEL: "model", Source.NONE: "nothing decided"}[verdict.source]
    if use is None:
        return f"{who}; no model call" if verdict.source is not Source.MODEL else who
    return model_use(use) if verdict.source is Source.MODEL else f"{who}; {model_use(use)}"


def sureness(verdict: Classification) -> str:
    """`high`, `medium` or `low`, or `none` where nothing decided."""
    return Confidence(verdict.confidence).value if verdict.source is not Source.NONE else "none"


def heading(verdict: Classification) -> str:
    """`category[rule]`: the rule's id, or the subtype when no rule decided."""
    inner = verdict.rule_id or verdict.subtype
    return f"{verdict.category.value}[{inner}]" if inner and inner != verdict.category.value else verdict.category.value


def tally(verdicts: Sequence[Classification], noun: str) -> str:
    """`3 failed jobs: 1 by rule, 1 by model, 1 undecided`."""
    by = [verdict.source for verdict in verdicts]
    text = f"{plural(len(by), noun)}: {by.count(Source.RULE)} by rule, {by.count(Source.MODEL)} by model"
    undecided = by.count(Source.NONE)
    return f"{text}, {undecided} undecided" if undecided else text


def guard_state(guard: GuardResult) -> str:
    """`held`, `failed`, or `open` when there was no GitHub to ask."""
    return "held" if guard.held else "failed" if guard.asked else "open"


def decision_line(decision: Decision) -> str:
    """The action and the play it comes from, whom it goes to, and what was planned before a guard failed."""
    to = f" to {decision.owner.value}, {decision.priority.value}" if decision.action == "escalate" else ""
    planned = decision.planned and decision.planned != decision.action
    was = f"; planned: {decision.planned}" if planned else ""
    return f"{decision.action}{to} (play {decision.play}{was})"


def outcome_line(outcome: Outcome) -> str:
    """What was done, or would be done with `--act`, as one sentence."""
    detail = outcome.detail.strip()
    if outcome.status == "dry-run":
        detail = detail.removeprefix("dry run:").strip()
        wanted = "would " + ", ".join(outcome.actions) if outcome.actions else "nothing would be done"
        detail = (detail or wanted).rstrip(".")
        hint = (
            " Pass --act to do it." if outcome.actions and "--act" not in detail and "saved run" not in detail else ""
        )
        return f"dry run: {detail}.{hint}"
    if not detail:
        detail = ", ".join(outcome.actions) or "nothing to do"
    return f"{outcome.status}: {detail}"
