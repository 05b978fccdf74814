"""Second factors at rest and in use: sealed for their owner, and a code works once (holes 2 and 3)."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from django.conf import settings
from django.core.cache import cache

from accounts.identity.mfa_adapter import MFAAdapter, NoOwner, owner_of, sealing_for
from accounts.identity.models import TotpUse
from accounts.identity.services import use_totp_counter
from tests.factories.people import PASSWORD, make_person
from tests.integration.accounts.app import App, pending
from wallet_project.lib.crypto import CannotDecrypt

if TYPE_CHECKING:
    from accounts.identity.models import User

pytestmark = pytest.mark.django_db

EMAIL = "ada@example.com"


def enrol(user: User) -> str:
    secret = generate_totp_secret()
    with sealing_for(user):
        TOTP.activate(user, secret)
        RecoveryCodes.activate(user)
    return secret


def code_of(secret: str) -> str:
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30))


def password_step() -> App:
    app = App()
    answer = app.auth("auth/login", {"email": EMAIL, "password": PASSWORD})
    assert answer.status_code == 401
    assert pending(answer) == ["mfa_authenticate"]
    return app


class TestAtRest:
    def test_secret_and_seed_are_sealed(self) -> None:
        user = make_person("ada", pin=None)
        secret = enrol(user)
        rows = {row.type: row.data for row in Authenticator.objects.all()}
        assert rows["totp"]["secret"].startswith("v")
        assert rows["recovery_codes"]["seed"].startswith("v")
        assert secret not in str(rows)
        assert owner_of(rows["totp"]["secret"]) == str(user.pk)

    def test_a_secret_in_clear_is_refused_not_used(self) -> None:
        with pytest.raises(CannotDecrypt):
            MFAAdapter().decrypt("JBSWY3DPEHPK3PXP")

    def test_nobodys_secret_is_not_sealed(self) -> None:
        with pytest.raises(NoOwner):
            MFAAdapter().encrypt("JBSWY3DPEHPK3PXP")


class TestInUse:
    def test_password_then_code(self) -> None:
        secret = enrol(make_person("ada", pin=None))
        app = password_step()
        assert app.call("GET", "/api/v1/me/").status_code == 401
        assert app.auth("auth/2fa/authenticate", {"code": code_of(secret)}).status_code == 200
        assert app.call("GET", "/api/v1/me/").status_code == 200

    def test_a_code_works_once_also_when_the_cache_was_emptied(self) -> None:
        user = make_person("ada", pin=None)
        secret = enrol(user)
        code = code_of(secret)
        first = password_step().auth("auth/2fa/authenticate", {"code": code})
        assert first.status_code == 200
        used = TotpUse.objects.get(user=user).last_counter
        cache.clear()
        second = password_step()
        TotpUse.objects.filter(user=user).update(last_counter=used + 1)
        replayed = second.auth("auth/2fa/authenticate", {"code": code_of(secret)})
        assert replayed.status_code == 409
        assert replayed.data["code"] == "code_already_used"
        assert second.call("GET", "/api/v1/me/").status_code == 401

    def test_somebody_elses_row_in_my_account_opens_nothing(self) -> None:
        mallory, ada = make_person("mallory", pin=None), make_person("ada", pin=None)
        known = enrol(mallory)
        enrol(ada)
        stolen = Authenticator.objects.get(user=mallory, type="totp").data
        Authenticator.objects.filter(user=ada, type="totp").update(data=stolen)
        app = password_step()
        assert app.auth("auth/2fa/authenticate", {"code": code_of(known)}).status_code == 409
        assert app.call("GET", "/api/v1/me/").status_code == 401

    def test_wrong_codes_are_counted(self) -> None:
        secret = enrol(make_person("ada", pin=None))
        app = password_step()
        wrong = format_hotp_value((int(code_of(secret)) + 1) % 1_000_000)
        statuses = [app.auth("auth/2fa/authenticate", {"code": wrong}).status_code for _ in range(6)]
        assert statuses == [400] * 5 + [429]

    def test_no_tolerance(self) -> None:
        assert settings.MFA_TOTP_TOLERANCE == 0


class TestCounter:
    def test_moves_only_forward(self) -> None:
        user = make_person("ada", pin=None)
        assert use_totp_counter(user_id=user.pk, counter=100)
        assert not use_totp_counter(user_id=user.pk, counter=100)
        assert not use_totp_counter(user_id=user.pk, counter=99)
        assert use_totp_counter(user_id=user.pk, counter=101)
