"""YAML without surprises: every value is what it looks like, and every fault has a place.

Only what JSON has is allowed: mappings with text keys, lists, text, numbers, true, false and null.
`on`, `no`, `12:30` and `2026-11-22` are text here; anchors, tags and merge keys are refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import yaml

from coo.core.errors import Problem

Path = tuple[str | int, ...]
MAX_BYTES = 1 << 20
MAX_DEPTH = 40

_INT = re.compile(r"[-+]?(?:0|[1-9][0-9]*)")
_FLOAT = re.compile(r"[-+]?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?")
_STR, _SEQ, _MAP, _MERGE = (f"tag:yaml.org,2002:{name}" for name in ("str", "seq", "map", "merge"))
_TAGS = {_STR, *(f"tag:yaml.org,2002:{name}" for name in ("int", "float", "bool", "null", "timestamp", "value"))}
_WORDS = {"true": True, "True": True, "false": False, "False": False, "null": None, "~": None, "": None}


@dataclass
class Document:
    """A loaded file: `data`, and the 1-based line and column of each of its values."""

    path: str
    data: Any
    node: yaml.Node

    @cached_property
    def places(self) -> dict[Path, tuple[int, int]]:
        """Where each value stands; of a value with a key, its key. Only a file with a fault is asked for them."""
        out: dict[Path, tuple[int, int]] = {(): _place(self.node)}
        _find_places(self.node, (), out, set())
        return out

    def position(self, path: Path) -> tuple[int, int]:
        """Give where a value stands, or its nearest parent that stands somewhere."""
        while path and path not in self.places:
            path = path[:-1]
        return self.places.get(path, (1, 1))

    def problem(self, path: Path, code: str, message: str, help: str = "") -> Problem:
        """Make a problem at the place of a value."""
        line, col = self.position(path)
        return Problem(self.path, line, col, code, message, help)


def _place(node: yaml.Node) -> tuple[int, int]:
    return node.start_mark.line + 1, node.start_mark.column + 1


def _find_places(node: yaml.Node, at: Path, out: dict[Path, tuple[int, int]], seen: set[int]) -> None:
    if len(at) > MAX_DEPTH or isinstance(node, yaml.ScalarNode) or id(node) in seen:
        return
    seen.add(id(node))  # aliases could make the same few nodes into billions of places
    sequence = isinstance(node, yaml.SequenceNode)
    for index, item in enumerate(node.value):
        key = index if sequence else item[0].value
        value = item if sequence else item[1]
        if isinstance(key, (int, str)) and (*at, key) not in out:
            out[(*at, key)] = _place(item if sequence else item[0])
            _find_places(value, (*at, key), out, seen)


class _Tags:
    """Plain tags without PyYAML's search for what a value might mean: `scalar` below decides that."""

    def descend_resolver(self, *_: object) -> None:
        """Nothing depends on a value's parents."""

    def ascend_resolver(self) -> None:
        """Nothing depends on a value's parents."""

    def resolve(self, kind: type, value: object, implicit: tuple[bool, bool] | bool) -> str:
        """Give the tag of a node that has none of its own."""
        if kind is yaml.ScalarNode:
            plain = isinstance(implicit, tuple) and implicit[0]
            return _MERGE if value == "<<" and plain else _STR
        return _SEQ if kind is yaml.SequenceNode else _MAP


if hasattr(yaml, "CSafeLoader"):

    class _Loader(_Tags, yaml.CSafeLoader):
        pass

else:

    class _Loader(_Tags, yaml.SafeLoader):  # type: ignore[no-redef]
        pass


def load_yaml(text: str, path: str) -> tuple[Document | None, list[Problem]]:
    """Load one YAML document. Gives the document (None when it cannot be read at all) and every fault found."""
    if len(text) > MAX_BYTES:
        return None, [Problem(path, 1, 1, "file-too-large", f"the file has more than {MAX_BYTES} characters")]
    try:
        node = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, col = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        what = error.problem or str(error).splitlines()[0]
        return None, [Problem(path, line, col, "yaml-syntax", what, "check indentation, quotes and brackets here")]
    except (yaml.YAMLError, RecursionError) as error:
        return None, [Problem(path, 1, 1, "yaml-syntax", str(error).splitlines()[0], "save it as plain UTF-8 YAML")]
    reader = _Reader(path)
    if node is None:
        return None, [Problem(path, 1, 1, "yaml-empty", "the file is empty", "write something into it, or remove it")]
    data = reader.value(node, 0, set())
    return Document(path, data, node), reader.problems


class _Reader:
    def __init__(self, path: str) -> None:
        self.path = path
        self.problems: list[Problem] = []

    def fault(self, node: yaml.Node, code: str, message: str, help: str) -> None:
        self.problems.append(Problem(self.path, *_place(node), code, message, help))

    def value(self, node: yaml.Node, depth: int, seen: set[int]) -> Any:
        if id(node) in seen or depth > MAX_DEPTH:
            self.fault(node, "yaml-alias", "anchors and aliases are not allowed", "write the value out")
            return None
        if isinstance(node, yaml.ScalarNode):
            return self.scalar(node)
        seen.add(id(node))
        if isinstance(node, yaml.SequenceNode):
            self.plain_tag(node, _SEQ)
            return [self.value(item, depth + 1, seen) for item in node.value]
        self.plain_tag(node, _MAP)
        return self.mapping(node, depth, seen)

    def mapping(self, node: yaml.Node, depth: int, seen: set[int]) -> dict[str, Any]:
        out: dict[str, Any] = {}
        first: dict[str, yaml.Node] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                self.fault(key_node, "yaml-key", "a key must be text", "use a plain word as the key")
                continue
            key = key_node.value
            if key == "<<" and not key_node.style:
                self.fault(key_node, "yaml-merge", "merge keys are not allowed", "write the values out")
                continue
            if key in out:
                line = _place(first[key])[0]
                self.fault(key_node, "duplicate-key", f"the key '{key}' stands here again (first on line {line})",
                           "keep one of the two")  # fmt: skip
                continue
            first[key] = key_node
            out[key] = self.value(value_node, depth + 1, seen)
        return out

    def plain_tag(self, node: yaml.Node, tag: str) -> None:
        if node.tag != tag:
            self.fault(node, "yaml-tag", f"the tag '{node.tag}' is not allowed", "remove the tag")

    def scalar(self, node: yaml.ScalarNode) -> Any:
        text: str = node.value
        if node.tag not in _TAGS:
            self.fault(node, "yaml-tag", f"the tag '{node.tag}' is not allowed", "remove the tag")
        if node.style:  # NOTE: the C loader gives a plain scalar the style "", the Python one None
            return text
        if text in _WORDS:
            return _WORDS[text]
        if _INT.fullmatch(text):
            return int(text) if len(text) < 20 else text
        if _FLOAT.fullmatch(text):
            return float(text)
        return text


_SURPRISES = {"yes", "no", "on", "off", "Yes", "No", "On", "Off", "YES", "NO", "ON", "OFF", "y", "n", "Y", "N"}


def validate(document: Document, schema: dict[str, Any]) -> list[Problem]:
    """Check a document by a JSON Schema; gives every fault with its place and what to do about it."""
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import best_match

    out = []
    for error in Draft202012Validator(schema).iter_errors(document.data):
        deepest = best_match([error]) or error
        path = tuple(deepest.absolute_path)
        message, hint = _explain(deepest)
        where = ".".join(map(str, path)) or "the file"
        extra = _unexpected_key(deepest)
        said = _annotations(schema, deepest)
        code, message, hint = said.get("code", "schema"), said.get("message", message), said.get("help", hint)
        out.append(document.problem((*path, extra) if extra else path, code, f"{where}: {message}", hint))
    return list(dict.fromkeys(out))


def _annotations(schema: dict[str, Any], error: Any) -> dict[str, str]:
    """What the schema itself says of a fault: the nearest `x-help`, and an `x-code` with its `description`."""
    node: Any = schema
    said: dict[str, str] = {}
    for key in (*error.absolute_schema_path, None):
        while isinstance(node, dict):
            if "x-code" in node:
                said |= {"code": node["x-code"], "message": node["description"]}
            if "x-help" in node:
                said["help"] = node["x-help"]
            if key in node or "$ref" not in node:
                break
            node = schema["$defs"][node["$ref"].rpartition("/")[2]]
        if isinstance(node, dict) or (isinstance(node, list) and isinstance(key, int)):
            node = node.get(key) if isinstance(node, dict) else node[key]
    return said


def _unexpected_key(error: Any) -> str | None:
    if error.validator != "additionalProperties" or not isinstance(error.instance, dict):
        return None
    known = error.schema.get("properties", {})
    return next((str(key) for key in error.instance if key not in known), None)


def _explain(error: Any) -> tuple[str, str]:
    if error.validator == "additionalProperties":
        key = _unexpected_key(error)
        return f"'{key}' is not a known field", _suggest(key, list(error.schema.get("properties", {})))
    if error.validator == "type" and error.instance in _SURPRISES if isinstance(error.instance, str) else False:
        return f"'{error.instance}' is text here, not {error.validator_value}", "write true or false"
    if error.validator == "enum":
        choices = [str(choice) for choice in error.validator_value]
        return f"'{error.instance}' is not one of {', '.join(choices)}", _suggest(str(error.instance), choices)
    if error.validator == "required":
        return str(error.message), "add the field"
    message = str(error.message)
    if len(message) > 300:
        message = f"{message[:200]} ... (fails '{error.validator}')"
    about = error.schema if isinstance(error.schema, dict) else {}
    return message, str(about.get("$comment") or about.get("description", ""))


def _suggest(word: str | None, choices: list[str]) -> str:
    from difflib import get_close_matches

    near = get_close_matches(word or "", choices, 1)
    return f"did you mean '{near[0]}'?" if near else f"known: {', '.join(choices)}"
