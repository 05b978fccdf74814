"""JSON as the API reads it: what is broken, bottomless or not text is a refusal, never an error of ours."""

from __future__ import annotations

import codecs
import json
import re
from typing import IO, TYPE_CHECKING, Any

from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser
from rest_framework.renderers import JSONRenderer

if TYPE_CHECKING:
    from collections.abc import Mapping

# An escape that may be half of a character: whole ones are fine, halves cannot be stored, shown or sent back.
_HALF = re.compile(r"\\u[dD][89a-fA-F]")


class JsonBody(BaseParser):
    """RFC 8259 and nothing beside it: no NaN, no halves of characters, no nesting without end."""

    media_type = "application/json"
    renderer_class = JSONRenderer

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """The body as Python values. Raises ParseError."""
        try:
            return read_json(stream.read())
        except ValueError as error:
            raise ParseError from error


def read_json(body: bytes) -> Any:
    """What a stranger's bytes say as JSON. Raises ValueError for anything that could make us stumble later."""
    try:
        text = codecs.decode(body, "utf-8")
        value = json.loads(text, parse_constant=_refuse)
        if _HALF.search(text):
            json.dumps(value, ensure_ascii=False).encode()
    except RecursionError as error:
        raise ValueError("nested without end") from error
    return value


def _refuse(name: str) -> Any:
    raise ValueError(name)
