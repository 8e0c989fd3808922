"""`python -m coo`: the same program as `coo`."""

from __future__ import annotations

from coo.cli.main import main

if __name__ == "__main__":
    main()
