"""/api/v1/: every room's endpoints under one root, the schema, its page, and the catalogue of errors."""

from __future__ import annotations

from typing import Any

from django.urls import include, path
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularJSONAPIView
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from wallet_project import api_docs
from wallet_project.lib.api import WalletView
from wallet_project.lib.describing import catalogue
from wallet_project.lib.ratelimit import limited


class ErrorCatalogue(WalletView):
    """Every error code with its status, sentence and next step, in the language asked for."""

    limits = ("public",)
    permission_classes = (AllowAny,)
    authentication_classes = ()

    @extend_schema(
        responses={200: {"type": "object", "properties": {"results": {"type": "array", "items": {"type": "object"}}}}}
    )
    def get(self, request: Request) -> Response:
        """The catalogue, by code."""
        return Response({"results": [_row(code) for code in sorted(catalogue())]})


def _row(code: str) -> dict[str, Any]:
    entry = catalogue()[code]
    return {
        "code": code,
        "status": entry.status,
        "title": str(entry.title),
        "detail": str(entry.detail),
        "next_step": str(entry.next_step),
        "members": list(entry.public),
    }


ROOMS = (
    "accounts.identity.api.urls",
    "accounts.overview.api.urls",
    "accounts.stepup.api.urls",
    "accounts.wallets.api.urls",
    "accounts.limits.api.urls",
    "accounts.activity.api.urls",
    "accounts.privacy.api.urls",
    "accounts.statements.api.urls",
    "payments.banking.api.urls",
    "payments.funding.api.urls",
    "transfers.payees.api.urls",
    "transfers.p2p.api.urls",
    "support.notifications.api.urls",
)

urlpatterns = [
    path(
        "schema/",
        limited("public")(SpectacularJSONAPIView.as_view(authentication_classes=[], permission_classes=[AllowAny])),
        name="api_schema",
    ),
    path("docs/", api_docs.page, name="api_docs"),
    path("errors/", ErrorCatalogue.as_view(), name="api_errors"),
    *[path("", include(room)) for room in ROOMS],
]
