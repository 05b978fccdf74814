"""What every JSON endpoint shares: strict input, one shape of error, idempotency keys, cursors."""

from __future__ import annotations

import base64
import binascii
import json
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import urlencode

from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.utils.translation import gettext as _
from rest_framework import exceptions, serializers
from rest_framework.response import Response
from rest_framework.views import APIView

from wallet_project.lib import ratelimit
from wallet_project.lib.describing import catalogue, describe
from wallet_project.lib.errors import Invalid, NotFound, WalletError
from wallet_project.lib.json_body import read_json
from wallet_project.lib.ratelimit import RATES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rest_framework.request import Request

BIGINT_MAX = 2**63 - 1
PAGE_SIZE = 25
PAGE_SIZE_MAX = 100
PROBLEM_TYPE = "application/problem+json"


class IdempotencyKeyMissing(WalletError):
    """A POST that moves or reserves money came without its Idempotency-Key."""

    code = "idempotency_key_missing"


class IdempotencyKeyReused(WalletError):
    """The same key came with another body."""

    code = "idempotency_key_reused"


class NotAuthenticated(WalletError):
    """No credential, or one that is not valid (any more)."""

    code = "not_authenticated"


class WalletView(APIView):
    """Base of every endpoint. ``limits`` names the rate-limit scopes; a test refuses an endpoint without."""

    limits: ClassVar[tuple[str, ...]] = ()

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if self.limits:
            ratelimit.take(ratelimit.principals(request._request, self.limits))

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        unknown = [scope for scope in cls.limits if scope not in RATES]
        if unknown:
            raise ValueError(f"unknown rate limit scopes: {unknown}")


class StrictSerializer(serializers.Serializer):  # type: ignore[type-arg]
    """Refuses fields it does not know (``unknown_field``) and text where the database cannot hold it."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, dict):
            unknown = sorted(set(data) - set(self.fields))
            if unknown:
                message = _("This field is not part of this request.")
                raise serializers.ValidationError(
                    {name: [exceptions.ErrorDetail(message, "unknown_field")] for name in unknown}
                )
        return super().to_internal_value(data)


class MinorAmount(serializers.Field):  # type: ignore[type-arg]
    """A positive whole number of minor units as a JSON integer; 12.5, "1250", 1e3, true are refused."""

    default_error_messages: ClassVar[dict[str, Any]] = {}
    _spectacular_annotation: ClassVar[dict[str, Any]] = {
        "field": {"type": "integer", "format": "int64", "minimum": 1, "maximum": BIGINT_MAX}
    }

    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, bool) or not isinstance(data, int):
            raise serializers.ValidationError(
                _("Give the amount as a whole number of minor units, such as 1250."), "amount_not_integer"
            )
        if data <= 0:
            raise serializers.ValidationError(_("The amount must be more than zero."), "amount_not_positive")
        if data > BIGINT_MAX:
            raise serializers.ValidationError(_("The amount is too large."), "amount_too_large")
        return data

    def to_representation(self, value: int) -> int:
        return value


class CleanText(serializers.CharField):
    """A JSON string (numbers and booleans are refused) without NUL or other control characters."""

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return str(super().to_internal_value(data))


_KEY = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]{0,253}[\x21-\x7e])?")


def idempotency_key(request: Request) -> str:
    """The request's Idempotency-Key, 1 to 255 printable ASCII, quoted or bare. Missing or malformed raises."""
    raw = request.headers.get("Idempotency-Key")
    if raw is None or not raw.strip():
        raise IdempotencyKeyMissing
    text = raw.strip()
    if len(text) >= 2 and text[0] == text[-1] == '"':
        text = text[1:-1]
    if not _KEY.fullmatch(text):
        raise Invalid({"Idempotency-Key": "idempotency_key_malformed"})
    return text


def answer(resource: Mapping[str, Any], *, status: int, replayed: bool = False) -> Response:
    """A resource with its status; a replay says so in a header."""
    response = Response(resource, status=status)
    if replayed:
        response["Idempotent-Replayed"] = "true"
    return response


def page_size(request: Request) -> int:
    """The page size asked for, 1 to 100; anything else raises Invalid."""
    raw = request.query_params.get("page_size")
    if raw is None:
        return PAGE_SIZE
    if not raw.isascii() or not raw.isdigit() or not 1 <= int(raw[:4]) <= PAGE_SIZE_MAX:
        raise Invalid({"page_size": "page_size_invalid"})
    return int(raw)


def read_cursor(request: Request) -> dict[str, Any] | None:
    """The position a list continues from, or None at its start. An unreadable cursor raises Invalid."""
    return decode_cursor(request.query_params.get("cursor"))


def decode_cursor(text: str | None) -> dict[str, Any] | None:
    """A cursor as the values it was made of; None for none. Raises Invalid when it was not made here."""
    if not text:
        return None
    try:
        value = read_json(base64.urlsafe_b64decode(text.encode() + b"=" * (-len(text) % 4)))
    except (ValueError, binascii.Error) as error:
        raise Invalid({"cursor": "cursor_invalid"}) from error
    if not isinstance(value, dict):
        raise Invalid({"cursor": "cursor_invalid"})
    return value


def moment_of(cursor: Mapping[str, Any]) -> datetime:
    """The ``at`` of a cursor, in UTC. Raises Invalid for what is no moment with a zone that a database can hold."""
    try:
        at = datetime.fromisoformat(cursor["at"])
        if at.tzinfo is None:
            raise Invalid({"cursor": "cursor_invalid"})
        return at.astimezone(UTC)
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise Invalid({"cursor": "cursor_invalid"}) from error


def encode_cursor(values: Mapping[str, Any]) -> str:
    """A cursor for the given position: opaque to clients, short, safe in a URL."""
    return base64.urlsafe_b64encode(json.dumps(values, separators=(",", ":")).encode()).decode().rstrip("=")


def listing(request: Request, results: Sequence[Any], next_position: Mapping[str, Any] | None) -> Response:
    """``{"results": […], "next": url|null}``, keeping the filters of this request in ``next``."""
    url = None
    if next_position is not None:
        query = request.query_params.dict() | {"cursor": encode_cursor(next_position)}
        url = request.build_absolute_uri(f"{request.path}?{urlencode(query)}")
    return Response({"results": list(results), "next": url})


def exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """Every refusal as application/problem+json. What is not a refusal stays an error and is logged."""
    refusal, fields, headers = _as_refusal(error)
    if refusal is None:
        return None
    return problem(refusal, request=context["request"], fields=fields, headers=headers)


def problem(
    refusal: WalletError,
    *,
    request: Any,
    fields: Sequence[dict[str, str]] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:
    """The body of a refusal: code, sentence, next step, whether money moved, and the request's reference."""
    told = describe(refusal)
    body = problem_body(refusal, reference=getattr(request, "request_id", "")) | {"errors": list(fields)}
    response = Response(body, status=told.status, content_type=PROBLEM_TYPE, headers=dict(headers or {}))
    if "retry_after" in refusal.params:
        response["Retry-After"] = str(refusal.params["retry_after"])
    if told.status == 401:
        response["WWW-Authenticate"] = 'Session realm="wallet", header="X-Session-Token"'
    return response


def problem_body(refusal: WalletError, *, reference: str) -> dict[str, Any]:
    """The members of a problem, for responses that are not made by DRF too."""
    told = describe(refusal)
    return {
        "type": f"/api/v1/errors/#{told.code}",
        "title": told.title,
        "status": told.status,
        "code": told.code,
        "detail": told.detail,
        "next_step": told.next_step,
        "reference": reference,
        "money_moved": told.money_moved,
        **told.members,
    }


class _Simple(WalletError):
    """A refusal made from a framework exception."""


def _coded(code: str, **params: Any) -> WalletError:
    made = _Simple(**params)
    made.code = code  # type: ignore[misc]  # the framework's refusals carry their code per instance
    return made


def _as_refusal(error: Exception) -> tuple[WalletError | None, list[dict[str, str]], dict[str, str]]:
    if isinstance(error, Invalid):
        return error, [_field_problem(field, code) for field, code in error.fields.items()], {}
    if isinstance(error, WalletError):
        return error, [], {}
    if isinstance(error, serializers.ValidationError):
        fields = list(_flatten(error.detail))
        only_unknown = bool(fields) and all(field["code"] == "unknown_field" for field in fields)
        return _coded("unknown_field" if only_unknown else "invalid"), fields, {}
    if isinstance(error, (Http404, exceptions.NotFound)):
        return NotFound(), [], {}
    if isinstance(error, (exceptions.NotAuthenticated, exceptions.AuthenticationFailed)):
        return NotAuthenticated(), [], {}
    if isinstance(error, (PermissionDenied, exceptions.PermissionDenied)):
        return _coded("forbidden"), [], {}
    return _framework_refusal(error)


def _framework_refusal(error: Exception) -> tuple[WalletError | None, list[dict[str, str]], dict[str, str]]:
    if isinstance(error, exceptions.ParseError):
        return _coded("invalid"), [], {}
    if isinstance(error, exceptions.MethodNotAllowed):
        return _coded("method_not_allowed"), [], {}
    if isinstance(error, exceptions.UnsupportedMediaType):
        return _coded("unsupported_media_type"), [], {}
    if isinstance(error, exceptions.NotAcceptable):
        return _coded("not_acceptable"), [], {}
    return None, [], {}


def _field_problem(field: str, code: str) -> dict[str, str]:
    entry = catalogue().get(code)
    return {"field": field, "code": code, "detail": str(entry.detail if entry else _("This value is not valid."))}


def _flatten(detail: Any, field: str = "") -> Any:
    if isinstance(detail, dict):
        for name, inner in detail.items():
            yield from _flatten(inner, f"{field}.{name}" if field else str(name))
    elif isinstance(detail, list):
        for inner in detail:
            yield from _flatten(inner, field)
    else:
        yield {"field": field, "code": getattr(detail, "code", "invalid"), "detail": str(detail)}
