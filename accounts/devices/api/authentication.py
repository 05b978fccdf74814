"""Who calls the API: the ``X-Session-Token`` of a session that is signed in and has not ended."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.crypto import constant_time_compare
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed

from accounts.devices import policy
from accounts.devices.errors import StaffOwnNoWallet
from accounts.devices.models import WalletSession
from accounts.devices.selectors import live_token
from wallet_project.lib import clock

if TYPE_CHECKING:
    from rest_framework.request import Request

    from accounts.devices.models import AppToken
    from accounts.identity.models import User

HEADER = "X-Session-Token"
CHALLENGE = f'Session realm="wallet", header="{HEADER}"'


class WalletAuthentication(BaseAuthentication):
    """One query: token, session and person together. Anything wrong with them is one and the same 401."""

    def authenticate(self, request: Request) -> tuple[User, AppToken] | None:
        """The person and their token; None without a header.

        Raises AuthenticationFailed for a bad one, StaffOwnNoWallet for staff: every endpoint that asks who calls is
        a customer's.
        """
        token = request.headers.get(HEADER)
        if token is None:
            return None
        now = clock.now()
        row = live_token(token, at=now)
        user = row.session.user if row is not None else None
        if row is None or user is None or not user.is_active or row.session.authenticated_at is None:
            raise AuthenticationFailed
        if not constant_time_compare(row.session.auth_hash, user.get_session_auth_hash()):
            raise AuthenticationFailed
        if user.is_staff:
            raise StaffOwnNoWallet
        if policy.is_stale(row.session, now):
            WalletSession.objects.filter(pk=row.session.pk).update(last_seen_at=now)
        return user, row

    def authenticate_header(self, request: Request) -> str:
        """Makes the refusal a 401."""
        return CHALLENGE


class WalletAuthenticationScheme(OpenApiAuthenticationExtension):
    """How the schema describes it."""

    target_class = WalletAuthentication
    name = "session"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        """An API key in a header."""
        return {"type": "apiKey", "in": "header", "name": HEADER, "description": "The token from sign-in, wlt_…"}
