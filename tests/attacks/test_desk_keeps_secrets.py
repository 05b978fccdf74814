"""Two people live a life; every list and every page of the desk is read in every role: nothing personal is whole.

Then a reason is given: what it was given for opens, nothing else does, and the person sees it.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from django.contrib import admin
from django.test import Client, RequestFactory

from accounts.audit import services as audit
from accounts.audit.models import RecordedEvent
from accounts.staff.policy import COMPLIANCE, COMPLIANCE_LEAD, SUPPORT, TREASURY
from accounts.staff.services import REVEAL
from ledger.money import Money
from support.help import services as help_room
from support.notifications import services as notifications
from tests.factories import withdrawals
from tests.factories.people import ORIGIN, PASSWORD, PIN, give_money, make_person, now
from tests.factories.sessions import app_token, browser
from tests.factories.staff import desk, make_officer
from tests.factories.top_ups import wish
from tests.factories.transfers import confirm, send
from tests.factories.withdrawals import IBAN
from transfers.payees.services import resolve

if TYPE_CHECKING:
    from accounts.identity.models import User
    from support.help.models import HelpRequest

pytestmark = pytest.mark.django_db

ROLES = (SUPPORT, COMPLIANCE, COMPLIANCE_LEAD, TREASURY)
NAMES = ("Ottilie Quarzfeld", "Quarzfeld", "Balthasar Nebelhorn", "Nebelhorn")
EMAIL, PHONE, MESSAGE = "ottilie.quarzfeld@example.org", "+4915199887766", "Mein Geld ist verschwunden"
CONTACT = "balthasar.nebelhorn@example.org"
NOTE = "Zwiebelkuchen am Freitag"
SECRETS = (*NAMES, EMAIL, CONTACT, PHONE, PHONE[3:], "99887766", MESSAGE, NOTE, IBAN, IBAN[4:18], PASSWORD, PIN)
ROWS_READ = 20
"""Pages read per list; a life makes fewer of most rows."""


def live() -> tuple[User, HelpRequest]:
    """Ottilie pays, withdraws, asks for help; Balthasar is paid and known by name."""
    ottilie = make_person("ottilie", shown_name=NAMES[0], email=EMAIL, phone=PHONE, phone_verified_at=now())
    balthasar = make_person("balthasar", shown_name=NAMES[2], email=CONTACT)
    give_money(ottilie, Money(20_000, "EUR"))
    for payer, contact in ((ottilie, "balthasar"), (balthasar, EMAIL), (balthasar, PHONE)):
        payee = resolve(payer=payer, identifier=contact, at=now()).payee
        give_money(payer, Money(5_000, "EUR"))
        confirm(payer, send(payer, payee, 4_250, note=NOTE, origin=ORIGIN))
    wish(ottilie)
    withdrawals.submitted(withdrawals.confirmed(ottilie, withdrawals.add_account(ottilie), 1_000))
    new = withdrawals.add_account(ottilie, iban=withdrawals.OTHER_IBAN[0], cooled_off=False)
    withdrawals.confirmed(ottilie, new, 2_000)
    request = help_room.ask_for_help(
        submission=uuid4(), user=ottilie, topic="OTHER", contact=CONTACT, message=MESSAGE, at=now(), origin=ORIGIN
    )
    while audit.dispatch_due(at=now() + timedelta(seconds=1)):
        pass
    notifications.send_due(at=now() + timedelta(seconds=1), limit=100)
    return ottilie, request


def lists() -> list[tuple[Any, str]]:
    return [(one, f"/admin/{one.opts.app_label}/{one.opts.model_name}/") for one in admin.site._registry.values()]


def pages_of(model_admin: Any, path: str, officer: User) -> list[str]:
    """The pages of its first rows."""
    request = RequestFactory().get(path)
    request.user = officer
    rows = model_admin.get_queryset(request).order_by("-pk")[:ROWS_READ]
    return [f"{path}{row.pk}/change/" for row in rows]


def readings(person: User) -> list[RecordedEvent]:
    return list(RecordedEvent.objects.filter(subject_id=person.pk, payload__kind="personal_data_read").order_by("id"))


def secrets_on(page: str) -> set[str]:
    return {secret for secret in SECRETS if secret.lower() in page.lower()}


@pytest.mark.parametrize("role", ROLES)
def test_no_page_of_the_desk_shows_anything_personal(role: str) -> None:
    ottilie, _ = live()
    officer = make_officer("somebody", role)
    client, read, shown = desk(officer), 0, {}
    for model_admin, path in lists():
        if client.get(path).status_code == 403:
            continue
        every = [path, f"{path}?o=1", f"{path}?all=1", *pages_of(model_admin, path, officer)]
        for page in every:
            answer = client.get(page, follow=True)
            assert answer.status_code == 200, page
            read += 1
            if found := secrets_on(answer.content.decode()):
                shown[page] = found
    assert shown == {}
    assert read >= 30
    assert readings(ottilie) == []


def test_the_life_makes_rows_of_what_people_have() -> None:
    live()
    officer = make_officer("somebody", COMPLIANCE_LEAD)
    made = {path for model_admin, path in lists() if pages_of(model_admin, path, officer)}
    assert {
        "/admin/accounts/user/", "/admin/support/helprequest/", "/admin/transfers/transfer/", "/admin/payments/topup/",
        "/admin/payments/withdrawal/", "/admin/payments/bankaccount/", "/admin/support/noticemessage/",
        "/admin/accounts/recordedevent/", "/admin/accounts/riskdecision/", "/admin/accounts/limitusage/",
    } <= made  # fmt: skip


class TestRevealed:
    @pytest.mark.parametrize("role", ROLES)
    def test_a_reason_opens_one_persons_contact_and_writes_it_down(self, role: str) -> None:
        ottilie, asked = live()
        officer = make_officer("somebody", role)
        client, path = desk(officer), f"/admin/accounts/user/{ottilie.pk}/"
        answer = client.post(f"{path}reveal/", {"why": "customer_asked"}, follow=True)
        if not officer.has_perm(REVEAL):
            assert answer.status_code == 403
            assert readings(ottilie) == []
            return
        assert secrets_on(answer.content.decode()) >= {EMAIL, PHONE}
        assert secrets_on(client.get("/admin/accounts/user/").content.decode()) == set()
        assert secrets_on(client.get(f"/admin/support/helprequest/{asked.pk}/change/").content.decode()) == set()
        client.post(f"{path}reveal/", {"why": "customer_asked"})
        (event,) = readings(ottilie)
        assert (event.actor_kind, event.actor_id, event.channel) == ("staff", str(officer.pk), "desk")
        assert event.payload["details"] == {
            "what": "contact", "reason": "customer_asked", "role": role, "about": str(ottilie.pk),
        }  # fmt: skip

    def test_a_message_opens_by_itself(self) -> None:
        ottilie, asked = live()
        client, path = desk(make_officer("dave", SUPPORT)), f"/admin/support/helprequest/{asked.pk}/"
        answer = client.post(f"{path}reveal/", {"why": "customer_asked"}, follow=True)
        assert secrets_on(answer.content.decode()) >= {CONTACT, MESSAGE}
        assert secrets_on(client.get(f"/admin/accounts/user/{ottilie.pk}/change/").content.decode()) == set()
        (event,) = readings(ottilie)
        assert event.payload["details"] == {
            "what": "message", "reason": "customer_asked", "role": SUPPORT, "about": str(asked.pk),
        }  # fmt: skip

    @pytest.mark.parametrize("why", ["", "curious"])
    def test_without_a_reason_nothing_opens(self, why: str) -> None:
        ottilie, asked = live()
        client = desk(make_officer("dave", SUPPORT))
        for path in (f"/admin/accounts/user/{ottilie.pk}/", f"/admin/support/helprequest/{asked.pk}/"):
            page = client.post(f"{path}reveal/", {"why": why}, follow=True).content.decode()
            assert secrets_on(page) == set()
            assert "Choose a reason first. Nothing was revealed." in page
            assert client.get(f"{path}reveal/").status_code == 405
        assert readings(ottilie) == []

    def test_closes_with_the_role_and_in_another_session(self) -> None:
        ottilie, _ = live()
        dave = make_officer("dave", SUPPORT)
        client, path = desk(dave), f"/admin/accounts/user/{ottilie.pk}/"
        assert EMAIL in client.post(f"{path}reveal/", {"why": "legal_duty"}, follow=True).content.decode()
        assert EMAIL not in desk(make_officer("erin", COMPLIANCE)).get(f"{path}change/").content.decode()
        dave.user_permissions.clear()
        dave.groups.clear()
        assert client.get(f"{path}change/").status_code == 403

    def test_closes_after_ten_minutes(self, monkeypatch: pytest.MonkeyPatch) -> None:
        ottilie, _ = live()
        client, path = desk(make_officer("dave", SUPPORT)), f"/admin/accounts/user/{ottilie.pk}/"
        assert EMAIL in client.post(f"{path}reveal/", {"why": "customer_asked"}, follow=True).content.decode()
        later = now() + timedelta(minutes=10, seconds=1)
        monkeypatch.setattr("accounts.staff.reading.clock.now", lambda: later)
        assert EMAIL not in client.get(f"{path}change/").content.decode()
        assert len(readings(ottilie)) == 1


class TestThePersonSeesIt:
    def test_on_the_page_and_in_the_api_and_nobody_elses(self) -> None:
        ottilie, asked = live()
        erin, dave = make_officer("erin", COMPLIANCE), make_officer("dave", SUPPORT)
        desk(erin).post(f"/admin/accounts/user/{ottilie.pk}/reveal/", {"why": "fraud_suspected"})
        desk(dave).post(f"/admin/support/helprequest/{asked.pk}/reveal/", {"why": "customer_asked"})
        page = browser(ottilie).get("/security/").content.decode()
        for words in ("Compliance", "Your e-mail address and phone number", "To keep accounts safe"):
            assert words in page
        for words in ("Customer support", "A message you sent us", "To help you, as you asked"):
            assert words in page
        assert not {"fraud", "erin", "dave", erin.public_id, dave.public_id} & set(page.lower().split())
        told = _log(ottilie)["results"]
        assert [(row["who"], row["what"], row["why"]) for row in told] == [
            ("Customer support", "A message you sent us", "To help you, as you asked"),
            ("Compliance", "Your e-mail address and phone number", "To keep accounts safe"),
        ]
        assert set(told[0]) == {"at", "who", "what", "why"}
        assert _log(make_person("alice")) == {"results": [], "next": None}

    def test_in_chinese(self) -> None:
        ottilie, _ = live()
        desk(make_officer("dave", SUPPORT)).post(
            f"/admin/accounts/user/{ottilie.pk}/reveal/", {"why": "customer_asked"}
        )
        (row,) = _log(ottilie, language="zh-hans")["results"]
        assert (row["who"], row["what"], row["why"]) == ("客服", "您的邮箱和手机号", "应您的求助")

    def test_page_after_page(self) -> None:
        ottilie, _ = live()
        path = f"/admin/accounts/user/{ottilie.pk}/reveal/"
        for number in range(5):
            desk(make_officer(f"officer{number}", SUPPORT)).post(path, {"why": "customer_asked"})
        first = _log(ottilie, "?page_size=2")
        assert len(first["results"]) == 2
        seen, following = list(first["results"]), first["next"]
        while following:
            page = _log(ottilie, "?" + following.partition("?")[2])
            seen, following = seen + page["results"], page["next"]
        assert len(seen) == 5
        assert [row["at"] for row in seen] == sorted((row["at"] for row in seen), reverse=True)
        for wrong in ("x", "eyJhdCI6MX0"):
            assert _ask(ottilie, f"?cursor={wrong}").status_code == 400


def _ask(person: User, query: str = "", language: str = "en") -> Any:
    headers = {"X-Session-Token": app_token(person), "Accept-Language": language}
    return Client().get(f"/api/v1/me/access-log/{query}", headers=headers)


def _log(person: User, query: str = "", language: str = "en") -> Any:
    answer = _ask(person, query, language)
    assert answer.status_code == 200, answer.content
    return answer.json()
