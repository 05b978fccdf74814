"""``wallets/``"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from accounts.devices.origin import origin_of
from accounts.wallets import selectors, services
from accounts.wallets.api.serializers import NewWalletSerializer, WalletListSerializer, WalletSerializer
from wallet_project.lib import clock
from wallet_project.lib.api import WalletView

if TYPE_CHECKING:
    from accounts.identity.requests import PersonApiRequest
    from accounts.wallets.selectors import WalletBalance


class Wallets(WalletView):
    """What the person has, by currency."""

    limits = ("read",)

    @extend_schema(operation_id="wallets_list", responses=WalletListSerializer)
    def get(self, request: PersonApiRequest) -> Response:
        """Every wallet with its balances."""
        found = selectors.balances_of(request.user, at=clock.now())
        return Response({"results": [resource(balance) for balance in found], "next": None})

    @extend_schema(
        operation_id="wallets_create",
        request=NewWalletSerializer,
        responses={200: WalletSerializer, 201: WalletSerializer},
    )
    def post(self, request: PersonApiRequest) -> Response:
        """Adds a currency: 201 with the new wallet, 200 when it was there already."""
        asked = NewWalletSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        currency, at = asked.validated_data["currency"], clock.now()
        opened = services.add_wallet(user=request.user, currency=currency, at=at, origin=origin_of(request))
        made = next(found for found in selectors.balances_of(request.user, at=at) if found.currency == currency)
        return Response(resource(made), status=201 if opened.is_new else 200)


def resource(balance: WalletBalance) -> dict[str, Any]:
    """One wallet as the API shows it."""
    return {
        "id": balance.id,
        "currency": balance.currency,
        "available_minor": balance.available_minor,
        "held_minor": balance.held_minor,
        "maturing_minor": balance.maturing_minor,
        "pending_minor": balance.pending_minor,
        "owed_minor": balance.owed_minor,
    }
