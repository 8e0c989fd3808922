"""Who is told, and in which words: nothing of a log mentions, links or formats anything."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coo.core.classify import unknown
from coo.core.model import Category, Decision, Outcome, Owner, Priority, Run, Source, Triage
from coo.core.neutralise import slack, slack_code, slack_link
from coo.core.notice import NotifyRule, notice, slack_text, wanted, webhook_content

RUN = Run(
    repo="acme/shop", id=7, attempt=2, workflow="CI", workflow_path=".github/workflows/ci.yml", event="push",
    branch="main", sha="a" * 40, head_repo="acme/shop", status="completed", conclusion="failure",
    url="https://github.com/acme/shop/actions/runs/7", default_branch="main",
)  # fmt: skip
FOUND = replace(unknown(()), category=Category.TEST_FAILURE, source=Source.RULE, rule_id="x", summary="it broke")
DONE = Triage(
    RUN,
    (),
    FOUND,
    Decision("failing-code", "escalate", Owner.CTO, Priority.P1),
    Outcome("done", "opened issue #5", (), "https://github.com/acme/shop/issues/5"),
    acted=True,
)
EVIL = (
    "<!channel> <!here> <@U123> @channel @here `code` *bold* <https://evil.example|click> https://evil.example "
    "www.evil.example [x](http://evil.example) ![x](http://evil.example) ::set-output name=a::b \u202e\u200b #general "
    "mailto:a@evil.example &amp; \x1b[31m \n second line"
)


@pytest.mark.parametrize(
    ("rule", "held"),
    [
        (NotifyRule("slack"), True),
        (NotifyRule("slack", priority=("P0", "P1")), True),
        (NotifyRule("slack", priority=("P0",)), False),
        (NotifyRule("slack", owner=("CTO",), action=("escalate",), category=("test_failure",)), True),
        (NotifyRule("slack", owner=("CISO",)), False),
        (NotifyRule("slack", action=("report-only",)), False),
        (NotifyRule("slack", outcome=("failed",)), False),
        (NotifyRule("slack", outcome=("done",)), True),
    ],
)
def test_when(rule: NotifyRule, held: bool) -> None:
    assert wanted((rule,), DONE) == (("slack",) if held else ())


def test_each_place_is_told_once_and_not_of_what_was_said_before() -> None:
    rules = (NotifyRule("webhook"), NotifyRule("slack"), NotifyRule("webhook"))
    assert wanted(rules, DONE) == ("webhook", "slack")
    assert wanted(rules, replace(DONE, outcome=Outcome("skipped", "told already"))) == ()


def test_the_key_is_of_the_run_and_the_place_and_what_came_of_it() -> None:
    keys = {
        notice("slack", DONE).key,
        notice("webhook", DONE).key,
        notice("slack", replace(DONE, run=replace(RUN, attempt=3))).key,
        notice("slack", replace(DONE, outcome=Outcome("failed", "x"))).key,
    }
    assert len(keys) == 4
    assert notice("slack", DONE).key == notice("slack", replace(DONE, seconds=9.0)).key


def test_a_slack_message() -> None:
    assert slack_text(DONE).split("\n") == [
        "*P1* for *CTO*: `test_failure` in `CI` of `acme/shop`, branch `main`",
        "`it broke`",
        "escalate: done (`opened issue #\u200b5`)",
        "<https://github.com/acme/shop/actions/runs/7|run 7, attempt 2> | <https://github.com/acme/shop/issues/5|issue>",
    ]


def hostile(text: str) -> Triage:
    found = replace(FOUND, summary=text, subtype=text)
    return replace(
        DONE,
        run=replace(RUN, workflow=text, branch=text),
        classification=found,
        outcome=Outcome("done", text, (), text),
    )


def harmless_in_slack(text: str) -> None:
    links = re.findall(r"<([^>]*)>", text)
    assert links == ["https://github.com/acme/shop/actions/runs/7|run 7, attempt 2"]
    rest = text.replace(f"<{links[0]}>", "")
    assert not re.search(r"[<>]|@\w|&(?!amp;|lt;|gt;)|://|www\.|\]\(", rest), rest
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", text)
    assert text.count("\n") <= 3 and "\n::" not in text and "##[" not in text
    for line in rest.split("\n"):
        assert line.count("`") % 2 == 0


def test_hostile_text_does_nothing_in_slack() -> None:
    harmless_in_slack(slack_text(hostile(EVIL)))


@given(st.text(max_size=120))
def test_whatever_the_text_it_does_nothing_in_slack(text: str) -> None:
    if not text.startswith(("http://", "https://")):  # an address of an issue is GitHub's
        harmless_in_slack(slack_text(hostile(text)))


def test_the_parts() -> None:
    assert slack("a & <b> @c") == "a &amp; &lt;b&gt; @\u200bc"
    assert slack("x" * 50, 10) == "x" * 9 + "…"
    assert slack_code("a`b") == "`a'b`" and slack_code("") == ""
    assert slack_link("a|b>", "https://x.example/?a=1&b=2") == "<https://x.example/?a=1&amp;b=2|a/b&gt;>"
    assert slack_link("a", "javascript:x") == slack_link("a", "https://x|y") == slack_link("a", "") == ""


def test_the_generic_message() -> None:
    told = webhook_content(DONE, "k")
    assert told["run"]["id"] == 7 and told["decision"]["priority"] == "P1" and told["id"] == "k"
    assert told["classification"]["category"] == "test_failure"
    assert told["outcome"]["issue_url"] == "https://github.com/acme/shop/issues/5"
    lines = webhook_content(hostile(EVIL), "k")
    assert "\n" not in lines["classification"]["summary"] and "\x1b" not in lines["classification"]["summary"]
    assert notice("webhook", hostile(EVIL)).body.isascii()


@pytest.mark.parametrize("to", ["slack", "webhook"])
def test_secrets_are_hidden(to: str) -> None:
    token = "ghp_" + "a1B2c3D4e5F6g7H8i9J0" + "k1L2m3N4o5P6q7R8"
    body = notice(to, hostile(f"GITHUB_TOKEN={token}")).body.decode()
    assert token not in body and "[redacted" in body
