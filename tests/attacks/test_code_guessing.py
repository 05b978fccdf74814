"""Guessing codes and passwords with patience: from new sessions, in headers, at other accounts."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from tests.factories.people import PASSWORD, make_person
from tests.integration.accounts.app import App, code_for

if TYPE_CHECKING:
    from pytest_django.fixtures import SettingsWrapper

WRONG = "BBBB-BBBB"


@pytest.fixture(autouse=True)
def fresh_limits(settings: SettingsWrapper) -> None:
    """What one test spends of a limit is nothing to the next."""
    settings.RATELIMIT_PREFIX = f"test:{uuid4()}"


@pytest.mark.django_db
class TestPatientGuesses:
    def test_the_sixth_wrong_code_waits_and_says_how_long(self) -> None:
        app = App()
        app.sign_up(email="ada@example.com")
        statuses = [app.auth("auth/email/verify", {"key": WRONG}).status_code for _ in range(5)]
        assert statuses == [400] * 5
        refused = app.auth("auth/email/verify", {"key": WRONG})
        assert refused.status_code == 429
        assert 0 < int(refused["Retry-After"]) <= 900
        assert refused["Content-Type"] == "application/problem+json"
        assert refused.data["code"] == "rate_limited"

    def test_a_new_session_does_not_buy_new_guesses_at_the_same_account(self) -> None:
        make_person("ada", pin=None)
        first = App()
        first.auth("auth/code/request", {"email": "ada@example.com"})
        for _ in range(5):
            assert first.auth("auth/code/confirm", {"code": WRONG}).status_code == 400
        second = App(address="192.0.2.77")
        second.auth("auth/code/request", {"email": "ada@example.com"})
        assert second.auth("auth/code/confirm", {"code": code_for("ada@example.com")}).status_code == 429

    def test_the_right_code_gives_the_guesses_back(self) -> None:
        make_person("ada", pin=None)
        app = App()
        app.auth("auth/code/request", {"email": "ada@example.com"})
        for _ in range(4):
            app.auth("auth/code/confirm", {"code": WRONG})
        assert app.auth("auth/code/confirm", {"code": code_for("ada@example.com")}).status_code == 200
        again = App()
        again.auth("auth/code/request", {"email": "ada@example.com"})
        assert again.auth("auth/code/confirm", {"code": WRONG}).status_code == 400

    def test_codes_can_also_be_guessed_in_a_header_and_are_counted_there(self) -> None:
        app = App()
        app.sign_up(email="ada@example.com")
        path = "/_allauth/app/v1/auth/email/verify"
        header = {"X-Email-Verification-Key": WRONG}
        statuses = [app.call("GET", path, **header).status_code for _ in range(6)]
        assert statuses == [400] * 5 + [429]

    def test_five_wrong_passwords_lock_the_pair_but_not_the_owner_elsewhere(self) -> None:
        make_person("ada", pin=None)
        attacker = App(address="198.51.100.7")
        body = {"email": "ada@example.com", "password": "wrong horse battery"}
        statuses = [attacker.auth("auth/login", body).status_code for _ in range(6)]
        assert statuses == [400] * 4 + [429] * 2  # the fifth was compared, and already answers with the lock
        assert attacker.auth("auth/login", body | {"password": PASSWORD}).status_code == 429
        assert App(address="192.0.2.9").auth("auth/login", body | {"password": PASSWORD}).status_code == 200

    def test_a_right_password_starts_the_count_anew(self) -> None:
        make_person("ada", pin=None)
        body = {"email": "ada@example.com", "password": PASSWORD}
        for _ in range(3):
            for _ in range(4):
                assert App().auth("auth/login", body | {"password": "wrong horse battery"}).status_code == 400
            assert App().auth("auth/login", body).status_code == 200

    def test_failures_for_one_phone_do_not_lock_another(self) -> None:
        attacker = App(address="198.51.100.7")
        for _ in range(6):
            attacker.auth("auth/login", {"phone": "+4915100000001", "password": "wrong horse battery"})
        answer = attacker.auth("auth/login", {"phone": "+4915100000002", "password": "wrong horse battery"})
        assert answer.status_code == 400

    def test_sixty_sign_ups_a_minute_from_one_address(self) -> None:
        def sign_up(number: int, address: str) -> int:
            body = {"email": f"p{number}@example.com", "password": "short"}
            return int(App(address=address).auth("auth/signup", body).status_code)

        statuses = [sign_up(number, "198.51.100.8") for number in range(60)]
        assert statuses == [400] * 60
        # One more is earned each second, so a slow machine passes a few more; it cannot pass another sixty.
        assert 429 in [sign_up(number, "198.51.100.8") for number in range(60)]
        assert sign_up(0, "192.0.2.9") == 400

    def test_three_hundred_failures_of_one_address_end_its_guessing_and_nobody_elses(self) -> None:
        from wallet_project.lib import ratelimit

        for number in range(300):
            ratelimit.guess("code", account=f"uid:{number}", ip="198.51.100.9")
        body = {"email": "nobody@example.com", "password": "wrong horse battery"}
        assert App(address="198.51.100.9").auth("auth/login", body).status_code == 429
        assert App(address="192.0.2.9").auth("auth/login", body).status_code == 400

    @pytest.mark.parametrize("body", [b"[1]", b"{", b"[" * 5000, b'"x"', b"\xff"])
    def test_what_is_no_json_object_is_refused(self, body: bytes) -> None:
        app = App()
        answer = app.client.post("/_allauth/app/v1/auth/login", body, content_type="application/json")
        assert answer.status_code == 400
