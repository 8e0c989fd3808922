"""Runs coo from a folder into which its wheel was installed, and refuses to run any other copy.

usage: from_wheel.py SITE ARGUMENT ...
"""

from __future__ import annotations

import sys
from pathlib import Path

site = Path(sys.argv[1]).resolve()
sys.path.insert(0, str(site))

from coo.cli import main as cli  # noqa: E402

if site not in Path(cli.__file__).resolve().parents:
    raise SystemExit(f"not the wheel's coo: {cli.__file__}")
raise SystemExit(cli.run(sys.argv[2:]))
