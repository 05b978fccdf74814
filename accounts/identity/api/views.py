"""``me/profile/``"""

from __future__ import annotations

from typing import TYPE_CHECKING

from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from accounts.devices.origin import origin_of
from accounts.identity import services
from accounts.identity.api.serializers import ProfileChangeSerializer, ProfileSerializer
from wallet_project.lib import clock
from wallet_project.lib.api import WalletView

if TYPE_CHECKING:
    from accounts.identity.requests import PersonApiRequest


class Profile(WalletView):
    """How the wallet knows and shows somebody."""

    limits = ("security",)

    @extend_schema(operation_id="me_profile", responses=ProfileSerializer)
    def get(self, request: PersonApiRequest) -> Response:
        """The profile."""
        return Response(ProfileSerializer(request.user).data)

    @extend_schema(operation_id="me_profile_change", request=ProfileChangeSerializer, responses=ProfileSerializer)
    def patch(self, request: PersonApiRequest) -> Response:
        """Changes the fields given."""
        asked = ProfileChangeSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        person = services.update_profile(
            user=request.user, changes=asked.validated_data, at=clock.now(), origin=origin_of(request)
        )
        return Response(ProfileSerializer(person).data)
