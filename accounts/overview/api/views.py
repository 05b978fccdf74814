"""``me/``, ``me/devices/`` and ``me/access-log/``"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.response import Response

from accounts.devices import services as devices
from accounts.devices.origin import origin_of, session_row_of
from accounts.devices.selectors import sessions_of
from accounts.identity.api.serializers import ProfileSerializer
from accounts.limits.api.views import resource as limit_resource
from accounts.limits.selectors import summary
from accounts.mfa.selectors import has_pin, has_reduced_limits
from accounts.overview.api.serializers import DeviceListSerializer, MeSerializer, ReadingPageSerializer
from accounts.overview.selectors import needs_of
from accounts.staff.selectors import readings_of
from wallet_project.lib import clock, ids
from wallet_project.lib.api import WalletView, listing, moment_of, page_size, read_cursor
from wallet_project.lib.errors import Invalid

if TYPE_CHECKING:
    from datetime import datetime

    from accounts.devices.models import WalletSession
    from accounts.identity.requests import PersonApiRequest


class Me(WalletView):
    """The signed-in person."""

    limits = ("read",)

    @extend_schema(operation_id="me", responses=MeSerializer)
    def get(self, request: PersonApiRequest) -> Response:
        """Profile, tier, limits and what needs doing."""
        at, person = clock.now(), request.user
        standings = summary(person, at=at, reduced=has_reduced_limits(person, at=at))
        needs = [
            {"code": need.code, "sentence": str(need.sentence), "challenge": need.challenge}
            for need in needs_of(person, at=at)
        ]
        return Response(
            {
                "id": person.public_id,
                "profile": ProfileSerializer(person).data,
                "tier": person.tier,
                "state": person.state,
                "pin_set": has_pin(person),
                "limits": [limit_resource(standing) for standing in standings],
                "needs": needs,
            }
        )


class Devices(WalletView):
    """Where the person is signed in."""

    limits = ("security",)

    @extend_schema(operation_id="me_devices", responses=DeviceListSerializer)
    def get(self, request: PersonApiRequest) -> Response:
        """Every session that has not ended, the latest used first."""
        rows = sessions_of(request.user, at=clock.now())
        return Response({"results": [_device(row, request) for row in rows], "next": None})


class Device(WalletView):
    """One of them."""

    limits = ("security",)

    @extend_schema(operation_id="me_device_sign_out", responses={204: None})
    def delete(self, request: PersonApiRequest, device: str) -> Response:
        """Signs it out at once."""
        session_id = ids.parse("dev", device)
        devices.revoke_session(user=request.user, session_id=session_id, at=clock.now(), origin=origin_of(request))
        return Response(status=204)


class AccessLog(WalletView):
    """Who of our staff saw the person's data."""

    limits = ("read",)

    @extend_schema(
        operation_id="me_access_log",
        responses=ReadingPageSerializer,
        parameters=[OpenApiParameter("cursor", str), OpenApiParameter("page_size", int)],
    )
    def get(self, request: PersonApiRequest) -> Response:
        """When, in which role, what and why; newest first, in the language asked for. Names are not told."""
        size, cursor = page_size(request), read_cursor(request)
        after = _position(cursor) if cursor is not None else None
        found = readings_of(request.user.pk, size=size + 1, after=after)
        shown, last = found[:size], found[size - 1] if len(found) > size else None
        rows = [{"at": one.at, "who": str(one.who), "what": str(one.what), "why": str(one.why)} for one in shown]
        return listing(request, rows, {"at": last.at.isoformat(), "id": str(last.id)} if last is not None else None)


def _position(cursor: dict[str, Any]) -> tuple[datetime, UUID]:
    try:
        return moment_of(cursor), UUID(str(cursor["id"]))
    except (KeyError, ValueError) as error:
        raise Invalid({"cursor": "cursor_invalid"}) from error


def _device(row: WalletSession, request: PersonApiRequest) -> dict[str, Any]:
    return {
        "id": row.public_id,
        "kind": row.kind,
        "name": row.name,
        "current": row == session_row_of(request),
        "signed_in_at": row.created_at,
        "last_seen_at": row.last_seen_at,
    }
