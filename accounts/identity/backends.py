"""Checks a password for an e-mail address or a phone number, in either spelling."""

from __future__ import annotations

from typing import TYPE_CHECKING

from allauth.account.auth_backends import AuthenticationBackend
from django.conf import settings

from accounts.identity import selectors
from accounts.identity.policy import Identifier, IdentifierMalformed, normalise_phone

if TYPE_CHECKING:
    from accounts.identity.models import User


class WalletBackend(AuthenticationBackend):
    """allauth's backend with a bound: however many accounts claim a contact unproven, few hashes are computed.

    The verified owner comes alone, so nobody signs in to somebody else's address by having claimed it.
    """

    def _authenticate_by_email(self, email: str, password: str) -> User | None:
        return self._first(Identifier("email", email.strip().lower()), password)

    def _authenticate_by_phone(self, phone: str, password: str) -> User | None:
        try:
            number = normalise_phone(phone, settings.DEFAULT_COUNTRY)
        except IdentifierMalformed:
            return None
        return self._first(Identifier("phone", number), password)

    def _first(self, identifier: Identifier, password: str) -> User | None:
        for user in selectors.candidates_for_sign_in(identifier):
            if self._check_password(user, password):
                return user
        return None
