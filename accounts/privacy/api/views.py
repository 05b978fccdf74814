"""``me/consents/``"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from accounts.devices.origin import origin_of
from accounts.privacy import selectors, services
from accounts.privacy.api.serializers import ConsentsChange, ConsentsShape
from wallet_project.lib import clock
from wallet_project.lib.api import WalletView

if TYPE_CHECKING:
    from accounts.identity.requests import PersonApiRequest


class Consents(WalletView):
    """What the person accepted, and what they allow."""

    limits = ("security",)

    @extend_schema(operation_id="me_consents", responses=ConsentsShape)
    def get(self, request: PersonApiRequest) -> Response:
        """The documents in force and every switch."""
        return Response(_shown(request))

    @extend_schema(operation_id="me_consents_change", request=ConsentsChange, responses=ConsentsShape)
    def put(self, request: PersonApiRequest) -> Response:
        """Accepts versions and turns switches; all of it or nothing."""
        asked = ConsentsChange(data=request.data)
        asked.is_valid(raise_exception=True)
        data, at, origin = asked.validated_data, clock.now(), origin_of(request)
        services.change(
            user=request.user,
            versions=data.get("accept", {}),
            switches=data.get("switches", {}),
            at=at,
            origin=origin,
        )
        request.user.refresh_from_db()
        return Response(_shown(request))


def _shown(request: PersonApiRequest) -> dict[str, object]:
    documents = [
        {
            "document": document.code,
            "version": document.version,
            "effective_on": document.effective_on.isoformat(),
            "url": request.build_absolute_uri(f"{reverse('legal', args=[document.code])}?version={document.version}"),
            "accepted_at": accepted_at,
        }
        for document, accepted_at in selectors.standing(request.user, at=clock.now())
    ]
    return {"documents": documents, "switches": selectors.switches_of(request.user)}
