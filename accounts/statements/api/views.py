"""``statements/``, for apps."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import get_language
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.response import Response

from accounts.devices.origin import origin_of
from accounts.statements import links, selectors, services
from accounts.statements.api.serializers import StatementListShape, StatementRequest, StatementShape
from accounts.statements.models import Status
from accounts.statements.policy import PREFIX
from accounts.statements.presentation import file_answer, resource
from accounts.wallets.policy import PREFIX as WALLET_PREFIX
from wallet_project.lib import clock, ids, ratelimit
from wallet_project.lib.api import (
    IdempotencyKeyMissing,
    WalletView,
    answer,
    idempotency_key,
    listing,
    page_size,
    read_cursor,
)
from wallet_project.lib.errors import Invalid

if TYPE_CHECKING:
    from rest_framework.request import Request

    from accounts.identity.requests import PersonApiRequest
    from accounts.statements.models import Statement

PAGE = [
    OpenApiParameter("page_size", int, description="1 to 100, 25 by default."),
    OpenApiParameter("cursor", str, description="Taken from `next`."),
]


class Statements(WalletView):
    """The person's statements."""

    limits = ("read",)

    @extend_schema(operation_id="statements_list", parameters=PAGE, responses=StatementListShape)
    def get(self, request: PersonApiRequest) -> Response:
        """A page of them, newest first, without addresses of files."""
        size = page_size(request)
        after = selectors.position_from(read_cursor(request))
        found = selectors.statements_of(request.user, after=after, size=size)
        rows = found[:size]
        position = selectors.cursor_of(rows[-1]) if len(found) > size else None
        return listing(request, [resource(row) for row in rows], position)

    @extend_schema(operation_id="statements_create", request=StatementRequest, responses={202: StatementShape})
    def post(self, request: PersonApiRequest) -> Response:
        """202: it is being made; a small one is READY at once."""
        ratelimit.take(ratelimit.principals(request._request, ("reports",)))
        asked = StatementRequest(data=request.data)
        asked.is_valid(raise_exception=True)
        data, at = asked.validated_data, clock.now()
        wish = services.Wish(
            wallet_id=ids.parse(WALLET_PREFIX, data["wallet"]),
            first_day=data["from"],
            last_day=data["to"],
            format=data["format"],
            language=get_language() or "en",
            with_bom=data["bom"],
        )
        wanted = services.request_statement(
            user=request.user, wish=wish, idempotency_key=_key(request), origin=origin_of(request), at=at
        )
        made = services.make_at_once(statement=wanted.statement, at=at)
        return answer(_with_url(request, made), status=202, replayed=not wanted.is_new)


class StatementDetail(WalletView):
    """One statement."""

    limits = ("read",)

    @extend_schema(operation_id="statements_read", responses=StatementShape)
    def get(self, request: PersonApiRequest, statement_id: str) -> Response:
        """As it is now; READY ones with an address of their file that is good for five minutes."""
        return Response(_with_url(request, _own(request, statement_id)))


class _AnyAccept(BaseContentNegotiation):
    """The file has the one type it has; refusals stay JSON."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        return parsers[0]

    def select_renderer(self, request: Request, renderers: Any, format_suffix: str | None = None) -> Any:
        return renderers[0], renderers[0].media_type


class StatementFile(WalletView):
    """The file behind ``url``."""

    limits = ("read",)
    content_negotiation_class = _AnyAccept

    @extend_schema(
        operation_id="statements_file",
        parameters=[OpenApiParameter("key", str, description="Part of `url`.")],
        responses={(200, "application/pdf"): OpenApiTypes.BINARY, (200, "text/csv"): OpenApiTypes.BINARY},
    )
    def get(self, request: PersonApiRequest, statement_id: str) -> HttpResponse:
        """The file as an attachment; only with its owner's session token, and only in time."""
        found = _own(request, statement_id)
        links.require_key(found, request.query_params.get("key", ""))
        return file_answer(found)


def _own(request: PersonApiRequest, statement_id: str) -> Statement:
    return selectors.statement_of(user=request.user, statement_id=ids.parse(PREFIX, statement_id))


def _key(request: PersonApiRequest) -> str:
    """The request's Idempotency-Key where it has a good one: no money moves here, so none is asked for."""
    with suppress(IdempotencyKeyMissing, Invalid):
        return idempotency_key(request)
    return str(ids.uuid7())


def _with_url(request: PersonApiRequest, statement: Statement) -> dict[str, Any]:
    if statement.status != Status.READY:
        return resource(statement)
    path = reverse("api_statement_file", args=[statement.public_id])
    query = urlencode({"key": links.key_for(statement)})
    return resource(statement, url=request.build_absolute_uri(f"{path}?{query}"))
