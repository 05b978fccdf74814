"""Step-up and the payment PIN through the API, from sign-up on."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from accounts.audit.models import RecordedEvent
from accounts.devices.models import WalletSession
from accounts.identity.models import User
from accounts.mfa import selectors as mfa
from accounts.mfa import services as mfa_services
from accounts.mfa.models import PaymentPinDevice, PendingPin
from accounts.stepup.models import Challenge
from tests.factories.people import PIN
from tests.factories.stepup import OTHER_PIN, WEB, Things, again, app_client, person, registered_things
from tests.integration.accounts.app import PASSWORD, App, code_for, live_messages_to
from wallet_project.lib import clock

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rest_framework.test import APIClient

pytestmark = pytest.mark.django_db
EMAIL = "ada@example.com"
PHONE = "+4915123456789"


@pytest.fixture
def things() -> Iterator[Things]:
    with registered_things() as registered:
        yield registered


def signed_up(**contact: str) -> App:
    """An app right after sign-up, without a PIN."""
    app = App()
    contact = contact or {"email": EMAIL}
    app.sign_up(**contact)
    if "phone" in contact:
        app.auth("auth/phone/verify", {"code": code_for(contact["phone"])})
    if "email" in contact:
        app.auth("auth/email/verify", {"key": code_for(contact["email"])})
    return app


def with_pin(**contact: str) -> App:
    """The same with a PIN."""
    app = signed_up(**contact)
    mfa_services.set_pin(user=User.objects.get(), pin=PIN, at=clock.now(), origin=WEB)
    return app


def step_up_code(address: str) -> str:
    (code,) = re.findall(r"\b\d{6}\b", live_messages_to(address)[0].body)
    return code


def step(app: App, challenge: str, path: str = "", body: dict[str, Any] | None = None) -> Any:
    return app.call("POST", f"/api/v1/step-up/{challenge}/{path}", body or {})


def age_session(minutes: int) -> None:
    WalletSession.objects.update(authenticated_at=clock.now() - timedelta(minutes=minutes))


class TestFirstPin:
    def test_needs_a_code_to_the_verified_contact(self) -> None:
        app = signed_up()
        asked = app.call("PUT", "/api/v1/me/pin/", {"pin": PIN})
        assert asked.status_code == 202
        assert asked.data["pin_set"] is False
        action = asked.data["next_action"]
        assert (action["type"], action["methods"]) == ("step_up", ["email"])
        before = len(live_messages_to(EMAIL))
        sent = step(app, action["challenge"], "send/", {"method": "email"})
        assert (sent.status_code, sent.data) == (202, {"resend_after": 30})
        assert len(live_messages_to(EMAIL)) == before + 1
        answer = step(app, action["challenge"], body={"method": "email", "code": step_up_code(EMAIL)})
        assert (answer.status_code, answer.data) == (200, {"pin_set": True})
        assert app.call("GET", "/api/v1/me/pin/").data == {
            "pin_set": True,
            "tries_left": 5,
            "locked_until": None,
            "reset_required": False,
        }
        assert PendingPin.objects.count() == 0

    def test_goes_to_the_phone_of_who_has_only_that(self) -> None:
        app = signed_up(phone=PHONE)
        action = app.call("PUT", "/api/v1/me/pin/", {"pin": PIN}).data["next_action"]
        assert action["methods"] == ["sms"]
        step(app, action["challenge"], "send/", {"method": "sms"})
        answer = step(app, action["challenge"], body={"method": "sms", "code": step_up_code(PHONE)})
        assert answer.data == {"pin_set": True}

    def test_needs_a_sign_in_of_the_last_five_minutes(self) -> None:
        app = signed_up()
        age_session(minutes=6)
        answer = app.call("PUT", "/api/v1/me/pin/", {"pin": PIN})
        assert (answer.status_code, answer.data["code"]) == (401, "reauthentication_required")
        assert answer.headers["WWW-Authenticate"].startswith("Session")
        assert Challenge.objects.count() == 0
        assert PendingPin.objects.count() == 0

    def test_re_authentication_makes_it_possible(self) -> None:
        app = signed_up()
        age_session(minutes=6)
        assert app.auth("auth/reauthenticate", {"password": PASSWORD}).status_code == 200
        assert app.call("PUT", "/api/v1/me/pin/", {"pin": PIN}).status_code == 202

    @pytest.mark.parametrize("pin", ["123456", "000000", "121212"])
    def test_refuses_an_easy_one(self, pin: str) -> None:
        app = signed_up()
        answer = app.call("PUT", "/api/v1/me/pin/", {"pin": pin})
        assert (answer.status_code, answer.data["code"]) == (422, "pin_too_easy")
        assert PendingPin.objects.count() == 0

    @pytest.mark.parametrize("pin", [739154, "73915", "7391545", "７３９１５４", "", None, True, ["739154"], " 739154"])
    def test_refuses_what_is_no_pin(self, pin: object) -> None:
        app = signed_up()
        answer = app.call("PUT", "/api/v1/me/pin/", {"pin": pin})
        assert (answer.status_code, answer.data["code"]) == (400, "invalid")
        assert PendingPin.objects.count() == 0

    def test_the_chosen_pin_waits_sealed(self) -> None:
        app = signed_up()
        app.call("PUT", "/api/v1/me/pin/", {"pin": PIN})
        assert PendingPin.objects.get().pin_hash.startswith("$argon2id$")
        assert not mfa.has_pin(again(User.objects.get()))

    def test_a_later_choice_replaces_the_earlier(self) -> None:
        app = signed_up()
        first = app.call("PUT", "/api/v1/me/pin/", {"pin": PIN}).data["next_action"]["challenge"]
        app.call("PUT", "/api/v1/me/pin/", {"pin": OTHER_PIN})
        step(app, first, "send/", {"method": "email"})
        answer = step(app, first, body={"method": "email", "code": step_up_code(EMAIL)})
        assert (answer.status_code, answer.data["code"]) == (409, "challenge_expired")
        assert not mfa.has_pin(again(User.objects.get()))

    def test_an_unknown_field_is_refused(self) -> None:
        answer = signed_up().call("PUT", "/api/v1/me/pin/", {"pin": PIN, "user": "usr_x"})
        assert (answer.status_code, answer.data["code"]) == (400, "unknown_field")


class TestChangePin:
    def test_with_the_old_one_at_once(self) -> None:
        app = with_pin()
        age_session(minutes=60)
        answer = app.call("PUT", "/api/v1/me/pin/", {"pin": OTHER_PIN, "old_pin": PIN})
        assert (answer.status_code, answer.data) == (200, {"pin_set": True})

    def test_with_the_old_one_as_step_up(self) -> None:
        app = with_pin()
        action = app.call("PUT", "/api/v1/me/pin/", {"pin": OTHER_PIN}).data["next_action"]
        assert action["methods"] == ["pin"]
        answer = step(app, action["challenge"], body={"method": "pin", "code": PIN})
        assert (answer.status_code, answer.data) == (200, {"pin_set": True})

    def test_a_wrong_old_one_changes_nothing_and_counts(self) -> None:
        app = with_pin()
        answer = app.call("PUT", "/api/v1/me/pin/", {"pin": OTHER_PIN, "old_pin": "000001"})
        assert (answer.status_code, answer.data["code"], answer.data["tries_left"]) == (403, "code_wrong", 4)
        assert app.call("PUT", "/api/v1/me/pin/", {"pin": OTHER_PIN, "old_pin": PIN}).status_code == 200

    def test_the_pin_they_have_is_refused_only_after_the_proof(self) -> None:
        app = with_pin()
        asked = app.call("PUT", "/api/v1/me/pin/", {"pin": PIN})
        assert asked.status_code == 202  # saying more here would be an uncounted way to guess
        answer = step(app, asked.data["next_action"]["challenge"], body={"method": "pin", "code": PIN})
        assert (answer.status_code, answer.data["code"]) == (422, "pin_too_easy")


class TestResetPin:
    def begin(self, app: App) -> str:
        answer = app.call("POST", "/api/v1/me/pin/reset/", {"pin": OTHER_PIN})
        assert answer.status_code == 202
        return str(answer.data["next_action"]["challenge"])

    def possession(self, app: App, challenge: str) -> Any:
        step(app, challenge, "send/", {"method": "email"})
        return step(app, challenge, body={"method": "email", "code": step_up_code(EMAIL)})

    def test_asks_a_code_and_then_the_password(self) -> None:
        app = with_pin()
        first = self.possession(app, self.begin(app))
        assert (first.status_code, first.data["pin_set"]) == (202, False)
        action = first.data["next_action"]
        assert action["methods"] == ["password"]
        answer = step(app, action["challenge"], body={"method": "password", "code": PASSWORD})
        assert (answer.status_code, answer.data) == (200, {"pin_set": True})
        user = again(User.objects.get())
        assert user.pin_device.reduced_limits_until > clock.now() + timedelta(hours=23)
        assert mfa.has_reduced_limits(user, at=clock.now())
        assert RecordedEvent.objects.filter(payload__kind="pin_reset").count() == 1

    def test_signs_other_devices_out(self) -> None:
        app = with_pin()
        other = App()
        other.auth("auth/login", {"email": EMAIL, "password": PASSWORD})
        action = self.possession(app, self.begin(app)).data["next_action"]
        step(app, action["challenge"], body={"method": "password", "code": PASSWORD})
        assert app.call("GET", "/api/v1/me/").status_code == 200
        assert WalletSession.objects.filter(user__isnull=False, authenticated_at__isnull=False).count() == 1

    def test_one_factor_alone_sets_nothing(self) -> None:
        app = with_pin()
        challenge = self.begin(app)
        direct = step(app, challenge, body={"method": "password", "code": PASSWORD})
        assert (direct.status_code, direct.data["code"]) == (400, "invalid")
        self.possession(app, challenge)
        user = again(User.objects.get())
        assert (
            mfa_services.verify(user=user, challenge_id=user.pk, method="pin", secret=PIN, at=clock.now(), origin=WEB)
            is None
        )

    def test_the_code_works_for_the_first_factor_only(self) -> None:
        app = with_pin()
        challenge = self.begin(app)
        action = self.possession(app, challenge).data["next_action"]
        answer = step(app, action["challenge"], body={"method": "email", "code": step_up_code(EMAIL)})
        assert answer.status_code == 400
        used = step(app, challenge, body={"method": "email", "code": step_up_code(EMAIL)})
        assert (used.status_code, used.data["code"]) == (409, "challenge_used")

    def test_guessing_the_password_ends_after_five(self) -> None:
        app = with_pin()
        action = self.possession(app, self.begin(app)).data["next_action"]
        for left in (4, 3, 2, 1, 0):
            answer = step(app, action["challenge"], body={"method": "password", "code": "wrong"})
            assert (answer.status_code, answer.data["code"], answer.data["tries_left"]) == (403, "code_wrong", left)
        answer = step(app, action["challenge"], body={"method": "password", "code": PASSWORD})
        assert (answer.status_code, answer.data["code"]) == (409, "challenge_locked")

    def test_works_while_the_pin_is_locked(self) -> None:
        app = with_pin()
        PaymentPinDevice.objects.update(rounds=3)
        action = self.possession(app, self.begin(app)).data["next_action"]
        assert step(app, action["challenge"], body={"method": "password", "code": PASSWORD}).status_code == 200
        assert app.call("GET", "/api/v1/me/pin/").data["reset_required"] is False

    def test_not_with_a_password_that_was_just_reset_by_a_code(self) -> None:
        app = with_pin()
        app.auth("auth/password/request", {"email": EMAIL})
        app.auth("auth/password/reset", {"key": code_for(EMAIL), "password": "an entirely new sentence"})
        back = App()
        back.auth("auth/login", {"email": EMAIL, "password": "an entirely new sentence"})
        back.auth("auth/code/confirm", {"code": code_for(EMAIL)})
        answer = back.call("POST", "/api/v1/me/pin/reset/", {"pin": OTHER_PIN})
        assert (answer.status_code, answer.data["code"]) == (403, "pin_reset_too_soon")
        assert PendingPin.objects.count() == 0


class TestStepUp:
    def client(self, user: User) -> APIClient:
        return app_client(user, signed_in_at=clock.now())

    def test_shows_what_is_confirmed(self, things: Things) -> None:
        alice = person()
        challenge = things.ask(alice, at=clock.now())
        answer = self.client(alice).get(f"/api/v1/step-up/{challenge.public_id}/")
        assert answer.status_code == 200
        assert answer.json() == {
            "id": challenge.public_id,
            "purpose": "test",
            "status": "OPEN",
            "title": "Confirm your payment",
            "payee": "Bob B•••",
            "amount_minor": 4250,
            "currency": "EUR",
            "lines": [{"label": "Fee", "value": "€0.00"}],
            "methods": ["pin"],
            "contacts": {},
            "expires_at": challenge.expires_at.isoformat().replace("+00:00", "Z"),
        }

    def test_the_pin_answers_with_the_operation(self, things: Things) -> None:
        alice = person()
        challenge = things.ask(alice, at=clock.now())
        answer = self.client(alice).post(
            f"/api/v1/step-up/{challenge.public_id}/", {"method": "pin", "code": PIN}, format="json"
        )
        assert (answer.status_code, answer.json()["status"]) == (200, "COMPLETED")

    @pytest.mark.parametrize("path", ["", "send/", "renew/"])
    def test_somebody_elses_is_not_found(self, things: Things, path: str) -> None:
        challenge = things.ask(person(), at=clock.now())
        client = self.client(person("mallory"))
        body = {"": {"method": "pin", "code": PIN}, "send/": {"method": "email"}, "renew/": {}}[path]
        answer = client.post(f"/api/v1/step-up/{challenge.public_id}/{path}", body, format="json")
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
        assert client.get(f"/api/v1/step-up/{challenge.public_id}/").status_code == 404
        assert Challenge.objects.get().state == "OPEN"

    def test_the_codes_of_refusals(self, things: Things) -> None:
        alice = person()
        client = self.client(alice)
        challenge = things.ask(alice, at=clock.now())
        url = f"/api/v1/step-up/{challenge.public_id}/"

        def post(code: str) -> tuple[int, str, Any]:
            answer = client.post(url, {"method": "pin", "code": code}, format="json").json()
            return answer["status"], answer["code"], answer.get("tries_left", answer.get("locked_until"))

        assert [post("000001") for _ in range(4)] == [(403, "code_wrong", left) for left in (4, 3, 2, 1)]
        status, code, locked_until = post("000001")
        assert (status, code) == (403, "pin_locked")
        assert locked_until is not None
        assert post(PIN)[:2] == (403, "pin_locked")
        assert things.done == []

    def test_an_expired_one_is_renewed(self, things: Things) -> None:
        alice = person()
        client = self.client(alice)
        old = things.ask(alice, at=clock.now() - timedelta(minutes=6))
        body = {"method": "pin", "code": PIN}
        answer = client.post(f"/api/v1/step-up/{old.public_id}/", body, format="json")
        assert (answer.status_code, answer.json()["code"]) == (409, "challenge_expired")
        assert client.get(f"/api/v1/step-up/{old.public_id}/").json()["status"] == "EXPIRED"
        renewed = client.post(f"/api/v1/step-up/{old.public_id}/renew/")
        assert renewed.status_code == 202
        fresh = renewed.json()["next_action"]["challenge"]
        assert fresh != old.public_id
        assert client.post(f"/api/v1/step-up/{fresh}/", body, format="json").status_code == 200
        used = client.post(f"/api/v1/step-up/{fresh}/", body, format="json")
        assert (used.status_code, used.json()["code"]) == (409, "challenge_used")
        assert len(things.done) == 1

    @pytest.mark.parametrize(
        "body",
        [
            {},
            {"method": "pin"},
            {"code": PIN},
            {"method": "pin", "code": 739154},
            {"method": "pin", "code": ""},
            {"method": "face", "code": PIN},
            {"method": "email", "code": "123456"},
            {"method": "pin", "code": "x" * 201},
            {"method": "pin", "code": "739154\x00"},
        ],
    )
    def test_a_malformed_answer_counts_nothing(self, things: Things, body: dict[str, Any]) -> None:
        alice = person()
        challenge = things.ask(alice, at=clock.now())
        answer = self.client(alice).post(f"/api/v1/step-up/{challenge.public_id}/", body, format="json")
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
        assert PaymentPinDevice.objects.get(user=alice).failures == 0
        assert things.done == []

    def test_an_id_that_is_none_is_not_found(self) -> None:
        client = self.client(person())
        for text in ("chl_", "trf_aaaaaaaaaaaaaaaaaaaaaaaaaa", "chl_zzzzzzzzzzzzzzzzzzzzzzzzzz", "1"):
            assert client.get(f"/api/v1/step-up/{text}/").status_code == 404

    def test_a_stranger_is_asked_to_sign_in(self, client) -> None:
        for path in ("me/pin/", "step-up/chl_aaaaaaaaaaaaaaaaaaaaaaaaaa/"):
            answer = client.get(f"/api/v1/{path}")
            assert (answer.status_code, answer.json()["code"]) == (401, "not_authenticated")
