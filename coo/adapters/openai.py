"""`coo.ports.Model` over any server that speaks OpenAI's chat completions."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from coo.adapters import prices
from coo.adapters.openai_call import DEFAULT_BASE_URL, Caller, Reply, ServiceError
from coo.adapters.resources import schema
from coo.core import answer as answers
from coo.core.model import Evidence, ModelUse
from coo.core.neutralise import clip, one_line
from coo.core.redact import redact
from coo.ports import Answer, Question

DEFAULT_MODEL = "gpt-4.1"
MAX_OUTPUT_TOKENS = 1500
_REASONING = re.compile(r"o\d|gpt-[5-9]")
"""Models that take `max_completion_tokens`, spend part of it on thinking, and refuse a temperature."""


class _UnusableError(Exception):
    """An answer that cannot be used; the message tells the model what to mend."""


@dataclass(slots=True)
class _Use:
    """What was used so far. `known`: every request told its tokens and has a price."""

    name: str
    input: int = 0
    cached: int = 0
    output: int = 0
    usd: float = 0.0
    known: bool = True

    def add(self, reply: Reply) -> None:
        """Count a reply."""
        if reply.usage is None:
            self.known = False
            return
        tokens = reply.usage["input"], min(reply.usage["cached"], reply.usage["input"]), reply.usage["output"]
        self.input, self.cached, self.output = self.input + tokens[0], self.cached + tokens[1], self.output + tokens[2]
        usd = prices.cost(self.name, *tokens)
        self.known = self.known and usd is not None
        self.usd += usd or 0.0

    def done(self, error: str | None) -> ModelUse:
        """Make the record."""
        return ModelUse(self.name, self.input, self.cached, self.output, self.usd, error=error, usd_known=self.known)


@dataclass(slots=True)
class OpenAIModel:
    """Asks one model. `deadline_s`: seconds for a question with its retries and repair; `max_usd`: for all questions.

    Without a price for the model `max_usd` cannot hold it back; `ModelUse.usd_known` then says so.
    """

    api_key: str | None = None
    name: str = DEFAULT_MODEL
    base_url: str | None = None
    deadline_s: float = 60.0
    max_usd: float | None = None
    retries: int = 2
    first_wait: float = 0.5
    spent: float = field(default=0.0, init=False)
    """US dollars spent by this object."""

    def ask(self, question: Question) -> Answer:
        """Ask, repair once, check. A fault of the service is an answer without a classification, never an error."""
        use = _Use(self.name)
        base_url = self.base_url or DEFAULT_BASE_URL
        if not self.api_key and base_url.startswith(DEFAULT_BASE_URL):
            return Answer(None, use.done("no key: set OPENAI_API_KEY to ask the model"))
        caller = Caller(self.api_key or "none", base_url, self.deadline_s, self.retries, self.first_wait)
        try:
            return self._ask(question, caller, use)
        except ServiceError as fault:
            return Answer(None, use.done(str(fault)))

    def _ask(self, question: Question, caller: Caller, use: _Use) -> Answer:
        until = caller.clock() + caller.deadline_s
        asked = answer_schema(question.plays)
        messages: list[dict[str, str]] = [
            {"role": "system", "content": question.system},
            {"role": "user", "content": question.user},
        ]
        for last in (False, True):
            self._keep_budget(messages)
            reply = caller.ask(self._request(messages, asked), until)
            before = use.usd
            use.add(reply)
            self.spent += use.usd - before
            try:
                data, evidence = _read(reply, asked, question)
            except _UnusableError as wrong:
                if last:
                    raise ServiceError(f"the answer was unusable after a repair: {_short(str(wrong))}") from None
                messages += _repair(reply, str(wrong))
                continue
            play = None if data["play"] == "none" else str(data["play"])
            verdict = answers.to_classification(data, evidence)
            return Answer(verdict, use.done(None), play, verdict.evidence)
        raise AssertionError("unreachable")

    def _keep_budget(self, messages: list[dict[str, str]]) -> None:
        if self.max_usd is None:
            return
        usd = prices.estimate(self.name, sum(len(m["content"]) for m in messages), MAX_OUTPUT_TOKENS)
        if usd is not None and self.spent + usd > self.max_usd:
            left = max(self.max_usd - self.spent, 0)
            raise ServiceError(f"budget: not asked, up to ${usd:.4f} would be spent and ${left:.4f} is left")

    def _request(self, messages: list[dict[str, str]], asked: Mapping[str, Any]) -> dict[str, Any]:
        request: dict[str, Any] = {
            "model": self.name,
            "messages": messages,
            "response_format": {
                "type": "json_schema",
                "json_schema": {"name": "verdict", "strict": True, "schema": _for_the_wire(asked)},
            },
        }
        if _REASONING.match(self.name.rsplit("/", 1)[-1]):
            return request | {"max_completion_tokens": MAX_OUTPUT_TOKENS * 4}
        return request | {"max_tokens": MAX_OUTPUT_TOKENS, "temperature": 0}


def answer_schema(plays: tuple[str, ...]) -> dict[str, Any]:
    """The schema of an answer that may recommend these plays."""
    filled = copy.deepcopy(schema("answer"))
    filled["properties"]["play"]["enum"] = [*dict.fromkeys((*plays, "none"))]
    return filled


def _for_the_wire(asked: Mapping[str, Any]) -> dict[str, Any]:
    """Without the words that strict mode does not take."""
    return {name: value for name, value in asked.items() if name not in ("$schema", "$id", "title", "description")}


def _read(reply: Reply, asked: Mapping[str, Any], question: Question) -> tuple[dict[str, Any], list[Evidence]]:
    """The checked answer. Raises `_UnusableError` for what a second try may mend, `ServiceError` for what it cannot."""
    if reply.refusal is not None or reply.finish == "content_filter":
        raise ServiceError("the model refused to answer")
    if reply.finish == "length":
        raise _UnusableError("the answer was cut off; answer shorter")
    if not reply.content.strip():
        raise _UnusableError("the answer was empty")
    try:
        data = json.loads(reply.content)
    except (ValueError, RecursionError):
        raise _UnusableError("the answer is not one JSON object and nothing else") from None
    if wrong := _against_schema(data, asked):
        raise _UnusableError(wrong)
    evidence, complaints = answers.check(data, question.log, question.plays)
    if complaints:
        raise _UnusableError("; ".join(complaints[:5]))
    return data, evidence


def _against_schema(data: object, asked: Mapping[str, Any]) -> str | None:
    """The worst fault against the schema, without the model's own words."""
    import jsonschema

    error = jsonschema.exceptions.best_match(jsonschema.Draft202012Validator(asked).iter_errors(data))
    if error is None:
        return None
    place = error.json_path.removeprefix("$").lstrip(".") or "the answer"
    # NOTE: the place may hold a name the model made up, and error.message quotes its values.
    wants = {"enum": "is not one of the allowed values", "required": "lacks a field", "type": "has the wrong type"}
    known = place if re.fullmatch(r"[a-z_]+(?:\[\d+\](?:\.[a-z_]+)?)?|the answer", place) else "a field"
    return f"{known} {wants.get(str(error.validator), 'does not fit the schema')}"


def _repair(reply: Reply, wrong: str) -> list[dict[str, str]]:
    """What is said for the second try."""
    return [
        {"role": "assistant", "content": reply.content[:8000] or "(empty)"},
        {"role": "user", "content": f"That cannot be used: {wrong}. Answer again with the whole JSON object."},
    ]


def _short(text: str) -> str:
    return clip(redact(one_line(text)), 200)
