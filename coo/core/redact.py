"""Hide secrets in text before it leaves the process: the model, an issue, a report, the ledger.

`redact` is pure, keeps the number of lines, may be applied twice without harm, and takes linear time.
Ordinary hashes (git SHAs, UUIDs, sha256, `sha512-...` integrity strings) stay readable.
"""

from __future__ import annotations

import base64
import math
import re
from collections import Counter

from coo.core.secret_shapes import SHAPES, Shape

MARK = "[redacted:"
"""How every replacement begins; the kind of secret and `]` follow."""

_BY_WORD: tuple[tuple[str, Shape], ...] = tuple((word, shape) for shape in SHAPES for word in shape.words)
# Looking for a literal is some twenty times cheaper than trying a pattern: ordinary lines stop at these.
_KEY_WORDS = ("token", "secret", "pass", "pwd", "credential", "key", "auth")
_NAME = r"""(?P<name>
      (?:secret|private|access|account|api|auth|signing|encryption|master|service[_-]?role|shared[_-]?access|admin|deploy|license)
        [_-]?(?:access[_-]?)?key
    | (?P<pass>passwords?|passwd|passwort|passphrase|(?<![A-Za-z])pwd|(?<=db_)pass|(?<=_)pass)
    | token(?!s) | secret(?!s\.) | credentials? | (?<![A-Za-z])_?auth | sharedaccesssignature
    )(?:_?\d{1,3})?(?P<tail>[_.-]?(?:value|base64|b64|key|token|password|secret|hash|data|string|prod|production|dev|staging|test))?"""
_VALUE = r"""(?:(?P<q>\\?["'`])(?P<quoted>[^"'`\n\x1b]{4,2000}?)(?P=q)
    | (?P<bare>(?:[^\s"'`,;&<>\\\x1b]|\\(?![nrt"'])){4,4000}))"""
_ASSIGNED = re.compile(
    _NAME + r"""(?:\\?["'\]])?\s{0,3}(?P<op>:=|=>|==?|:)\s{0,3}(?:!!\w{1,8}\s)?""" + _VALUE, re.IGNORECASE | re.VERBOSE
)
_OPTION = re.compile(r"(?<![\w-])--?[\w-]{0,30}?" + _NAME + r"\s{1,3}" + _VALUE, re.IGNORECASE | re.VERBOSE)
_USER_PASS = re.compile(
    r"""(?:curl\b[^\n]{0,200}?\s(?:-u|--user)[ =]?["']?[^\s:"']{1,80}:
    | sshpass\s+-p\s?["']?
    | docker\s+login\b[^\n]{0,200}?\s-p[ =]?["']?)
    (?P<bare>[^\s"']{3,200})""",
    re.VERBOSE,
)
_HEADER = re.compile(
    r"""(?:authorization|x-api-key|api-key|private-token|x-auth-token|x-vault-token|proxy-authorization)
    (?:\\?["'])?\s{0,3}[:=]\s{0,3}(?:\\?["'])?(?P<scheme>(?:basic|bearer|token|digest|apikey|negotiate|bot|splunk|key)\s{1,3})?
    (?P<bare>[^\s"'\\,]{6,8000})""",
    re.IGNORECASE | re.VERBOSE,
)
_BEARER = re.compile(r"\b(?:bearer|basic)\s{1,3}(?P<bare>[A-Za-z0-9._~+/=-]{16,8000})", re.IGNORECASE)
_URL_PASSWORD = re.compile(
    r"://(?P<user>(?!\[redacted)[^\s:/@\"'<>]{0,128}):(?P<bare>[^\s/\"'<>]{1,512})@(?=[\w.\[*$-])"
)
_URL_TOKEN = re.compile(r"://(?P<bare>[^\s:/@\"'<>]{16,512})@(?=[\w.\[-])")
_KEY_BEGIN = re.compile(r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----")
_KEY_END = re.compile(r"-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----")
_KEY_TEXT = re.compile(r"[A-Za-z0-9+/=]{8,}")
_KEY_BODY = re.compile(r"^(?P<before>(?:.{0,80}[\s|>])?)(?P<s>[A-Za-z0-9+/]{60,76}={0,2})\s*$")
_KEY_REST = re.compile(r"^(?P<before>(?:.{0,80}[\s|>])?)(?P<s>[A-Za-z0-9+/]{4,76}={0,2})\s*$")
_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,5}")

_IDENTIFIER = re.compile(r"[A-Za-z_]+(?:[.:_/-]{1,2}[A-Za-z_]+)*[\])}.:?!|\\]*$|[A-Za-z_][\w.]*\(")
_PLACEHOLDER = re.compile(
    r"[*xX.•#-]+$|.*\*\*\*|\$[\w{(]|%\w+%|%[a-z]$|<|\[\w+\]$|\{\{|@@|\[redacted:|\[REDACTED|\(?(?:null|none|nil|undefined|true|false|empty|unset|required)\b",
    re.IGNORECASE,
)
_PATH = re.compile(
    r"(?:~?/(?:home|usr|var|opt|tmp|etc|root|Users|runner|github|private|mnt|workspace|builds|__w)/|[A-Za-z]:[\\/]|\.{1,2}[\\/])"
)
_HASH = re.compile(r"sha(?:1|256|384|512)[:-]", re.IGNORECASE)


# A run may hold a path before its last part, and have no padding. What base64 hides is looked for once, not in itself.
_BASE64 = re.compile(r"(?<![\w+/-])[\w+/-]{20,}={0,2}(?![\w+/-])", re.ASCII)
_UNSHOWN = re.compile(
    "\x1b\\[[0-?]*[ -/]*[@-~]|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]"
)


def redact(text: str, *, emails: bool = False) -> str:
    """The text with every secret that coo knows the shape of replaced by `[redacted:<kind>]`.

    The number of lines stays the same. `emails`: hide e-mail addresses too.
    """
    hidden = _BASE64.sub(_hide_base64, _redact(text, emails))
    if _UNSHOWN.search(text):
        # Whatever shows the text leaves these characters out, which would join the halves of a secret again.
        bare = redact(_UNSHOWN.sub("", text), emails=emails)
        if count_redactions(bare) > count_redactions(hidden):
            return bare
    return hidden


def _redact(text: str, emails: bool) -> str:
    if "PRIVATE KEY" in text:
        text = _hide_key_blocks(text)
    for shape in [shape for word, shape in _BY_WORD if word in text]:
        text = _hide_shape(text, shape)
    if "://" in text and "@" in text:
        text = _URL_PASSWORD.sub(lambda m: _swap(m, "url-password", _looks_set(m["bare"])), text)
        text = _URL_TOKEN.sub(lambda m: _swap(m, "url-token", _looks_random(m["bare"])), text)
    low = text.lower()
    if [word for word in _KEY_WORDS if word in low]:
        text = _hide_assigned(text)
    if "bearer" in low or "basic" in low:
        text = _BEARER.sub(lambda m: _swap(m, "authorization", _looks_random(m["bare"])), text)
    if "curl" in low or "sshpass" in low or "docker" in low:
        text = _USER_PASS.sub(lambda m: _swap(m, "password", _looks_set(m["bare"])), text)
    if len(text) >= 60:
        text = _hide_key_bodies(text)
    if emails and "@" in text:
        text = _EMAIL.sub(f"{MARK}email]", text)
    return text


def count_redactions(text: str) -> int:
    """How many replacements stand in a redacted text."""
    return text.count(MARK)


def _swap(match: re.Match[str], kind: str, hide: bool, group: str = "bare") -> str:
    """The match with one group hidden, or as it was."""
    whole = match[0]
    if not hide:
        return whole
    start, stop = match.start(group) - match.start(), match.end(group) - match.start()
    return f"{whole[:start]}{MARK}{kind}]{whole[stop:]}"


def _hide_shape(text: str, shape: Shape) -> str:
    def replace(match: re.Match[str]) -> str:
        group = "s" if "s" in shape.pattern.groupindex else 0
        found = match[group]
        if found.startswith(MARK) or _PLACEHOLDER.match(found) or (shape.guess and not _looks_random(found)):
            return match[0]
        return _swap(match, shape.kind, True, "s") if group else f"{MARK}{shape.kind}]"

    return shape.pattern.sub(replace, text)


def _hide_base64(match: re.Match[str]) -> str:
    """Base64 in either alphabet hidden, when what it says holds a secret."""
    for run in dict.fromkeys((match[0], match[0].rpartition("/")[2])):
        said = _decoded(run)
        if said and _redact(said, False) != said:
            return f"{match[0].removesuffix(run)}{MARK}base64]"
    return match[0]


def _decoded(run: str) -> str:
    """What base64 says, if that is text (also in UTF-16, as PowerShell has it); else nothing."""
    run = run.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        if not _is_text(base64.b64decode(run[:16])):
            return ""
        data = base64.b64decode(run[: len(run) - (len(run) % 4 == 1)] + "==")
    except ValueError:
        return ""
    return data.replace(b"\0", b"").decode("ascii") if _is_text(data) else ""


def _is_text(data: bytes) -> bool:
    return all(32 <= byte < 127 or byte in (0, 9, 10, 13) for byte in data)


def _hide_assigned(text: str) -> str:
    """Values after `token=`, `password:`, `--secret`, `Authorization:` and the like."""
    text = _HEADER.sub(lambda m: _swap(m, "authorization", _header_value(m)), text)
    for pattern in (_ASSIGNED, _OPTION):
        text = pattern.sub(_hide_value, text)
    return text


def _header_value(match: re.Match[str]) -> bool:
    value = match["bare"]
    return _looks_set(value) and (match["scheme"] is not None or _looks_random(value))


def _hide_value(match: re.Match[str]) -> str:
    group = "quoted" if match["quoted"] is not None else "bare"
    value = match[group]
    password = match["pass"] is not None
    if not _looks_set(value):
        return match[0]
    named_loudly = match["name"].isupper() and match.groupdict().get("op") == "="
    if password and ((group == "quoted" and " " not in value) or named_loudly or not _IDENTIFIER.match(value)):
        hide = "://" not in value
    else:
        hide = _looks_random(value)
    return _swap(match, "password" if password else "secret", hide, group)


def _looks_set(value: str) -> bool:
    """Not empty, masked, a variable or a placeholder."""
    return not _PLACEHOLDER.match(value)


def _looks_random(value: str) -> bool:
    """Whether a value after a telling name reads like a generated secret rather than words."""
    if len(value) < 8 or not _looks_set(value) or "://" in value or _HASH.match(value) or _PATH.match(value):
        return False
    if _IDENTIFIER.match(value) and not (value.isalpha() and len(value) >= 20 and _entropy(value) >= 4.1):
        return False
    digits = sum(c.isdigit() for c in value)
    if digits == 0 and (value.islower() or value.isupper()):
        return False
    if digits == len(value) or any(c in value for c in "(){} "):
        return False
    return _entropy(value) >= (3.0 if len(value) >= 16 else 2.7)


def _entropy(value: str) -> float:
    """Shannon entropy in bits a character."""
    total = len(value)
    return -sum(n / total * math.log2(n / total) for n in Counter(value).values())


def _hide_key_blocks(text: str) -> str:
    """The base64 text of private key blocks, line by line; blocks that never end stop at the first other line."""
    out, inside = [], False
    for line in text.split("\n"):
        begin = None if inside else _KEY_BEGIN.search(line)
        if begin:
            end = _KEY_END.search(line, begin.end())
            rest = line[begin.end() : end.start() if end else len(line)]
            tail = line[end.start() :] if end else ""
            hidden = f"{MARK}private-key]" if len(rest.strip("\"', ")) >= 8 and MARK not in rest else rest
            line, inside = line[: begin.end()] + hidden + tail, end is None
        elif inside:
            end = _KEY_END.search(line)
            inside = end is None and (bool(_KEY_TEXT.search(line)) or not line.strip() or MARK in line or ":" in line)
            cut = end.start() if end else len(line)
            if MARK not in line:
                line = _KEY_TEXT.sub(f"{MARK}private-key]", line[:cut]) + line[cut:]
        out.append(line)
    return "\n".join(out)


def _hide_key_bodies(text: str) -> str:
    """Lone lines of a key block: one full base64 line, and the shorter one that ends it."""
    if not any(60 <= len(line) <= 170 for line in text.split("\n")):
        return text
    out, after = [], False
    for line in text.split("\n"):
        found = _KEY_BODY.match(line) if 60 <= len(line) <= 170 else None
        if found is None and after and len(line) <= 170:
            found = _KEY_REST.match(line)
        body = found is not None and (after or _is_key_body(found["s"]))
        if found is not None and body:
            line = f"{found['before']}{MARK}private-key]"
        out.append(line)
        after = body
    return "\n".join(out)


def _is_key_body(value: str) -> bool:
    """Base64 of random bytes: all three classes of characters, no hash, no words."""
    if re.fullmatch(r"[0-9a-fA-F]+", value) or value.count("/") > 6:
        return False
    classes = any(c.isdigit() for c in value), any(c.islower() for c in value), any(c.isupper() for c in value)
    return all(classes) and _entropy(value) >= 4.6
