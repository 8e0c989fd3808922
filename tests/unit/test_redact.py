"""Secrets never leave; ordinary text does."""

from __future__ import annotations

import base64

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from coo.core.redact import MARK, count_redactions, redact

# Written in two halves so that no scanner takes the fakes of this file for leaks.
HEX = "0123456789abcdef"
MIX = "aB3dE6gH9jK2mN5pQ8sT1vW4yZ7cF0xR"


@pytest.mark.parametrize(
    ("line", "secret"),
    [
        *((f"git push with {prefix}", f"gh{kind}_" + MIX + "abcd") for kind in "pousr" for prefix in ("", "\\n", "'")),
        ("fine-grained ", "github_" + "pat_11ABCDEFG0" + MIX * 2),
        ("CI ", "glpat" + "-" + MIX[:20]),
        ("key ", "AKIA" + "IOSFODNN7EXAMPLE"),
        ("key ", "ASIA" + "IOSFODNN7EXAMPLE"),
        ("aws_secret_access_key = ", "wJalrXUtnFEMI/K7MDENG/" + "bPxRfiCYEXAMPLEKEY"),
        ('"SecretAccessKey": "', "wJalrXUtnFEMI/K7MDENG/" + "bPxRfiCYEXAMPLEKEY"),
        ("maps ", "AIza" + "SyA-1234567890abcdefghijklmnopqrstu"),
        ("client ", "GOCSPX" + "-" + MIX[:28]),
        ("azure ", "abc8Q~" + MIX + "ab"),
        (
            "AccountName=x;AccountKey=",
            "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IF" + "K1SZFPTOtr==",
        ),
        ("npm ", "npm" + "_" + MIX + "abcd"),
        ("twine ", "pypi" + "-AgEIcHlwaS5vcmc" + MIX),
        ("slack ", "xoxb" + "-123456789012-1234567890123-" + MIX[:24]),
        ("curl https://hooks.slack.com/", "services/T0000" + "0000/B00000000/" + MIX[:24]),
        ("stripe ", "sk_" + "live_" + MIX[:24]),
        ("mail ", "SG" + "." + MIX[:22] + "." + MIX),
        ("twilio ", "SK" + HEX * 2),
        ("openai ", "sk" + "-proj-" + MIX * 2),
        ("openai ", "sk" + "-" + MIX),
        ("anthropic ", "sk" + "-ant-api03-" + MIX),
        ("hub ", "hf" + "_" + MIX + "ab"),
        ("do ", "dop" + "_v1_" + HEX * 4),
        ("docker ", "dckr" + "_pat_" + MIX[:27]),
        ("jwt ", "eyJhbGciOiJIUzI1NiJ9" + ".eyJzdWIiOiIxMjM0In0." + MIX),
        ("Authorization: Basic ", "dXNlcjpwYXNz" + "d29yZA=="),
        ("authorization: bearer ", "abcdefgh" + "12345678"),
        ("-H 'Authorization: token ", HEX + HEX + "01234567"),
        ("http.extraheader=AUTHORIZATION: basic ", "eC1hY2Nlc3MtdG9rZW46" + "Z2hzX2FiY2RlZg=="),
        ("base64 of a header: ", "QXV0aG9yaXphdGlvbjogQmFzaWMg" + "ZFhObGNqcHdZWE56"),
        ("cloning https://user:", "hunter2"),
        ("postgres://app:", "p@ss:w0rd"),
        ("cloning https://", MIX),
        ("Server=x;Uid=sa;Password=", "Passw0rd!"),
        ("POSTGRES_PASSWORD=", "postgres"),
        ("DB_PASS=", "foo123"),
        ("password: ", "hunter22"),
        ('password = "', "correct-horse"),
        ("token=", HEX + "01"),
        ("api_key: ", MIX),
        ("apiKey='", MIX),
        ("CLIENT_SECRET=", MIX),
        ("tool --token ", MIX),
        ("tool --password=", "Tr0ub4dor&3"[:9]),
        ("curl -u admin:", "s3cret99"),
        ("docker login -u me -p ", "s3cret99"),
        ("//registry.example/:_authToken=", "1234abcd-12ab-34cd-56ef-1234567890ab"),
        ('"auth": "', "dXNlcjpwYXNz" + "d29yZA=="),
        ("https://blob.example/a?sv=1&sig=", "Zksvncna1234567890abcdefg%3D"),
        ("::add-mask::", "whatever it is"),
        ("-----BEGIN RSA PRIVATE KEY-----\\n", "MIIEpAIBAAKCAQEA1\\nabcd"),
        ("LS0tLS1CRUdJTi", "BSU0EgUFJJVkFURSBLRVktLS0tLQ=="),
    ],
)
def test_secret_is_hidden(line: str, secret: str) -> None:
    """Not a part of it stays that could be used."""
    ending = {"://": "@host.example/x"}.get(line[line.find("://") : line.find("://") + 3], "")
    closing = '"' if line.endswith('"') else "'" if line.endswith("'") else ""
    out = redact(line + secret + (ending or closing) + " rest of the line")
    assert secret not in out
    assert secret[len(secret) // 2 :] not in out
    assert MARK in out
    assert out.endswith(" rest of the line") or line.startswith(("::add-mask", "-----BEGIN"))
    assert redact(out) == out


@pytest.mark.parametrize(
    "text",
    [
        "HEAD is now at 1234567890abcdef1234567890abcdef12345678 Fix the token refresh",
        "run id 123e4567-e89b-12d3-a456-426614174000",
        "sha256:" + HEX * 4,
        "Digest: sha256:" + HEX * 4,
        "integrity sha512-vM2p1uF0y0y1u1Dg5uZ5sVY8mXo8n4wV1aA0vX0x9cJx0bq6w9mH0yqkJwLqfX5sK1n0n7m8o9p0q1r2s3t4u==",
        HEX * 4,
        "AUTHORIZATION: basic ***",
        "https://x-access-token:***@github.com/acme/shop",
        "https://host.example:8443/a/b@2x.png",
        "git@github.com:acme/shop.git",
        "ssh://git@github.com/acme/shop",
        "token: ***",
        "token: ${{ secrets.GITHUB_TOKEN }}",
        "export TOKEN=$TOKEN PASSWORD=${PASSWORD}",
        "password: string",
        "password: must be at least 8 characters",
        "const token = process.env.API_TOKEN",
        "login(user, password=self.password)",
        "password = getpass.getpass()",
        "max_tokens=4096 prompt_tokens: 1234",
        "tokenizer=bert-base-uncased2",
        "SyntaxError: Unexpected token '}' at line 12",
        "remote: Permission denied to github-actions[bot]",
        "error: secret: permission denied",
        "risk-assessment-of-a-long-name-1234567890 disk-usage-of-the-machine-1234567",
        "Cache key: Linux-npm-" + HEX * 4,
        "--extern match_token=/home/runner/work/a/target/debug/deps/libmatch_token-0b071c.rmeta",
        "hasToken: \x1b[33mtrue\x1b[39m, TEST_PASSWORD=\x1b[0m",
        "+ basic-auth-middleware-for-everyone@1.2.3",
        "-----BEGIN CERTIFICATE-----",
        "FAILED tests/test_auth.py::test_token_is_refreshed_when_it_expires - AssertionError",
    ],
)
def test_ordinary_text_is_left_alone(text: str) -> None:
    """Hashes, masks, variables and prose stay readable."""
    assert redact(text) == text


KEY = "MIIEpAIBAAKCAQEA1c3Xk9vZ0tYw8uQpLr7mNjHs2gFbVd4eKxTz6iOyPqWnRuAl\n" * 3


def test_key_block_is_hidden_line_by_line() -> None:
    """The block's frame and the number of lines stay."""
    text = f"before\n-----BEGIN OPENSSH PRIVATE KEY-----\n{KEY}abcdEFGH1234==\n-----END OPENSSH PRIVATE KEY-----\nafter"
    out = redact(text)
    assert "MIIE" not in out and "abcdEFGH" not in out
    assert out.count("\n") == text.count("\n")
    assert out.startswith("before\n-----BEGIN") and out.endswith("-----\nafter")
    assert redact(out) == out


def test_key_block_without_end_stops_at_prose() -> None:
    """What follows a cut-off block is not eaten."""
    out = redact(f"-----BEGIN PRIVATE KEY-----\n{KEY}the build failed")
    assert "MIIE" not in out and out.endswith("the build failed")


@pytest.mark.parametrize("prefix", ["", "  ", "412 | ", "job\tstep\t2026-01-01T00:00:00.0000000Z "])
def test_lone_line_of_a_key_is_hidden(prefix: str) -> None:
    """Also without its frame, behind any prefix, and with the short line that ends it."""
    out = redact("\n".join(prefix + line for line in [*KEY.splitlines(), "abcdEFGH1234=="]))
    assert out.splitlines() == [f"{prefix}{MARK}private-key]"] * 4


TOKEN = "gh" + "p_" + MIX + "abcd"


@pytest.mark.parametrize("said", [TOKEN, f"//registry.example/:_authToken={TOKEN}", "password=" + MIX[:12]])
@pytest.mark.parametrize("before", ["", "data: ", "x=", "https://host.example/", "'"])
def test_base64_of_a_secret_is_hidden(said: str, before: str) -> None:
    for bare in (said.encode(), said.encode("utf-16-le"), f"a {said}".encode()):
        for run in (base64.b64encode(bare).decode(), base64.urlsafe_b64encode(bare).decode().rstrip("=")):
            assert redact(f"{before}{run} end") == f"{before}{MARK}base64] end"


@pytest.mark.parametrize("said", ["hello, this is a text of some length", '{"version":3,"sources":["a.js"]}'])
def test_base64_of_words_stays(said: str) -> None:
    run = base64.b64encode(said.encode()).decode()
    assert redact(f"data {run}") == f"data {run}"


@pytest.mark.parametrize("cut", ["\u200b", "\u00ad", "\ufeff", "\x1b[31m", "\x00", "\x9b", "\u202e"])
def test_a_secret_that_is_joined_when_shown_is_hidden(cut: str) -> None:
    assert TOKEN[3:] not in redact(f"a{cut}b {TOKEN[:2]}{cut}{TOKEN[2:]}")
    assert redact(f"a{cut}b") == f"a{cut}b"


def test_emails_only_when_asked() -> None:
    """An option, off."""
    text = "Author: Ann <ann.b+c@mail.example>"
    assert redact(text) == text
    assert redact(text, emails=True) == "Author: Ann <[redacted:email]>"


def test_count() -> None:
    """Each replacement counts."""
    assert count_redactions(redact("token=" + HEX + "\npassword: hunter22 done")) == 2


FRAGMENTS = st.sampled_from([
    "token", "=", ": ", "password", "://", "@", ":", "user", MARK + "x]", "ghp_" + MIX, '"', "'", "\n", "a1B2c3D4e5",
    " ", "Bearer ", "Authorization", "--", "-----BEGIN PRIVATE KEY-----", "-----END PRIVATE KEY-----", "api_key",
    MIX * 2, "\\n", "sig=", "&", "curl -u ", "eyJ", ".", "_", "-",
])  # fmt: skip


@given(st.lists(FRAGMENTS, max_size=12).map("".join))
@example("token=token=" + MIX)
def test_twice_is_once_and_lines_stay(text: str) -> None:
    """Redacting again changes nothing; lines are neither lost nor added."""
    once = redact(text)
    assert redact(once) == once
    assert once.count("\n") == text.count("\n")
    assert "ghp_" + MIX not in once
