"""The pages that confirm a payment and set, change and reset the payment PIN."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client

from accounts.devices.models import WalletSession
from accounts.devices.session_engine import AUTHENTICATED_AT
from accounts.identity.models import OneTimeMessage
from accounts.mfa import selectors as mfa
from accounts.mfa.models import PaymentPinDevice, PendingPin
from accounts.stepup.models import Challenge
from tests.factories.people import PASSWORD, PIN
from tests.factories.stepup import OTHER_PIN, StateConflict, Things, again, person, registered_things
from wallet_project.lib import clock, ids

if TYPE_CHECKING:
    from collections.abc import Iterator

    from accounts.identity.models import User

pytestmark = pytest.mark.django_db
BACKEND = "accounts.identity.backends.WalletBackend"


@pytest.fixture
def things() -> Iterator[Things]:
    with registered_things() as registered:
        yield registered


def browser(user: User) -> Client:
    client = Client()
    client.force_login(user, backend=BACKEND)
    return client


def latest_code() -> str:
    message = OneTimeMessage.objects.order_by("-created_at", "-id").first()
    assert message is not None
    (code,) = re.findall(r"\b\d{6}\b", message.body)
    return code


def page(challenge: Challenge, path: str = "") -> str:
    return f"/confirm/{challenge.public_id}/{path}"


def text_of(answer: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


class TestConfirm:
    def test_shows_who_gets_how_much_and_asks_for_the_pin(self, things: Things) -> None:
        alice = person()
        answer = browser(alice).get(page(things.ask(alice, at=clock.now())))
        assert answer.status_code == 200
        shown = text_of(answer)
        assert "Send €42.50 to Bob B•••" in shown
        assert "Fee" in shown
        assert "You have 5 tries left." in shown
        html = answer.content.decode()
        assert re.search(r'<input type="password" name="code"[^>]*inputmode="numeric"', html)
        assert "data-once" in html

    def test_the_right_pin_leads_to_the_result(self, things: Things) -> None:
        alice = person()
        challenge = things.ask(alice, at=clock.now())
        answer = browser(alice).post(page(challenge), {"method": "pin", "code": PIN})
        assert (answer.status_code, answer["Location"]) == (302, "/home/")
        assert things.done == [(challenge.subject_id, challenge.public_id)]

    def test_a_second_click_leads_to_the_same_result(self, things: Things) -> None:
        alice = person()
        client, challenge = browser(alice), things.ask(alice, at=clock.now())
        for _ in range(2):
            answer = client.post(page(challenge), {"method": "pin", "code": PIN})
            assert (answer.status_code, answer["Location"]) == (302, "/home/")
        assert client.get(page(challenge))["Location"] == "/home/"
        assert len(things.done) == 1

    def test_a_wrong_pin_says_how_many_tries_are_left(self, things: Things) -> None:
        alice = person()
        client, challenge = browser(alice), things.ask(alice, at=clock.now())
        answer = client.post(page(challenge), {"method": "pin", "code": "000001"})
        assert answer.status_code == 422
        assert text_of(answer).count("What you entered is not right, and no money has moved. Tries left: 4.") == 2
        assert "000001" not in answer.content.decode()
        assert things.done == []

    def test_the_last_wrong_one_says_until_when_it_is_locked(self, things: Things) -> None:
        alice = person()
        client, challenge = browser(alice), things.ask(alice, at=clock.now())
        for _ in range(5):
            answer = client.post(page(challenge), {"method": "pin", "code": "000001"})
        assert answer.status_code == 403
        shown = text_of(answer)
        assert "Your payment PIN is locked" in shown
        assert "You can still receive money" in shown
        assert "No money has moved" in shown
        assert "/security/pin/reset/" in answer.content.decode()

    def test_an_empty_answer_counts_nothing(self, things: Things) -> None:
        alice = person()
        challenge = things.ask(alice, at=clock.now())
        answer = browser(alice).post(page(challenge), {"method": "pin", "code": ""})
        assert answer.status_code == 422
        assert "Enter your payment PIN." in text_of(answer)
        assert PaymentPinDevice.objects.get(user=alice).failures == 0

    @pytest.mark.parametrize("body", [{}, {"method": "face", "code": "1"}, {"method": "email", "code": "123456"}])
    def test_another_way_than_offered_is_refused(self, things: Things, body: dict[str, str]) -> None:
        alice = person()
        answer = browser(alice).post(page(things.ask(alice, at=clock.now())), body)
        assert answer.status_code == 422
        assert things.done == []

    def test_an_expired_one_can_be_asked_again(self, things: Things) -> None:
        alice = person()
        client = browser(alice)
        old = things.ask(alice, at=clock.now() - timedelta(minutes=6))
        shown = client.get(page(old))
        assert "The time to confirm this has run out" in text_of(shown)
        assert 'name="code"' not in shown.content.decode()
        late = client.post(page(old), {"method": "pin", "code": PIN})
        assert (late.status_code, things.done) == (409, [])
        renewed = client.post(page(old, "renew/"))
        assert renewed.status_code == 302
        assert client.post(renewed["Location"], {"method": "pin", "code": PIN}).status_code == 302
        assert len(things.done) == 1

    def test_a_code_is_sent_when_asked_and_answers(self, things: Things) -> None:
        alice = person()
        client, challenge = browser(alice), things.ask(alice, at=clock.now(), methods=("email",))
        first = client.get(page(challenge))
        assert 'name="code"' not in first.content.decode()
        assert "Send a code to a•••@e•••.com" in text_of(first)
        assert client.post(page(challenge, "send/"), {"method": "email"})["Location"] == page(challenge)
        second = client.get(page(challenge))
        assert "We sent a six-digit code to a•••@e•••.com." in text_of(second)
        assert 'autocomplete="one-time-code"' in second.content.decode()
        assert client.post(page(challenge), {"method": "email", "code": latest_code()}).status_code == 302
        assert len(things.done) == 1

    def test_cancelling_releases_and_confirms_nothing(self, things: Things) -> None:
        alice = person()
        client, challenge = browser(alice), things.ask(alice, at=clock.now())
        assert client.post(page(challenge, "cancel/"))["Location"] == "/home/"
        assert things.released == [challenge.subject_id]
        assert client.post(page(challenge), {"method": "pin", "code": PIN}).status_code == 409
        assert things.done == []

    def test_a_refusal_of_the_room_is_a_clear_page(self, things: Things) -> None:
        alice = person()
        things.failure = StateConflict()
        answer = browser(alice).post(page(things.ask(alice, at=clock.now())), {"method": "pin", "code": PIN})
        assert answer.status_code == 409
        assert "No money has moved" in text_of(answer)

    @pytest.mark.parametrize("path", ["", "send/", "renew/", "cancel/"])
    def test_somebody_elses_is_not_found(self, things: Things, path: str) -> None:
        challenge = things.ask(person(), at=clock.now())
        answer = browser(person("mallory")).post(page(challenge, path), {"method": "pin", "code": PIN})
        assert answer.status_code == 404
        challenge.refresh_from_db()
        assert (challenge.state, things.done, things.released) == ("OPEN", [], [])

    @pytest.mark.parametrize("path", ["", "send/", "renew/", "cancel/"])
    def test_a_stranger_signs_in_first(self, path: str, client: Client) -> None:
        answer = client.post(f"/confirm/{ids.public('chl', ids.uuid7())}/{path}")
        assert (answer.status_code, answer["Location"].split("?")[0]) == (302, "/account/login/")

    def test_asks_the_database_at_most_eight_times(self, things: Things, django_assert_max_num_queries) -> None:
        alice = person()
        client, challenge = browser(alice), things.ask(alice, at=clock.now())
        client.get(page(challenge))
        with django_assert_max_num_queries(8):
            client.get(page(challenge))


class TestFirstPin:
    def test_choose_then_enter_the_code_then_return_to_the_payment(self) -> None:
        alice = person(pin=None)
        client = browser(alice)
        assert client.get("/security/pin/?next=/send/").status_code == 200
        chosen = client.post("/security/pin/", {"pin": PIN, "again": PIN, "next": "/send/"})
        assert chosen.status_code == 302
        where = chosen["Location"]
        assert where.startswith("/confirm/chl_")
        assert where.endswith("?next=%2Fsend%2F")
        assert OneTimeMessage.objects.count() == 1  # one contact only: the code is on its way already
        asked = client.get(where)
        assert "Set your payment PIN" in text_of(asked)
        answer = client.post(where, {"method": "email", "code": latest_code()})
        assert (answer.status_code, answer["Location"]) == (302, "/send/")
        assert mfa.has_pin(again(alice))

    def test_with_two_contacts_the_person_chooses_where_the_code_goes(self) -> None:
        alice = person(pin=None, phone="+4915123456789", phone_verified_at=clock.now())
        client = browser(alice)
        where = client.post("/security/pin/", {"pin": PIN, "again": PIN})["Location"]
        assert OneTimeMessage.objects.count() == 0
        shown = text_of(client.get(where))
        assert "a•••@e•••.com" in shown
        assert "+49 151••••6789" in shown
        client.post(f"{where}send/", {"method": "sms"})
        assert OneTimeMessage.objects.get().channel == "sms"
        assert client.post(where, {"method": "sms", "code": latest_code()}).status_code == 302
        assert mfa.has_pin(again(alice))

    @pytest.mark.parametrize(
        ("pin", "repeated", "says"),
        [
            ("123456", "123456", "too easy to guess"),
            ("739154", "739155", "The two PINs are not the same."),
            ("73915", "73915", "exactly six digits"),
            ("７３９１５４", "７３９１５４", "exactly six digits"),
            ("", "", "Choose a payment PIN."),
            ("9" * 40, "9" * 40, "exactly six digits"),
        ],
    )
    def test_a_bad_choice_is_explained_at_its_field(self, pin: str, repeated: str, says: str) -> None:
        answer = browser(person(pin=None)).post("/security/pin/", {"pin": pin, "again": repeated})
        assert answer.status_code == 422
        assert says in text_of(answer)
        assert answer.content.decode().count('type="password"') == 2
        assert PendingPin.objects.count() == 0

    def test_an_old_sign_in_must_be_repeated(self) -> None:
        alice = person(pin=None)
        client = browser(alice)
        stale = clock.now() - timedelta(minutes=6)
        session = client.session
        session[AUTHENTICATED_AT] = stale.isoformat()
        session.save()
        assert WalletSession.objects.get(user=alice).authenticated_at == stale
        answer = client.post("/security/pin/", {"pin": PIN, "again": PIN, "next": "/send/"})
        assert answer.status_code == 302
        where = answer["Location"]
        assert where == "/account/reauthenticate/?next=%2Fsecurity%2Fpin%2F%3Fnext%3D%252Fsend%252F"
        assert PendingPin.objects.count() == 0
        back = client.post(where, {"password": PASSWORD})
        assert (back.status_code, back["Location"]) == (302, "/security/pin/?next=%2Fsend%2F")
        assert client.get(back["Location"]).status_code == 200

    def test_who_has_no_password_signs_out_and_in_again(self) -> None:
        alice = person(pin=None)
        alice.set_unusable_password()
        alice.save()
        client = browser(alice)
        session = client.session
        session[AUTHENTICATED_AT] = (clock.now() - timedelta(minutes=6)).isoformat()
        session.save()
        answer = client.get("/security/pin/")
        assert answer.status_code == 401
        assert "Sign out and sign in again" in text_of(answer)

    @pytest.mark.parametrize(
        "target", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", "/\\evil.example"]
    )
    def test_leads_to_no_other_site(self, target: str) -> None:
        client = browser(person(pin=None))
        where = client.post("/security/pin/", {"pin": PIN, "again": PIN, "next": target})["Location"]
        assert "evil" not in where
        answer = client.post(where, {"method": "email", "code": latest_code(), "next": target})
        assert answer["Location"] == "/security/"


class TestChangePin:
    def test_with_the_old_one(self) -> None:
        alice = person()
        client = browser(alice)
        answer = client.post("/security/pin/", {"old_pin": PIN, "pin": OTHER_PIN, "again": OTHER_PIN})
        assert (answer.status_code, answer["Location"]) == (302, "/security/")
        assert "Your payment PIN is changed." in text_of(client.get("/security/pin/"))

    def test_a_wrong_old_one_is_told_at_its_field(self) -> None:
        answer = browser(person()).post("/security/pin/", {"old_pin": "000001", "pin": OTHER_PIN, "again": OTHER_PIN})
        assert answer.status_code == 422
        assert "Tries left: 4." in text_of(answer)

    def test_the_fifth_wrong_one_locks(self) -> None:
        client = browser(person())
        for _ in range(5):
            answer = client.post("/security/pin/", {"old_pin": "000001", "pin": OTHER_PIN, "again": OTHER_PIN})
        assert answer.status_code == 403
        assert "Your payment PIN is locked" in text_of(answer)

    def test_the_pin_they_have_is_no_change(self) -> None:
        answer = browser(person()).post("/security/pin/", {"old_pin": PIN, "pin": PIN, "again": PIN})
        assert answer.status_code == 422
        assert "it is the one you have now" in text_of(answer)


class TestResetPin:
    def test_code_then_password(self) -> None:
        alice = person()
        client = browser(alice)
        assert client.get("/security/pin/reset/").status_code == 200
        where = client.post("/security/pin/reset/", {"pin": OTHER_PIN, "again": OTHER_PIN})["Location"]
        first = client.post(where, {"method": "email", "code": latest_code()})
        assert first.status_code == 302
        second = client.get(first["Location"])
        assert 'autocomplete="current-password"' in second.content.decode()
        done = client.post(first["Location"], {"method": "password", "code": PASSWORD})
        assert (done.status_code, done["Location"]) == (302, "/security/")
        assert mfa.has_reduced_limits(again(alice), at=clock.now())

    def test_is_offered_while_the_pin_is_locked(self) -> None:
        alice = person()
        PaymentPinDevice.objects.filter(user=alice).update(rounds=3)
        answer = browser(alice).get("/security/pin/")
        assert "Your payment PIN must be reset" in text_of(answer)
        assert "/security/pin/reset/" in answer.content.decode()
