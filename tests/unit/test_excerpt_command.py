"""What `coo excerpt` prints where a runner reads its output."""

from __future__ import annotations

from pathlib import Path

import pytest

from coo.cli.main import run

LOG = "\n".join(
    ["##[group]Run make", "make", "##[endgroup]", "::set-output name=x::y", "##[error]it broke \x1b[31mbadly"]
)


def test_a_runner_finds_no_command_in_an_excerpt(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "x.log"
    path.write_text(LOG)
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    assert run(["excerpt", str(path)]) == 0
    shown = capsys.readouterr().out
    assert "it broke badly" in shown
    assert "##[" not in shown
    assert not any(line.lstrip().startswith("::") for line in shown.splitlines())


def test_elsewhere_the_lines_are_the_logs_own(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "x.log"
    path.write_text(LOG)
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    assert run(["excerpt", str(path)]) == 0
    shown = capsys.readouterr().out
    assert "##[error]it broke badly" in shown
    assert "\x1b" not in shown
