"""For any text, no sink lets anything of it act."""

from __future__ import annotations

import html as html_module
import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from coo.core import neutralise as n

PIECES = [
    "@", "@everyone", "@acme/team", "#", "##", "#1", "GH-12", "gh-3", "fixes ", "Closes: ", "acme/shop#7", "::",
    " ::", "::set-output name=a::b", "::add-mask::x", "##[command]", "##[error]", "##vso[task.x]", "##", "[", "]",
    "(", ")", "!", "`", "```", "````", "~~~", "\n", "\r", "\r\n", "\t", "    ", "<b>", "<!-- coo:x -->",
    "</details>", "<img src=x>", "&", "&lt;", "&#64;", "|", "\\", "*", "_", "https://evil.example/x",
    "www.evil.example", "http", "://", "a@b.example", "$x$", ":tada:", "\x1b[31m", "\x1b]0;t\x07",
    "\x1b]8;;http://x\x1b\\", "\x1b", "\x9b2J", "\x07", "\x00", "\u202e", "\u2066", "\u200b", "\u200d", "\ufeff",
    "\u2028", "\x85", "\ud800", "\U000e0041", "1.", "-", "+", "=", "> ", "a", "1", "é", "漢", "%0A", "%", ",", ":",
]  # fmt: skip
HOSTILE = st.one_of(st.lists(st.sampled_from(PIECES), max_size=12).map("".join), st.text(max_size=60))

UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]")
RUNNER = re.compile(r"##\w*\[|^\s*::", re.MULTILINE)
MENTION = re.compile(r"@\w")
REFERENCE = re.compile(r"#\d|GH-\d", re.IGNORECASE)
CLOSES = re.compile(r"(?:fix|clos|resolv)\w*:?\s+\S*(?:#\d|GH-\d|https?://)", re.IGNORECASE)
MARKDOWN = MarkdownIt("commonmark").enable(["table", "strikethrough"])


def plain(text: str) -> str:
    """What should be read, without the gaps that break mentions."""
    return html_module.unescape(text).replace("\u200b", "")


@settings(deadline=None)
@given(HOSTILE)
def test_terminal_text_has_nothing_that_a_terminal_or_a_runner_obeys(text: str) -> None:
    for out in (n.terminal(text), n.terminal_line(text)):
        assert not UNSEEN.search(out)
        assert not RUNNER.search(out)
        out.encode("utf-8")
    assert "\n" not in n.terminal_line(text)
    assert n.terminal(n.terminal(text)) == n.terminal(text)


@settings(deadline=None)
@given(HOSTILE)
@example("fixes #1 and closes acme/shop#2, resolves GH-3, @everyone <img src=x> [a](http://x) ![b](//y)")
def test_markdown_shows_the_text_and_does_nothing(text: str) -> None:
    out = n.markdown_inline(text)
    assert "\n" not in out
    assert not UNSEEN.search(out)
    assert not RUNNER.search(out)
    for form in (out, html_module.unescape(out)):
        assert not MENTION.search(form)
        assert not REFERENCE.search(form)
        assert not CLOSES.search(form)
        assert "://" not in form
    rendered = MARKDOWN.render(out)
    if out:
        assert set(re.findall(r"<[^>]*>", rendered)) == {"<p>", "</p>"}
        shown = rendered.removeprefix("<p>").removesuffix("</p>\n")
        assert plain(shown) == n.terminal_line(n.one_line(text).strip()).strip()


@settings(deadline=None)
@given(HOSTILE)
def test_a_fence_holds_whatever_is_in_it(text: str) -> None:
    out = n.code_block(text, "text") + "\n\nafter\n"
    tokens = MARKDOWN.parse(out)
    assert [token.type for token in tokens] == ["fence", "paragraph_open", "inline", "paragraph_close"]
    assert tokens[0].info == "text"
    assert "<!--" not in out
    assert not UNSEEN.search(out)
    assert not RUNNER.search(out)


@settings(deadline=None)
@given(HOSTILE)
def test_inline_code_holds_whatever_is_in_it(text: str) -> None:
    out = n.code_span(text)
    assert not RUNNER.search(out)
    assert "<!--" not in out
    if out:
        children = MARKDOWN.parse(f"see {out} there")[1].children or []
        assert [child.type for child in children] == ["text", "code_inline", "text"]


@settings(deadline=None)
@given(HOSTILE)
def test_inline_code_stays_in_its_table_cell(text: str) -> None:
    rendered = MARKDOWN.render(f"| a | b |\n| - | - |\n| {n.code_span(text, table=True)} | last |\n")
    assert rendered.count("<td>") == 2
    assert "<td>last</td>" in rendered


@settings(deadline=None)
@given(HOSTILE)
def test_a_workflow_command_stays_one_command(text: str) -> None:
    data, prop = n.workflow_command(text), n.workflow_command(text, property=True)
    line = f"::error title={prop}::{data}"
    assert not re.search(r"[\r\n\x1b]", line)
    assert not re.search("[:,]", prop)
    parsed = re.fullmatch(r"::error title=([^:,]*)::(.*)", line)
    assert parsed
    assert parsed[2].replace("%0A", "\n").replace("%25", "%") == n.terminal(text)


@settings(deadline=None)
@given(HOSTILE)
def test_html_is_text(text: str) -> None:
    out = n.html(text)
    assert not re.search("[<>\"']", out)
    assert html_module.unescape(out) == n.visible(text)


@settings(deadline=None)
@given(HOSTILE, st.integers(0, 20))
def test_limits_hold(text: str, limit: int) -> None:
    assert len(n.terminal(text, limit)) <= limit
    assert len(plain(n.html(text, limit))) <= limit
    assert len(n.code_block(text, limit=limit).split("\n", 1)[1].rsplit("\n", 1)[0]) <= limit


@pytest.mark.parametrize(
    ("given_text", "shown"),
    [
        ("\x1b[31mred\x1b[0m é 漢 ⚠️", "red é 漢 ⚠️"),
        ("a\u202eb", "a{U+202E}b"),
        ("bell\x07", "bell\\x07"),
        ("\ufeffx\u200by", "xy"),
        ("a\r\nb\rc", "a\nb\nc"),
        ("##[error]no", "## [error]no"),
        ("  ::stop-commands::x", "  : :stop-commands::x"),
        ("std::vector", "std::vector"),
    ],
)
def test_terminal_examples(given_text: str, shown: str) -> None:
    assert n.terminal(given_text) == shown


@pytest.mark.parametrize(
    ("given_text", "source"),
    [
        ("fixes #1", "fixes #&#x200B;1"),
        ("by @dev_a", "by @&#x200B;dev\\_a"),
        ("<b>", "&lt;b&gt;"),
        ("https://x.example/y", "https:&#x200B;//x.example/y"),
        ("- item", "\\- item"),
        ("1. item", "1\\. item"),
        ("# head", "\\# head"),
        ("file.py:12:5", "file.py:12:5"),
    ],
)
def test_markdown_examples(given_text: str, source: str) -> None:
    assert n.neutralise_markdown(given_text) == source


def test_links_only_go_to_plain_addresses() -> None:
    assert n.markdown_link("run [1]", "https://h.example/a") == "[run \\[1\\]](<https://h.example/a>)"
    assert n.markdown_link("run", "javascript:alert(1)") == "run"
    assert n.markdown_link("run", "https://x>\n# head") == "run"
    assert n.markdown_link("run", "https://x.example/##[error]") == "run"
