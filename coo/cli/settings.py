"""`coo config show`: every setting, and where it came from."""

from __future__ import annotations

from dataclasses import fields
from typing import Annotated

import typer

from coo.cli.common import ConfigOption, one_of, output
from coo.cli.common import show as show_text
from coo.core.errors import Exit


def register(app: typer.Typer) -> None:
    """Add the group."""
    group = typer.Typer(help="Show the configuration.", no_args_is_help=True)
    group.command("show")(show)
    app.add_typer(group, name="config")


def show(
    config: ConfigOption = None,
    format: Annotated[str, typer.Option("--format", "-f", help="text or json")] = "text",
) -> int:
    """Show each setting with where it came from. Secrets are only said to be there or not."""
    from coo.adapters.settings import SECRET, load_settings
    from coo.core.neutralise import one_line
    from coo.core.redact import redact

    one_of(format, ("text", "json"), "--format")
    settings = load_settings(config, {})
    rows = []
    for item in fields(settings):
        if item.name == "sources":
            continue
        value = getattr(settings, item.name)
        shown = ("set" if value else "not set") if item.name in SECRET else value
        if isinstance(shown, tuple):
            shown = [redact(str(part)) for part in shown]
        elif isinstance(shown, str):
            shown = redact(shown)  # an address may carry a password
        rows.append((item.name.replace("_", "-"), shown, settings.sources[item.name]))
    if format == "json":
        from coo.report.as_json import dumps

        output(dumps({name: {"value": value, "source": source} for name, value, source in rows}, indent=2))
        return Exit.OK
    for name, value, source in rows:
        text = ", ".join(value) if isinstance(value, list) else "not set" if value is None else str(value)
        show_text(one_line(f"{name:16} {text or 'none':34} ({source})"))
    return Exit.OK
