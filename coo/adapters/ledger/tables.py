"""The ledger's tables. A change here needs a migration (`migrations/versions/`); a test holds the two together."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    UniqueConstraint,
)

METADATA = MetaData(
    naming_convention={
        "ix": "ix_%(column_0_label)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)
"""Constraints have names, so that a migration can drop one on every database."""

BIG = BigInteger().with_variant(Integer, "sqlite")
"""GitHub's ids need 64 bits; SQLite counts by itself only in a plain INTEGER, which has as many."""

INCIDENTS = Table(
    "incidents",
    METADATA,
    Column("id", BIG, primary_key=True, autoincrement=True),
    Column("repo", String(140), nullable=False),
    Column("run_id", BigInteger, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("workflow", Text, nullable=False),
    Column("workflow_path", Text, nullable=False),
    Column("event", String(64), nullable=False),
    Column("branch", Text, nullable=False),
    Column("on_default", Boolean, nullable=False),
    Column("sha", String(64), nullable=False),
    Column("url", Text, nullable=False),
    Column("at", Float, nullable=False),
    Column("category", String(32), nullable=False),
    Column("subtype", Text, nullable=False),
    Column("severity", String(16), nullable=False),
    Column("confidence", String(16), nullable=False),
    Column("source", String(16), nullable=False),
    Column("rule_id", String(120)),
    Column("fingerprint", String(64), nullable=False),
    Column("summary", Text, nullable=False),
    Column("owner", String(16), nullable=False),
    Column("priority", String(8), nullable=False),
    Column("play", String(120), nullable=False),
    Column("planned", String(64), nullable=False),
    Column("action", String(64), nullable=False),
    Column("status", String(16), nullable=False),
    Column("detail", Text, nullable=False),
    Column("issue_url", Text),
    Column("acted", Boolean, nullable=False),
    Column("usd", Float, nullable=False),
    Column("seconds", Float, nullable=False),
    UniqueConstraint("repo", "run_id", "attempt"),
    Index(None, "at"),
    Index(None, "fingerprint"),
)
"""One row an attempt of a run; a second triage of it takes the place of the first."""

JOBS = Table(
    "jobs",
    METADATA,
    Column("incident_id", BIG, ForeignKey("incidents.id", ondelete="CASCADE"), nullable=False),
    Column("place", Integer, nullable=False),
    Column("job_id", BigInteger, nullable=False),
    Column("name", Text, nullable=False),
    Column("category", String(32), nullable=False),
    Column("subtype", Text, nullable=False),
    Column("source", String(16), nullable=False),
    Column("rule_id", String(120)),
    Column("fingerprint", String(64), nullable=False),
    Column("summary", Text, nullable=False),
    Column("evidence", Text, nullable=False),
    Column("context", Text, nullable=False),
    PrimaryKeyConstraint("incident_id", "place"),
)
"""The failed jobs of an incident; `evidence` is a JSON array of {line, text, job, step}."""

MODEL_USES = Table(
    "model_uses",
    METADATA,
    Column("incident_id", BIG, ForeignKey("incidents.id", ondelete="CASCADE"), nullable=False),
    Column("place", Integer, nullable=False),
    Column("name", String(120), nullable=False),
    Column("input_tokens", Integer, nullable=False),
    Column("cached_tokens", Integer, nullable=False),
    Column("output_tokens", Integer, nullable=False),
    Column("usd", Float, nullable=False),
    Column("usd_known", Boolean, nullable=False),
    Column("error", Text),
    PrimaryKeyConstraint("incident_id", "place"),
)
"""Every question to a model, answered or not."""

LIMITS = Table(
    "limits",
    METADATA,
    Column("scope", String(300), nullable=False),
    Column("period", String(32), nullable=False),
    Column("used", BigInteger, nullable=False),
    PrimaryKeyConstraint("scope", "period"),
)
"""How much of a limit is used: `scope` names it, `period` is a day (2026-11-22) or a month (2026-11)."""

ATTEMPTS = Table(
    "action_attempts",
    METADATA,
    Column("repo", String(140), nullable=False),
    Column("action", String(64), nullable=False),
    Column("target", String(300), nullable=False),
    Column("started_at", Float, nullable=False),
    Column("ended_at", Float),
    Column("status", String(16), nullable=False),
    Column("detail", Text, nullable=False),
    PrimaryKeyConstraint("repo", "action", "target"),
)
"""What coo set out to do, written before it is done; `target` names run, attempt and commit."""

FLAKY = Table(
    "flaky",
    METADATA,
    Column("repo", String(140), nullable=False),
    Column("workflow", String(300), nullable=False),
    Column("sha", String(64), nullable=False),
    Column("fingerprint", String(64), nullable=False),
    Column("run_id", BigInteger, nullable=False),
    Column("test", Text, nullable=False),
    Column("state", String(16), nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("at", Float, nullable=False),
    PrimaryKeyConstraint("repo", "workflow", "sha", "run_id", "fingerprint"),
    Index(None, "fingerprint"),
)
"""A test failure that was re-run to see: `state` is `asked`, `flaky` (it passed), `real` (it failed again) or `other`
(something else failed then)."""

DUE = Table(
    "due",
    METADATA,
    Column("repo", String(140), nullable=False),
    Column("run_id", BigInteger, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("play", String(120), nullable=False),
    Column("due_at", Float, nullable=False),
    Column("claimed_until", Float, nullable=False),
    Column("state", String(16), nullable=False),
    PrimaryKeyConstraint("repo", "run_id", "attempt"),
)
"""Runs to be triaged again later: `state` is `waiting` or `done`; a claim that ran out may be taken by another."""
