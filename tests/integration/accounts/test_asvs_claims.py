"""Small facts that docs/asvs.csv claims and no other test shows."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher, identify_hasher, make_password
from django.test import Client

from accounts.devices.models import WalletSession
from accounts.identity.models import User
from tests.factories.people import PASSWORD, make_person
from tests.integration.accounts.app import App, code_for
from wallet_project.local.places import ROOT
from wallet_project.settings import auth

pytestmark = pytest.mark.django_db
EMAIL = "ottilie@example.org"


@pytest.fixture(autouse=True)
def fresh_limits(settings: Any) -> None:
    settings.RATELIMIT_PREFIX = f"test:{uuid4()}"


def signed_up(password: str) -> Any:
    return App().auth("auth/signup", {"email": EMAIL, "password": password})


def signs_in(password: str, login: str = "alice@example.com") -> bool:
    answer = Client().post("/account/login/", {"login": login, "password": password})
    return answer.status_code == 302


class TestPasswords:
    def test_eleven_characters_are_too_few(self) -> None:
        answer = signed_up("qvzx-wmjk-p")
        assert (answer.status_code, answer.data["errors"][0]["param"]) == (400, "password")
        assert not User.objects.exists()
        assert signed_up("qvzx-wmjk-pt").status_code == 401

    @pytest.mark.parametrize(
        "password",
        [
            "qvzxwmjkptlr",
            "8305 1947 2206 1",
            "QVZXWMJKPTLR",
            "ein Satz mit Leerzeichen",
            "纸飞机穿过旧城墙上的风筝线呀",
            "x9" * 64,
            "🦦 swims past 🦉",
        ],
    )
    def test_any_characters_make_one(self, password: str) -> None:
        assert signed_up(password).status_code == 401  # the code is asked for: it was taken
        assert User.objects.get().check_password(password)

    @pytest.mark.parametrize("nearly", ["{} ", " {}", "Calm-heron-reads-42", "calm-heron-reads-4", "{}x"])
    def test_counts_exactly_as_typed(self, nearly: str) -> None:
        make_person("alice")
        assert not signs_in(nearly.format(PASSWORD))
        assert signs_in(PASSWORD)

    def test_keeps_spaces_at_its_ends(self) -> None:
        password = "  quiet otter swims  "
        app = App()
        app.auth("auth/signup", {"email": EMAIL, "password": password})
        app.auth("auth/email/verify", {"key": code_for(EMAIL)})
        assert not signs_in(password.strip(), EMAIL)
        assert signs_in(password, EMAIL)
        for typed, status in ((password.strip(), 400), (password, 200)):
            assert App().auth("auth/login", {"email": EMAIL, "password": typed}).status_code == status
        new = " swims quiet otter "
        assert (
            app.auth("account/password/change", {"current_password": password, "new_password": new}).status_code == 200
        )
        assert signs_in(new, EMAIL)
        assert not signs_in(new.strip(), EMAIL)

    def test_is_changed_with_the_one_before(self) -> None:
        alice, client, new = make_person("alice"), Client(), "quiet-otter-swims-77"
        client.post("/account/login/", {"login": "alice@example.com", "password": PASSWORD})
        path = "/account/password/change/"
        for before in ("", "wrong-heron-reads-42"):
            client.post(path, {"oldpassword": before, "password1": new, "password2": new})
            alice.refresh_from_db()
            assert alice.check_password(PASSWORD)
        assert client.post(path, {"oldpassword": PASSWORD, "password1": new, "password2": new}).status_code == 302
        alice.refresh_from_db()
        assert alice.check_password(new)

    def test_managers_and_pasting_are_welcome(self) -> None:
        page = Client().get("/account/login/").content.decode()
        assert 'autocomplete="current-password"' in page
        assert 'autocomplete="new-password"' in Client().get("/account/signup/").content.decode()
        assert "paste" not in (ROOT / "static/js/app.js").read_text()
        assert "onpaste" not in page

    def test_passwords_are_kept_by_argon2id(self, settings: Any) -> None:
        assert auth.PASSWORD_HASHERS == ["django.contrib.auth.hashers.Argon2PasswordHasher"]
        settings.PASSWORD_HASHERS = auth.PASSWORD_HASHERS
        encoded = make_password(PASSWORD)
        assert isinstance(identify_hasher(encoded), Argon2PasswordHasher)
        assert encoded.startswith("argon2$argon2id$v=19$m=102400,t=2,p=8$")


class TestSessions:
    def test_tokens_are_long_and_never_the_same(self) -> None:
        make_person("alice")
        apps = [App() for _ in range(3)]
        for app in apps:
            app.auth("auth/login", {"email": "alice@example.com", "password": PASSWORD})
        tokens = {app.token for app in apps}
        assert len(tokens) == 3
        for token in tokens:  # 43 letters of base64url are 256 bits
            assert token.startswith("wlt_")
            assert len(token.removeprefix("wlt_")) == 43
        client = Client()
        client.post("/account/login/", {"login": "alice@example.com", "password": PASSWORD})
        assert len(client.cookies["sessionid"].value) == 43
        assert WalletSession.objects.count() == 4

    def test_codes_of_sign_in_live_ten_minutes(self) -> None:
        assert {
            auth.ACCOUNT_EMAIL_VERIFICATION_BY_CODE_TIMEOUT,
            auth.ACCOUNT_PHONE_VERIFICATION_TIMEOUT,
            auth.ACCOUNT_LOGIN_BY_CODE_TIMEOUT,
            auth.ACCOUNT_PASSWORD_RESET_BY_CODE_TIMEOUT,
        } == {600}


class TestTheHouse:
    def test_a_new_house_has_nobody_in_it(self) -> None:
        assert not User.objects.exists()

    @pytest.mark.parametrize(
        "path",
        [
            "/.git/config", "/.git/HEAD", "/.env", "/manage.py", "/static/", "/static/css/", "/static/../manage.py",
            "/static/%2e%2e/manage.py", "/wallet_project/settings/base.py", "/requirements.txt", "/var/secrets.json",
        ],
    )  # fmt: skip
    def test_files_of_the_house_are_not_served(self, path: str) -> None:
        assert Client().get(path).status_code == 404

    @pytest.mark.parametrize("path", ["/", "/home/", "/api/v1/me/", "/account/login/", "/admin/", "/healthz"])
    def test_trace_echoes_nothing(self, path: str) -> None:
        answer = Client().generic("TRACE", path, headers={"X-Secret": "otter-swims-77"})
        assert "otter-swims-77" not in answer.content.decode()
        assert answer.headers.get("Content-Type", "") != "message/http"

    def test_scripts_store_nothing(self) -> None:
        script = (ROOT / "static/js/app.js").read_text()
        for store in ("localStorage", "sessionStorage", "indexedDB", "document.cookie", "caches."):
            assert store not in script
