"""Signed-in apps for tests: a real token, so that requests are authenticated as in life."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import TYPE_CHECKING

from allauth.account.internal.userkit import user_id_to_str
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.test import Client

from accounts.devices.models import AppToken, WalletSession
from accounts.devices.selectors import hashed
from accounts.identity.mfa_adapter import sealing_for
from tests.factories.people import now

if TYPE_CHECKING:
    from datetime import datetime

    from accounts.identity.models import User


def app_token(user: User, *, signed_in_at: datetime | None = None) -> str:
    """The ``X-Session-Token`` of an app in which ``user`` signed in, five days ago unless told otherwise."""
    at = signed_in_at or now() - timedelta(days=5)
    session = WalletSession.objects.create(
        key_hash=secrets.token_hex(32),
        user=user,
        payload=b"",
        auth_hash=user.get_session_auth_hash(),
        kind="app",
        authenticated_at=at,
        created_at=at,
        last_seen_at=now(),
        expires_at=at + timedelta(days=30),
    )
    token = f"wlt_{secrets.token_urlsafe(32)}"
    AppToken.objects.create(
        token_hash=hashed(token),
        session=session,
        user=user,
        session_key=b"",
        created_at=at,
        expires_at=session.expires_at,
    )
    return token


def browser(user: User) -> Client:
    """A browser in which ``user`` is signed in."""
    client = Client()
    client.force_login(user, backend="accounts.identity.backends.WalletBackend")
    return client


def at_the_desk(user: User) -> Client:
    """A browser in which a member of staff signed in with a second factor, so the desk is open."""
    with sealing_for(user):
        factor = TOTP.activate(user, generate_totp_secret()).instance
    client = browser(user)
    session = client.session
    session["account_authentication_methods"] = [{"method": "mfa", "at": now().timestamp(), "id": factor.pk}]
    session["account_authentication_methods_user"] = user_id_to_str(user)
    session.save()
    return client
