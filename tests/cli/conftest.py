"""The command line: `coo` in this process, `program` as a process of its own; each in an empty folder."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from coo.cli import classify, common, main, triage
from coo.core.engine import Engine

ROOT = Path(__file__).resolve().parents[2]
OURS = re.compile(r"(?i)GITHUB_|OPENAI_|COO_|NO_COLOR|FORCE_COLOR|COLUMNS|TERM$|PYTHONIOENCODING|LC_|LANG|.*_proxy$")
NPM = b"make\nnpm error code ERESOLVE\nnpm error ERESOLVE unable to resolve dependency tree\n"
"""A log that one rule recognises."""


@dataclass(frozen=True)
class Done:
    """What a command did."""

    code: int
    out: str
    err: str

    def refused(self, code: int, name: str) -> Done:
        """It ended with the code, and standard error says why and what to do next, and nothing unreadable."""
        assert self.code == code, self
        assert re.search(rf"^(?:\S.*: )?error\[{name}\]: \S", self.err, re.M), self.err
        assert re.search(r"^  help: \S", self.err, re.M), self.err
        self.harmless()
        return self

    def harmless(self) -> Done:
        """Neither stream holds a traceback, a control character or a command for a runner."""
        for text in (self.out, self.err):
            assert "Traceback" not in text and 'File "' not in text, text
            assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]", text), ascii(text)
            assert not re.search(r"^\s*::(?!error |warning |notice |group|endgroup)", text, re.M), text
            assert "##[" not in text, text
        return self


Coo = Callable[..., Done]


@cache
def bundled() -> Engine:
    """The bundled catalogue, loaded once."""
    return REAL(None)


REAL = common.make_engine


@pytest.fixture(autouse=True)
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in, no variable that coo reads, and the bundled rules loaded once for all tests."""
    for name in [name for name in os.environ if OURS.match(name)]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("COO_LEDGER_URL", "none")

    def make_engine(extra: Sequence[Path] | None) -> Engine:
        return REAL(extra) if extra else bundled()

    for module in (common, classify, triage):
        monkeypatch.setattr(module, "make_engine", make_engine)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def coo(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Coo:
    """Run a command line in this process; keywords are variables of the environment."""

    def run(*args: object, **env: str) -> Done:
        for name, value in env.items():
            monkeypatch.setenv(name, value)
        capsys.readouterr()
        code = main.run([str(arg) for arg in args])
        out, err = capsys.readouterr()
        return Done(code, out, err)

    return run


def environment(**env: str) -> dict[str, str]:
    """The environment of a process: what is not coo's own, and what is given."""
    here = {name: value for name, value in os.environ.items() if not OURS.match(name)}
    return {"COO_LEDGER_URL": "none"} | here | env


def program(*args: object, input: bytes | None = b"", python: Sequence[str] = (), **env: str) -> Done:
    """Run the program itself. `input`: what is piped in; `python`: options of the interpreter."""
    command = [sys.executable, *python, "-m", "coo", *map(str, args)]
    done = subprocess.run(command, input=input, capture_output=True, env=environment(**env), timeout=60)
    return Done(done.returncode, done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace"))


def start(*args: object, **options: Any) -> subprocess.Popen[bytes]:
    """Start the program; `options` are those of `Popen`."""
    options = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | options
    return subprocess.Popen([sys.executable, "-m", "coo", *map(str, args)], env=environment(), **options)
