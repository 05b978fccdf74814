"""Asking for help: the form, the row staff read, and closing it."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from accounts.audit.models import RecordedEvent
from accounts.identity.models import User
from support.help import selectors, services
from support.help.models import HelpRequest, HelpState
from tests.factories.people import ORIGIN, now
from tests.factories.sessions import at_the_desk
from wallet_project.lib.errors import NotFound

pytestmark = pytest.mark.django_db
MESSAGE = "I sent 42.50 to the wrong Bob."


def _form(**changes: str) -> dict[str, str]:
    return {"submission": str(uuid4()), "topic": "SENDING", "contact": "ann@example.org", "message": MESSAGE} | changes


class TestHelpPage:
    def test_a_stranger_reaches_staff(self, client: Client) -> None:
        answer = client.post("/help/", _form())
        asked = HelpRequest.objects.get()
        assert answer.status_code == 302
        assert (asked.user, asked.topic, asked.contact, asked.message, asked.state) == (
            None,
            "SENDING",
            "ann@example.org",
            MESSAGE,
            "OPEN",
        )
        page = client.get(answer.headers["Location"])
        assert page.status_code == 200
        assert "hlp_" in page.content.decode()

    def test_a_double_click_is_one_request(self, client: Client) -> None:
        form = _form()
        first, second = client.post("/help/", form), client.post("/help/", form)
        assert first.headers["Location"] == second.headers["Location"]
        assert HelpRequest.objects.count() == 1

    def test_somebody_elses_submission_is_not_shown(self, alice: User, client: Client) -> None:
        submission = uuid4()
        services.ask_for_help(
            submission=submission, user=alice, topic="OTHER", contact="a", message="b", at=now(), origin=ORIGIN
        )
        with pytest.raises(NotFound):
            services.ask_for_help(
                submission=submission, user=None, topic="OTHER", contact="a", message="b", at=now(), origin=ORIGIN
            )
        assert HelpRequest.objects.count() == 1

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("topic", ""),
            ("topic", "HACK"),
            ("contact", ""),
            ("contact", "x" * 300),
            ("message", ""),
            ("message", "x" * 10_000),
            ("submission", "no"),
        ],
    )
    @pytest.mark.parametrize("language", ["en", "zh-hans"])
    def test_bad_input_is_said_and_nothing_is_lost(self, client: Client, field: str, value: str, language: str) -> None:
        answer = client.post("/help/", _form(**{field: value}), headers={"accept-language": language})
        assert answer.status_code == 422
        assert HelpRequest.objects.count() == 0
        if field != "message":
            assert MESSAGE in answer.content.decode()

    def test_the_message_is_sealed_and_the_event_holds_no_words(self, client: Client) -> None:
        client.post("/help/", _form())
        event = RecordedEvent.objects.get(name="help.requested")
        assert set(event.payload) == {"request_id", "user_id", "topic"}

    def test_signed_in_people_see_it_in_their_wallet(self, alice: User, client: Client) -> None:
        client.force_login(alice, backend="accounts.identity.backends.WalletBackend")
        page = client.get("/help/").content.decode()
        assert 'aria-current="page"' in page
        assert alice.email in page


class TestClose:
    def test_closes_once_and_names_who(self, dave: User) -> None:
        asked = services.ask_for_help(
            submission=uuid4(), user=None, topic="OTHER", contact="a", message="b", at=now(), origin=ORIGIN
        )
        assert selectors.waiting().count == 1
        services.close_request(request_id=asked.pk, by=dave, at=now(), origin=ORIGIN)
        with pytest.raises(services.HelpRequestAlreadyClosed):
            services.close_request(request_id=asked.pk, by=dave, at=now(), origin=ORIGIN)
        asked.refresh_from_db()
        assert (asked.state, asked.closed_by) == (HelpState.CLOSED, dave)
        assert selectors.waiting().count == 0
        assert RecordedEvent.objects.filter(name="help.request_closed").count() == 1

    def test_an_unknown_one_is_not_found(self, dave: User) -> None:
        with pytest.raises(NotFound):
            services.close_request(request_id=uuid4(), by=dave, at=now(), origin=ORIGIN)

    def test_support_may_see_requests_and_others_may_not(self, dave: User) -> None:
        assert not dave.has_perm("support.view_helprequest")
        dave.user_permissions.add(Permission.objects.get(codename="view_helprequest"))
        assert User.objects.get(pk=dave.pk).has_perm("support.view_helprequest")


@pytest.fixture
def desk(dave: User) -> Client:
    """The desk as dave has it open: a staff session with a second factor used in it, and no permission yet."""
    return at_the_desk(dave)


def _allow(user: User, *codenames: str) -> None:
    user.user_permissions.add(*Permission.objects.filter(codename__in=codenames))


class TestDesk:
    LIST = "/admin/support/helprequest/"

    def ask(self, user: User | None = None) -> HelpRequest:
        return services.ask_for_help(
            submission=uuid4(), user=user, topic="OTHER", contact="ann@x.eu", message=MESSAGE, at=now(), origin=ORIGIN
        )

    def test_who_may_only_read_closes_nothing(self, desk: Client, dave: User) -> None:
        _allow(dave, "view_helprequest")
        asked = self.ask()
        page = desk.get(self.LIST)
        assert page.status_code == 200
        assert 'value="close"' not in page.content.decode()
        desk.post(self.LIST, {"action": "close", "_selected_action": [str(asked.pk)]})
        asked.refresh_from_db()
        assert (asked.state, asked.closed_by) == (HelpState.OPEN, None)
        assert not RecordedEvent.objects.filter(name="help.request_closed").exists()

    def test_who_may_change_requests_closes_one(self, desk: Client, dave: User) -> None:
        _allow(dave, "view_helprequest", "change_helprequest")
        asked = self.ask()
        assert desk.post(self.LIST, {"action": "close", "_selected_action": [str(asked.pk)]}).status_code == 302
        asked.refresh_from_db()
        assert (asked.state, asked.closed_by) == (HelpState.CLOSED, dave)

    def test_a_strangers_words_are_read_with_a_reason_and_leave_an_event_without_them(
        self, desk: Client, dave: User
    ) -> None:
        _allow(dave, "view_helprequest", "reveal_person")
        asked = self.ask()
        page = desk.get(f"{self.LIST}{asked.pk}/change/").content.decode()
        assert MESSAGE not in page
        assert not RecordedEvent.objects.filter(name="help.request_read").exists()
        for _ in range(2):
            page = desk.post(f"{self.LIST}{asked.pk}/reveal/", {"why": "customer_asked"}, follow=True).content.decode()
            assert MESSAGE in page
        event = RecordedEvent.objects.get(name="help.request_read")
        assert (event.actor_kind, event.actor_id, event.subject_id) == ("staff", str(dave.pk), asked.pk)
        assert event.channel == "desk"
        assert event.payload == {
            "request_id": str(asked.pk), "user_id": None, "staff_id": str(dave.pk), "reason": "customer_asked",
        }  # fmt: skip

    def test_who_may_not_read_leaves_none(self, desk: Client, dave: User) -> None:
        asked = self.ask()
        assert desk.get(f"{self.LIST}{asked.pk}/change/").status_code == 403
        assert desk.get(f"{self.LIST}{uuid4()}/change/").status_code == 403
        _allow(dave, "view_helprequest")
        page = desk.get(f"{self.LIST}{asked.pk}/change/").content.decode()
        assert MESSAGE not in page
        assert "reveal/" not in page
        assert desk.post(f"{self.LIST}{asked.pk}/reveal/", {"why": "customer_asked"}).status_code == 403
        assert not RecordedEvent.objects.filter(name="help.request_read").exists()

    def test_an_unknown_one_leads_back(self, desk: Client, dave: User) -> None:
        _allow(dave, "view_helprequest")
        assert desk.get(f"{self.LIST}{uuid4()}/change/").status_code == 302
        assert desk.post(f"{self.LIST}{uuid4()}/reveal/", {"why": "customer_asked"}).status_code == 404
        _allow(dave, "reveal_person")
        dave = User.objects.get(pk=dave.pk)
        with pytest.raises(NotFound):
            services.note_reading(request_id=uuid4(), by=dave, reason="customer_asked", at=now(), origin=ORIGIN)
