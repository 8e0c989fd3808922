"""Logs that are none, or that were made to hurt: each is refused in words, or read; none ends in a traceback."""

from __future__ import annotations

import gzip
import io
import json
import os
import random
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from coo.adapters import files
from tests.cli.conftest import NPM, Coo, bundled


def zipped(name: str = "0_build.txt", data: bytes = NPM * 50) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, data)
    return out.getvalue()


REFUSED = {
    "empty": ("empty-log", b""),
    "white": ("empty-log", b"\n \r\n\t\n"),
    "returns": ("empty-log", b"\r" * 1_000_000),
    "nuls": ("empty-log", b"\x00" * 1_000_000),
    "mostly-nuls": ("binary-input", b"a" + b"\x00" * 1_000_000 + b"b"),
    "random": ("binary-input", random.Random(1).randbytes(5000)),
    "program": ("binary-input", b"\x7fELF\x02\x01\x01" + b"a" * 500),
    "cut-zip": ("broken-zip", zipped()[:-40]),
    "zip-of-other": ("no-logs", zipped("setup.py")),
    "zip-bomb": ("zip-bomb", zipped(data=b"\x00" * 20_000_000)),
    "cut-gzip": ("truncated-gzip", gzip.compress(random.Random(2).randbytes(3000).hex().encode())[:-200]),
    "broken-gzip": ("broken-gzip", b"\x1f\x8b" + b"junk" * 40),
    "gzip-bomb": ("gzip-bomb", gzip.compress(b"a" * 30_000_000)),
}


@pytest.mark.parametrize("case", REFUSED)
@pytest.mark.parametrize("command", ["classify", "excerpt"])
def test_what_is_no_log_is_refused_in_words(coo: Coo, command: str, case: str) -> None:
    code, data = REFUSED[case]
    Path("given.log").write_bytes(data)
    done = coo(command, "given.log").refused(2, code)
    assert "given.log" in done.err
    assert done.out == "", "the one error is not told twice"


READ = {
    "one-line-of-50-mb": b"x" * 50_000_000,
    "a-million-returns": b"a\r" * 1_000_000,
    "no-newline": b"npm error code ERESOLVE",
    "invalid-utf-8": b"caf\xe9 \xc3\x28\nnpm error code ERESOLVE \x80\n",
    "nuls-between": b"n\x00pm err\x00or code ERESOLVE\n" + b"fine\n" * 100,
    "utf-16": "\ufeffnpm error code ERESOLVE\r\n".encode("utf-16-le"),
    "controls": b"\x1b[31mnpm error code ERESOLVE\x1b[0m\x1b]0;title\x07\n" * 9,
    "gzip": gzip.compress(NPM),
    "zip": zipped(),
}


@pytest.mark.parametrize("case", READ)
def test_what_is_strange_is_read_all_the_same(coo: Coo, case: str) -> None:
    Path("given.log").write_bytes(READ[case])
    done = coo("classify", "given.log", "--format", "jsonl").harmless()
    assert (done.code, done.err) == (0, "")
    found = json.loads(done.out)
    assert found["bytes"] == len(READ[case])
    if case in ("one-line-of-50-mb", "a-million-returns"):
        assert found["lines"] == 1
        assert [note["code"] for note in found["notes"]] == ["long-lines-capped"]
    else:
        assert found["classification"]["rule_id"] == "npm-eresolve"
    Path("given.log").write_bytes(READ[case][-1_000_000:])
    assert coo("classify", "given.log").harmless().code == 0


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("missing.log", "no-such-file"),
        ("", "no-such-file"),
        ("leads-nowhere", "no-such-file"),
        ("loop", "no-such-file"),
        ("fifo", "not-a-file"),
        ("/dev/zero", "not-a-file"),
        ("x" * 5000, "unreadable"),
        ("a\x00b", "no-such-file"),
        ("without-logs", "no-logs"),
    ],
)
def test_a_path_that_is_no_log(coo: Coo, path: str, code: str) -> None:
    Path("leads-nowhere").symlink_to("missing")
    Path("loop").symlink_to("loop")
    os.mkfifo("fifo")
    Path("without-logs").mkdir()
    Path("without-logs/README.md").write_text("hello")
    coo("classify", path).refused(2, code)
    if code != "no-logs":
        coo("excerpt", path).refused(2, code)


def test_an_empty_path_does_not_mean_the_current_folder(coo: Coo) -> None:
    Path("secret.log").write_bytes(NPM)
    assert "secret.log" not in coo("classify", "").refused(2, "no-such-file").err


def test_a_folder_is_read_without_links_devices_and_loops_and_says_so(coo: Coo) -> None:
    Path("logs/deep").mkdir(parents=True)
    Path("logs/deep/good.LOG").write_bytes(NPM)
    Path("logs/again").symlink_to("../logs")
    Path("logs/device.log").symlink_to("/dev/zero")
    os.mkfifo("logs/fifo.log")
    done = coo("classify", "logs", "--format", "jsonl").harmless()
    assert done.code == 0
    assert [json.loads(line)["log"] for line in done.out.splitlines()] == ["logs/deep/good.LOG"]
    for name in ("device.log", "fifo.log"):
        assert f"note: passed over logs/{name}: a link, or not a regular file" in done.err
    assert coo("classify", "logs", "--quiet").err == ""


def test_a_folder_of_too_many_logs_says_how_many_are_read(coo: Coo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MAX_FILES", 2)
    Path("logs").mkdir()
    for name in "cab":
        Path(f"logs/{name}.log").write_bytes(NPM)
    done = coo("classify", "logs", "--format", "jsonl")
    assert [json.loads(line)["log"] for line in done.out.splitlines()] == ["logs/a.log", "logs/b.log"]
    assert "note: logs holds 3 logs: only the first 2 are read" in done.err


@contextmanager
def without_privileges() -> Iterator[None]:
    """As a user to whom permissions apply, also where the tests run as root."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


def test_what_may_not_be_read(coo: Coo, world: Path) -> None:
    Path("logs/closed").mkdir(parents=True)
    Path("logs/a.log").write_bytes(NPM)
    Path("logs/b.log").write_bytes(NPM)
    Path("logs/closed/c.log").write_bytes(NPM)
    coo("classify", "logs", "missing", "--format", "jsonl")  # whatever is imported on the way is imported now
    bundled()
    world.chmod(0o755)
    Path("logs/b.log").chmod(0)
    Path("logs/closed").chmod(0)
    try:
        with without_privileges():
            done = coo("classify", "logs", "--format", "jsonl")
    finally:
        Path("logs/closed").chmod(0o755)
    done.refused(2, "unreadable")
    told = [json.loads(line) for line in done.out.splitlines()]
    assert [one["log"] for one in told] == ["logs/a.log", "logs/b.log", "logs/closed"]
    assert ["error" in one for one in told] == [False, True, True]
    assert done.err.count("Permission denied") == 2


def test_no_input_at_all(coo: Coo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", None)
    for args in (["classify"], ["classify", "-"], ["excerpt"], ["excerpt", "-"]):
        coo(*args).refused(2, "no-input")
