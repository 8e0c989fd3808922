"""GitHub's OpenAPI description as a judge of requests and answers, and as a template for answers.

`Description.default()` takes the file named by `COO_OPENAPI` (such as GitHub's whole description), else the slice in
`tests/contract/openapi/`.
"""

from __future__ import annotations

import copy
import functools
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from openapi_schema_validator import OAS30Validator

from tests.contract.openapi.cut import OUTPUT, cut, load

SLASHED = {"ref", "branch", "basehead", "path"}
"""Path parameters that may hold slashes."""


@dataclass(frozen=True)
class Operation:
    """One method of one path template."""

    method: str
    template: str
    body: dict[str, Any]

    @property
    def name(self) -> str:
        """`METHOD /template`."""
        return f"{self.method} {self.template}"


def description_file() -> Path:
    """The file that the description is read from."""
    named = os.environ.get("COO_OPENAPI")
    return Path(named) if named else OUTPUT


class Description:
    """An OpenAPI 3.0 description."""

    def __init__(self, raw: dict[str, Any]) -> None:
        self.raw = raw
        self._templates = sorted(
            ((self._regex(path), path) for path in raw["paths"]), key=lambda pair: self._order(pair[1])
        )
        self._validators: dict[str, OAS30Validator] = {}
        self._samples: dict[str, Any] = {}

    @classmethod
    @functools.cache
    def default(cls) -> Description:
        """The description at hand, cut to what coo uses (so that every machine judges alike); read once."""
        return cls(cut(load(description_file())))

    @staticmethod
    def _regex(template: str) -> re.Pattern[str]:
        def part(match: re.Match[str]) -> str:
            return ".+" if match[1] in SLASHED else "[^/]+"

        return re.compile(re.sub(r"\\\{(\w+)\\\}", part, re.escape(template)))

    @staticmethod
    def _order(template: str) -> tuple[int, int]:
        """The most literal template first; those with slashes last."""
        names = re.findall(r"\{(\w+)\}", template)
        return (sum(name in SLASHED for name in names), -len(re.sub(r"\{\w+\}", "", template)))

    def find(self, method: str, path: str) -> Operation | None:
        """The operation of a request, by its percent-encoded path without a query."""
        for pattern, template in self._templates:
            if pattern.fullmatch(path) and method.lower() in self.raw["paths"][template]:
                return Operation(method, template, self.raw["paths"][template][method.lower()])
        return None

    def resolve(self, value: Any) -> Any:
        """The thing a `$ref` points at, or the value itself."""
        while isinstance(value, dict) and isinstance(value.get("$ref"), str):
            found: Any = self.raw
            for part in value["$ref"].removeprefix("#/").split("/"):
                found = found[part]
            value = found
        return value

    def faults(self, schema: dict[str, Any], value: Any) -> Iterator[str]:
        """How a value breaks a schema, one sentence each."""
        key = repr(schema)
        if key not in self._validators:
            self._validators[key] = OAS30Validator({"allOf": [schema], "components": self.raw["components"]})
        for error in self._validators[key].iter_errors(value):
            where = ".".join(map(str, error.absolute_path)) or "body"
            yield f"{where}: {error.message[:200]}"

    def request_faults(
        self, operation: Operation, query: Mapping[str, list[str]], body: Any, has_body: bool
    ) -> Iterator[str]:
        """How a request breaks its operation: unknown or bad query parameters, and its body property by property."""
        parameters = [self.resolve(parameter) for parameter in operation.body.get("parameters", ())]
        known = {one["name"]: one for one in parameters if one["in"] == "query"}
        for name, values in query.items():
            if name not in known:
                yield f"query parameter {name!r} is not of {operation.name}"
            elif len(values) != 1:
                yield f"query parameter {name!r} is given {len(values)} times"
            else:
                yield from (f"query {name}: {fault}" for fault in self._query_faults(known[name]["schema"], values[0]))
        yield from (
            f"query parameter {name!r} is missing"
            for name in known
            if known[name].get("required") and name not in query
        )
        described = self.resolve(operation.body.get("requestBody"))
        if described is None:
            if has_body:
                yield f"{operation.name} takes no body"
        elif not has_body:
            if described.get("required"):
                yield f"{operation.name} needs a body"
        else:
            schema = self.resolve(described["content"]["application/json"]["schema"])
            yield from self.faults(schema, body)
            if isinstance(body, dict) and "properties" in schema:
                yield from (
                    f"body: {name!r} is not a property of it" for name in body if name not in schema["properties"]
                )

    def _query_faults(self, schema: dict[str, Any], text: str) -> Iterator[str]:
        schema = self.resolve(schema)
        value: Any = text
        if schema.get("type") in ("integer", "number") and re.fullmatch(r"-?\d+", text):
            value = int(text)
        elif schema.get("type") == "boolean" and text in ("true", "false"):
            value = text == "true"
        return self.faults(schema, value)

    def answer_faults(self, operation: Operation, status: int, body: Any) -> Iterator[str]:
        """How an answer breaks its operation. A status that is not described is passed over: GitHub describes few."""
        described = self.resolve(operation.body["responses"].get(str(status)))
        content = (described or {}).get("content", {}).get("application/json")
        if content:
            # NOTE: GitHub says null for a commit without an account and for the head of a deleted fork, where its own
            # description asks for an object.
            lie = re.compile(r"(.*\.)?(author|committer|head_repository): None ")
            yield from (fault for fault in self.faults(content["schema"], body) if not lie.match(fault))

    def sample(self, name: str, /, **values: Any) -> dict[str, Any]:
        """An object of the named schema with every required property, and these values in place of invented ones."""
        if name not in self._samples:
            self._samples[name] = self._invent({"$ref": f"#/components/schemas/{name}"})
        made: dict[str, Any] = copy.deepcopy(self._samples[name])
        return made | values

    def _invent(self, schema: dict[str, Any]) -> Any:
        schema = self.resolve(schema)
        if schema.get("nullable"):
            return None
        for choice in ("oneOf", "anyOf", "allOf"):
            if choice in schema and "properties" not in schema:
                parts = [self._invent(part) for part in schema[choice][: None if choice == "allOf" else 1]]
                return {k: v for part in parts for k, v in part.items()} if choice == "allOf" else parts[0]
        if "enum" in schema:
            return schema["enum"][0]
        kind = schema.get("type", "object")
        if kind == "object":
            wanted = schema.get("required", ())
            return {key: self._invent(schema["properties"][key]) for key in wanted}
        if kind == "string":
            formats = {"uri": "https://github.example/x", "date-time": "2026-11-02T10:00:00Z", "email": "a@b.example"}
            return formats.get(schema.get("format", ""), "")
        return {"array": [], "integer": 1, "number": 1.0, "boolean": False}[kind]
