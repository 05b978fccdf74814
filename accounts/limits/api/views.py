"""``me/limits/``"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from accounts.limits import selectors
from accounts.limits.api.serializers import LimitListSerializer
from accounts.mfa.selectors import has_reduced_limits
from wallet_project.lib import clock
from wallet_project.lib.api import WalletView

if TYPE_CHECKING:
    from accounts.identity.requests import PersonApiRequest
    from accounts.limits.selectors import Standing


class Limits(WalletView):
    """What the person may add and send, and what is left of it today."""

    limits = ("read",)

    @extend_schema(operation_id="me_limits", responses=LimitListSerializer)
    def get(self, request: PersonApiRequest) -> Response:
        """Every limit as it stands."""
        at = clock.now()
        found = selectors.summary(request.user, at=at, reduced=has_reduced_limits(request.user, at=at))
        return Response({"results": [resource(standing) for standing in found], "next": None})


def resource(standing: Standing) -> dict[str, Any]:
    """One limit as the API shows it."""
    return {
        "product": standing.product,
        "currency": standing.per_day.currency,
        "per_payment_minor": standing.per_payment.amount_minor,
        "per_day_minor": standing.per_day.amount_minor,
        "used_today_minor": standing.used.amount_minor,
        "remaining_minor": standing.remaining.amount_minor,
        "resets_at": standing.resets_at,
    }
