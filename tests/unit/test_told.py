"""What is written to GitHub hides secrets, and nothing there is made any other way."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from coo.core import told
from coo.core.redact import MARK

SECRET = "gh" + "p_" + "aB3dE6gH9jK2mN5pQ8sT1vW4yZ7cF0xRabcd"
MARKDOWN = {"markdown_inline", "neutralise_markdown", "code_span", "code_block", "markdown_link"}
ACTIONS = Path(told.__file__).parents[1] / "actions"


@pytest.mark.parametrize(
    "shown",
    [
        told.markdown_inline(f"a {SECRET}"),
        told.code_span(f"a {SECRET}"),
        told.code_block(f"a\n{SECRET}"),
        told.markdown_link(f"a {SECRET}", "https://github.example/x"),
    ],
)
def test_a_secret_is_hidden_before_its_shape_is_lost(shown: str) -> None:
    assert SECRET[4:] not in shown and MARK.strip("[") in shown


@pytest.mark.parametrize("path", sorted(ACTIONS.glob("*.py")), ids=lambda path: path.name)
def test_actions_write_markdown_only_by_functions_that_hide_secrets(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    imported = {
        name.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "coo.core.neutralise"
        for name in node.names
    }
    assert not imported & MARKDOWN
