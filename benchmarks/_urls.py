"""The wallet's addresses, and the bare endpoint that the others are measured beside. Never mounted elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.urls import include, path
from rest_framework.response import Response

from transfers.p2p.api.serializers import TransferRequest
from wallet_project.lib.api import WalletView, idempotency_key

if TYPE_CHECKING:
    from accounts.identity.requests import PersonApiRequest


class ParseOnly(WalletView):
    """Authenticates, loads the person, takes the rate limit, parses and checks the body of a transfer; then answers."""

    limits = ("money",)

    def post(self, request: PersonApiRequest) -> Response:
        """201 with as long an answer as a transfer's."""
        key = idempotency_key(request)
        form = TransferRequest(data=request.data)
        form.is_valid(raise_exception=True)
        return Response(
            {"id": str(request.user.pk), "key": key, "status": "COMPLETED", **form.validated_data}, status=201
        )


urlpatterns = [
    path("bench/parse/", ParseOnly.as_view()),
    path("", include("wallet_project.urls")),
]
