"""The shapes in which requests come in and answers go out, whatever is spoken on top."""

import html
import json
import string
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote

HERE = Path(__file__).parent


class ConnectionDropped(Exception):
    """The client is to see the connection break instead of an answer."""


@dataclass(frozen=True)
class Request:
    """One request, its body already read. Header names are lower-case."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes = b""

    @property
    def form(self) -> dict[str, str]:
        """The body as a flat form; the last value of a repeated name wins."""
        return dict(parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True))


@dataclass(frozen=True)
class Response:
    """One answer."""

    status: int
    body: bytes = b""
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)


def as_json(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """An answer in JSON, indented as the provider's are."""
    return Response(status, json.dumps(value, indent=2, ensure_ascii=False).encode(), headers=headers or {})


def redirect(url: str, status: int = 302) -> Response:
    """Send the browser elsewhere."""
    location = quote(url, safe=string.punctuation)
    return Response(status, headers={"Location": location}, content_type="text/plain; charset=utf-8")


class Html(str):
    """Text that is already HTML and is put into a page as it is."""

    __slots__ = ()


def page(name: str, status: int = 200, /, **values: object) -> Response:
    """A page from pages/, every value escaped unless it is `Html`; no script can run on it."""
    body = fragment(name, **values)
    headers = {
        "Content-Security-Policy": "default-src 'none'; style-src 'self'; frame-ancestors 'none'; base-uri 'none'",
        "Cache-Control": "no-store",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(status, body.encode(), "text/html; charset=utf-8", headers)


def fragment(name: str, /, **values: object) -> Html:
    """A piece of a page from pages/."""
    safe = {key: value if isinstance(value, Html) else html.escape(str(value)) for key, value in values.items()}
    return Html(_template(name).substitute(safe))


@cache
def _template(name: str) -> string.Template:
    return string.Template((HERE / "pages" / name).read_text(encoding="utf-8"))


def stylesheet() -> Response:
    """The one stylesheet of all pages."""
    text = (HERE / "pages" / "simulator.css").read_bytes()
    return Response(200, text, "text/css; charset=utf-8", {"Cache-Control": "max-age=300"})
