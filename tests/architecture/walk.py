"""Every address of the wallet with its view, for the tests that walk them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.urls import URLPattern, URLResolver, get_resolver

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True)
class Address:
    """``route`` is the whole path with its converters; ``view`` the callable Django calls."""

    route: str
    name: str
    view: Any


def addresses() -> list[Address]:
    """All of them, in the order of the URLconf."""
    return list(_walk(get_resolver().url_patterns, "/"))


def _walk(patterns: list[Any], prefix: str) -> Iterator[Address]:
    for pattern in patterns:
        route = prefix + str(pattern.pattern).removeprefix("^")
        if isinstance(pattern, URLResolver):
            yield from _walk(pattern.url_patterns, route)
        elif isinstance(pattern, URLPattern):
            yield Address(route, pattern.name or "", pattern.callback)
