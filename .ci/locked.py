"""Checks that every requirement of pyproject.toml is locked, and that what is locked satisfies it."""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
PIN = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^ ;\\]+)", re.MULTILINE)


def main() -> int:
    """Print each requirement that a lock file does not satisfy."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    runtime = project["project"]["dependencies"]
    dev = [*runtime, *project["project"]["optional-dependencies"]["dev"], *project["build-system"]["requires"]]
    wrong = 0
    for name, wanted in (("requirements.lock", runtime), ("requirements-dev.lock", dev)):
        pins = {canonicalize_name(key): value for key, value in PIN.findall((ROOT / name).read_text())}
        for text in wanted:
            need = Requirement(text)
            have = pins.get(canonicalize_name(need.name))
            if have is None or not need.specifier.contains(have, prereleases=True):
                print(f"{name}: {text} is not satisfied (locked: {have}); see CONTRIBUTING.md on how to lock again")
                wrong += 1
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
