"""The ledger: incidents in and out, and limits that two processes cannot both take the last of."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, RowMapping, delete, func, select
from sqlalchemy.dialects import postgresql, sqlite

from coo.adapters.ledger.faults import ledger_faults
from coo.adapters.ledger.tables import INCIDENTS, JOBS, LIMITS, MODEL_USES
from coo.core.incident import Incident, IncidentJob
from coo.core.model import Evidence, ModelUse
from coo.ports import Seen


@dataclass(frozen=True, slots=True)
class Query:
    """Which incidents: all that are set must hold. `since`: seconds since the epoch; `fingerprint`: its beginning."""

    repo: str | None = None
    category: str | None = None
    source: str | None = None
    rule_id: str | None = None
    fingerprint: str | None = None
    workflow: str | None = None
    branch: str | None = None
    since: float | None = None


class Ledger:
    """What coo remembers. Every method raises `RemoteError` when the database cannot be used."""

    def __init__(self, engine: Engine, name: str) -> None:
        self._engine = engine
        self.name = name
        """The address, without a password."""
        self.file = engine.url.database if engine.dialect.name == "sqlite" else None
        """The file of SQLite; None for another database."""

    def connect(self) -> Connection:
        """A connection for the caller, who must close it. Raises what SQLAlchemy raises: see `ledger_faults`."""
        return self._engine.connect()

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """One transaction."""
        with ledger_faults(self.name), self._engine.begin() as connection:
            yield connection

    def upsert(self, table: Any) -> Any:
        """An INSERT of the database at hand that can say what happens on a conflict."""
        kind = postgresql if self._engine.dialect.name == "postgresql" else sqlite
        return kind.insert(table)

    def record(self, incident: Incident) -> int:
        """Remember an incident; a second triage of the same attempt takes the first one's place. Gives its number."""
        values = {c.name: getattr(incident, c.name) for c in INCIDENTS.columns if c.name != "id"}
        keys = ("repo", "run_id", "attempt")
        insert = self.upsert(INCIDENTS).values(values)
        change = {name: insert.excluded[name] for name in values if name not in keys}
        insert = insert.on_conflict_do_update(index_elements=keys, set_=change).returning(INCIDENTS.c.id)
        with self.begin() as connection:
            number = int(connection.execute(insert).scalar_one())
            for table, rows in ((JOBS, _jobs(incident)), (MODEL_USES, _uses(incident))):
                connection.execute(delete(table).where(table.c.incident_id == number))
                if rows:
                    connection.execute(table.insert(), [{"incident_id": number} | row for row in rows])
        return number

    def incidents(self, query: Query, limit: int = 100) -> list[Incident]:
        """The newest incidents first, without their jobs."""
        order = (INCIDENTS.c.at.desc(), INCIDENTS.c.id.desc())
        statement = select(INCIDENTS).where(*_where(query)).order_by(*order).limit(limit)
        with self.begin() as connection:
            return [_incident(row) for row in connection.execute(statement).mappings()]

    def incident(self, number: int) -> Incident | None:
        """One incident with its jobs and what models were asked."""
        with self.begin() as connection:
            row = connection.execute(select(INCIDENTS).where(INCIDENTS.c.id == number)).mappings().first()
            if row is None:
                return None
            jobs = select(JOBS).where(JOBS.c.incident_id == number).order_by(JOBS.c.place)
            uses = select(MODEL_USES).where(MODEL_USES.c.incident_id == number).order_by(MODEL_USES.c.place)
            return _incident(
                row,
                tuple(map(_job, connection.execute(jobs).mappings())),
                tuple(map(_use, connection.execute(uses).mappings())),
            )

    def seen(self, repo: str, fingerprint: str, run_id: int | None = None) -> Seen:
        """How often a failure is remembered of a repository, other than in a run."""
        c = INCIDENTS.c
        where = [c.repo == repo.casefold(), c.fingerprint == fingerprint]
        if run_id is not None:
            where.append(c.run_id != run_id)
        with self.begin() as connection:
            statement = select(func.count(), func.min(c.at), func.max(c.at)).where(*where)
            return Seen(*connection.execute(statement).one())

    def take(self, scope: str, period: str, cap: int, amount: int = 1) -> int | None:
        """Take some of a limit in one statement; gives how much is used then, None when it would be above `cap`."""
        if amount > cap:
            return None
        insert = self.upsert(LIMITS).values(scope=scope, period=period, used=amount)
        after = LIMITS.c.used + amount
        insert = insert.on_conflict_do_update(
            index_elements=["scope", "period"], set_={"used": after}, where=after <= cap
        ).returning(LIMITS.c.used)
        with self.begin() as connection:
            return connection.execute(insert).scalar_one_or_none()

    def used(self, scope: str, period: str) -> int:
        """How much of a limit is used."""
        statement = select(LIMITS.c.used).where(LIMITS.c.scope == scope, LIMITS.c.period == period)
        with self.begin() as connection:
            return connection.execute(statement).scalar_one_or_none() or 0

    def close(self) -> None:
        """Let go of every connection."""
        self._engine.dispose()


def _where(query: Query) -> list[ColumnElement[bool]]:
    c = INCIDENTS.c
    plain = {"category": query.category, "source": query.source, "rule_id": query.rule_id}
    plain |= {"workflow": query.workflow, "branch": query.branch}
    out: list[ColumnElement[bool]] = [c[name] == value for name, value in plain.items() if value is not None]
    if query.repo is not None:
        out.append(c.repo == query.repo.casefold())
    if query.fingerprint is not None:
        out.append(c.fingerprint.startswith(query.fingerprint, autoescape=True))
    if query.since is not None:
        out.append(c.at >= query.since)
    return out


def _jobs(incident: Incident) -> list[dict[str, Any]]:
    rows = []
    for place, job in enumerate(incident.jobs):
        lines = [{"line": e.line, "text": e.text, "job": e.job, "step": e.step} for e in job.evidence]
        rows.append(asdict(job) | {"place": place, "evidence": json.dumps(lines)})
    return rows


def _uses(incident: Incident) -> list[dict[str, Any]]:
    wanted = [c.name for c in MODEL_USES.columns if c.name not in ("incident_id", "place")]
    return [
        {"place": place} | {name: getattr(use, name) for name in wanted} for place, use in enumerate(incident.models)
    ]


def _incident(row: RowMapping, jobs: tuple[IncidentJob, ...] = (), uses: tuple[ModelUse, ...] = ()) -> Incident:
    return Incident(**{c.name: row[c.name] for c in INCIDENTS.columns}, jobs=jobs, models=uses)


def _job(row: RowMapping) -> IncidentJob:
    evidence = tuple(Evidence(e["line"], e["text"], e["job"], e["step"]) for e in json.loads(row["evidence"]))
    names = [one.name for one in fields(IncidentJob) if one.name != "evidence"]
    return IncidentJob(**{name: row[name] for name in names}, evidence=evidence)


def _use(row: RowMapping) -> ModelUse:
    return ModelUse(**{c.name: row[c.name] for c in MODEL_USES.columns if c.name not in ("incident_id", "place")})
