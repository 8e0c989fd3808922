"""Runs migrations on the connection that `open_ledger` hands over, inside of its transaction."""

from __future__ import annotations

from alembic import context

from coo.adapters.ledger.tables import METADATA

context.configure(connection=context.config.attributes["connection"], target_metadata=METADATA, render_as_batch=True)
context.run_migrations()
