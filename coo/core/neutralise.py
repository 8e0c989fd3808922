"""Makes text from logs, models and GitHub harmless: one function for each place it is shown.

Apply exactly one of them, once, at the sink: what is harmless in a terminal is not in Markdown.
None of them raises. `limit` caps the characters of the text shown, before anything is escaped.
"""

from __future__ import annotations

import html as _html
import re

ELLIPSIS = "…"

_ANSI = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"  # CSI: colours, cursor, screen
    r"|(?:\x1b\]|\x9d)[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)"  # OSC: title, hyperlink, clipboard
    r"|(?:\x1b[PX^_]|[\x90\x98\x9e\x9f])[^\x1b\x9c]*(?:\x1b\\|\x9c)"  # DCS, SOS, PM, APC
    r"|\x1b[ -/]+[0-~]"
    r"|\x1b[0-Z\\^-~]"
)
_NEWLINE = re.compile(r"\r\n?")
# Zero-width joiners, the BOM and the soft hyphen are common and say nothing: they go.
_DROPPED = frozenset("\u200b\u200c\u200d\u2060\ufeff\u00ad")
_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e"
    "\u2060-\u206f\u3164\ufeff\uffa0\ufff0-\ufffb\ud800-\udfff\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
# The runner takes `##[cmd]` anywhere in a line; Azure's and TeamCity's agents take `##vso[` and `##teamcity[`.
_HASH_COMMAND = re.compile(r"##(?=\w*\[)")
_COLON_COMMAND = re.compile(r"^(\s*):(?=:)", re.MULTILINE)
# A hidden marker is how coo finds its own issue again: a log must not be able to plant one.
_COMMENT = re.compile(r"<!(?=--)")
_BACKTICKS = re.compile(r"`+")

_ADDRESS = re.compile(r"https?://[A-Za-z0-9._~:/?#@!$&'()*+,;=%-]+")  # no brackets: `##[` is a runner's command

# GitHub looks for mentions and references in the rendered text, where a backslash is gone already:
# only a character between sign and name breaks them. It is written as an entity to be seen in the source.
_GAP = "&#x200B;"
_MARKDOWN = re.compile(
    r"(?P<html>[&<>])"
    r"|(?P<gap>@|\#(?=\d)|GH-(?=\d)|:(?=//)|www(?=\.)|:(?=[0-9_+-]*[a-z][a-z0-9_+-]*:|100:))"
    r"|(?P<mark>[\\`*_\[\]|~$])",
    re.IGNORECASE,
)
_SLACK_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_SLACK = re.compile(r"[&<>@]|:(?=//)|www(?=\.)|mailto(?=:)|!(?=\[)|\](?=\()|#(?=\w)", re.IGNORECASE)
_LINE_START = re.compile(r"^(\d{1,9}(?=[.)])|(?=[-+=#]))")


def clip(text: str, limit: int | None) -> str:
    """At most `limit` characters of `text`, the last of them `…` when something was cut off."""
    if limit is None or len(text) <= limit:
        return text
    return text[: max(limit - 1, 0)] + ELLIPSIS[:limit]


def visible(text: str) -> str:
    """Text with no control sequence, and with unseen characters named (`{U+202E}`, `\\x07`) or dropped.

    Newlines stay (every kind becomes `\\n`), a tab becomes four spaces, a lone surrogate U+FFFD.
    """
    text = _NEWLINE.sub("\n", _ANSI.sub("", text)).replace("\t", "    ")
    return _UNSEEN.sub(lambda match: _name(match[0]), text)


def _name(char: str) -> str:
    if char in _DROPPED:
        return ""
    code = ord(char)
    if 0xD800 <= code <= 0xDFFF:
        return "\ufffd"
    return f"\\x{code:02x}" if code < 0x100 else f"{{U+{code:04X}}}"


def one_line(text: str) -> str:
    """`visible` text on one line: each run of newlines is one space."""
    return re.sub(r"\s*\n\s*", " ", visible(text)).strip("\n")


def inert_for_runner(text: str) -> str:
    """Text in which a CI runner finds no command: `##[error]` becomes `## [error]`, a leading `::` `: :`."""
    return _COLON_COMMAND.sub(r"\1: ", _HASH_COMMAND.sub("## ", _NEWLINE.sub("\n", text)))


def terminal(text: str, limit: int | None = None) -> str:
    """For a terminal, of several lines: `visible`, and inert when the terminal is a runner's log."""
    return clip(inert_for_runner(visible(text)), limit)


def terminal_line(text: str, limit: int | None = None) -> str:
    """For one field in a terminal: `terminal` text that cannot start a line of its own."""
    return clip(inert_for_runner(one_line(text)), limit)


def markdown_inline(text: str, limit: int | None = None) -> str:
    """For a place inside a line of GitHub Markdown: shows the text as it is, and nothing else happens.

    No mention, issue reference, closing keyword, link, image, HTML, code, table cell, emoji or heading.
    """
    shown = clip(inert_for_runner(one_line(text).strip()), limit)
    return _LINE_START.sub(r"\1\\", _MARKDOWN.sub(_escape, shown))


neutralise_markdown = markdown_inline


def _escape(match: re.Match[str]) -> str:
    if match["html"]:
        return _html.escape(match["html"])
    return match["gap"] + _GAP if match["gap"] else "\\" + match["mark"]


def code_span(text: str, limit: int | None = None, table: bool = False) -> str:
    """`text` as inline code, between more backticks than it holds; `table` for a cell of a table."""
    shown = clip(_inert_code(one_line(text)).strip(), limit)
    if not shown:
        return ""
    if table:
        shown = shown.replace("|", "\\|")
    ticks = "`" * (_longest_run(shown) + 1)
    pad = " " if shown[0] == "`" or shown[-1] == "`" else ""
    return f"{ticks}{pad}{shown}{pad}{ticks}"


def code_block(text: str, info: str = "", limit: int | None = None) -> str:
    """`text` as a fenced block, by a fence longer than any run of backticks in it; ends without a newline.

    GitHub makes no mentions or references inside a fence. `info` keeps only letters, digits, `+`, `_` and `-`.
    """
    shown = clip(_inert_code(visible(text)), limit).rstrip("\n")
    fence = "`" * max(3, _longest_run(shown) + 1)
    return f"{fence}{re.sub(r'[^A-Za-z0-9_+-]', '', info)}\n{shown}\n{fence}"


def _inert_code(text: str) -> str:
    return _COMMENT.sub("<! ", inert_for_runner(text))


def _longest_run(text: str) -> int:
    return max((len(run) for run in _BACKTICKS.findall(text)), default=0)


def markdown_link(text: str, url: str) -> str:
    """A Markdown link; only the text when `url` is not a plain http(s) address."""
    label = markdown_inline(text)
    return f"[{label}](<{url}>)" if _ADDRESS.fullmatch(url) else label


def plain_address(url: str) -> str | None:
    """A plain http(s) address as it is, or None."""
    return url if _ADDRESS.fullmatch(url) else None


def slack(text: str, limit: int | None = None) -> str:
    """For a place inside a line of a Slack message (or of a server that takes the same): no mention, no link.

    Slack shows a character between `@` and a name, or inside of `://`, as nothing.
    """
    shown = clip(inert_for_runner(one_line(text).strip()), limit)
    return _SLACK.sub(lambda match: _SLACK_ESCAPES.get(match[0]) or f"{match[0]}\u200b", shown)


def slack_code(text: str, limit: int | None = None) -> str:
    """`text` as inline code of a Slack message, where nothing is formatted or linked; empty for no text."""
    shown = slack(text, limit).replace("`", "'")
    return f"`{shown}`" if shown else ""


def slack_link(text: str, url: str) -> str:
    """A link of a Slack message; nothing when `url` is not a plain http(s) address."""
    return f"<{url.replace('&', '&amp;')}|{slack(text).replace('|', '/')}>" if _ADDRESS.fullmatch(url) else ""


def workflow_command(text: str, property: bool = False, limit: int | None = None) -> str:
    """Text as the message of a workflow command (`::error::MESSAGE`), or as a `property` (`title=`) of one."""
    shown = clip(inert_for_runner(visible(text)), limit)
    shown = shown.replace("%", "%25").replace("\n", "%0A")
    return shown.replace(":", "%3A").replace(",", "%2C") if property else shown


def html(text: str, limit: int | None = None) -> str:
    """For the text or a quoted attribute of HTML."""
    return _html.escape(clip(visible(text), limit), quote=True)
