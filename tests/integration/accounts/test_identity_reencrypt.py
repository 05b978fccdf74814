"""Changing the field key: everything is sealed anew, nothing is lost, and the old key can go."""

from __future__ import annotations

import secrets
from io import StringIO
from typing import TYPE_CHECKING

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP
from django.core.management import call_command

from accounts.identity.mfa_adapter import MFAAdapter, sealing_for
from accounts.identity.models import User
from tests.factories.people import PASSWORD, make_person, now
from tests.integration.accounts.app import App

if TYPE_CHECKING:
    from pytest_django.fixtures import SettingsWrapper

pytestmark = pytest.mark.django_db


def test_every_value_moves_to_the_newest_key(settings: SettingsWrapper) -> None:
    ada = make_person("ada", pin=None, phone="+4915123456789", phone_verified_at=now())
    with sealing_for(ada):
        TOTP.activate(ada, "JBSWY3DPEHPK3PXP")
    settings.FIELD_KEYS = {"2": secrets.token_bytes(32), **settings.FIELD_KEYS}
    said = StringIO()
    call_command("reencrypt", stdout=said)
    assert "under key 2 now" in said.getvalue()
    settings.FIELD_KEYS = {"2": settings.FIELD_KEYS["2"]}
    again = User.objects.get()
    assert (again.email, again.phone, again.shown_name) == ("ada@example.com", "+4915123456789", "Ada Example")
    assert EmailAddress.objects.get(email="ada@example.com").user == ada
    assert MFAAdapter().decrypt(Authenticator.objects.get().data["secret"]) == "JBSWY3DPEHPK3PXP"
    answer = App().auth("auth/login", {"email": "ada@example.com", "password": PASSWORD})
    assert answer.data["data"]["flows"][-2]["id"] == "mfa_authenticate"
    said = StringIO()
    call_command("reencrypt", stdout=said)
    assert said.getvalue().splitlines()[-1] == "0 values are under key 2 now."
