"""Whatever a log, a model or a name on GitHub holds, no report lets it act."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Mapping
from enum import Enum
from typing import Any, TypeVar

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.common.normalize_url import normalizeLink

from coo.core.errors import InputError
from coo.report.as_json import classify_jsonl, triage_json, triage_object
from coo.report.github import classify_annotations, triage_annotations
from coo.report.layout import cells
from coo.report.listing import classify_text
from coo.report.listing_markdown import classify_markdown
from coo.report.markdown import triage_markdown
from coo.report.sarif import classify_sarif
from coo.report.text import triage_text
from tests.report.samples import LOGS, NOW, TRIAGES
from tests.unit.test_neutralise import CLOSES, HOSTILE, MENTION, REFERENCE, RUNNER, UNSEEN

ATTACK = (
    "\x1b[2J::set-output name=x::y ##[add-mask]z @everyone fixes #1 closes GH-2 acme/shop#3 <img src=x onerror=y> "
    "![p](https://evil.example/p.png) https://evil.example/x ````\n````\n# head\n::error::forged\n \u202e\u2066"
    "<!-- coo:1 --></details>|a|b| `x` www.evil.example"
)
T = TypeVar("T")


def poison(value: T, text: str) -> T:
    """The same value with `text` in every string of it."""
    return _poison(value, text)  # type: ignore[no-any-return]


def _poison(value: Any, text: str) -> Any:
    if isinstance(value, Enum) or value is None:
        return value
    if isinstance(value, str):
        return text + value
    if isinstance(value, tuple):
        return tuple(_poison(each, text) for each in value)
    if isinstance(value, Mapping):
        return {key: _poison(each, text) for key, each in value.items()}
    if isinstance(value, InputError):
        return InputError(value.code, text + value.message, text + value.help)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        kept = ("updated_at", "status")
        fields = {f.name: getattr(value, f.name) for f in dataclasses.fields(value)}
        return dataclasses.replace(
            value, **{name: each if name in kept else _poison(each, text) for name, each in fields.items()}
        )
    return value


def assert_plain(text: str) -> None:
    assert not UNSEEN.search(text)
    assert not RUNNER.search(text)
    text.encode("utf-8")


@pytest.mark.parametrize("name", TRIAGES)
@given(HOSTILE, st.sampled_from([60, 80, 120]), st.booleans())
@example(ATTACK, 80, True)
@settings(max_examples=12, deadline=None)
def test_terminal(name: str, text: str, width: int, unicode: bool) -> None:
    bad = poison(TRIAGES[name], text)
    out = triage_text(bad, width=width, unicode=unicode, now=NOW)
    assert_plain(out)
    assert unicode or out.isascii()
    for line in out.splitlines():
        assert cells(line) <= width or "://" in line
    plain = re.sub("\x1b\\[[0-9]+m", "", triage_text(bad, width=width, unicode=unicode, now=NOW, colour=True))
    assert plain == out


@given(HOSTILE, st.sampled_from([60, 80, 120]), st.booleans())
@example(ATTACK, 60, False)
@settings(max_examples=12, deadline=None)
def test_terminal_of_logs(text: str, width: int, explain: bool) -> None:
    out = classify_text(poison(LOGS, text), width=width, explain=explain)
    assert_plain(out)
    assert all(cells(line) <= width or "://" in line for line in out.splitlines())


HTML = re.compile(r"<details><summary>(?:Also matched: \d+ rules?|Guards: \d+ of \d+ held)</summary>\s*|</details>\s*")
HEADINGS = {
    "Root cause", "What was done", "What would be done", "What was not done", "Recommended next steps", "Notes",
}  # fmt: skip


def assert_markdown(out: str, urls: set[str]) -> None:
    """The rendered report has our structure, our links, and nothing that GitHub would act on."""
    assert_plain(out)
    assert "<!--" not in out
    for token in MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(out):
        assert token.type != "html_block" or HTML.fullmatch(token.content)
        assert token.type not in ("hr", "code_block", "blockquote_open")
        for child in token.children or []:
            assert child.type not in ("image", "html_inline", "s_open", "em_open")
            assert child.type != "link_open" or child.attrs["href"] in {normalizeLink(url) for url in urls}
            if child.type == "text":
                for pattern in (MENTION, REFERENCE, CLOSES, re.compile("://|www[.]")):
                    assert not pattern.search(child.content)


@pytest.mark.parametrize("name", TRIAGES)
@given(HOSTILE)
@example(ATTACK)
@settings(max_examples=12, deadline=None)
def test_markdown(name: str, text: str) -> None:
    triage = TRIAGES[name]
    bad = poison(triage, text)
    # The addresses come from GitHub: those that are addresses still lead there.
    bad = dataclasses.replace(bad, run=dataclasses.replace(bad.run, url=triage.run.url))
    out = triage_markdown(bad, now=NOW)
    issue = bad.outcome.issue_url
    links = {triage.run.url, *(job.job.url for job in bad.jobs), *([issue] if issue else [])}
    assert_markdown(out, links)
    tokens = MarkdownIt().parse(out)
    third = [
        tokens[at + 1].content for at, token in enumerate(tokens) if token.type == "heading_open" and token.tag == "h3"
    ]
    assert set(third) <= HEADINGS
    assert "Root cause" in third


@given(HOSTILE)
@example(ATTACK)
@settings(max_examples=12, deadline=None)
def test_markdown_of_logs(text: str) -> None:
    assert_markdown(classify_markdown(poison(LOGS, text)), set())


COMMAND = re.compile(r"::(?:error|notice) title=[^:,\r\n]*::[^\r\n]*")


@pytest.mark.parametrize("name", TRIAGES)
@given(HOSTILE)
@example(ATTACK)
@settings(max_examples=12, deadline=None)
def test_annotations(name: str, text: str) -> None:
    bad = poison(TRIAGES[name], text)
    for out, count in (
        (triage_annotations(bad), len(triage_annotations(TRIAGES[name]).splitlines())),
        (classify_annotations(poison(LOGS, text)), len(classify_annotations(LOGS).splitlines())),
    ):
        lines = out.splitlines()
        assert len(lines) == count
        for line in lines:
            assert COMMAND.fullmatch(line)
            assert not UNSEEN.search(line)
            assert "##[" not in line


@pytest.mark.parametrize("name", TRIAGES)
@given(HOSTILE)
@example(ATTACK)
@settings(max_examples=12, deadline=None)
def test_json(name: str, text: str) -> None:
    bad = poison(TRIAGES[name], text)
    out = triage_json(bad)
    assert out.isascii()
    assert_plain(out)
    assert json.loads(out) == triage_object(bad)
    for whole in (classify_jsonl(poison(LOGS, text)), classify_sarif(poison(LOGS, text))):
        assert whole.isascii()
        assert_plain(whole)
    assert len(classify_jsonl(poison(LOGS, text)).splitlines()) == len(LOGS)


def test_secrets_that_reach_a_report_are_hidden_there() -> None:
    secret = "ghp_" + "Ab3dEf6hIj9kLm2nOp5qRs8tUv1wXy4zAb3d"
    bad = poison(TRIAGES["refused"], f"token {secret} ")
    for out in (triage_text(bad), triage_markdown(bad), triage_annotations(bad)):
        assert secret not in out
    triage = TRIAGES["refused"]
    names = {"workflow": f"CI {secret}", "branch": f"try/{secret}", "workflow_path": f".github/{secret}.yml"}
    jobs = tuple(dataclasses.replace(each, job=poison(each.job, f"{secret} ")) for each in triage.jobs)
    named = dataclasses.replace(triage, run=dataclasses.replace(triage.run, **names), jobs=jobs)
    assert secret not in triage_json(named)
    logs = poison(LOGS, f"token {secret} ")
    for out in (classify_text(logs, explain=True), classify_markdown(logs), classify_annotations(logs)):
        assert secret not in out
