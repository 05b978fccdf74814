"""Adding money, for apps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from drf_spectacular.utils import OpenApiParameter, extend_schema

from accounts.devices.origin import origin_of
from ledger.money import Money
from payments.funding import policy, selectors, services
from payments.funding.api.serializers import TopUpRequest, TopUpResource
from payments.funding.records import brought
from payments.funding.states import LEFT_ALONE, TopUpStatus
from wallet_project.lib import clock, ids
from wallet_project.lib.api import WalletView, answer, idempotency_key

if TYPE_CHECKING:
    from rest_framework.response import Response

    from accounts.identity.requests import PersonApiRequest
    from payments.funding.models import TopUp


class TopUpList(WalletView):
    """Start adding money."""

    limits = ("money",)

    @extend_schema(
        request=TopUpRequest,
        responses={202: TopUpResource, 201: TopUpResource, 200: TopUpResource},
        parameters=[OpenApiParameter("Idempotency-Key", str, OpenApiParameter.HEADER, required=True)],
    )
    def post(self, request: PersonApiRequest) -> Response:
        """202 with the provider's page to open; without an answer from the provider, 202 and DRAFT.

        201 when it ended at once, 200 when a repeat finds it ended.
        """
        key = idempotency_key(request)
        asked = TopUpRequest(data=request.data)
        asked.is_valid(raise_exception=True)
        wanted = asked.validated_data
        at = clock.now()
        started = services.start_top_up(
            user=request.user,
            amount=Money(wanted["amount_minor"], wanted["currency"]),
            method=wanted["method"],
            idempotency_key=key,
            origin=origin_of(request),
            at=at,
        )
        top_up = services.open_page(top_up_id=started.top_up.pk, at=at)
        if top_up.status not in LEFT_ALONE:
            status = 202
        else:
            status = 200 if started.is_replay else 201
        return answer(resource(top_up), status=status, replayed=started.is_replay)


class TopUpDetail(WalletView):
    """One top-up."""

    limits = ("read",)

    @extend_schema(responses=TopUpResource)
    def get(self, request: PersonApiRequest, top_up: str) -> Response:
        """The top-up as it is now."""
        found = selectors.top_up_of(user=request.user, top_up_id=ids.parse("top", top_up))
        return answer(resource(found), status=200)


class TopUpCancel(WalletView):
    """Stop before paying."""

    limits = ("money",)

    @extend_schema(request=None, responses=TopUpResource)
    def post(self, request: PersonApiRequest, top_up: str) -> Response:
        """Closes the provider's page; if the money is already there it is credited instead."""
        found = services.cancel_top_up(top_up_id=ids.parse("top", top_up), user=request.user, at=clock.now())
        return answer(resource(found), status=200)


def resource(top_up: TopUp) -> dict[str, Any]:
    """A top-up as the API shows it."""
    waits = top_up.status == TopUpStatus.AWAITING_ACTION and top_up.redirect_url
    return {
        "id": ids.public("top", top_up.pk),
        "status": top_up.status,
        "amount_minor": brought(top_up).amount_minor,
        "currency": top_up.currency,
        "fee_minor": policy.FEE_MINOR,
        "method": top_up.method,
        "reason": top_up.reason or None,
        "maturing_minor": top_up.maturing_minor,
        "matures_at": top_up.matures_at,
        "created_at": top_up.created_at,
        "next_action": {"type": "redirect", "url": top_up.redirect_url} if waits else None,
    }
