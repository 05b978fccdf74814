"""``activity/``: the feed for apps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.response import Response

from accounts.activity import selectors
from accounts.activity.api.serializers import ActivityItemSerializer, ActivityListSerializer, FiltersSerializer
from accounts.activity.policy import TYPES
from accounts.activity.presentation import PREFIX, public_id
from ledger.selectors import wallets_of
from wallet_project.lib import ids
from wallet_project.lib.api import WalletView, listing, page_size, read_cursor
from wallet_project.lib.errors import NotFound

if TYPE_CHECKING:
    from accounts.activity.models import ActivityItem
    from accounts.identity.requests import PersonApiRequest

_QUERY = [
    OpenApiParameter(
        "q", str, description="Words of the shown name or the note (their beginning is enough), or a reference."
    ),
    OpenApiParameter("type", str, enum=sorted(TYPES)),
    OpenApiParameter("min_minor", int, description="Smallest amount, without sign."),
    OpenApiParameter("max_minor", int, description="Largest amount, without sign."),
    OpenApiParameter("from", str, description="RFC 3339; included."),
    OpenApiParameter("to", str, description="RFC 3339; not included."),
    OpenApiParameter("wallet", str, description="A wallet's id: only its currency."),
    OpenApiParameter("page_size", int, description="1 to 100, 25 by default."),
    OpenApiParameter("cursor", str, description="Taken from `next`."),
]


class Activity(WalletView):
    """What happened to the person's money."""

    limits = ("read",)

    @extend_schema(operation_id="activity_list", parameters=_QUERY, responses=ActivityListSerializer)
    def get(self, request: PersonApiRequest) -> Response:
        """A page of the feed, newest first."""
        page = selectors.page(
            request.user.pk,
            after=selectors.position_from(read_cursor(request)),
            filters=_filters(request),
            size=page_size(request),
        )
        return listing(request, [resource(item) for item in page.items], page.next.as_cursor() if page.next else None)


class ActivityDetail(WalletView):
    """One row of the feed."""

    limits = ("read",)

    @extend_schema(operation_id="activity_read", responses=ActivityItemSerializer)
    def get(self, request: PersonApiRequest, item_id: str) -> Response:
        """The row as it is now."""
        return Response(resource(selectors.item(request.user.pk, ids.parse(PREFIX, item_id))))


def resource(item: ActivityItem) -> dict[str, Any]:
    """One row as the API shows it."""
    return {
        "id": public_id(item),
        "type": item.kind,
        "direction": item.direction,
        "status": item.state,
        "amount_minor": item.amount_minor,
        "currency": item.currency,
        "shown_name": item.shown_name,
        "note": item.note,
        "category": item.category,
        "reference": item.reference,
        "occurred_at": item.occurred_at,
        "updated_at": item.updated_at,
    }


def _filters(request: PersonApiRequest) -> selectors.Filters:
    query = request.query_params.dict()
    if "from" in query:  # not a name a Python class can give a field
        query["since"] = query["from"]
    asked = FiltersSerializer(data=query)
    asked.is_valid(raise_exception=True)
    data = asked.validated_data
    currency = _currency_of(request, data["wallet"]) if data["wallet"] else data["currency"]
    return selectors.Filters(
        q=data["q"],
        type=data["type"],
        currency=currency,
        min_minor=data["min_minor"],
        max_minor=data["max_minor"],
        since=data["since"],
        before=data["to"],
    )


def _currency_of(request: PersonApiRequest, wallet: str) -> str:
    """The currency of one of the person's own wallets. Raises NotFound."""
    wanted = ids.parse("wal", wallet)
    for mine in wallets_of(owner_kind="person", owner_id=request.user.pk):
        if mine.public_id == wanted:
            return mine.currency
    raise NotFound
