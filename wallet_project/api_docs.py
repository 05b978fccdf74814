"""The readable page of the API: our own template over the generated schema, without any script."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from django.shortcuts import render
from django.views.decorators.http import require_safe
from drf_spectacular.generators import SchemaGenerator

from wallet_project.lib.ratelimit import limited

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

METHODS = ("get", "post", "put", "patch", "delete")


@dataclass(frozen=True, slots=True)
class Field:
    """One member of a body or one parameter."""

    name: str
    kind: str
    is_required: bool
    about: str


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one address."""

    anchor: str
    method: str
    path: str
    about: str
    parameters: tuple[Field, ...]
    body: tuple[Field, ...]
    answers: tuple[tuple[str, tuple[Field, ...]], ...]


@require_safe
@limited("public")
def page(request: HttpRequest) -> HttpResponse:
    """Every operation by address, with what it takes and what it answers."""
    return render(request, "wallet_project/api_docs.html", {"groups": _groups()})


@cache
def _groups() -> tuple[tuple[str, tuple[Operation, ...]], ...]:
    schema = SchemaGenerator().get_schema(request=None, public=True)
    groups: dict[str, list[Operation]] = {}
    for path, methods in schema["paths"].items():
        name = path.removeprefix("/api/v1/").partition("/")[0]
        for method in METHODS:
            if method in methods:
                groups.setdefault(name, []).append(_operation(schema, path, method, methods[method]))
    return tuple((name, tuple(operations)) for name, operations in groups.items())


def _operation(schema: Any, path: str, method: str, raw: Any) -> Operation:
    answers = (
        (status, _fields(schema, _json(answer.get("content", {}))))
        for status, answer in sorted(raw.get("responses", {}).items())
    )
    return Operation(
        anchor=raw["operationId"],
        method=method.upper(),
        path=path,
        about=raw.get("description", ""),
        parameters=tuple(
            Field(f"{item['name']} ({item['in']})", _kind(item["schema"]), item.get("required", False), "")
            for item in raw.get("parameters", [])
        ),
        body=_fields(schema, _json(raw.get("requestBody", {}).get("content", {}))),
        answers=tuple(answers),
    )


def _json(content: Any) -> Any:
    return content.get("application/json", {}).get("schema", {})


def _resolve(schema: Any, part: Any) -> Any:
    reference = part.get("$ref")
    return schema["components"]["schemas"][reference.rpartition("/")[2]] if reference else part


def _fields(schema: Any, part: Any) -> tuple[Field, ...]:
    whole = _resolve(schema, part)
    required = set(whole.get("required", ()))
    return tuple(
        Field(name, _kind(field), name in required, field.get("description", ""))
        for name, field in whole.get("properties", {}).items()
    )


def _kind(field: Any) -> str:
    if "$ref" in field:
        return str(field["$ref"].rpartition("/")[2])
    if field.get("type") == "array":
        return f"list of {_kind(field.get('items', {}))}"
    if "enum" in field:
        return " | ".join(str(value) for value in field["enum"])
    return str(field.get("format") or field.get("type") or "object")
