"""Payees for apps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from accounts.devices.origin import origin_of
from accounts.stepup.selectors import next_action
from transfers.payees import selectors, services
from transfers.payees.api.serializers import (
    PayeeListShape,
    ResolvedShape,
    ResolveRequest,
    TrustRequest,
    TrustShape,
)
from transfers.payees.policy import PAYEES_PREFIX, public_id
from transfers.payees.presentation import payee_json
from wallet_project.lib import clock, ids
from wallet_project.lib.api import WalletView, listing, page_size, read_cursor
from wallet_project.lib.errors import Invalid, NotFound

if TYPE_CHECKING:
    from accounts.identity.requests import PersonApiRequest


class PayeeResolve(WalletView):
    """Find somebody by what they are known by."""

    limits = ("lookup",)

    @extend_schema(request=ResolveRequest, responses={200: ResolvedShape})
    def post(self, request: PersonApiRequest) -> Response:
        """The payee behind a handle, an e-mail address or a phone number: one answer for known and unknown."""
        form = ResolveRequest(data=request.data)
        form.is_valid(raise_exception=True)
        found = services.resolve(payer=request.user, identifier=form.validated_data["identifier"], at=clock.now())
        return Response(
            {
                "payee": public_id(found.payee),
                "shown_name": found.payee.shown_name,
                "first_time": found.first_time,
            }
        )


class PayeeList(WalletView):
    """Whom the person has paid or trusts."""

    limits = ("lookup",)

    @extend_schema(responses={200: PayeeListShape})
    def get(self, request: PersonApiRequest) -> Response:
        """Newest first."""
        size = page_size(request)
        known = selectors.known_payees(request.user).order_by("-id")
        cursor = read_cursor(request)
        if cursor is not None:
            known = known.filter(id__lt=_position(cursor))
        found = list(known[: size + 1])
        results = [payee_json(payee, first_time=payee.paid_count == 0) for payee in found[:size]]
        return listing(request, results, {"id": public_id(found[size - 1])} if len(found) > size else None)

    @extend_schema(request=TrustRequest, responses={200: TrustShape, 202: TrustShape})
    def post(self, request: PersonApiRequest) -> Response:
        """Trust a payee: 202 with the confirmation that is awaited, 200 when it is trusted already."""
        form = TrustRequest(data=request.data)
        form.is_valid(raise_exception=True)
        payee_id = ids.parse(PAYEES_PREFIX, form.validated_data["payee"])
        payee, challenge = services.ask_to_trust(payer=request.user, payee_id=payee_id, at=clock.now())
        body = payee_json(payee, first_time=selectors.is_first_time(payee))
        if challenge is None:
            return Response(body | {"next_action": None})
        return Response(body | {"next_action": next_action(challenge)}, status=202)


class PayeeDetail(WalletView):
    """One payee."""

    limits = ("lookup",)

    @extend_schema(responses={204: None})
    def delete(self, request: PersonApiRequest, payee_id: str) -> Response:
        """Takes the payee off the list and ends its trust."""
        services.remove_payee(
            payer=request.user, payee_id=ids.parse(PAYEES_PREFIX, payee_id), origin=origin_of(request), at=clock.now()
        )
        return Response(status=204)


def _position(cursor: dict[str, object]) -> object:
    try:
        return ids.parse(PAYEES_PREFIX, str(cursor.get("id")))
    except NotFound as error:
        raise Invalid({"cursor": "cursor_invalid"}) from error
