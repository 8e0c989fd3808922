#!/usr/bin/env python3
"""Runs every check of the project in an environment of its own (.venv). Standard library only; Python 3.11+.

usage: python3 .ci/check.py [--fast] [NAME ...]

NAME: lint, format, types, imports, lock, wheel, tests (all by default). --fast leaves out wheel and lock.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = BIN / ("python.exe" if os.name == "nt" else "python")
LOCK = ROOT / "requirements-dev.lock"


def run(*command: str | Path, cwd: Path = ROOT, env: dict[str, str] | None = None) -> None:
    """Run a command and stop with its exit code when it fails."""
    done = subprocess.run([str(part) for part in command], cwd=cwd, env=env, check=False)
    if done.returncode:
        raise SystemExit(done.returncode)


def set_up() -> None:
    """Make .venv with the locked tools and an editable coo; does nothing when it is up to date."""
    if sys.version_info < (3, 11):  # noqa: UP036  # said in words to a reader with an older Python
        raise SystemExit(f"coo needs Python 3.11 or newer; this is {sys.version.split()[0]}")
    stamp = VENV / ".coo-installed"
    want = hashlib.sha256(LOCK.read_bytes() + (ROOT / "pyproject.toml").read_bytes()).hexdigest()
    if PYTHON.exists() and stamp.exists() and stamp.read_text() == want:
        return
    print("setting up .venv ...", flush=True)
    if not PYTHON.exists():
        try:
            venv.create(VENV, with_pip=True)
        except subprocess.CalledProcessError:
            raise SystemExit("python3 cannot make a virtual environment; on Debian: apt install python3-venv") from None
    pip = (PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
    run(*pip, "--require-hashes", "-r", LOCK)
    run(*pip, "--no-deps", "--no-build-isolation", "-e", ROOT)
    stamp.write_text(want)


def lint() -> None:
    """Look for faults that a linter can see."""
    run(PYTHON, "-m", "ruff", "check", ".")


def formatting() -> None:
    """Check the formatting."""
    run(PYTHON, "-m", "ruff", "format", "--check", ".")


def types() -> None:
    """Check the types, strictly."""
    run(PYTHON, "-m", "mypy")


def imports() -> None:
    """Check that imports go one way."""
    run(BIN / "lint-imports", "--no-cache")


def lock() -> None:
    """Check that the lock files hold what pyproject.toml asks for."""
    for path in (ROOT / "requirements.lock", LOCK):
        text = path.read_text()
        if "://" in text or "--index" in text:
            raise SystemExit(f"{path.name}: a lock file holds hashes, and no addresses")
    run(PYTHON, "-m", "pip", "check", "--disable-pip-version-check")
    run(PYTHON, ROOT / ".ci" / "locked.py")


def tests() -> None:
    """Run the tests."""
    run(PYTHON, "-m", "pytest", "-q", "-n", os.environ.get("COO_TEST_PROCESSES", "2"))


def wheel() -> None:
    """Build a wheel, install it alone, and use it from an empty folder."""
    with tempfile.TemporaryDirectory() as tmp:
        empty = Path(tmp) / "empty"
        empty.mkdir()
        pip = (PYTHON, "-m", "pip", "--disable-pip-version-check", "--quiet")
        run(*pip, "wheel", "--no-deps", "--no-build-isolation", "-w", tmp, ROOT)
        made = next(Path(tmp).glob("coo-*.whl"))
        run(*pip, "install", "--no-deps", "--target", Path(tmp) / "site", made)
        env = {**os.environ, "PYTHONPATH": str(Path(tmp) / "site"), "PYTHONSAFEPATH": "1"}
        saved = str(ROOT / "fixtures/runs/push-rejected")
        for command in (["rules", "check"], ["playbook", "check"], ["triage", saved]):
            run(PYTHON, ROOT / ".ci" / "from_wheel.py", Path(tmp) / "site", *command, cwd=empty, env=env)


CHECKS: dict[str, Callable[[], None]] = {
    "lint": lint,
    "format": formatting,
    "types": types,
    "imports": imports,
    "lock": lock,
    "wheel": wheel,
    "tests": tests,
}


def main(arguments: list[str]) -> int:
    """Run the named checks, or all of them."""
    names = [name for name in arguments if not name.startswith("-")]
    if unknown := [name for name in names if name not in CHECKS]:
        print(f"no such check: {', '.join(unknown)}; there are {', '.join(CHECKS)}", file=sys.stderr)
        return 2
    if not names:
        names = [name for name in CHECKS if "--fast" not in arguments or name not in ("wheel", "lock")]
    set_up()
    for name in names:
        started = time.monotonic()
        print(f"== {name}", flush=True)
        CHECKS[name]()
        print(f"== {name}: ok ({time.monotonic() - started:.0f} s)", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
